"""What a head predicts: its kind, its labels, the range of its scores. Shared by training and inference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmet.core.errors import InputError

SETTINGS_FILE = "finetune.json"
"""In the folder of a fine-tuned model: its tasks, settings and measures."""
KINDS = ("classes", "flag", "scores", "tags", "pairs", "vectors")
DECIDING = ("classes", "flag", "pairs")
"""Kinds that give probabilities of classes."""

Span = tuple[int, int, str]
"""Start, end (code points, end exclusive) and type."""


@dataclass(frozen=True, slots=True)
class Task:
    """A declared head.

    Attributes:
        name: of the task; the head's name.
        kind: one of :data:`KINDS`.
        labels: classes in the order of the outputs; names of the scores; span types.
        lowest, highest: range of each score, empty for other kinds.
        paired: whether scores are read from two texts (a text and an aspect); pairs and vectors need no mark.
    """

    name: str
    kind: str
    labels: tuple[str, ...] = ()
    lowest: tuple[float, ...] = ()
    highest: tuple[float, ...] = ()
    paired: bool = False

    @property
    def reads_two(self) -> bool:
        """Whether a reading holds two texts."""
        return self.kind == "pairs" or self.paired

    @property
    def n_outputs(self) -> int:
        """Numbers that the head gives per text (per token for tags)."""
        if self.kind == "tags":
            return 1 + 2 * len(self.labels)
        return 0 if self.kind == "vectors" else len(self.labels)


def named_task(tasks: Iterable[Task], name: str, where: object = "") -> Task:
    """The task of that name.

    Args:
        tasks: of a model.
        name: asked for.
        where: the model's folder, for the message.

    Raises:
        InputError: none has that name.
    """
    known = {task.name: task for task in tasks}
    if name not in known:
        hint = f"It has {', '.join(known)}."
        raise InputError(f"the model has no task {name!r}", where=str(where), hint=hint)
    return known[name]


def in_order(
    values: NDArray[np.float32], own: tuple[str, ...], labels: tuple[str, ...]
) -> NDArray[np.float32]:
    """Columns of ``own`` labels, shape ``(n, K)``, in the order of ``labels``."""
    return values if own == labels else values[:, [own.index(label) for label in labels]]


def scaled(scores: NDArray[np.float32], task: Task) -> NDArray[np.float32]:
    """Scores as 0–1 within the task's range."""
    low, high = np.array(task.lowest, np.float32), np.array(task.highest, np.float32)
    result: NDArray[np.float32] = (scores - low) / np.maximum(high - low, 1e-6)
    return result


def unscaled(values: NDArray[np.float32], task: Task) -> NDArray[np.float32]:
    """The way back from :func:`scaled`, clipped to the range."""
    low, high = np.array(task.lowest, np.float32), np.array(task.highest, np.float32)
    return np.clip(low + values * (high - low), low, high)
