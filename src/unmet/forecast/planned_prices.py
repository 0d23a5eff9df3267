"""Prices and promotions that are planned (`--prices planned.csv`), and demand freed of past ones.

With a plan, models forecast what would have sold at usual prices without promotions; the result is multiplied
by what the planned ones do (decision 0159).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.errors import InputError, MappingError
from unmet.forecast.demand_series import DECIMALS
from unmet.forecast.drivers import Drivers
from unmet.forecast.numbers import decimal_comma, to_numbers
from unmet.forecast.order_columns import find_columns
from unmet.forecast.order_lines import promoted, read_times, stripped
from unmet.forecast.periods import start_of
from unmet.forecast.tables import QUANTILES
from unmet.ingest.delimited_blocks import quick_chunks
from unmet.ingest.plans import SAMPLE_ROWS, open_table
from unmet.ingest.sources import open_sources
from unmet.ingest.times import day_order

Floats = NDArray[np.float64]

_FIELDS = ("product", "time", "price", "promotion")
_HINT = "It takes the columns product, date, price and promotion; one of the last two may be missing."


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planned, in the terms of the drivers.

    Attributes:
        price: log of the price over the usual one ``(N, H)``, in the order of the drivers' ids.
        promotion: share of units under a promotion ``(N, H)``.
        rows: rows that were used.
        unknown: products of the file without a forecast.
        outside: rows of periods that are not forecast.
    """

    price: Floats
    promotion: Floats
    rows: int
    unknown: tuple[str, ...]
    outside: int


def read_planned(path: str | Path, freq: str, mapping: Mapping[str, str] | None = None) -> pl.DataFrame:
    """Planned prices and promotions as ``product, period_start, price, promotion``; null where not planned.

    Several rows of a product in one period (days of a week) count as their mean.

    Args:
        path: table with a product, a day, and a price or a promotion or both.
        freq: periods of the forecast.
        mapping: our field → the file's column.

    Raises:
        InputError, MappingError: a column is missing, or a row has no product, no day, or a price that is
            not above 0.
    """
    frames = []
    for source in open_sources([str(path)]):
        table = open_table(source)
        first = next(iter(table.chunks(table.columns, SAMPLE_ROWS)), None)
        if first is None:
            continue
        own = {f: c for f, c in (mapping or {}).items() if f in _FIELDS and c in table.columns}
        columns = find_columns(first.frame, own, required=("product", "time"), where=source.name).columns
        if "price" not in columns and "promotion" not in columns:
            raise MappingError("no column holds a planned price or promotion", where=source.name, hint=_HINT)
        used = {f: c for f, c in columns.items() if f in _FIELDS}
        chunks = [chunk.frame for chunk in quick_chunks(table, list(used.values()), 100_000)]
        if chunks:
            frames.append(_typed(pl.concat(chunks), used, source.name))
    rows = pl.concat(frames) if frames else pl.DataFrame()
    if rows.is_empty():
        raise InputError("no price is planned: the table has no rows", where=str(path), hint=_HINT)
    return (
        rows.group_by("product", start_of(pl.col("day"), freq).alias("period_start"))
        .agg(pl.col("price").mean(), pl.col("promotion").mean())
        .sort("product", "period_start")
    )


def _typed(frame: pl.DataFrame, used: Mapping[str, str], where: str) -> pl.DataFrame:
    times = frame[used["time"]]
    empty = pl.Series([None] * frame.height, dtype=pl.Float64)
    raw_price = stripped(frame[used["price"]]) if "price" in used else None
    typed = pl.DataFrame(
        {
            "product": stripped(frame[used["product"]]),
            "day": read_times(times, day_order(times).day_first, None).dt.date(),
            "price": empty if raw_price is None else to_numbers(raw_price, decimal_comma(raw_price)),
            "promotion": promoted(frame[used["promotion"]]) if "promotion" in used else empty,
        }
    )
    said = raw_price.is_not_null() if raw_price is not None else pl.repeat(False, frame.height, eager=True)
    wrong = typed.with_columns(said.alias("said")).with_row_index("at").filter(
        pl.any_horizontal(pl.col("product", "day").is_null())
        | (pl.col("said") & ~(pl.col("price") > 0).fill_null(False))
    )  # fmt: skip
    if wrong.height:
        row = wrong.row(0, named=True)
        what = next((name for name in ("product", "day") if row[name] is None), "price above 0")
        raise InputError(f"row {row['at'] + 1} has no {what}", where=where, hint=_HINT)
    return typed


def plan_for(drivers: Drivers, planned: pl.DataFrame, where: str) -> Plan:
    """A table of plans in the terms of the drivers; what is not planned goes on as of late.

    Args:
        drivers: effects and usual prices.
        planned: as of :func:`read_planned`.
        where: name of the file, for messages.

    Raises:
        InputError: what is planned has no known effect, or no row fits a product and period.
    """
    for name, effect in (("price", drivers.price), ("promotion", drivers.promotion)):
        if planned[name].null_count() < planned.height and effect.estimate is None:
            raise InputError(
                f"the effect of a planned {name} cannot be told",
                where=where,
                hint=f"{effect.to_dict()['why_not']}; leave out the column or forecast without --prices.",
            )
    price, promotion = drivers.ahead()
    row_of = {name: row for row, name in enumerate(drivers.ids)}
    ahead = drivers.periods[-drivers.horizon :]
    column_of = {day: column for column, day in enumerate(ahead)}
    unknown: dict[str, None] = {}
    rows = outside = 0
    for product, period, cost, share in planned.iter_rows():
        row, column = row_of.get(product), column_of.get(period)
        if row is None or (cost is not None and np.isnan(drivers.usual_price[row])):
            unknown[product] = None
        elif column is None:
            outside += 1
        else:
            rows += 1
            if cost is not None:
                price[row, column] = drivers.log_price(row, cost)
            if share is not None:
                promotion[row, column] = share
    if not rows:
        raise InputError(
            "no row fits a product with a price and a period of the forecast",
            where=where,
            hint=f"Products as in the orders ({drivers.ids[0]} …), days from {ahead[0]} to "
            f"{drivers.last_day.isoformat()}.",
        )
    return Plan(price, promotion, rows, tuple(unknown), outside)


def freed_demand(demand: pl.DataFrame, parts: pl.DataFrame, drivers: Drivers) -> pl.DataFrame:
    """DEMAND as it would have been at usual prices without promotions.

    Series that are sums of products become sums of the freed ones. Prices and promotions are left out, so
    that no model counts their effect again.

    Args:
        demand: DEMAND.
        parts: ``parent, child``.
        drivers: fitted on it.
    """
    factor = drivers.factor(drivers.data.price, drivers.data.promotion)
    n_periods = factor.shape[1]
    factors = pl.DataFrame(
        {
            "series_id": np.repeat(drivers.ids, n_periods),
            "period_start": drivers.periods[:n_periods] * len(drivers.ids),
            "factor": factor.reshape(-1),
        }
    )
    nothing = pl.lit(None, dtype=pl.Float64)
    freed = (
        demand.join(factors, on=["series_id", "period_start"], how="left", maintain_order="left")
        .with_columns((pl.col("quantity") / pl.col("factor").fill_null(1.0)).round(DECIMALS))
        .with_columns(nothing.alias("price"), nothing.alias("promotion"))
        .drop("factor")
    )
    sums = (
        parts.unique()
        .join(freed.select("series_id", "period_start", "quantity"), left_on="child", right_on="series_id")
        .group_by(pl.col("parent").alias("series_id"), "period_start")
        .agg(pl.col("quantity").sum().round(DECIMALS).alias("summed"))
    )
    return (
        freed.join(sums, on=["series_id", "period_start"], how="left", maintain_order="left")
        .with_columns(pl.coalesce("summed", "quantity").alias("quantity"))
        .select(demand.columns)
    )


def with_plan(forecast: pl.DataFrame, parts: pl.DataFrame, drivers: Drivers, plan: Plan) -> pl.DataFrame:
    """Forecasts of freed demand, multiplied by what planned prices and promotions do.

    A series that is a sum of products moves as their sum does.

    Args:
        forecast: FORECAST of freed demand.
        parts: ``parent, child``.
        drivers: as used for freeing.
        plan: in their terms.
    """
    horizon = drivers.horizon
    factors = pl.DataFrame(
        {
            "series_id": np.repeat(drivers.ids, horizon),
            "period_start": drivers.periods[-horizon:] * len(drivers.ids),
            "factor": drivers.factor(plan.price, plan.promotion).reshape(-1),
        }
    )
    keys = ["series_id", "period_start"]
    table = forecast.join(factors, on=keys, how="left", maintain_order="left")
    weight = pl.col("mean").sum()
    sums = (
        parts.unique()
        .join(table.select(*keys, "mean", "factor"), left_on="child", right_on="series_id")
        .group_by(pl.col("parent").alias("series_id"), "period_start")
        .agg(
            pl.when(weight > 0).then((pl.col("mean") * pl.col("factor")).sum() / weight)
            .otherwise(pl.col("factor").mean()).alias("summed")
        )
    )  # fmt: skip
    table = table.join(sums, on=keys, how="left", maintain_order="left")
    by = pl.coalesce("summed", "factor").fill_null(1.0)
    return table.with_columns(pl.col("mean", *QUANTILES) * by).select(forecast.columns)
