"""Reading stock and cost files: recognised columns, and a reason for every row that cannot be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from unmet.core.errors import InputError, MappingError
from unmet.core.tables import conform
from unmet.forecast.inventory.column_names import CASE_UNITS, COSTS, PIECE_UNITS, STOCK
from unmet.forecast.inventory.durations import parse_duration
from unmet.forecast.inventory.safe_cells import restored
from unmet.ingest.headers import plain_name
from unmet.ingest.plans import open_table
from unmet.ingest.prices import decimal_comma, to_prices
from unmet.ingest.sources import open_sources

LEFT_OUT: dict[str, pl.DataType] = {
    "product": pl.String(),
    "reason": pl.String(),  # short code, see docs/restock.md
    "detail": pl.String(),
    "file": pl.String(),
    "row": pl.Int64(),  # 1-based data row in the file; null where no single row is meant
}
"""Rows and products that could not be used, with the reason."""

_DURATIONS = ("shelf_life", "lead_time", "lead_time_sd")
_TEXTS = ("product", "unit")
_POSITIVE = ("pack",)


@dataclass(frozen=True, slots=True)
class ProductRows:
    """Usable rows of a file, one per product, and what was left out.

    ``rows``: ``product`` and the recognised fields; durations in days. ``columns``: field → column of the
    file.
    """

    rows: pl.DataFrame
    left_out: pl.DataFrame
    columns: dict[str, str]
    n_rows: int
    n_merged: int  # rows added to another row of the same product


def read_stock(path: str | Path, mapping: Mapping[str, str] | None = None) -> ProductRows:
    """Stock per product: on hand, on order, owed to customers. Several rows of a product are added up.

    Raises:
        InputError: the file cannot be read, or no row of it can be used.
        MappingError: no column holds the product or the stock on hand.
    """
    rows, left_out, columns, n_rows = _read(path, STOCK, ("product", "on_hand"), mapping or {})
    optional = [name for name in ("on_order", "backorders") if name not in rows.columns]
    rows = rows.with_columns(*(pl.lit(0.0).alias(name) for name in optional))
    rows = rows.with_columns(pl.col("on_order", "backorders").fill_null(0.0))
    unit = (
        pl.col("unit").fill_null("").str.strip_chars().str.to_lowercase()
        if "unit" in rows.columns
        else pl.lit("")
    )
    rows = rows.with_columns(unit.alias("unit"))
    known = pl.col("unit").is_in([*PIECE_UNITS, *CASE_UNITS, ""])
    left_out = [*left_out, _left(rows.filter(~known), "unknown_unit", pl.format("unit {}", pl.col("unit")))]
    rows = rows.filter(known).with_columns(pl.col("unit").is_in(CASE_UNITS).alias("in_cases"))
    summed = rows.group_by("product", "in_cases", maintain_order=True).agg(
        pl.col("on_hand", "on_order", "backorders").sum(), pl.col("file", "row").first()
    )
    return _done(path, summed, left_out, columns, n_rows, rows.height - summed.height)


def read_costs(path: str | Path, mapping: Mapping[str, str] | None = None) -> ProductRows:
    """Costs and order rules per product. A product with two different rows is left out.

    Raises:
        InputError: the file cannot be read, or no row of it can be used.
        MappingError: no column holds the product, or none a cost, a price or a rule.
    """
    rows, left_out, columns, n_rows = _read(path, COSTS, ("product",), mapping or {})
    fields = [name for name in rows.columns if name not in ("file", "row")]
    if len(fields) < 2:
        raise _no_column(path, "a cost, a price or a pack size", COSTS, list(columns.values()))
    distinct = rows.unique(fields, maintain_order=True, keep="first")
    twice = pl.col("product").is_duplicated()
    left_out = [*left_out, _left(distinct.filter(twice), "two_costs", pl.lit("two rows that differ"))]
    return _done(path, distinct.filter(~twice), left_out, columns, n_rows, rows.height - distinct.height)


def _read(
    path: str | Path, names: Mapping[str, Sequence[str]], needed: Sequence[str], mapping: Mapping[str, str]
) -> tuple[pl.DataFrame, list[pl.DataFrame], dict[str, str], int]:
    """All sources of a path as one table of readable rows, and those that are not."""
    parts, left_out, columns, n_rows = [], [], {}, 0
    for source in open_sources([path]):
        table = open_table(source)
        columns = _recognise(table.columns, names, needed, mapping, source.name)
        for chunk in table.chunks(list(columns.values()), 100_000):
            n_rows += chunk.frame.height + len(chunk.rejected)
            raw = chunk.frame.select(pl.col(column).alias(field) for field, column in columns.items())
            raw = raw.with_columns(
                pl.lit(source.name).alias("file"), pl.Series("row", chunk.rows, pl.Int64) + 1
            )
            good, bad = _readable(raw)
            parts.append(good)
            left_out.append(bad)
            broken = [("", r.reason, r.detail, source.name, r.row + 1) for r in chunk.rejected]
            left_out.append(pl.DataFrame(broken, schema=LEFT_OUT, orient="row"))
    if not parts:
        raise InputError("has a header but no rows", where=str(path), hint="Export it again.")
    return pl.concat(parts, how="diagonal"), left_out, columns, n_rows


def _recognise(
    found: Sequence[str],
    names: Mapping[str, Sequence[str]],
    needed: Sequence[str],
    mapping: Mapping[str, str],
    where: str,
) -> dict[str, str]:
    columns: dict[str, str] = {}
    for field, column in mapping.items():
        if field in names and column not in found:
            raise MappingError(
                f"there is no column {column!r}", where=where, hint=f"Columns found: {', '.join(found)}."
            )
        if field in names:
            columns[field] = column
    plain = {column: plain_name(column) for column in found}
    for field, known in names.items():
        if field in columns:
            continue
        fits = [(known.index(plain[c]), c) for c in found if plain[c] in known and c not in columns.values()]
        if fits:
            columns[field] = min(fits)[1]
    for field in needed:
        if field not in columns:
            raise _no_column(where, field, names, found)
    return columns


def _no_column(
    where: str | Path, field: str, names: Mapping[str, Sequence[str]], found: Sequence[str]
) -> MappingError:
    examples = ", ".join(names.get(field, ())[:4])
    known = f" Recognised names: {examples} …" if examples else ""
    return MappingError(
        f"no column holds {field}",
        where=str(where),
        hint=f"Columns found: {', '.join(found)}.{known} Name one with --map {field}=column.",
    )


def _readable(raw: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows whose cells can all be read, as numbers and days; and the others with the first reason."""
    table = raw.with_columns(restored(pl.col("product").str.strip_chars()).alias("product"))
    unnamed = pl.col("product").fill_null("") == ""
    reason: Any = pl.when(unnamed).then(pl.lit("no_product"))
    detail: Any = pl.when(unnamed).then(pl.lit("the cell is empty"))
    for field in [name for name in raw.columns if name not in (*_TEXTS, "file", "row")]:
        text = raw[field].str.strip_chars()
        empty = (text.fill_null("") == "").alias("empty")
        numbers = _days(text, field) if field in _DURATIONS else _numbers(text)
        table = table.with_columns(numbers.alias(field), empty.alias(f"{field}?"), text.alias(f"{field}!"))
        missing = pl.col(f"{field}?") if field == "on_hand" else pl.lit(False)
        unreadable = (pl.col(field).is_null() & ~pl.col(f"{field}?")) | missing
        said = pl.format("{} is {}", pl.lit(field), pl.col(f"{field}!").fill_null("").str.slice(0, 60))
        negative = (pl.col(field) <= 0) if field in _POSITIVE else (pl.col(field) < 0)
        code = "negative_stock" if field in STOCK else "negative_number"
        reason = reason.when(unreadable).then(pl.lit("unreadable_number")).when(negative).then(pl.lit(code))
        detail = detail.when(unreadable).then(said).when(negative).then(said)
    judged = table.with_columns(reason.alias("reason"), detail.alias("detail"))
    bad = judged.filter(pl.col("reason").is_not_null()).select(
        "product", "reason", "detail", "file", "row"
    )  # fmt: skip
    return judged.filter(pl.col("reason").is_null()).select(raw.columns), conform(
        bad, LEFT_OUT, name="left_out"
    )


def _numbers(text: pl.Series) -> pl.Series:
    """Numbers with their sign; ``to_prices`` reads currencies and thousands, but nothing below zero."""
    negative = text.str.contains(r"^\s*[-−(]").fill_null(False)
    bare = text.str.replace_all(r"^\s*[-−(]|\)\s*$", "")
    size = to_prices(bare, decimal_comma(bare))
    return pl.select(pl.when(negative).then(-size).otherwise(size)).to_series()


def _days(text: pl.Series, field: str) -> pl.Series:
    def days(cell: str) -> float | None:
        try:
            return parse_duration(cell, what=field).days
        except InputError:
            return None

    known = {cell: days(cell) for cell in text.drop_nulls().unique()}
    return pl.Series(text.name, [known.get(cell) if cell is not None else None for cell in text], pl.Float64)


def _left(rows: pl.DataFrame, reason: str, detail: pl.Expr) -> pl.DataFrame:
    left = rows.select("product", pl.lit(reason).alias("reason"), detail.alias("detail"), "file", "row")
    return conform(left, LEFT_OUT, name="left_out")


def _done(
    path: str | Path,
    rows: pl.DataFrame,
    left_out: list[pl.DataFrame],
    columns: dict[str, str],
    n_rows: int,
    n_merged: int,
) -> ProductRows:
    left = pl.concat(left_out)
    if not rows.height:
        first = left.row(0, named=True) if left.height else {"detail": "no rows", "row": None}
        raise InputError(
            f"no row can be used; the first: {first['detail']} (row {first['row']})",
            where=str(path),
            hint="Correct the file and run again.",
        )
    return ProductRows(rows, left, columns, n_rows, n_merged)
