"""Which language a text is in: ``zh``, ``en``, ``other`` or ``und`` (nothing to tell by).

Scripts are counted over the joined code points of all texts. Latin texts are told apart by word
lists: shares of common English words, of frequent words of other languages and of pinyin syllables.
No model is downloaded; all counting is in numpy, about a microsecond per short text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from unmet.text.pinyin import pinyin_syllables
from unmet.text.word_lists import english_words, word_list

_NONE, _HAN, _KANA, _OTHER, _LATIN, _ACCENTED = range(6)
_TABLE_SIZE = 0x323B0
_RANGES = {
    _HAN: ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF), (0x3007, 0x3007)),
    _KANA: ((0x3041, 0x3096), (0x30A1, 0x30FA), (0x31F0, 0x31FF), (0xFF66, 0xFF9D)),
    # Greek, Cyrillic, Armenian, Hebrew, Arabic, Indic, Thai … Georgian, Hangul, Ethiopic … Mongolian, Khmer
    _OTHER: ((0x370, 0x1CFF), (0x1F00, 0x1FFF), (0x2D00, 0x2DDF), (0x3131, 0x318E), (0xA000, 0xA4CF),
             (0xA840, 0xD7FB), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFC), (0xFFA1, 0xFFDC)),
    _LATIN: ((0x41, 0x5A), (0x61, 0x7A), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A)),
    _ACCENTED: ((0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x24F), (0x1E00, 0x1EFF)),
}  # fmt: skip
_BLOCK_CHARACTERS = 4_000_000
_MAX_WORD = 32
_ENGLISH, _FUNCTION, _FOREIGN, _PINYIN, _SHARED = 1, 2, 4, 8, 16


def detect_language(text: str) -> str:
    """Language of one text.

    >>> [detect_language(t) for t in ("手机很好用", "Great phone!", "Muy buen producto", "12.5!!!")]
    ['zh', 'en', 'other', 'und']
    """
    return detect_languages([text])[0]


def detect_languages(texts: Sequence[str]) -> list[str]:
    """Language of each text, in order; memory is bounded by working through blocks of characters.

    >>> detect_languages(["這個很好", "これはとても良いです", "아주 좋아요", ""])
    ['zh', 'other', 'other', 'und']
    """
    result: list[str] = []
    first = characters = 0
    for index, text in enumerate(texts):
        characters += len(text)
        if characters > _BLOCK_CHARACTERS:
            result += _detect_block(texts[first : index + 1])
            first, characters = index + 1, 0
    return result + _detect_block(texts[first:])


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Counts per text, each of shape ``(n_texts,)``."""

    han: NDArray[np.int64]
    kana: NDArray[np.int64]
    other: NDArray[np.int64]
    latin: NDArray[np.int64]
    accented: NDArray[np.int64]
    words: NDArray[np.int64]
    english: NDArray[np.int64]
    function: NDArray[np.int64]
    foreign: NDArray[np.int64]
    pinyin: NDArray[np.int64]
    shared: NDArray[np.int64]


def _detect_block(texts: Sequence[str]) -> list[str]:
    if not texts:
        return []
    evidence = _count(texts)
    labels = np.array(["und", "zh", "en", "other"])
    return [str(label) for label in labels[_decide(evidence)]]


def _decide(e: _Evidence) -> NDArray[np.int64]:
    """Index into und, zh, en, other. A Han character weighs about as much as three Latin letters."""
    latin = e.latin + e.accented
    japanese = (e.kana >= 1) & (e.kana * 4 >= e.han) & ((e.kana + e.han) * 3 >= latin)
    foreign_script = (e.other > e.han) & (e.other * 2 > latin)
    english_carries = (e.function >= np.maximum(e.han, 1)) | ((latin >= 8 * e.han) & (e.english >= 3))
    chinese = (e.han > 0) & ~((latin >= 2 * e.han) & english_carries)
    return np.select(
        [japanese | foreign_script, chinese, latin == 0, _not_english(e), ~_is_word_like(e)],
        [3, 1, 0, 3, 0],
        default=2,
    )


def _not_english(e: _Evidence) -> NDArray[np.bool_]:
    """Latin text that another language (or pinyin) explains better than English."""
    covered = e.english + e.shared
    unknown = e.words - covered - e.foreign
    return (
        (e.foreign > e.english)
        | ((e.words >= 4) & (covered * 5 < e.words * 2) & (unknown + e.foreign > 2))
        | ((e.accented >= 1) & (e.accented * 40 >= e.latin) & (covered * 2 <= e.words))
        | ((e.pinyin >= 2) & (e.pinyin > 2 * e.english))
    )


def _is_word_like(e: _Evidence) -> NDArray[np.bool_]:
    return (e.words > 0) & ((e.english + e.shared > 0) | (e.latin >= 3))


def _count(texts: Sequence[str]) -> _Evidence:
    joined = "\n".join(texts) + "\n"
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1
    rows = np.repeat(np.arange(len(texts), dtype=np.int64), lengths)
    script = _script_table()[np.minimum(codes, _TABLE_SIZE - 1)]
    n = len(texts)
    seen = np.flatnonzero(script)
    counts = np.bincount(rows[seen] * 6 + script[seen], minlength=6 * n).reshape(n, 6)
    words = _count_words(codes, script, rows, n)
    columns = (counts[:, kind] for kind in (_HAN, _KANA, _OTHER, _LATIN, _ACCENTED))
    return _Evidence(*columns, *words)


def _count_words(
    codes: NDArray[np.uint32], script: NDArray[np.uint8], rows: NDArray[np.int64], n: int
) -> list[NDArray[np.int64]]:
    """Latin words per text, and how many are English, function words, foreign, pinyin, shared."""
    letters = np.flatnonzero(script >= _LATIN)
    if not letters.size:
        return [np.zeros(n, dtype=np.int64) for _ in range(6)]
    is_first = np.empty(letters.size, dtype=bool)
    is_first[0] = True
    np.not_equal(np.diff(letters), 1, out=is_first[1:])
    first = np.flatnonzero(is_first)
    lengths = np.diff(np.append(first, letters.size))
    position = np.minimum(np.arange(letters.size) - np.repeat(first, lengths), _MAX_WORD - 1)
    lowered = _lower_table()[np.minimum(codes[letters], _TABLE_SIZE - 1)]
    hashes = np.add.reduceat(lowered * _powers()[position], first)
    keys, marks = _vocabulary()
    found = np.minimum(np.searchsorted(keys, hashes), keys.size - 1)
    mark = np.where(keys[found] == hashes, marks[found], 0)
    row = rows[letters[first]]
    single = lengths > 1  # lone letters are not counted as words, unless English (a, I)
    bits = (_ENGLISH, _FUNCTION, _FOREIGN, _PINYIN, _SHARED)
    counts = [np.bincount(row[single | (mark & _ENGLISH > 0)], minlength=n)]
    counts += [np.bincount(row[mark & bit > 0], minlength=n) for bit in bits]
    return counts


@lru_cache(maxsize=1)
def _script_table() -> NDArray[np.uint8]:
    table = np.zeros(_TABLE_SIZE, dtype=np.uint8)
    for kind, ranges in _RANGES.items():
        for first, last in ranges:
            table[first : last + 1] = kind
    table[-1] = _NONE  # all code points above the table
    return table


@lru_cache(maxsize=1)
def _lower_table() -> NDArray[np.uint64]:
    table = np.arange(_TABLE_SIZE, dtype=np.uint64)
    for code in (*range(0x41, 0x5B), *range(0xC0, 0x250), *range(0x1E00, 0x1F00), *range(0xFF21, 0xFF5B)):
        character = chr(code - 0xFEE0 if code >= 0xFF21 else code).lower()
        table[code] = ord(character[0])
    return table


@lru_cache(maxsize=1)
def _powers() -> NDArray[np.uint64]:
    powers = [1]
    for _ in range(_MAX_WORD - 1):
        powers.append(powers[-1] * 0x9E3779B97F4A7C15 % (1 << 64))
    return np.array(powers, dtype=np.uint64)


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """Sorted word hashes and their marks. Words that are both English and foreign tell nothing apart."""
    english = english_words() | set(word_list("function words"))
    foreign = set(word_list("foreign words"))
    marks: dict[str, int] = dict.fromkeys(pinyin_syllables(), _PINYIN)
    marks.update(dict.fromkeys(foreign - english, _FOREIGN))
    for word in english:
        marks[word] = _SHARED if word in foreign else _ENGLISH
    for word in word_list("function words"):
        marks[word] |= _FUNCTION
    hashed = sorted((word_hash(word), mark) for word, mark in marks.items())
    keys = np.array([key for key, _ in hashed], dtype=np.uint64)
    return keys, np.array([mark for _, mark in hashed], dtype=np.uint8)


def word_hash(word: str) -> int:
    """Polynomial hash modulo 2**64 of a lower-case word, as the vectorised count computes it."""
    powers: list[int] = _powers().tolist()
    return sum(ord(c) * powers[min(i, _MAX_WORD - 1)] for i, c in enumerate(word)) % (1 << 64)
