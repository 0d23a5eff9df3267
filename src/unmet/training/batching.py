"""Which sequences make a batch, and in what order: decided by the seed alone, so a run can resume exactly.

Sequences of similar length share a batch (little padding), and every batch has about the same number of
tokens. Order: shuffle all, cut into pools, sort each pool by length, cut into batches, shuffle the batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.training.token_store import TokenStore

Ints = NDArray[np.int64]

_POOL_BATCHES = 64
"""Batches per pool: long enough for even lengths, short enough to keep the order random."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded sequences.

    Attributes:
        ids: token ids, shape ``(n, longest)``.
        attention: 1 where there is a token, same shape.
        word_starts: whether a word begins there; never at a special token, same shape.
        ordinary: whether the token is one of the text, same shape.
        segments: 0 or 1, same shape.
        pair_labels: shape ``(n,)``; 1 the second part follows the first, 0 it does not, -100 no pair.
    """

    ids: Ints
    attention: Ints
    word_starts: NDArray[np.bool_]
    ordinary: NDArray[np.bool_]
    segments: Ints
    pair_labels: Ints


def epoch_batches(
    lengths: Ints, numbers: Ints, tokens_per_batch: int, rng: np.random.Generator
) -> list[Ints]:
    """Sequence numbers of every batch of one epoch; each number occurs once.

    Args:
        lengths: length of every sequence of the store.
        numbers: the sequences to use.
        tokens_per_batch: padding included; at least one sequence a batch.
        rng: decides the order.
    """
    order = numbers[rng.permutation(len(numbers))]
    batches: list[Ints] = []
    for pool in _pools(order, lengths, tokens_per_batch * _POOL_BATCHES):
        by_length = pool[np.argsort(lengths[pool], kind="stable")]
        batches += _cut(by_length, lengths, tokens_per_batch)
    return [batches[i] for i in rng.permutation(len(batches))]


def _pools(order: Ints, lengths: Ints, tokens: int) -> Iterator[Ints]:
    total = np.cumsum(lengths[order] + 2)
    number = total // max(tokens, 1)
    yield from np.split(order, np.flatnonzero(np.diff(number)) + 1)


def _cut(numbers: Ints, lengths: Ints, tokens: int) -> list[Ints]:
    batches = []
    first = 0
    for last in range(1, len(numbers) + 1):
        # Sorted by length: the next sequence would be the longest of the batch.
        full = last < len(numbers) and (last + 1 - first) * (lengths[numbers[last]] + 2) > tokens
        if full or last == len(numbers):
            batches.append(numbers[first:last])
            first = last
    return batches


def single_batch(store: TokenStore, numbers: Ints, start: int, end: int, pad: int) -> Batch:
    """One sequence a row: ``[CLS] text [SEP]``."""
    rows = [(store.sequence(int(number)), None, -100) for number in numbers]
    return assemble(rows, start, end, pad)


Piece = tuple[NDArray[np.integer[Any]], NDArray[np.uint8]]
"""Ids and flags of a passage."""


def assemble(rows: Sequence[tuple[Piece, Piece | None, int]], start: int, end: int, pad: int) -> Batch:
    """Pad rows of one or two pieces: ``[CLS] first [SEP]`` or ``[CLS] first [SEP] second [SEP]``."""
    widths = [len(a[0]) + 2 + (len(b[0]) + 1 if b else 0) for a, b, _ in rows]
    shape = (len(rows), max(widths))
    ids = np.full(shape, pad, dtype=np.int64)
    attention, segments = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    word_starts, ordinary = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    for row, (first, second, _) in enumerate(rows):
        attention[row, : widths[row]] = 1
        ids[row, 0] = start
        place = 1
        for segment, piece in enumerate(part for part in (first, second) if part is not None):
            stop = place + len(piece[0])
            ids[row, place:stop] = piece[0]
            ids[row, stop] = end
            word_starts[row, place:stop] = piece[1] & 1
            word_starts[row, place : place + 1] = True
            ordinary[row, place:stop] = True
            segments[row, place : stop + 1] = segment
            place = stop + 1
    labels = np.array([label for _, _, label in rows], dtype=np.int64)
    return Batch(ids, attention, word_starts & ordinary, ordinary, segments, labels)


def packed_batch(store: TokenStore, numbers: Ints, start: int, end: int, pad: int, longest: int) -> Batch:
    """Texts one after the other in rows of at most ``longest`` tokens, for next-token training.

    Each text is ``[CLS] text [SEP]``; short texts share a row, so almost nothing is padding. As in GPT
    (Radford et al. 2018), tokens may attend to the text before theirs.
    """
    rows: list[list[int]] = [[]]
    for number in numbers:
        ids = [start, *store.sequence(int(number))[0].tolist(), end]
        if rows[-1] and len(rows[-1]) + len(ids) > longest:
            rows.append([])
        rows[-1] += ids
    shape = (len(rows), max(map(len, rows)))
    table = np.full(shape, pad, dtype=np.int64)
    attention = np.zeros(shape, dtype=np.int64)
    for row, ids in enumerate(rows):
        table[row, : len(ids)] = ids
        attention[row, : len(ids)] = 1
    nothing = np.zeros(shape, dtype=bool)
    no_pairs = np.full(len(rows), -100, dtype=np.int64)
    return Batch(table, attention, nothing, attention.astype(bool), np.zeros_like(table), no_pairs)
