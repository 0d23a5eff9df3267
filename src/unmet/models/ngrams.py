"""Hashed n-grams of whole batches of texts in plain numpy.

A batch is one array of folded code points (:func:`unmet.text.folding.fold_codes`). It is cut into
tokens: a run of letters, digits and apostrophes is one token, every other visible character
(Chinese characters, punctuation, emoji) is a token of its own, blanks and control characters are
none. So one n-gram space serves both languages: character n-grams for Chinese, word n-grams for
English. Hashes are polynomial and mixed by multiplication (Karp and Rabin 1987; multiply-shift:
Dietzfelbinger et al. 1997). No n-gram crosses the border between two texts, and a text's features
do not depend on the batch it came in.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from unmet.text.folding import fold_codes, to_codes

Codes = NDArray[np.uint32]
Floats = NDArray[np.float32]

_SKIP, _WORD, _SINGLE = 0, 1, 2
_TABLE_SIZE = 0x3000  # code points from here on are single tokens
_WORD_POWER = np.uint32(0x01000193)
_GRAM_FACTOR = np.uint32(0x9E3779B1)
_ORDER_SALT = np.array([0, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F, 0x165667B1, 0xD3A2646C], dtype=np.uint32)
_SKIP_SALT = np.uint32(0x5BD1E995)
_FIRST, _LAST = "\u27e6", "\u27e7"  # rare brackets mark where a text begins and ends
_MAX_POWERS = 64
_BLOCK_TEXTS = 2048
_BLOCK_CHARACTERS = 1 << 18
MAX_BITS = 21
"""Row number and bucket share 32 bits: 2^21 buckets leave room for blocks of 2048 texts."""


@dataclass(frozen=True, slots=True)
class NgramConfig:
    """What is counted. Saved in the manifest of every package that uses it."""

    orders: tuple[int, ...] = (1, 2, 3, 4)  # n of the token n-grams
    skip_pairs: bool = False  # also pairs of tokens with one token between them
    bits: int = 20  # 2**bits buckets
    borders: bool = False  # a token before the first and after the last

    @property
    def n_buckets(self) -> int:
        """Length of a weight column."""
        return 1 << self.bits


@dataclass(frozen=True, slots=True)
class Grams:
    """Distinct n-gram buckets of each text, in CSR form.

    Row ``i`` holds ``indices[indptr[i]:indptr[i + 1]]``, ascending, each bucket once.
    """

    indices: NDArray[np.int32]
    indptr: NDArray[np.int64]

    @property
    def n_texts(self) -> int:
        """Number of rows."""
        return len(self.indptr) - 1

    @property
    def counts(self) -> NDArray[np.int64]:
        """Distinct buckets per text, shape ``(n_texts,)``."""
        return np.diff(self.indptr)

    def sums(self, column: Floats) -> Floats:
        """Sum of a weight column over each row's buckets, shape ``(n_texts,)``; 0 for an empty row."""
        return row_sums(column[self.indices], self.indptr)


def row_sums(values: Floats, indptr: NDArray[np.int64]) -> Floats:
    """Sums of consecutive runs ``values[indptr[i]:indptr[i + 1]]``; 0 where a run is empty."""
    result = np.zeros(len(indptr) - 1, dtype=np.float32)
    filled = np.flatnonzero(np.diff(indptr))
    if filled.size:
        # reduceat misreads empty runs, so only the filled ones are given to it.
        result[filled] = np.add.reduceat(values, indptr[:-1][filled])
    return result


@lru_cache(maxsize=1)
def _class_table() -> NDArray[np.uint8]:
    table = np.full(_TABLE_SIZE + 1, _SINGLE, dtype=np.uint8)
    for code in range(_TABLE_SIZE):
        category = unicodedata.category(chr(code))
        if category[0] in "ZC":
            table[code] = _SKIP
        elif category[0] in "LNM":
            table[code] = _WORD
    table[ord("'")] = _WORD
    table.flags.writeable = False
    return table


@lru_cache(maxsize=1)
def _powers() -> NDArray[np.uint32]:
    with np.errstate(over="ignore"):
        return np.cumprod(np.full(_MAX_POWERS, _WORD_POWER, dtype=np.uint32), dtype=np.uint32)


def _mixed(hashes: Codes) -> Codes:
    """Finalising mix of 32-bit hashes (two xor-shift-multiply rounds), in place."""
    hashes ^= hashes >> np.uint32(15)
    hashes *= np.uint32(0x2C1B3C6D)
    hashes ^= hashes >> np.uint32(12)
    hashes *= np.uint32(0x297A2D39)
    hashes ^= hashes >> np.uint32(15)
    return hashes


def _tokens(texts: Sequence[str]) -> tuple[Codes, NDArray[np.int32]]:
    """Hash and row of every token of a block, both shape ``(n_tokens,)``."""
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    codes = fold_codes(to_codes("".join(texts)))
    if not codes.size:
        return np.empty(0, np.uint32), np.empty(0, np.int32)
    kinds = _class_table()[np.minimum(codes, _TABLE_SIZE)]
    is_word = kinds == _WORD
    starts = kinds == _SINGLE
    new_text = np.zeros(len(codes), dtype=bool)
    firsts = (np.cumsum(lengths) - lengths)[lengths > 0]
    new_text[firsts] = True
    word_start = is_word.copy()
    word_start[1:] &= ~is_word[:-1] | new_text[1:]
    starts |= word_start
    at = np.flatnonzero(starts)
    rows = np.repeat(np.arange(len(texts), dtype=np.int32), lengths)[at]
    if not at.size:
        return np.empty(0, np.uint32), rows
    hashes = codes[at] * _WORD_POWER  # what _word_hashes gives for one character
    if word_start.any():
        hashes = _word_hashes(codes, is_word, at)
    return _mixed(hashes), rows


def _word_hashes(codes: Codes, is_word: NDArray[np.bool_], at: NDArray[np.int64]) -> Codes:
    """Polynomial hash of each token that starts at ``at``; characters of no token add nothing."""
    if at[0] > 0:
        codes, is_word, at = codes[at[0] :], is_word[at[0] :], at - at[0]
    lengths = np.diff(at, append=len(codes))
    place = np.arange(len(codes)) - np.repeat(at, lengths)
    values = codes * _powers()[place & (_MAX_POWERS - 1)]
    values[~is_word & (place > 0)] = 0
    return np.add.reduceat(values, at, dtype=np.uint32)


def _block_keys(texts: Sequence[str], config: NgramConfig) -> Codes:
    """Sorted distinct ``row << bits | bucket`` keys of a block."""
    tokens, rows = _tokens(texts)
    shift = np.uint32(32 - config.bits)
    row_keys = rows.astype(np.uint32) << np.uint32(config.bits)
    pieces: list[Codes] = []
    grams = tokens.copy()
    for order in range(1, max(config.orders) + 1):
        if order > 1:
            if len(tokens) < order:
                break
            grams = grams[:-1] * _GRAM_FACTOR + tokens[order - 1 :]
        if order not in config.orders:
            continue
        last = rows[order - 1 :]
        keys = (_mixed(grams + _ORDER_SALT[order]) >> shift) | row_keys[: len(grams)]
        pieces.append(keys if order == 1 else keys[rows[: len(grams)] == last])
    if config.skip_pairs and len(tokens) > 2:
        pairs = _mixed((tokens[:-2] ^ _SKIP_SALT) * _GRAM_FACTOR + tokens[2:])
        pieces.append(((pairs >> shift) | row_keys[:-2])[rows[:-2] == rows[2:]])
    keys = np.concatenate(pieces)
    keys.sort()
    if keys.size:
        keep = np.empty(len(keys), dtype=bool)
        keep[0] = True
        np.not_equal(keys[1:], keys[:-1], out=keep[1:])
        keys = keys[keep]
    return keys


def _blocks(texts: Sequence[str], bits: int) -> Iterator[Sequence[str]]:
    most = min(_BLOCK_TEXTS, 1 << (32 - bits))
    first = size = 0
    for index, text in enumerate(texts):
        if index > first and (index - first == most or size + len(text) > _BLOCK_CHARACTERS):
            yield texts[first:index]
            first, size = index, 0
        size += len(text)
    if first < len(texts):
        yield texts[first:]


def hashed_blocks(texts: Sequence[str], config: NgramConfig) -> Iterator[Grams]:
    """Features of the texts in consecutive blocks that stay in the processor's cache."""
    mask = np.uint32(config.n_buckets - 1)
    for plain in _blocks(texts, config.bits):
        block = [f"{_FIRST}{text}{_LAST}" for text in plain] if config.borders else plain
        keys = _block_keys(block, config)
        rows = keys >> np.uint32(config.bits)
        indptr = np.searchsorted(rows, np.arange(len(block) + 1, dtype=np.uint32))
        yield Grams((keys & mask).astype(np.int32), indptr.astype(np.int64))


def hashed_ngrams(texts: Sequence[str], config: NgramConfig) -> Grams:
    """Distinct n-gram buckets of every text.

    Args:
        texts: any strings; lone surrogates are allowed.
        config: orders and number of buckets (``bits`` at most :data:`MAX_BITS`).
    """
    blocks = list(hashed_blocks(texts, config))
    if not blocks:
        return Grams(np.empty(0, np.int32), np.zeros(1, np.int64))
    counts = np.concatenate([block.counts for block in blocks])
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Grams(np.concatenate([block.indices for block in blocks]), indptr)
