"""How good the outputs of a head are, by its kind; the same for training, export and `unmet evaluate`.

| kind | truth | predicted | measures |
|---|---|---|---|
| classes, flag, pairs | class numbers ``(n,)`` | probabilities ``(n, K)`` | accuracy, F1, ECE, Brier |
| scores | ``(n, k)`` in their own unit | the same | RMSE per score, R² |
| tags | spans of each text | spans of each text | precision, recall, F1 of exact spans |
| vectors | – | unit vectors, first texts before second | how often the nearest second text is the own one |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.core.records import Estimate
from unmet.evaluate.calibration import brier_score, expected_calibration_error
from unmet.evaluate.metrics import accuracy, f1_of, macro_f1, macro_precision, macro_recall, rmse

Floats = NDArray[np.float32]
Spans = list[tuple[int, int, str]]

MAIN_MEASURE = {
    "classes": "macro_f1",
    "flag": "f1",
    "pairs": "accuracy",
    "scores": "r2",
    "tags": "span_f1",
    "vectors": "top1",
}
"""What early stopping and comparisons look at; larger is better for each."""


def measure_head(kind: str, labels: Sequence[str], truth: Any, predicted: Any) -> dict[str, float]:
    """Quality of a head on labelled texts; :data:`MAIN_MEASURE` names the one that counts."""
    if kind == "tags":
        return span_scores(truth, predicted)
    if kind == "vectors":
        return neighbour_scores(predicted)
    if kind == "scores":
        return score_errors(labels, truth, predicted)
    return class_scores(truth, predicted)


def measure_with_intervals(
    kind: str,
    labels: Sequence[str],
    truth: Any,
    predicted: Any,
    *,
    level: float = 0.95,
    replicates: int = 300,
    seed: int = 0,
) -> dict[str, Estimate]:
    """Measures with percentile bootstrap intervals over rows (Efron & Tibshirani 1993, chapter 13).

    Spans and neighbours are compared once per row; what is drawn again are the rows' counts.
    """
    point = measure_head(kind, labels, truth, predicted)
    n_rows = len(predicted) // 2 if kind == "vectors" else len(predicted)
    rng = np.random.default_rng(seed)
    again = _resampling(kind, labels, truth, predicted)
    drawn = [again(rng.integers(n_rows, size=n_rows)) for _ in range(replicates)]
    tail = (1 - level) / 2
    found = {}
    for name, value in point.items():
        low, high = np.quantile([scores[name] for scores in drawn], [tail, 1 - tail])
        found[name] = Estimate(value, float(low), float(high))
    return found


def _resampling(
    kind: str, labels: Sequence[str], truth: Any, predicted: Any
) -> Callable[[NDArray[np.int64]], dict[str, float]]:
    """A function: numbers of drawn rows → measures of those rows."""
    if kind == "tags":
        counts = np.array(
            [(len(set(a) & set(b)), len(set(a)), len(set(b))) for a, b in zip(truth, predicted, strict=True)]
        ).reshape(-1, 3)
        return lambda rows: _span_rates(*counts[rows].sum(axis=0).tolist())
    if kind == "vectors":
        hits = _neighbour_hits(predicted)
        return lambda rows: {"top1": float(hits[rows].mean())}
    return lambda rows: measure_head(kind, labels, truth[rows], predicted[rows])


def class_scores(truth: NDArray[np.int64], probabilities: Floats) -> dict[str, float]:
    """Accuracy, macro means of F1, precision and recall, calibration error, Brier score."""
    decided = probabilities.argmax(axis=1)
    scores = {
        "accuracy": accuracy(truth, decided),
        "macro_f1": macro_f1(truth, decided),
        "macro_precision": macro_precision(truth, decided),
        "macro_recall": macro_recall(truth, decided),
        "ece": expected_calibration_error(truth, probabilities),
        "brier": brier_score(truth, probabilities),
    }
    if probabilities.shape[1] == 2:
        scores["f1"] = f1_of(1)(truth, decided)
    return scores


def span_scores(truth: Sequence[Spans], predicted: Sequence[Spans]) -> dict[str, float]:
    """Micro precision, recall and F1 of exact spans with their type."""
    hits = sum(len(set(a) & set(b)) for a, b in zip(truth, predicted, strict=True))
    return _span_rates(hits, sum(len(set(a)) for a in truth), sum(len(set(b)) for b in predicted))


def _span_rates(hits: int, n_true: int, n_found: int) -> dict[str, float]:
    return {
        "span_precision": hits / max(n_found, 1),
        "span_recall": hits / max(n_true, 1),
        "span_f1": 2 * hits / max(n_true + n_found, 1),
    }


def neighbour_scores(vectors: Floats) -> dict[str, float]:
    """How often the nearest second text is the own one; first texts are the first half."""
    return {"top1": float(_neighbour_hits(vectors).mean())}


def _neighbour_hits(vectors: Floats) -> NDArray[np.bool_]:
    first, second = np.split(vectors, 2)
    hits: NDArray[np.bool_] = (first @ second.T).argmax(axis=1) == np.arange(len(first))
    return hits


def score_errors(names: Sequence[str], truth: Floats, predicted: Floats) -> dict[str, float]:
    """Root mean squared error of each score, and the share of variance explained, mean over the scores."""
    errors = {f"rmse_{name}": rmse(truth[:, k], predicted[:, k]) for k, name in enumerate(names)}
    left = ((truth - predicted) ** 2).sum(axis=0)
    total = ((truth - truth.mean(axis=0)) ** 2).sum(axis=0)
    return {**errors, "r2": float((1 - left / np.maximum(total, 1e-9)).mean())}
