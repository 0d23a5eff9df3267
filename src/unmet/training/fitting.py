"""The loop of fine-tuning: batches of all tasks in turn, a measure after every epoch, the best one kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from unmet.core.config import FinetuneConfig
from unmet.training.adversarial import add_attacked_gradients
from unmet.training.batch_losses import Fit, Guide, batch_loss, teacher_loss
from unmet.training.batching import Batch, epoch_batches
from unmet.training.fit_checkpoints import Progress, resume_fit, save_fit
from unmet.training.methods.catalog import METHODS, find_method
from unmet.training.multitask import MultiTaskModel
from unmet.training.predicting import MAIN_MEASURE
from unmet.training.task_data import TaskData, TaskRows
from unmet.training.teacher import Halves, open_teacher
from unmet.training.tokenizing import Reader

Ints = Any
Report = Callable[[str], None]
OnEpoch = Callable[[dict[str, Any]], None]


def main_score(measures: dict[str, Any], data: Sequence[TaskData] | Sequence[TaskRows]) -> float:
    """Mean over the tasks of the measure that counts; larger is better."""
    return float(np.mean([measures[d.task.name][MAIN_MEASURE[d.task.kind]] for d in data]))


def planned_steps(data: Sequence[TaskData], config: FinetuneConfig) -> int:
    """About how many steps all epochs take; the learning rate falls over them."""
    return config.epochs * sum(len(d.train_windows) for d in data) // config.batch_rows


def new_fit(
    encoder: Any,
    reader: Reader,
    data: Sequence[TaskData],
    config: FinetuneConfig,
    n_steps: int,
    guide: Guide | None = None,
) -> Fit:
    """An encoder prepared by the method of the settings, with a head for every task of the data.

    Args:
        encoder, reader: a loaded base; the encoder is changed.
        data: tasks of one name share a head.
        config: see :class:`FinetuneConfig`.
        n_steps: see :func:`planned_steps`.
        guide: what else than labels is trained on.
    """
    prepared = find_method(config.method).prepare(encoder, config, n_steps)
    teacher = open_teacher(encoder, config, reader, config.max_tokens)
    tasks = {d.task.name: d.task for d in data}
    width = int(encoder.config.hidden_size)
    model = MultiTaskModel(prepared, width, list(tasks.values()), config.dropout)
    return Fit(model, data, reader, config, encoder, guide, teacher)


def fit(
    run: Fit,
    n_steps: int,
    *,
    checkpoints: Path | None = None,
    described: dict[str, Any] | None = None,
    report: Report = lambda _: None,
    on_epoch: OnEpoch = lambda _: None,
) -> list[dict[str, Any]]:
    """Train until held-out quality stops rising; the model is left with the weights of the best epoch.

    Args:
        run: model, data and settings.
        n_steps: see :func:`planned_steps`.
        checkpoints: folder from which a killed run goes on to the same weights; ``None``: none are kept.
        described: what must be equal for that.
        report: told one line per epoch.
        on_epoch: given each epoch's entry; may raise to stop the run.

    Returns:
        One entry per epoch: loss, seconds, and held-out quality of every task.
    """
    optimizer = make_optimizer(run)
    progress = resume_fit(checkpoints, run.trained, optimizer, described or {}) or Progress(
        best=model_weights(run.model)
    )
    lessons = run.teacher.lessons(run.config.seed, progress.step) if run.teacher else None
    while progress.epoch < run.config.epochs and progress.waited < run.config.patience:
        began = time.perf_counter()
        for number, (data, rows) in enumerate(mixed_batches(run, progress.epoch)):
            if number < progress.batch:
                continue
            set_rate(optimizer, progress.step, max(n_steps, 1), run.config)
            lesson = next(lessons) if lessons else None
            progress.losses.append(_step(run, data, rows, optimizer, progress.step, lesson))
            progress.step, progress.batch = progress.step + 1, number + 1
            if checkpoints and progress.step % run.config.checkpoint_every == 0:
                save_fit(checkpoints, run.trained, optimizer, progress, described or {})
        _end_epoch(run, progress, time.perf_counter() - began)
        report(_line(progress.history[-1], run.data))
        on_epoch(progress.history[-1])
    _use_best(run, progress, report)
    return progress.history


def _end_epoch(run: Fit, progress: Progress, seconds: float) -> None:
    measures = run.measures()
    score = main_score(measures, run.data)
    loss = float(np.mean(progress.losses)) if progress.losses else 0.0
    entry = {"epoch": progress.epoch + 1, "loss": loss, "seconds": seconds, **measures}
    progress.end_epoch(entry, score, model_weights(run.model), run.config.average_epochs)


def _use_best(run: Fit, progress: Progress, report: Report) -> None:
    """Weights of the best epoch, or the mean of the last epochs where that measures better."""
    if len(progress.recent) > 1:
        run.model.load_state_dict(mean_weights(progress.recent))
        score = main_score(run.measures(), run.data)
        kept = score > progress.best_score
        report(
            f"mean of the last {len(progress.recent)} epochs: held out {score:.4f}, best epoch "
            f"{progress.best_score:.4f}; the {'mean' if kept else 'epoch'} is kept"
        )
        if kept:
            return
    run.model.load_state_dict(progress.best)


def mean_weights(states: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Mean of several models' weights, name by name (SWA, Izmailov et al. 2018; soups, Wortsman et al. 2022).

    Whole numbers (positions) are taken from the first.
    """
    return {
        name: (sum(s[name].double() for s in states) / len(states)).to(value.dtype)  # type: ignore[union-attr]
        if value.is_floating_point()
        else value
        for name, value in states[0].items()
    }


def model_weights(model: nn.Module) -> dict[str, torch.Tensor]:
    """A copy of all weights, in main memory."""
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def mixed_batches(run: Fit, epoch: int) -> Iterator[tuple[TaskData, Ints]]:
    """Batches of all tasks of one epoch in random order; a batch belongs to one task."""
    rng = np.random.default_rng([run.config.seed, epoch])
    batches: list[tuple[TaskData, Ints]] = []
    for data in run.data:
        lengths = data.train_windows.lengths
        if data.task.kind == "vectors":
            order = rng.permutation(len(data.train))
            cuts = range(run.config.batch_rows, len(order), run.config.batch_rows)
            batches += [(data, part) for part in np.split(order, list(cuts)) if len(part) > 1]
            continue
        tokens = run.config.batch_rows * (int(lengths.mean()) + 3)
        groups = epoch_batches(lengths, np.arange(len(lengths)), tokens, rng)
        batches += [(data, group) for group in groups]
    yield from (batches[i] for i in rng.permutation(len(batches)))


def _step(
    run: Fit,
    data: TaskData,
    numbers: Ints,
    optimizer: torch.optim.Optimizer,
    step: int,
    lesson: tuple[Batch, Halves] | None,
) -> float:
    """One batch, forwards and backwards, and one of the teacher's lessons."""
    config, model, precision = run.config, run.model, run.precision
    model.train()
    table: nn.Parameter = run.plain_encoder.get_input_embeddings().weight
    loss = batch_loss(run, data, numbers)
    precision.backward(loss)
    add_attacked_gradients(
        config.adversarial,
        table,
        config.adversarial_size,
        lambda: batch_loss(run, data, numbers),
        precision.backward,
    )
    if lesson is not None:
        precision.backward(teacher_loss(run, lesson))
    precision.step(optimizer, config.gradient_norm)
    if hasattr(model.encoder, "update_and_allocate"):  # AdaLoRA weighs its ranks by their gradients
        encoder: Any = model.encoder
        encoder.update_and_allocate(step)
    run.trained.zero_grad(set_to_none=True)
    return float(loss.detach())


def make_optimizer(run: Fit) -> torch.optim.Optimizer:
    """AdamW; heads learn ten times as fast as a fully trained encoder."""
    config = run.config
    rate = config.learning_rate or METHODS[config.method].learning_rate
    heads = list(run.model.heads.parameters()) + list(run.guide.parameters() if run.guide else ())
    head = {id(p) for p in heads}
    own = [p for p in run.model.parameters() if p.requires_grad and id(p) not in head]
    groups = [{"params": own, "rate": rate}] if own else []
    if heads:
        groups.append({"params": heads, "rate": max(rate, min(10 * rate, 2e-3))})
    optimizer = torch.optim.AdamW(groups, lr=rate, weight_decay=config.weight_decay)
    if config.adversarial != "none":
        # An attack needs the gradient of the embeddings even where the method does not train them.
        run.plain_encoder.get_input_embeddings().weight.requires_grad_(True)
    return optimizer


def set_rate(optimizer: torch.optim.Optimizer, step: int, n_steps: int, config: FinetuneConfig) -> None:
    """Linear warm-up, then linear decay to 0."""
    n_warm = max(config.warmup_share * n_steps, 1.0)
    factor = min((step + 1) / n_warm, max((n_steps - step) / max(n_steps - n_warm, 1.0), 0.0))
    for group in optimizer.param_groups:
        group["lr"] = group["rate"] * factor


def _line(entry: dict[str, Any], data: Sequence[TaskData]) -> str:
    parts = []
    for d in data:
        name = MAIN_MEASURE[d.task.kind]
        parts.append(f"{d.task.name} {name} {entry[d.task.name][name]:.4f}")
    return f"epoch {entry['epoch']}: loss {entry['loss']:.4f}, held out: {', '.join(parts)}"
