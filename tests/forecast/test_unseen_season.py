"""A season that past dates did not show: when it is noticed, and what it is worth."""

from __future__ import annotations

import numpy as np
import pytest
from generated_demand import QUICK, tables

from unmet.forecast.choosing import TRIED, UNSEEN
from unmet.forecast.forecasting import forecast_demand, forecast_from
from unmet.forecast.panel import panel_of
from unmet.forecast.rolling import Rolling, past_origins
from unmet.forecast.unseen_season import SEASONAL, unseen_season

N_SERIES, YEAR = 80, 52


def shop(n_periods: int, peak: float, *, seed: int = 0) -> np.ndarray:
    """Weekly counts of a shop that sells ``peak`` times as much in the last five weeks of a year."""
    rng = np.random.default_rng(seed)
    level = rng.gamma(3.0, 4.0, (N_SERIES, 1))
    factor = np.where(np.arange(n_periods) % YEAR >= YEAR - 5, peak, 1.0)
    course = np.exp(np.cumsum(rng.normal(0, 0.03, n_periods)))
    return rng.poisson(level * factor * course).astype(np.float64)


def told(counts: np.ndarray, horizon: int = 4) -> bool:
    rolling = Rolling(panel_of(*tables(counts), "W-MON"), horizon, QUICK, 0)
    n_periods = counts.shape[1]
    return unseen_season(rolling, n_periods, past_origins(n_periods, horizon, 6))


def test_christmas_is_noticed_before_it_comes_again() -> None:
    assert told(shop(YEAR + 47, 3.0))
    assert not told(shop(YEAR + 30, 3.0))  # summer: nothing moves
    assert not told(shop(YEAR + 47, 1.0))
    assert not told(shop(47, 3.0))  # no year of history: nothing to go by


@pytest.mark.parametrize("seed", range(6))
def test_a_shop_without_a_season_is_left_alone(seed: int) -> None:
    assert not told(shop(YEAR + 40, 1.0, seed=seed))


def test_last_years_peak_is_forecast() -> None:
    counts = shop(YEAR + 51, 3.0)
    known, truth = counts[:, :-4], counts[:, -4:]
    rolling = Rolling(panel_of(*tables(counts), "W-MON"), 4, QUICK, 0)
    choice, made = forecast_from(rolling, YEAR + 47)
    assert choice.why == UNSEEN
    assert set(choice.model) == {SEASONAL}
    assert 0.7 < made.mean.sum() / truth.sum() < 1.2
    flat = known[:, -4:].mean(axis=1, keepdims=True).repeat(4, axis=1)
    assert np.abs(made.quantiles[:, :, 6] - truth).sum() < 0.6 * np.abs(flat - truth).sum()
    chosen = forecast_demand(*tables(known), horizon=4, freq="W-MON", config=QUICK).chosen
    assert set(chosen["why"]) == {UNSEEN}
    assert chosen["error"].null_count() == N_SERIES
    assert forecast_from(rolling, YEAR + 30)[0].why == TRIED
