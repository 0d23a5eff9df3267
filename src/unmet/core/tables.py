"""Table contracts: every column name is written here once, with its type and meaning."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from unmet.core.errors import RunFolderError

SLICE_ROWS = 200_000
"""Rows of a table that are held at once where it is read in slices."""

# What a source row becomes after mapping, before cleaning ("records"). ``text`` is the source field
# as it stood; nothing in this table is written to disk.
RECORDS: dict[str, pl.DataType] = {
    "source": pl.String(),  # file name (inside an archive: archive.zip!member)
    "row": pl.Int64(),  # 0-based data row in that source
    "kind": pl.String(),
    "text": pl.String(),
    "title": pl.String(),
    "rating": pl.Float64(),  # on the 1–5 scale; null if absent
    "rating_raw": pl.String(),
    "created_at": pl.Datetime("us"),  # UTC, naive; null if absent
    "product_id": pl.String(),
    "product": pl.String(),  # name or title
    "category": pl.String(),
    "author_id": pl.String(),  # raw id here; only its hash is stored in DOCUMENTS
    "price": pl.Float64(),
    "channel": pl.String(),
}

DOCUMENTS: dict[str, pl.DataType] = {
    "document_id": pl.String(),  # "d" + 16 hex digits, stable for the same content
    "source": pl.String(),
    "row": pl.Int64(),
    "kind": pl.String(),
    "text": pl.String(),  # cleaned and masked: the text that quotes point into
    "text_hash": pl.String(),  # SHA-256 of text
    "edits": pl.String(),  # JSON edits back to the source field (core.offsets); null if identical
    "language": pl.String(),  # zh, en, other, und
    "title": pl.String(),
    "rating": pl.Float64(),
    "rating_raw": pl.String(),
    "created_at": pl.Datetime("us"),
    "product_id": pl.String(),
    "product": pl.String(),
    "category": pl.String(),
    "author_id": pl.String(),  # "a" + 16 hex digits of a hash, never the raw id
    "price": pl.Float64(),
    "channel": pl.String(),
    "copies": pl.Int64(),  # rows dropped as copies of this one
}

REJECTED: dict[str, pl.DataType] = {
    "source": pl.String(),
    "row": pl.Int64(),
    "reason": pl.String(),  # short code, e.g. empty_text, boilerplate, duplicate, near_duplicate, spam
    "detail": pl.String(),  # what was found, or the document_id it repeats
    "text": pl.String(),  # masked and cut to 500 characters
}

MENTIONS: dict[str, pl.DataType] = {
    "mention_id": pl.String(),  # "m" + 16 hex digits
    "document_id": pl.String(),
    "start": pl.Int64(),  # the sentence or clause that is quoted, in the stored text
    "end": pl.Int64(),
    "aspect": pl.String(),
    "aspect_start": pl.Int64(),
    "aspect_end": pl.Int64(),
    "opinion": pl.String(),
    "opinion_start": pl.Int64(),
    "opinion_end": pl.Int64(),
    "category": pl.String(),
    "polarity": pl.String(),
    "valence": pl.Float64(),
    "sentence_sentiment": pl.Float64(),  # positive minus negative probability of the sentence, −1 to 1
    "need_probability": pl.Float64(),
    "is_request": pl.Boolean(),  # the sentence states a need, wish or suggestion
    "need_id": pl.String(),  # null: unclustered, see reason
    "unclustered_reason": pl.String(),
    "typicality": pl.Float64(),  # cosine to the need's centre, 0–1; null if unclustered or not sampled
    # What names, statements and ids of needs are made from, so that they can be made again:
    "group": pl.String(),  # what the mention was grouped as: a concept or a cluster; null if unclustered
    "term": pl.String(),  # what it is about, canonical; null if nothing tells
    "aspect_term": pl.String(),  # canonical aspect
    "opinion_term": pl.String(),  # canonical opinion
    "pair_vote": pl.Float32(),  # how sure the side of a repeated pair is, −1 to 1; null if read once
}


def conform(frame: pl.DataFrame, schema: dict[str, pl.DataType], *, name: str) -> pl.DataFrame:
    """Return ``frame`` with exactly the contract's columns, order and types.

    Missing columns become null; columns outside the contract are an error, because a silent drop
    would hide a mistake. No rows in, no rows out, also where there are no columns to count them by.

    Raises:
        RunFolderError: a column is unknown or cannot be cast.
    """
    try:
        return conforming(frame.lazy(), schema, name=name).collect()
    except pl.exceptions.PolarsError as error:
        raise RunFolderError(f"table {name} does not fit its contract: {error}") from error


def conforming(table: pl.LazyFrame, schema: dict[str, pl.DataType], *, name: str) -> pl.LazyFrame:
    """The plan of :func:`conform`; a column that cannot be cast is noticed where it is collected.

    Raises:
        RunFolderError: a column is unknown.
    """
    present = table.collect_schema().names()
    unknown = [column for column in present if column not in schema]
    if unknown:
        raise RunFolderError(f"table {name} has unknown columns {unknown}")
    return table.select(
        (pl.col(column) if column in present else pl.repeat(None, pl.len())).cast(dtype).alias(column)
        for column, dtype in schema.items()
    )


def positions_of(ids: pl.Series, ordered: pl.Series) -> pl.Series:
    """Number of every document: the place of its id in a column of ids, null where it is not there.

    Four bytes that stand for an id string; numbers sort like the ids if ``ordered`` is sorted.
    """
    known = pl.DataFrame({"id": ordered}).with_row_index("position")
    wanted = pl.DataFrame({"id": ids})
    return wanted.join(known, on="id", how="left", maintain_order="left")["position"]


def slices(table: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """A scanned table, SLICE_ROWS rows at a time; one slice without rows if it has none."""
    for begin in range(0, max(height(table), 1), SLICE_ROWS):
        yield table.slice(begin, SLICE_ROWS).collect()


def height(table: pl.LazyFrame) -> int:
    """Number of rows of a scanned table."""
    return int(table.select(pl.len()).collect().item())
