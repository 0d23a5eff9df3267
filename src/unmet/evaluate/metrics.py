"""Scores with one signature: ``metric(truth, predicted, weights=None) -> float``.

``truth`` and ``predicted`` are equally long one-dimensional arrays (labels or numbers); ``weights``
counts each row (bootstrap resampling passes counts here, which is much faster than copying rows).
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Weights = NDArray[np.floating] | NDArray[np.integer] | None


class Metric(Protocol):
    """The one signature of every metric here."""

    def __call__(self, truth: ArrayLike, predicted: ArrayLike, weights: Weights = None) -> float:
        """Score of ``predicted`` against ``truth``."""
        ...


def _aligned(
    truth: ArrayLike, predicted: ArrayLike, weights: Weights
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64]]:
    first, second = np.asarray(truth), np.asarray(predicted)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"truth and predicted differ in shape: {first.shape} and {second.shape}")
    counts = np.ones(len(first)) if weights is None else np.asarray(weights, dtype=np.float64)
    if counts.shape != first.shape:
        raise ValueError(f"weights have shape {counts.shape}, the rows {first.shape}")
    if not counts.sum() > 0:
        raise ValueError("a metric needs at least one row")
    return first, second, counts


def accuracy(truth: ArrayLike, predicted: ArrayLike, weights: Weights = None) -> float:
    """Share of equal labels, 0–1.

    >>> accuracy([0, 1, 1, 1], [0, 1, 1, 0])
    0.75
    """
    first, second, counts = _aligned(truth, predicted, weights)
    return float((counts * (first == second)).sum() / counts.sum())


def f1_of(label: Any) -> Metric:
    """F1 of one class: ``2·hits / (predicted + true)``; 0 where the class occurs on neither side.

    >>> round(f1_of(1)([1, 1, 0, 0], [1, 0, 1, 0]), 3)
    0.5
    """

    def f1(truth: ArrayLike, predicted: ArrayLike, weights: Weights = None) -> float:
        first, second, counts = _aligned(truth, predicted, weights)
        is_true, is_predicted = first == label, second == label
        hits = (counts * (is_true & is_predicted)).sum()
        total = (counts * is_true).sum() + (counts * is_predicted).sum()
        return float(2 * hits / total) if total > 0 else 0.0

    return f1


def macro_f1(truth: ArrayLike, predicted: ArrayLike, weights: Weights = None) -> float:
    """Mean F1 over the classes that occur in ``truth`` or ``predicted``.

    >>> round(macro_f1(["a", "a", "b"], ["a", "b", "b"]), 3)
    0.667
    """
    first, second, counts = _aligned(truth, predicted, weights)
    counted = counts > 0
    labels = np.unique(np.concatenate([first[counted], second[counted]]))
    return float(np.mean([f1_of(label)(first, second, counts) for label in labels]))


def macro_precision(truth: ArrayLike, predicted: ArrayLike, weights: Weights = None) -> float:
    """Mean over the classes of the share of rows given a class that are of it; 0 for one never given.

    >>> round(macro_precision(["a", "a", "b"], ["a", "b", "b"]), 3)
    0.75
    """
    first, second, counts = _aligned(truth, predicted, weights)
    labels = np.unique(np.concatenate([first[counts > 0], second[counts > 0]]))
    shares = []
    for label in labels:
        given = counts * (second == label)
        shares.append((given * (first == label)).sum() / given.sum() if given.sum() > 0 else 0.0)
    return float(np.mean(shares))


def macro_recall(truth: ArrayLike, predicted: ArrayLike, weights: Weights = None) -> float:
    """Mean over the classes of the share of a class's rows that were given it; 0 for one that never occurs.

    >>> round(macro_recall(["a", "a", "b"], ["a", "b", "b"]), 3)
    0.75
    """
    return macro_precision(predicted, truth, weights)


def rmse(truth: ArrayLike, predicted: ArrayLike, weights: Weights = None) -> float:
    """Root of the mean squared difference, in the unit of ``truth``.

    >>> rmse([1.0, 3.0], [1.0, 1.0])
    1.4142135623730951
    """
    first, second, counts = _aligned(truth, predicted, weights)
    differences = first.astype(np.float64) - second.astype(np.float64)
    return float(np.sqrt((counts * differences**2).sum() / counts.sum()))
