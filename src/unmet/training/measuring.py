"""Labelled file + model → measures with intervals. Needs no torch unless the model does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from unmet.core.errors import InputError
from unmet.core.records import Estimate
from unmet.evaluate.intervals import bootstrap
from unmet.evaluate.measures import measure_with_intervals
from unmet.evaluate.metrics import f1_of
from unmet.models.answering import Answering, chosen_task
from unmet.models.heads import DECIDING, Task
from unmet.training.tasks import Examples, read_task


def read_labelled(model: Answering, name: str | None, path: Path) -> tuple[Task, Examples]:
    """The task to measure and its labelled rows.

    Raises:
        InputError: the model has no such task, or the file's labels are of another kind.
    """
    task = chosen_task(model, name)
    found, examples = read_task(task.name, path, like=task)
    shapes = {"tags": bool(examples.spans), "scores": examples.targets.shape[1:] == (len(task.labels),)}
    fits = shapes.get(task.kind, examples.targets.ndim == 1 and not examples.spans)
    if task.kind in DECIDING:
        fits = fits and len(examples.targets) == len(examples)
    if not len(examples) or not fits or (task.reads_two and not examples.seconds):
        hint = (
            f"Expected: {', '.join(task.labels) or 'pairs of texts'}; see docs/training.md for the columns."
        )
        raise InputError(
            f"the file holds no labels for {task.name} ({found.kind})", where=str(path), hint=hint
        )
    return task, examples


def measured(model: Answering, task: Task, examples: Examples, *, seed: int = 0) -> dict[str, Estimate]:
    """Measures of a model on labelled rows, each with a 95% interval."""
    outputs = model.outputs(task, examples.texts, examples.seconds)
    return measured_outputs(task, examples.truth(task), outputs, model.threshold(task), seed=seed)


def measured_outputs(
    task: Task, truth: Any, outputs: Any, threshold: float, *, seed: int = 0
) -> dict[str, Estimate]:
    """Measures of outputs; a flag is also measured at its threshold."""
    found = measure_with_intervals(task.kind, task.labels, truth, outputs, seed=seed)
    if task.kind in DECIDING and set(np.unique(outputs)) <= {0.0, 1.0}:
        # Decisions without probabilities have no calibration to speak of.
        found = {name: value for name, value in found.items() if name not in ("ece", "brier")}
    if task.kind == "flag":
        decided = (outputs[:, 1] >= threshold).astype(np.int64)
        found["f1_at_threshold"] = bootstrap(f1_of(1), truth, decided, replicates=300, seed=seed)
    return found
