"""Cells of wide tables: one row per product and a column per period, or the other way round."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from unmet.core.errors import InputError
from unmet.core.tables import REJECTED
from unmet.forecast.numbers import decimal_comma, to_numbers, without_units
from unmet.forecast.order_columns import find_columns
from unmet.forecast.order_lines import read_times, stripped
from unmet.forecast.settings import OrderSettings
from unmet.ingest.delimited_blocks import quick_chunks
from unmet.ingest.headers import plain_name
from unmet.ingest.order_names import ORDER_NAMES
from unmet.ingest.plans import open_table
from unmet.ingest.sources import Source
from unmet.ingest.times import day_order

_NUMBERED = re.compile(r"^(.*?)(\d+)$")
_MIN_PERIODS = 2
_MOSTLY = 0.5
_EMPTY = r"(?i)^(?:na|nan|null|none|-|n/a|)$"
MAX_WIDE_COLUMNS = 100_000


@dataclass(frozen=True, slots=True)
class WideTable:
    """Cells of one table: ``product, place`` (of the period), ``quantity`` (null where empty)."""

    cells: pl.DataFrame
    dates: list[date] | None  # of the periods, where the table has them
    n_periods: int
    facts: pl.DataFrame  # product, name, category, need
    notes: dict[str, Any]
    rejected: pl.DataFrame


def _read(source: Source) -> tuple[pl.DataFrame, pl.DataFrame]:
    table = open_table(source, max_columns=MAX_WIDE_COLUMNS)
    frames, rejected = [], []
    for chunk in quick_chunks(table, table.columns, 50_000):
        frames.append(chunk.frame)
        rejected += [(source.name, r.row, r.reason, r.detail, r.text) for r in chunk.rejected]
    if not frames or not pl.concat(frames).height:
        raise InputError("has a header but no rows", where=source.name, hint="Export it again.")
    frame = pl.concat(frames)
    if table.facts.get("header") is False:
        frame = _with_first_row_as_names(frame)
    return frame, pl.DataFrame(rejected, schema=REJECTED, orient="row")


def _with_first_row_as_names(frame: pl.DataFrame) -> pl.DataFrame:
    """A first row of dates looks like data, but names the periods."""
    names = [cell or "" for cell in frame.row(0)]
    dates, _ = _period_columns(names)
    if dates is None or len(set(names)) < len(names):
        return frame.rename({name: f"unnamed {name}." for name in frame.columns})
    return frame[1:].rename(dict(zip(frame.columns, names, strict=True)))


def read_rows(source: Source, settings: OrderSettings) -> WideTable:
    """One row per product."""
    frame, rejected = _read(source)
    dates, names = _period_columns(frame.columns)
    if len(names) < _MIN_PERIODS:
        raise InputError(
            "no columns look like periods (dates, or names that count up such as W0, W1 …)",
            where=source.name,
            hint=f"Columns found: {', '.join(frame.columns[:20])}. Is it --wide columns?",
        )
    rest = frame.drop(names)
    columns = find_columns(rest, settings.mapping, required=(), where=source.name).columns
    product = columns.get("product") or (rest.columns[0] if rest.width else None)
    if product is None:
        ids = pl.Series("product", [f"row_{number + 1}" for number in range(frame.height)])
    else:
        ids = stripped(rest[product]).alias("product")
    _refuse_twice(ids, source.name)
    places = {name: str(place) for place, name in enumerate(names)}
    raw = frame.select(ids, *(pl.col(name).alias(place) for name, place in places.items()))
    long = raw.filter(pl.col("product").is_not_null()).unpivot(index="product", variable_name="place")
    long, n_unread = _read_cells(long.with_columns(pl.col("place").cast(pl.Int64)))
    facts = _facts(ids, {f: stripped(rest[columns[f]]) for f in ("name", "category", "need") if f in columns})
    notes = {
        "period_columns": f"{names[0]} … {names[-1]}",
        "columns_not_used": [c for c in rest.columns if c not in (product, *columns.values())],
        "cells_not_readable": n_unread,
        "rows_without_product": int(ids.null_count()),
    }
    return WideTable(long, dates, len(names), facts, notes, rejected)


def read_columns(source: Source, settings: OrderSettings) -> WideTable:
    """One column per product, one row per period."""
    frame, rejected = _read(source)
    time, dates = _time_column(frame, settings)
    place = pl.int_range(frame.height, dtype=pl.Int64).alias("place")
    if dates is not None:
        order = pl.Series(dates).arg_sort()
        frame, dates = frame[order.to_list()], sorted(dates)
    products = [name for name in frame.columns if name != time]
    long = frame.select(place, *products).unpivot(index="place", variable_name="product")
    words = long.group_by("product").agg(_is_word(pl.col("value")).mean().alias("share"))
    others = words.filter(pl.col("share") >= _MOSTLY)["product"]
    numeric = [name for name in products if name not in set(others)]
    if not numeric:
        raise InputError("no column holds numbers", where=source.name, hint="Is it --wide rows?")
    long, n_unread = _read_cells(long.filter(~pl.col("product").is_in(others.implode())))
    notes = {
        "time_column": time,
        "columns_not_used": sorted(others),
        "cells_not_readable": n_unread,
        "rows_without_product": 0,
    }
    facts = _facts(pl.Series("product", numeric), {})
    return WideTable(long, dates, frame.height, facts, notes, rejected)


def _time_column(frame: pl.DataFrame, settings: OrderSettings) -> tuple[str | None, list[date] | None]:
    """The column of dates, if there is one: named, called like one, or the first if it holds dates."""
    told = settings.mapping.get("time")
    likely = [name for name in frame.columns if plain_name(name) in ORDER_NAMES["time"]]
    candidates = [told] if told else list(dict.fromkeys([*likely, frame.columns[0]]))
    found = find_columns(
        frame.head(3_000).select([name for name in candidates if name in frame.columns]),
        {"time": told} if told else {},
        required=("time",) if told else (),
    )
    time = found.columns.get("time")
    if time is None:
        return None, None
    days = read_times(frame[time], day_order(frame[time]).day_first, None).dt.date()
    if days.null_count():
        row = int(days.is_null().arg_true()[0])
        raise InputError(
            f"row {row + 1}: the time {frame[time][row]!r} cannot be read", hint="Remove the row."
        )
    return time, days.to_list()


def _period_columns(names: Sequence[str]) -> tuple[list[date] | None, list[str]]:
    """Columns that are periods, in order of time; their dates where their names are dates."""
    cells = pl.Series(names, dtype=pl.String)
    written = cells.str.contains(r"\d{4}")  # a number alone (W12, 45000) is no date here
    days = read_times(cells, day_order(cells).day_first, None).dt.date()
    dated = sorted(
        (day, name) for day, name, ok in zip(days, names, written, strict=True) if ok and day is not None
    )
    if len(dated) >= _MIN_PERIODS:
        return [day for day, _ in dated], [name for _, name in dated]
    groups: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        if found := _NUMBERED.match(name.strip()):
            groups.setdefault(found.group(1), []).append((int(found.group(2)), name))
    counting = [
        sorted(group)
        for group in groups.values()
        if sorted(n for n, _ in group) == list(range(min(group)[0], min(group)[0] + len(group)))
    ]
    # The first of the longest: totals and normalised copies stand behind the sales.
    best = max(counting, key=len, default=[])
    return None, [name for _, name in best]


def _read_cells(long: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """``product, place, quantity``, and how many cells hold something that is no number."""
    raw = long["value"]
    quantity = to_numbers(raw, decimal_comma(without_units(raw.drop_nulls())))
    n_unread = int((quantity.is_null() & ~raw.str.strip_chars().fill_null("").str.contains(_EMPTY)).sum())
    return long.select("product", "place", quantity.alias("quantity")), n_unread


def _is_word(cells: pl.Expr) -> pl.Expr:
    filled = cells.str.strip_chars().fill_null("")
    return ~filled.str.contains(_EMPTY) & ~filled.str.contains(r"\d")


def _refuse_twice(ids: pl.Series, where: str) -> None:
    twice = ids.drop_nulls().filter(ids.drop_nulls().is_duplicated())
    if len(twice):
        raise InputError(
            f"product {twice[0]!r} has several rows",
            where=where,
            hint="Name another column with --map product=",
        )


def _facts(ids: pl.Series, told: dict[str, pl.Series]) -> pl.DataFrame:
    absent = pl.repeat(None, len(ids), dtype=pl.String(), eager=True)
    return pl.DataFrame(
        {"product": ids, **{fact: told.get(fact, absent) for fact in ("name", "category", "need")}}
    )
