"""Task distillation: a student learns a teacher's answers, vectors and states along with the labels.

Soft labels with temperature: Hinton, Vinyals & Dean 2015. Vectors and hidden states of evenly spaced
layers: TinyBERT (Jiao et al. 2020), DistilBERT (Sanh et al. 2019). Several teachers are an ensemble whose
mean answer is learnt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from unmet.core.config import DistillConfig, FinetuneConfig, PretrainConfig
from unmet.core.errors import InputError, ModelError
from unmet.core.hashing import file_hash
from unmet.training.architectures import new_model
from unmet.training.batch_losses import Guide, Ints
from unmet.training.encoders import has_segments, load_encoder
from unmet.training.finetuning import CHECKPOINTS, Finetuned, Report, train_heads, write_tuned
from unmet.training.layer_states import LayerStates, spread
from unmet.training.multitask import MultiTaskModel, mean_state, vector_loss
from unmet.training.objectives import parts_of
from unmet.training.task_data import TaskData, TaskRows, split_task
from unmet.training.tasks import Examples, Task, joined, scaled
from unmet.training.tokenizing import Reader
from unmet.training.tuned_models import TunedModel, load_tuned

NO_LABEL = -100


def distill(
    teachers: Sequence[Path],
    student: str | Path | None,
    files: Mapping[str, Path],
    out: Path,
    *,
    config: FinetuneConfig,
    how: DistillConfig,
    size: str = "tiny",
    unlabelled: Sequence[str] = (),
    dev_files: Mapping[str, Path] | None = None,
    report: Report = lambda _: None,
) -> Finetuned:
    """Train a student on labels and on what one or several teachers say.

    Args:
        teachers: folders of ``unmet finetune`` that have all tasks.
        student: base of the student, or ``None`` for a new one of ``size`` with the teacher's tokenizer.
        files: task name → labelled file.
        out: receives the student, a model like those of ``unmet finetune``.
        config, how: settings.
        size: of a new student.
        unlabelled: texts that only the teachers label.
        dev_files: see :func:`unmet.training.finetuning.finetune`.
        report: told one line per epoch.

    Raises:
        InputError: a task that the teachers do not have or that cannot be distilled.
        ModelError: a teacher or the student cannot be loaded.
    """
    loaded = [load_tuned(folder) for folder in teachers]
    rows = _taught_rows(loaded, files, dev_files or {}, config, unlabelled)
    torch.manual_seed(config.seed)
    encoder, reader = load_student(student, size, loaded[0].reader, config)
    if same_reading(loaded[0], encoder, reader):  # the teacher reads along
        config = replace(config, max_tokens=min(config.max_tokens, loaded[0].config.max_tokens))
    described = {
        "teachers": [file_hash(folder / "model.safetensors") for folder in teachers],
        "student": str(student or size),
        "files": {name: file_hash(path) for name, path in files.items()},
        "unlabelled": len(unlabelled),
        **asdict(config),
        **asdict(how),
    }

    def make_guide(data: Sequence[TaskData], plain: Any) -> Guide:
        return TeacherGuide(loaded, data, plain, reader, how, report)

    tuned = train_heads(
        encoder, reader, rows, config, make_guide=make_guide, checkpoints=out / CHECKPOINTS,
        described=described, report=report,
    )  # fmt: skip
    told = {"teacher": [str(folder.name) for folder in teachers], "distilled": asdict(how)}
    return write_tuned(tuned, out, {**told, "n_unlabelled": len(unlabelled)})


def _taught_rows(
    teachers: Sequence[TunedModel],
    files: Mapping[str, Path],
    dev_files: Mapping[str, Path],
    config: FinetuneConfig,
    unlabelled: Sequence[str],
) -> list[TaskRows]:
    """Rows of every task, its labels in the teachers' order, with the unlabelled texts."""
    rows = []
    for name, path in files.items():
        task = teachers[0].task(name)
        if task.kind == "vectors":
            raise InputError(f"{name} has no answers to learn", hint="Leave --task out to distil vectors.")
        for other in teachers[1:]:
            if replace(other.task(name), lowest=(), highest=()) != replace(task, lowest=(), highest=()):
                raise ModelError(f"the teachers' outputs of {name} differ", where=str(other.folder))
        split = split_task(name, path, dev_files.get(name), config, like=task)
        rows.append(TaskRows(task, with_unlabelled(task, split.train, unlabelled), split.dev))
    return rows


def load_student(
    base: str | Path | None, size: str, reader: Reader, config: FinetuneConfig
) -> tuple[Any, Reader]:
    """Encoder and tokenizer of a student: a base, or random weights behind the teacher's tokenizer."""
    if base is not None:
        return load_encoder(base, config)
    shape = PretrainConfig(size=size, seed=config.seed, dropout=config.dropout)
    return parts_of(new_model(shape, reader, config.max_tokens))[0], reader


def same_reading(teacher: TunedModel, student: Any, reader: Reader) -> bool:
    """Whether both get the same tokens, so that their states can be compared one by one."""
    same = teacher.reader.tokenizer.to_str() == reader.tokenizer.to_str()
    return same and teacher.segments == has_segments(student)


def with_unlabelled(task: Task, rows: Examples, texts: Sequence[str]) -> Examples:
    """Rows followed by texts that have no label; tasks of two texts and of spans stay as they are."""
    if not texts or task.reads_two or task.kind in ("tags", "vectors"):
        return rows
    if task.kind == "scores":
        nothing: NDArray[Any] = np.full((len(texts), len(task.labels)), np.nan, dtype=np.float32)
    else:
        nothing = np.full(len(texts), NO_LABEL, dtype=np.int64)
    return joined([rows, Examples(list(texts), [], nothing, [])])


class TeacherGuide(Guide):
    """Adds a teacher's answers, vectors and states to the loss of a batch.

    Args:
        teachers: their mean answer counts; vectors and states are those of the only one.
        data: what the student is trained on.
        student: its encoder, before the method changes it.
        reader: the student's tokenizer.
        how: weights.
        report: told what of the teacher can be used.
    """

    def __init__(
        self, teachers: Sequence[TunedModel], data: Sequence[TaskData], student: Any, reader: Reader,
        how: DistillConfig, report: Report,
    ) -> None:  # fmt: skip
        super().__init__()
        first = teachers[0]
        self.how = how
        self._teacher = (first.model,)  # in a tuple: its weights are neither trained nor stored
        same = same_reading(first, student, reader)
        self.soft = {d.task.name: _answers(teachers, d) for d in data if d.task.kind != "tags"}
        if len(self.soft) < len(data) and not (same and len(teachers) == 1):
            raise InputError(
                "spans are distilled from one teacher with the student's tokenizer",
                hint="Give one --teacher, and --size instead of --student.",
            )
        wide, narrow = int(first.shape.hidden_size), int(student.config.hidden_size)
        alone = len(teachers) == 1
        self.vectors = {
            d.task.name: torch.as_tensor(first.vectors(d.train.texts))
            for d in data
            if alone and how.vector_weight and not d.task.reads_two and d.task.kind != "tags"
        }
        self.project = (
            nn.Linear(narrow, wide, bias=False) if self.vectors and narrow != wide else nn.Identity()
        )
        self.online = same and alone
        fits = self.online and narrow == wide and how.state_weight > 0
        self._states = (LayerStates(student), LayerStates(first.model.encoder)) if fits else None
        report(
            f"learnt from the teacher: answers{', vectors' if self.vectors else ''}"
            f"{', hidden states' if fits else ''}"
        )

    def guided(
        self, data: TaskData, numbers: Ints, inputs: dict[str, torch.Tensor], outputs: torch.Tensor,
        states: torch.Tensor, loss: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        """See :meth:`Guide.guided`."""
        name, kind, how = data.task.name, data.task.kind, self.how
        rows = data.train_windows.example[numbers]
        attention = inputs["attention_mask"]
        theirs = self._look(inputs) if kind == "tags" or self._states else None
        if kind == "tags":
            assert theirs is not None
            real = attention.bool()
            told = self._teacher[0].read(data.task, theirs, attention)[real]
            soft = soft_label_loss(outputs[real], told.log_softmax(dim=1), how.temperature)
        else:
            told = self.soft[name][rows].to(outputs.device)
            if kind == "scores":
                soft = functional.mse_loss(outputs.float(), told)
            else:
                soft = soft_label_loss(outputs, told, how.temperature)
        total = how.label_share * loss + (1 - how.label_share) * soft
        if name in self.vectors:
            own = functional.normalize(self.project(mean_state(states, attention)), dim=1)
            total = total + how.vector_weight * vector_loss(own, self.vectors[name][rows].to(own.device))
        if self._states:
            total = total + how.state_weight * state_loss(
                self._states[0].last, self._states[1].last, attention
            )
        return total

    @torch.no_grad()
    def _look(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """The teacher reads the batch; its layers' states are kept."""
        teacher: MultiTaskModel = self._teacher[0].to(inputs["input_ids"].device)
        return teacher.eval().states(inputs)


def soft_label_loss(outputs: torch.Tensor, teacher: torch.Tensor, temperature: float) -> torch.Tensor:
    """``T² · KL(teacher at T ‖ student at T)``, mean over rows (Hinton et al., section 2).

    Args:
        outputs: of the student before softmax, shape ``(n, classes)``.
        teacher: log-probabilities, same shape.
        temperature: T > 0.
    """
    wanted = (teacher.float() / temperature).log_softmax(dim=1)
    found = (outputs.float() / temperature).log_softmax(dim=1)
    return temperature**2 * functional.kl_div(found, wanted, reduction="batchmean", log_target=True)


def state_loss(
    own: Sequence[torch.Tensor], teacher: Sequence[torch.Tensor], attention: torch.Tensor
) -> torch.Tensor:
    """Mean squared difference of hidden states of real tokens, over the student's layers.

    Student layer ``m`` of ``M`` learns from teacher layer ``m · N / M`` of ``N`` (TinyBERT, uniform map).
    """
    real = attention.bool()
    n_tokens = attention.shape[1]
    parts = []
    for layer, other in zip(own, spread(teacher, len(own)), strict=True):
        ours = layer[:, layer.shape[1] - n_tokens :][real].float()  # a method's own tokens stand in front
        parts.append(functional.mse_loss(ours, other[:, other.shape[1] - n_tokens :][real].float()))
    return torch.stack(parts).mean()


def _answers(teachers: Sequence[TunedModel], data: TaskData) -> torch.Tensor:
    """Mean answer of the teachers to every training text: log-probabilities, or scores as 0–1."""
    mean = mean_answers(teachers, data.task, data.train)
    if data.task.kind == "scores":
        return torch.as_tensor(scaled(mean, data.task))
    return torch.as_tensor(np.log(np.maximum(mean, 1e-9)))


def mean_answers(
    models: Sequence[TunedModel], task: Task, rows: Examples, weights: Sequence[float] | None = None
) -> NDArray[np.float32]:
    """Weighted mean of several models' probabilities or scores, shape ``(n, outputs)``."""
    found = [model.predict(model.task(task.name), rows) for model in models]
    mean: NDArray[np.float32] = np.average(found, axis=0, weights=weights).astype(np.float32)
    return mean
