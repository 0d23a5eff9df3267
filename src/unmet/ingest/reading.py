"""Inputs → records, in chunks: the entry of the ingest stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

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
    unpaired surrogates that became U+FFFD, one for one.
    """

    records: pl.DataFrame
    rejected: pl.DataFrame
    n_rows: int
    n_replaced: int = 0


def read_records(
    inputs: Sequence[str | Path],
    *,
    mapping: Mapping[str, str],
    kind: str = "review",
    chunk_rows: int = 20_000,
) -> Iterator[RecordBatch]:
    """Read every input as records, in input order, with bounded memory.

    All inputs are opened, recognised and checked before the first batch is returned.

    Args:
        inputs: files, folders, patterns, ``-`` (see :func:`open_sources`).
        mapping: our field → the user's column, for columns that are not recognised by themselves.
        kind: what one row is (review, query, chat, product, interaction, order).
        chunk_rows: rows per batch; peak memory grows with it.

    Raises:
        InputError: an input cannot be read (names the file and the next step).
        MappingError: a column is not recognised or not there (lists the columns found).
    """
    plans = make_plans(inputs, mapping=mapping, kind=kind, chunk_rows=chunk_rows)
    return _batches(plans, kind, chunk_rows)


def _batches(plans: Sequence[Plan], kind: str, chunk_rows: int) -> Iterator[RecordBatch]:
    for plan in plans:
        columns = list(dict.fromkeys(plan.mapping.columns.values()))
        for chunk in plan.table.chunks(columns, chunk_rows, plan.mapping.column("text")):
            yield to_batch(chunk, plan, kind)


def to_batch(chunk: Chunk, plan: Plan, kind: str) -> RecordBatch:
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
    return RecordBatch(records, rejected, records.height + rejected.height, chunk.n_replaced)


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
