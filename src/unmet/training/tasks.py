"""Tasks: what a head predicts, and labelled files read into examples.

| kind | a row | target | loss |
|---|---|---|---|
| classes | text, label | one of the labels | cross-entropy |
| flag | text, label 0/1 | yes or no | cross-entropy |
| scores | text (and second text), one column per score | numbers, each scaled to 0–1 | squared error |
| tags | text, spans [[start, end, type], …] | a BIO tag per token | cross-entropy |
| pairs | text, second text, label | same or not, fits or not | cross-entropy |
| vectors | text, second text | the two are neighbours among the batch | InfoNCE |

Labels may be soft: one column ``p:LABEL`` per label with its probability, empty where the label is sure.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.errors import InputError
from unmet.models.heads import KINDS, Span, Task, scaled, unscaled

TEXT_COLUMNS = ("text", "sentence", "review", "text_a", "query", "评论内容", "文本")
SECOND_COLUMNS = ("text_b", "second", "aspect", "reply", "title", "en")
LABEL_COLUMNS = ("label", "intent", "category", "标签")
SOFT = "p:"
"""Columns with the probability of a label begin with it: ``p:positive``."""
SOFT_GAP = 0.02  # that probabilities written with few digits may lack or exceed 1 by
YES, NO = frozenset({"1", "true", "yes", "是"}), frozenset({"0", "false", "no", "否"})

__all__ = ["KINDS", "Examples", "Span", "Task", "joined", "read_task", "scaled", "unscaled"]


@dataclass(frozen=True, slots=True)
class Examples:
    """Rows of one task.

    Attributes:
        texts: first texts.
        seconds: second texts, or empty.
        targets: class numbers ``(n,)`` or probabilities ``(n, K)``, scaled scores ``(n, k)``, or nothing for
            tags and vectors.
        spans: labelled spans of each text, for tags.
    """

    texts: list[str]
    seconds: list[str]
    targets: NDArray[Any]
    spans: list[list[Span]]

    def __len__(self) -> int:
        return len(self.texts)

    def truth(self, task: Task) -> Any:
        """What predictions are compared with: class numbers, scores in their own unit, or spans."""
        if task.kind == "tags":
            return self.spans
        if task.kind == "scores":
            return unscaled(self.targets, task)
        return self.targets.argmax(axis=1) if self.targets.ndim == 2 else self.targets

    def take(self, rows: NDArray[np.int64]) -> Examples:
        """The given rows only."""
        return Examples(
            [self.texts[i] for i in rows],
            [self.seconds[i] for i in rows] if self.seconds else [],
            self.targets[rows] if len(self.targets) else self.targets,
            [self.spans[i] for i in rows] if self.spans else [],
        )


def joined(parts: Sequence[Examples]) -> Examples:
    """Rows of one task after one another."""
    return Examples(
        [text for part in parts for text in part.texts],
        [text for part in parts for text in part.seconds],
        np.concatenate([part.targets for part in parts]),
        [spans for part in parts for spans in part.spans],
    )


def read_task(name: str, path: Path, like: Task | None = None) -> tuple[Task, Examples]:
    """Read a labelled CSV, TSV, JSON Lines or Parquet file (.gz too); its columns tell the kind.

    Args:
        name: of the task.
        path: the file.
        like: the same task read before; its labels and ranges are kept, so that a development file
            speaks of the same outputs.

    Raises:
        InputError: no text column, no label, or a label that ``like`` does not have (with its row).
    """
    table = _read_table(path)
    text = _column(table, TEXT_COLUMNS, path, "text")
    texts = [value or "" for value in table[text].cast(pl.String)]
    rest = [column for column in table.columns if column != text]
    second = next((c for c in SECOND_COLUMNS if c in rest), None)
    seconds = [value or "" for value in table[second].cast(pl.String)] if second else []
    if "spans" in rest:
        spans = [_spans(value, row, path) for row, value in enumerate(table["spans"])]
        types = tuple(sorted({kind for found in spans for _, _, kind in found}))
        task = like or Task(name, "tags", types)
        _refuse_unknown([kind for found in spans for _, _, kind in found], task, path)
        return task, Examples(texts, [], np.zeros(0), spans)
    label = next((c for c in LABEL_COLUMNS if c in rest), None)
    if label is None:
        return _scores_or_vectors(name, table, rest, texts, seconds, path, like)
    values = [str(value) for value in table[label]]
    task = like or _class_task(name, values, bool(seconds))
    numbers = _numbers(values, task, path)
    if any(column.startswith(SOFT) for column in rest):
        return task, Examples(texts, seconds, _soft(table, numbers, task, path), [])
    return task, Examples(texts, seconds, numbers, [])


def read_texts(path: Path) -> list[str]:
    """Texts without labels: the text column of a table, or the lines of a ``.txt`` file; no empty ones.

    Raises:
        InputError: no such file, or no text in it.
    """
    if path.suffix == ".txt":
        if not path.is_file():
            raise InputError("no such file", where=str(path))
        texts = path.read_text("utf-8").splitlines()
    else:
        table = _read_table(path)
        texts = [value or "" for value in table[_column(table, TEXT_COLUMNS, path, "text")].cast(pl.String)]
    found = [text for text in texts if text.strip()]
    if not found:
        raise InputError("no text found", where=str(path))
    return found


def read_pairs(path: Path, columns: tuple[str, str]) -> tuple[list[str], list[str]]:
    """Two text columns of a table; rows in which either is empty are left out.

    Raises:
        InputError: no such file or column, or no row.
    """
    table = _read_table(path)
    both = [table[_column(table, (name,), path, "text")].cast(pl.String).to_list() for name in columns]
    kept = [(a, b) for a, b in zip(*both, strict=True) if (a or "").strip() and (b or "").strip()]
    if not kept:
        raise InputError("no pair of texts found", where=str(path))
    return [a for a, _ in kept], [b for _, b in kept]


def _class_task(name: str, values: Sequence[str], paired: bool) -> Task:
    seen = sorted(set(values))
    if len(seen) <= 2 and all(value.lower() in YES | NO for value in seen):
        return Task(name, "pairs" if paired else "flag", ("0", "1"))
    return Task(name, "pairs" if paired else "classes", tuple(seen))


def _numbers(values: Sequence[str], task: Task, path: Path) -> NDArray[np.int64]:
    if task.labels == ("0", "1"):
        values = ["1" if v.lower() in YES else "0" if v.lower() in NO else v for v in values]
    _refuse_unknown(values, task, path)
    place = {label: number for number, label in enumerate(task.labels)}
    return np.array([place[value] for value in values], dtype=np.int64)


def _soft(table: pl.DataFrame, numbers: NDArray[np.int64], task: Task, path: Path) -> NDArray[np.float32]:
    """Probabilities of the labels, shape ``(n, K)``; a row without them has its label for sure."""
    columns = [SOFT + label for label in task.labels]
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise InputError(
            f"no column {missing[0]!r}", where=str(path), hint=f"Soft labels need {', '.join(columns)}."
        )
    given = table.select(pl.col(columns).cast(pl.Float32, strict=False)).to_numpy()
    told = ~np.isnan(given).all(axis=1)
    good = (given >= 0).all(axis=1) & (np.abs(given.sum(axis=1) - 1) < SOFT_GAP)
    if (told & ~good).any():
        row = int(np.flatnonzero(told & ~good)[0])
        raise InputError(
            "probabilities of the labels do not sum to 1",
            where=f"{path.name}, row {row + 1}",
            hint="Give every label a number from 0 to 1, or leave all of the row's empty.",
        )
    sure = np.eye(len(task.labels), dtype=np.float32)[numbers]
    return np.where(told[:, None], given, sure).astype(np.float32)


def _scores_or_vectors(
    name: str,
    table: pl.DataFrame,
    rest: Sequence[str],
    texts: list[str],
    seconds: list[str],
    path: Path,
    like: Task | None,
) -> tuple[Task, Examples]:
    numeric = [c for c in (like.labels if like else rest) if c in rest and table[c].dtype.is_numeric()]
    if numeric:
        scores = table.select(numeric).to_numpy().astype(np.float32)
        if not np.isfinite(scores).all():
            row = int(np.flatnonzero(~np.isfinite(scores).all(axis=1))[0])
            raise InputError("a score is missing", where=f"{path.name}, row {row + 1}")
        lowest, highest = (tuple(map(float, found)) for found in (scores.min(0), scores.max(0)))
        task = like or Task(name, "scores", tuple(numeric), lowest, highest, bool(seconds))
        return task, Examples(texts, seconds, scaled(scores, task), [])
    if seconds:
        return like or Task(name, "vectors"), Examples(texts, seconds, np.zeros(0), [])
    raise InputError(
        f"no label found among the columns {', '.join(table.columns)}",
        where=str(path),
        hint=f"Name a column {', '.join(LABEL_COLUMNS)}, spans, or give number columns as scores.",
    )


def _refuse_unknown(values: Sequence[str], task: Task, path: Path) -> None:
    for row, value in enumerate(values):
        if value not in task.labels:
            raise InputError(
                f"label {value!r} is unknown to the task {task.name}",
                where=f"{path.name}, row {row + 1}",
                hint=f"Known: {', '.join(task.labels[:12])}.",
            )


def _spans(value: Any, row: int, path: Path) -> list[Span]:
    try:
        found = json.loads(value) if isinstance(value, str) else list(value or ())
        return [(int(start), int(end), str(kind)) for start, end, kind in found]
    except (TypeError, ValueError) as error:
        hint = 'Write spans as [[0, 2, "aspect"], …].'
        raise InputError("spans cannot be read", where=f"{path.name}, row {row + 1}", hint=hint) from error


def _column(table: pl.DataFrame, names: Sequence[str], path: Path, what: str) -> str:
    for name in names:
        if name in table.columns:
            return name
    raise InputError(
        f"no {what} column among {', '.join(table.columns)}",
        where=str(path),
        hint=f"Name it one of {', '.join(names)}.",
    )


def _read_table(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise InputError("no such file", where=str(path))
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    kind = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    try:
        if kind in (".jsonl", ".ndjson"):
            return pl.read_ndjson(data, infer_schema_length=None)
        if kind == ".parquet":
            return pl.read_parquet(data)
        return pl.read_csv(data, separator="\t" if kind == ".tsv" else ",", infer_schema_length=None)
    except pl.exceptions.PolarsError as error:
        raise InputError(f"cannot be read as a table: {error}", where=str(path)) from error
