"""Outputs of a fine-tuned model for whole texts, and how good they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from unmet.evaluate.calibration import brier_score, expected_calibration_error
from unmet.evaluate.metrics import accuracy, f1_of, macro_f1, macro_precision, macro_recall, rmse
from unmet.training.multitask import MultiTaskModel
from unmet.training.tasks import Examples, Span, Task, unscaled
from unmet.training.windows import WindowBatch, Windows, by_length, pad_windows, read_spans

Floats = NDArray[np.float32]

MAIN_MEASURE = {
    "classes": "macro_f1",
    "flag": "f1",
    "pairs": "accuracy",
    "scores": "r2",
    "tags": "span_f1",
    "vectors": "top1",
}
"""What early stopping and comparisons look at; larger is better for each."""


def model_inputs(batch: WindowBatch, device: torch.device, segments: bool) -> dict[str, torch.Tensor]:
    """A batch as the encoder's inputs."""
    inputs = {
        "input_ids": torch.as_tensor(batch.ids, device=device),
        "attention_mask": torch.as_tensor(batch.attention, device=device),
    }
    if segments:
        inputs["token_type_ids"] = torch.as_tensor(batch.segments, device=device)
    return inputs


@torch.no_grad()
def predict(
    model: MultiTaskModel,
    task: Task,
    windows: Windows,
    n_texts: int,
    *,
    pad: int,
    segments: bool,
    rows: int = 64,
) -> Floats | list[list[Span]]:
    """Outputs per text: probabilities, scores in their own unit, unit vectors, or spans.

    Windows of one text are averaged by their tokens; spans of all windows are joined.
    """
    model.eval()
    device = next(model.parameters()).device
    width = int(model.encoder.config.hidden_size) if task.kind == "vectors" else task.n_outputs  # type: ignore[union-attr, arg-type]
    sums = np.zeros((n_texts, width), dtype=np.float64)
    spans: dict[int, list[Span]] = {}
    for numbers in by_length(windows, rows):
        batch = pad_windows(windows, numbers, pad)
        outputs = model(task, model_inputs(batch, device, segments)).float().cpu()
        if task.kind == "tags":
            for row, number in enumerate(numbers):
                length = len(windows.ids[number])
                tags = outputs[row, 1 : length - 1].argmax(dim=1).numpy()
                spans[int(number)] = read_spans(tags, windows.places[number][1:-1], task)
            continue
        if task.kind in ("classes", "flag", "pairs"):
            outputs = outputs.softmax(dim=1)
        weights = windows.lengths[numbers][:, None]
        np.add.at(sums, windows.example[numbers], outputs.numpy() * weights)
    if task.kind == "tags":
        joined: list[list[Span]] = [[] for _ in range(n_texts)]
        for number in sorted(spans):
            joined[int(windows.example[number])] += spans[number]
        return joined
    totals = np.bincount(windows.example, windows.lengths, n_texts)[:, None]
    means = (sums / np.maximum(totals, 1)).astype(np.float32)
    if task.kind == "scores":
        return unscaled(means, task)
    if task.kind == "vectors":
        return means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)  # type: ignore[no-any-return]
    return means


def measure(task: Task, examples: Examples, predicted: Any) -> dict[str, float]:
    """Quality on labelled texts; :data:`MAIN_MEASURE` names the one that counts."""
    if task.kind == "tags":
        return span_scores(examples.spans, predicted)
    if task.kind == "vectors":
        return neighbour_scores(predicted)
    if task.kind == "scores":
        return score_errors(task, unscaled(examples.targets, task), predicted)
    truth, decided = examples.targets, predicted.argmax(axis=1)
    scores = {
        "accuracy": accuracy(truth, decided),
        "macro_f1": macro_f1(truth, decided),
        "macro_precision": macro_precision(truth, decided),
        "macro_recall": macro_recall(truth, decided),
        "ece": expected_calibration_error(truth, predicted),
        "brier": brier_score(truth, predicted),
    }
    if len(task.labels) == 2:
        scores["f1"] = f1_of(1)(truth, decided)
    return scores


def span_scores(truth: list[list[Span]], predicted: list[list[Span]]) -> dict[str, float]:
    """Micro precision, recall and F1 of exact spans with their type."""
    hits = sum(len(set(a) & set(b)) for a, b in zip(truth, predicted, strict=True))
    n_true, n_found = sum(len(set(a)) for a in truth), sum(len(set(b)) for b in predicted)
    return {
        "span_precision": hits / max(n_found, 1),
        "span_recall": hits / max(n_true, 1),
        "span_f1": 2 * hits / max(n_true + n_found, 1),
    }


def neighbour_scores(vectors: Floats) -> dict[str, float]:
    """How often the nearest second text is the own one; first texts are the first half."""
    first, second = np.split(vectors, 2)
    nearest = (first @ second.T).argmax(axis=1)
    return {"top1": float((nearest == np.arange(len(first))).mean())}


def score_errors(task: Task, truth: Floats, predicted: Floats) -> dict[str, float]:
    """Root mean squared error of each score, and the share of variance explained, mean over the scores."""
    errors = {f"rmse_{name}": rmse(truth[:, k], predicted[:, k]) for k, name in enumerate(task.labels)}
    left = ((truth - predicted) ** 2).sum(axis=0)
    total = ((truth - truth.mean(axis=0)) ** 2).sum(axis=0)
    return {**errors, "r2": float((1 - left / np.maximum(total, 1e-9)).mean())}
