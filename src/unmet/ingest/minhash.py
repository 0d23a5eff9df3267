"""MinHash signatures of whole batches in numpy.

Broder, "On the resemblance and containment of documents" (1997): the share of permutations under which
two sets have the same smallest element estimates their Jaccard similarity. Here the sets are the
character 4-grams of folded texts; all texts of a batch are joined into one array of code points, so
that one pass of numpy serves thousands of texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

SHINGLE = 4
"""Characters per shingle."""

N_PERMUTATIONS = 64
N_BANDS = 16
"""Bands of four values: a pair of similarity .85 shares at least one band with probability .99999, one
of .5 with .64, one of .3 with .12; what is found is verified exactly afterwards."""

_BLOCK_CHARACTERS = 1 << 17  # keeps the work arrays inside the cache

U32 = npt.NDArray[np.uint32]


def _mix(values: Any) -> Any:
    """Finaliser of MurmurHash3 (32 bit): spreads every input bit over all output bits."""
    values ^= values >> np.uint32(16)
    values *= np.uint32(0x85EBCA6B)
    values ^= values >> np.uint32(13)
    values *= np.uint32(0xC2B2AE35)
    values ^= values >> np.uint32(16)
    return values


def _permutations() -> tuple[U32, U32]:
    seeds = np.arange(1, 2 * N_PERMUTATIONS + 1, dtype=np.uint32) * np.uint32(0x9E3779B9)
    mixed = _mix(seeds)
    return mixed[:N_PERMUTATIONS] | np.uint32(1), mixed[N_PERMUTATIONS:]


def shingle_hashes(texts: Sequence[str]) -> tuple[U32, npt.NDArray[np.int64]]:
    """Hash every shingle of every text.

    Args:
        texts: folded texts, each at least one character long; shorter ones than a shingle are padded.

    Returns:
        Hashes of all shingles one after the other, and the start of each text in them.
    """
    joined = "".join(text.ljust(SHINGLE, "\0") for text in texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.fromiter((max(len(text), SHINGLE) for text in texts), dtype=np.int64, count=len(texts))
    n_windows = len(codes) - SHINGLE + 1
    hashes = np.zeros(n_windows, dtype=np.uint32)
    for offset in range(SHINGLE):
        hashes *= np.uint32(0x01000193)
        hashes += _mix(codes[offset : offset + n_windows] + np.uint32(0x9E3779B9))
    hashes = _mix(hashes)
    counts = lengths - SHINGLE + 1
    starts = np.cumsum(lengths) - lengths
    # Windows that run over the end of a text are dropped.
    inside = np.ones(n_windows, dtype=bool)
    ends = (starts + counts)[:-1]
    for offset in range(SHINGLE - 1):
        inside[ends + offset] = False
    return hashes[inside], np.cumsum(counts) - counts


def signatures(texts: Sequence[str]) -> U32:
    """MinHash signatures of folded, non-empty texts.

    Returns:
        Array of shape ``(len(texts), N_PERMUTATIONS)``.
    """
    result = np.empty((len(texts), N_PERMUTATIONS), dtype=np.uint32)
    first = 0
    while first < len(texts):
        last, size = first, 0
        while last < len(texts) and (last == first or size + len(texts[last]) <= _BLOCK_CHARACTERS):
            size += len(texts[last])
            last += 1
        _fill(result[first:last], texts[first:last])
        first = last
    return result


def _fill(result: U32, texts: Sequence[str]) -> None:
    hashes, starts = shingle_hashes(texts)
    multipliers, offsets = _permutations()
    work = np.empty_like(hashes)
    for index in range(N_PERMUTATIONS):
        np.multiply(hashes, multipliers[index], out=work)
        np.bitwise_xor(work, offsets[index], out=work)
        # A multiplication only carries upwards: fold the strong high bits into the low ones first.
        np.bitwise_xor(work, work >> np.uint32(15), out=work)
        np.multiply(work, np.uint32(0x2C1B3C6D), out=work)
        result[:, index] = np.minimum.reduceat(work, starts)


def band_keys(signature_rows: U32) -> npt.NDArray[np.uint64]:
    """Hash each band of each signature; keys of different bands never meet.

    Returns:
        Array of shape ``(n, N_BANDS)``.
    """
    n = len(signature_rows)
    rows = signature_rows.reshape(n, N_BANDS, N_PERMUTATIONS // N_BANDS).astype(np.uint64)
    keys = np.zeros((n, N_BANDS), dtype=np.uint64)
    keys += np.arange(1, N_BANDS + 1, dtype=np.uint64)
    for column in range(rows.shape[2]):
        keys ^= rows[:, :, column]
        keys *= np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    return keys


def compact(signature_rows: U32) -> npt.NDArray[np.uint8]:
    """Keep eight bits of each value (b-bit minwise hashing, Li and König 2010): 64 bytes per text."""
    return (signature_rows >> np.uint32(24)).astype(np.uint8) ^ (signature_rows & np.uint32(255)).astype(
        np.uint8
    )


def estimated_similarity(
    left: npt.NDArray[np.uint8], right: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float64]:
    """Estimated Jaccard similarity of rows of compact signatures, 0–1 (chance agreement removed)."""
    agreement = (left == right).mean(axis=1)
    chance = 1.0 / 256.0
    estimate: npt.NDArray[np.float64] = np.clip((agreement - chance) / (1.0 - chance), 0.0, 1.0)
    return estimate


def shingles(text: str) -> frozenset[str]:
    """The shingle set of one folded text."""
    padded = text.ljust(SHINGLE, "\0")
    return frozenset(padded[i : i + SHINGLE] for i in range(len(padded) - SHINGLE + 1))


def similarity(left: str, right: str) -> float:
    """Exact Jaccard similarity of the shingle sets of two folded texts, 0–1."""
    a, b = shingles(left), shingles(right)
    return len(a & b) / len(a | b)
