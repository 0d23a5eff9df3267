"""Fine-tuning: a pretrained encoder and labelled files in, one model with a head per task out."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from unmet.core.config import FinetuneConfig
from unmet.training.adversarial import add_attacked_gradients, check_adversarial
from unmet.training.batching import epoch_batches
from unmet.training.encoders import load_encoder, longest_window
from unmet.training.methods.catalog import METHODS, find_method, n_trained
from unmet.training.multitask import MultiTaskModel, task_loss
from unmet.training.predicting import MAIN_MEASURE, measure, model_inputs, predict
from unmet.training.saving import save_finetuned
from unmet.training.task_data import TaskData, load_task
from unmet.training.tasks import Examples, Task
from unmet.training.tokenizing import Reader
from unmet.training.windows import Windows, pad_windows

Ints = Any
Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Finetuned:
    """A finished run.

    Attributes:
        folder: of the model.
        measures: task → held-out quality of the kept epoch.
        epochs: one entry per epoch: training loss and held-out quality.
        trained, total: weights that were trained, weights in all.
    """

    folder: Path
    measures: dict[str, dict[str, float]]
    epochs: list[dict[str, Any]]
    trained: int
    total: int


def finetune(
    base: str | Path,
    files: Mapping[str, Path],
    out: Path,
    *,
    config: FinetuneConfig,
    dev_files: Mapping[str, Path] | None = None,
    report: Report = lambda _: None,
) -> Finetuned:
    """Train heads, and the encoder as far as the method says.

    Args:
        base: a Hugging Face folder or name, or a folder that ``unmet pretrain`` wrote.
        files: task name → labelled file (:mod:`unmet.training.tasks`).
        out: receives the model.
        config: see :class:`FinetuneConfig`.
        dev_files: task name → held-out file; without one, a share of the rows is held out by text.
        report: told one line per epoch.

    Raises:
        InputError: a file or setting that cannot be used.
        ModelError: the base cannot be loaded or does not suit the method.
    """
    check_adversarial(config.adversarial)
    method = find_method(config.method)
    torch.manual_seed(config.seed)
    encoder, reader = load_encoder(base, config)
    config = replace(config, max_tokens=longest_window(encoder, config.max_tokens))
    data = [
        load_task(name, path, (dev_files or {}).get(name), reader, config) for name, path in files.items()
    ]
    n_steps = config.epochs * sum(len(d.train_windows) for d in data) // config.batch_rows
    width = int(encoder.config.hidden_size)
    prepared = method.prepare(encoder, config, n_steps)
    model = MultiTaskModel(prepared, width, [d.task for d in data], config.dropout)
    run = _Run(model, data, reader, config, encoder)
    trained, total = n_trained(model), sum(p.numel() for p in model.parameters())
    report(f"{trained:,} of {total:,} weights are trained ({trained / total:.1%})")
    epochs, best = _epochs(run, n_steps, report)
    model.load_state_dict(best)
    measures = run.measures()
    save_finetuned(
        model,
        [d.task for d in data],
        reader,
        config,
        out,
        {"measures": measures, "epochs": epochs, "trained": trained, "total": total},
    )
    return Finetuned(out, measures, epochs, trained, total)


@dataclass(slots=True)
class _Run:
    model: MultiTaskModel
    data: Sequence[TaskData]
    reader: Reader
    config: FinetuneConfig
    plain_encoder: Any

    @property
    def segments(self) -> bool:
        """Whether the encoder tells first and second part apart."""
        return int(getattr(self.plain_encoder.config, "type_vocab_size", 0) or 0) > 1

    def measures(self) -> dict[str, dict[str, float]]:
        """Held-out quality of every task."""
        return {
            d.task.name: measure(d.task, d.dev, self.predict(d.task, d.dev_windows, d.dev)) for d in self.data
        }

    def predict(self, task: Task, windows: Windows, examples: Examples) -> Any:
        """Outputs for the texts of some examples."""
        n_texts = len(examples) * (2 if task.kind == "vectors" else 1)
        return predict(self.model, task, windows, n_texts, pad=self.reader.pad, segments=self.segments)


def _epochs(run: _Run, n_steps: int, report: Report) -> tuple[list[dict[str, Any]], dict[str, torch.Tensor]]:
    """Train until held-out quality stops rising; give back the weights of the best epoch."""
    config = run.config
    optimizer = _optimizer(run)
    best, best_score, waited = copy.deepcopy(run.model.state_dict()), -np.inf, 0
    history: list[dict[str, Any]] = []
    step = 0
    for epoch in range(config.epochs):
        began = time.perf_counter()
        losses = []
        for data, numbers in _mixed_batches(run, epoch):
            _set_rate(optimizer, step, max(n_steps, 1), config)
            losses.append(_step(run, data, numbers, optimizer, step))
            step += 1
        measures = run.measures()
        score = float(np.mean([measures[d.task.name][MAIN_MEASURE[d.task.kind]] for d in run.data]))
        seconds = time.perf_counter() - began
        history.append({"epoch": epoch + 1, "loss": float(np.mean(losses)), "seconds": seconds, **measures})
        report(_line(history[-1], run.data))
        if score > best_score:
            best, best_score, waited = copy.deepcopy(run.model.state_dict()), score, 0
        else:
            waited += 1
            if waited >= config.patience:
                break
    return history, best


def _mixed_batches(run: _Run, epoch: int) -> list[tuple[TaskData, Ints]]:
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
    return [batches[i] for i in rng.permutation(len(batches))]


def _step(run: _Run, data: TaskData, numbers: Ints, optimizer: torch.optim.Optimizer, step: int) -> float:
    """One batch, forwards and backwards."""
    config, model = run.config, run.model
    model.train()
    table: torch.nn.Parameter = run.plain_encoder.get_input_embeddings().weight
    loss = batch_loss(run, data, numbers)
    loss.backward()  # type: ignore[no-untyped-call]
    add_attacked_gradients(
        config.adversarial,
        table,
        config.adversarial_size,
        lambda: batch_loss(run, data, numbers),
        lambda attacked: attacked.backward(),  # type: ignore[no-untyped-call]
    )
    torch.nn.utils.clip_grad_norm_(
        [p for g in optimizer.param_groups for p in g["params"]], config.gradient_norm
    )
    optimizer.step()
    if hasattr(model.encoder, "update_and_allocate"):  # AdaLoRA weighs its ranks by their gradients
        encoder: Any = model.encoder
        encoder.update_and_allocate(step)
    model.zero_grad(set_to_none=True)
    return float(loss.detach())


def batch_loss(run: _Run, data: TaskData, numbers: Ints) -> torch.Tensor:
    """Loss of some windows of a task; with ``consistency`` also R-Drop's (Liang et al. 2021)."""
    task, windows, config = data.task, data.train_windows, run.config
    if task.kind == "vectors":
        numbers = np.concatenate([numbers, numbers + len(data.train)])
        first_windows = np.unique(windows.example, return_index=True)[1]
        numbers = first_windows[numbers]
    batch = pad_windows(windows, numbers, run.reader.pad)
    inputs = model_inputs(batch, next(run.model.parameters()).device, run.segments)
    targets = _targets(data, batch.ids.shape, numbers)
    outputs = run.model(task, inputs)
    loss = task_loss(
        task, outputs, targets, smoothing=config.label_smoothing, class_weights=data.class_weights
    )
    if config.consistency and task.kind in ("classes", "flag", "pairs"):
        again = run.model(task, inputs)
        second = task_loss(
            task, again, targets, smoothing=config.label_smoothing, class_weights=data.class_weights
        )
        loss = (loss + second) / 2 + config.consistency * divergence(outputs, again)
    return loss


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


def _optimizer(run: _Run) -> torch.optim.Optimizer:
    """AdamW; heads learn ten times as fast as a fully trained encoder."""
    config = run.config
    rate = config.learning_rate or METHODS[config.method].learning_rate
    head = {id(p) for p in run.model.heads.parameters()}
    own = [p for p in run.model.parameters() if p.requires_grad and id(p) not in head]
    groups = [{"params": own, "rate": rate}] if own else []
    groups.append({"params": list(run.model.heads.parameters()), "rate": max(rate, min(10 * rate, 2e-3))})
    optimizer = torch.optim.AdamW(groups, lr=rate, weight_decay=config.weight_decay)
    if config.adversarial != "none":
        # An attack needs the gradient of the embeddings even where the method does not train them.
        run.plain_encoder.get_input_embeddings().weight.requires_grad_(True)
    return optimizer


def _set_rate(optimizer: torch.optim.Optimizer, step: int, n_steps: int, config: FinetuneConfig) -> None:
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
