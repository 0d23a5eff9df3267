"""Parquet files, read in slices."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from unmet.core.errors import InputError, MappingError
from unmet.ingest.compression import open_bytes
from unmet.ingest.rows import MAX_COLUMNS, Chunk, unique_names
from unmet.ingest.sources import Source
from unmet.ingest.spreadsheets import typed_chunk

_HINT = "Write it again, or save it as CSV or JSON Lines."
_MAX_DEPTH = 3


class ParquetTable:
    """A Parquet source. Nested objects become dotted columns, lists become JSON text."""

    def __init__(self, source: Source, *, max_columns: int = MAX_COLUMNS) -> None:
        self.source = source
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._path = self._unpacked() if source.compression else source.path
        try:
            with _no_panic_text():
                schema = pl.read_parquet_schema(self._path)
                self._n_rows = int(pl.scan_parquet(self._path).select(pl.len()).collect().item())
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            raise self._damaged(error) from error
        self._expressions: dict[str, pl.Expr] = {}
        self._nested: set[str] = set()
        for name, dtype in schema.items():
            self._add(pl.col(name), name, dtype, 1)
        if len(self._expressions) > max_columns:
            raise InputError(f"has {len(self._expressions)} columns", where=source.name)
        self.warnings: list[str] = []
        if not self._n_rows:
            raise InputError("the file holds no rows", where=source.name, hint=_HINT)

    def _unpacked(self) -> Path:
        self._folder = tempfile.TemporaryDirectory(prefix="unmet-")  # lives as long as this table
        path = Path(self._folder.name) / "content.parquet"
        source = self.source
        with (
            open_bytes(source.path, source.compression, source.member, where=source.name) as stream,
            path.open("wb") as copy,
        ):
            while block := stream.read(1 << 20):
                copy.write(block)
        return path

    def _add(self, expression: pl.Expr, name: str, dtype: pl.DataType, depth: int) -> None:
        if isinstance(dtype, pl.Struct) and depth < _MAX_DEPTH:
            for field in dtype.fields:
                inner = field.dtype if isinstance(field.dtype, pl.DataType) else field.dtype()
                self._add(expression.struct.field(field.name), f"{name}.{field.name}", inner, depth + 1)
            return
        (unique,), _ = unique_names([name])
        self._expressions[unique] = _as_text(expression, dtype).alias(unique)
        if dtype.is_nested():
            self._nested.add(unique)

    @property
    def columns(self) -> list[str]:
        """Column names in file order, nested ones dotted."""
        return list(self._expressions)

    @property
    def facts(self) -> dict[str, Any]:
        """Nothing was guessed."""
        return {}

    def chunks(self, columns: Sequence[str], chunk_rows: int, text: str | None = None) -> Iterator[Chunk]:
        """Yield the whole source in order, projected to ``columns``."""
        if text in self._nested:
            raise MappingError(f"column {text!r} holds lists or objects, not texts", where=self.source.name)
        wanted = [self._expressions[name] for name in columns]
        for start in range(0, self._n_rows, chunk_rows):
            try:
                with _no_panic_text():
                    part = pl.scan_parquet(self._path).slice(start, chunk_rows).select(wanted).collect()
            except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
                raise self._damaged(error) from error
            yield typed_chunk(part, columns, start)

    def _damaged(self, error: BaseException) -> InputError:
        panic = isinstance(error, pl.exceptions.PanicException) or not str(error)
        what = "its pages are damaged" if panic else str(error).splitlines()[0]
        return InputError(f"the Parquet file cannot be read ({what})", where=self.source.name, hint=_HINT)


@contextmanager
def _no_panic_text() -> Iterator[None]:
    """Keep Polars from printing a trace to the process's standard error when a page is damaged.

    The panic still arrives as an exception; only its text, written below Python, goes nowhere.
    """
    try:
        kept = os.dup(2)
    except OSError:  # standard error is closed: nothing can be printed
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _as_json(cells: pl.Series) -> pl.Series:
    shown = [None if c is None else json.dumps(c, ensure_ascii=False, default=str) for c in cells.to_list()]
    return pl.Series(cells.name, shown, dtype=pl.String)


def _as_text(expression: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype.is_float():
        whole = (expression == expression.round(0)) & (expression.abs() < 1e15)
        text = pl.when(whole).then(expression.cast(pl.Int64, strict=False).cast(pl.String))
        return text.when(expression.is_finite()).then(expression.cast(pl.String))
    if isinstance(dtype, pl.Datetime):
        naive = expression.dt.convert_time_zone("UTC") if dtype.time_zone else expression
        return naive.dt.replace_time_zone(None).dt.strftime("%Y-%m-%dT%H:%M:%S%.6f")
    if isinstance(dtype, pl.Binary):
        return expression.cast(pl.String, strict=False)
    if dtype.is_nested():
        return expression.map_batches(_as_json, return_dtype=pl.String)
    if isinstance(dtype, pl.Object):
        return pl.lit(None, dtype=pl.String)
    return expression.cast(pl.String)
