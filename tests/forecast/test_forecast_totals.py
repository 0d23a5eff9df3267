"""Demand of several periods together: means, quantiles and parts of periods come out right."""

from __future__ import annotations

import numpy as np
import pytest
from inventory_fixtures import LEVELS
from scipy import stats

from unmet.forecast.inventory.correlation import correlation_of_errors, correlation_of_history, level_errors
from unmet.forecast.inventory.totals import (
    demand_between,
    demand_paths,
    demand_until,
    lead_times,
    make_draws,
    total_quantiles,
)

WANTED = np.array([0.1, 0.5, 0.8, 0.9, 0.95])


def test_independent_weeks_add_up_to_the_known_sum() -> None:
    quantiles = np.tile(stats.gamma.ppf(LEVELS, 4.0, scale=5.0), (1, 4, 1))
    found = total_quantiles(quantiles, 4, np.eye(4), levels=WANTED)[0]
    truth = stats.gamma.ppf(WANTED, 16.0, scale=5.0)
    assert found == pytest.approx(truth, rel=0.03)
    added_up = 4 * stats.gamma.ppf(WANTED, 4.0, scale=5.0)
    assert added_up[-1] > 1.2 * found[-1]  # why quantiles are not just added


def test_correlated_weeks_have_a_wider_sum() -> None:
    correlation = np.full((4, 4), 0.6) + 0.4 * np.eye(4)
    level = 100 + 20 * stats.norm.ppf(LEVELS)
    found = total_quantiles(np.tile(level, (1, 4, 1)), 4, correlation, levels=WANTED)[0]
    truth = stats.norm.ppf(WANTED, 400, 20 * np.sqrt(correlation.sum()))
    assert found == pytest.approx(truth, rel=0.02)


@pytest.mark.parametrize(
    ("rho", "rate"), [(0.0, 30.0), (0.5, 30.0), (0.0, 0.6)], ids=["independent", "correlated", "intermittent"]
)
def test_intervals_cover_what_then_happens(rho: float, rate: float) -> None:
    """Gamma weeks that hang together through a copula; slow ones are mostly zero."""
    rng = np.random.default_rng(1)
    n, periods = 4000, 4
    matrix = np.full((periods, periods), rho) + (1 - rho) * np.eye(periods)
    normal = rng.multivariate_normal(np.zeros(periods), matrix, n)
    uniform = stats.norm.cdf(normal)
    if rate < 1:
        truth = stats.nbinom.ppf(uniform, 0.5, 0.5 / (0.5 + rate)).sum(axis=1)
        one = stats.nbinom.ppf(LEVELS, 0.5, 0.5 / (0.5 + rate))
    else:
        truth = stats.gamma.ppf(uniform, 4.0, scale=rate / 4).sum(axis=1)
        one = stats.gamma.ppf(LEVELS, 4.0, scale=rate / 4)
    found = total_quantiles(np.tile(one, (1, periods, 1)), periods, matrix, levels=WANTED)[0]
    for level, quantile in zip(WANTED, found, strict=True):
        below, up_to = (truth < quantile).mean(), (truth <= quantile).mean()
        assert below - 0.05 <= level <= up_to + 0.05, (level, below, up_to)


def test_correlation_is_found_again() -> None:
    rng = np.random.default_rng(2)
    matrix = 0.5 ** np.abs(np.subtract.outer(np.arange(3), np.arange(3)))
    blocks = [rng.multivariate_normal(np.zeros(3), matrix, 30) * rng.uniform(1, 50) for _ in range(60)]
    assert correlation_of_errors(blocks, 3) == pytest.approx(matrix, abs=0.06)


def test_correlation_of_nothing_is_none() -> None:
    import polars as pl

    from unmet.forecast.tables import DEMAND

    empty = pl.DataFrame(schema=DEMAND)
    assert np.array_equal(correlation_of_history(empty, 3), np.eye(3))
    assert level_errors(np.arange(5.0), 4).shape == (0, 4)


def test_a_part_of_a_period_keeps_mean_and_variance() -> None:
    one = stats.gamma.ppf(LEVELS, 3.0, scale=4.0)
    draws = make_draws(np.eye(2), n_paths=16384)
    paths = demand_paths(np.tile(one, (1, 2, 1)), draws)
    whole = demand_until(paths, np.array(1.0))
    part = demand_until(paths, np.array(0.25))
    assert part.mean() == pytest.approx(0.25 * whole.mean(), rel=0.03)
    assert part.var() == pytest.approx(0.25 * whole.var(), rel=0.08)


def test_stretches_add_up_and_are_never_negative() -> None:
    one = stats.nbinom.ppf(LEVELS, 0.4, 0.2)
    paths = demand_paths(np.tile(one, (3, 5, 1)), make_draws(np.eye(5), n_paths=16384))
    ends = [np.array(0.3), np.array(0.45), np.array(2.0), np.array(4.6), np.array(5.0)]
    parts = demand_between(paths, ends)
    assert min(part.min() for part in parts) >= 0
    assert np.sum(parts, axis=0) == pytest.approx(paths.sum(axis=1))
    means = [part.mean() for part in parts]
    lengths = np.diff([0, 0.3, 0.45, 2.0, 4.6, 5.0])
    assert means == pytest.approx(list(lengths * paths.mean()), rel=0.15)


def test_stretches_beyond_the_forecast_are_refused() -> None:
    paths = demand_paths(np.ones((1, 2, len(LEVELS))), make_draws(np.eye(2)))
    with pytest.raises(ValueError, match="2 periods"):
        demand_until(paths, np.array(2.5))
    with pytest.raises(ValueError, match="periods"):
        demand_between(paths, [np.array(1.5), np.array(1.0)])


def test_lead_times_have_their_mean_and_spread() -> None:
    draws = make_draws(np.eye(1))
    found = lead_times(np.array([2.0, 3.0]), np.array([0.5, 0.0]), draws)
    assert found[0].mean() == pytest.approx(2.0, rel=0.01)
    assert found[0].std() == pytest.approx(0.5, rel=0.05)
    assert np.all(found[1] == 3.0)


def test_same_seed_same_paths_and_products_do_not_mix() -> None:
    one = np.stack([np.tile(stats.poisson.ppf(LEVELS, rate), (3, 1)) for rate in (1.0, 20.0)])
    both = demand_paths(one, make_draws(np.eye(3), seed=4))
    alone = demand_paths(one[1:], make_draws(np.eye(3), seed=4))
    assert np.array_equal(both[1:], alone)
