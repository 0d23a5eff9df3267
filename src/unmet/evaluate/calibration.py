"""How far stated probabilities can be believed, and what abstaining buys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def expected_calibration_error(
    truth: ArrayLike, probabilities: ArrayLike, *, predicted: ArrayLike | None = None, n_bins: int = 15
) -> float:
    """Gap between confidence and accuracy, mean over bins of equal mass, 0–1.

    Equal-mass bins keep crowded scores apart (Nguyen and O'Connor 2015; Roelofs et al. 2022).

    Args:
        truth: class numbers, shape ``(n,)``.
        probabilities: shape ``(n, K)``.
        predicted: decided class per row; the most probable one when ``None``.
        n_bins: at most this many bins, of equally many rows.
    """
    classes, matrix = _checked(truth, probabilities)
    decided = matrix.argmax(axis=1) if predicted is None else np.asarray(predicted)
    confidence = matrix[np.arange(len(classes)), decided]
    order = np.argsort(confidence, kind="stable")
    hits = (decided == classes).astype(np.float64)[order]
    gap = 0.0
    for rows in np.array_split(np.arange(len(order)), min(n_bins, len(order))):
        gap += abs(hits[rows].sum() - confidence[order][rows].sum())
    return float(gap / len(order))


def brier_score(truth: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean squared distance between probabilities and the true class, 0 (best) to 2.

    >>> brier_score([0, 1], [[1.0, 0.0], [0.5, 0.5]])
    0.25
    """
    classes, matrix = _checked(truth, probabilities)
    target = np.zeros_like(matrix)
    target[np.arange(len(classes)), classes] = 1.0
    return float(((matrix - target) ** 2).sum(axis=1).mean())


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """Error rate among the most confident share of rows (Geifman and El-Yaniv 2017)."""

    coverage: Floats  # ascending, (0, 1]
    risk: Floats  # same length, 0–1

    @property
    def area(self) -> float:
        """Mean risk over all coverages: smaller is better."""
        return float(self.risk.mean())

    def risk_at(self, coverage: float) -> float:
        """Risk when the given share of rows is answered."""
        place = int(np.searchsorted(self.coverage, coverage))
        return float(self.risk[min(place, len(self.risk) - 1)])


def risk_coverage(truth: ArrayLike, predicted: ArrayLike, confidence: ArrayLike) -> RiskCoverage:
    """Risk–coverage curve: rows answered from the most to the least confident."""
    order = np.argsort(-np.asarray(confidence, dtype=np.float64), kind="stable")
    wrong = (np.asarray(truth) != np.asarray(predicted)).astype(np.float64)[order]
    if not wrong.size:
        raise ValueError("a risk–coverage curve needs at least one row")
    answered = np.arange(1, len(wrong) + 1)
    return RiskCoverage(answered / len(wrong), np.cumsum(wrong) / answered)


def softmax(logits: Floats) -> Floats:
    """Along the last axis, in double precision, safe for large values."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return result


def tempered(probabilities: ArrayLike, temperature: float) -> Floats:
    """Probabilities at another temperature: above 1 less sure, below 1 surer; the order stays.

    >>> tempered([[0.8, 0.2]], 2.0).round(3).tolist()
    [[0.667, 0.333]]
    """
    return softmax(np.log(np.maximum(np.asarray(probabilities, dtype=np.float64), 1e-12)) / temperature)


def fit_temperature(truth: ArrayLike, probabilities: ArrayLike) -> float:
    """Temperature with the least negative log likelihood, within 0.05–20 (Guo et al. 2017)."""
    from scipy.optimize import minimize_scalar

    classes, matrix = _checked(truth, probabilities)
    rows = np.arange(len(classes))

    def loss(log_temperature: float) -> float:
        found = tempered(matrix, float(np.exp(log_temperature)))[rows, classes]
        return float(-np.log(np.maximum(found, 1e-12)).mean())

    best = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20.0)), method="bounded")
    return float(np.exp(best.x)) if best.fun < loss(0.0) else 1.0


def abstention_threshold(curve: RiskCoverage, confidence: ArrayLike, risk: float) -> tuple[float, float]:
    """Confidence from which answers are given so that their error rate stays at a stated risk.

    The largest share of rows whose error rate is at most ``risk`` on the given rows. Fewer than ``1 / risk``
    rows are no evidence: the first few may be right by luck.

    Returns:
        The confidence and the share of rows answered; ``(1.0, 0.0)`` if no share is good enough.

    Raises:
        ValueError: ``risk`` is not within 0–1.
    """
    if not 0 <= risk <= 1:
        raise ValueError(f"a risk of {risk} is no error rate")
    fewest = min(1 / risk, len(curve.risk)) if risk > 0 else 1
    ordered = -np.sort(-np.asarray(confidence, dtype=np.float64))
    # Rows of equal confidence are answered together or not at all.
    ends = np.append(ordered[1:] < ordered[:-1], True)
    enough = np.arange(1, len(ends) + 1) >= fewest
    good = np.flatnonzero((curve.risk <= risk) & ends & enough)
    if not good.size:
        return 1.0, 0.0
    return float(ordered[good[-1]]), float(curve.coverage[good[-1]])


def _checked(truth: ArrayLike, probabilities: ArrayLike) -> tuple[NDArray[np.int64], Floats]:
    classes = np.asarray(truth, dtype=np.int64)
    matrix = np.asarray(probabilities, dtype=np.float64)
    if matrix.ndim != 2 or classes.shape != (len(matrix),) or not len(matrix):
        raise ValueError(f"truth has shape {classes.shape}, probabilities {matrix.shape}")
    if not np.allclose(matrix.sum(axis=1), 1.0, atol=1e-3):
        raise ValueError("probabilities of a row do not sum to 1")
    return classes, matrix
