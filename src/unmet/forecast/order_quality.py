"""The quality report of orders: what was read, dropped, corrected and found, as a plain dict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import polars as pl

from unmet.forecast.demand_series import DemandSeries
from unmet.forecast.line_rules import REASONS
from unmet.forecast.line_store import LineStore
from unmet.forecast.order_lines import OrderSource, Survey
from unmet.forecast.shop_calendar import Calendar

_N_LISTED = 50
_PRICE_JUMP = 4.0


def order_quality(
    sources: Sequence[OrderSource],
    survey: Survey,
    store: LineStore,
    n_lines: int,
    notes: Counter[str],
    not_products: Counter[str],
    calendar: Calendar,
    freq_why: str,
    sales: pl.DataFrame,
    capped: pl.DataFrame,
    built: DemandSeries,
    gaps: pl.DataFrame,
    n_stockout_rows: int,
) -> dict[str, Any]:
    """Everything that was decided or changed between the files and the demand table."""
    units_left_out = sales.filter(pl.col("day") > calendar.as_of)
    return {
        "rows_in": n_lines,
        "rows_kept": n_lines - sum(store.reasons.values()),
        "rejected": {
            reason: {"count": n, "meaning": REASONS.get(reason, "the row cannot be read")}
            for reason, n in store.reasons.most_common()
        },
        "sources": [_source(source) for source in sources],
        "not_products": dict(not_products.most_common(_N_LISTED)),
        "capped": {
            "lines": capped.height,
            "units": float((capped["quantity"] - capped["cap"]).sum()),
            "largest": [
                {"source": source, "row": row, "product": product, "quantity": quantity, "counts_as": cap}
                for source, row, product, quantity, cap in capped.sort(
                    pl.col("quantity") / pl.col("cap"), descending=True
                ).head(_N_LISTED).iter_rows()
            ],
        },
        "repeated_lines_kept": notes["repeated_lines_kept"],
        "lines_without_price": notes["no_price"],
        "prices_not_readable": notes["price_unread"],
        "times_with_zone": survey.n_zoned,
        "currencies": dict(survey.currencies or survey.symbols),
        "units": dict(survey.units.most_common(20)),
        "possible_unit_changes": unit_changes(sales),
        "periods": _periods(calendar, freq_why, units_left_out, built),
        "stockouts": {"rows": n_stockout_rows, "periods_not_observed": gaps.height},
        "series": dict(built.series["level"].value_counts(sort=True).iter_rows()),
        "units_sold": float(sales["quantity"].sum()),
    }  # fmt: skip


def _source(source: OrderSource) -> dict[str, Any]:
    return {
        "name": source.source.name,
        "sha256": source.source.sha256,
        "read_as": source.table.facts,
        "warnings": source.table.warnings,
        "dates": source.day_first_why,
        "columns": [
            {"field": c.field, "column": c.column, "by": c.by, "why": c.why} for c in source.columns.choices
        ],
        "not_taken": [{"field": c.field, "column": c.column, "why": c.why} for c in source.columns.refused],
        "not_used": list(source.columns.unused),
    }


def _periods(
    calendar: Calendar, freq_why: str, left_out: pl.DataFrame, built: DemandSeries
) -> dict[str, Any]:
    return {
        "freq": calendar.freq,
        "why": freq_why,
        "n": len(calendar.periods),
        "first": calendar.periods[0].isoformat(),
        "last": calendar.periods[-1].isoformat(),
        "as_of": calendar.as_of.isoformat(),
        "closed": [day.isoformat() for day in calendar.closed],
        "first_is_partial": calendar.first_partial,
        "last_dropped": {
            "from": calendar.dropped_from.isoformat() if calendar.dropped_from else None,
            "lines": int(left_out["n_lines"].sum()),
            "units": float(left_out["quantity"].sum()),
        },
        "zeros_filled": built.n_filled,
        "closed_marked": built.n_closed,
    }


def unit_changes(sales: pl.DataFrame) -> list[dict[str, Any]]:
    """Products whose price per unit moved by a large factor for good, and units per line the other way.

    So looks a product that was sold by the piece and then by the box. Listed, never corrected: only the
    shop knows. The medians of the three months before and from each month on are compared.
    """
    priced = sales.filter(pl.col("priced") > 0)
    monthly = (
        priced.group_by("product", pl.col("day").dt.truncate("1mo").alias("month"))
        .agg(
            (pl.col("revenue").sum() / pl.col("priced").sum()).alias("price"),
            (pl.col("quantity").sum() / pl.col("n_lines").sum()).alias("size"),
        )
        .sort("product", "month")
    )

    def before(name: str) -> pl.Expr:
        return pl.col(name).rolling_median(3, min_samples=3).shift(1).over("product")

    def after(name: str) -> pl.Expr:
        return pl.col(name).reverse().rolling_median(3, min_samples=3).reverse().over("product")

    moved = monthly.with_columns(
        before("price").alias("low"),
        after("price").alias("high"),
        (after("price") / before("price")).alias("price_ratio"),
        (after("size") / before("size")).alias("size_ratio"),
    )
    factor = pl.max_horizontal("price_ratio", 1 / pl.col("price_ratio"))
    opposite = (pl.col("price_ratio") * pl.col("size_ratio")).is_between(0.5, 2.0)
    begun = (pl.col("price") / pl.col("high") - 1).abs() < 0.5  # the month itself has the new price
    found = (
        moved.filter((factor >= _PRICE_JUMP) & opposite & begun)
        .sort(factor, "product", descending=[True, False])
        .unique("product", keep="first", maintain_order=True)
    )
    return [
        {"product": product, "month": month.isoformat(), "price_before": low, "price_after": high}
        for product, month, low, high in found.select("product", "month", "low", "high")
        .head(_N_LISTED)
        .iter_rows()
    ]
