"""What launches of the past looked like: the examples that new products are forecast from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.errors import InputError
from unmet.forecast.tables import ITEMS

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MIN_EXAMPLES = 20
"""Fewer products with a whole first horizon are no ground for a launch forecast."""

MIN_OBSERVED_SHARE = 0.5
"""A launch whose first periods were mostly closed or out of stock says nothing about demand."""


@dataclass(frozen=True, slots=True)
class Launches:
    """Products with a whole first horizon, ordered by launch; all arrays have ``n`` rows.

    Attributes:
        items: schema ITEMS, one row per product.
        started: number of the period of the first sale, 0 is the first period of the data.
        established: sold already within the first horizon of the data: their launch was not seen, and their
            first periods only say what they sell.
        quantities: shape ``(n, horizon)``, units in the first periods; unobserved periods are filled with
            the mean of the observed ones.
        log_price: natural log of the price at launch; NaN where not known.
    """

    items: pl.DataFrame
    started: Integers
    established: NDArray[np.bool_]
    quantities: Floats
    log_price: Floats

    @property
    def log_total(self) -> Floats:
        """Natural log of the units of the whole first horizon."""
        return np.asarray(np.log(self.quantities.sum(axis=1)), dtype=np.float64)

    def rows(self, index: Integers) -> Launches:
        """Some of the launches."""
        return Launches(
            self.items[index], self.started[index], self.established[index],
            self.quantities[index], self.log_price[index],
        )  # fmt: skip


def past_launches(
    demand: pl.DataFrame, series: pl.DataFrame, items: pl.DataFrame | None, *, horizon: int
) -> Launches:
    """Launches seen in a demand table.

    Args:
        demand: schema DEMAND.
        series: schema SERIES; only the level ``product`` is used.
        items: schema ITEMS, texts, prices and categories of products; what it lacks is taken from
            ``series`` (name, category) and from the price of the first period with one.
        horizon: periods of a launch, 1 or more.

    Raises:
        InputError: no product level, or fewer than MIN_EXAMPLES products with a whole first horizon.
    """
    sold = _ages(demand, series)
    last = sold["period"].max() if sold.height else None
    examples = (
        sold.filter(pl.col("age") < horizon)
        .group_by("series_id")
        .agg(
            pl.col("started").first(),
            pl.col("observed").mean().alias("share"),
            pl.col("quantity").filter("observed").mean().alias("mean"),
            pl.when("observed").then("quantity").otherwise(None).sort_by("age").alias("quantities"),
            pl.col("price").sort_by("age").drop_nulls().first().alias("first_price"),
        )
        .filter(pl.col("share") >= MIN_OBSERVED_SHARE, pl.col("mean") > 0)
        .filter(pl.col("started") + horizon - 1 <= (last if last is not None else -1))
        .sort("started", "series_id")
    )
    if examples.height < MIN_EXAMPLES:
        raise InputError(
            f"only {examples.height} products were sold for {horizon} whole periods after their first sale; "
            f"a launch forecast needs {MIN_EXAMPLES}",
            hint="Give a longer history, a shorter --horizon, or orders by product.",
        )
    return _arranged(examples, describe(series, items), horizon)


def _ages(demand: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    """Demand of products with the number of the period, of their first one and their age in periods."""
    products = series.filter(pl.col("level") == "product").select("series_id")
    if products.is_empty():
        raise InputError("there are no products in the demand table", hint="Add product to --level.")
    periods = demand.select(pl.col("period_start").unique().sort()).with_row_index("period")
    first = demand.filter(pl.col("quantity") > 0).group_by("series_id").agg(pl.col("period_start").min())
    first = first.join(periods, on="period_start").select("series_id", pl.col("period").alias("started"))
    return (
        demand.join(products, on="series_id", how="semi")
        .join(periods, on="period_start")
        .join(first, on="series_id")
        .with_columns(pl.col("period", "started").cast(pl.Int64))
        .with_columns((pl.col("period") - pl.col("started")).alias("age"))
        .filter(pl.col("age") >= 0)
    )


def describe(series: pl.DataFrame, items: pl.DataFrame | None) -> pl.DataFrame:
    """One row of schema ITEMS per product of ``series``: what ``items`` says, else what ``series`` knows."""
    known = series.filter(pl.col("level") == "product").select(
        "series_id", pl.col("name").alias("text"), "category"
    )
    if items is None:
        return known.select(
            pl.col(column) if column in known.columns else pl.lit(None, dtype=dtype).alias(column)
            for column, dtype in ITEMS.items()
        )
    told = items.unique("series_id", keep="first", maintain_order=True)
    joined = known.join(told, on="series_id", how="left", suffix="_told", maintain_order="left")
    return joined.select(
        "series_id",
        pl.coalesce("text_told", "text").alias("text"),
        "price",
        pl.coalesce("category_told", "category").alias("category"),
        "launch_at",
    )


def _arranged(examples: pl.DataFrame, described: pl.DataFrame, horizon: int) -> Launches:
    table = examples.join(described, on="series_id", how="left", maintain_order="left")
    filled = table.select(
        pl.col("quantities").list.get(k, null_on_oob=True).fill_null(pl.col("mean")).alias(str(k))
        for k in range(horizon)
    )
    table = table.with_columns(pl.coalesce("price", "first_price").alias("price"))
    started = table["started"].to_numpy().astype(np.int64)
    return Launches(
        items=table.select(ITEMS.keys()),
        started=started,
        established=started < horizon,
        quantities=filled.to_numpy().astype(np.float64),
        log_price=log_prices(table["price"]),
    )


def log_prices(price: pl.Series) -> Floats:
    """Natural logs of prices, NaN where there is none or it is not above 0."""
    usable = pl.select(pl.when(price > 0).then(price).otherwise(None)).to_series()
    return np.asarray(usable.log().fill_null(np.nan).to_numpy(), dtype=np.float64)
