"""Products that were never sold, in the forecast folder.

``forecast.csv`` gets their rows and ``series.csv`` their names, at a level of their own (``new``):
categories and totals are those of the products with a history and do not contain them. ``new_totals.csv``
holds the whole first horizon, ``new_reasons.csv`` the known products that each guess leans on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from unmet.core.errors import InputError
from unmet.core.hashing import file_hash
from unmet.forecast.inventory.folder import NEW
from unmet.forecast.inventory.safe_cells import write_safe_csv
from unmet.forecast.orders import Orders
from unmet.forecast.tables import SERIES


@dataclass(frozen=True, slots=True)
class Launched:
    """Forecasts of a file of new products, the products, and what was corrected in the file."""

    path: Path
    forecasts: Any
    products: pl.DataFrame
    counts: dict[str, int]


def forecast_launches_of(path: str | Path, orders: Orders, seed: int) -> Launched:
    """Read a table of new products and forecast their launches from the products of some orders.

    Raises:
        InputError: the table cannot be used, there is no level of products, or the orders hold too few
            launches to learn from.
    """
    from unmet.forecast.launch import forecast_new
    from unmet.forecast.launch_items import read_products

    products, counts = read_products(path)
    known = orders.series.filter(pl.col("level") == "product")
    if known.is_empty():
        raise InputError("new products are learned from products", hint="Add product to --level.")
    sold = orders.demand.join(known.select("series_id"), on="series_id", how="semi")
    forecasts = forecast_new(products, sold, known, horizon=orders.horizon or 1, freq=orders.freq, seed=seed)
    return Launched(Path(path), forecasts, products, counts)


def with_launches(
    folder: Path, table: pl.DataFrame, orders: Orders, launched: Launched
) -> tuple[pl.DataFrame, Orders, dict[str, Any]]:
    """Tables of the folder with the new products, and what the manifest says of them."""
    made = launched.forecasts
    write_safe_csv(folder / "new_totals.csv", made.totals)
    write_safe_csv(folder / "new_reasons.csv", made.reasons)
    rows = launched.products.select(
        "series_id",
        pl.lit(NEW).alias("level"),
        pl.coalesce("text", "series_id").alias("name"),
        "category",
        pl.lit(None, dtype=pl.Date).alias("first_sale"),
    ).cast(SERIES)  # type: ignore[arg-type]
    whole = pl.concat([table, made.table.select(table.columns)]).sort("series_id", "period_start")
    told = {
        "new_products": {
            "file": launched.path.name,
            "sha256": file_hash(launched.path),
            "products": launched.products.height,
            "corrections": launched.counts,
            "learned_from": made.n_examples[0],
            "launches_seen": made.n_examples[1],
        }
    }
    return whole, replace(orders, series=pl.concat([orders.series.select(*SERIES), rows])), told
