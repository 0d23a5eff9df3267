"""Products with more stock than they can sell, and slow movers: how long the stock lasts and what to do."""

from __future__ import annotations

import numpy as np
import polars as pl

from unmet.forecast.inventory.assembling import Products
from unmet.forecast.inventory.folder import ForecastFolder
from unmet.forecast.inventory.policies import Array, Need

OVERSTOCK: dict[str, pl.DataType] = {
    "series_id": pl.String(),
    "name": pl.String(),
    "on_hand": pl.Float64(),
    "on_order": pl.Float64(),
    "weekly_demand": pl.Float64(),  # forecast mean
    "cover_weeks": pl.Float64(),  # stock position / weekly demand; null where no demand is expected
    "last_sale": pl.Date(),  # first day of the last period with a sale; null where there was none
    "weeks_without_sale": pl.Float64(),
    "excess_units": pl.Float64(),  # above the 95% quantile of demand over the whole forecast
    "money_tied_up": pl.Float64(),  # excess × unit cost; null where that is not known
    "holding_per_week": pl.Float64(),  # what keeping the excess costs
    "action": pl.String(),  # cancel_open_orders, clear, discount or stop_ordering
}
"""``overstock.csv``. Largest sum of money first."""

CLEAR_WEEKS = 26.0
"""Without a sale for half a year and still in stock: clear it."""

DISCOUNT_WEEKS = 52.0
"""Stock for more than a year: sell it cheaper; for less: just order no more."""

_CERTAIN = 0.95


def overstock_lines(
    folder: ForecastFolder, products: Products, chosen: slice, paths: Array, need: Need
) -> pl.DataFrame:
    """Products whose stock will not sell within the forecast even if demand is high, and slow movers.

    Args:
        paths: demand paths of the chosen products, at least as long as the forecast.
    """
    days = folder.period_days
    horizon = paths[:, : len(folder.starts)].sum(axis=1)
    position = np.maximum(products.stock.position[chosen], 0.0)
    excess = np.maximum(position - np.quantile(horizon, _CERTAIN, axis=1), 0.0)
    weekly = need.rate * 7 / days
    cover = np.divide(position, weekly, out=np.full_like(position, np.inf), where=weekly > 0)
    table = pl.DataFrame(
        {
            "series_id": products.ids[chosen],
            "name": products.names[chosen],
            "on_hand": products.stock.on_hand[chosen],
            "on_order": products.stock.on_order[chosen],
            "weekly_demand": weekly,
            "cover_weeks": cover,
            "excess_units": excess,
            "money_tied_up": excess * products.terms.unit_cost[chosen],
            "holding_per_week": excess * products.terms.holding[chosen] * 7 / days,
        }
    ).join(last_sales(folder), on="series_id", how="left", maintain_order="left")
    idle = ((pl.lit(folder.starts[0]) - pl.col("last_sale")).dt.total_days() - days) / 7
    table = table.with_columns(idle.clip(lower_bound=0.0).alias("weeks_without_sale"))
    stocked = pl.col("on_hand") > 0
    silent = stocked & (pl.col("weeks_without_sale").fill_null(0.0) >= CLEAR_WEEKS)  # null: a new product
    open_orders = (pl.col("excess_units") > 0) & (pl.col("on_order") >= pl.col("excess_units"))
    found = table.filter(silent | (pl.col("excess_units") > 1e-9)).with_columns(
        pl.when(open_orders)
        .then(pl.lit("cancel_open_orders"))
        .when(silent)
        .then(pl.lit("clear"))
        .when(pl.col("cover_weeks") > DISCOUNT_WEEKS)
        .then(pl.lit("discount"))
        .otherwise(pl.lit("stop_ordering"))
        .alias("action")
    )
    finite = pl.when(pl.col("cover_weeks").is_finite()).then(pl.col("cover_weeks"))
    return (
        found.with_columns(finite.alias("cover_weeks"))
        .fill_nan(None)
        .select(pl.col(name).cast(dtype) for name, dtype in OVERSTOCK.items())
    )


def last_sales(folder: ForecastFolder) -> pl.DataFrame:
    """First day of the last period in which each series was sold."""
    sold = folder.demand.filter(pl.col("quantity") > 0)
    return sold.group_by("series_id").agg(pl.col("period_start").max().alias("last_sale"))
