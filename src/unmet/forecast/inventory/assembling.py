"""Forecast, stock and costs of the same products, side by side; products that lack one are listed, not
lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from unmet.core.errors import InputError
from unmet.core.tables import conform
from unmet.forecast.inventory.column_names import COSTS
from unmet.forecast.inventory.folder import ForecastFolder
from unmet.forecast.inventory.policies import Array, Terms
from unmet.forecast.inventory.products import LEFT_OUT, ProductRows

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class RestockConfig:
    """How orders are made. Durations are in days."""

    lead_time: float | None = None  # None: every product has its own in the cost file
    lead_time_sd: float = 0.0
    review: float | None = None  # None: one period of the forecast
    service_level: float | None = None  # None: the costs decide
    fill_rate: bool = False  # the service level is a share of demand, not of review periods
    budget: float | None = None  # money for all orders together
    lost_sales: bool = False  # customers who find no stock do not wait
    holding_rate: float = 0.25  # of the unit cost per year, where the cost file has no holding cost
    missing_stock: str = "skip"  # or "zero": what a product without a stock row has
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Stock:
    """Stock of every product in units, shape (n_products,)."""

    on_hand: Array
    on_order: Array
    backorders: Array

    @property
    def position(self) -> Array:
        """On hand and on order less what is owed."""
        return self.on_hand + self.on_order - self.backorders


@dataclass(frozen=True, slots=True)
class Products:
    """Everything that orders are made from, product by product in one order.

    ``places``: rows in the forecast folder's arrays; lead times and shelf life in periods (shelf life
    infinite where nothing goes off).
    """

    ids: list[str]
    names: list[str]
    places: np.ndarray[tuple[int], np.dtype[np.int64]]
    stock: Stock
    terms: Terms
    price: Array
    lead_time: Array
    lead_time_sd: Array
    review: float
    shelf_life: Array
    left_out: pl.DataFrame
    counts: dict[str, int]


def assemble(
    folder: ForecastFolder, stock: ProductRows, costs: ProductRows | None, config: RestockConfig
) -> Products:
    """Join the three by product id.

    Raises:
        InputError: no product is left, or there is neither a lead time nor a rule how much is enough.
    """
    forecast = pl.DataFrame({"product": folder.ids, "place": np.arange(len(folder.ids))})
    how: Literal["left", "inner"] = "left" if config.missing_stock == "zero" else "inner"
    table = forecast.join(stock.rows, on="product", how=how, maintain_order="left")
    if costs is not None:
        table = table.join(costs.rows.drop("file", "row"), on="product", how="left", maintain_order="left")
    table, derived = _with_terms(table, folder, config)
    lost = [stock.left_out, _unmatched(forecast, stock, costs, table, config)]
    lost += [costs.left_out] if costs is not None else []
    table, unusable = _usable(table, config)
    table, doubled = _cases(table)
    if not table.height:
        raise InputError(
            "no product has a forecast, a stock row and costs",
            hint="Ids must be written alike in all files; see `left_out` with --json.",
        )
    counts = {
        "in_forecast": len(folder.ids),
        "in_stock": stock.n_rows,
        "merged_rows": stock.n_merged,
        **derived,
    }
    counts |= {"in_costs": costs.n_rows, "merged_costs": costs.n_merged} if costs is not None else {}
    return _products(folder, table, pl.concat([*lost, unusable, doubled]), counts, config)


def _with_terms(
    table: pl.DataFrame, folder: ForecastFolder, config: RestockConfig
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Fill what can be worked out: shortage from price and cost, holding from the unit cost."""
    table = table.with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in COSTS if name not in table.columns
    )
    years = folder.period_days / DAYS_PER_YEAR
    counts = table.select(
        (pl.col("shortage").is_null() & (pl.col("price") > pl.col("unit_cost")))
        .sum()
        .alias("shortage_from_margin"),
        (pl.col("holding").is_null() & pl.col("unit_cost").is_not_null()).sum().alias("holding_from_rate"),
    ).row(0, named=True)
    return (
        table.with_columns(
            pl.coalesce("shortage", pl.col("price") - pl.col("unit_cost")).alias("shortage"),
            pl.coalesce(
                "holding", pl.col("unit_cost") * pl.col("holding_rate").fill_null(config.holding_rate) * years
            ).alias("holding"),
            pl.col("order_cost").fill_null(0.0),
            pl.col("pack").fill_null(1.0).alias("pack_or_one"),
            pl.col("minimum").fill_null(0.0),
            pl.coalesce("lead_time", pl.lit(config.lead_time, pl.Float64)).alias("lead_time"),
            pl.coalesce("lead_time_sd", pl.lit(config.lead_time_sd, pl.Float64)).alias("lead_time_sd"),
        ),
        {key: int(value or 0) for key, value in counts.items()},
    )


def _unmatched(
    forecast: pl.DataFrame,
    stock: ProductRows,
    costs: ProductRows | None,
    table: pl.DataFrame,
    config: RestockConfig,
) -> pl.DataFrame:
    known = set(forecast["product"])
    named = {row["product"] for row in stock.rows.iter_rows(named=True)} | set(stock.left_out["product"])
    rows = [
        (r["product"], "no_forecast", "in the stock file, not in the forecast", r["file"], r["row"])
        for r in stock.rows.iter_rows(named=True)
        if r["product"] not in known
    ]
    if config.missing_stock == "skip":
        absent = [product for product in forecast["product"] if product not in named]
        rows += [(p, "no_stock_row", "in the forecast, not in the stock file", None, None) for p in absent]
    if costs is not None:
        extra = costs.rows.filter(~pl.col("product").is_in(forecast["product"].implode()))
        rows += [(r["product"], "no_forecast", "in the cost file, not in the forecast", r["file"], r["row"])
                 for r in extra.iter_rows(named=True)]  # fmt: skip
    return pl.DataFrame(rows, schema=LEFT_OUT, orient="row")


def _usable(table: pl.DataFrame, config: RestockConfig) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Products with all that a decision needs; the others with the first thing that they lack."""
    shortage, holding = pl.col("shortage"), pl.col("holding")
    no_lead = pl.col("lead_time").is_null()
    reason: Any = pl.when(no_lead).then(pl.lit("no_lead_time"))
    detail: Any = pl.when(no_lead).then(pl.lit("no lead time in the cost file; give --lead-time"))
    tests: list[tuple[pl.Expr, str, str]] = []
    below = shortage.is_not_null() & (shortage < 0)
    if config.service_level is None:
        tests += [
            (below, "price_below_cost", "the price is below the cost and no shortage cost is given"),
            (
                shortage.is_null() | holding.is_null(),
                "no_cost",
                "neither shortage cost nor price and cost, or no holding cost",
            ),
            (shortage + holding <= 0, "no_cost", "shortage and holding cost are both zero"),
        ]
    if config.budget is not None:
        tests.append((pl.col("unit_cost").is_null(), "no_unit_cost", "a budget needs the unit cost"))
        tests.append(
            (
                shortage.is_null() | holding.is_null() | below,
                "no_cost",
                "a budget needs shortage and holding cost",
            )
        )
    for test, code, said in tests:
        reason, detail = reason.when(test).then(pl.lit(code)), detail.when(test).then(pl.lit(said))
    judged = table.with_columns(reason.alias("reason"), detail.alias("detail"))
    judged = judged.with_columns(pl.when(shortage >= 0).then(shortage).alias("shortage"))
    bad = judged.filter(pl.col("reason").is_not_null())
    return judged.filter(pl.col("reason").is_null()), _as_left_out(bad)


def _cases(table: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Stock counted in cases becomes units, where the pack size is known; rows of a product are added up."""
    unknown = pl.col("in_cases").fill_null(False) & pl.col("pack").is_null()
    said = pl.lit("stock is counted in cases, and the cost file has no pack size")
    bad = table.filter(unknown).with_columns(pl.lit("unknown_unit").alias("reason"), said.alias("detail"))
    size = pl.when(pl.col("in_cases").fill_null(False)).then(pl.col("pack")).otherwise(1.0)
    units = table.with_columns(pl.col(c).fill_null(0.0) * size for c in ("on_hand", "on_order", "backorders"))
    lacking = bad["product"].implode()
    units = units.filter(~pl.col("product").is_in(lacking)).with_columns(
        pl.col("on_hand", "on_order", "backorders").sum().over("product")
    )
    return units.unique("product", keep="first", maintain_order=True), _as_left_out(bad)


def _as_left_out(rows: pl.DataFrame) -> pl.DataFrame:
    return conform(rows.select(list(LEFT_OUT)), LEFT_OUT, name="left_out")


def _products(
    folder: ForecastFolder,
    table: pl.DataFrame,
    left_out: pl.DataFrame,
    counts: dict[str, int],
    config: RestockConfig,
) -> Products:
    def column(name: str) -> Array:
        return table[name].cast(pl.Float64).fill_null(np.nan).to_numpy().astype(float)

    days = folder.period_days
    names = dict(folder.series.select("series_id", pl.coalesce("name", "series_id")).iter_rows())
    salvage = np.nan_to_num(column("salvage"))
    terms = Terms(
        shortage=column("shortage"),
        holding=column("holding"),
        unit_cost=column("unit_cost"),
        waste=np.maximum(np.nan_to_num(column("unit_cost")) - salvage, 0.0),
        order_cost=column("order_cost"),
        pack=column("pack_or_one"),
        minimum=column("minimum"),
    )
    return Products(
        ids=table["product"].to_list(),
        names=[str(names.get(p) or p) for p in table["product"]],
        places=table["place"].to_numpy().astype(np.int64),
        stock=Stock(column("on_hand"), column("on_order"), column("backorders")),
        terms=terms,
        price=column("price"),
        lead_time=column("lead_time") / days,
        lead_time_sd=column("lead_time_sd") / days,
        review=(config.review or days) / days,
        shelf_life=np.where(np.isnan(column("shelf_life")), np.inf, column("shelf_life") / days),
        left_out=left_out,
        counts={**counts, "ordered_from": table.height, "left_out": left_out.height},
    )
