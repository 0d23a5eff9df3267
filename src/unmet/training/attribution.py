"""Which words decide a class head of a fine-tuned model: integrated gradients.

Sundararajan, Taly & Yan 2017 ("Axiomatic Attribution for Deep Networks"): the gradient of the output by the
token embeddings, integrated along the straight line from a text of mask tokens to the text. Weights add up to
the difference of the two outputs (completeness); :class:`Gradients` tells how nearly. The integral is that of
captum (Kokhlikyan et al. 2020). What runs without torch is explained by :mod:`unmet.models.attribution`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from unmet.core.errors import InputError
from unmet.core.records import Span, WordWeight
from unmet.models.windows import text_windows
from unmet.training.loading import LoadedModel
from unmet.training.predicting import model_inputs
from unmet.training.tasks import Task
from unmet.training.windows import Windows, pad_windows

FIRST_STEPS, MAX_STEPS = 32, 1_024
"""Points of the integral: doubled until the weights add up, or there are MAX_STEPS."""
TOLERANCE = 0.02
"""Share of the difference of outputs by which the weights may fail to add up."""
ROWS_AT_ONCE = 64
"""Points whose gradients are computed together."""
_SMALL = 1e-3  # differences of outputs below this count as this

Floats = NDArray[np.float64]
Target = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True, slots=True)
class Gradients:
    """Why a head says what it says of one text; all in units of its probabilities.

    Attributes:
        words: in text order; offsets (code points) into the text. Positive: speaks for the label.
        rest: what punctuation and special tokens add.
        output: of the text.
        baseline: of the text with every token masked.
    """

    words: tuple[WordWeight, ...]
    rest: float
    output: float
    baseline: float

    @property
    def gap(self) -> float:
        """By how much the weights fail to add up to ``output - baseline``."""
        return abs(sum(word.weight for word in self.words) + self.rest - (self.output - self.baseline))


def integrated_gradients(
    loaded: LoadedModel, task_name: str, texts: Sequence[str], *, label: str, against: str | None = None
) -> list[Gradients]:
    """Weight of every word of each text for a class.

    Args:
        loaded: from :func:`unmet.training.loading.load_finetuned`.
        task_name: a head of kind ``classes`` or ``flag``.
        texts: as the model reads them.
        label: class whose probability is explained.
        against: a class whose probability is taken off: ``positive`` against ``negative`` has the unit of
            :func:`unmet.models.attribution.word_weights`.

    Returns:
        One per text. Long texts are read in windows and merged by their number of tokens, as in prediction.

    Raises:
        InputError: the model has no such task, or it is of another kind or has no such label.
    """
    task = loaded.task(task_name)
    target = _target(task, label, against)
    windows = text_windows(texts, loaded.reader, loaded.config.max_tokens)
    shares = windows.lengths / np.bincount(windows.example, windows.lengths, len(texts))[windows.example]
    words = _words(texts)
    weights = [np.zeros(len(found) + 1) for found in words]  # the last one is for the rest
    outputs = np.zeros((len(texts), 2))
    for number, share in enumerate(shares.tolist()):
        example = int(windows.example[number])
        tokens, output, baseline = _of_window(loaded, task, target, windows, number)
        weights[example] += share * _spread(tokens, windows.places[number], words[example])
        outputs[example] += share * np.array([output, baseline])
    return [
        Gradients(
            tuple(WordWeight(*span, float(w)) for span, w in zip(found, own, strict=False)),
            float(own[-1]),
            float(output),
            float(baseline),
        )
        for found, own, (output, baseline) in zip(words, weights, outputs, strict=True)
    ]


def _target(task: Task, label: str, against: str | None) -> Target:
    if task.kind not in ("classes", "flag"):
        raise InputError(f"the task {task.name} is of kind {task.kind}", hint="Explain classes or a flag.")
    for name in (label, against):
        if name is not None and name not in task.labels:
            raise InputError(f"the task {task.name} has no label {name!r}", hint=f"It has {task.labels}.")
    place = task.labels.index(label)
    other = task.labels.index(against) if against is not None else None

    def read(logits: torch.Tensor) -> torch.Tensor:
        probabilities = logits.softmax(dim=1)
        return probabilities[:, place] - (0 if other is None else probabilities[:, other])

    return read


def _words(texts: Sequence[str]) -> list[list[Span]]:
    from unmet.text.language import detect_languages
    from unmet.text.words import split_words

    languages = detect_languages(list(texts))
    return [split_words(t, "en" if code == "en" else "zh") for t, code in zip(texts, languages, strict=True)]


def _of_window(
    loaded: LoadedModel, task: Task, target: Target, windows: Windows, number: int
) -> tuple[Floats, float, float]:
    """Weight of every token of a window, and the outputs of the window and of its baseline."""
    from captum.attr import LayerIntegratedGradients

    device = next(loaded.model.parameters()).device
    batch = pad_windows(windows, np.array([number]), loaded.reader.pad)
    inputs = model_inputs(batch, device, loaded.segments)
    ids = inputs.pop("input_ids")
    names = tuple(inputs)

    def output(ids: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
        given = {"input_ids": ids, **dict(zip(names, rest, strict=True))}
        return target(loaded.model(task, given))

    baseline = _masked(ids, loaded)
    rest = tuple(inputs.values())
    method = LayerIntegratedGradients(output, word_embeddings(loaded.model.encoder))
    with torch.no_grad():
        ends = float(output(ids, *rest)), float(output(baseline, *rest))
    steps = FIRST_STEPS
    while True:
        found = method.attribute(
            ids, baseline, additional_forward_args=rest, n_steps=steps, internal_batch_size=ROWS_AT_ONCE
        )
        tokens: Floats = found.sum(dim=2)[0].detach().cpu().numpy().astype(np.float64)
        difference = ends[0] - ends[1]
        near = abs(tokens.sum() - difference) <= TOLERANCE / 2 * max(abs(difference), _SMALL)
        if near or steps >= MAX_STEPS:
            return tokens, *ends
        steps *= 2


def _masked(ids: torch.Tensor, loaded: LoadedModel) -> torch.Tensor:
    """The window with a mask (padding, where the model knows no mask) in the place of every token."""
    reader = loaded.reader
    nothing = torch.full_like(ids, reader.mask if reader.mask >= 0 else reader.pad)
    nothing[:, 0], nothing[:, -1] = ids[:, 0], ids[:, -1]
    return nothing


def word_embeddings(encoder: nn.Module) -> nn.Module:
    """The table of token embeddings of an encoder, however a method wrapped it.

    Raises:
        InputError: no part of it tells where they are.
    """
    for module in encoder.modules():
        getter: Any = getattr(module, "get_input_embeddings", None)
        if getter is not None:
            table: nn.Module = getter()
            return table
    raise InputError("the encoder does not tell where its token embeddings are")


def _spread(tokens: Floats, places: NDArray[np.int64], words: Sequence[Span]) -> Floats:
    """Weights of tokens as weights of words, by the characters they share; the rest comes last."""
    result = np.zeros(len(words) + 1)
    firsts = np.array([start for start, _ in words])
    lasts = np.array([end for _, end in words])
    for weight, (start, end) in zip(tokens.tolist(), places.tolist(), strict=True):
        shared = np.zeros(len(words))
        if end > start and len(words):
            shared = np.clip(np.minimum(lasts, end) - np.maximum(firsts, start), 0, None) / (end - start)
        result[:-1] += weight * shared
        result[-1] += weight * (1 - shared.sum())
    return result
