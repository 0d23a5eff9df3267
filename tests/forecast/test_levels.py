"""Levels are forecast apart, and those above the product from their own past errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from generated_demand import QUICK, poisson, tables

from unmet.core.errors import InputError
from unmet.forecast.backtesting import backtest
from unmet.forecast.choosing import UNSEEN
from unmet.forecast.forecasting import Forecasts, forecast_demand, forecast_from
from unmet.forecast.levels import levels_of
from unmet.forecast.own_errors import FEWEST_DATES, own_dates
from unmet.forecast.panel import panel_of
from unmet.forecast.predictive import LEVELS
from unmet.forecast.rolling import Rolling
from unmet.forecast.unseen_season import SEASONAL

LOW, MIDDLE, HIGH = (int(np.flatnonzero(level == LEVELS)[0]) for level in (0.1, 0.5, 0.9))
OWN = replace(QUICK, own_errors=True)


def named(counts: np.ndarray, level: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """DEMAND and SERIES of a level, with ids of its own."""
    demand, series = tables(counts)
    name = pl.format("{}:{}", pl.lit(level), "series_id").alias("series_id")
    return demand.with_columns(name), series.with_columns(name, pl.lit(level).alias("level"))


def shop(n_products: int = 80, n_periods: int = 44) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Products that sell now and then, and what they add up to."""
    counts = poisson(n_products, n_periods, seed=3)
    parts = [tables(counts), named(counts.sum(axis=0, keepdims=True), "total")]
    demand, series = (pl.concat(part) for part in zip(*parts, strict=True))
    return demand.sort("series_id", "period_start"), series


def forecast(demand: pl.DataFrame, series: pl.DataFrame) -> Forecasts:
    return forecast_demand(demand, series, horizon=4, freq="W-MON", config=QUICK)


def test_products_are_the_same_whatever_else_is_asked_for() -> None:
    demand, series = shop()
    products = series.filter(pl.col("level") == "product")
    both = forecast(demand, series)
    alone = forecast(demand.filter(pl.col("series_id").is_in(products["series_id"].implode())), products)
    mine = pl.col("series_id").is_in(products["series_id"].implode())
    assert both.table.filter(mine).equals(alone.table)
    assert both.sums.filter(mine).equals(alone.sums)
    assert both.table["series_id"].is_sorted()
    assert both.chosen.height == series.height


def test_the_whole_shop_is_as_sure_as_its_past() -> None:
    demand, series = shop()
    made = forecast(demand, series).table.filter(pl.col("series_id").str.starts_with("total"))
    past = demand.filter(pl.col("series_id").str.starts_with("total"))["quantity"]
    spread = 2.56 * float(past.std() / past.mean())  # type: ignore[operator, arg-type]
    width = ((made["p90"] - made["p10"]) / made["p50"]).to_numpy()
    assert (width < 1.8 * spread).all()
    assert (width > 0.6 * spread).all()
    assert (np.abs(made["p50"].to_numpy() / float(past.mean()) - 1) < spread).all()  # type: ignore[arg-type]


def own_errors_of(counts: np.ndarray, n_known: int) -> np.ndarray:
    """Quantiles of the steps of a level after ``n_known`` periods."""
    panel = panel_of(*named(counts, "category"), "W-MON")
    return forecast_from(Rolling(panel, 4, OWN, 0), n_known)[1].quantiles


def test_each_series_has_the_width_of_its_own_errors() -> None:
    rng = np.random.default_rng(2)
    steady = rng.normal(10_000, 300, (1, 50))
    wild = 10_000 * np.exp(rng.normal(0, 0.6, (1, 50)))
    made = own_errors_of(np.round(np.concatenate([steady, wild])), 50)
    width = (made[..., HIGH] - made[..., LOW]) / made[..., MIDDLE]
    assert (width[0] < 0.15).all()
    assert (width[1] > 0.9).all()


def test_intervals_cover_what_comes() -> None:
    """Sixty steady and unsteady series whose levels wander: 80 and 95% of later periods lie inside."""
    rng = np.random.default_rng(7)
    spread, wander = rng.uniform(0.05, 0.5, (60, 1)), rng.uniform(0, 0.1, (60, 1))
    level = np.cumsum(wander * rng.normal(0, 1, (60, 48)), axis=1)
    counts = np.round(2_000 * np.exp(level + spread * rng.normal(0, 1, (60, 48))))
    made, later = own_errors_of(counts, 44), counts[:, 44:]
    inside = (later >= made[..., LOW]) & (later <= made[..., HIGH])
    wide = (later >= made[..., 0]) & (later <= made[..., -1])
    assert 0.75 < inside.mean() < 0.90
    assert 0.92 < wide.mean() <= 1.0


def test_bursts_do_not_blow_up_intervals() -> None:
    rng = np.random.default_rng(4)
    counts = np.round(np.exp(rng.normal(2, 2.5, (3, 50))))
    made = own_errors_of(counts, 50)
    assert (made[..., -1].max(axis=1) < 20 * counts.max(axis=1)).all()


def test_a_short_past_is_forecast_among_its_level() -> None:
    counts = poisson(12, 16, seed=5)
    counts[0, :13] = np.nan
    panel = panel_of(*named(counts, "category"), "W-MON")
    rolling = Rolling(panel, 4, OWN, 0)
    assert len(own_dates(rolling, 16)) < FEWEST_DATES
    choice, made = forecast_from(rolling, 16)
    assert np.isfinite(made.quantiles).all()
    assert len(choice.model) == 12


def test_a_young_series_does_not_keep_the_others_from_their_own_errors() -> None:
    counts = np.round(1_000 + 20 * np.random.default_rng(1).normal(0, 1, (12, 50)))
    counts[0, :47] = np.nan
    made = own_errors_of(counts, 50)
    width = (made[1:, :, HIGH] - made[1:, :, LOW]) / made[1:, :, MIDDLE]
    assert np.isfinite(made).all()
    assert (width < 0.15).all()


def test_dates_are_fewer_where_series_are_many() -> None:
    few, many = (
        own_dates(Rolling(panel_of(*named(poisson(n, 60), "need"), "W-MON"), 4, OWN, 0), 60) for n in (2, 80)
    )
    assert len(few) == 26
    assert FEWEST_DATES <= len(many) < 15


def test_levels_come_apart_with_products_first() -> None:
    demand, series = shop(5, 20)
    found = list(levels_of(demand, series, QUICK))
    assert [(level.name, level.config.own_errors) for level in found] == [("product", False), ("total", True)]
    assert sum(level.demand.height for level in found) == demand.height
    [alone] = levels_of(*named(poisson(2, 20), "segment"), QUICK)
    assert alone.config.own_errors


def test_a_backtest_of_two_levels_would_count_units_twice() -> None:
    with pytest.raises(InputError, match="product, total together"):
        backtest(*shop(5, 30), horizon=4, freq="W-MON", n_origins=1, config=QUICK)


def test_a_season_no_date_showed_is_last_years() -> None:
    """Twelve categories that sell three times as much in the last five weeks of a year."""
    rng = np.random.default_rng(6)
    weeks = np.arange(103)
    factor = np.where(weeks % 52 >= 47, 3.0, 1.0)
    counts = rng.poisson(rng.uniform(200, 2_000, (12, 1)) * factor).astype(float)
    rolling = Rolling(panel_of(*named(counts[:, :99], "category"), "W-MON"), 4, OWN, 0)
    choice, made = forecast_from(rolling, 99)
    assert choice.why == UNSEEN
    assert set(choice.model) == {SEASONAL}
    sold = counts[:, 99:]
    assert (np.abs(made.quantiles[..., MIDDLE] / sold - 1) < 0.5).all()
