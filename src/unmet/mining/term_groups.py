"""Terms → groups that mean the same thing.

Two terms are alike when they look alike (shared characters or word stems), when the same things are
said of them in the same company (positive pointwise mutual information with opinion words and with
words of the sentence, Levy & Goldberg 2014, reduced by an SVD), and when the aspect model files them
under the same category. Average-linkage clustering of these similarities gives the groups; rarer terms
join the group of the longest known term they contain.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.mining.terms import longest_inside

MAX_TERMS = 1_500
"""Terms clustered pairwise; rarer ones are attached afterwards. Keeps the cost independent of rows."""
SURFACE_WEIGHT, CONTEXT_WEIGHT, CATEGORY_WEIGHT = 0.50, 0.30, 0.20
LATENT_DIMENSIONS = 60
JOIN_SIMILARITY = 0.40
"""Average similarity above which groups are joined."""


@dataclass(frozen=True, slots=True)
class TermEvidence:
    """What is known of each distinct term, aligned by position."""

    terms: tuple[str, ...]
    counts: tuple[int, ...]
    contexts: tuple[Counter[str], ...]  # opinion words and sentence words seen with the term
    categories: tuple[Counter[str], ...]


def group_terms(evidence: TermEvidence, *, language: str) -> dict[str, int]:
    """Return term → group number, for every term; the groups are numbered from 0 by first term.

    Terms must come sorted by falling count (ties by name), so that numbering is reproducible.
    """
    head = min(len(evidence.terms), MAX_TERMS)
    if head == 0:
        return {}
    labels = _cluster(_similarity(evidence, head, language))
    groups = {evidence.terms[i]: int(labels[i]) for i in range(head)}
    next_label = int(labels.max()) + 1
    known = set(evidence.terms[:head])
    for term in evidence.terms[head:]:
        container = longest_inside(term, known, language)
        if container is None:
            groups[term] = next_label
            next_label += 1
        else:
            groups[term] = groups[container]
    return groups


def _cluster(similarity: NDArray[np.float32]) -> NDArray[np.int64]:
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    n = similarity.shape[0]
    if n == 1:
        return np.zeros(1, dtype=np.int64)
    distance = np.round(1.0 - similarity, 6)
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(np.maximum(distance, 0.0), checks=False), method="average")
    raw = fcluster(tree, t=1.0 - JOIN_SIMILARITY, criterion="distance")
    order: dict[int, int] = {}
    return np.array([order.setdefault(int(label), len(order)) for label in raw], dtype=np.int64)


def _similarity(evidence: TermEvidence, head: int, language: str) -> NDArray[np.float32]:
    surface = _cosines([surface_features(t, language) for t in evidence.terms[:head]], damp=True)
    context = _latent_cosines(_ppmi(evidence.contexts[:head]))
    category = _cosines([dict(c) for c in evidence.categories[:head]], damp=False)
    total = SURFACE_WEIGHT * surface + CONTEXT_WEIGHT * context + CATEGORY_WEIGHT * category
    # Terms that neither look alike nor keep the same company are not joined by category alone.
    return np.where((surface < 0.05) & (context < 0.45), 0.0, total).astype(np.float32)


def surface_features(term: str, language: str) -> dict[str, float]:
    """What a term looks like: zh characters and pairs (the last pair, its head, counts double); en stems."""
    features: dict[str, float] = defaultdict(float)
    if language == "zh":
        for character in term:
            features[character] += 1.0
        for i in range(len(term) - 1):
            features[term[i : i + 2]] += 1.5
        return features
    words = term.split()
    for word in words:
        features[word] += 2.0
        for i in range(len(word) - 3):
            features["#" + word[i : i + 4]] += 0.3
    return features


def _cosines(rows: Sequence[dict[str, float]], *, damp: bool) -> NDArray[np.float32]:
    """Dense cosine matrix of sparse rows; ``damp`` weighs features by inverse frequency."""
    matrix = _sparse(rows)
    if damp:
        frequency = np.bincount(matrix.indices, minlength=matrix.shape[1])
        matrix = matrix.multiply(np.log(1 + len(rows) / np.maximum(frequency, 1))).tocsr()
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scaled = matrix.multiply(1.0 / np.maximum(lengths, 1e-12)[:, None]).tocsr()
    return np.asarray((scaled @ scaled.T).todense(), dtype=np.float32)


def _latent_cosines(rows: Sequence[dict[str, float]]) -> NDArray[np.float32]:
    """Cosines after a truncated SVD: terms of the same company are alike without sharing each word."""
    from sklearn.utils.extmath import randomized_svd

    if len(rows) <= 3 * LATENT_DIMENSIONS:
        return _cosines(rows, damp=False)
    left, sizes, _ = randomized_svd(_sparse(rows), n_components=LATENT_DIMENSIONS, n_iter=2, random_state=0)
    vectors = left * np.sqrt(sizes)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    cosines: NDArray[np.float32] = np.maximum(vectors @ vectors.T, 0.0).astype(np.float32)
    return cosines


def _sparse(rows: Sequence[dict[str, float]]) -> Any:
    from scipy.sparse import csr_matrix

    names: dict[str, int] = {}
    indices: list[int] = []
    values: list[float] = []
    indptr = [0]
    for row in rows:
        for name, value in row.items():
            indices.append(names.setdefault(name, len(names)))
            values.append(value)
        indptr.append(len(indices))
    return csr_matrix((values, indices, indptr), shape=(len(rows), max(len(names), 1)))


def _ppmi(contexts: Sequence[Counter[str]]) -> list[dict[str, float]]:
    """Positive pointwise mutual information with context smoothing 0.75."""
    totals: Counter[str] = Counter()
    for counter in contexts:
        totals.update(counter)
    kept = {name: count**0.75 for name, count in totals.items() if count >= 2}
    mass = sum(kept.values()) or 1.0
    rows = []
    for counter in contexts:
        size = sum(counter.values()) or 1
        row = {}
        for name, count in counter.items():
            if name in kept:
                information = float(np.log((count / size) / (kept[name] / mass)))
                if information > 0:
                    row[name] = information * min(1.0, count / 2)
        rows.append(row)
    return rows
