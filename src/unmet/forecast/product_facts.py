"""What is known of each product: name, category and needs, from the orders and from a table of items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from unmet.core.errors import InputError
from unmet.forecast.order_columns import find_columns
from unmet.forecast.order_lines import read_times, stripped
from unmet.forecast.periods import EVERY, start_of
from unmet.forecast.shop_calendar import Calendar
from unmet.ingest.delimited_blocks import quick_chunks
from unmet.ingest.headers import plain_name
from unmet.ingest.plans import SAMPLE_ROWS, open_table
from unmet.ingest.sources import open_sources
from unmet.ingest.times import day_order

_FACTS = ("name", "category", "need")
_NEED_SEPARATORS = r"\s*[|;；、]\s*"
_COMPACT_FROM = 500_000
_FROM_NAMES = (
    "from",
    "start",
    "startdate",
    "outfrom",
    "begin",
    "date",
    "day",
    "开始",
    "开始日期",
    "缺货开始",
    "日期",
    "缺货日期",
)
_TO_NAMES = ("to", "end", "enddate", "outto", "until", "back", "结束", "结束日期", "缺货结束", "到货日期")


class ProductFacts:
    """Counts how often each product is told each name, category and need; the commonest is taken."""

    def __init__(self) -> None:
        self._counts: dict[str, list[pl.DataFrame]] = {fact: [] for fact in _FACTS}
        self._heights = dict.fromkeys(_FACTS, 0)

    def add(self, lines: pl.DataFrame) -> None:
        """Take lines with ``product`` and the facts into account."""
        for fact in _FACTS:
            told = lines.filter(pl.col(fact).is_not_null() & pl.col("product").is_not_null())
            if told.height:
                counted = told.group_by("product", pl.col(fact).alias("fact")).agg(pl.len().alias("n"))
                self._counts[fact].append(counted)
                self._heights[fact] += counted.height
                if self._heights[fact] > _COMPACT_FROM:
                    self._compact(fact)

    def _compact(self, fact: str) -> None:
        whole = pl.concat(self._counts[fact]).group_by("product", "fact").agg(pl.col("n").sum())
        self._counts[fact] = [whole]
        self._heights[fact] = 0  # grows again by what comes on top

    def table(self, products: pl.Series, items: pl.DataFrame | None) -> pl.DataFrame:
        """``product, name, category, needs`` for these products; a table of items wins over the orders."""
        known = pl.DataFrame({"product": products}).unique().sort("product")
        for fact in _FACTS:
            known = known.join(self._commonest(fact), on="product", how="left")
        if items is not None:
            told = items.rename({fact: f"{fact}_told" for fact in _FACTS})
            known = known.join(told, on="product", how="left").with_columns(
                pl.coalesce(f"{fact}_told", fact).alias(fact) for fact in _FACTS
            )
        needs = pl.col("need").str.replace_all(_NEED_SEPARATORS, "|").str.split("|")
        needs = needs.list.eval(pl.element().filter(pl.element() != ""))
        return known.select("product", "name", "category", needs.alias("needs"))

    def _commonest(self, fact: str) -> pl.DataFrame:
        if not self._counts[fact]:
            return pl.DataFrame(schema={"product": pl.String(), fact: pl.String()})
        self._compact(fact)
        ranked = self._counts[fact][0].sort("product", pl.col("n"), "fact", descending=[False, True, False])
        return ranked.unique("product", keep="first", maintain_order=True).select(
            "product", pl.col("fact").alias(fact)
        )


def item_cells(path: str | Path, mapping: Mapping[str, str], fields: Sequence[str]) -> list[pl.DataFrame]:
    """Cells of a table of items as texts, a frame per file with exactly these fields; null where not told.

    Raises:
        InputError, MappingError: it cannot be read, has no rows or no product column.
    """
    frames = []
    for source in open_sources([path]):
        table = open_table(source)
        chunks = [chunk.frame for chunk in quick_chunks(table, table.columns, 100_000)]
        whole = pl.concat(chunks) if chunks else pl.DataFrame()
        if whole.is_empty():
            raise InputError("the table of items has no rows", where=source.name)
        own = {f: c for f, c in mapping.items() if f in fields and c in table.columns}
        used = find_columns(whole.head(SAMPLE_ROWS), own, required=("product",), where=source.name).columns
        empty = pl.repeat(None, whole.height, dtype=pl.String(), eager=True)
        frames.append(pl.DataFrame({f: stripped(whole[used[f]]) if f in used else empty for f in fields}))
    return frames


def read_items(path: str, mapping: Mapping[str, str]) -> pl.DataFrame:
    """A table of items as ``product, name, category, need`` (text; null where not told).

    Raises:
        InputError, MappingError: see :func:`item_cells`.
    """
    frames = item_cells(path, mapping, ("product", *_FACTS))
    items = pl.concat(frames).filter(pl.col("product").is_not_null())
    # One row per product and need is as good as one row with all of them.
    return items.group_by("product", maintain_order=True).agg(
        pl.col("name").drop_nulls().first(),
        pl.col("category").drop_nulls().first(),
        pl.col("need").drop_nulls().unique(maintain_order=True).str.join("|").replace("", None),
    )


def read_stockouts(path: str, calendar: Calendar, share: float) -> tuple[pl.DataFrame, int]:
    """Periods that say nothing about a product's demand because it was out of stock.

    Args:
        path: table with a product and a first day (and a last day, if it was more than one).
        calendar: the periods.
        share: of a period's days out of stock, from which it counts.

    Returns:
        ``product, period_start``; and the number of rows read.

    Raises:
        InputError: no product or no day can be read from it.
    """
    outs = []
    for source in open_sources([path]):
        table = open_table(source)
        chunks = [c.frame for c in quick_chunks(table, table.columns, 100_000)]
        frame = pl.concat(chunks)
        by_name = {plain_name(name): name for name in reversed(table.columns)}
        begin = next((by_name[name] for name in _FROM_NAMES if name in by_name), None)
        end = next((by_name[name] for name in _TO_NAMES if name in by_name), begin)
        rest = frame.select([c for c in frame.columns if c not in (begin, end)])
        product = find_columns(rest, {}, required=("product",), where=source.name).columns["product"]
        if begin is None:
            raise InputError(
                f"no column says when a product was out of stock (columns: {', '.join(table.columns[:20])})",
                where=source.name,
                hint="It takes the columns product, from and to.",
            )
        outs.append(_spans(frame, product, begin, end or begin, source.name))
    spans = pl.concat(outs)
    days = (
        spans.with_columns(pl.date_ranges("begin", "end").alias("day"))
        .explode("day")
        .unique(["product", "day"])
    )
    per = days.group_by("product", start_of(pl.col("day"), calendar.freq).alias("period_start")).agg(
        pl.len().alias("n_out")
    )
    length = pl.col("period_start").dt.offset_by(EVERY[calendar.freq])
    n_days = (length - pl.col("period_start")).dt.total_days()
    return per.filter(pl.col("n_out") >= share * n_days).select("product", "period_start"), spans.height


def _spans(frame: pl.DataFrame, product: str, begin: str, end: str, where: str) -> pl.DataFrame:
    def days(name: str) -> pl.Series:
        return read_times(frame[name], day_order(frame[name]).day_first, None).dt.date()

    spans = pl.DataFrame({"product": stripped(frame[product]), "begin": days(begin), "end": days(end)})
    spans = spans.with_columns(pl.col("end").fill_null(pl.col("begin")))
    bad = spans.with_row_index("at").filter(
        pl.any_horizontal(pl.col("product", "begin").is_null()) | (pl.col("end") < pl.col("begin"))
        | (pl.col("end") - pl.col("begin") > pl.duration(days=3_660))
    )  # fmt: skip
    if bad.height:
        raise InputError(
            f"row {bad['at'][0] + 1} has no product, no first day, or ends before it begins",
            where=where,
            hint="Each row takes a product, a first day and a last day.",
        )
    return spans
