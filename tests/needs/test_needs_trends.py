from datetime import datetime

import numpy as np
import polars as pl
import pytest
from needs_simulator import Planted, simulate

from unmet.core.config import MineConfig, NeedsConfig
from unmet.needs.cards import build_needs
from unmet.needs.trends import Calendar, calendar_of, slope_of, trend_points


def calendar(documents):
    return Calendar(tuple(f"m{i}" for i in range(len(documents))), np.array([]), np.array(documents))


def cards(shop):
    found = build_needs(
        shop.documents, shop.mentions, statements=shop.statements, config=MineConfig(), models={}
    )
    return {need.id: need for need in found}


def test_months_are_sorted_and_gaps_are_explicit():
    times = [datetime(2023, 3, 31), datetime(2022, 12, 1), None, datetime(2023, 3, 1)]
    found = calendar_of(pl.DataFrame({"created_at": pl.Series(times, dtype=pl.Datetime("us"))}))
    assert found.months == ("2022-12", "2023-01", "2023-02", "2023-03")
    assert found.documents.tolist() == [1, 0, 0, 2]
    assert found.month_of.tolist() == [3, 0, -1, 3]
    points = trend_points(found, np.array([1, 0, 0, 1]), NeedsConfig())
    assert (points[1].documents, points[1].mentioning, points[1].share.value) == (0, 0, 0.0)
    assert (points[1].share.low, points[1].share.high) == (0.0, 1.0)
    assert points[3].share.value == 0.5


def test_slope_agrees_with_a_logistic_regression_by_documents():
    from sklearn.linear_model import LogisticRegression

    documents, found = [400, 500, 300, 600, 450, 500], [20, 35, 25, 60, 55, 70]
    ours = slope_of(calendar(documents), np.array(found), 0.9).estimate.value
    x = np.repeat(np.arange(6), documents)[:, None]
    y = np.concatenate([np.r_[np.ones(k), np.zeros(n - k)] for n, k in zip(documents, found, strict=True)])
    theirs = LogisticRegression(C=np.inf, tol=1e-10).fit(x, y).coef_[0, 0]
    assert ours == pytest.approx(theirs, abs=2e-3)


@pytest.mark.parametrize(
    ("found", "word"),
    [
        ([10, 20, 30, 40, 50, 60], "rising"),
        ([60, 50, 40, 30, 20, 10], "falling"),
        ([500, 502, 499, 501, 498, 500], "steady"),
        ([10, 60, 10, 60, 10, 60], "unclear"),
    ],
)
def test_words(found, word):
    assert slope_of(calendar([1000] * 6), np.array(found), 0.9).word == word


def test_never_and_always_stay_finite():
    for found in ([0] * 4, [50] * 4, [0, 0, 0, 1]):
        slope = slope_of(calendar([50] * 4), np.array(found), 0.9)
        assert np.isfinite([slope.estimate.low, slope.estimate.high]).all()


def test_slope_interval_holds_the_truth():
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(300):
        documents = rng.integers(100, 400, 18)
        odds = np.exp(-2.5 + 0.04 * np.arange(18) + rng.normal(0, 0.25, 18))
        found = rng.binomial(documents, odds / (1 + odds))
        estimate = slope_of(calendar(documents), found, 0.9).estimate
        hits += estimate.low <= 0.04 <= estimate.high
    assert 0.85 <= hits / 300 <= 0.95


def test_cards_carry_the_planted_trend():
    shop = simulate([Planted("fan", 0.1, growth=0.08), Planted("box", 0.1)], seed=1, documents=3000)
    found = cards(shop)
    assert found["fan"].extra["trend"] == "rising"
    assert sum(point.mentioning for point in found["fan"].trend) == found["fan"].documents
    assert found["fan"].extra["trend_slope"]["low"] > 0.05
    assert found["fan"].data_as_of == shop.documents["created_at"].max().date().isoformat()


def test_no_time_and_too_few_months_are_said():
    shop = simulate([Planted("fan", 0.1)], seed=1, documents=500, months=2)
    need = cards(shop)["fan"]
    assert need.trend is None
    assert "too_few_months" in need.notes
    timeless = shop.documents.with_columns(created_at=pl.lit(None, dtype=pl.Datetime("us")))
    need = cards(type(shop)(timeless, shop.mentions, shop.statements))["fan"]
    assert need.trend is None
    assert need.data_as_of is None
    assert "no_time" in need.notes
