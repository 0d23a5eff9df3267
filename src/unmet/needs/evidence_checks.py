"""Checks of a run's tables: hashes of texts, spans of mentions, counts of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from unmet.core.hashing import text_hash
from unmet.core.tables import height, slices


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not hold: the file, the place in it, what should be there and what is."""

    file: str
    place: str
    expected: Any
    found: Any
    need_id: str | None = None

    def __str__(self) -> str:
        where = " ".join(part for part in (self.file, self.need_id, self.place) if part)
        return f"{where}: expected {_shown(self.expected)}, found {_shown(self.found)}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:199] + "…"


def check_documents(documents: pl.LazyFrame) -> Iterator[Difference]:
    """Every ``text_hash`` is the hash of its text; ids occur once."""
    for part in slices(documents.select("document_id", "text", "text_hash")):
        for identifier, text, stored in part.iter_rows():
            if text is None or text_hash(text) != stored:
                actual = None if text is None else text_hash(text)
                yield Difference("documents.parquet", f"{identifier} text_hash", actual, stored)
    for identifier, count in _repeated(documents, "document_id"):
        yield Difference("documents.parquet", f"{identifier} rows with this document_id", 1, count)


def _repeated(table: pl.LazyFrame, column: str) -> Iterator[tuple[Any, int]]:
    """Values that occur more than once; hashes are compared first, because ids are long and rarely equal."""
    hashed = table.select(pl.col(column).hash()).collect().to_series()
    twice = hashed.filter(hashed.is_duplicated()).unique().to_list()
    suspects = table.filter(pl.col(column).hash().is_in(twice)).select(pl.col(column).alias("value"))
    counts = suspects.collect().to_series().value_counts(name="n", sort=True).filter(pl.col("n") > 1)
    yield from counts.iter_rows()


_SLICES = ("aspect", "opinion")


def check_mentions(documents: pl.LazyFrame, mentions: pl.LazyFrame) -> Iterator[Difference]:
    """Every mention lies inside its document; aspect and opinion are slices of it; ids occur once."""
    texts = documents.select("document_id", "text").collect()
    columns = ["mention_id", "document_id", "start", "end"]
    columns += [f"{name}{suffix}" for name in _SLICES for suffix in ("", "_start", "_end")]
    for part in slices(mentions.select(columns)):
        joined = part.join(texts, on="document_id", how="left", maintain_order="left")
        # Whole columns find the rows that do not hold; what is wrong with them is said row by row.
        for row in joined.filter(_does_not_hold()).iter_rows(named=True):
            yield from _check_mention(row, row["text"])
    for identifier, count in _repeated(mentions, "mention_id"):
        yield Difference("mentions.parquet", f"{identifier} rows with this mention_id", 1, count)


def _does_not_hold() -> pl.Expr:
    text = pl.col("text")

    def inside(start: pl.Expr, end: pl.Expr) -> pl.Expr:
        return ((start >= 0) & (start < end) & (end <= text.str.len_chars())).fill_null(False)

    wrong = ~inside(pl.col("start"), pl.col("end"))
    for name in _SLICES:
        start, end = pl.col(f"{name}_start"), pl.col(f"{name}_end")
        given = start.is_not_null() | end.is_not_null()
        found = text.str.slice(start.clip(0), (end - start).clip(0))
        wrong |= given & (~inside(start, end) | found.ne_missing(pl.col(name)))
    return wrong | text.is_null()


def _check_mention(row: Mapping[str, Any], text: str | None) -> Iterator[Difference]:
    name = row["mention_id"]
    if text is None:
        yield Difference("mentions.parquet", f"{name} document_id", "a stored document", row["document_id"])
        return
    if not _inside(row["start"], row["end"], text):
        yield Difference(
            "mentions.parquet", f"{name} span", f"within 0–{len(text)}", (row["start"], row["end"])
        )
    for part in _SLICES:
        start, end = row[f"{part}_start"], row[f"{part}_end"]
        if start is None and end is None:
            continue
        if not _inside(start, end, text) or text[start:end] != row[part]:
            found = text[start:end] if _inside(start, end, text) else None
            yield Difference("mentions.parquet", f"{name} {part}", found, row[part])


def _inside(start: int | None, end: int | None, text: str) -> bool:
    return start is not None and end is not None and 0 <= start < end <= len(text)


def check_counts(
    counts: Mapping[str, Any], documents: pl.LazyFrame, rejected: pl.LazyFrame, mentions: pl.LazyFrame
) -> Iterator[Difference]:
    """Input rows = kept + rejected for every source; counts in the manifest are those of the tables."""
    for name, table in (("documents", documents), ("rejected", rejected), ("mentions", mentions)):
        rows_of_table = height(table)
        if counts.get(name) != rows_of_table:
            yield Difference("manifest.json", f"counts.{name}", rows_of_table, counts.get(name))
    rows = counts.get("rows_by_source")
    if not isinstance(rows, dict):
        yield Difference("manifest.json", "counts.rows_by_source", "rows of every source", rows)
        return
    both = pl.concat([table.select("source", "row").collect() for table in (documents, rejected)])
    accounted = dict(both["source"].value_counts(name="n").sort("source").iter_rows())
    for source in sorted(rows.keys() | accounted.keys(), key=str):
        expected, found = rows.get(source, 0), accounted.get(source, 0)
        if expected != found:
            yield Difference("manifest.json", f"rows of {source} kept or rejected", expected, found)
    if counts.get("rows") != sum(rows.values()):
        yield Difference("manifest.json", "counts.rows", sum(rows.values()), counts.get("rows"))
    twice = both.group_by("source", "row").len().filter(pl.col("len") > 1).sort("source", "row")
    for source, row, count in twice.iter_rows():
        yield Difference("documents.parquet + rejected.parquet", f"{source} row {row} occurs", 1, count)
