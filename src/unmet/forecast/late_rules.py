"""Rules about a line that need other lines: overlaps, repeats, sales taken back, stray times."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

import numpy as np
import polars as pl

from unmet.forecast.line_store import LineStore
from unmet.forecast.settings import OrderSettings

DROPPED: dict[str, pl.DataType] = {"line": pl.Int64(), "reason": pl.String(), "detail": pl.String()}
TAKEN_BACK: dict[str, pl.DataType] = {
    "product": pl.String(),
    "customer": pl.UInt64(),
    "time": pl.Datetime("us"),
    "quantity": pl.Float64(),  # > 0
}
"""Returns and cancellations."""

_LONGEST_SILENCE_DAYS = 365
_MIN_MAIN_SHARE = 0.99


def late_verdicts(
    store: LineStore, taken_back: pl.DataFrame, settings: OrderSettings, *, has_orders: bool
) -> tuple[pl.DataFrame, int]:
    """Sales that are none after all, and how many lines repeat another and were kept.

    Args:
        store: all sales.
        taken_back: TAKEN_BACK.
        settings: what to do with repeated lines, and within how many days a sale counts as a slip.
        has_orders: lines have order ids, so equal lines of two files are one line.

    Returns:
        ``line, reason, detail``, one row per line; and the number of repeats that stay.
    """
    repeats, n_kept = _repeated(store, settings, has_orders=has_orders)
    stray = _stray(store)
    slips = _slips(store, taken_back, settings.cancel_within_days)
    found = pl.concat([repeats, stray, slips])
    return found.unique("line", keep="first", maintain_order=True), n_kept


def _repeated(store: LineStore, settings: OrderSettings, *, has_orders: bool) -> tuple[pl.DataFrame, int]:
    hashes = np.sort(store.sales().select("hash").collect(engine="streaming")["hash"].to_numpy())
    twice = np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
    if not len(twice):
        return pl.DataFrame(schema=DROPPED), 0
    lines = (
        store.sales()
        .select("line", "source", "hash")
        .join(pl.LazyFrame({"hash": twice}), on="hash", how="semi")
        .collect(engine="streaming")
        .sort("line")
    )
    # A line that occurs twice in one file may be real: two of the same thing on one bill.
    place = pl.col("line").cum_count().over("hash", "source")
    in_first = pl.col("source") == pl.col("source").min().over("hash")
    n_first = in_first.sum().over("hash")
    lines = lines.with_columns(place.alias("place"), in_first.alias("in_first"), n_first.alias("n_first"))
    overlap = ~pl.col("in_first") & (pl.col("place") <= pl.col("n_first")) if has_orders else pl.lit(False)
    again = pl.col("place") > 1
    lines = lines.with_columns(
        pl.when(overlap).then(pl.lit("overlap"))
        .when(again).then(pl.lit("repeated_line"))
        .alias("reason")
    )  # fmt: skip
    n_repeats = int((lines["reason"] == "repeated_line").sum())
    kept = settings.duplicates == "keep"
    dropped = lines.filter(pl.col("reason").is_in(["overlap"] if kept else ["overlap", "repeated_line"]))
    detail = pl.lit("equal in every column that is read").alias("detail")
    return dropped.select("line", "reason", detail), n_repeats if kept else 0


def _stray(store: LineStore) -> pl.DataFrame:
    """Lines beyond a silence of more than a year, if nearly all lines are on one side of it."""
    days = (
        store.sales()
        .group_by(pl.col("time").dt.date().alias("day"))
        .agg(pl.len().alias("n"))
        .collect(engine="streaming")
        .sort("day")
    )
    block = (days["day"].diff().dt.total_days().fill_null(0) > _LONGEST_SILENCE_DAYS).cum_sum()
    blocks = days.with_columns(block.alias("block")).group_by("block").agg(
        pl.col("n").sum(), pl.col("day").min().alias("first"), pl.col("day").max().alias("last")
    )  # fmt: skip
    if blocks.height < 2:
        return pl.DataFrame(schema=DROPPED)
    main = blocks.sort("n").row(-1, named=True)
    if main["n"] < _MIN_MAIN_SHARE * store.n_kept_lines:
        return pl.DataFrame(schema=DROPPED)
    day = pl.col("time").dt.date()
    lines = store.sales().filter((day < main["first"]) | (day > main["last"]))
    return lines.select(
        "line", pl.lit("isolated_time").alias("reason"), day.cast(pl.String).alias("detail")
    ).collect(engine="streaming")


def _slips(store: LineStore, taken_back: pl.DataFrame, within_days: int) -> pl.DataFrame:
    """Sales that their customer took back whole within the time of a slip, one per return."""
    keys = ["product", "customer", "quantity"]
    taken_back = taken_back.filter(pl.col("customer").is_not_null() & pl.col("time").is_not_null())
    if not taken_back.height:
        return pl.DataFrame(schema=DROPPED)
    sales = (
        store.sales()
        .select("line", "time", *keys)
        .join(taken_back.lazy().select(keys).unique(), on=keys, how="semi")
        .collect(engine="streaming")
        .sort("time", "line")
    )
    open_sales: dict[tuple[object, ...], list[tuple[object, int]]] = defaultdict(list)
    for line, at, *key in sales.iter_rows():
        open_sales[tuple(key)].append((at, line))
    found: list[tuple[int, str, str]] = []
    span = timedelta(days=within_days)
    for at, *key in taken_back.sort("time").select("time", *keys).iter_rows():
        waiting = open_sales.get(tuple(key), [])
        for place in range(len(waiting) - 1, -1, -1):
            sold_at, line = waiting[place]
            if at - span <= sold_at <= at:
                found.append((line, "cancelled_sale", f"taken back {at:%Y-%m-%d}"))
                del waiting[place]
                break
    return pl.DataFrame(found, schema=DROPPED, orient="row")
