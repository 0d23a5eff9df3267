"""Sentence and term vectors of the linear tier: hashed n-grams reduced by a truncated SVD.

Source: latent semantic analysis (Deerwester et al. 1990) on hashed features (Weinberger et al. 2009),
with the randomised solver of Halko, Martinsson & Tropp (2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.mining.lexicon import en_words
from unmet.text.folding import fold

N_BUCKETS = 1 << 15
N_DIMENSIONS = 64
FIT_SENTENCES = 30_000
"""Sentences the projection is fitted on; more change little and cost time."""

Floats = NDArray[np.float32]


def sentence_tokens(sentence: str, language: str) -> list[str]:
    """Features of one sentence: zh characters 1–2-grams, en content words and their pairs."""
    if language == "zh":
        text = "".join(c for c in fold(sentence) if c.isalnum())
        return [*text, *(text[i : i + 2] for i in range(len(text) - 1))]
    words = en_words(fold(sentence))
    return [*words, *(f"{a} {b}" for a, b in pairwise(words))]


@dataclass(frozen=True, slots=True)
class SentenceSpace:
    """A fitted projection: inverse document frequencies and the SVD basis."""

    weights: Floats  # (N_BUCKETS,)
    basis: Floats  # (N_BUCKETS, k)

    def project(self, sentences: Sequence[str], languages: Sequence[str]) -> Floats:
        """Unit vectors, shape ``(n, k)``; a sentence without features is a zero vector."""
        counts = _counts(sentences, languages)
        vectors = np.asarray(counts.multiply(self.weights).tocsr() @ self.basis, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Floats = vectors / np.maximum(lengths, 1e-9)
        return unit


def fit_space(sentences: Sequence[str], languages: Sequence[str], *, seed: int) -> SentenceSpace:
    """Fit on (a sample of) the corpus's sentences; the same input and seed give the same space."""
    from sklearn.utils.extmath import randomized_svd

    if len(sentences) > FIT_SENTENCES:
        chosen = np.sort(np.random.default_rng(seed).choice(len(sentences), FIT_SENTENCES, replace=False))
        sentences = [sentences[i] for i in chosen]
        languages = [languages[i] for i in chosen]
    counts = _counts(sentences, languages)
    frequency = np.bincount(counts.indices, minlength=N_BUCKETS)
    weights = (np.log((1 + len(sentences)) / (1 + frequency)) + 1).astype(np.float32)
    weighted = counts.multiply(weights).tocsr()
    k = min(N_DIMENSIONS, max(1, min(weighted.shape) - 1))
    if len(sentences) < 3:
        return SentenceSpace(weights, np.eye(N_BUCKETS, 1, dtype=np.float32))
    _, _, components = randomized_svd(weighted, n_components=k, n_iter=2, random_state=seed)
    return SentenceSpace(weights, np.ascontiguousarray(components.T.astype(np.float32)))


def _counts(sentences: Sequence[str], languages: Sequence[str]) -> Any:
    """Sparse counts with log damping, shape ``(n, N_BUCKETS)``."""
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction import FeatureHasher

    if not sentences:  # the hasher looks at the first one
        return csr_matrix(np.zeros((0, N_BUCKETS), dtype=np.float32))
    tokens = (sentence_tokens(s, lang) for s, lang in zip(sentences, languages, strict=True))
    hasher = FeatureHasher(n_features=N_BUCKETS, input_type="string", dtype=np.float32, alternate_sign=False)
    counts = hasher.transform(tokens)
    counts.data = np.log1p(counts.data)
    return counts
