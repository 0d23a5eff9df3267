"""Backtests: nothing later than an origin is used, gains are paired, drift alarms keep their rate."""

from __future__ import annotations

import numpy as np
import pytest
from generated_demand import QUICK, poisson, tables

from unmet.core.errors import InputError
from unmet.evaluate.demand import mase, ratio_over_series, rmsse, seasonal_scale, weighted_quantile_loss
from unmet.forecast.backtesting import CHOSEN, Backtest, backtest, backtest_origins
from unmet.forecast.choosing import close_to_best
from unmet.forecast.monitoring import central_share, drift_alarm, places
from unmet.forecast.panel import panel_of
from unmet.forecast.predictive import LEVELS
from unmet.forecast.rolling import Rolling


@pytest.fixture(scope="module")
def tested() -> Backtest:
    demand, series = tables(poisson(90, 36, seed=1))
    later = {"Zero": lambda panel, horizon: np.zeros((len(panel.ids), horizon))}
    return backtest(demand, series, horizon=4, freq="W-MON", n_origins=3, config=QUICK, more=later)


def test_origins_do_not_overlap_and_end_with_the_data(tested: Backtest) -> None:
    assert backtest_origins(36, 4, 3) == [24, 28, 32]
    assert len(tested.origins) == 3
    with pytest.raises(InputError, match="needs at least 12"):
        backtest_origins(9, 4, 3)


def test_every_model_is_scored_on_the_same_units(tested: Backtest) -> None:
    found = tested.to_dict()
    assert {"SeasonalNaive", "WindowAverage", "Boosted", "TSB", "Median", CHOSEN, "Zero"} <= set(
        found["models"]
    )
    assert found["models"]["Zero"]["sums"]["value"] == pytest.approx(1.0)
    assert found["models"]["Zero"]["bias"] == pytest.approx(-1.0)
    assert found["value_added"] > 0.1  # constant means: the last season's week is far noisier


def test_chosen_beats_the_naive_and_gains_are_paired(tested: Backtest) -> None:
    gain = tested.gain("SeasonalNaive")
    assert gain.low > 0
    assert tested.gain(CHOSEN).value == pytest.approx(0)
    assert tested.gain(CHOSEN).high == pytest.approx(0)


def test_coverage_by_step_and_sum(tested: Backtest) -> None:
    assert {len(shares) for shares in tested.coverage.values()} == {5}
    assert 0.72 <= np.mean(tested.coverage["80"][:4]) <= 0.92
    assert 0.74 <= np.mean(tested.coverage["80, ties by part"][:4]) <= 0.86
    assert np.mean(tested.coverage["95"]) > np.mean(tested.coverage["80"])


def test_past_forecasts_do_not_see_what_comes_after() -> None:
    counts = poisson(50, 30, seed=2)
    changed = counts.copy()
    changed[:, 24:] = 1000.0
    made = []
    for table in (counts, changed):
        rolling = Rolling(panel_of(*tables(table), "W-MON"), 4, QUICK, 0)
        made.append([rolling.point(24, name) for name in ("Boosted", "PooledSmoothing", "TSB")])
    for one, other in zip(*made, strict=True):
        np.testing.assert_array_equal(one, other)


def test_costs_are_summed_by_policy() -> None:
    demand, series = tables(poisson(50, 30, seed=3))
    result = backtest(
        demand, series, horizon=4, freq="W-MON", n_origins=2, config=QUICK,
        costs=lambda known, origin, made, truth: {"one each": np.ones(len(truth))},
    )  # fmt: skip
    assert result.money == {"one each": 100.0}


def test_models_within_one_standard_error_of_the_best_are_kept() -> None:
    rng = np.random.default_rng(0)
    base = rng.gamma(2, 1, 400)
    noisy = base + rng.normal(0, 0.5, 400)
    alike = {"Boosted": noisy - noisy.mean() + base.mean(), "WindowAverage": base, "SeasonalNaive": base}
    assert close_to_best(alike) == ("SeasonalNaive", "Boosted")  # equal losses: one model, once
    assert close_to_best({"WindowAverage": base, "Boosted": base - 0.2}) == ("Boosted",)


def test_drift_alarm_keeps_its_rate_and_finds_a_shift() -> None:
    rng = np.random.default_rng(1)
    quiet = drift_alarm(rng.standard_normal((20_000, 13)), rate=0.02)
    assert 0.014 <= quiet.alarm.mean() <= 0.026
    shifted = drift_alarm(rng.standard_normal((500, 13)) + 1.5, rate=0.02)
    assert shifted.alarm.mean() > 0.9
    assert (shifted.direction[shifted.alarm] == 1).mean() > 0.99


def test_places_of_outcomes_are_standard_normal_and_zeros_stay_quiet() -> None:
    from scipy.stats import norm

    rng = np.random.default_rng(2)
    quantiles = np.tile(norm.ppf(LEVELS) + 10, (20_000, 1))
    scores = places(rng.normal(10, 1, 20_000), quantiles)
    assert abs(scores.mean()) < 0.03
    assert 0.9 <= scores.std() <= 1.1
    slow = np.tile(np.where(LEVELS <= 0.7, 0.0, 1.0), (2, 1))
    found = places(np.array([0.0, np.nan]), slow)
    assert abs(found[0]) < 0.5
    assert np.isnan(found[1])


def test_scaled_errors_against_worked_numbers() -> None:
    history = np.array([[1.0, 3.0, 2.0, 4.0], [5.0, 5.0, 5.0, 5.0]])
    truth, predicted = np.array([[4.0, 4.0], [5.0, 5.0]]), np.array([[2.0, 4.0], [6.0, 6.0]])
    assert seasonal_scale(history, 2)[0] == pytest.approx(1.0)
    assert mase(truth, predicted, history, 2) == pytest.approx(1.0)  # the constant series has no scale
    assert rmsse(truth, predicted, history, 2) == pytest.approx(np.sqrt(2.0))
    point = np.repeat(predicted[..., None], 9, axis=2)
    loss = weighted_quantile_loss(truth, point, np.arange(1, 10) / 10)
    assert loss == pytest.approx(4 / 18)


def test_paired_gain_is_tighter_than_two_intervals() -> None:
    rng = np.random.default_rng(3)
    units = rng.gamma(1, 10, 300)
    other = units * rng.uniform(0.3, 0.7, 300)
    gain = ratio_over_series(other * 0.9, units, other)
    assert gain.value == pytest.approx(0.1)
    assert gain.high - gain.low < 1e-9


def test_central_share_of_counts_is_the_share_asked_for() -> None:
    from scipy.stats import poisson as law

    counts = np.random.default_rng(5).poisson(0.8, 20_000).astype(float)
    quantiles = np.tile(law.ppf(LEVELS, 0.8), (len(counts), 1))
    plain = ((counts >= quantiles[:, 2]) & (counts <= quantiles[:, 10])).mean()
    assert plain > 0.9
    assert abs(central_share(counts, quantiles, 0.8).mean() - 0.8) < 0.05


def test_a_model_tried_at_some_dates_only_is_left_out() -> None:
    """Its errors there would stand over the units of all dates."""
    from unmet.forecast.backtesting import CHOSEN, NAIVE, _Run
    from unmet.forecast.forecasting import ForecastConfig
    from unmet.forecast.panel import panel_of
    from unmet.forecast.rolling import Rolling
    from unmet.forecast.scores import Scores

    demand, series = tables(poisson(4, 40))
    rolling = Rolling(panel_of(demand, series, "W-MON"), 4, ForecastConfig(), 0, more={})
    run = _Run(rolling, None)
    run.add(32)
    run.add(36)
    run.scores["Late"], run.times["Late"] = Scores.empty(4), 1
    kept = run.result([32, 36]).scores
    assert {CHOSEN, NAIVE} <= set(kept)
    assert "Late" not in kept
