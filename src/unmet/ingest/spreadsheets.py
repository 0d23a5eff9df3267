"""Excel workbooks: one sheet is one source; formulas give the values they had when saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from unmet.core.errors import InputError
from unmet.ingest.compression import on_disk
from unmet.ingest.headers import is_header
from unmet.ingest.rows import (
    MAX_COLUMNS,
    MAX_FIELD_CHARACTERS,
    Chunk,
    Rejection,
    excerpt,
    string_column,
    unique_names,
)
from unmet.ingest.sources import Source

_HINT = "Save it again from Excel, or export the sheet as CSV UTF-8."
_SAMPLE_ROWS = 300


def sheet_names(source: Source) -> list[str]:
    """Names of the sheets that hold anything.

    Raises:
        InputError: the workbook is damaged, protected or empty.
    """
    with on_disk(source) as path:
        book = _open(path.as_posix(), source.name)
        names = [name for name in book.sheet_names if _load(book, name, source.name).height]
    if not names:
        raise InputError("the workbook has no rows", where=source.name, hint=_HINT)
    return names


def _open(path: str, where: str) -> Any:
    import fastexcel

    try:
        return fastexcel.read_excel(path)
    except (fastexcel.FastExcelError, OSError, ValueError) as error:
        raise InputError(_plain(error), where=where, hint=_HINT) from error


def _load(book: Any, sheet: str, where: str) -> pl.DataFrame:
    import fastexcel

    try:
        loaded = book.load_sheet(sheet, header_row=None, dtypes="string")
        frame: pl.DataFrame = loaded.to_polars()
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError, ValueError) as error:
        raise InputError(_plain(error), where=f"{where}!{sheet}", hint=_HINT) from error
    return frame


def _plain(error: Exception) -> str:
    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    if "password" in str(error).lower() or "encrypt" in str(error).lower():
        return "the workbook is protected by a password"
    return f"the workbook cannot be read ({first})"


class SheetTable:
    """One sheet. Rows without any value are no rows, as blank lines in a CSV file."""

    def __init__(self, source: Source, *, max_columns: int = MAX_COLUMNS) -> None:
        self.source = source
        with on_disk(source) as path:
            frame = _load(_open(path.as_posix(), source.name), source.sheet or "", source.name)
        frame = frame.select(pl.all().cast(pl.String))
        if frame.width > max_columns:
            raise InputError(f"has {frame.width} columns", where=source.name)
        frame = frame.filter(~pl.all_horizontal(pl.all().is_null()))
        if not frame.height:
            raise InputError("the sheet has no rows", where=source.name, hint=_HINT)
        sample = [[cell or "" for cell in row] for row in frame.head(_SAMPLE_ROWS).rows()]
        self.has_header = is_header(sample[0], sample[1:])
        names, self.warnings = unique_names(sample[0] if self.has_header else [""] * frame.width)
        if not self.has_header:
            self.warnings.append("the first row is data, not column names; columns are called column_1 …")
        self._frame = (frame[1:] if self.has_header else frame).rename(
            dict(zip(frame.columns, names, strict=True))
        )

    @property
    def columns(self) -> list[str]:
        """Column names, unique, in sheet order."""
        return self._frame.columns

    @property
    def facts(self) -> dict[str, Any]:
        """Sheet name and whether it has a header."""
        return {"sheet": self.source.sheet, "header": self.has_header}

    def chunks(self, columns: Sequence[str], chunk_rows: int, text: str | None = None) -> Iterator[Chunk]:
        """Yield the sheet in order, projected to ``columns``."""
        for start in range(0, self._frame.height, chunk_rows):
            yield typed_chunk(self._frame[start : start + chunk_rows], columns, start)


def typed_chunk(part: pl.DataFrame, columns: Sequence[str], start: int) -> Chunk:
    """A chunk of string columns, less the rows with a field that is too large."""
    wide = part.select(
        pl.max_horizontal(pl.all().str.len_chars().fill_null(0), 0).alias("n")
    ).to_series() > MAX_FIELD_CHARACTERS  # fmt: skip
    rejected = [
        Rejection(
            start + int(at),
            "field_too_large",
            f"a field above {MAX_FIELD_CHARACTERS:,} characters",
            excerpt(" ".join(cell[:2000] for cell in part.row(int(at)) if cell)),
        )
        for at in wide.arg_true()
    ]
    kept = part.filter(~wide)
    rows = [start + int(at) for at in (~wide).arg_true()]
    built = [string_column(name, kept[name].to_list()) for name in columns]
    return Chunk(pl.DataFrame([s for s, _ in built]), rows, rejected, sum(n for _, n in built))
