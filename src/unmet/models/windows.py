"""Texts → windows of tokens. A long text is read in several windows, none is cut.

Outputs of a text's windows are averaged by their number of tokens, spans of all windows joined. Two texts
that do not fit together lose the end of the longer one, and how many did is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from unmet.models.reading import Reader

if TYPE_CHECKING:
    from tokenizers import Encoding

Ints = NDArray[np.int64]
WORD_START, SENTENCE_START = 1, 2
"""Bits of a token's flag byte."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of all texts of a task.

    Attributes:
        ids: token ids of each window with special tokens.
        segments: 0 or 1 per token.
        example: number of the text each window is of, shape ``(n_windows,)``.
        places: ``(start, end)`` in the text of each token, for tags; special tokens have (0, 0).
        tags: tag numbers per token, for tags.
        n_shortened: pairs of which a part was cut off.
    """

    ids: list[Ints]
    segments: list[Ints]
    example: Ints
    places: list[Ints]
    tags: list[Ints]
    n_shortened: int

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def lengths(self) -> Ints:
        """Tokens of each window."""
        return np.array([len(ids) for ids in self.ids], dtype=np.int64)


def text_windows(texts: Sequence[str], reader: Reader, max_tokens: int) -> Windows:
    """Windows of single texts, each at most ``max_tokens`` long with its special tokens."""
    ids, example, places = [], [], []
    for number, (text, encoding) in enumerate(zip(texts, reader.encode_batch(texts), strict=True)):
        tokens = np.asarray(encoding.ids, dtype=np.int64)
        offsets = np.asarray(encoding.offsets, dtype=np.int64).reshape(-1, 2)
        for start, length in _cuts(reader.view(text), encoding, max_tokens - 2):
            window = slice(start, start + length)
            ids.append(np.concatenate([[reader.start], tokens[window], [reader.end]]))
            places.append(np.concatenate([[[0, 0]], offsets[window], [[0, 0]]]))
            example.append(number)
    segments = [np.zeros(len(window), dtype=np.int64) for window in ids]
    return Windows(ids, segments, np.array(example, dtype=np.int64), places, [], 0)


def _cuts(text: str, encoding: Encoding, longest: int) -> list[tuple[int, int]]:
    if len(encoding.ids) <= longest:
        return [(0, len(encoding.ids))]
    language = "en" if text.isascii() else "zh"
    return [(int(a), int(b)) for a, b in cut_windows(token_flags(text, language, encoding), longest)]


def pair_windows(firsts: Sequence[str], seconds: Sequence[str], reader: Reader, max_tokens: int) -> Windows:
    """One window per pair: ``[CLS] first [SEP] second [SEP]``."""
    ids, segments, n_shortened = [], [], 0
    pairs = zip(reader.encode_batch(firsts), reader.encode_batch(seconds), strict=True)
    for first, second in pairs:
        a, b = list(first.ids), list(second.ids)
        n_shortened += len(a) + len(b) > max_tokens - 3
        while len(a) + len(b) > max_tokens - 3:
            (a if len(a) > len(b) else b).pop()
        ids.append(np.array([reader.start, *a, reader.end, *b, reader.end], dtype=np.int64))
        segments.append(np.array([0] * (len(a) + 2) + [1] * (len(b) + 1), dtype=np.int64))
    return Windows(ids, segments, np.arange(len(ids)), [], [], n_shortened)


def token_flags(text: str, language: str, encoding: Encoding) -> NDArray[np.uint8]:
    """Bits of each token: does a word, does a sentence begin with it?

    Words come from word segmentation, so that masking can hide 电池 whole and not 电 alone.
    """
    from unmet.text.sentences import split_sentences
    from unmet.text.words import split_words

    inner = np.zeros(len(text) + 1, dtype=bool)
    for start, end in split_words(text, language):
        inner[start + 1 : end] = True
    firsts = np.fromiter((start for start, _ in encoding.offsets), np.int64, len(encoding.offsets))
    flags = np.where(inner[firsts], 0, WORD_START).astype(np.uint8)
    if len(flags):
        flags[0] |= WORD_START | SENTENCE_START
    for start, _ in split_sentences(text, "en" if language == "en" else "zh")[1:]:
        place = int(np.searchsorted(firsts, start))
        if place < len(flags):
            flags[place] |= SENTENCE_START
    return flags


def cut_windows(flags: NDArray[np.uint8], longest: int) -> Ints:
    """Start and length of the pieces of one document, each at most ``longest`` tokens.

    A piece ends where a sentence ends if that leaves it at least half full, else at a word's end.

    >>> cut_windows(np.array([3, 1, 1, 3, 1, 1, 1], dtype=np.uint8), 4).tolist()
    [[0, 3], [3, 4]]
    """
    pieces = []
    start = 0
    while len(flags) - start > longest:
        end = _best_cut(flags[start : start + longest + 1], longest)
        pieces.append((start, end))
        start += end
    if start < len(flags):
        pieces.append((start, len(flags) - start))
    return np.array(pieces, dtype=np.int64).reshape(-1, 2)


def _best_cut(flags: NDArray[np.uint8], longest: int) -> int:
    for bit in (SENTENCE_START, WORD_START):
        places = np.flatnonzero(flags & bit)
        places = places[places >= longest // 2]
        if len(places):
            return int(places[-1])
    return longest


@dataclass(frozen=True, slots=True)
class WindowBatch:
    """Padded windows: ``ids``, ``attention``, ``segments`` of shape ``(n, longest)``."""

    numbers: Ints
    ids: Ints
    attention: Ints
    segments: Ints


def pad_windows(windows: Windows, numbers: Ints, pad: int, longest: int = 0) -> WindowBatch:
    """Some windows as one batch, padded to their longest or to ``longest`` tokens."""
    longest = max(longest, *(len(windows.ids[n]) for n in numbers))
    shape = (len(numbers), longest)
    ids = np.full(shape, pad, dtype=np.int64)
    attention, segments = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for row, number in enumerate(numbers):
        length = len(windows.ids[number])
        ids[row, :length] = windows.ids[number]
        segments[row, :length] = windows.segments[number]
        attention[row, :length] = 1
    return WindowBatch(numbers, ids, attention, segments)


def pad_rows(rows: Sequence[Sequence[int]], pad: int) -> WindowBatch:
    """Rows of token ids of single texts as one batch."""
    ids = [np.asarray(row, dtype=np.int64) for row in rows]
    segments = [np.zeros(len(row), dtype=np.int64) for row in ids]
    numbers = np.arange(len(ids))
    return pad_windows(Windows(ids, segments, numbers, [], [], 0), numbers, pad)


def by_length(windows: Windows, rows: int) -> Iterator[Ints]:
    """Window numbers in batches of similar length, for prediction."""
    order = np.argsort(windows.lengths, kind="stable")
    for first in range(0, len(order), rows):
        yield order[first : first + rows]
