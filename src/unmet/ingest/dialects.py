"""How the lines of a text file split into records and fields: detection and the splitting itself."""

from __future__ import annotations

import csv
import re
import threading
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass

from unmet.ingest.headers import is_header

MAX_RECORD_CHARACTERS = 16 << 20
"""Python's csv reader stops a field here; the field is then taken as one with a missing quote."""

SAMPLE_CHARACTERS = 1 << 18
SAMPLE_ROWS = 300
_USUAL = (",", "\t", ";", "|")
_NEVER = set("\"'_-.()（）/\\<>[]{}*+=@#!?%&$，。：")
_SEPARATOR_RUN = re.compile(r"([#|:;$~^+=*@%])\1+|\t+")
NO_DELIMITER = "\x1f"
_LIMIT = threading.Lock()


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a line splits into fields. ``separator`` is set for separators of several characters."""

    delimiter: str
    quoting: bool
    n_columns: int
    separator: str | None = None


def sample_lines(sample: str, whole: bool) -> Iterator[str]:
    """Lines of a file's beginning; the last one is left out where it may have been cut."""
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", sample.removeprefix("\ufeff"))
    return iter([line for line in (lines if whole else lines[:-1] or lines) if line])


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
    lines = list(sample_lines(sample, whole))
    best: tuple[tuple[float, ...], Dialect] | None = None
    for delimiter in _candidates(lines):
        for quoting in (True, False):
            judged = _judge(lines, delimiter, quoting)
            if judged is not None and (best is None or judged[0] > best[0]):
                best = judged
    if best is not None:
        return best[1]
    runs = _separator_run(lines)
    return runs or Dialect(NO_DELIMITER, any(line.startswith('"') for line in lines), 1)


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
    while len(records) < SAMPLE_ROWS:
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
    rows = [line for line in lines[:SAMPLE_ROWS] if line.strip()]
    if len(rows) < 3:
        return None
    counts = Counter(run for line in rows for run in {m.group() for m in _SEPARATOR_RUN.finditer(line)})
    for run, n_lines in counts.most_common(3):
        if n_lines >= 0.98 * len(rows):
            per_line = Counter(line.count(run) for line in rows)
            n_separators = min(n for n in per_line if n)
            return Dialect(NO_DELIMITER, False, n_separators + 1, run)
    return None
