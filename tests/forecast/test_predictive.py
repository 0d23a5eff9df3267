"""Distributions from ratios: averaged groupings, and what a right forecast covers."""

from __future__ import annotations

import numpy as np
from scipy import stats

from unmet.forecast.monitoring import central_share, own_share
from unmet.forecast.predictive import LEVELS, Predictive, pinball


def past(n_series: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Forecasts that are right on average, outcomes whose spread depends on two traits, and the traits."""
    rng = np.random.default_rng(seed)
    like = rng.uniform(0, 1, (n_series, 8))
    like[:, 0] = np.exp(rng.normal(2, 1, n_series))
    forecasts = np.repeat(like[:, :1], 3, axis=1)
    shape = 0.4 + 4 * like[:, [1]] * like[:, [4]]
    return forecasts, rng.gamma(shape, forecasts / shape), like


def test_averaged_groupings_are_closer_to_the_truth_than_one() -> None:
    forecasts, outcomes, like = past(3_000, 0)
    new_forecasts, new_outcomes, new_like = past(3_000, 1)
    lost = {}
    for n_trees in (1, 12):
        made = Predictive(forecasts, outcomes, like, 0.01, n_trees=n_trees)(new_forecasts, new_like)
        lost[n_trees] = np.mean(pinball(new_outcomes, made.quantiles) / new_forecasts)
        assert (np.diff(made.quantiles, axis=2) >= 0).all()
        assert (made.sum_quantiles >= 0).all()
    assert lost[12] < 0.99 * lost[1]


def test_the_same_past_gives_the_same_distribution() -> None:
    forecasts, outcomes, like = past(300, 2)
    first, second = (Predictive(forecasts, outcomes, like, 0.01)(forecasts, like) for _ in range(2))
    assert np.array_equal(first.quantiles, second.quantiles)


def test_series_that_sell_nothing_stay_at_zero() -> None:
    forecasts, outcomes, like = past(400, 3)
    outcomes[:200], forecasts[:200], like[:200, 0] = 0, 0, 0
    made = Predictive(forecasts, outcomes, like, 0.01)(forecasts[:5], like[:5])
    assert made.quantiles[:, :, 6].max() < 0.05


def test_right_forecasts_of_counts_cover_more_than_the_name_of_their_interval() -> None:
    """80% between the ends only where no number is likely; else as often as the outcomes say."""
    rates = np.array([0.3, 2.0, 30.0, 4_000.0])
    quantiles = stats.poisson.ppf(LEVELS[None], rates[:, None])
    said = own_share(quantiles, 0.8, whole=True)
    true = stats.poisson.cdf(quantiles[:, 10], rates) - stats.poisson.cdf(quantiles[:, 2] - 1, rates)
    assert np.abs(said - true).max() < 0.05
    assert said[0] > 0.9
    assert abs(said[3] - 0.8) < 0.01
    assert abs(own_share(quantiles[3], 0.95, whole=True) - 0.95) < 0.01
    drawn = np.random.default_rng(0).poisson(rates, (4_000, 4)).astype(float)
    part = central_share(drawn, np.broadcast_to(quantiles, (4_000, 4, 13)), 0.8).mean(axis=0)
    assert np.abs(part - 0.8).max() < 0.05
