"""Forecasts of generated demand: finite, ordered, reproducible, honest about what was not observed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from generated_demand import QUICK, poisson, tables

from unmet.core.errors import InputError
from unmet.forecast.forecasting import Forecasts, forecast_demand
from unmet.forecast.tables import DEMAND, FORECAST, QUANTILES, SERIES


def forecast(demand: pl.DataFrame, series: pl.DataFrame, horizon: int = 4, freq: str = "W-MON") -> Forecasts:
    return forecast_demand(demand, series, horizon=horizon, freq=freq, config=QUICK)


def check(made: Forecasts, n_series: int, horizon: int) -> None:
    assert made.table.schema == pl.Schema(FORECAST)
    assert made.table.height == n_series * horizon
    for table in (made.table, made.sums):
        numbers = table.select("mean", *QUANTILES).to_numpy()
        assert np.isfinite(numbers).all()
        assert (numbers >= 0).all()
        assert (np.diff(numbers[:, 1:], axis=1) >= 0).all()
    assert made.table.select("series_id", "period_start").is_duplicated().sum() == 0
    assert made.chosen["series_id"].n_unique() == n_series


@pytest.fixture(scope="module")
def counts() -> np.ndarray:
    return poisson(120, 40)


@pytest.fixture(scope="module")
def made(counts: np.ndarray) -> Forecasts:
    return forecast(*tables(counts[:, :36]))


def test_forecasts_are_finite_and_ordered(made: Forecasts) -> None:
    check(made, 120, 4)


def test_coverage_on_simulated_counts(made: Forecasts, counts: np.ndarray) -> None:
    truth = counts[:, 36:].reshape(-1)
    low, high = made.table["p10"].to_numpy(), made.table["p90"].to_numpy()
    covered = ((truth >= low - 1e-9) & (truth <= high + 1e-9)).mean()
    assert 0.74 <= covered <= 0.90
    sums = made.totals(4)
    whole = counts[:, 36:].sum(axis=1)
    covered = ((whole >= sums["p10"].to_numpy()) & (whole <= sums["p90"].to_numpy())).mean()
    assert 0.70 <= covered <= 0.92


def test_sums_are_narrower_than_sums_of_quantiles(made: Forecasts) -> None:
    added = made.table.group_by("series_id", maintain_order=True).agg(pl.col("p10", "p90").sum())
    sums = made.totals(4)
    assert (sums["p90"] - sums["p10"]).sum() < 0.8 * (added["p90"] - added["p10"]).sum()
    with pytest.raises(InputError, match="totals over 5"):
        made.totals(5)


def test_same_seed_same_forecasts(made: Forecasts, counts: np.ndarray) -> None:
    demand, series = tables(counts[:, :36])
    again = forecast(demand.sample(fraction=1, shuffle=True, seed=1), series)
    assert again.table.equals(made.table)
    assert again.chosen.equals(made.chosen)


def test_unobserved_periods_are_not_zero_demand() -> None:
    counts = np.full((60, 30), 20.0) + np.random.default_rng(0).integers(-2, 3, (60, 30))
    observed = np.ones(counts.shape, dtype=bool)
    observed[:30, 24:28] = False
    shut = np.where(observed, counts, 0.0)
    made = forecast(*tables(shut, observed=observed))
    means = (
        made.table.group_by("series_id", maintain_order=True).agg(pl.col("mean").mean())["mean"].to_numpy()
    )
    assert np.abs(means[:30] - 20).max() < 2.5


@pytest.mark.parametrize("n_periods", [1, 2, 5, 9])
def test_short_histories(n_periods: int) -> None:
    made = forecast(*tables(poisson(8, n_periods, seed=3)))
    check(made, 8, 4)


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_constant_series(value: float) -> None:
    made = forecast(*tables(np.full((3, 30), value)))
    check(made, 3, 4)
    assert np.allclose(made.table["p50"], value, atol=0.2 * value + 1e-9)


def test_mixed_ages_and_one_series_with_nothing_observed() -> None:
    counts = poisson(20, 30, seed=4)
    counts[3, :29] = np.nan  # began in the last period
    counts[4, :20] = np.nan
    counts[5] = 0
    observed = np.ones(counts.shape, dtype=bool)
    observed[6] = False
    check(forecast(*tables(counts, observed=observed)), 20, 4)


@pytest.mark.parametrize("freq", ["D", "MS"])
def test_other_frequencies(freq: str) -> None:
    check(forecast(*tables(poisson(30, 40, seed=5), freq=freq), horizon=3, freq=freq), 30, 3)


def test_features_count_from_their_own_date() -> None:
    counts = poisson(40, 30, seed=6)
    demand, series = tables(counts)
    later = date(2030, 1, 7)
    known = demand.select("series_id", "period_start").with_columns(signal=pl.lit(1.0))
    future = pl.DataFrame({"series_id": ["s000"], "period_start": [later], "signal": [1e9]})
    plain = forecast_demand(demand, series, horizon=2, freq="W-MON", config=QUICK, features=known)
    with_future = forecast_demand(
        demand, series, horizon=2, freq="W-MON", config=QUICK, features=pl.concat([known, future])
    )
    assert plain.table.equals(with_future.table)


def test_bad_tables_are_refused() -> None:
    demand, series = tables(poisson(3, 10))
    with pytest.raises(InputError, match="no rows"):
        forecast(demand.clear(), series)
    with pytest.raises(InputError, match="occurs twice"):
        forecast(pl.concat([demand, demand.head(1)]), series)
    with pytest.raises(InputError, match="quantity -1"):
        forecast(demand.with_columns(quantity=pl.lit(-1.0)), series)
    with pytest.raises(InputError, match="frequency"):
        forecast(demand, series, freq="Q")
    with pytest.raises(InputError, match="horizon of 0"):
        forecast(demand, series, horizon=0)
    moved = demand.with_columns(
        period_start=pl.when(pl.col("period_start") == date(2024, 1, 15))
        .then(pl.lit(date(2024, 1, 16)))
        .otherwise("period_start")
    )
    with pytest.raises(InputError, match="grid"):
        forecast(moved, series)


def test_one_series_of_days_is_enough() -> None:
    days = [date(2024, 1, 1) + timedelta(days=day) for day in range(280)]
    units = [float(day % 7 == 2) * 40 + day % 3 for day in range(280)]
    demand = pl.DataFrame(
        {
            "series_id": ["all"] * 280,
            "period_start": days,
            "quantity": units,
            "price": [None] * 280,
            "promotion": [None] * 280,
            "observed": [True] * 280,
        },
        schema=DEMAND,
    )
    series = pl.DataFrame(
        {
            "series_id": ["all"],
            "level": ["total"],
            "name": ["all"],
            "category": [None],
            "first_sale": [days[0]],
        },
        schema=SERIES,
    )
    made = forecast_demand(demand, series, horizon=28, freq="D")
    assert made.table.height == 28
    assert made.table["mean"].is_finite().all()


def test_forecasts_do_not_depend_on_the_number_of_cores(made: Forecasts, counts: np.ndarray) -> None:
    demand, series = tables(counts[:, :36])
    config = replace(QUICK, n_jobs=3)
    again = forecast_demand(demand, series, horizon=4, freq="W-MON", config=config)
    assert again.table.equals(made.table)
    assert again.chosen.equals(made.chosen)
