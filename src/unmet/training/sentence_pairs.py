"""Pairs of neighbouring passages for next-sentence prediction.

Devlin et al., "BERT" (2019): half of the pairs are two parts of one text in order, in the others the
second part comes from another text. A text of one sentence has no second part; it is read alone and
carries no label, so that "short" does not come to mean "not next".
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.training.batching import Batch, Piece, assemble
from unmet.training.token_store import SENTENCE_START, TokenStore

Ints = NDArray[np.int64]

NEXT, NOT_NEXT, NO_PAIR = 1, 0, -100


def pair_batch(
    store: TokenStore, numbers: Ints, start: int, end: int, pad: int, rng: np.random.Generator
) -> Batch:
    """Cut every sequence of several sentences in two; half of the second parts change places."""
    longest = int(store.description["max_tokens"])
    parts = [split_in_two(*store.sequence(int(number)), rng) for number in numbers]
    paired = [index for index, (_, second) in enumerate(parts) if second is not None]
    moved = [index for index in paired if rng.random() < 0.5]
    donors = dict(zip(moved, np.roll(moved, 1).tolist(), strict=True)) if len(moved) > 1 else {}
    rows: list[tuple[Piece, Piece | None, int]] = []
    for index, (first, own) in enumerate(parts):
        second = parts[donors[index]][1] if index in donors else own
        if second is None:
            rows.append((first, None, NO_PAIR))
        else:
            rows.append((*_fit(first, second, longest - 3), NOT_NEXT if index in donors else NEXT))
    return assemble(rows, start, end, pad)


def split_in_two(
    ids: NDArray[np.integer[Any]],
    flags: NDArray[np.uint8],
    rng: np.random.Generator,
) -> tuple[Piece, Piece | None]:
    """Cut at a random inner sentence start; no second part if there is none."""
    inner = np.flatnonzero(flags & SENTENCE_START)
    inner = inner[inner > 0]
    if not len(inner):
        return (ids, flags), None
    cut = int(rng.choice(inner))
    return (ids[:cut], flags[:cut]), (ids[cut:], flags[cut:])


def _fit(first: Piece, second: Piece, room: int) -> tuple[Piece, Piece]:
    """Shorten the longer part until both fit: its far end is what the boundary needs least."""
    while len(first[0]) + len(second[0]) > room:
        surplus = len(first[0]) + len(second[0]) - room
        if len(first[0]) > len(second[0]):
            cut = min(surplus, len(first[0]) - len(second[0]))
            first = first[0][cut:], first[1][cut:]
        else:
            cut = min(surplus, max(len(second[0]) - len(first[0]), 1))
            second = second[0][:-cut], second[1][:-cut]
    return first, second
