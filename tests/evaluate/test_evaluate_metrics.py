import numpy as np
import pytest

from unmet.evaluate.calibration import brier_score, expected_calibration_error, risk_coverage
from unmet.evaluate.intervals import bootstrap
from unmet.evaluate.metrics import accuracy, f1_of, macro_f1, macro_precision, macro_recall, rmse


@pytest.fixture
def labels():
    rng = np.random.default_rng(3)
    return rng.integers(3, size=400), rng.integers(3, size=400)


def test_metrics_agree_with_scikit_learn(labels):
    from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

    truth, predicted = labels
    assert accuracy(truth, predicted) == pytest.approx(accuracy_score(truth, predicted))
    assert macro_precision(truth, predicted) == pytest.approx(
        precision_score(truth, predicted, average="macro", zero_division=0)
    )
    assert macro_recall(truth, predicted) == pytest.approx(
        recall_score(truth, predicted, average="macro", zero_division=0)
    )
    assert macro_f1(truth, predicted) == pytest.approx(f1_score(truth, predicted, average="macro"))
    assert f1_of(2)(truth, predicted) == pytest.approx(f1_score(truth == 2, predicted == 2))


@pytest.mark.parametrize("metric", [accuracy, macro_f1, macro_precision, macro_recall, f1_of(1), rmse])
def test_weights_mean_repeated_rows(metric, labels):
    truth, predicted = labels
    counts = np.random.default_rng(0).integers(3, size=len(truth))
    repeated = metric(np.repeat(truth, counts), np.repeat(predicted, counts))
    assert metric(truth, predicted, counts) == pytest.approx(repeated)


@pytest.mark.parametrize("metric", [accuracy, macro_f1, macro_precision, macro_recall, f1_of(1), rmse])
def test_metrics_refuse_nothing_and_mismatch(metric):
    with pytest.raises(ValueError, match="at least one row"):
        metric([], [])
    with pytest.raises(ValueError, match="differ in shape"):
        metric([1, 2], [1])


def test_f1_of_an_absent_class_is_zero():
    assert f1_of(9)([1, 2], [2, 1]) == 0.0


def test_bootstrap_covers_the_true_accuracy():
    rng = np.random.default_rng(1)
    covered = 0
    for run in range(60):
        truth = np.ones(200, dtype=int)
        predicted = (rng.random(200) < 0.8).astype(int)
        interval = bootstrap(accuracy, truth, predicted, level=0.9, replicates=200, seed=run)
        covered += interval.low <= 0.8 <= interval.high
    assert 48 <= covered <= 60


def test_bootstrap_by_group_is_wider_where_groups_agree():
    groups = np.repeat(np.arange(20), 30)
    predicted = np.repeat(np.random.default_rng(0).integers(2, size=20), 30)
    truth = np.ones_like(predicted)
    alone = bootstrap(accuracy, truth, predicted, seed=4)
    together = bootstrap(accuracy, truth, predicted, groups=groups, seed=4)
    assert together.high - together.low > 2 * (alone.high - alone.low)
    assert bootstrap(accuracy, truth, predicted, seed=4) == alone


def test_calibration_error_of_honest_and_boastful_scores():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1.0, size=20_000)
    truth = (rng.random(20_000) > confidence).astype(int)
    honest = np.column_stack([confidence, 1 - confidence])
    assert expected_calibration_error(truth, honest) < 0.01
    boastful = np.column_stack([np.full(20_000, 0.99), np.full(20_000, 0.01)])
    assert expected_calibration_error(truth, boastful) == pytest.approx(0.99 - (truth == 0).mean(), abs=1e-9)


def test_brier_score_worked_example():
    assert brier_score([0, 1], [[0.8, 0.2], [0.4, 0.6]]) == pytest.approx((0.08 + 0.32) / 2)
    with pytest.raises(ValueError, match="sum to 1"):
        brier_score([0], [[0.2, 0.2]])


def test_risk_coverage_answers_the_confident_first():
    curve = risk_coverage([1, 1, 1, 1], [1, 0, 1, 0], [0.9, 0.1, 0.8, 0.2])
    assert curve.risk_at(0.5) == 0.0
    assert curve.risk_at(1.0) == 0.5
    assert curve.area == pytest.approx((0 + 0 + 1 / 3 + 0.5) / 4)
