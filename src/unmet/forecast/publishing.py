"""What a forecast promises before it is written: finite, non-negative, sorted numbers; sums that follow."""

from __future__ import annotations

from itertools import pairwise

import polars as pl

from unmet.core.tables import conform
from unmet.forecast.tables import FORECAST, QUANTILES

DECIMALS = 6


def checked(table: pl.DataFrame) -> pl.DataFrame:
    """FORECAST with exactly its columns, sorted and rounded; broken promises are an error, never written.

    Raises:
        ValueError: a number is missing, not finite or below 0, or quantiles cross.
    """
    table = conform(table, FORECAST, name="forecast").sort("series_id", "period_start")
    numbers = table.select("mean", *QUANTILES)
    if not table.select(
        pl.all_horizontal(pl.col("mean", *QUANTILES).is_finite().fill_null(False)).all()
    ).item():
        raise ValueError("a forecast is missing or not finite")
    if numbers.height and float(numbers.min_horizontal().min()) < 0:  # type: ignore[arg-type]
        raise ValueError("a forecast is below 0")
    rounded = table.with_columns(pl.col("mean", *QUANTILES).round(DECIMALS))
    names = list(QUANTILES)
    crossing = pl.any_horizontal(pl.col(low) > pl.col(high) for low, high in pairwise(names))
    if rounded.select(crossing.any()).item():
        raise ValueError("quantiles cross")
    return rounded


def sums_like(sums: pl.DataFrame, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Means and quantiles of the first periods together, scaled as reconciliation scaled the means.

    Args:
        sums: ``series_id, periods, mean`` and quantiles.
        before: forecasts before reconciliation.
        after: and after.
    """

    def running(table: pl.DataFrame, name: str) -> pl.DataFrame:
        sorted_ = table.sort("series_id", "period_start")
        return sorted_.select(
            "series_id",
            pl.int_range(1, pl.len() + 1).over("series_id").cast(sums.schema["periods"]).alias("periods"),
            pl.col("mean").cum_sum().over("series_id").alias(name),
        )

    keys = ["series_id", "periods"]
    both = running(before, "before").join(running(after, "after"), on=keys)
    factor = pl.when(pl.col("before") > 0).then(pl.col("after") / pl.col("before")).otherwise(1.0)
    scaled = sums.join(both, on=keys, how="left", maintain_order="left")
    return scaled.with_columns(pl.col("mean", *QUANTILES) * factor).drop("before", "after")
