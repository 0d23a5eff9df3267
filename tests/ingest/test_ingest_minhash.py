"""MinHash in numpy: estimates against exact similarities."""

from __future__ import annotations

import random

import numpy as np

from unmet.ingest.minhash import (
    N_PERMUTATIONS,
    SHINGLE,
    band_keys,
    compact,
    estimated_similarity,
    shingle_hashes,
    shingles,
    signatures,
    similarity,
)

ALPHABET = (
    "的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那"
    "和要她出也得里后自以会家可下而过天去能对小多然于心学"
)


def made_up_texts(n: int, seed: int, length: int = 80) -> list[str]:
    rng = random.Random(seed)
    return ["".join(rng.choices(ALPHABET, k=rng.randint(length // 2, length))) for _ in range(n)]


def changed(text: str, share: float, rng: random.Random) -> str:
    letters = list(text)
    for _ in range(max(1, int(len(text) * share))):
        letters[rng.randrange(len(letters))] = rng.choice(ALPHABET)
    return "".join(letters)


def test_one_hash_per_shingle_and_text() -> None:
    texts = ["很好", "abcdef", "👍👍👍👍👍", "x"]
    hashes, starts = shingle_hashes(texts)
    expected = [max(len(text), SHINGLE) - SHINGLE + 1 for text in texts]
    assert np.diff([*starts, len(hashes)]).tolist() == expected


def test_signature_does_not_depend_on_neighbours_or_blocks() -> None:
    texts = [*made_up_texts(40, 1), "短", "a" * 300_000]
    together = signatures(texts)
    assert together.shape == (42, N_PERMUTATIONS)
    for number in (0, 7, 39, 40, 41):
        assert (signatures([texts[number]])[0] == together[number]).all()


def test_equal_sets_have_equal_signatures() -> None:
    left, right = signatures(["abcdabcdabcd", "abcdabcdabcdabcd"])
    assert (left == right).all(), "the same set of shingles, whatever their number"


def test_estimate_is_unbiased_and_as_exact_as_theory_says() -> None:
    rng = random.Random(3)
    texts = made_up_texts(600, 2)
    others = [changed(text, rng.choice([0.01, 0.03, 0.06]), rng) for text in texts]
    left, right = signatures(texts), signatures(others)
    true = np.array([similarity(a, b) for a, b in zip(texts, others, strict=True)])
    error = (left == right).mean(axis=1) - true
    expected = np.sqrt((true * (1 - true) / N_PERMUTATIONS).mean())
    assert abs(error.mean()) < 4 * expected / np.sqrt(len(texts))
    assert np.sqrt((error**2).mean()) < 1.25 * expected
    assert abs((estimated_similarity(compact(left), compact(right)) - true).mean()) < 0.015


def test_similar_pairs_share_a_band() -> None:
    rng = random.Random(5)
    texts = made_up_texts(500, 4, length=200)
    others = [changed(text, 0.015, rng) for text in texts]
    true = np.array([similarity(a, b) for a, b in zip(texts, others, strict=True)])
    shared = (band_keys(signatures(texts)) == band_keys(signatures(others))).any(axis=1)
    assert (true >= 0.85).sum() > 200
    assert shared[true >= 0.85].mean() > 0.995


def test_unlike_texts_hardly_ever_share_a_band() -> None:
    keys = band_keys(signatures(made_up_texts(2000, 6)))
    assert len(np.unique(keys)) > 0.999 * keys.size


def test_exact_similarity() -> None:
    assert similarity("abcdef", "abcdef") == 1.0
    assert similarity("abcdef", "uvwxyz") == 0.0
    assert shingles("abcde") == {"abcd", "bcde"}
    assert similarity("abcde", "abcdf") == 1 / 3
