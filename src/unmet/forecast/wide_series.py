"""Wide tables → demand series (:mod:`unmet.forecast.wide_tables` reads their cells)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

import polars as pl

from unmet.core.errors import InputError
from unmet.core.files import atomic_path
from unmet.forecast.demand_series import SALES, build_series
from unmet.forecast.orders import Orders
from unmet.forecast.outliers import CAPPED
from unmet.forecast.periods import first_day, last_day, next_periods, parse_horizon, period_range
from unmet.forecast.product_facts import ProductFacts, read_items
from unmet.forecast.settings import OrderSettings
from unmet.forecast.shop_calendar import Calendar, closed_periods
from unmet.forecast.tables import FREQUENCIES
from unmet.forecast.wide_tables import WideTable, read_columns, read_rows
from unmet.ingest.sources import Source, open_sources

WIDE = ("rows", "columns")


def read_wide(
    inputs: Sequence[str | Path], settings: OrderSettings, *, rejected_to: Path | None = None
) -> Orders:
    """Read one wide table as demand series.

    Empty cells before a product's first sale are the time before its launch; later ones are periods
    that nobody measured. Negative cells are net returns and count as 0; both are counted.

    Raises:
        InputError: several tables, no period columns, no way to tell when the periods were, or no sale.
    """
    if settings.wide not in WIDE:
        raise InputError(f"no --wide {settings.wide!r}", hint="Use rows (one per product) or columns.")
    sources = open_sources(inputs)
    if len(sources) > 1:
        raise InputError("--wide takes one table", hint=f"Found {len(sources)}; name one file or sheet.")
    source = sources[0]
    wide = read_rows(source, settings) if settings.wide == "rows" else read_columns(source, settings)
    freq, periods = _periods(wide, settings, source.name)
    orders = _orders(wide, freq, periods, settings, source)
    if rejected_to is not None:
        with atomic_path(rejected_to) as temporary:
            wide.rejected.write_parquet(temporary)
    return orders


def _periods(wide: WideTable, settings: OrderSettings, where: str) -> tuple[str, list[date]]:
    """Frequency and first days of the periods."""
    if wide.dates is None:
        if settings.start is None or settings.freq is None:
            raise InputError(
                "the periods have no dates",
                where=where,
                hint="Give --start DATE (the first period) and --freq D, W-MON or MS.",
            )
        start = first_day(settings.start, settings.freq)
        return settings.freq, [start, *next_periods(start, settings.freq, wide.n_periods - 1)]
    freq = settings.freq or _freq_of(wide.dates, where)
    periods = [first_day(day, freq) for day in wide.dates]
    if len(set(periods)) < len(periods):
        twice = next(day for day in periods if periods.count(day) > 1)
        raise InputError(f"the period of {twice} is there twice", where=where, hint="Sum or remove one.")
    return freq, periods


def _freq_of(dates: list[date], where: str) -> str:
    steps = sorted((b - a).days for a, b in pairwise(dates))
    if not steps or steps[0] == 0:
        raise InputError(
            "periods are there twice, or there is only one", where=where, hint="Sum or remove them."
        )
    usual = steps[len(steps) // 2]
    freq = {1: "D", 7: "W-MON"}.get(usual) or ("MS" if 28 <= usual <= 31 else None)
    if freq is None:
        raise InputError(
            f"periods are {usual} days apart", where=where, hint=f"Use {', '.join(FREQUENCIES)}."
        )
    return freq


def _orders(
    wide: WideTable, freq: str, periods: list[date], settings: OrderSettings, source: Source
) -> Orders:
    days = pl.DataFrame({"place": range(len(periods)), "day": periods}, schema_overrides={"place": pl.Int64})
    cells = wide.cells.join(days, on="place")
    n_negative = int((cells["quantity"] < 0).sum())
    n_empty = int(cells["quantity"].null_count())
    cells = cells.with_columns(pl.col("quantity").clip(lower_bound=0))
    if not float(cells["quantity"].sum() or 0) > 0:
        raise InputError(
            "every quantity is 0 or empty", where=source.name, hint="Check --wide and the columns."
        )
    never = cells.group_by("product").agg(pl.col("quantity").sum()).filter(pl.col("quantity") <= 0)
    gaps = cells.filter(pl.col("quantity").is_null()).select("product", pl.col("day").alias("period_start"))
    sales = _as_sales(cells)
    calendar = _calendar(cells, periods, freq, settings)
    facts = ProductFacts()
    facts.add(wide.facts)
    items = read_items(settings.items, settings.mapping) if settings.items else None
    products = facts.table(wide.facts["product"].drop_nulls(), items)
    built = build_series(sales, products, calendar, levels=settings.levels, unobserved=gaps, keep_unsold=True)
    horizon = parse_horizon(settings.horizon).periods(freq) if settings.horizon is not None else None
    quality = {
        "rows_in": wide.cells["product"].n_unique() if settings.wide == "rows" else wide.n_periods,
        "rows_kept": wide.cells["product"].n_unique() if settings.wide == "rows" else wide.n_periods,
        "rejected": {
            reason: {"count": n, "meaning": "the row cannot be read"}
            for reason, n in wide.rejected["reason"].value_counts(sort=True).iter_rows()
        },
        "sources": [{"name": source.name, "sha256": source.sha256, **wide.notes}],
        "negative_cells_as_zero": n_negative,
        "empty_cells": n_empty,
        "products_never_sold": never.height,
        "capped": {"lines": 0, "units": 0.0, "largest": []},
        "periods": {
            "freq": freq, "why": "asked for" if settings.freq else "the dates of the table",
            "n": len(calendar.periods), "first": calendar.periods[0].isoformat(),
            "last": calendar.periods[-1].isoformat(), "as_of": calendar.as_of.isoformat(),
            "closed": [day.isoformat() for day in calendar.closed], "first_is_partial": False,
            "last_dropped": {"from": None, "lines": 0, "units": 0.0},
            "zeros_filled": built.n_filled, "closed_marked": built.n_closed,
        },
        "series": dict(built.series["level"].value_counts(sort=True).iter_rows()),
        "units_sold": float(sales["quantity"].sum()),
    }  # fmt: skip
    return Orders(
        built.demand, built.series, built.parts, freq, horizon, quality, pl.DataFrame(schema=CAPPED)
    )


def _as_sales(cells: pl.DataFrame) -> pl.DataFrame:
    sold = cells.with_columns(pl.col("quantity").fill_null(0.0))
    zero = pl.lit(0.0)
    return sold.select(
        "product",
        pl.lit(None, dtype=pl.String).alias("segment"),
        "day",
        "quantity",
        zero.alias("revenue"),
        zero.alias("priced"),
        zero.alias("promoted"),
        zero.alias("told"),
        (pl.col("quantity") > 0).cast(pl.Int64).alias("n_lines"),
    ).select(list(SALES))


def _calendar(cells: pl.DataFrame, periods: list[date], freq: str, settings: OrderSettings) -> Calendar:
    lines = cells.group_by("day").agg((pl.col("quantity") > 0).sum().cast(pl.Int64).alias("n_lines"))
    every = period_range(periods[0], periods[-1], freq)
    closed = closed_periods(lines.filter(pl.col("n_lines") > 0), every, freq, settings.closed_from_lines)
    return Calendar(freq, every, closed, False, None, last_day(periods[-1], freq))
