"""Character columns that the entity tagger reads: characters, runs, words, classes and name lists.

Titles have no reliable word boundaries, so every character is a position. Name lists (brands, products)
are stored as hashes only: a list can be tested for membership but not read back.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmet.models.tagger_features import Column, Template, WordClasses, stable_hash
from unmet.text.folding import fold, to_codes

ENTITY_TYPES = ("product", "brand", "model")
ENTITY_LABELS = ("O", *(f"{p}-{t}" for t in ENTITY_TYPES for p in "BI"))
MIN_NAME, MAX_NAME = 2, 12
"""Shortest and longest name of a list, in characters."""

Integers = NDArray[np.int64]

_RUN = re.compile(r"[a-z0-9][a-z0-9\-_.+]*[a-z0-9]|[a-z0-9]")
_MAX_SEQUENCE = 200
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_CHINESE_SENTENCE = re.compile(r"[了很是我不太吧啊。]|，.*，")
_ENGLISH_SENTENCE = re.compile(
    r"\b(?:the|is|are|was|were|i|it|this|these|my|have|has|had|not|you|they|but|very|so|when|that|would)\b"
)
_BASE = 0x9E3779B97F4A7C15
_FINISH = 0xD6E8FEB86659FD93
_MASK = (1 << 64) - 1
_FILTER_BITS = 22


def name_hash(text: str) -> int:
    """32-bit hash of a folded name, equal to the rolling hash that reads texts."""
    value = 0
    for character in text:
        value = (value * _BASE + ord(character)) & _MASK
    return ((value ^ (value >> 32)) * _FINISH & _MASK) >> 32


def _finish(rolling: NDArray[np.uint64]) -> Column:
    mixed = (rolling ^ (rolling >> np.uint64(32))) * np.uint64(_FINISH)
    return (mixed >> np.uint64(32)).astype(np.uint32)


@dataclass(frozen=True, slots=True)
class NameList:
    """Sorted name hashes with a bit filter in front of the search."""

    keys: Column
    filter: NDArray[np.bool_]

    @staticmethod
    def build(keys: NDArray[np.generic]) -> NameList:
        """List over hashes from :func:`name_hash`."""
        ordered = np.unique(np.asarray(keys, dtype=np.uint32))
        bits = np.zeros(1 << _FILTER_BITS, dtype=bool)
        bits[ordered >> np.uint32(32 - _FILTER_BITS)] = True
        return NameList(ordered, bits)

    def contains(self, hashes: Column) -> NDArray[np.bool_]:
        """Membership of each hash, shape ``(n,)``."""
        maybe: NDArray[np.bool_] = self.filter[hashes >> np.uint32(32 - _FILTER_BITS)]
        if self.keys.size and maybe.any():
            asked = hashes[maybe]
            place = np.minimum(np.searchsorted(self.keys, asked), self.keys.size - 1)
            maybe[maybe] = self.keys[place] == asked
        return maybe


@dataclass(frozen=True, slots=True)
class NameLists:
    """Names of brands and of products."""

    brand: NameList
    product: NameList

    @staticmethod
    def build(brand: NDArray[np.generic], product: NDArray[np.generic]) -> NameLists:
        """Lists over hashes."""
        return NameLists(NameList.build(brand), NameList.build(product))


Forgotten = Sequence[Mapping[str, Container[int]]]
"""Per text and list: name hashes to treat as unknown (training leaves a text's own names out)."""


@dataclass(frozen=True, slots=True)
class Positions:
    """Characters of a batch as one-character tokens.

    Columns have shape ``(n_positions + 1,)``; row 0 is the padding.
    """

    types: Integers
    starts: Integers
    bounds: Integers
    text_of: Integers
    columns: Mapping[str, Column]


def read_positions(
    texts: Sequence[str], classes: WordClasses, names: NameLists, forgotten: Forgotten | None = None
) -> Positions:
    """Columns of every character of the texts.

    Args:
        texts: raw texts.
        classes: word classes learned from titles and queries.
        names: name lists.
        forgotten: names to leave out, per text (training only).
    """
    folded = [_readable(fold(text)) for text in texts]
    codes = to_codes("".join(folded))
    lengths = np.fromiter(map(len, folded), dtype=np.int64, count=len(folded))
    ends = np.cumsum(lengths)
    owner = np.repeat(np.arange(len(folded)), lengths)
    start_in_text = np.arange(codes.size) - np.repeat(ends - lengths, lengths)
    latin = _is_latin(codes)
    columns = {"char": codes, "kind": _kinds(codes), **_run_columns(folded)}
    columns |= _word_columns(folded, classes)
    for kind, listed in (("brand", names.brand), ("product", names.product)):
        columns[kind] = _covered(codes, latin, owner, ends, listed, forgotten, kind)
    columns["one"] = np.zeros(codes.size, dtype=np.uint32)
    columns["style"] = np.array([_style(text) for text in folded], dtype=np.uint32)[owner]
    breaks = np.flatnonzero(start_in_text % _MAX_SEQUENCE == 0)
    padded = {
        name: np.concatenate([[np.uint32(1)], column.astype(np.uint32)]) for name, column in columns.items()
    }
    return Positions(
        np.arange(1, codes.size + 1),
        start_in_text,
        np.append(breaks, codes.size),
        owner[breaks],
        padded,
    )


def _readable(folded: str) -> str:
    """The word cutter takes neither NUL nor lone surrogates: read both as spaces."""
    if folded.isprintable():
        return folded
    return "".join(" " if c == "\x00" or 0xD800 <= ord(c) <= 0xDFFF else c for c in folded)


def _style(folded: str) -> int:
    """Where a text seems to come from: 1 Chinese title, 2 Chinese sentence, 3 query, 4 English sentence."""
    if _CHINESE.search(folded):
        return 2 if _CHINESE_SENTENCE.search(folded) else 1
    return 4 if _ENGLISH_SENTENCE.search(folded) else 3


def _is_latin(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    return ((codes >= 48) & (codes <= 57)) | ((codes >= 97) & (codes <= 122))


def _kinds(codes: NDArray[np.uint32]) -> Column:
    """1 digit, 2 Latin letter, 3 space, 4 other ASCII, 5 letter of another script, 6 other sign."""
    kinds = np.where((codes >= 0x3040) & (codes < 0xF000) | (codes >= 0x20000), 5, 6)
    kinds = np.where(codes < 128, 4, kinds)
    kinds = np.where(codes == 32, 3, kinds)
    kinds = np.where((codes >= 97) & (codes <= 122), 2, kinds)
    return np.where((codes >= 48) & (codes <= 57), 1, kinds).astype(np.uint32)


def _run_columns(folded: Sequence[str]) -> dict[str, Column]:
    """Hash and shape of the Latin or digit run around each character; 0 outside runs.

    Runs are read text by text: one that ends a text does not go on in the next.
    """
    size = sum(map(len, folded))
    run, shape = np.zeros(size, dtype=np.uint32), np.zeros(size, dtype=np.uint32)
    known: dict[str, tuple[int, int]] = {}
    offset = 0
    for text in folded:
        for match in _RUN.finditer(text):
            word = match[0]
            if word not in known:
                known[word] = stable_hash(word), stable_hash(_run_shape(word)) & 0x3FFFFFFF
            first, last = offset + match.start(), offset + match.end()
            run[first:last], form = known[word]
            shape[first:last] = form * 4 + 2
            shape[first] = form * 4 + 1
        offset += len(text)
    return {"run": run, "runshape": shape}


def _run_shape(run: str) -> str:
    shape = "".join("0" if c.isdigit() else "a" if c.isalpha() else "-" for c in run)
    return re.sub(r"(.)\1{2,}", r"\1\1\1", shape)


def _word_columns(folded: Sequence[str], classes: WordClasses) -> dict[str, Column]:
    """Per character: its word, the place in it (begin, inside, end, single), tag, classes, neighbours."""
    import rjieba

    numbers: dict[tuple[str, str], int] = {("", ""): 0}
    types: list[int] = []
    for text in folded:
        if text:
            types += [numbers.setdefault(pair, len(numbers)) for pair in rjieba.tag(text)]
            types.append(0)  # no neighbours across texts
    pairs = list(numbers)
    words = np.array([stable_hash(word) for word, _ in pairs], dtype=np.uint32)
    tags = np.array([stable_hash(tag) for _, tag in pairs], dtype=np.uint32)
    sizes = np.array([len(word) for word, _ in pairs], dtype=np.int64)
    known = classes.lookup(words)
    words[0] = 0
    order = np.array(types, dtype=np.int64)
    following, before = np.append(order[1:], 0), np.append(0, order[:-1])
    size = sizes[order]
    of_word = np.repeat(np.arange(order.size), size)
    inside = np.arange(of_word.size) - np.repeat(np.cumsum(size) - size, size)
    last = inside == size[of_word] - 1
    place = np.where(inside == 0, np.where(last, 4, 1), np.where(last, 3, 2))
    return {
        "word": words[order][of_word],
        "tag": tags[order][of_word],
        "coarse": known["coarse"][order][of_word],
        "fine": known["fine"][order][of_word],
        "nextword": words[following][of_word],
        "lastword": words[before][of_word],
        "wordplace": place.astype(np.uint32),
    }


def _covered(
    codes: NDArray[np.uint32],
    latin: NDArray[np.bool_],
    owner: Integers,
    ends: Integers,
    listed: NameList,
    forgotten: Forgotten | None,
    kind: str,
) -> Column:
    """Longest matches of a name list from left to right: 0 outside, else capped length × 4 + place."""
    n = codes.size
    best = np.zeros(n, dtype=np.int64)
    rolling = codes.astype(np.uint64)
    # A name may not cut a Latin word or number in two.
    same_run = latin[1:] & latin[:-1] & (owner[1:] == owner[:-1])
    joins_left = np.concatenate([[False], same_run]) if n else latin
    joins_right = np.append(joins_left[1:], False)
    room = ends[owner] - np.arange(n)
    for size in range(2, MAX_NAME + 1):
        if n < size:
            break
        rolling = rolling[: n - size + 1] * np.uint64(_BASE) + codes[size - 1 :].astype(np.uint64)
        fits = (room[: n - size + 1] >= size) & ~joins_left[: n - size + 1] & ~joins_right[size - 1 :]
        where = np.flatnonzero(fits)
        hashes = _finish(rolling[where])
        hit = listed.contains(hashes)
        where, hashes = where[hit], hashes[hit]
        if forgotten is not None:
            keep = [
                h not in forgotten[o][kind]
                for h, o in zip(hashes.tolist(), owner[where].tolist(), strict=True)
            ]
            where = where[np.array(keep, dtype=bool)]
        best[where] = size
    result = np.zeros(n, dtype=np.uint32)
    end = 0
    starts = np.flatnonzero(best)
    for start, size in zip(starts.tolist(), best[starts].tolist(), strict=True):
        if start >= end:
            end = start + size
            result[start:end] = min(size, 6) * 4 + 2
            result[start] += 1
            result[end - 1] -= 1
    return result


def _around(column: str, *offsets: int) -> list[Template]:
    return [((column, offset),) for offset in offsets]


ENTITY_TEMPLATES: tuple[Template, ...] = (
    (("one", 0),),
    *_around("char", -3, -2, -1, 0, 1, 2, 3),
    *_around("kind", -1, 0, 1),
    *[(("char", k), ("char", k + 1)) for k in (-2, -1, 0, 1)],
    *[(("char", k - 1), ("char", k), ("char", k + 1)) for k in (-1, 0, 1)],
    *_around("run", -1, 0, 1),
    *_around("runshape", -1, 0, 1),
    (("kind", -1), ("kind", 0), ("kind", 1)),
    (("word", 0), ("wordplace", 0)),
    (("tag", 0), ("wordplace", 0)),
    (("coarse", 0), ("wordplace", 0)),
    (("fine", 0), ("wordplace", 0)),
    (("nextword", 0), ("wordplace", 0)),
    (("lastword", 0), ("wordplace", 0)),
    (("nextword", 0), ("word", 0), ("wordplace", 0)),
    (("lastword", 0), ("word", 0), ("wordplace", 0)),
    *_around("brand", -1, 0, 1),
    *_around("product", -1, 0, 1),
    (("brand", 0), ("product", 0)),
    (("brand", 0), ("tag", 0), ("wordplace", 0)),
    (("brand", 0), ("kind", 0)),
    (("product", 0), ("wordplace", 0)),
    (("tag", -1), ("tag", 0), ("tag", 1)),
    (("wordplace", 0), ("coarse", -1), ("coarse", 1)),
    (("style", 0),),
    (("style", 0), ("wordplace", 0), ("tag", 0)),
    (("style", 0), ("brand", 0)),
    (("style", 0), ("product", 0)),
    (("style", 0), ("kind", 0), ("wordplace", 0)),
    (("style", 0), ("coarse", 0), ("wordplace", 0)),
)
