"""Pretraining, readable from top to bottom: corpus → batches → loss → step → checkpoint → model folder."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from unmet.core.config import PretrainConfig
from unmet.core.errors import InputError, ModelError
from unmet.core.files import write_json
from unmet.training.architectures import load_model, new_model
from unmet.training.batching import Batch, epoch_batches, packed_batch, single_batch
from unmet.training.checkpoints import (
    Position,
    list_checkpoints,
    save_checkpoint,
)
from unmet.training.masking import mask_words
from unmet.training.objectives import Loss, masked_loss, next_token_loss, parts_of
from unmet.training.quiet import quietly
from unmet.training.resuming import append_evaluation, load_evaluations, resume
from unmet.training.schedules import rate_factor
from unmet.training.sentence_pairs import pair_batch
from unmet.training.starting_embeddings import start_embeddings
from unmet.training.teacher import Teacher, lesson_loss, open_teacher, token_states
from unmet.training.token_store import TokenStore
from unmet.training.tokenizing import SPECIAL, Reader
from unmet.training.tracking import Tracker

_EVALUATION_BATCHES = 40
Report = Callable[[dict[str, float]], None]


@dataclass(frozen=True, slots=True)
class Trained:
    """A finished run: where the model is, how far it came, and its losses on held-out text."""

    folder: Path
    position: Position
    evaluations: list[dict[str, float]]


@dataclass(slots=True)
class _Run:
    """What the parts of a run share."""

    config: PretrainConfig
    store: TokenStore
    reader: Reader
    model: nn.Module
    optimizer: torch.optim.Optimizer
    accelerator: Any
    teacher: Teacher | None

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        found: torch.device = self.accelerator.device
        return found


def pretrain(
    store: TokenStore,
    reader: Reader,
    out: Path,
    *,
    config: PretrainConfig,
    report: Report = lambda _: None,
) -> Trained:
    """Train a language model, or go on with the run that is in ``out``.

    Args:
        store: tokenized corpus, made with ``reader``.
        reader: the tokenizer.
        out: receives ``checkpoints/``, ``log.jsonl`` and at the end the model in Hugging Face's layout.
        config: see :class:`PretrainConfig`. A resumed run may change the number of steps and the decay.
        report: told the losses while training.

    Raises:
        InputError: the folder holds a run with other settings, or the corpus is too small.
        ModelError: the base model cannot be trained with this objective.
    """
    from accelerate import Accelerator

    if not len(store.train) or not len(store.held_out):
        raise InputError("the corpus is too small to hold any text out", hint="Give more text.")
    accelerator = Accelerator(mixed_precision=config.precision)
    longest = int(store.description["max_tokens"])
    model = load_model(config.base, config.objective) if config.base else new_model(config, reader, longest)
    _check_fit(model, reader, longest)
    if config.counted_start and not config.base and not list_checkpoints(out / "checkpoints"):
        start_embeddings(model, store, config.seed)
    model, optimizer = accelerator.prepare(model, make_optimizer(model, config))
    run = _Run(
        config, store, reader, model, optimizer, accelerator, open_teacher(model, config, reader, longest)
    )
    described = {"config": asdict(config), "store": store.description}
    begin = resume(out, model, optimizer, described)
    tracker = Tracker(config.track, out, asdict(config), first_step=begin.step)
    try:
        end, evaluations = _train(run, begin, out, described, tracker, report)
    finally:
        tracker.close()
    save_model(accelerator.unwrap_model(model), out)
    write_json(out / "training.json", {**described, "position": asdict(end), "evaluations": evaluations})
    return Trained(out, end, evaluations)


def _train(
    run: _Run, begin: Position, out: Path, described: dict[str, Any], tracker: Tracker, report: Report
) -> tuple[Position, list[dict[str, float]]]:
    """All steps, with the evaluations and checkpoints between them."""
    config = run.config
    evaluations = load_evaluations(out, begin.step)
    end = begin
    for end, losses in _steps(run, begin):
        done = end.step >= config.steps
        tracker.log(losses, end.step)
        report(losses)
        if end.step % config.evaluate_every == 0 or done:
            evaluations.append({"step": end.step, **evaluate(run)})
            tracker.log(evaluations[-1], end.step)
            report(evaluations[-1])
            append_evaluation(out / "log.jsonl", evaluations[-1])
        if end.step % config.checkpoint_every == 0 or done:
            save_checkpoint(out / "checkpoints", run.model, run.optimizer, end, described)
    return end, evaluations


def _steps(run: _Run, position: Position) -> Iterator[tuple[Position, dict[str, float]]]:
    """Train until the last step; yields after each."""
    config, accelerator, optimizer = run.config, run.accelerator, run.optimizer
    began, spent = time.perf_counter(), position.seconds
    batches = _batches(run, position)
    lessons = run.teacher.lessons(config.seed, position.step) if run.teacher else None
    run.model.train()
    while position.step < config.steps:
        factor = rate_factor(position.step, config)
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * factor
        losses = []
        for _ in range(config.accumulate):
            epoch, number, batch = next(batches)
            rng = np.random.default_rng([config.seed, 2, epoch, number])
            with accelerator.autocast():
                loss = loss_of(run, batch, rng)
            accelerator.backward(loss.total / config.accumulate)
            losses.append(loss)
            position = replace(
                position, epoch=epoch, batch=number + 1, tokens=position.tokens + int(batch.attention.sum())
            )
        lesson = 0.0
        if lessons is not None:
            with accelerator.autocast():
                distance = lesson_loss(token_states(parts_of(run.model)[0]), *next(lessons), run.device)
            accelerator.backward(distance * config.teacher_weight)
            lesson = float(distance.detach())
        norm = accelerator.clip_grad_norm_(run.model.parameters(), config.gradient_norm)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        seconds = spent + time.perf_counter() - began
        position = replace(position, step=position.step + 1, seconds=seconds)
        measured = _measured(losses, position, config.learning_rate * factor, float(norm))
        yield position, {**measured, **({"teacher_distance": lesson} if lessons is not None else {})}


def _measured(losses: list[Loss], position: Position, rate: float, norm: float) -> dict[str, float]:
    mean = sum(loss.token_loss * loss.n_tokens for loss in losses) / max(sum(x.n_tokens for x in losses), 1)
    if not math.isfinite(mean):
        raise ModelError(
            f"the loss is no number at step {position.step}",
            hint="Lower --learning-rate, or train without --precision fp16.",
        )
    return {
        "step": position.step,
        "loss": mean,
        "perplexity": math.exp(min(mean, 50.0)),
        "learning_rate": rate,
        "gradient_norm": norm,
        "epoch": position.epoch,
        "tokens": position.tokens,
        "tokens_per_second": position.tokens / max(position.seconds, 1e-9),
    }


def _batches(run: _Run, position: Position) -> Iterator[tuple[int, int, Batch]]:
    """Endless batches from a position on; every epoch has its own order, decided by the seed."""
    store, config = run.store, run.config
    epoch, first = position.epoch, position.batch
    while True:
        rng = np.random.default_rng([config.seed, 1, epoch])
        groups = epoch_batches(store.lengths, store.train, config.tokens_per_batch, rng)
        for number in range(first, len(groups)):
            yield epoch, number, make_batch(run, groups[number], [config.seed, 3, epoch, number])
        epoch, first = epoch + 1, 0


def make_batch(run: _Run, numbers: Any, seed: list[int]) -> Batch:
    """The batch of some sequences in the form that the objective needs."""
    reader = run.reader
    special = (reader.start, reader.end, reader.pad)
    if run.config.objective == "clm":
        longest = int(run.store.description["max_tokens"])
        return packed_batch(run.store, numbers, *special, longest)
    if run.config.objective == "mlm+nsp":
        return pair_batch(run.store, numbers, *special, np.random.default_rng(seed))
    return single_batch(run.store, numbers, *special)


def loss_of(run: _Run, batch: Batch, rng: np.random.Generator) -> Loss:
    """Loss of one batch under the run's objective; ``rng`` draws the masks."""
    if run.config.objective == "clm":
        return next_token_loss(run.model, batch, run.device)
    reader = run.reader
    masked = mask_words(batch, run.config.mask_share, reader.mask, reader.size, len(SPECIAL), rng)
    return masked_loss(run.model, batch, masked, run.device)


@torch.no_grad()
def evaluate(run: _Run) -> dict[str, float]:
    """Loss, perplexity and accuracy on held-out text, always the same text and the same masks."""
    config = run.config
    order = np.random.default_rng([config.seed, 4])
    groups = epoch_batches(run.store.lengths, run.store.held_out, config.tokens_per_batch, order)
    run.model.eval()
    losses = []
    for number, numbers in enumerate(groups[:_EVALUATION_BATCHES]):
        batch = make_batch(run, numbers, [config.seed, 5, number])
        losses.append(loss_of(run, batch, np.random.default_rng([config.seed, 6, number])))
    run.model.train()
    n_tokens = sum(loss.n_tokens for loss in losses)
    mean = sum(loss.token_loss * loss.n_tokens for loss in losses) / n_tokens
    return {
        "held_out_loss": mean,
        "held_out_perplexity": math.exp(min(mean, 50.0)),
        "held_out_accuracy": sum(loss.n_right for loss in losses) / n_tokens,
    }


def make_optimizer(model: nn.Module, config: PretrainConfig) -> torch.optim.Optimizer:
    """AdamW (Loshchilov & Hutter 2019); biases and normalisation are not decayed."""
    matrices = [p for p in model.parameters() if p.requires_grad and p.ndim > 1]
    vectors = [p for p in model.parameters() if p.requires_grad and p.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98), fused=True)


def save_model(model: Any, out: Path) -> None:
    """Write the weights in Hugging Face's layout (safetensors); the tokenizer is there already."""
    with quietly():
        model.save_pretrained(str(out))


def _check_fit(model: Any, reader: Reader, longest: int) -> None:
    rows = int(model.get_input_embeddings().weight.shape[0])
    if rows < reader.size:
        raise ModelError(f"the model knows {rows:,} tokens, the tokenizer {reader.size:,}")
    positions = int(getattr(model.config, "max_position_embeddings", longest))
    if positions < longest:
        raise InputError(f"the model reads {positions} tokens at most", hint=f"Use --max-tokens {positions}.")
