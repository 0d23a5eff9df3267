"""Orders → demand: order tables in, regular series and a report of every correction out.

Lines are read and judged in chunks, kept on disk, and summed per product and day; memory grows with the
number of products × days, not with the number of lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from unmet.core.errors import InputError
from unmet.forecast.demand_series import SALES, build_series
from unmet.forecast.late_rules import TAKEN_BACK, late_verdicts
from unmet.forecast.line_rules import judged, make_rules
from unmet.forecast.line_store import LineStore
from unmet.forecast.order_lines import OrderSource, Survey, open_orders, typed_chunks
from unmet.forecast.order_quality import order_quality
from unmet.forecast.outliers import CAPPED, capped_lines, line_caps
from unmet.forecast.periods import find_freq, parse_horizon
from unmet.forecast.price_noise import LINE_SUMS, PRICE_NOISE, price_noise
from unmet.forecast.product_facts import ProductFacts, read_items, read_stockouts
from unmet.forecast.rejecting import dropped_lines, late_lines, malformed_rows
from unmet.forecast.settings import OrderSettings, check_settings
from unmet.forecast.shop_calendar import make_calendar
from unmet.ingest.rows import Chunk

_NO_GAPS: dict[str, pl.DataType] = {"product": pl.String(), "period_start": pl.Date()}


@dataclass(frozen=True, slots=True)
class Orders:
    """What orders say about demand."""

    demand: pl.DataFrame  # DEMAND
    series: pl.DataFrame  # SERIES
    parts: pl.DataFrame  # parent, child: which products make up which category, need and total
    freq: str
    horizon: int | None  # periods; null if none was asked for
    quality: dict[str, Any]
    capped: pl.DataFrame  # source, row, product, quantity, cap: lines that count for less than they say
    price_noise: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PRICE_NOISE))


@dataclass
class _Reading:
    """What one pass over the lines leaves behind."""

    facts: ProductFacts = field(default_factory=ProductFacts)
    taken_back: list[pl.DataFrame] = field(default_factory=list)
    n_lines: int = 0
    notes: Counter[str] = field(default_factory=Counter)
    not_products: Counter[str] = field(default_factory=Counter)


def read_orders(
    inputs: Sequence[str | Path], settings: OrderSettings | None = None, *, rejected_to: Path | None = None
) -> Orders:
    """Read order tables of any readable format as demand series.

    Args:
        inputs: files, folders, patterns or ``-`` (see :func:`unmet.ingest.sources.open_sources`).
        settings: columns, levels, periods and rules.
        rejected_to: where to write the dropped lines (REJECTED, Parquet); None: they are only counted.

    Raises:
        InputError: an input cannot be read, no sale is left, or they cover fewer than two periods.
        MappingError: a column is not recognised or not there (lists the columns found).
    """
    settings = settings or OrderSettings()
    check_settings(settings)
    if settings.wide is not None:
        from unmet.forecast.wide_series import read_wide

        return read_wide(inputs, settings, rejected_to=rejected_to)
    items = read_items(settings.items, settings.mapping) if settings.items else None
    sources, survey = open_orders(inputs, settings)
    with LineStore() as store:
        reading = _read_lines(sources, survey, settings, store)
        sales, capped = _judge_together(sources, reading, settings, store)
        orders = _to_series(sales, capped, sources, survey, reading, settings, store, items)
        if rejected_to is not None:
            store.write_rejected(rejected_to)
    return orders


def _read_lines(
    sources: Sequence[OrderSource], survey: Survey, settings: OrderSettings, store: LineStore
) -> _Reading:
    """Judge every line by itself; sales and dropped lines go to the store."""
    rules = make_rules(survey, settings, datetime.now(UTC).date())
    reading = _Reading()
    for place, source in enumerate(sources):
        for lines, chunk in typed_chunks(source, settings):
            used = source.columns.columns
            raw: dict[str, pl.Series] = {
                name: chunk.frame[used[name]] for name in ("time", "quantity") if name in used
            }
            verdicts = judged(lines, rules, raw).with_columns(
                pl.int_range(reading.n_lines, reading.n_lines + lines.height).alias("line"),
                pl.lit(place, dtype=pl.Int32).alias("source"),
                pl.col("customer").hash(seed=0).alias("customer_hash"),
            )
            verdicts = verdicts.with_columns(
                pl.when(pl.col("customer").is_not_null()).then("customer_hash").alias("customer")
            )
            _keep(verdicts, chunk, source, reading, store)
    return reading


def _keep(
    verdicts: pl.DataFrame, chunk: Chunk, source: OrderSource, reading: _Reading, store: LineStore
) -> None:
    sold = verdicts.filter(pl.col("reason").is_null())
    store.keep(sold)
    dropped = verdicts.filter(pl.col("reason").is_not_null())
    name = source.source.name
    store.reject(dropped_lines(dropped, chunk, name))
    store.reject(malformed_rows(chunk, name))
    reading.facts.add(sold)
    reading.n_lines += verdicts.height + len(chunk.rejected)
    reading.notes["no_price"] += int(sold["price"].null_count())
    reading.notes["price_unread"] += int(sold["price_unread"].sum())
    fees = dropped.filter(pl.col("reason") == "not_a_product")
    reading.not_products.update(dict(fees["product"].value_counts().iter_rows()))
    back = dropped.filter(pl.col("reason").is_in(["return", "cancelled_order"]) & (pl.col("quantity") < 0))
    if back.height:
        keys = ("product", "customer", "time")
        reading.taken_back.append(back.select(*keys, -pl.col("quantity")))


def _judge_together(
    sources: Sequence[OrderSource], reading: _Reading, settings: OrderSettings, store: LineStore
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Drop lines that others speak against, cap the rest, and sum them: SALES and the capped lines."""
    names = pl.DataFrame(
        {
            "source": pl.Series(range(len(sources)), dtype=pl.Int32),
            "name": [source.source.name for source in sources],
        }
    )
    if not store.n_kept_lines:
        raise InputError("no sale is left", where=_named(sources), hint=_why_none(store))
    back = pl.concat(reading.taken_back) if reading.taken_back else pl.DataFrame(schema=TAKEN_BACK)
    has_orders = all("order" in source.columns for source in sources)
    dropped, n_repeats = late_verdicts(store, back, settings, has_orders=has_orders)
    reading.notes["repeated_lines_kept"] = n_repeats
    if dropped.height:
        store.reject(late_lines(store, dropped, names))
    sales = store.sales().join(dropped.lazy().select("line"), on="line", how="anti")
    caps = line_caps(sales, settings) if settings.cap_outliers else None
    capped = pl.DataFrame(schema=CAPPED)
    if caps is not None:
        above = capped_lines(sales, caps).join(names, on="source")
        capped = above.select(pl.col("name").alias("source"), "row", "product", "quantity", "cap")
        sales = sales.join(caps.lazy(), on="product", how="left").with_columns(
            pl.min_horizontal("quantity", "cap").alias("quantity")
        )
    summed = _summed(sales)
    if not summed.height:
        raise InputError("no sale is left", where=_named(sources), hint=_why_none(store))
    return summed, capped


def _named(sources: Sequence[OrderSource]) -> str:
    return ", ".join(source.source.name for source in sources[:3])


def _why_none(store: LineStore) -> str:
    counted = ", ".join(f"{n:,} {reason}" for reason, n in store.reasons.most_common(5))
    return (
        f"All lines were dropped: {counted}. Check the columns with --map."
        if counted
        else "There are no lines."
    )


def _summed(sales: pl.LazyFrame) -> pl.DataFrame:
    """Sales per product, segment and day."""
    quantity, price, promotion = pl.col("quantity"), pl.col("price"), pl.col("promotion")
    return (
        sales.group_by("product", "segment", pl.col("time").dt.date().alias("day"))
        .agg(
            quantity.sum(),
            (quantity * price).sum().alias("revenue"),
            quantity.filter(price.is_not_null()).sum().alias("priced"),
            (quantity * promotion).sum().alias("promoted"),
            quantity.filter(promotion.is_not_null()).sum().alias("told"),
            pl.len().cast(pl.Int64).alias("n_lines"),
            pl.col("time").dt.time().max().alias("last_time"),
            **LINE_SUMS,
        )
        .collect(engine="streaming")
    )


def _to_series(
    sales: pl.DataFrame,
    capped: pl.DataFrame,
    sources: Sequence[OrderSource],
    survey: Survey,
    reading: _Reading,
    settings: OrderSettings,
    store: LineStore,
    items: pl.DataFrame | None,
) -> Orders:
    horizon = parse_horizon(settings.horizon) if settings.horizon is not None else None
    freq, freq_why = (settings.freq, "asked for") if settings.freq else find_freq(sales, horizon)
    days = sales.group_by("day").agg(pl.col("n_lines").sum(), pl.col("last_time").max())
    calendar = make_calendar(days, freq, closed_from_lines=settings.closed_from_lines, as_of=settings.as_of)
    gaps, n_stockout_rows = pl.DataFrame(schema=_NO_GAPS), 0
    if settings.stockouts:
        gaps, n_stockout_rows = read_stockouts(settings.stockouts, calendar, settings.stockout_share)
    products = reading.facts.table(sales["product"], items)
    built = build_series(
        sales.select(list(SALES)), products, calendar, levels=settings.levels, unobserved=gaps
    )
    quality = order_quality(
        sources, survey, store, reading.n_lines, reading.notes, reading.not_products, calendar, freq_why,
        sales, capped, built, gaps, n_stockout_rows,
    )  # fmt: skip
    n = horizon.periods(freq) if horizon else None
    noise = price_noise(sales, freq)
    return Orders(built.demand, built.series, built.parts, freq, n, quality, capped, price_noise=noise)
