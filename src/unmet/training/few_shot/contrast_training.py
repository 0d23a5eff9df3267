"""SetFit (Tunstall et al. 2022): pairs of labelled texts move the encoder, a logistic regression reads it.

Few labels make many pairs: two texts of one class should have cosine 1, of two classes 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from unmet.core.config import FewShotConfig, FinetuneConfig
from unmet.core.errors import InputError
from unmet.training.batch_losses import Fit
from unmet.training.encoders import load_encoder, longest_window
from unmet.training.few_shot.pattern_training import only_classes
from unmet.training.finetuning import Finetuned, Report, Tuned, write_tuned
from unmet.training.fitting import new_fit
from unmet.training.methods.catalog import METHODS
from unmet.training.multitask import MultiTaskModel, mean_state
from unmet.training.predicting import MAIN_MEASURE, model_inputs
from unmet.training.task_data import tokenize_task
from unmet.training.tasks import Task
from unmet.training.windows import Windows, pad_windows

Floats = NDArray[np.float32]


def finetune_by_contrast(
    base: str | Path,
    files: Mapping[str, Path],
    out: Path,
    *,
    config: FinetuneConfig,
    how: FewShotConfig,
    dev_files: Mapping[str, Path] | None = None,
    report: Report = lambda _: None,
) -> Finetuned:
    """Train a classifier from few labels by contrast.

    Args:
        base: any encoder, best one of sentence vectors (``unmet distill`` without ``--task``).
        files: one task of kind classes or flag.
        out: receives a model like those of ``unmet finetune``.
        config, how, dev_files, report: see :func:`unmet.training.finetuning.finetune`.

    Raises:
        InputError: the task cannot be used, or a class has no row to train on.
        ModelError: the base cannot be loaded.
    """
    rows = only_classes(files, config, dev_files)
    if len(set(rows.train.targets.tolist())) < len(rows.task.labels):
        raise InputError("a label has no row to train on", hint="Give more labels, or a development file.")
    torch.manual_seed(config.seed)
    encoder, reader = load_encoder(base, config)
    config = replace(config, method="full", max_tokens=longest_window(encoder, config.max_tokens))
    data = tokenize_task(rows, reader, config)
    run = new_fit(encoder, reader, [data], config, 0)
    first = np.unique(data.train_windows.example, return_index=True)[1]
    targets = np.asarray(rows.train.targets)
    pairs = contrast_pairs(targets, how.pairs_per_text, config.seed)
    losses = _train(run, data.train_windows, first, pairs)
    report(f"{len(pairs):,} pairs of {len(targets):,} texts: loss {losses[0]:.4f} → {losses[-1]:.4f}")
    vectors = _mean_states(run, data.train_windows, len(targets))
    _set_head(run.model, rows.task, *logistic_head(vectors, targets, len(rows.task.labels), config.seed))
    measures = run.measures()
    name = MAIN_MEASURE[rows.task.kind]
    report(f"held out: {rows.task.name} {name} {measures[rows.task.name][name]:.4f}")
    return write_tuned(
        Tuned(run, measures, []), out, {"few_shot": {"method": "setfit", "n_pairs": len(pairs)}}
    )


def contrast_pairs(targets: NDArray[Any], per_text: int, seed: int) -> NDArray[np.int64]:
    """For each text ``per_text`` texts of its class and as many of others: rows (text, other, same)."""
    rng = np.random.default_rng(seed)
    rows = []
    for number, label in enumerate(targets):
        same = np.flatnonzero(targets == label)
        for others, alike in ((same[same != number], 1), (np.flatnonzero(targets != label), 0)):
            if len(others):
                rows += [(number, other, alike) for other in rng.choice(others, per_text)]
    table = np.array(rows, dtype=np.int64)
    return table[rng.permutation(len(table))]


def _train(run: Fit, windows: Windows, first: NDArray[Any], pairs: NDArray[np.int64]) -> list[float]:
    """One pass over the pairs; gives the mean loss of every tenth of them."""
    config = run.config
    rate = config.learning_rate or METHODS["full"].learning_rate
    own = [p for name, p in run.model.named_parameters() if not name.startswith("heads.")]
    optimizer = torch.optim.AdamW(own, lr=rate, weight_decay=config.weight_decay)
    batches = np.array_split(pairs, max(len(pairs) // config.batch_rows, 1))
    losses = []
    for step, batch in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = rate * (1 - step / len(batches))
        run.model.train()
        padded = pad_windows(windows, first[np.concatenate([batch[:, 0], batch[:, 1]])], run.reader.pad)
        with run.precision.forward():
            inputs = model_inputs(padded, run.precision.device, run.segments)
            mean = mean_state(run.model.states(inputs), inputs["attention_mask"])
            texts, others = mean.float().chunk(2)
            cosine = functional.cosine_similarity(texts, others)
            loss = functional.mse_loss(cosine, torch.as_tensor(batch[:, 2], device=cosine.device).float())
        run.precision.backward(loss)
        run.precision.step(optimizer, config.gradient_norm)
        run.model.zero_grad(set_to_none=True)
        losses.append(float(loss.detach()))
    return [float(np.mean(part)) for part in np.array_split(losses, min(10, len(losses)))]


@torch.no_grad()
def _mean_states(run: Fit, windows: Windows, n_texts: int) -> Floats:
    """Mean of the token states of each text (not of unit length, as the head will see it)."""
    run.model.eval()
    sums = np.zeros((n_texts, int(run.plain_encoder.config.hidden_size)))
    for numbers in np.array_split(np.arange(len(windows)), max(len(windows) // 64, 1)):
        padded = pad_windows(windows, numbers, run.reader.pad)
        inputs = model_inputs(padded, run.precision.device, run.segments)
        mean = mean_state(run.model.states(inputs), inputs["attention_mask"]).float().cpu().numpy()
        np.add.at(sums, windows.example[numbers], mean * windows.lengths[numbers][:, None])
    totals = np.bincount(windows.example, windows.lengths, n_texts)[:, None]
    return (sums / np.maximum(totals, 1)).astype(np.float32)


def logistic_head(vectors: Floats, targets: NDArray[Any], n_labels: int, seed: int) -> tuple[Floats, Floats]:
    """Weights ``(labels, width)`` and biases of a logistic regression, its standardising folded in."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(vectors)
    model = LogisticRegression(max_iter=1_000, random_state=seed).fit(scaler.transform(vectors), targets)
    weights, biases = model.coef_ / scaler.scale_, model.intercept_.copy()
    biases -= weights @ scaler.mean_
    if n_labels == 2:  # one row of weights stands for the second class
        weights, biases = np.vstack([0 * weights, weights]), np.concatenate([0 * biases, biases])
    return weights.astype(np.float32), biases.astype(np.float32)


def _set_head(model: MultiTaskModel, task: Task, weights: Floats, biases: Floats) -> None:
    """The head reads [CLS] beside the mean; the regression knows the mean only."""
    head: Any = model.heads[task.name]
    with torch.no_grad():
        head.weight.zero_()
        head.weight[:, weights.shape[1] :] = torch.as_tensor(weights)
        head.bias.copy_(torch.as_tensor(biases))
