"""Public demand sets as DEMAND and SERIES tables. Recipes of known sets live here, never in the package."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from unmet.forecast.periods import next_periods
from unmet.forecast.tables import DEMAND, SERIES

DATA = Path(os.environ.get("UNMET_DATA", "../shared/data")) / "behaviour"


def online_retail(path: Path | None = None, *, to: date | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Weekly units of each product. Cancellations, returns, free lines and codes of fees are left out.

    A line above the 99.9th percentile of all lines is capped there. Weeks without any line (the shop is
    closed around new year) are not observed. A week that the file does not reach the end of is left out.
    """
    path = path or DATA / "demand_online_retail" / "orders_to_2011-09-04.csv.gz"
    lines = pl.read_csv(path, schema_overrides={"InvoiceNo": pl.String, "StockCode": pl.String})
    lines = lines.with_columns(
        pl.col("StockCode").str.to_uppercase(),
        pl.col("InvoiceDate").str.slice(0, 10).str.to_date().alias("day"),
    ).filter(
        ~pl.col("InvoiceNo").str.starts_with("C"),
        pl.col("Quantity") > 0,
        pl.col("UnitPrice") > 0,
        pl.col("StockCode").str.contains(r"^\d{5}[A-Z]*$"),
    )
    if to is not None:
        lines = lines.filter(pl.col("day") < to)
    cap = lines["Quantity"].quantile(0.999)
    sold = (
        lines.with_columns(
            pl.col("Quantity").clip(upper_bound=cap).cast(pl.Float64),
            pl.col("day").dt.truncate("1w").alias("period_start"),
            pl.col("StockCode").alias("series_id"),
        )
        .group_by("series_id", "period_start")
        .agg(
            pl.col("Quantity").sum().alias("quantity"),
            ((pl.col("UnitPrice") * pl.col("Quantity")).sum() / pl.col("Quantity").sum()).alias("price"),
        )
    )
    last_day = lines["day"].max()
    assert isinstance(last_day, date)
    # Saturdays without a sale: a week counts as whole when its Sunday or the Friday before has been reached.
    sold = sold.filter(pl.col("period_start") + timedelta(days=4) <= last_day)
    open_weeks = lines.group_by(pl.col("day").dt.truncate("1w").alias("week")).agg(pl.col("day").n_unique())
    shut = open_weeks.filter(pl.col("day") < 3)["week"].to_list()
    names = lines.group_by("StockCode").agg(pl.col("Description").drop_nulls().first())
    return whole_grid(sold, "W-MON", shut=shut, names=dict(names.iter_rows()))


def whole_grid(
    sold: pl.DataFrame, freq: str, *, shut: list[date] | None = None, names: dict[str, str] | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every period of every series from its first sale on; missing ones are zero, shut ones not observed."""
    first, last = sold["period_start"].min(), sold["period_start"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    grid = [first]
    while grid[-1] < last:
        grid += next_periods(grid[-1], freq, 1)
    begun = (
        sold.filter(pl.col("quantity") > 0)
        .group_by("series_id")
        .agg(pl.col("period_start").min().alias("first_sale"))
    )
    there = set(sold["period_start"].to_list())
    closed = [day for day in grid if day not in there] + (shut or [])
    demand = (
        begun.join(pl.DataFrame({"period_start": grid}), how="cross")
        .filter(pl.col("period_start") >= pl.col("first_sale"))
        .join(sold, on=["series_id", "period_start"], how="left")
        .with_columns(
            pl.col("quantity").fill_null(0.0),
            pl.lit(None, dtype=pl.Float64).alias("promotion"),
            (~pl.col("period_start").is_in(closed)).alias("observed"),
        )
    )
    if "price" not in demand.columns:
        demand = demand.with_columns(pl.lit(None, dtype=pl.Float64).alias("price"))
    demand = demand.select([pl.col(name).cast(kind) for name, kind in DEMAND.items()])
    series = begun.select(
        "series_id",
        pl.lit("product").alias("level"),
        pl.col("series_id").replace(names or {}).alias("name"),
        pl.lit(None, dtype=pl.String).alias("category"),
        "first_sale",
    ).select([pl.col(name).cast(kind) for name, kind in SERIES.items()])
    return demand.sort("series_id", "period_start"), series.sort("series_id")


def car_parts(path: Path | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Monthly units of spare parts (rows are months, columns parts), from January 1998."""
    table = pl.read_csv(path or DATA / "demand_car_parts" / "months_1_39.csv", null_values=["NA", ""])
    months = [date(1998, 1, 1), *next_periods(date(1998, 1, 1), "MS", table.height - 1)]
    return _from_wide(table, months, "MS")


def jewelry(path: Path | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Weekly units of jewelry items (rows are weeks, columns items)."""
    table = pl.read_csv(path or DATA / "demand_jewelry" / "weekly.csv", null_values=["NA", ""])
    weeks = [date(2000, 1, 3), *next_periods(date(2000, 1, 3), "W-MON", table.height - 1)]
    return _from_wide(table, weeks, "W-MON")


def weekly_products(path: Path | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Weekly units of 811 products over 52 weeks (rows are products)."""
    table = pl.read_csv(path or DATA / "demand_weekly_products" / "weekly.csv", null_values=["NA", ""])
    weeks = [name for name in table.columns if name[0] == "W" and name[1:].isdigit()]
    starts = [date(2001, 1, 1), *next_periods(date(2001, 1, 1), "W-MON", len(weeks) - 1)]
    wide = table.select(weeks).transpose(column_names=table["Product_Code"].to_list())
    return _from_wide(wide, starts, "W-MON")


def _from_wide(table: pl.DataFrame, starts: list[date], freq: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    sold = (
        table.with_columns(pl.Series("period_start", starts))
        .unpivot(index="period_start", variable_name="series_id", value_name="quantity")
        .with_columns(pl.col("quantity").cast(pl.Float64, strict=False))
        .drop_nulls("quantity")
        .filter(pl.col("quantity") >= 0)
    )
    return whole_grid(sold, freq)


def made_up(n_series: int, n_periods: int = 53, seed: int = 0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Weekly counts with levels from 0.1 to 200 a week, drift, season and bursts."""
    rng = np.random.default_rng(seed)
    level = np.exp(rng.normal(1.0, 1.6, (n_series, 1)))
    drift = np.exp(np.cumsum(rng.normal(0, 0.06, (n_series, n_periods)), axis=1))
    season = 1 + 0.3 * np.sin(2 * np.pi * np.arange(n_periods) / 52)
    bursts = rng.gamma(2.0, 0.5, (n_series, n_periods))
    counts = rng.poisson(level * drift * season * bursts).astype(np.float64)
    wide = pl.DataFrame(counts.T, schema=[f"s{index:06d}" for index in range(n_series)])
    weeks = [date(2024, 1, 1), *next_periods(date(2024, 1, 1), "W-MON", n_periods - 1)]
    return _from_wide(wide, weeks, "W-MON")


def wide_values(path: Path) -> tuple[list[str], np.ndarray]:
    """Names and values ``(series, periods)`` of a file with one column per series; NaN where empty."""
    table = pl.read_csv(path, null_values=["NA", ""])
    values = table.select(pl.all().cast(pl.Float64, strict=False)).to_numpy().T
    return table.columns, np.ascontiguousarray(values)


JUICE = (
    "Tropicana Premium 64", "Tropicana Premium 96", "Florida's Natural 64", "Tropicana 64", "Minute Maid 64",
    "Minute Maid 96", "Citrus Hill 64", "Tree Fresh 64", "Florida Gold 64", "Dominicks 64", "Dominicks 128",
)  # fmt: skip
"""Brands of the orange juice set by number (help page of bayesm's orangeJuice); the number is ounces."""


def orange_juice(path: Path | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Weekly units (64 ounces) of 11 juices in 83 stores, with price per ounce and feature advertisement.

    Series are store × brand, categories are brands. Weeks without a row are not observed: the set does not
    say whether nothing was sold. Week 1 of Dominick's began on 1989-09-14; weeks are moved to Monday.
    """
    table = pl.read_csv(path or DATA / "demand_orange_juice" / "weeks_to_130.csv.gz")
    price = pl.coalesce(
        pl.when(pl.col("brand") == k + 1).then(pl.col(f"price{k + 1}")) for k in range(len(JUICE))
    )
    sold = table.select(
        pl.format("{}/{}", pl.col("store"), pl.col("brand")).alias("series_id"),
        (pl.lit(date(1989, 9, 11)) + pl.duration(days=7 * (pl.col("week") - 1))).alias("period_start"),
        (pl.col("logmove").exp() / 64).round(6).alias("quantity"),
        price.alias("price"),
        pl.col("feat").cast(pl.Float64).alias("promotion"),
        pl.lit(True).alias("observed"),
    )
    first, last = sold["period_start"].min(), sold["period_start"].max()
    begun = sold.group_by("series_id").agg(pl.col("period_start").min().alias("first_sale"))
    weeks = pl.date_range(first, last, "1w", eager=True).alias("period_start").to_frame()  # type: ignore[arg-type]
    demand = (
        begun.join(weeks, how="cross")
        .filter(pl.col("period_start") >= pl.col("first_sale"))
        .join(sold, on=["series_id", "period_start"], how="left")
        .with_columns(pl.col("quantity").fill_null(0.0), pl.col("observed").fill_null(False))
    )
    brand = pl.col("series_id").str.split("/").list.last().cast(pl.Int64) - 1
    series = begun.with_columns(
        pl.lit("product").alias("level"),
        pl.col("series_id").alias("name"),
        brand.replace_strict(dict(enumerate(JUICE))).alias("category"),
    )
    return (
        demand.select([pl.col(name).cast(kind) for name, kind in DEMAND.items()]).sort(
            "series_id", "period_start"
        ),
        series.select([pl.col(name).cast(kind) for name, kind in SERIES.items()]).sort("series_id"),
    )
