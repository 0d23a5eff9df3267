"""Daily sales of products → regular series of products, categories, segments, needs and the shop."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from unmet.core.errors import InputError
from unmet.core.tables import conform
from unmet.forecast.periods import start_of
from unmet.forecast.shop_calendar import Calendar
from unmet.forecast.tables import DEMAND, SERIES

TOTAL = "total"
DECIMALS = 6
SALES: dict[str, pl.DataType] = {
    "product": pl.String(),
    "segment": pl.String(),
    "day": pl.Date(),
    "quantity": pl.Float64(),
    "revenue": pl.Float64(),  # of the units that have a price
    "priced": pl.Float64(),  # units that have a price
    "promoted": pl.Float64(),  # units sold under a promotion
    "told": pl.Float64(),  # units of which the table says whether they were
    "n_lines": pl.Int64(),
}
"""Sales per product (and segment) and day."""


@dataclass(frozen=True, slots=True)
class DemandSeries:
    """Series of all levels, and which products make up which category, need and total."""

    demand: pl.DataFrame  # DEMAND
    series: pl.DataFrame  # SERIES
    parts: pl.DataFrame  # parent, child (series ids; the children are products)
    n_filled: int  # periods without a sale that became zeros
    n_closed: int  # of the product series: periods marked as not observed because the shop was closed


def build_series(
    sales: pl.DataFrame,
    products: pl.DataFrame,
    calendar: Calendar,
    *,
    levels: tuple[str, ...],
    unobserved: pl.DataFrame | None = None,
    keep_unsold: bool = False,
) -> DemandSeries:
    """Build DEMAND and SERIES.

    Args:
        sales: SALES.
        products: ``product, name, category, needs`` (needs: list of strings), one row per product.
        calendar: the periods; days outside are left out.
        levels: which levels to build.
        unobserved: ``product, period_start`` of further periods that are no measure of demand.
        keep_unsold: products that never sold become series of zeros; their first sale is null.

    Raises:
        InputError: a level needs a column that is not there, or a product has the id of another level.
    """
    _check_levels(sales, products, levels)
    first, last = calendar.periods[0], calendar.as_of
    sales = sales.filter(pl.col("day").is_between(first, last)).with_columns(
        start_of(pl.col("day"), calendar.freq).alias("period_start")
    )
    members = {level: _members(level, sales, products) for level in levels}
    demands, described = [], []
    for level, keyed in members.items():
        filled = _filled(_summed(keyed), calendar, keep_unsold)
        gaps = unobserved if level == "product" else None
        demands.append(_observed(filled, calendar, gaps, level))
        described.append(_described(level, filled, products))
    together = pl.concat(demands)
    if len(levels) > 1:
        together = together.sort("series_id", maintain_order=True)
    demand = conform(together, DEMAND, name="demand")
    series = conform(pl.concat(described), SERIES, name="series")
    clash = series.filter(pl.col("series_id").is_duplicated())
    if clash.height:
        name = clash["series_id"][0]
        raise InputError(f"{name!r} is a product and the name of a level", hint="Rename the product.")
    products_only = pl.concat([d for d, level in zip(demands, levels, strict=True) if level == levels[0]])
    n_filled = int((products_only["quantity"] == 0).sum())
    n_closed = int(products_only["period_start"].is_in(list(calendar.closed)).sum())
    return DemandSeries(demand, series, _parts(products, series, levels), n_filled, n_closed)


def _check_levels(sales: pl.DataFrame, products: pl.DataFrame, levels: tuple[str, ...]) -> None:
    lacking = {
        "category": not products["category"].drop_nulls().len(),
        "need": not int(products["needs"].list.len().sum() or 0),
        "segment": not sales["segment"].drop_nulls().len(),
    }
    for level, absent in lacking.items():
        if level in levels and absent:
            where = "--items with a column for it, or " if level != "segment" else ""
            raise InputError(
                f"--level {level}: no product has a {level}" if level != "segment"
                else "--level segment: no line has a segment",
                hint=f"Give {where}--map {level}=COLUMN.",
            )  # fmt: skip


def _members(level: str, sales: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """Sales with the series each row belongs to; rows without one (no category …) are left out."""
    if level == "product":
        return sales.with_columns(pl.col("product").alias("series_id"))
    if level == "total":
        return sales.with_columns(pl.lit(TOTAL).alias("series_id"))
    if level == "segment":
        known = sales.filter(pl.col("segment").is_not_null())
        return known.with_columns(_series_name(level, pl.col("segment")).alias("series_id"))
    groups = _groups(level, products)
    return sales.join(groups, on="product", how="inner")


def _groups(level: str, products: pl.DataFrame) -> pl.DataFrame:
    """``product, series_id`` of the categories or needs."""
    column = "category" if level == "category" else "needs"
    pairs = products.select("product", pl.col(column).alias("group"))
    if level == "need":
        pairs = pairs.explode("group")
    named = pairs.filter(pl.col("group").is_not_null()).unique(maintain_order=True)
    return named.select("product", _series_name(level, pl.col("group")).alias("series_id"))


def _series_name(level: str, name: pl.Expr) -> pl.Expr:
    return pl.lit(f"{level}:") + name


def _summed(keyed: pl.DataFrame) -> pl.DataFrame:
    return keyed.group_by("series_id", "period_start").agg(
        pl.col("quantity", "revenue", "priced", "promoted", "told").sum()
    )


def _filled(summed: pl.DataFrame, calendar: Calendar, keep_unsold: bool) -> pl.DataFrame:
    """Every period of every series from its first sale on; without a sale the quantity is 0."""
    sold = pl.col("quantity") > 0
    begins = summed.group_by("series_id").agg(pl.col("period_start").filter(sold).min().alias("first_sale"))
    if not keep_unsold:
        begins = begins.filter(pl.col("first_sale").is_not_null())
    periods = calendar.periods.sort().to_frame()
    started = pl.col("first_sale").is_null() | (pl.col("period_start") >= pl.col("first_sale"))
    # Sorted by construction: sorting millions of names would take longer than all the rest.
    grid = begins.sort("series_id").join(periods, how="cross", maintain_order="left_right").filter(started)
    joined = grid.join(summed, on=["series_id", "period_start"], how="left", maintain_order="left")
    price = pl.when(pl.col("priced") > 0).then(pl.col("revenue") / pl.col("priced"))
    promotion = pl.when(pl.col("told") > 0).then(pl.col("promoted") / pl.col("told"))
    # Rounded, because sums in another order of lines differ in their last digits.
    return joined.with_columns(
        pl.col("quantity").fill_null(0.0).round(DECIMALS),
        price.round(DECIMALS).alias("price"),
        promotion.round(DECIMALS).alias("promotion"),
    )


def _observed(
    filled: pl.DataFrame, calendar: Calendar, unobserved: pl.DataFrame | None, level: str
) -> pl.DataFrame:
    seen = ~pl.col("period_start").is_in(list(calendar.closed))
    if calendar.first_partial:
        seen &= pl.col("period_start") != calendar.periods[0]
    table = filled.with_columns(seen.alias("observed"))
    if unobserved is not None and unobserved.height:
        gaps = unobserved.select(
            pl.col("product").alias("series_id"), "period_start", pl.lit(False).alias("seen")
        )
        table = table.join(
            gaps.unique(), on=["series_id", "period_start"], how="left", maintain_order="left"
        ).with_columns(pl.col("observed") & pl.col("seen").fill_null(True))
    return table.select(list(DEMAND))


def _described(level: str, filled: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    first = filled.group_by("series_id").agg(pl.col("first_sale").first()).sort("series_id")
    if level == "product":
        known = products.select(pl.col("product").alias("series_id"), "name", "category")
        described = first.join(known, on="series_id", how="left")
        described = described.with_columns(pl.coalesce("name", "series_id").alias("name"))
    else:
        bare = pl.col("series_id").str.strip_prefix(f"{level}:")
        category = bare if level == "category" else pl.lit(None, dtype=pl.String)
        described = first.with_columns(bare.alias("name"), category.alias("category"))
    described = described.with_columns(pl.lit(level).alias("level"))
    return described.select(list(SERIES))


def _parts(products: pl.DataFrame, series: pl.DataFrame, levels: tuple[str, ...]) -> pl.DataFrame:
    """Which product series sum up to which category, need and total series."""
    known = series.filter(pl.col("level") == "product")["series_id"]
    pairs = [pl.DataFrame(schema={"parent": pl.String(), "child": pl.String()})]
    for level in ("category", "need"):
        if level in levels:
            groups = _groups(level, products)
            pairs.append(groups.select(pl.col("series_id").alias("parent"), pl.col("product").alias("child")))
    if "total" in levels:
        pairs.append(pl.DataFrame({"parent": pl.repeat(TOTAL, len(known), eager=True), "child": known}))
    return pl.concat(pairs).filter(pl.col("child").is_in(known.implode()))
