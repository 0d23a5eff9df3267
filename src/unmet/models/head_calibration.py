"""What is fitted for a head on held-out texts: temperature, thresholds, when to abstain; and what it buys.

| kind | temperature | threshold | abstains |
|---|---|---|---|
| classes, pairs | of the class probabilities | – | below a confidence, for a stated error rate |
| flag | the same | with the best F1 | the same |
| tags | of the spans' probabilities | spans below it are left out; with the best F1 | by that |
| scores | – | – | no; half the width of an interval that holds 90% of the truths |

The interval is split conformal (Lei et al. 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.evaluate.calibration import (
    abstention_threshold,
    brier_score,
    expected_calibration_error,
    fit_temperature,
    risk_coverage,
    tempered,
)
from unmet.evaluate.measures import measure_head
from unmet.evaluate.metrics import f1_of
from unmet.models.encoder import EncoderModel, ScoredSpan
from unmet.models.encoder_package import Head
from unmet.models.heads import Span, Task

COVERAGES = (0.5, 0.8, 0.9, 1.0)
"""Shares of answered rows at which the risk–coverage curve is told."""
INTERVAL = 0.9
"""Share of truths that the interval of a score is to hold."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A head as fitted, and its quality before and after on the texts it was fitted on.

    Attributes:
        head: with temperature, threshold, abstention and intervals filled in.
        rows: texts it was fitted on.
        before, after: measures (see :mod:`unmet.evaluate.measures`).
        coverage: share of rows that are answered at the stated risk; 1 where a head does not abstain.
        risk_at: coverage → error rate of the most confident rows.
    """

    head: Head
    rows: int
    before: dict[str, float]
    after: dict[str, float]
    coverage: float = 1.0
    risk_at: tuple[tuple[float, float], ...] = ()

    def told(self) -> dict[str, Any]:
        """Plain dict for the manifest."""
        return {
            "rows": self.rows,
            "before": self.before,
            "after": self.after,
            "coverage": self.coverage,
            "risk_at": [list(point) for point in self.risk_at],
        }


def outputs_for(
    encoder: EncoderModel, task: Task, texts: Sequence[str], seconds: Sequence[str], *, calibrated: bool
) -> Any:
    """Outputs of a head for the texts of a labelled file; for vectors second texts follow the first."""
    if task.kind == "vectors":
        return encoder.run([*texts, *seconds], None, [task.name], calibrated=calibrated)[task.name]
    given = list(seconds) if task.reads_two else None
    return encoder.run(texts, given, [task.name], calibrated=calibrated)[task.name]


def calibrate(task: Task, truth: Any, outputs: Any, risk: float) -> Calibrated:
    """Fit what a head of this kind needs.

    Args:
        task: the head.
        truth: see :mod:`unmet.evaluate.measures`.
        outputs: of the head before calibration; scored spans for tags.
        risk: error rate that answered rows are to keep, 0–1.
    """
    if task.kind == "tags":
        return _calibrate_spans(task, truth, outputs)
    if task.kind == "vectors":
        scores = measure_head(task.kind, task.labels, truth, outputs)
        return Calibrated(Head(task), len(outputs) // 2, scores, scores)
    if task.kind == "scores":
        scores = measure_head(task.kind, task.labels, truth, outputs)
        widths = half_widths(truth, outputs)
        return Calibrated(Head(task, half_widths=widths), len(outputs), scores, scores)
    return _calibrate_classes(task, truth, outputs, risk)


def _calibrate_classes(task: Task, truth: NDArray[np.int64], raw: Any, risk: float) -> Calibrated:
    temperature = fit_temperature(truth, raw)
    sure = tempered(raw, temperature).astype(np.float32)
    decided, threshold = sure.argmax(axis=1), 0.5
    if task.kind == "flag":
        threshold = best_f1_threshold(truth == 1, sure[:, 1])
        decided = (sure[:, 1] >= threshold).astype(np.int64)
    confidence = sure.max(axis=1)
    curve = risk_coverage(truth, decided, confidence)
    below, coverage = abstention(truth, sure, risk, threshold if task.kind == "flag" else None)
    before = measure_head(task.kind, task.labels, truth, raw)
    after = measure_head(task.kind, task.labels, truth, sure)
    if task.kind == "flag":
        before["f1_at_threshold"] = f1_of(1)(truth, (raw[:, 1] >= 0.5).astype(np.int64))
        after["f1_at_threshold"] = f1_of(1)(truth, decided)
    return Calibrated(
        Head(task, temperature, threshold, below),
        len(raw),
        before,
        after,
        coverage,
        tuple((share, curve.risk_at(share)) for share in COVERAGES),
    )


def abstention(
    truth: NDArray[np.int64], probabilities: NDArray[np.floating], risk: float, threshold: float | None = None
) -> tuple[float, float]:
    """Confidence from which answers are given, and the share of rows that are answered.

    Args:
        truth: class numbers, shape ``(n,)``.
        probabilities: of rows that no model learned from, shape ``(n, K)``.
        risk: error rate that answered rows are to keep, 0–1.
        threshold: probability from which a flag says yes; otherwise the most probable class is the answer.
    """
    decided = probabilities.argmax(axis=1)
    if threshold is not None:
        decided = (probabilities[:, 1] >= threshold).astype(np.int64)
    confidence = probabilities.max(axis=1)
    return abstention_threshold(risk_coverage(truth, decided, confidence), confidence, risk)


def best_f1_threshold(positive: NDArray[np.bool_], probabilities: NDArray[np.floating]) -> float:
    """Probability from which "yes" has the best F1; 0.5 where nothing is positive."""
    if not positive.any():
        return 0.5
    order = np.argsort(-probabilities, kind="stable")
    hits = np.cumsum(positive[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + positive.sum())
    ordered = probabilities[order]
    f1[:-1][ordered[1:] == ordered[:-1]] = -1.0  # equal probabilities are decided together
    best = int(f1.argmax())
    lower = ordered[best + 1] if best + 1 < len(ordered) else 0.0
    return float(np.clip((ordered[best] + lower) / 2, 1e-4, 1 - 1e-4))


def half_widths(truth: NDArray[np.floating], predicted: NDArray[np.floating]) -> tuple[float, ...]:
    """Half the width of an interval around each score that holds :data:`INTERVAL` of the truths."""
    errors = np.sort(np.abs(truth - predicted), axis=0)
    place = min(int(np.ceil((len(errors) + 1) * INTERVAL)), len(errors)) - 1
    return tuple(float(value) for value in errors[place])


def _calibrate_spans(task: Task, truth: list[list[Span]], found: list[list[ScoredSpan]]) -> Calibrated:
    pairs = [(s.probability, s[:3] in set(t)) for t, spans in zip(truth, found, strict=True) for s in spans]
    before = measure_head("tags", task.labels, truth, plain_spans(found, 0.0))
    if not pairs:
        return Calibrated(Head(task, threshold=0.0), len(truth), before, before)
    raw = np.array([[1 - p, p] for p, _ in pairs])
    right = np.array([int(hit) for _, hit in pairs])
    temperature = fit_temperature(right, raw)
    sure = tempered(raw, temperature)
    threshold = _best_span_threshold(sure[:, 1], right, sum(len(set(spans)) for spans in truth))
    probability = iter(sure[:, 1].tolist())
    kept = [[s for s in spans if next(probability) >= threshold] for spans in found]
    after = measure_head("tags", task.labels, truth, plain_spans(kept, 0.0))
    for scores, values in ((before, raw), (after, sure)):
        scores["ece"] = expected_calibration_error(right, values, predicted=np.ones(len(right), np.int64))
        scores["brier"] = brier_score(right, values)
    return Calibrated(
        replace(Head(task), temperature=temperature, threshold=threshold), len(truth), before, after
    )


def _best_span_threshold(sure: NDArray[np.floating], right: NDArray[np.int64], n_true: int) -> float:
    """Probability below which spans are left out for the best F1; 0 where leaving out does not help."""
    order = np.argsort(-sure, kind="stable")
    hits = np.cumsum(right[order])
    f1 = 2 * hits / np.maximum(np.arange(1, len(order) + 1) + n_true, 1)
    best = int(f1.argmax())
    if f1[best] <= f1[-1] or best + 1 == len(order):
        return 0.0
    return float((sure[order][best] + sure[order][best + 1]) / 2)


def plain_spans(found: Sequence[Sequence[ScoredSpan]], threshold: float) -> list[list[Span]]:
    """Spans that are sure enough, without their probabilities."""
    return [[(s.start, s.end, s.type) for s in spans if s.probability >= threshold] for spans in found]
