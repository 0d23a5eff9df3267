"""How well the mean price of a period tells the price that was asked for.

Where a product sells at several prices at the same time (large orders are cheaper, coupons), its mean price
moves with what was sold and looks like a strong effect of price. The variance within periods tells how much.
"""

from __future__ import annotations

import polars as pl

from unmet.forecast.periods import start_of

BORROWED_LINES = 10.0
"""Lines whose variance a product borrows from the shop."""

LINE_SUMS: dict[str, pl.Expr] = {
    "n_priced": pl.col("price").is_not_null().sum().cast(pl.Float64),
    "log_price": pl.col("price").log().sum(),
    "log_price2": pl.col("price").log().pow(2).sum(),
    "units2": pl.col("quantity").pow(2).filter(pl.col("price").is_not_null()).sum(),
}
"""Sums over lines (``price``, ``quantity``) that :func:`price_noise` is made of."""

PRICE_NOISE: dict[str, pl.DataType] = {
    "series_id": pl.String(),
    "noise": pl.Float64(),  # variance of the mean log price of a period around the price asked for, ≥ 0
}


def price_noise(sales: pl.DataFrame, freq: str) -> pl.DataFrame:
    """PRICE_NOISE of each product.

    The variance of lines within a period, times the share of a period that hangs on single lines
    (the sum of squared units over the squared sum).

    Args:
        sales: per product and day: ``product, day, priced`` (units with a price) and LINE_SUMS.
        freq: periods.
    """
    per = sales.group_by("product", start_of(pl.col("day"), freq).alias("period_start")).agg(
        pl.col("priced", *LINE_SUMS).sum()
    )
    per = per.filter(pl.col("n_priced") > 0)
    squares = pl.col("log_price2") - pl.col("log_price").pow(2) / pl.col("n_priced")
    of_product = per.group_by("product").agg(
        squares.clip(lower_bound=0).sum().alias("squares"),
        (pl.col("n_priced") - 1).sum().alias("free"),
        (pl.col("units2") / pl.col("priced").pow(2)).mean().alias("share"),
    )
    free = float(of_product["free"].sum())
    usual = float(of_product["squares"].sum()) / free if free > 0 else 0.0
    within = (pl.col("squares") + BORROWED_LINES * usual) / (pl.col("free") + BORROWED_LINES)
    noise = of_product.select(
        pl.col("product").alias("series_id"), (within * pl.col("share")).round(9).alias("noise")
    )
    return noise.sort("series_id").cast(PRICE_NOISE)  # type: ignore[arg-type]
