"""Forecasts of generated demand: finite, ordered, reproducible, honest about what was not observed."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from unmet.core.errors import InputError
from unmet.forecast.boosting import BoostConfig
from unmet.forecast.forecasting import Forecasts, forecast_demand
from unmet.forecast.panel import next_periods
from unmet.forecast.rolling import ForecastConfig
from unmet.forecast.tables import DEMAND, FORECAST, QUANTILES, SERIES

QUICK = ForecastConfig(
    n_origins=3, boost=BoostConfig(n_trees=30, smallest_leaf=20, most_rows=20_000), most_costly=10
)


def tables(
    counts: np.ndarray, *, freq: str = "W-MON", observed: np.ndarray | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """DEMAND and SERIES of a matrix of counts; NaN before the first sale."""
    n_series, n_periods = counts.shape
    first = date(2024, 1, 1)
    starts = [first, *next_periods(first, n_periods - 1, freq)]
    seen = np.ones(counts.shape, dtype=bool) if observed is None else observed
    rows = [
        (f"s{row:03d}", starts[column], float(counts[row, column]), None, None, bool(seen[row, column]))
        for row in range(n_series)
        for column in range(n_periods)
        if not np.isnan(counts[row, column])
    ]
    demand = pl.DataFrame(rows, schema=DEMAND, orient="row")
    series = (
        demand.group_by("series_id").agg(pl.col("period_start").min().alias("first_sale")).sort("series_id")
    )
    series = series.with_columns(level=pl.lit("product"), name=pl.col("series_id"), category=pl.lit(None))
    return demand, series.select([pl.col(name).cast(kind) for name, kind in SERIES.items()])


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


def poisson(n_series: int, n_periods: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.poisson(np.exp(rng.normal(1.5, 1.2, (n_series, 1))), (n_series, n_periods)).astype(float)


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
