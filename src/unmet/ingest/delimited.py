"""CSV, TSV and anything else with one record per line: dialect detection and streaming."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import IO, Any

import polars as pl

from unmet.core.errors import InputError
from unmet.ingest.dialects import (
    NO_DELIMITER,
    SAMPLE_CHARACTERS,
    SAMPLE_ROWS,
    Broken,
    Dialect,
    detect_dialect,
    sample_lines,
    split_rows,
)
from unmet.ingest.encodings import Encoding, detect_encoding, open_text
from unmet.ingest.headers import is_header
from unmet.ingest.rows import (
    MAX_COLUMNS,
    MAX_FIELD_CHARACTERS,
    UNDECODABLE,
    Chunk,
    Rejection,
    excerpt,
    string_column,
    unique_names,
)
from unmet.ingest.sources import Source


class DelimitedTable:
    """A delimited text source. Blank lines are no rows; fields keep every character they had."""

    def __init__(self, source: Source, *, max_columns: int = MAX_COLUMNS) -> None:
        self.source = source
        self._max_columns = max_columns
        self.encoding: Encoding = detect_encoding(source)
        with open_text(source, self.encoding.name) as stream:
            sample = stream.read(SAMPLE_CHARACTERS)
            whole = not stream.read(1)
        if not sample.strip("\ufeff \t\r\n\0"):
            raise InputError("the file holds no text", where=source.name, hint="Export it again.")
        self.dialect = detect_dialect(sample, whole)
        first_rows = self._sample_rows(sample, whole)
        if not first_rows:
            raise InputError("the file holds no rows", where=source.name, hint="Export it again.")
        self.has_header = is_header(first_rows[0], first_rows[1:])
        self.dialect, self._columns, self.warnings = self._named(first_rows)
        self.header_cells: list[str] = first_rows[0] if self.has_header else []

    def _named(self, rows: list[list[str]]) -> tuple[Dialect, list[str], list[str]]:
        width = len(rows[0]) if self.has_header else self.dialect.n_columns
        if width > self._max_columns:
            raise InputError(f"has {width} columns; is the delimiter right?", where=self.source.name)
        names, warnings = unique_names(rows[0] if self.has_header else [""] * width)
        if not self.has_header:
            warnings.append("the first row is data, not column names; columns are called column_1 …")
        if self.encoding.n_bad_lines:
            warnings.append(f"{self.encoding.n_bad_lines} lines are not valid {self.encoding.name}")
        dialect = Dialect(self.dialect.delimiter, self.dialect.quoting, width, self.dialect.separator)
        return dialect, names, warnings

    @property
    def columns(self) -> list[str]:
        """Column names, unique, in file order."""
        return self._columns

    @property
    def facts(self) -> dict[str, Any]:
        """Encoding, delimiter, quoting and header as detected."""
        shown = self.dialect.separator or self.dialect.delimiter
        return {
            "encoding": self.encoding.name,
            "encoding_why": self.encoding.why,
            "delimiter": None if shown == NO_DELIMITER else shown,
            "quoting": self.dialect.quoting,
            "header": self.has_header,
        }

    def _sample_rows(self, sample: str, whole: bool) -> list[list[str]]:
        rows = [r for r in split_rows(sample_lines(sample, whole), self.dialect) if isinstance(r, list)]
        return rows[:SAMPLE_ROWS]

    def chunks(self, columns: Sequence[str], chunk_rows: int, text: str | None = None) -> Iterator[Chunk]:
        """Yield the whole source in order, projected to ``columns``; here every cell is a text."""
        with open_text(self.source, self.encoding.name) as stream:
            chunk = ChunkBuilder(self, columns)
            records = split_rows(_without_mark(stream), self.dialect)
            if self.has_header:
                next(records, None)
            for record in records:
                chunk.add(record)
                if chunk.n_rows >= chunk_rows:
                    yield chunk.finish()
            if chunk.n_rows:
                yield chunk.finish()


def _without_mark(stream: IO[str]) -> Iterator[str]:
    """Lines of ``stream`` without a byte-order mark that an encoding without one left in place."""
    return chain([stream.readline().removeprefix("\ufeff")], stream)


class ChunkBuilder:
    """Records, one by one, to chunks of the asked-for columns; rows are numbered from ``first_row``."""

    def __init__(self, table: DelimitedTable, columns: Sequence[str], *, first_row: int = 0) -> None:
        self._columns = columns
        self._places = [table.columns.index(name) for name in columns]
        self._width = table.dialect.n_columns
        self._check_bytes = (
            table.encoding.name not in ("utf-8", "utf-8-sig") or table.encoding.n_bad_lines > 0
        )
        self._header = table.header_cells if table.has_header else None
        self._next_row = first_row
        self._clear()

    def _clear(self) -> None:
        self.n_rows = 0
        self._good: list[list[str]] = []
        self._rows: list[int] = []
        self._rejected: list[Rejection] = []

    def add(self, record: list[str] | Broken) -> None:
        """Take the next record into the chunk, or reject it."""
        row = self._next_row
        self._next_row += 1
        self.n_rows += 1
        problem: tuple[str, str] | None
        if isinstance(record, Broken):
            problem, cells = (record.reason, record.detail), [record.text]
        else:
            cells = record
            problem = self._problem(record)
        if problem:
            self._rejected.append(Rejection(row, *problem, excerpt(" ".join(cells)[:5000].strip())))
        else:
            self._good.append(cells)
            self._rows.append(row)

    def _problem(self, cells: list[str]) -> tuple[str, str] | None:
        width, n_cells = self._width, len(cells)
        if self._check_bytes and any(UNDECODABLE in cell for cell in cells):
            return "undecodable_bytes", "bytes that are not valid in the file's encoding"
        if n_cells != width:
            if n_cells < width or any(cells[width:]):
                return "ragged_row", f"{n_cells} fields where {width} were expected"
            del cells[width:]  # trailing empty cells hold nothing
        if cells == self._header:
            return "repeated_header", "repeats the header row"
        longest = max(map(len, cells))
        if longest > MAX_FIELD_CHARACTERS:
            return "field_too_large", f"a field has {longest:,} characters"
        return None

    def finish(self) -> Chunk:
        """The chunk of all records since the last one."""
        n_replaced = 0
        series: list[pl.Series] = []
        for name, place in zip(self._columns, self._places, strict=True):
            column, n_column = string_column(name, [cells[place] for cells in self._good])
            series.append(column)
            n_replaced += n_column
        chunk = Chunk(pl.DataFrame(series), self._rows, self._rejected, n_replaced)
        self._clear()
        return chunk
