"""Tokens and integer columns that the span taggers read.

A text is folded (length-preserving), cut into tokens with offsets, and every distinct token becomes one
*type* with a few integer columns: the word itself, part of speech or word ending, word classes learned
from unlabelled reviews, and a polarity bin learned from stars. Templates combine these columns over
neighbouring positions into 32-bit feature keys.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from unmet.text.folding import fold

Column = NDArray[np.uint32]
Template = tuple[tuple[str, int], ...]
"""Parts of one feature: ``(column name, offset)`` pairs."""

PAD = 0
"""Type number of the padding between sequences."""

_ENGLISH_TOKEN = re.compile(r"[^\W\d_]+|'[a-z]+|\d+(?:[.,]\d+)*|[^\w\s]+?|_|\n")
_END_MARKS = frozenset("。！？!?；;…\n\r")
MAX_TOKENS = 160
"""Longer sentences are cut at this many tokens: the tagger's cost per step stays bounded."""


def stable_hash(text: str) -> int:
    """32-bit hash of a string, the same in every process."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def cut_chinese(text: str) -> list[str]:
    """Words of a folded Chinese text; joined they give a text of the same length."""
    import rjieba

    if not text.isprintable():  # the cutter takes neither NUL nor lone surrogates
        text = "".join(" " if c == "\x00" or 0xD800 <= ord(c) <= 0xDFFF else c for c in text)
    words: list[str] = rjieba.cut(text)
    return words


def cut_english(text: str) -> list[tuple[str, int]]:
    """Words, numbers, single punctuation marks and line ends of a folded text with start offsets."""
    return [(match[0], match.start()) for match in _ENGLISH_TOKEN.finditer(text)]


def cut_words(text: str, language: str) -> list[tuple[str, int]]:
    """Tokens of a folded text with start offsets, without white space."""
    if language == "en":
        return [(word, start) for word, start in cut_english(text) if word != "\n"]
    place, tokens = 0, []
    for word in cut_chinese(text):
        if not word.isspace():
            tokens.append((word, place))
        place += len(word)
    return tokens


CLASS_FIELDS = ("coarse", "fine", "polarity", "aspect", "opinion")
"""Columns of :class:`WordClasses`."""


@dataclass(frozen=True, slots=True)
class WordClasses:
    """What unlabelled reviews know about a word; 0 = unknown everywhere.

    ``values[name]`` has shape ``(n,)``, names are CLASS_FIELDS: two distributional classes, a polarity bin
    (from stars) and how often the word stands inside an aspect and inside an opinion (bins).
    """

    keys: Column  # sorted word hashes, shape (n,)
    values: Mapping[str, NDArray[np.uint16]]

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[np.generic]]) -> WordClasses:
        """Read from a package's arrays (``class_keys``, ``class_coarse``, ...); a missing one is all 0."""
        keys = np.asarray(arrays["class_keys"], dtype=np.uint32)
        nothing = np.zeros(keys.size, dtype=np.uint16)
        values = {
            name: np.asarray(arrays.get(f"class_{name}", nothing), dtype=np.uint16) for name in CLASS_FIELDS
        }
        return WordClasses(keys, values)

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Arrays for a package; columns that are all 0 are left out."""
        arrays: dict[str, NDArray[np.generic]] = {"class_keys": self.keys}
        for name, column in self.values.items():
            if column.any():
                arrays[f"class_{name}"] = column.astype(np.uint8) if column.max() < 256 else column
        return arrays

    def lookup(self, hashes: Column) -> dict[str, Column]:
        """The columns of words by hash, each shape ``(n,)``."""
        if not self.keys.size:
            return {name: np.zeros(hashes.size, dtype=np.uint32) for name in self.values}
        place = np.minimum(np.searchsorted(self.keys, hashes), self.keys.size - 1)
        known = self.keys[place] == hashes
        return {
            name: np.where(known, column[place], 0).astype(np.uint32) for name, column in self.values.items()
        }


NO_CLASSES = WordClasses(
    np.zeros(0, dtype=np.uint32), {name: np.zeros(0, dtype=np.uint16) for name in CLASS_FIELDS}
)
"""Knows no word."""


@dataclass(frozen=True, slots=True)
class Sentences:
    """A batch of token sequences laid end to end.

    ``types[k]`` holds the type number of token ``k``; sequence ``i`` is tokens
    ``bounds[i]:bounds[i + 1]`` and belongs to text ``text_of[i]``.
    """

    types: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    bounds: NDArray[np.int64]
    text_of: NDArray[np.int64]
    columns: Mapping[str, Column]  # per type, shape (n_types,)
    words: Sequence[str]  # per type


class _Numbers(dict[str, int]):
    """Type numbers of words, given out in order of appearance."""

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number


def read_sentences(texts: Sequence[str], language: str, classes: WordClasses) -> Sentences:
    """Cut texts of one language into sentences of tokens.

    Args:
        texts: raw texts.
        language: ``zh`` or ``en``.
        classes: word classes of that language.
    """
    numbers = _Numbers({"": PAD})
    types: list[int] = []
    starts: list[int] = []
    counts: list[int] = []
    for text in texts:
        folded = fold(text)
        before = len(types)
        if language == "zh":
            types += map(numbers.__getitem__, cut_chinese(folded))
        else:
            tokens = cut_english(folded)
            types += [numbers[word] for word, _ in tokens]
            starts += [start for _, start in tokens]
        counts.append(len(types) - before)
    order = np.array(types, dtype=np.int64)
    text_of_token = np.repeat(np.arange(len(counts)), counts)
    if language == "zh":
        order, text_of_token = _split_glued(order, text_of_token, numbers, classes)
    words = list(numbers)
    length = np.fromiter(map(len, words), dtype=np.int64, count=len(words))[order]
    start = np.array(starts, dtype=np.int64) if language == "en" else _running_starts(length, text_of_token)
    kept, bounds = _sentence_bounds(order, start, start + length, text_of_token, words, language)
    columns = type_columns(words, language, classes)
    return Sentences(
        order[kept],
        start[kept],
        (start + length)[kept],
        bounds,
        text_of_token[kept][bounds[:-1]],
        columns,
        words,
    )


_GLUED_LENGTHS = (3, 4)
_GLUED_RATE = 5
"""Bin of the aspect and opinion rates above which two halves of a word are read apart."""


def _split_glued(
    order: NDArray[np.int64], text_of_token: NDArray[np.int64], numbers: _Numbers, classes: WordClasses
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cut dictionary words such as 价格便宜 into their aspect and their adjective."""
    words = [w for w in numbers if len(w) in _GLUED_LENGTHS and not w.isascii()]
    if not words or not classes.keys.size:
        return order, text_of_token
    left = classes.lookup(_hashes([w[:2] for w in words]))
    right = classes.lookup(_hashes([w[2:] for w in words]))
    glued = (left["aspect"] >= _GLUED_RATE) & (right["opinion"] >= _GLUED_RATE)
    second = np.full(len(numbers), -1, dtype=np.int64)
    first = np.arange(len(numbers))
    for k in np.flatnonzero(glued).tolist():
        word = words[k]
        if _chinese_tag(word[2:]).startswith("a"):
            first[numbers[word]], second[numbers[word]] = numbers[word[:2]], numbers[word[2:]]
    twice = second[order] >= 0
    place = np.repeat(np.arange(order.size), np.where(twice, 2, 1))
    again = np.append(False, place[1:] == place[:-1])
    parts = order[place]
    return np.where(again, second[parts], first[parts]), text_of_token[place]


def _running_starts(length: NDArray[np.int64], text_of_token: NDArray[np.int64]) -> NDArray[np.int64]:
    """Start offsets of words that cover their texts without gaps."""
    start = np.cumsum(length) - length
    if not start.size:
        return start
    first = np.flatnonzero(np.concatenate([[True], text_of_token[1:] != text_of_token[:-1]]))
    base = np.repeat(start[first], np.diff(np.append(first, start.size)))
    return np.asarray(start - base)


def _sentence_bounds(
    order: NDArray[np.int64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    text_of_token: NDArray[np.int64],
    words: Sequence[str],
    language: str,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Tokens that are not white space, and the bounds of sentences among them.

    A sentence ends after the last of its end marks, at a line end, with its text, or after MAX_TOKENS.
    """
    marks = np.array([bool(word) and word[0] in _END_MARKS for word in words])
    ending = marks[order]
    if language == "en":  # a full stop ends a sentence only before white space
        stop = np.array([word == "." for word in words])[order]
        ending |= stop & np.append(end[:-1] < start[1:], True)
    blank = np.array([not word or word.isspace() for word in words])[order]
    breaks = np.cumsum(ending & ~np.append(ending[1:], False))
    breaks = np.concatenate([[0], breaks[:-1]]) + text_of_token * (order.size + 1)
    kept = np.flatnonzero(~blank)
    if not kept.size:
        return kept, np.zeros(1, dtype=np.int64)
    sentence = breaks[kept]
    first = np.flatnonzero(np.concatenate([[True], sentence[1:] != sentence[:-1]]))
    inside = np.arange(kept.size) - np.repeat(first, np.diff(np.append(first, kept.size)))
    bounds = np.append(np.flatnonzero(inside % MAX_TOKENS == 0), kept.size)
    return kept, bounds


def type_columns(words: Sequence[str], language: str, classes: WordClasses) -> dict[str, Column]:
    """The columns of distinct words, each shape ``(len(words),)``; word 0 is the padding."""
    hashes = _hashes(words)
    if language == "zh":
        tag = _hashes([_chinese_tag(word) for word in words])
        head, tail = _hashes([w[:1] for w in words]), _hashes([w[-1:] for w in words])
    else:
        tag = _hashes([_english_ending(word) for word in words])
        head, tail = _hashes([w[:4] for w in words]), _hashes([w[-3:] for w in words])
    columns = {
        **classes.lookup(hashes),
        "word": hashes,
        "tag": tag,
        "head": head,
        "tail": tail,
        "shape": _hashes([_shape(word) for word in words]),
    }
    for column in columns.values():
        column[PAD] = 1
    columns["one"] = np.zeros(len(words), dtype=np.uint32)
    return columns


def _hashes(words: Sequence[str]) -> Column:
    return np.fromiter(map(stable_hash, words), dtype=np.uint32, count=len(words))


@lru_cache(maxsize=200_000)
def _chinese_tag(word: str) -> str:
    """Part of speech of a word by the dictionary (the type's tag; context is left to the tagger)."""
    import rjieba

    if not word or len(word) > 12:
        return "x"
    pairs = rjieba.tag(word)
    return pairs[-1][1] if pairs else "x"


_ENDINGS = ("ing", "ed", "ly", "est", "er", "ful", "less", "able", "ness", "tion", "ity", "ive", "ous", "al",
            "y", "s")  # fmt: skip


def _english_ending(word: str) -> str:
    if len(word) < 4 or not word.isalpha():
        return _shape(word)
    return next((ending for ending in _ENDINGS if word.endswith(ending)), "-")


def _shape(word: str) -> str:
    """Digits, letters, other script or the punctuation mark itself, with a capped length."""
    if not word:
        return ""
    if word.isdigit():
        return f"0{min(len(word), 4)}"
    if word.isascii() and word.isalnum():
        return f"{'a' if word.isalpha() else 'm'}{min(len(word), 6)}"
    return f"c{min(len(word), 5)}" if word.isalnum() else word[:2]


def mix(seed: int, parts: Sequence[Column]) -> Column:
    """Feature keys: a multiplicative hash of a template's number and its parts, shape ``(n,)``."""
    key = np.full(parts[0].shape, (seed * 0x85EBCA6B + 0x9E3779B9) & 0xFFFFFFFF, dtype=np.uint32)
    for part in parts:
        key ^= part
        key *= np.uint32(0x9E3779B1)
        key ^= key >> np.uint32(15)
    key *= np.uint32(0x85EBCA77)
    key ^= key >> np.uint32(13)
    return key
