"""Temperature and abstention: known answers, and what happens where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from unmet.evaluate.calibration import (
    abstention_threshold,
    expected_calibration_error,
    fit_temperature,
    risk_coverage,
    tempered,
)
from unmet.evaluate.measures import measure_with_intervals


def drawn(temperature: float, n: int = 4_000) -> tuple[np.ndarray, np.ndarray]:
    """Truths drawn from probabilities, and the same probabilities stated too surely."""
    draw = np.random.default_rng(0)
    right = draw.dirichlet(np.ones(3), n)
    truth = np.array([draw.choice(3, p=p) for p in right])
    return truth, tempered(right, 1 / temperature)


def test_the_temperature_that_spoilt_is_found() -> None:
    truth, stated = drawn(2.5)
    found = fit_temperature(truth, stated)
    assert found == pytest.approx(2.5, rel=0.1)
    before = expected_calibration_error(truth, stated)
    assert expected_calibration_error(truth, tempered(stated, found)) < before / 3


def test_a_temperature_keeps_the_order() -> None:
    values = np.random.default_rng(1).dirichlet(np.ones(4), 50)
    for temperature in (0.3, 1.0, 4.0):
        changed = tempered(values, temperature)
        assert (changed.argsort(axis=1) == values.argsort(axis=1)).all()
        assert np.allclose(changed.sum(axis=1), 1)


def test_answers_above_the_threshold_keep_the_risk() -> None:
    truth, stated = drawn(1.0)
    decided, confidence = stated.argmax(axis=1), stated.max(axis=1)
    below, coverage = abstention_threshold(risk_coverage(truth, decided, confidence), confidence, 0.1)
    answered = confidence >= below
    assert answered.mean() == pytest.approx(coverage)
    assert (truth != decided)[answered].mean() <= 0.1
    assert (truth != decided).mean() > 0.2
    looser = confidence >= below - 0.05
    assert (truth != decided)[looser].mean() > 0.1


def test_no_share_is_good_enough() -> None:
    truth, decided = np.zeros(50, dtype=int), np.array([0] * 5 + [1] * 45)
    confidence = np.linspace(1, 0.5, 50)
    curve = risk_coverage(truth, decided, confidence)
    # The five surest are right, but five rows cannot show an error rate of 5%.
    assert abstention_threshold(curve, confidence, 0.05) == (1.0, 0.0)
    with pytest.raises(ValueError, match="no error rate"):
        abstention_threshold(curve, confidence, 2.0)


def test_equal_confidences_are_answered_together() -> None:
    truth, decided = np.zeros(40, dtype=int), np.array([0] * 20 + [0, 1] * 10)
    confidence = np.array([0.9] * 20 + [0.7] * 20)
    below, coverage = abstention_threshold(risk_coverage(truth, decided, confidence), confidence, 0.1)
    assert (below, coverage) == (0.9, 0.5)


def test_intervals_hold_their_value_and_shrink_with_rows() -> None:
    draw = np.random.default_rng(3)
    widths = []
    for n in (100, 1_600):
        truth = draw.integers(0, 2, n)
        stated = np.stack([1 - truth, truth], axis=1) * 0.4 + draw.dirichlet(np.ones(2), n) * 0.6
        found = measure_with_intervals("flag", ("0", "1"), truth, stated)
        assert set(found) == {"accuracy", "macro_f1", "macro_precision", "macro_recall", "f1", "ece", "brier"}
        assert found["accuracy"].low <= found["accuracy"].value <= found["accuracy"].high
        widths.append(found["accuracy"].high - found["accuracy"].low)
    assert widths[1] < widths[0] / 2


def test_intervals_of_spans_and_neighbours() -> None:
    truth = [[(0, 2, "A")], [(1, 3, "B")], []] * 20
    half = [[(0, 2, "A")], [(1, 3, "A")], []] * 20
    spans = measure_with_intervals("tags", ("A", "B"), truth, half)
    assert spans["span_f1"].value == 0.5
    assert spans["span_f1"].low < 0.5 < spans["span_f1"].high
    vectors = np.concatenate([np.eye(8), np.eye(8)[[0, 1, 2, 3, 5, 4, 7, 6]]])
    near = measure_with_intervals("vectors", (), None, vectors)
    assert near["top1"].value == 0.5
    assert near["top1"].low < 0.5 < near["top1"].high
