"""Fine-tuning: a pretrained encoder and labelled files in, one model with a head per task out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from unmet.core.config import FinetuneConfig
from unmet.core.hashing import file_hash
from unmet.training.adversarial import check_adversarial
from unmet.training.augmentation.catalog import augment_rows, find_augmenter
from unmet.training.batch_losses import Fit, Guide
from unmet.training.encoders import base_folder, load_encoder, longest_window
from unmet.training.fitting import OnEpoch, fit, new_fit, planned_steps
from unmet.training.loading import load_finetuned
from unmet.training.methods.catalog import find_method
from unmet.training.saving import save_finetuned
from unmet.training.task_data import TaskData, TaskRows, shortened, split_task, tokenize_task
from unmet.training.tasks import Task
from unmet.training.tokenizing import Reader

Report = Callable[[str], None]
CHECKPOINTS = "checkpoints"


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
        base: a Hugging Face folder or name, a folder that ``unmet pretrain`` wrote, or one that this function
            wrote: then heads of the same tasks are kept and tuned on.
        files: task name → labelled file (:mod:`unmet.training.tasks`).
        out: receives the model.
        config: see :class:`FinetuneConfig`.
        dev_files: task name → held-out file; without one, a share of the rows is held out by text.
        report: told one line per epoch.

    Raises:
        InputError: a file or setting that cannot be used.
        ModelError: the base cannot be loaded or does not suit the method.
    """
    encoder = base_folder(base)
    heads = {} if encoder == base else kept_heads(base)
    held_out = dev_files or {}
    rows = {n: _split(n, path, held_out.get(n), config, list(heads)) for n, path in files.items()}
    read = {str(n): file_hash(path) for n, path in {**files, **_marked(dev_files or {})}.items()}
    chosen = augmented(encoder, list(rows.values()), config, report)
    torch.manual_seed(config.seed)
    loaded = load_encoder(encoder, config)
    described = {"base": str(base), "files": read, **asdict(config)}
    tuned = train_heads(
        *loaded,
        chosen,
        config,
        checkpoints=out / CHECKPOINTS,
        described=described,
        report=report,
        heads=heads,
    )
    return write_tuned(tuned, out)


def _split(
    name: str, path: Path, dev_path: Path | None, config: FinetuneConfig, kept: Sequence[Task]
) -> TaskRows:
    """A task's rows; scores in the range of the head that is kept for them."""
    rows = split_task(name, path, dev_path, config)
    for task in kept:
        if task != rows.task and replace(task, lowest=(), highest=()) == replace(
            rows.task, lowest=(), highest=()
        ):
            return split_task(name, path, dev_path, config, like=task)
    return rows


def kept_heads(folder: str | Path) -> dict[Task, torch.nn.Module]:
    """Heads of a fine-tuned folder by what they answer."""
    loaded = load_finetuned(folder)
    return {task: loaded.model.heads[task.name] for task in loaded.tasks if task.name in loaded.model.heads}


def augmented(
    base: str | Path, rows: Sequence[TaskRows], config: FinetuneConfig, report: Report
) -> list[TaskRows]:
    """Rows with the copies that the settings ask for."""
    if config.augment == "none":
        return list(rows)
    texts = [text for r in rows for text in (*r.train.texts, *r.train.seconds)]
    augmenter = find_augmenter(base, texts, config)
    return [augment_rows(r, augmenter, config, report) for r in rows]


@dataclass(frozen=True, slots=True)
class Tuned:
    """A trained model that is not yet written: the model, what it was trained on, and how it went.

    Attributes:
        run: model, data, tokenizer and settings.
        measures, epochs: see :class:`Finetuned`.
        tasks: if other than those of the data.
    """

    run: Fit
    measures: dict[str, dict[str, float]]
    epochs: list[dict[str, Any]]
    tasks: tuple[Task, ...] = ()


def train_heads(
    encoder: Any,
    reader: Reader,
    rows: Sequence[TaskRows],
    config: FinetuneConfig,
    *,
    make_guide: Callable[[Sequence[TaskData], Any], Guide] | None = None,
    checkpoints: Path | None = None,
    described: dict[str, Any] | None = None,
    report: Report = lambda _: None,
    on_epoch: OnEpoch = lambda _: None,
    heads: Mapping[Task, torch.nn.Module] | None = None,
) -> Tuned:
    """Train heads on an encoder, and the encoder as far as the method says; nothing is written.

    Args:
        encoder, reader: a loaded base; the encoder is changed.
        rows: of every task.
        config: see :class:`FinetuneConfig`.
        make_guide: tokenized tasks and encoder → what else than labels is trained on.
        checkpoints, described, report, on_epoch: see :func:`unmet.training.fitting.fit`.
        heads: tuned before; those of exactly these tasks are gone on with, the others begin anew.

    Raises:
        InputError: a setting that cannot be used.
        ModelError: the base does not suit the method.
    """
    check_adversarial(config.adversarial)
    find_method(config.method)
    config = replace(config, max_tokens=longest_window(encoder, config.max_tokens))
    torch.manual_seed(config.seed)
    data = [tokenize_task(r, reader, config) for r in rows]
    cut = shortened(data)
    if cut:
        report(cut)
    n_steps = planned_steps(data, config)
    guide = make_guide(data, encoder) if make_guide else None
    run = new_fit(encoder, reader, data, config, n_steps, guide)
    if kept := run.take_heads(heads or {}):
        report(f"heads kept: {', '.join(kept)}")
    report(
        f"{run.n_trained:,} of {run.n_weights:,} weights are trained ({run.n_trained / run.n_weights:.1%})"
    )
    epochs = fit(run, n_steps, checkpoints=checkpoints, described=described, report=report, on_epoch=on_epoch)
    return Tuned(run, run.measures(), epochs)


def write_tuned(tuned: Tuned, out: Path, told: Mapping[str, Any] | None = None) -> Finetuned:
    """Write a trained model into a folder; checkpoints there are no longer needed."""
    run = tuned.run
    tasks = tuned.tasks or tuple(d.task for d in run.data)
    numbers = {"epochs": tuned.epochs, "trained": run.n_trained, "total": run.n_weights}
    save_finetuned(
        run.model, tasks, run.reader, run.config, out, {"measures": tuned.measures, **numbers, **(told or {})}
    )
    shutil.rmtree(out / CHECKPOINTS, ignore_errors=True)
    return Finetuned(out, tuned.measures, tuned.epochs, run.n_trained, run.n_weights)


def _marked(dev_files: Mapping[str, Path]) -> dict[str, Path]:
    return {f"{name} (held out)": path for name, path in dev_files.items()}
