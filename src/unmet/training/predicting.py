"""Outputs of a fine-tuned model for whole texts, and how good they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from unmet.evaluate.measures import MAIN_MEASURE, measure_head
from unmet.models.heads import DECIDING
from unmet.models.tags import best_tags
from unmet.training.multitask import MultiTaskModel
from unmet.training.tasks import Examples, Span, Task, unscaled
from unmet.training.tokenizing import Reader
from unmet.training.windows import WindowBatch, Windows, by_length, make_windows, pad_windows, read_spans

Floats = NDArray[np.float32]

__all__ = ["MAIN_MEASURE", "measure", "model_inputs", "predict", "predict_examples"]


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
    width = model.width if task.kind == "vectors" else task.n_outputs
    sums = np.zeros((n_texts, width), dtype=np.float64)
    spans: dict[int, list[Span]] = {}
    for numbers in by_length(windows, rows):
        batch = pad_windows(windows, numbers, pad)
        outputs = model(task, model_inputs(batch, device, segments)).float().cpu()
        if task.kind == "tags":
            for row, number in enumerate(numbers):
                length = len(windows.ids[number])
                tags = best_tags(outputs[row : row + 1, 1 : length - 1].numpy(), np.array([length - 2]))[0]
                spans[int(number)] = read_spans(tags, windows.places[number][1:-1], task)
            continue
        if task.kind in DECIDING:
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


def predict_examples(
    model: MultiTaskModel, task: Task, examples: Examples, reader: Reader, *, max_tokens: int, segments: bool
) -> Any:
    """:func:`predict` for texts that are not tokenized yet; for vectors second texts follow the first."""
    windows = make_windows(task, examples, reader, max_tokens)
    n_texts = len(examples) + (len(examples.seconds) if task.kind == "vectors" else 0)
    return predict(model, task, windows, n_texts, pad=reader.pad, segments=segments)


def measure(task: Task, examples: Examples, predicted: Any) -> dict[str, float]:
    """Quality on labelled texts (:mod:`unmet.evaluate.measures`)."""
    return measure_head(task.kind, task.labels, examples.truth(task), predicted)
