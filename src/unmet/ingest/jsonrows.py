"""JSON Lines, arrays, concatenated objects and an object with one list of rows inside."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import IO, Any

import polars as pl

from unmet.core.errors import InputError
from unmet.ingest.encodings import Encoding, detect_encoding, open_text
from unmet.ingest.rows import (
    MAX_COLUMNS,
    MAX_FIELD_CHARACTERS,
    UNDECODABLE,
    Chunk,
    Rejection,
    excerpt,
    printable,
    string_column,
)
from unmet.ingest.sources import Source

MAX_WRAPPED_CHARACTERS = 256 << 20
"""An object with the rows in a list inside has to be held whole; larger ones must be JSON Lines."""

_READ_CHARACTERS = 1 << 20
_MAX_DEPTH = 3  # of nested objects that become dotted columns
_DECODER = json.JSONDecoder()


class JsonTable:
    """A JSON source. Nested objects become dotted columns (``review.text``), lists stay JSON text."""

    def __init__(self, source: Source, *, max_columns: int = MAX_COLUMNS) -> None:
        self.source = source
        self.encoding: Encoding = detect_encoding(source)
        self.layout = self._layout()
        names: dict[str, None] = {}
        for item in self._items():
            if isinstance(item, dict):
                names.update(dict.fromkeys(item))
                if len(names) > max_columns:
                    raise InputError(
                        f"the objects have more than {max_columns} different keys",
                        where=source.name,
                        hint="Keep only the columns that are needed.",
                    )
        self._columns = {printable(name): name for name in names}
        self.warnings: list[str] = []
        if not self._columns:
            raise InputError(
                "holds no JSON objects",
                where=source.name,
                hint='Give one object per line, such as {"text": "…", "rating": 5}.',
            )

    @property
    def columns(self) -> list[str]:
        """All keys of all objects, in order of first appearance."""
        return list(self._columns)

    @property
    def facts(self) -> dict[str, Any]:
        """Encoding and layout (lines, array, concatenated, wrapped)."""
        return {"encoding": self.encoding.name, "encoding_why": self.encoding.why, "layout": self.layout}

    def chunks(self, columns: Sequence[str], chunk_rows: int, text: str | None = None) -> Iterator[Chunk]:
        """Yield the whole source in order, projected to ``columns``."""
        text_key = self._columns[text] if text is not None else None
        keys = [self._columns[name] for name in columns]
        cells: list[list[str | None]] = [[] for _ in keys]
        rows: list[int] = []
        rejected: list[Rejection] = []
        for row, item in enumerate(self._items()):
            problem = item if isinstance(item, tuple) else _problem(item, text_key)
            if problem:
                reason, detail, text = problem
                rejected.append(Rejection(row, reason, detail, excerpt(text)))
            else:
                rows.append(row)
                for column, key in zip(cells, keys, strict=True):
                    cell = item.get(key)
                    column.append(cell if cell is None or type(cell) is str else _cell(cell))
            if len(rows) + len(rejected) >= chunk_rows:
                yield _chunk(columns, cells, rows, rejected)
                cells, rows, rejected = [[] for _ in keys], [], []
        if rows or rejected:
            yield _chunk(columns, cells, rows, rejected)

    def _layout(self) -> str:
        with open_text(self.source, self.encoding.name) as stream:
            first = ""
            for line in stream:
                first = line.strip("\ufeff \t\r\n")
                if first:
                    break
            second = next((line for line in stream if line.strip()), "")
        if first.startswith("["):
            # A line that is a whole list, followed by another, is JSON Lines of lists: no objects.
            return "array"
        if _parsed(first) is not None or not first.startswith("{"):
            return "lines" if second or _inner_list(_parsed(first)) is None else "wrapped"
        if _starts_objects(first):
            return "concatenated"
        if second.lstrip().startswith("{"):
            return "lines"
        return self._layout_of_spread_objects()

    def _layout_of_spread_objects(self) -> str:
        """One object over many lines: the whole file, or the first of several."""
        with open_text(self.source, self.encoding.name) as stream:
            text = stream.read(MAX_WRAPPED_CHARACTERS)
        try:
            value, end = _DECODER.raw_decode(text.lstrip("\ufeff \t\r\n"))
        except (ValueError, RecursionError) as error:
            raise self._damaged(error) from error
        rest = text.lstrip("\ufeff \t\r\n")[end:].strip()
        return "wrapped" if not rest and _inner_list(value) is not None else "concatenated"

    def _items(self) -> Iterator[Any]:
        """Each row as a flat dict of JSON values, or as (reason, detail, text) where it is none."""
        with open_text(self.source, self.encoding.name) as stream:
            if self.layout == "lines":
                yield from (_from_line(line) for line in stream if line.strip("\ufeff \t\r\n"))
            elif self.layout == "wrapped":
                yield from (_flat_or_problem(item) for item in self._wrapped(stream))
            else:
                yield from (_flat_or_problem(item) for item in self._streamed(stream))

    def _wrapped(self, stream: IO[str]) -> list[Any]:
        text = stream.read(MAX_WRAPPED_CHARACTERS + 1)
        if len(text) > MAX_WRAPPED_CHARACTERS:
            raise InputError(
                "is one JSON object too large to hold", where=self.source.name, hint="Save it as JSON Lines."
            )
        try:
            return _inner_list(json.loads(text.lstrip("\ufeff"))) or []
        except (ValueError, RecursionError) as error:
            raise self._damaged(error) from error

    def _streamed(self, stream: IO[str]) -> Iterator[Any]:
        """Values of a top-level array, or concatenated objects, one at a time."""
        text, at, ended = stream.read(_READ_CHARACTERS).lstrip("\ufeff"), 0, False
        array = text.lstrip().startswith("[")
        at = text.index("[") + 1 if array else 0
        closed = not array
        while True:
            at = _skip(text, at)
            if array and at < len(text) and text[at] == "]":
                closed, at = True, at + 1
                break
            try:
                value, end = _DECODER.raw_decode(text, at) if at < len(text) else (None, -1)
            except (ValueError, RecursionError) as error:
                if ended or len(text) - at > MAX_WRAPPED_CHARACTERS or isinstance(error, RecursionError):
                    raise self._damaged(error) from error
                end = -1
            # A number at the very end of the buffer may go on in the next block.
            if end < 0 or (end >= len(text) and not ended):
                if ended:
                    break
                more = stream.read(max(_READ_CHARACTERS, len(text) - at))
                text, at, ended = text[at:] + more, 0, not more
                continue
            yield value
            at = end
        if not closed or _skip(text, at) < len(text) or (array and stream.read(1024).strip()):
            raise self._damaged(ValueError("the list is not closed, or text follows it"))

    def _damaged(self, error: Exception) -> InputError:
        what = "too deeply nested" if isinstance(error, RecursionError) else str(error)
        return InputError(
            f"is not valid JSON ({what})",
            where=self.source.name,
            hint="Export it again, or save one object per line (JSON Lines).",
        )


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n,\ufeff":
        at += 1
    return at


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _starts_objects(text: str) -> bool:
    try:
        _, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return text[end:].lstrip(" ,\t").startswith("{")


def _inner_list(value: Any) -> list[Any] | None:
    """The one list of objects inside an object (at most two levels down), if there is exactly one."""
    if not isinstance(value, dict):
        return None
    lists = [v for v in value.values() if isinstance(v, list) and any(isinstance(i, dict) for i in v)]
    if not lists:
        lists = [inner for v in value.values() if (inner := _inner_list(v)) is not None]
    texts = sum(1 for v in value.values() if isinstance(v, str) and len(v) > 60)
    return lists[0] if len(lists) == 1 and not texts else None


def _from_line(line: str) -> Any:
    text = line.strip("\ufeff \t\r\n")
    if UNDECODABLE in text:
        return ("undecodable_bytes", "bytes that are not valid in the file's encoding", text)
    try:
        value, end = _DECODER.raw_decode(text)
        if end < len(text):
            return ("bad_json", f"text follows the value at character {end}", text)
        return _flat_or_problem(value, text)
    except RecursionError:
        return ("bad_json", "too deeply nested", text)
    except ValueError as error:
        return ("bad_json", str(error)[:200], text)


def _flat_or_problem(value: Any, text: str | None = None) -> Any:
    if type(value) is dict:
        nested = any(type(item) is dict for item in value.values())
        return _flat(value) if nested else value
    shown = text if text is not None else json.dumps(value, ensure_ascii=False)
    return ("not_an_object", f"a {type(value).__name__} where an object was expected", shown)


def _flat(value: dict[str, Any], prefix: str = "", depth: int = 1) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, item in value.items():
        name = prefix + key
        if isinstance(item, dict) and depth < _MAX_DEPTH and item:
            flat.update(_flat(item, name + ".", depth + 1))
        else:
            flat[name] = item
    return flat


def _cell(item: Any) -> str | None:
    """A JSON value as the string that a delimited file would hold; lists and objects stay JSON."""
    if item is None or (isinstance(item, float) and not math.isfinite(item)):
        return None
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, (int, float)):
        return _number(item)
    return json.dumps(item, ensure_ascii=False)


def _number(item: int | float) -> str | None:
    try:
        return str(int(item)) if item == int(item) and abs(item) < 1e15 else repr(item)
    except ValueError:  # integers of thousands of digits are no values
        return None


def _problem(item: dict[str, Any], text_key: str | None) -> tuple[str, str, str] | None:
    if text_key is not None:
        cell = item.get(text_key)
        inner = {k: v for k, v in item.items() if k.startswith(text_key + ".")} if cell is None else {}
        if isinstance(cell, (list, dict)) or inner:
            shown = json.dumps(cell if cell is not None else inner, ensure_ascii=False)
            return "wrong_type", "a list or object where the text was expected", shown
    for key, cell in item.items():
        if type(cell) is str and len(cell) > MAX_FIELD_CHARACTERS:
            return "field_too_large", f"{printable(key)[:60]} has {len(cell):,} characters", cell[:2000]
    return None


def _chunk(
    columns: Sequence[str], cells: list[list[str | None]], rows: list[int], rejected: list[Rejection]
) -> Chunk:
    built = [string_column(name, column) for name, column in zip(columns, cells, strict=True)]
    return Chunk(pl.DataFrame([s for s, _ in built]), rows, rejected, sum(n for _, n in built))
