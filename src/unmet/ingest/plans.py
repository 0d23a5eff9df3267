"""Before the first record: every source is opened, its columns recognised, its scales decided.

All of this happens for all inputs first, so that one bad file stops the work before it begins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from unmet.core.errors import InputError
from unmet.core.records import Kind
from unmet.ingest.delimited import DelimitedTable
from unmet.ingest.jsonrows import JsonTable
from unmet.ingest.mapping import Mapping, check_override, detect_mapping
from unmet.ingest.parquetrows import ParquetTable
from unmet.ingest.prices import comma_evidence
from unmet.ingest.ratings import MAX_DISTINCT, RatingScale, decide_scale
from unmet.ingest.rows import MAX_COLUMNS, Table
from unmet.ingest.signatures import Format
from unmet.ingest.sources import Source, open_sources
from unmet.ingest.spreadsheets import SheetTable
from unmet.ingest.times import DayOrder, day_order

SAMPLE_ROWS = 3_000
"""Columns are recognised from this many rows; scales and date orders from all rows."""

_TABLES: dict[Format, Callable[..., Table]] = {
    Format.DELIMITED: DelimitedTable,
    Format.JSON: JsonTable,
    Format.PARQUET: ParquetTable,
    Format.WORKBOOK: SheetTable,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How one source is turned into records."""

    source: Source
    table: Table
    mapping: Mapping
    scale: RatingScale | None  # null without a rating column
    rating_counts: tuple[tuple[str, int], ...]  # raw value → rows, most frequent first
    day_order: DayOrder
    decimal_comma: bool


def make_plans(
    inputs: Sequence[str | Path], *, mapping: MappingType[str, str], kind: str, chunk_rows: int
) -> list[Plan]:
    """Open, recognise and survey every source.

    Raises:
        InputError, MappingError: about the first input that cannot be used.
    """
    if kind not in set(Kind):
        raise InputError(f"there is no kind {kind!r}", hint=f"It is one of {', '.join(Kind)}.")
    if chunk_rows < 1:
        raise InputError(f"chunk_rows must be at least 1, not {chunk_rows}")
    check_override(mapping)
    return [_plan(source, mapping, kind, chunk_rows) for source in open_sources(inputs)]


def open_table(source: Source, *, max_columns: int = MAX_COLUMNS) -> Table:
    """Open one source for reading, whatever its format.

    Raises:
        InputError: it cannot be read as a table, or has more columns than ``max_columns``.
    """
    return _TABLES[source.format](source, max_columns=max_columns)


def _plan(source: Source, override: MappingType[str, str], kind: str, chunk_rows: int) -> Plan:
    table = open_table(source)
    first = next(iter(table.chunks(table.columns, SAMPLE_ROWS)), None)
    if first is None:
        raise InputError("has a header but no rows", where=source.name, hint="Export it again.")
    mapping = detect_mapping(first.frame, override, kind=kind, where=source.name)
    survey = _Survey(mapping)
    if survey.columns:
        for chunk in table.chunks(survey.columns, chunk_rows):
            survey.add(chunk.frame)
    scale = None
    rating = mapping.column("rating")
    if rating is not None:
        scale = survey.scale()
        if scale is None:
            shown = ", ".join(repr(value) for value, _ in survey.ratings.most_common(4))
            why = f"the values are no rating scale ({shown} …)"
            if mapping.told("rating"):
                raise InputError(f"column {rating!r}: {why}", where=source.name, hint="Map another column.")
            mapping = mapping.without("rating", why)
    counts = tuple(survey.ratings.most_common()) if scale else ()
    return Plan(source, table, mapping, scale, counts, survey.order, survey.n_comma > survey.n_point)


class _Survey:
    """Evidence from all rows about the columns whose reading depends on all rows."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        fields = [(field, mapping.column(field)) for field in ("rating", "time", "price")]
        self._fields = [(field, column) for field, column in fields if column is not None]
        self.columns = list(dict.fromkeys(column for _, column in self._fields))
        self.ratings: Counter[str] = Counter()
        self.order = DayOrder()
        self.n_comma = self.n_point = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Take one chunk into account."""
        for field, column in self._fields:
            cells = frame[column].drop_nulls()
            if field == "rating" and len(self.ratings) <= MAX_DISTINCT:
                self.ratings.update(dict(cells.value_counts().iter_rows()))
            elif field == "time":
                self.order += day_order(cells)
            elif field == "price":
                n_comma, n_point = comma_evidence(cells)
                self.n_comma += n_comma
                self.n_point += n_point

    def scale(self) -> RatingScale | None:
        """The rating scale of all rows; ``None`` if they are no rating."""
        if len(self.ratings) > MAX_DISTINCT:
            return None
        column = self._mapping.column("rating") or ""
        return decide_scale(self.ratings, column, told=self._mapping.told("rating"))
