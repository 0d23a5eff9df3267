"""Fitting weight columns on hashed n-grams, and read-outs on their out-of-fold scores.

A column is a linear SVM (squared hinge) on distinct n-grams scaled by their inverse document
frequency or naive-Bayes log-count ratio (Wang and Manning 2012, "Baselines and Bigrams"), rows
divided by the root of their number of distinct n-grams.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from unmet.models.classifier import N_EXTRA
from unmet.models.ngrams import Grams, NgramConfig, hashed_ngrams

Floats = NDArray[np.float32]
Matrix = sp.csr_matrix


def matrix_of(texts: Sequence[str], config: NgramConfig) -> Matrix:
    """Row-normalised sparse features, shape ``(n, 2**bits)``."""
    return grams_matrix(hashed_ngrams(texts, config), config)


def grams_matrix(grams: Grams, config: NgramConfig) -> Matrix:
    """Each row's distinct n-grams, each worth ``1 / sqrt(count)``."""
    counts = grams.counts
    values = np.repeat(1.0 / np.sqrt(np.maximum(counts, 1)), counts).astype(np.float32)
    return sp.csr_matrix((values, grams.indices, grams.indptr), shape=(len(counts), config.n_buckets))


@dataclass(frozen=True)
class ColumnRecipe:
    """How one column is fitted."""

    name: str
    bits: int = 20
    c: float = 0.1  # inverse strength of L2
    scaling: str = "both"  # idf, ratio (naive Bayes) or both
    min_texts: int = 2  # n-grams in fewer texts get weight 0


def folded(matrix: Matrix, bits: int) -> Matrix:
    """The same features read by the leading ``bits`` of their bucket."""
    shift = int(matrix.shape[1]).bit_length() - 1 - bits
    if shift == 0:
        return matrix
    return sp.csr_matrix((matrix.data, matrix.indices >> shift, matrix.indptr), (matrix.shape[0], 1 << bits))


def fit_column(
    matrix: Matrix,
    positive: NDArray[np.bool_],
    recipe: ColumnRecipe,
    *,
    sources: NDArray[np.integer] | None = None,
    weights: NDArray[np.floating] | None = None,
) -> Floats:
    """Weights over ``2**recipe.bits`` buckets; a text's score is its row times the weights.

    Args:
        matrix: rows of :func:`matrix_of` with at least ``recipe.bits`` bits.
        positive: class of each row.
        sources: source number of each row; every source gets an offset of its own that is thrown
            away, so that a source of mostly praise does not teach its topic as praise.
        weights: weight of each row.
    """
    matrix = folded(matrix, recipe.bits)
    weights = np.ones(len(positive)) if weights is None else np.asarray(weights, dtype=float)
    present = np.bincount(matrix.indices, minlength=matrix.shape[1])
    kept = np.flatnonzero(present >= recipe.min_texts)
    part = matrix[:, kept]
    prior = _prior_scale(part, positive, weights, recipe)
    design = part @ sp.diags(prior)
    if sources is not None and len(np.unique(sources)) > 1:
        offsets = sp.csr_matrix((np.ones(len(sources)), (np.arange(len(sources)), sources)))
        design = sp.hstack([design, offsets]).tocsr()
    model = LinearSVC(C=recipe.c, dual=True, tol=0.05, max_iter=60, random_state=0)
    with warnings.catch_warnings():
        # Stopped early on purpose: held-out scores stop moving long before the optimiser does.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(design, positive, sample_weight=weights)
    result = np.zeros(matrix.shape[1], dtype=np.float32)
    result[kept] = model.coef_[0][: len(kept)] * prior
    return result


def _prior_scale(
    part: Matrix, positive: NDArray[np.bool_], weights: NDArray[np.floating], recipe: ColumnRecipe
) -> NDArray[np.float64]:
    """How far each n-gram may move: inverse document frequency, or the naive-Bayes ratio."""
    if recipe.scaling == "idf":
        idf: NDArray[np.float64] = (
            np.log(part.shape[0] / np.bincount(part.indices, minlength=part.shape[1])) / 5
        )
        return idf
    ones = sp.csr_matrix((np.ones_like(part.data), part.indices, part.indptr), part.shape)
    up = ones.T @ (weights * positive) + 1.0
    down = ones.T @ (weights * ~positive) + 1.0
    base = np.log((weights * positive).sum() / (weights * ~positive).sum())
    ratio: NDArray[np.float64] = np.abs(np.log(up / down) - base) + 1.0 * (recipe.scaling == "both")
    return ratio


def quantise(column: Floats) -> tuple[NDArray[np.int8], float]:
    """8-bit weights and their scale, set by the largest weight.

    Nothing is capped: the few largest weights carry most of a short text's score (LOG-classifiers.md).
    """
    top = float(np.abs(column).max())
    scale = top / 127 if top > 0 else 1.0
    return np.rint(column / scale).astype(np.int8), scale


def features_of(matrix: Matrix, columns: Sequence[Floats]) -> Floats:
    """The read-out's features: scores, log count, constant; shape ``(n, C + N_EXTRA)``."""
    result = np.ones((matrix.shape[0], len(columns) + N_EXTRA), dtype=np.float32)
    for index, column in enumerate(columns):
        result[:, index] = folded(matrix, len(column).bit_length() - 1) @ column
    result[:, -2] = np.log1p(np.diff(matrix.indptr))
    return result


@dataclass(frozen=True)
class Column:
    """A recipe with its rows and its positive class.

    ``outside`` holds rows that are trained on but not read out: their matrix, classes, weights, folds.
    With them, sources get no offsets. ``folds`` are used instead of those all columns share.
    """

    recipe: ColumnRecipe
    rows: NDArray[np.int64]
    positive: NDArray[np.bool_]  # of all rows
    weights: NDArray[np.float64] | None = None  # of all rows; 1 if None
    outside: tuple[Matrix, NDArray[np.bool_], NDArray[np.float64], NDArray[np.int64]] | None = None
    folds: NDArray[np.int64] | None = None  # of all rows


NO_FOLD = -2
"""Leaves nothing out."""


def out_of_fold(
    matrix: Matrix,
    columns: Sequence[Column],
    sources: NDArray[np.int64],
    folds: NDArray[np.int64],
) -> tuple[list[Floats], Floats]:
    """Columns fitted on all rows, and features in which no row was scored by a fit that saw it."""
    final: list[Floats] = []
    features = features_of(matrix, [])
    scores = np.zeros((len(features), len(columns)), dtype=np.float32)
    for index, column in enumerate(columns):
        narrow = folded(matrix, column.recipe.bits)
        own = folds if column.folds is None else column.folds
        for fold in np.unique(own):
            held_out = np.flatnonzero(own == fold)
            scores[held_out, index] = narrow[held_out] @ _fit_without(column, narrow, sources, own, int(fold))
        final.append(_fit_without(column, narrow, sources, own, NO_FOLD))
    return final, np.concatenate([scores, features], axis=1)


def _fit_without(
    column: Column, matrix: Matrix, sources: NDArray[np.int64], folds: NDArray[np.int64], fold: int
) -> Floats:
    used = column.rows[folds[column.rows] != fold]
    positive = column.positive[used]
    weights = np.ones(len(used)) if column.weights is None else column.weights[used]
    if column.outside is None:
        return fit_column(matrix[used], positive, column.recipe, sources=sources[used], weights=weights)
    outside, shown, outside_weights, outside_folds = column.outside
    others = np.flatnonzero(outside_folds != fold)
    return fit_column(
        sp.vstack([matrix[used], folded(outside[others], column.recipe.bits)]).tocsr(),
        np.concatenate([positive, shown[others]]),
        column.recipe,
        weights=np.concatenate([weights, outside_weights[others]]),
    )


NEVER = -12.0
"""Logit of a class that the training rows never show."""


def fit_softmax(
    features: Floats,
    classes: NDArray[np.integer],
    n_classes: int,
    *,
    c: float = 1.0,
    weights: NDArray[np.floating] | None = None,
) -> Floats:
    """Multinomial logistic regression, shape ``(F, n_classes)``; the last feature is the constant."""
    seen = np.unique(classes)
    if len(seen) == 1:
        certain = np.zeros((features.shape[1], n_classes), dtype=np.float32)
        certain[-1] = np.where(np.arange(n_classes) == seen[0], 0.0, NEVER)
        return certain
    spread = features.std(axis=0)
    spread[spread == 0] = 1.0
    middle = features.mean(axis=0)
    middle[-1] = 0.0
    design = (features - middle) / spread
    model = LogisticRegression(C=c, max_iter=500, fit_intercept=False)
    model.fit(design, classes, sample_weight=weights)
    coefficients = model.coef_
    if len(model.classes_) == 2:
        coefficients = np.vstack([-coefficients[0] / 2, coefficients[0] / 2])
    result = np.full((features.shape[1], n_classes), 0.0, dtype=np.float64)
    result[-1] = NEVER
    for row, cls in enumerate(model.classes_):
        result[:, cls] = coefficients[row] / spread
        result[-1, cls] -= (coefficients[row] * middle / spread).sum()
    return result.astype(np.float32)


def fold_numbers(texts: Sequence[str], n_folds: int, seed: int) -> NDArray[np.int64]:
    """Fold of each text; equal texts share a fold, whatever their source."""
    rng = np.random.default_rng(seed)
    drawn: dict[str, int] = {}
    for text in texts:
        if text not in drawn:
            drawn[text] = int(rng.integers(n_folds))
    return np.array([drawn[text] for text in texts])
