"""Young products of a shop: which they are, their launch forecasts, and the hand-over to their own sales."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from unmet.core.errors import InputError
from unmet.forecast.forecasting import Forecasts
from unmet.forecast.launch import LaunchForecasts, forecast_launches
from unmet.forecast.launch_history import MIN_EXAMPLES, describe, past_launches
from unmet.forecast.launch_model import LaunchConfig, LaunchModel, fit_launches
from unmet.forecast.numbers import decimal_comma, to_numbers
from unmet.forecast.orders import Orders
from unmet.forecast.product_facts import item_cells
from unmet.forecast.tables import ITEMS, QUANTILES
from unmet.forecast.young import OWN_PERIODS, Handover, first_units, fit_handover, hand_over

_FIELDS = ("product", "name", "category", "price")


@dataclass(frozen=True, slots=True)
class YoungResult:
    """Forecasts with young products handed over, and what the manifest says of it.

    ``told``: ``products`` (young ones), ``handed_over``, and either ``why_not`` or ``strength``, ``power``,
    ``learned_from``, ``launches_seen``.
    """

    made: Forecasts
    told: dict[str, Any]


def read_item_texts(path: str | Path, mapping: Mapping[str, str]) -> pl.DataFrame:
    """Schema ITEMS of the table given with ``--items``: its names as texts, categories and prices.

    Raises:
        InputError, MappingError: see :func:`~unmet.forecast.product_facts.item_cells`.
    """
    frames = [
        frame.with_columns(to_numbers(frame["price"], decimal_comma(frame["price"])).alias("price"))
        for frame in item_cells(path, mapping, _FIELDS)
    ]
    price = pl.col("price").cast(pl.Float64)
    return (
        pl.concat(frames, how="vertical_relaxed")
        .drop_nulls("product")
        .select(
            pl.col("product").alias("series_id"),
            pl.col("name").alias("text"),
            pl.when(price > 0).then(price).alias("price"),
            "category",
            pl.lit(None, dtype=pl.Date).alias("launch_at"),
        )
        .unique("series_id", keep="first", maintain_order=True)
    )


def handed_over(made: Forecasts, orders: Orders, items: pl.DataFrame | None, *, seed: int = 0) -> YoungResult:
    """Move forecasts of products with OWN_PERIODS or fewer periods towards their launch forecasts.

    Products with neither text nor price nor category stay as they are.

    Args:
        made: forecasts by the normal models.
        orders: what they were made from.
        items: schema ITEMS; None: names and categories of the orders serve.
        seed: of the launch model.
    """
    ages = young_ages(orders)
    told: dict[str, Any] = {"products": ages.height, "handed_over": 0}
    if ages.is_empty():
        return YoungResult(made, told)
    described = described_items(orders, items, ages["series_id"])
    if described.is_empty():
        return YoungResult(made, told | {"why_not": "they have neither text nor price nor category"})
    horizon = orders.horizon or 1
    try:
        model = launch_model(orders, items, ages["series_id"], seed)
    except InputError as error:
        return YoungResult(made, told | {"why_not": error.what})
    last = orders.demand["period_start"].max()
    launch = forecast_launches(described, model, last_period=last, freq=orders.freq)  # type: ignore[arg-type]
    rule = handover_rule(model, orders.demand, horizon)
    table = hand_over(made.table, launch.table, ages, rule)
    sums = hand_over(made.sums, launch_sums(launch, horizon, made.sums), ages, rule)
    seen = int((~model.examples.established).sum())
    told |= {
        "handed_over": described.height, "strength": round(rule.strength, 4), "power": rule.power,
        "learned_from": model.examples.started.size, "launches_seen": seen,
    }  # fmt: skip
    return YoungResult(replace(made, table=table, sums=sums), told)


def young_ages(orders: Orders) -> pl.DataFrame:
    """``series_id, n_periods`` (observed, from the first sale on) of products with OWN_PERIODS or fewer.

    Products sold in the first period of the data are not young: when they were launched is not known.
    """
    first = orders.demand["period_start"].min()
    products = orders.series.filter(pl.col("level") == "product").select("series_id")
    began = orders.demand.filter(pl.col("quantity") > 0).group_by("series_id").agg(
        pl.col("period_start").min().alias("began")
    )  # fmt: skip
    counted = (
        orders.demand.join(products, on="series_id", how="semi")
        .join(began, on="series_id")
        .filter(pl.col("period_start") >= pl.col("began"), pl.col("began") > first)
        .group_by("series_id")
        .agg(pl.col("observed").sum().cast(pl.Int64).alias("n_periods"))
    )
    return counted.filter(pl.col("n_periods") <= OWN_PERIODS).sort("series_id")


def described_items(orders: Orders, items: pl.DataFrame | None, ids: pl.Series) -> pl.DataFrame:
    """Schema ITEMS of products of which something is known; prices not told are those of the first sale."""
    paid = orders.demand.drop_nulls("price").sort("period_start").group_by("series_id").agg(
        pl.col("price").first().alias("paid")
    )  # fmt: skip
    table = describe(orders.series, items).filter(pl.col("series_id").is_in(ids.implode()))
    table = table.join(paid, on="series_id", how="left", maintain_order="left").with_columns(
        pl.coalesce("price", "paid").alias("price"),
        pl.when(pl.col("text") != pl.col("series_id")).then("text").alias("text"),
        pl.lit(None, dtype=pl.Date).alias("launch_at"),
    )
    known = ~pl.all_horizontal(pl.col("text", "price", "category").is_null())
    return table.filter(known).select(ITEMS.keys())


def launch_model(orders: Orders, items: pl.DataFrame | None, young: pl.Series, seed: int) -> LaunchModel:
    """Fitted on products that are no longer young: a product must not be its own neighbour.

    Raises:
        InputError: there are too few of them.
    """
    past = past_launches(orders.demand, orders.series, items, horizon=orders.horizon or 1)
    grown = ~past.items["series_id"].is_in(young.implode()).to_numpy()
    if grown.sum() < MIN_EXAMPLES:
        raise InputError(
            f"only {int(grown.sum())} products are older; a launch forecast needs {MIN_EXAMPLES}"
        )
    return fit_launches(past.rows(np.flatnonzero(grown)), LaunchConfig(seed=seed))


def handover_rule(model: LaunchModel, demand: pl.DataFrame, horizon: int) -> Handover:
    """Fitted on launches that were seen, at the ages of young products."""
    seen = np.flatnonzero(~model.examples.established)
    if not seen.size:
        return Handover()
    units = first_units(demand, model.examples.items["series_id"].gather(seen), OWN_PERIODS + horizon)
    return fit_handover(model.out_of_fold[seen], units, horizon=horizon)


def launch_sums(launch: LaunchForecasts, horizon: int, like: pl.DataFrame) -> pl.DataFrame:
    """Sums over the first 1, 2, … periods: the whole horizon's quantiles, by the mean's share until then."""
    running = launch.table.sort("series_id", "period_start").select(
        "series_id",
        pl.int_range(1, pl.len() + 1).over("series_id").cast(like.schema["periods"]).alias("periods"),
        (pl.col("mean").cum_sum() / pl.col("mean").sum()).over("series_id").fill_nan(1.0).alias("share"),
    )
    numbers = ["mean", *QUANTILES]
    joined = running.filter(pl.col("periods") <= horizon).join(launch.totals, on="series_id")
    return joined.with_columns(pl.col(numbers) * pl.col("share")).select(like.columns)
