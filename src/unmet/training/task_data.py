"""A task's labelled files, split without leaks and tokenized."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from unmet.core.config import FinetuneConfig
from unmet.core.errors import InputError
from unmet.evaluate.splits import text_folds
from unmet.models.heads import DECIDING
from unmet.training.multitask import balanced_weights
from unmet.training.tasks import SOFT, Examples, Task, read_task
from unmet.training.tokenizing import Reader
from unmet.training.windows import Windows, make_windows


@dataclass(frozen=True, slots=True)
class TaskData:
    """A task with its training and held-out part, as rows and as windows."""

    task: Task
    train: Examples
    dev: Examples
    train_windows: Windows
    dev_windows: Windows
    class_weights: torch.Tensor | None


@dataclass(frozen=True, slots=True)
class TaskRows:
    """A task with its training and held-out rows."""

    task: Task
    train: Examples
    dev: Examples


def split_task(
    name: str, path: Path, dev_path: Path | None, config: FinetuneConfig, like: Task | None = None
) -> TaskRows:
    """Read a task's files; without a development file a share of the rows is held out by text.

    With ``like`` its labels and ranges are kept.

    Raises:
        InputError: a file that cannot be used, or too few texts.
    """
    task, rows = read_task(name, path, like)
    if dev_path is not None:
        return TaskRows(task, rows, read_task(name, dev_path, like=task)[1])
    n_folds = max(2, round(1 / max(config.held_out_share, 1e-6)))
    try:
        split = text_folds(rows.texts, n_folds, seed=config.seed)[0]
    except ValueError as error:
        hint = f"Give at least {n_folds} different texts, or a development file."
        raise InputError("too few texts to hold any out", where=str(path), hint=hint) from error
    return TaskRows(task, rows.take(split.train), rows.take(split.test))


def sure_labels(rows: TaskRows, what: str) -> TaskRows:
    """The rows, if every label is sure.

    Raises:
        InputError: some have probabilities instead, which ``what`` has no use for.
    """
    if rows.task.kind != "scores" and rows.train.targets.ndim == 2:
        hint = f"Leave the {SOFT} columns of {rows.task.name} out."
        raise InputError(f"{what} cannot learn from probabilities of labels", hint=hint)
    return rows


def tokenize_task(rows: TaskRows, reader: Reader, config: FinetuneConfig) -> TaskData:
    """Rows as windows."""
    task, train, dev = rows.task, rows.train, rows.dev
    weights = None
    if config.class_weights and task.kind in DECIDING:
        weights = balanced_weights(train.targets, len(task.labels))
    return TaskData(
        task,
        train,
        dev,
        make_windows(task, train, reader, config.max_tokens),
        make_windows(task, dev, reader, config.max_tokens),
        weights,
    )


def shortened(data: Sequence[TaskData]) -> str | None:
    """A line that says how many pairs lost the end of their longer text; ``None`` if none did."""
    parts = [
        f"{d.task.name} {n:,} of {len(d.train) + len(d.dev):,}"
        for d in data
        if (n := d.train_windows.n_shortened + d.dev_windows.n_shortened)
    ]
    return (
        f"pairs that did not fit and lost the end of the longer text: {', '.join(parts)}" if parts else None
    )
