"""A task's labelled files, split without leaks and tokenized."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from unmet.core.config import FinetuneConfig
from unmet.core.errors import InputError
from unmet.evaluate.splits import text_folds
from unmet.training.multitask import balanced_weights
from unmet.training.tasks import Examples, Task, read_task
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


def load_task(
    name: str, path: Path, dev_path: Path | None, reader: Reader, config: FinetuneConfig
) -> TaskData:
    """Read a task's files and tokenize them."""
    task, rows = read_task(name, path)
    if dev_path is not None:
        train, dev = rows, read_task(name, dev_path, like=task)[1]
    else:
        n_folds = max(2, round(1 / max(config.held_out_share, 1e-6)))
        try:
            split = text_folds(rows.texts, n_folds, seed=config.seed)[0]
        except ValueError as error:
            hint = f"Give at least {n_folds} different texts, or a development file."
            raise InputError("too few texts to hold any out", where=str(path), hint=hint) from error
        train, dev = rows.take(split.train), rows.take(split.test)
    weights = None
    if config.class_weights and task.kind in ("classes", "flag", "pairs"):
        weights = balanced_weights(train.targets, len(task.labels))
    return TaskData(
        task,
        train,
        dev,
        make_windows(task, train, reader, config.max_tokens),
        make_windows(task, dev, reader, config.max_tokens),
        weights,
    )
