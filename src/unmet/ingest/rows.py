"""What every file reader hands on: a table of named columns that yields chunks of string cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

MAX_FIELD_CHARACTERS = 1_000_000
"""A longer field is a counted rejection: no customer writes a text of that size."""

MAX_COLUMNS = 2_000
"""More columns than this is no table of reviews, but a file read with the wrong delimiter."""

UNDECODABLE = "\udcff"
"""Stands in decoded text where bytes were not valid in the file's encoding; never leaves this stage."""

REPLACEMENT = "\ufffd"
"""What a NUL or an unpaired surrogate becomes (one for one, so offsets stay)."""

EXCERPT_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Rejection:
    """A data row that could not become a record."""

    row: int  # 0-based data row in its source
    reason: str  # ragged_row, undecodable_bytes, bad_json, not_an_object, field_too_large, …
    detail: str
    text: str  # what could be read of it, cut to EXCERPT_CHARACTERS


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive data rows of one source.

    ``frame`` holds the asked-for columns as strings (null where absent), ``rows`` their 0-based row
    numbers; every row of the source is either there or in ``rejected``.
    """

    frame: pl.DataFrame
    rows: list[int]
    rejected: list[Rejection]
    n_replaced: int = 0  # NULs and unpaired surrogates that became U+FFFD


class Table(Protocol):
    """A source opened for reading: may be read several times."""

    @property
    def columns(self) -> list[str]:
        """Column names, unique, in file order."""
        ...

    @property
    def facts(self) -> dict[str, Any]:
        """How the file was read (encoding, delimiter, header …), for `unmet check`."""
        ...

    @property
    def warnings(self) -> list[str]:
        """Plain sentences about what looked odd but did not stop the reading."""
        ...

    def chunks(self, columns: Sequence[str], chunk_rows: int, text: str | None = None) -> Iterator[Chunk]:
        """Yield the whole source in order, projected to ``columns``.

        Rows whose cell in the column ``text`` is a list or object are rejected as ``wrong_type``.
        """
        ...


def excerpt(text: str) -> str:
    """``text`` cut to what a rejected row keeps, made safe to store."""
    return printable(text[:EXCERPT_CHARACTERS])


def printable(text: str) -> str:
    """``text`` with NULs, unpaired surrogates and undecodable marks replaced by U+FFFD, one for one."""
    if text.isascii() and "\0" not in text:
        return text
    return "".join(
        REPLACEMENT if character == "\0" or "\ud800" <= character <= "\udfff" else character
        for character in text
    )


def string_column(name: str, cells: Sequence[str | None]) -> tuple[pl.Series, int]:
    """Cells as a string series, plus the number of characters replaced (see ``REPLACEMENT``)."""
    try:
        series = pl.Series(name, cells, dtype=pl.String)
    except UnicodeEncodeError:
        series = pl.Series(name, [cell and printable(cell) for cell in cells], dtype=pl.String)
        n_replaced = sum(_n_unsafe(cell) for cell in cells if cell)
        return series, n_replaced
    n_replaced = int(series.str.count_matches("\0", literal=True).sum() or 0)
    if n_replaced:
        series = series.str.replace_all("\0", REPLACEMENT, literal=True)
    return series, n_replaced


def _n_unsafe(text: str) -> int:
    return sum(1 for c in text if c == "\0" or "\ud800" <= c <= "\udfff")


def unique_names(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Column names made unique, and warnings.

    Empty names become ``column_3`` (1-based place); a repeated ``text`` becomes ``text_2``.

    >>> unique_names(["text", "", "text"])[0]
    ['text', 'column_2', 'text_2']
    """
    taken: set[str] = set()
    unique: list[str] = []
    repeated: list[str] = []
    originals = {printable(name).strip() for name in names}
    for place, name in enumerate(names, start=1):
        clean = printable(name).strip() or f"column_{place}"
        candidate, number = clean, 2
        while candidate in taken or (candidate != clean and candidate in originals):
            candidate, number = f"{clean}_{number}", number + 1
        if candidate != clean:
            repeated.append(f"column name {clean!r} occurs twice; the later one is read as {candidate!r}")
        taken.add(candidate)
        unique.append(candidate)
    return unique, repeated
