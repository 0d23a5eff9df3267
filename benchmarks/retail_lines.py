"""Online Retail (UCI, CC0) as demand tables: what a user's orders become, by a small loader."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import polars as pl

from unmet.forecast.tables import DEMAND, ITEMS, SERIES

PLACE = "behaviour/demand_online_retail/orders_to_2011-09-04.csv.gz"


def data_path(place: str) -> Path:
    """A file of the public data sets (UNMET_DATA)."""
    return Path(os.environ.get("UNMET_DATA", "../shared/data")) / place


def retail_lines() -> pl.DataFrame:
    """Order lines with week; cancellations, returns, gifts and codes that are no products left out."""
    lines = pl.read_csv(data_path(PLACE), infer_schema=False, encoding="utf8-lossy").select(
        pl.col("InvoiceNo"),
        pl.col("StockCode").str.to_uppercase().alias("series_id"),
        pl.col("Description").alias("text"),
        pl.col("Quantity").cast(pl.Float64).alias("quantity"),
        pl.col("UnitPrice").cast(pl.Float64).alias("price"),
        pl.col("InvoiceDate").str.to_datetime().alias("at"),
    )
    return lines.filter(
        ~pl.col("InvoiceNo").str.starts_with("C"),
        pl.col("quantity") > 0,
        pl.col("price") > 0,
        pl.col("series_id").str.contains(r"^\d{5}"),
    ).with_columns(pl.col("at").dt.truncate("1w").dt.date().alias("period_start"))


def retail_tables(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Weekly demand, series and items of products: schemas DEMAND, SERIES, ITEMS."""
    sold = lines.group_by("series_id", "period_start").agg(
        pl.col("quantity").sum(),
        ((pl.col("price") * pl.col("quantity")).sum() / pl.col("quantity").sum()).alias("price"),
    )
    weeks = sold.select(pl.col("period_start").unique().sort())
    open_weeks = lines.group_by("period_start").len().filter(pl.col("len") > 0).select("period_start")
    first = sold.group_by("series_id").agg(pl.col("period_start").min().alias("first"))
    demand = (
        first.join(weeks, how="cross")
        .filter(pl.col("period_start") >= pl.col("first"))
        .join(sold, on=["series_id", "period_start"], how="left")
        .with_columns(
            pl.col("quantity").fill_null(0.0),
            pl.lit(None, dtype=pl.Float64).alias("promotion"),
            pl.col("period_start").is_in(open_weeks["period_start"].implode()).alias("observed"),
        )
        .select(DEMAND.keys())
        .sort("series_id", "period_start")
    )
    named = (
        lines.sort("at")
        .group_by("series_id", maintain_order=True)
        .agg(
            pl.col("text").drop_nulls().mode().sort().first(),
            pl.col("at").min().dt.date().alias("first_sale"),
        )
    )
    series = (
        named.select(
            "series_id",
            pl.lit("product").alias("level"),
            pl.col("text").fill_null(pl.col("series_id")).alias("name"),
            pl.lit(None, dtype=pl.String).alias("category"),
            "first_sale",
        )
        .select(SERIES.keys())
        .sort("series_id")
    )
    at_launch = (
        lines.join(first, on="series_id")
        .filter(pl.col("period_start") == pl.col("first"))
        .group_by("series_id")
        .agg(pl.col("price").median())
    )
    items = (
        named.join(at_launch, on="series_id")
        .select(
            "series_id",
            "text",
            "price",
            pl.lit(None, dtype=pl.String).alias("category"),
            pl.lit(None, dtype=pl.Date).alias("launch_at"),
        )
        .select(ITEMS.keys())
        .sort("series_id")
    )
    return demand, series, items


def weeks_from(start: date, day: date) -> int:
    """Whole weeks between two Mondays."""
    return (day - start).days // 7
