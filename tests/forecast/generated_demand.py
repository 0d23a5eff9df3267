"""Demand tables made of numbers, and settings that are quick to fit."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from unmet.forecast.boosting import BoostConfig
from unmet.forecast.periods import next_periods
from unmet.forecast.rolling import ForecastConfig
from unmet.forecast.tables import DEMAND, SERIES

QUICK = ForecastConfig(
    n_origins=3, boost=BoostConfig(n_trees=30, smallest_leaf=20, most_rows=20_000), most_costly=10
)


def tables(
    counts: np.ndarray, *, freq: str = "W-MON", observed: np.ndarray | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """DEMAND and SERIES of a matrix of counts; NaN before the first sale."""
    n_series, n_periods = counts.shape
    first = date(2024, 1, 1)
    starts = [first, *next_periods(first, freq, n_periods - 1)]
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


def poisson(n_series: int, n_periods: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.poisson(np.exp(rng.normal(1.5, 1.2, (n_series, 1))), (n_series, n_periods)).astype(float)
