"""Inputs → records, in chunks: the entry of the ingest stage."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from unmet.core.errors import MappingError
from unmet.core.tables import RECORDS, REJECTED, conform
from unmet.ingest.plans import Plan, make_plans
from unmet.ingest.prices import to_prices
from unmet.ingest.ratings import to_stars
from unmet.ingest.rows import Chunk
from unmet.ingest.sources import Source, open_sources
from unmet.ingest.times import to_times

__all__ = ["RecordBatch", "Source", "open_sources", "read_records"]

_PLAIN_FIELDS = {
    "title": "title",
    "product_id": "product_id",
    "product": "product",
    "category": "category",
    "user": "author_id",
    "channel": "channel",
}


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """Consecutive rows of one source: ``records`` (schema RECORDS) and ``rejected`` (schema REJECTED).

    Every row of the source is in exactly one of the two; ``n_rows`` is their sum. Where a text column
    is mapped, ``text`` is never null (an empty cell is ``""``). ``n_replaced`` counts NULs and
    unpaired surrogates that became U+FFFD, one for one. ``extra`` holds columns that were asked for by
    name, as text, row by row beside ``records``.
    """

    records: pl.DataFrame
    rejected: pl.DataFrame
    n_rows: int
    n_replaced: int = 0
    extra: pl.DataFrame = dataclasses.field(default_factory=pl.DataFrame)


def read_records(
    inputs: Sequence[str | Path],
    *,
    mapping: Mapping[str, str],
    kind: str = "review",
    chunk_rows: int = 20_000,
    extra: Sequence[str] = (),
) -> Iterator[RecordBatch]:
    """Read every input as records, in input order, with bounded memory.

    All inputs are opened, recognised and checked before the first batch is returned.

    Args:
        inputs: files, folders, patterns, ``-`` (see :func:`open_sources`).
        mapping: our field → the user's column, for columns that are not recognised by themselves.
        kind: what one row is (review, query, chat, product, interaction, order).
        chunk_rows: rows per batch; peak memory grows with it.
        extra: further columns to hand on as they are; every input must have them.

    Raises:
        InputError: an input cannot be read (names the file and the next step).
        MappingError: a column is not recognised or not there (lists the columns found).
    """
    plans = make_plans(inputs, mapping=mapping, kind=kind, chunk_rows=chunk_rows)
    for plan in plans:
        lacking = [column for column in extra if column not in plan.table.columns]
        if lacking:
            found = ", ".join(plan.table.columns)
            hint = f"Its columns: {found}."
            raise MappingError(f"there is no column {lacking[0]!r}", where=plan.source.name, hint=hint)
    return _batches(plans, kind, chunk_rows, tuple(extra))


def _batches(
    plans: Sequence[Plan], kind: str, chunk_rows: int, extra: tuple[str, ...]
) -> Iterator[RecordBatch]:
    for plan in plans:
        columns = list(dict.fromkeys((*plan.mapping.columns.values(), *extra)))
        for chunk in plan.table.chunks(columns, chunk_rows, plan.mapping.column("text")):
            yield to_batch(chunk, plan, kind, extra)


def to_batch(chunk: Chunk, plan: Plan, kind: str, extra: Sequence[str] = ()) -> RecordBatch:
    """Apply a plan to one chunk of raw cells."""
    name = plan.source.name
    frame = pl.DataFrame({"row": pl.Series(chunk.rows, dtype=pl.Int64)}).with_columns(
        pl.lit(name).alias("source"), pl.lit(kind).alias("kind"), *_fields(chunk.frame, plan)
    )
    rejected = pl.DataFrame(
        {
            "source": [name] * len(chunk.rejected),
            "row": [r.row for r in chunk.rejected],
            "reason": [r.reason for r in chunk.rejected],
            "detail": [r.detail for r in chunk.rejected],
            "text": [r.text for r in chunk.rejected],
        },
        schema=REJECTED,
    )
    records = conform(frame, RECORDS, name="records")
    n_rows = records.height + rejected.height
    return RecordBatch(records, rejected, n_rows, chunk.n_replaced, chunk.frame.select(extra))


def _fields(cells: pl.DataFrame, plan: Plan) -> list[pl.Series]:
    fields: list[pl.Series] = []
    for field, column in plan.mapping.columns.items():
        raw = cells[column]
        if field == "text":
            fields.append(raw.fill_null("").alias("text"))
        elif field == "time":
            fields.append(to_times(raw, plan.day_order.day_first).alias("created_at"))
        elif field == "price":
            fields.append(to_prices(raw, plan.decimal_comma).alias("price"))
        elif field == "rating" and plan.scale is not None:
            fields.append(to_stars(raw, plan.scale).alias("rating"))
            fields.append(_or_null(raw).alias("rating_raw"))
        elif field in _PLAIN_FIELDS:
            fields.append(_or_null(raw).alias(_PLAIN_FIELDS[field]))
    return fields


def _or_null(raw: pl.Series) -> pl.Series:
    """Cells without surrounding space; null where nothing is left."""
    stripped = raw.str.strip_chars()
    return stripped.set(stripped == "", None)
