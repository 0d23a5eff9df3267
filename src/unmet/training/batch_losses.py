"""What a run of fine-tuning holds, and the loss of one batch of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from unmet.core.config import FinetuneConfig
from unmet.models.heads import DECIDING
from unmet.training.batching import Batch
from unmet.training.encoders import has_segments
from unmet.training.methods.catalog import n_trained
from unmet.training.multitask import MultiTaskModel, task_loss
from unmet.training.precision import Precision
from unmet.training.predicting import measure, model_inputs, predict
from unmet.training.task_data import TaskData
from unmet.training.tasks import Examples, Task
from unmet.training.teacher import Halves, Teacher, lesson_loss
from unmet.training.tokenizing import Reader
from unmet.training.windows import Windows, pad_windows

Ints = Any


class Guide(nn.Module):
    """What else than labels a batch is measured by (a teacher); its own weights are trained along."""

    def guided(
        self, data: TaskData, numbers: Ints, inputs: dict[str, torch.Tensor], outputs: torch.Tensor,
        states: torch.Tensor, loss: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        """Loss of a batch from the loss of its labels.

        Args:
            data: the task.
            numbers: windows in the batch.
            inputs, outputs, states: what the model was given, what its head and its last layer gave.
            loss: of the labels; 0 where no row of the batch has one.
        """
        raise NotImplementedError


@dataclass(slots=True)
class Fit:
    """What the parts of a run share; ``n_trained`` of its ``n_weights`` weights are trained."""

    model: MultiTaskModel
    data: Sequence[TaskData]
    reader: Reader
    config: FinetuneConfig
    plain_encoder: Any
    guide: Guide | None = None
    teacher: Teacher | None = None
    precision: Precision = field(init=False)
    n_trained: int = field(init=False)
    n_weights: int = field(init=False)

    def __post_init__(self) -> None:
        self.n_trained = n_trained(self.model)
        self.n_weights = sum(p.numel() for p in self.model.parameters())
        self.precision = Precision(self.config.precision)
        self.model.to(self.precision.device)
        if self.guide is not None:
            self.guide.to(self.precision.device)

    @property
    def segments(self) -> bool:
        """Whether the encoder tells first and second part apart."""
        return has_segments(self.plain_encoder)

    @property
    def trained(self) -> nn.ModuleDict:
        """All modules whose weights a checkpoint must hold."""
        return nn.ModuleDict({"model": self.model} | ({"guide": self.guide} if self.guide else {}))

    def take_heads(self, heads: Mapping[Task, nn.Module]) -> list[str]:
        """Go on with heads that were tuned for the same tasks; the names of those."""
        tasks = {d.task.name: d.task for d in self.data}
        kept = [name for name, task in tasks.items() if name in self.model.heads and task in heads]
        for name in kept:
            self.model.heads[name].load_state_dict(heads[tasks[name]].state_dict())
        return kept

    def measures(self) -> dict[str, dict[str, float]]:
        """Held-out quality of every task."""
        return {
            d.task.name: measure(d.task, d.dev, self.predict(d.task, d.dev_windows, d.dev)) for d in self.data
        }

    def predict(self, task: Task, windows: Windows, examples: Examples) -> Any:
        """Outputs for the texts of some examples."""
        n_texts = len(examples) * (2 if task.kind == "vectors" else 1)
        return predict(self.model, task, windows, n_texts, pad=self.reader.pad, segments=self.segments)


def teacher_loss(run: Fit, lesson: tuple[Batch, Halves]) -> torch.Tensor:
    """Weighted distance of the sentence vectors from the teacher's."""
    with run.precision.forward():
        distance = lesson_loss(run.model.states, *lesson, run.precision.device)
        return run.config.teacher_weight * distance


def batch_loss(run: Fit, data: TaskData, numbers: Ints) -> torch.Tensor:
    """Loss of some windows of a task; with ``consistency`` also R-Drop's (Liang et al. 2021)."""
    with run.precision.forward():
        return _batch_loss(run, data, numbers)


def _batch_loss(run: Fit, data: TaskData, numbers: Ints) -> torch.Tensor:
    task, windows, config, device = data.task, data.train_windows, run.config, run.precision.device
    if task.kind == "vectors":
        numbers = np.concatenate([numbers, numbers + len(data.train)])
        first_windows = np.unique(windows.example, return_index=True)[1]
        numbers = first_windows[numbers]
    batch = pad_windows(windows, numbers, run.reader.pad)
    inputs = model_inputs(batch, device, run.segments)
    targets = _targets(data, batch.ids.shape, numbers).to(device)
    states = run.model.states(inputs)
    outputs = run.model.read(task, states, inputs["attention_mask"])
    loss = _label_loss(config, data, outputs, targets)
    if config.consistency and task.kind in DECIDING:
        again = run.model(task, inputs)
        second = _label_loss(config, data, again, targets)
        loss = (loss + second) / 2 + config.consistency * divergence(outputs, again)
    if run.guide is not None:
        loss = run.guide.guided(data, numbers, inputs, outputs, states, loss)
    return loss


def _label_loss(
    config: FinetuneConfig, data: TaskData, outputs: torch.Tensor, targets: torch.Tensor
) -> torch.Tensor:
    """Loss of the rows that have a label; 0 if none has."""
    task = data.task
    if task.kind != "vectors":
        known = has_label(targets)
        if not known.all():
            outputs, targets = outputs[known], targets[known]
        if not len(targets):
            return outputs.sum() * 0.0
    weights = None if data.class_weights is None else data.class_weights.to(outputs.device)
    return task_loss(task, outputs.float(), targets, smoothing=config.label_smoothing, class_weights=weights)


def has_label(targets: torch.Tensor) -> torch.Tensor:
    """Which rows have a target: numbers that are not negative, no NaN among scores and probabilities."""
    known = ~targets.isnan() if targets.is_floating_point() else targets >= 0
    return known if known.ndim == 1 else known.flatten(1).any(dim=1)


def divergence(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Symmetric Kullback–Leibler divergence of two predictions of the same texts, mean over texts."""
    a, b = functional.log_softmax(first, dim=-1), functional.log_softmax(second, dim=-1)
    forth = functional.kl_div(a, b, reduction="batchmean", log_target=True)
    return (forth + functional.kl_div(b, a, reduction="batchmean", log_target=True)) / 2


def _targets(data: TaskData, shape: tuple[int, ...], numbers: Ints) -> torch.Tensor:
    windows = data.train_windows
    if data.task.kind == "tags":
        tags = np.full(shape, -100, dtype=np.int64)
        for row, number in enumerate(numbers):
            tags[row, : len(windows.tags[number])] = windows.tags[number]
        return torch.as_tensor(tags)
    if data.task.kind == "vectors":
        return torch.zeros(0)
    return torch.as_tensor(data.train.targets[windows.example[numbers]])
