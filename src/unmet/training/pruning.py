"""Smaller feed-forward parts: neurons that a tuned model can best do without are cut out.

Two thirds of an encoder's products are in its feed-forward parts. How much a neuron matters is told by the
square of its output times the gradient of the loss by it, the first-order estimate of what its removal costs
(Molchanov et al., "Importance estimation for neural network pruning", 2019; McCarley et al., "Structured
pruning of a BERT-based question answering model", 2019). Whole neurons go, so that the model runs faster
everywhere without sparse kernels. Tune on for an epoch afterwards: heads are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from unmet.core.errors import InputError, ModelError
from unmet.training.batch_losses import Fit, batch_loss
from unmet.training.encoders import base_folder
from unmet.training.finetuning import Report
from unmet.training.fitting import main_score, mixed_batches
from unmet.training.loading import load_finetuned
from unmet.training.methods.catalog import METHODS
from unmet.training.saving import save_finetuned
from unmet.training.task_data import TaskRows, tokenize_task
from unmet.training.tasks import read_task

MULTIPLE = 32
"""Widths are multiples of it: processors multiply in blocks."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was cut.

    Attributes:
        folder: of the model.
        before, after: neurons of each feed-forward part.
        score_before, score_after: mean held-out measure of the tasks, without any further training.
        importance_kept: share of all importance that the kept neurons have, 0–1.
    """

    folder: Path
    before: int
    after: int
    score_before: float
    score_after: float
    importance_kept: float


def prune(
    folder: str | Path, files: Mapping[str, Path], out: Path, *, keep: float, n_batches: int = 300,
    report: Report = lambda _: None,
) -> Pruned:  # fmt: skip
    """Cut the feed-forward parts of a fine-tuned model.

    Args:
        folder: written by ``unmet finetune``, of a method that is merged into its encoder.
        files: task → labelled file; neurons are weighed and the model is measured on it, so give
            held-out rows.
        out: receives the model; ``unmet finetune --base OUT`` tunes it on.
        keep: share of the neurons that stays, above 0 and below 1.
        n_batches: that neurons are weighed on.
        report: told one line before and one after.

    Raises:
        InputError: a share or file that cannot be used, a task that the model does not have.
        ModelError: the encoder is not built like BERT.
    """
    if not 0 < keep < 1:
        raise InputError(f"keep is {keep}, not between 0 and 1")
    run = _loaded(folder, files)
    layers = feed_forward_layers(run.plain_encoder)
    before = int(layers[0][0].out_features)
    after = max(MULTIPLE, round(keep * before / MULTIPLE) * MULTIPLE)
    if after >= before:
        raise InputError(f"of {before} neurons {after} would stay", hint="Choose a smaller --keep.")
    first = main_score(run.measures(), run.data)
    report(f"before: {before} neurons in each of {len(layers)} layers, held out {first:.4f}")
    weights = importance(run, n_batches)
    kept = [torch.topk(layer, after).indices.sort().values for layer in weights]
    for (inner, outer), chosen in zip(layers, kept, strict=True):
        _cut(inner, outer, chosen)
    run.plain_encoder.config.intermediate_size = after
    last = main_score(run.measures(), run.data)
    share = sum(float(w[k].sum()) for w, k in zip(weights, kept, strict=True)) / float(weights.sum())
    report(f"after: {after} neurons, {share:.1%} of the importance, held out {last:.4f}")
    done = Pruned(out, before, after, first, last, share)
    about = {"measures": run.measures(), "pruned": {"from": before, "to": after, "importance_kept": share}}
    save_finetuned(run.model, [d.task for d in run.data], run.reader, run.config, out, about)
    return done


def _loaded(folder: str | Path, files: Mapping[str, Path]) -> Fit:
    """The model with rows of all its tasks; heads without rows would be lost, so each needs some."""
    base_folder(folder)  # refuses what cannot be merged into an encoder
    loaded = load_finetuned(folder)
    missing = [task.name for task in loaded.tasks if task.name not in files]
    if missing:
        hint = "Give a file for every task of the model."
        raise InputError(f"no rows for the task {missing[0]}", hint=hint)
    merge = METHODS[loaded.config.method].merge
    if merge is not None:
        loaded.model.encoder = merge(loaded.model.encoder)
    loaded.model.requires_grad_(True)  # what its method had frozen is weighed too
    config = replace(loaded.config, method="full")
    data = []
    for name, path in files.items():
        task, examples = read_task(name, path, like=loaded.task(name))
        data.append(tokenize_task(TaskRows(task, examples, examples), loaded.reader, config))
    return Fit(loaded.model, data, loaded.reader, config, loaded.model.encoder)


def feed_forward_layers(encoder: Any) -> list[tuple[nn.Linear, nn.Linear]]:
    """The two products of every layer's feed-forward part.

    Raises:
        ModelError: the encoder is not built like BERT.
    """
    try:
        return [(layer.intermediate.dense, layer.output.dense) for layer in encoder.encoder.layer]
    except AttributeError:
        raise ModelError("feed-forward parts are found in encoders built like BERT only") from None


def importance(run: Fit, n_batches: int) -> torch.Tensor:
    """Mean over tasks of every neuron's share in the importance, shape ``(layers, neurons)``, sum 1."""
    layers = feed_forward_layers(run.plain_encoder)
    found = {d.task.name: torch.zeros(len(layers), layers[0][0].out_features) for d in run.data}
    outputs: list[torch.Tensor] = []

    def keep(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        inputs[0].retain_grad()
        outputs.append(inputs[0])

    hooks = [outer.register_forward_pre_hook(keep) for _, outer in layers]
    try:
        for number, (data, rows) in enumerate(mixed_batches(run, 0)):
            if number == n_batches:
                break
            outputs.clear()
            torch.autograd.backward(batch_loss(run, data, rows))
            for layer, output in enumerate(outputs[: len(layers)]):
                if output.grad is not None:
                    moved = (output.detach() * output.grad).square()
                    found[data.task.name][layer] += moved.flatten(0, -2).sum(dim=0).cpu()
            run.model.zero_grad(set_to_none=True)
    finally:
        for hook in hooks:
            hook.remove()
    shares = [total / total.sum() for total in found.values() if float(total.sum()) > 0]
    if not shares:
        raise InputError("no row says anything about the neurons", hint="Give labelled rows.")
    return torch.as_tensor(np.mean([share.numpy() for share in shares], axis=0))


def _cut(inner: nn.Linear, outer: nn.Linear, chosen: torch.Tensor) -> None:
    """Leave only the chosen neurons between two products."""
    with torch.no_grad():
        inner.weight = nn.Parameter(inner.weight[chosen].clone())
        inner.bias = nn.Parameter(inner.bias[chosen].clone())
        outer.weight = nn.Parameter(outer.weight[:, chosen].clone())
    inner.out_features = outer.in_features = len(chosen)
