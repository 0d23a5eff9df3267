"""Patterns and verbalizers (Schick & Schütze 2021): a classification as a gap that a word fills.

Pattern ``{text} 总之很[MASK]。`` and verbalizer ``good = 好, bad = 差``: the class of a text is the one whose
word the language model would put into the gap.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.core.errors import InputError
from unmet.models.windows import pad_rows
from unmet.training.tokenizing import Reader
from unmet.training.windows import WindowBatch

Ints = NDArray[np.int64]
TEXT, GAP = "{text}", "[MASK]"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Where the text and the gap stand.

    Attributes:
        written: as the user wrote it.
        parts: tokens between them; ``None`` stands for the text, the mask token for the gap.
    """

    written: str
    parts: tuple[tuple[int, ...] | None, ...]

    @property
    def n_own(self) -> int:
        """Tokens besides the text, [CLS] and [SEP] not counted."""
        return sum(len(part) for part in self.parts if part is not None)


def read_pattern(written: str, reader: Reader) -> Pattern:
    """Tokenize a pattern.

    Raises:
        InputError: not exactly one ``{text}`` and one ``[MASK]``, or a tokenizer without a mask token.
    """
    if written.count(TEXT) != 1 or written.count(GAP) != 1:
        raise InputError(
            f"pattern {written!r} needs one {TEXT} and one {GAP}", hint=f"Example: {TEXT} 总之很{GAP}。"
        )
    if reader.mask < 0:
        raise InputError("the tokenizer has no mask token", hint="Patterns need a masked language model.")
    parts: list[tuple[int, ...] | None] = []
    for piece in re.split(f"({re.escape(TEXT)}|{re.escape(GAP)})", written):
        if piece == TEXT:
            parts.append(None)
        elif piece == GAP:
            parts.append((reader.mask,))
        elif piece.strip():
            parts.append(tuple(reader.encode_batch([piece])[0].ids))
    return Pattern(written, tuple(parts))


def read_verbalizer(words: Mapping[str, Sequence[str]], labels: Sequence[str], reader: Reader) -> list[Ints]:
    """Token numbers of the words of every label; without words a label stands for itself.

    Raises:
        InputError: a word is not one known token, or stands for two labels, or a label does not exist.
    """
    unknown = sorted(set(words) - set(labels))
    if unknown:
        raise InputError(f"no label {', '.join(unknown)}", hint=f"The labels are {', '.join(labels)}.")
    found: list[Ints] = []
    for label in labels:
        ids = []
        for word in words.get(label) or [label]:
            tokens = reader.encode_batch([word])[0].ids
            if len(tokens) != 1 or tokens[0] == reader.unknown:
                hint = f"Give a word that is one token: --verbalizer {label}=WORD"
                raise InputError(f"{word!r} (label {label}) is not one token of the model", hint=hint)
            ids.append(tokens[0])
        found.append(np.array(ids, dtype=np.int64))
    every = np.concatenate(found)
    if len(set(every.tolist())) < len(every):
        raise InputError("one word stands for two labels", hint="Give every label words of its own.")
    return found


def fill_pattern(
    pattern: Pattern, encodings: Sequence[Any], reader: Reader, max_tokens: int
) -> tuple[WindowBatch, Ints, int]:
    """A batch of filled patterns, the place of the gap in each row, and how many texts lost their end.

    Raises:
        InputError: the pattern leaves no room for a text.
    """
    room = max_tokens - 2 - pattern.n_own
    if room < 4:
        raise InputError(f"pattern {pattern.written!r} leaves no room for the text", hint="Shorten it.")
    rows, gaps = [], []
    for encoding in encodings:
        ids = [reader.start]
        for part in pattern.parts:
            ids += list(encoding.ids[:room]) if part is None else part
        rows.append([*ids, reader.end])
        # The text could hold a mask token of its own; the gap's place is counted, not searched.
        gaps.append(1 + _before_gap(pattern, reader.mask, min(len(encoding.ids), room)))
    n_cut = sum(len(e.ids) > room for e in encodings)
    return pad_rows(rows, reader.pad), np.array(gaps, dtype=np.int64), n_cut


def _before_gap(pattern: Pattern, mask: int, n_text: int) -> int:
    before = 0
    for part in pattern.parts:
        if part == (mask,):
            break
        before += n_text if part is None else len(part)
    return before
