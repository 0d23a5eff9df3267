"""Caps on single order lines: what one wholesale order or typing error may count for."""

from __future__ import annotations

import numpy as np
import polars as pl

from unmet.forecast.settings import OrderSettings

CAPPED: dict[str, pl.DataType] = {
    "source": pl.String(),
    "row": pl.Int64(),
    "product": pl.String(),
    "quantity": pl.Float64(),
    "cap": pl.Float64(),
}
"""Lines that count for less than they say (``capped.csv``)."""

_LEAST_SPREAD = float(np.log(2.0))
"""Smallest interquartile range of log quantities: where all orders are 1, an order of 7 is not odd."""


def line_caps(sales: pl.LazyFrame, settings: OrderSettings) -> pl.DataFrame:
    """The most that one line of each product may count for: ``product, cap``.

    Tukey's far-out fence (Exploratory Data Analysis, 1977, ch. 2) on the logarithm of the quantities of
    the product's lines: upper quartile + ``outlier_spread`` × interquartile range. Products with few
    lines take the median product's range around their own median. A size that came ``outlier_repeats``
    times is the way the product sells, so the cap is never below it.
    """
    # Few quantities repeat often, so their counts are far smaller than the lines.
    counts = (
        sales.group_by("product", "quantity").agg(pl.len().alias("n"))
        .collect(engine="streaming")
        .sort("product", "quantity")
    )  # fmt: skip
    counts = counts.with_columns(
        pl.col("quantity").log().alias("size"),
        (pl.col("n").cum_sum().over("product") / pl.col("n").sum().over("product")).alias("below"),
    )

    def quantile(share: float) -> pl.Expr:
        return pl.col("size").filter(pl.col("below") >= share - 1e-12).first()

    from_top = pl.col("n").cum_sum(reverse=True)
    fences = counts.group_by("product", maintain_order=True).agg(
        quantile(0.25).alias("low"),
        quantile(0.5).alias("middle"),
        quantile(0.75).alias("high"),
        pl.col("quantity").filter(from_top >= settings.outlier_repeats).last().alias("repeated"),
        pl.col("n").sum(),
    )
    spread = pl.max_horizontal(pl.col("high") - pl.col("low"), pl.lit(_LEAST_SPREAD))
    known = pl.col("n") >= settings.outlier_min_lines
    usual = fences.select(pl.coalesce(spread.filter(known).median(), spread.median())).item()
    usual = max(float(usual or 0.0), _LEAST_SPREAD)
    fence = (
        pl.when(known)
        .then(pl.col("high") + settings.outlier_spread * spread)
        .otherwise(pl.col("middle") + usual / 2 + settings.outlier_spread * usual)
    )
    return fences.select("product", pl.max_horizontal(fence.exp().round(6), "repeated").alias("cap"))


def capped_lines(sales: pl.LazyFrame, caps: pl.DataFrame) -> pl.DataFrame:
    """The lines above their product's cap: ``line, source, row, product, quantity, cap``."""
    above = sales.join(caps.lazy(), on="product").filter(pl.col("quantity") > pl.col("cap") * (1 + 1e-9))
    return (
        above.select("line", "source", "row", "product", "quantity", "cap")
        .collect(engine="streaming")
        .sort("line")
    )
