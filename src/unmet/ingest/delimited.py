"""CSV, TSV and anything else with one record per line: dialect detection and streaming."""

from __future__ import annotations

import csv
import re
import threading
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import IO, Any

import polars as pl

from unmet.core.errors import InputError
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

MAX_RECORD_CHARACTERS = 16 << 20
"""Python's csv reader stops a field here; the field is then taken as one with a missing quote."""

_SAMPLE_CHARACTERS = 1 << 18
_SAMPLE_ROWS = 300
_USUAL = (",", "\t", ";", "|")
_NEVER = set("\"'_-.()（）/\\<>[]{}*+=@#!?%&$，。：")
_SEPARATOR_RUN = re.compile(r"([#|:;$~^+=*@%])\1+|\t+")
_NO_DELIMITER = "\x1f"
_LIMIT = threading.Lock()


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a line splits into fields. ``separator`` is set for separators of several characters."""

    delimiter: str
    quoting: bool
    n_columns: int
    separator: str | None = None


class DelimitedTable:
    """A delimited text source. Blank lines are no rows; fields keep every character they had."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.encoding: Encoding = detect_encoding(source)
        with open_text(source, self.encoding.name) as stream:
            sample = stream.read(_SAMPLE_CHARACTERS)
            whole = not stream.read(1)
        if not sample.strip("\ufeff \t\r\n\0"):
            raise InputError("the file holds no text", where=source.name, hint="Export it again.")
        self.dialect = detect_dialect(sample, whole)
        first_rows = self._sample_rows(sample, whole)
        if not first_rows:
            raise InputError("the file holds no rows", where=source.name, hint="Export it again.")
        self.has_header = is_header(first_rows[0], first_rows[1:])
        self.dialect, self._columns, self.warnings = self._named(first_rows)
        self._header = first_rows[0] if self.has_header else None

    def _named(self, rows: list[list[str]]) -> tuple[Dialect, list[str], list[str]]:
        width = len(rows[0]) if self.has_header else self.dialect.n_columns
        if width > MAX_COLUMNS:
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
            "delimiter": None if shown == _NO_DELIMITER else shown,
            "quoting": self.dialect.quoting,
            "header": self.has_header,
        }

    def _sample_rows(self, sample: str, whole: bool) -> list[list[str]]:
        rows = [r for r in split_rows(_lines(sample, whole), self.dialect) if isinstance(r, list)]
        return rows[:_SAMPLE_ROWS]

    def chunks(self, columns: Sequence[str], chunk_rows: int, text: str | None = None) -> Iterator[Chunk]:
        """Yield the whole source in order, projected to ``columns``; here every cell is a text."""
        places = [self._columns.index(name) for name in columns]
        with open_text(self.source, self.encoding.name) as stream:
            chunk = _ChunkBuilder(self, columns, places)
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


def _lines(sample: str, whole: bool) -> Iterator[str]:
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", sample.removeprefix("\ufeff"))
    return iter([line for line in (lines if whole else lines[:-1] or lines) if line])


class _ChunkBuilder:
    def __init__(self, table: DelimitedTable, columns: Sequence[str], places: list[int]) -> None:
        self._columns, self._places = columns, places
        self._width = table.dialect.n_columns
        self._check_bytes = (
            table.encoding.name not in ("utf-8", "utf-8-sig") or table.encoding.n_bad_lines > 0
        )
        self._header = table._header
        self._next_row = 0
        self._clear()

    def _clear(self) -> None:
        self.n_rows = 0
        self._good: list[list[str]] = []
        self._rows: list[int] = []
        self._rejected: list[Rejection] = []

    def add(self, record: list[str] | Broken) -> None:
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
        for place, cell in enumerate(cells):
            if len(cell) > MAX_FIELD_CHARACTERS:
                return "field_too_large", f"field {place + 1} has {len(cell):,} characters"
        return None

    def finish(self) -> Chunk:
        n_replaced = 0
        series: list[pl.Series] = []
        for name, place in zip(self._columns, self._places, strict=True):
            column, n_column = string_column(name, [cells[place] for cells in self._good])
            series.append(column)
            n_replaced += n_column
        chunk = Chunk(pl.DataFrame(series), self._rows, self._rejected, n_replaced)
        self._clear()
        return chunk


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that no record could be made from."""

    reason: str
    detail: str
    text: str


class _Remembered:
    """Physical lines, remembering those of the record being read so that they can be read again."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.pending: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> _Remembered:
        return self

    def __next__(self) -> str:
        line = self.pending.popleft() if self.pending else next(self._lines)
        self.taken.append(line)
        return line

    def again(self) -> str:
        """Return the first line of the record and put the others back."""
        first = self.taken[0]
        self.pending.extendleft(reversed(self.taken[1:]))
        return first


def split_rows(lines: Iterator[str], dialect: Dialect) -> Iterator[list[str] | Broken]:
    """Records of ``lines``. A quote that is never closed costs its own line, not those after it."""
    if dialect.separator is not None:
        yield from _split_by_separator(lines, dialect)
        return
    with _LIMIT:  # the limit is global to the process, so it is only ever raised, to one value
        csv.field_size_limit(MAX_RECORD_CHARACTERS)
    remembered = _Remembered(lines)
    taken = remembered.taken
    reader = csv.reader(
        remembered,
        delimiter=dialect.delimiter,
        quoting=csv.QUOTE_MINIMAL if dialect.quoting else csv.QUOTE_NONE,
    )
    while True:
        taken.clear()
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Broken("malformed_row", str(error), remembered.again())
            continue
        if len(taken) > 1 and not _well_quoted(taken, dialect.delimiter):
            yield Broken("malformed_row", "a quote is opened and not closed", remembered.again())
        elif record:
            yield record


def _well_quoted(lines: list[str], delimiter: str) -> bool:
    """Whether a record of several lines obeys the quoting rules to the letter."""
    try:
        return len(list(csv.reader(lines, delimiter=delimiter, strict=True))) == 1
    except csv.Error:
        return False


def _split_by_separator(lines: Iterator[str], dialect: Dialect) -> Iterator[list[str] | Broken]:
    separator = dialect.separator or dialect.delimiter
    for line in lines:
        if line.strip():
            yield [cell.strip() for cell in line.split(separator, dialect.n_columns - 1)]


def detect_dialect(sample: str, whole: bool) -> Dialect:
    """Find the delimiter whose field count is the most constant over the sample's records.

    Args:
        sample: the beginning of the file.
        whole: whether that is all of it (else the last, cut line is left out).
    """
    lines = list(_lines(sample, whole))
    best: tuple[tuple[float, ...], Dialect] | None = None
    for delimiter in _candidates(lines):
        for quoting in (True, False):
            judged = _judge(lines, delimiter, quoting)
            if judged is not None and (best is None or judged[0] > best[0]):
                best = judged
    if best is not None:
        return best[1]
    runs = _separator_run(lines)
    return runs or Dialect(_NO_DELIMITER, any(line.startswith('"') for line in lines), 1)


def _candidates(lines: list[str]) -> list[str]:
    first = next((line for line in lines if line.strip()), "")
    rare = sorted({c for c in first if not c.isalnum() and not c.isspace() and c not in _NEVER})
    return [*_USUAL, *(c for c in rare if c not in _USUAL and c.isascii() and c != '"')]


def _judge(lines: list[str], delimiter: str, quoting: bool) -> tuple[tuple[float, ...], Dialect] | None:
    records, n_malformed = _sample_records(lines, delimiter, quoting)
    if not records or len(records[0]) < 2:
        return None
    counts = Counter(len(record) for record in records)
    width, n_alike = counts.most_common(1)[0]
    n_first = counts[len(records[0])]
    n_all = len(records) + n_malformed
    share, share_first = n_alike / n_all, n_first / n_all
    needed = 0.5 if delimiter in _USUAL else 0.98
    if delimiter in _USUAL and share_first >= 0.3 and is_header(records[0], []):
        share, width = share_first, len(records[0])  # known column names in the first row settle it
        needed = 0.3
    if width < 2 or share < needed or (len(records) == 1 and not is_header(records[0], [])):
        return None
    rank = (
        round(share, 2),
        float(delimiter in _USUAL),
        float(len(records[0]) == width),
        float(quoting),
        width,
    )
    return rank, Dialect(delimiter, quoting, width)


def _sample_records(lines: list[str], delimiter: str, quoting: bool) -> tuple[list[list[str]], int]:
    """Records of the sample that obey the quoting rules, and how many do not.

    A record that runs into the end of the sample is left out: it may go on in the file.
    """
    remembered = _Remembered(iter(lines))
    style = csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE
    reader = csv.reader(remembered, delimiter=delimiter, quoting=style)  # type: ignore[arg-type]
    records: list[list[str]] = []
    n_malformed = n_lines = 0
    while len(records) < _SAMPLE_ROWS:
        remembered.taken.clear()
        try:
            record = next(reader)
        except (StopIteration, csv.Error):
            break
        taken = remembered.taken
        n_lines += len(taken)
        if quoting and any('"' in line for line in taken) and not _well_quoted(taken, delimiter):
            if n_lines < len(lines):
                n_malformed += 1
        elif record:
            records.append(record)
    return records, n_malformed


def _separator_run(lines: list[str]) -> Dialect | None:
    """A run such as ``####`` or ``||`` that occurs in nearly every line separates fields."""
    rows = [line for line in lines[:_SAMPLE_ROWS] if line.strip()]
    if len(rows) < 3:
        return None
    counts = Counter(run for line in rows for run in {m.group() for m in _SEPARATOR_RUN.finditer(line)})
    for run, n_lines in counts.most_common(3):
        if n_lines >= 0.98 * len(rows):
            per_line = Counter(line.count(run) for line in rows)
            n_separators = min(n for n in per_line if n)
            return Dialect(_NO_DELIMITER, False, n_separators + 1, run)
    return None
