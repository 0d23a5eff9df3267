"""Made-up orders, and a forecaster that stands in for the models where only the folder is tested."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from unmet.forecast.orders import Orders, read_orders
from unmet.forecast.periods import next_periods
from unmet.forecast.settings import OrderSettings
from unmet.forecast.tables import FORECAST, QUANTILES

MONDAY = date(2024, 1, 1)
HEADER = "order_id,order_date,sku,title,quantity,unit_price,customer_id,category"


def lines_of(n_weeks: int = 12, products: tuple[str, ...] = ("A1", "B2"), per_day: int = 3) -> list[str]:
    """Lines of ``n_weeks`` whole weeks from MONDAY: every product, every day, 2 units at 5.00."""
    found = []
    for day in range(7 * n_weeks):
        at = MONDAY + timedelta(days=day)
        for number in range(per_day):
            for product in products:
                order = 10_000 + day * 10 + number
                category = "tools" if product.startswith("A") else "toys"
                found.append(
                    f"{order},{at} 1{number}:00,{product},Name {product},2,5.00,c{number},{category}"
                )
    return found


def write(path: Path, lines: list[str], header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def read(path: Path | list[Path], rejected: Path | None = None, **settings: object) -> Orders:
    paths = path if isinstance(path, list) else [path]
    return read_orders(paths, OrderSettings(**settings), rejected_to=rejected)  # type: ignore[arg-type]


def quantities(orders: Orders, series: str) -> list[float]:
    return orders.demand.filter(pl.col("series_id") == series)["quantity"].to_list()


@dataclass
class Made:
    table: pl.DataFrame
    chosen: pl.DataFrame
    sums: pl.DataFrame


def mean_forecast(
    demand: pl.DataFrame, series: pl.DataFrame, *, horizon, freq, seed=0, features=None, config=None
) -> Made:
    """The mean of all periods, with quantiles around it."""
    ahead = next_periods(demand["period_start"].max(), freq, horizon)
    means = demand.group_by("series_id", maintain_order=True).agg(pl.col("quantity").mean().alias("mean"))
    table = means.join(pl.DataFrame({"period_start": ahead}), how="cross").with_columns(
        (pl.col("mean") * float(np.exp(share - 0.5))).alias(name) for name, share in QUANTILES.items()
    )
    chosen = series.select(
        "series_id", pl.lit("Mean").alias("model"), pl.lit(0.5).alias("error"), pl.lit("given").alias("why")
    )
    table = table.select(list(FORECAST))
    sums = table.sort("series_id", "period_start").select(
        "series_id",
        pl.int_range(1, pl.len() + 1).over("series_id").alias("periods"),
        *(pl.col(name).cum_sum().over("series_id") for name in ("mean", *QUANTILES)),
    )
    return Made(table, chosen, sums)
