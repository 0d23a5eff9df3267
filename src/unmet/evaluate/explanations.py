"""Are the words an explanation names those the model went by? Comprehensiveness and sufficiency.

DeYoung et al. 2020 ("ERASER: A Benchmark to Evaluate Rationalized NLP Models"): with ``m(x)`` the probability
of the predicted class, and ``r`` the rationale (the most important words),

- comprehensiveness ``m(x) - m(x without r)``: high if the model needed these words;
- sufficiency ``m(x) - m(r alone)``: near 0 or below if these words are enough.

Neither says anything without a control: :func:`random_control` measures as many words drawn at random.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unmet.core.offsets import without
from unmet.core.records import Estimate, Span
from unmet.evaluate.intervals import bootstrap
from unmet.evaluate.metrics import Weights

Floats = NDArray[np.float64]
Predict = Callable[[Sequence[str]], NDArray[np.floating]]
"""Texts → class probabilities, shape ``(n, K)``."""
SHARES = (0.1, 0.2, 0.5)
"""Shares of the words that are taken as the rationale."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A text with what an explanation says of its words.

    Attributes:
        text: as the model reads it.
        spans: of the words, in order, not overlapping; at least one.
        importance: of each word for ``label``; only their order counts.
        label: number of the class that is explained.
    """

    text: str
    spans: Sequence[Span]
    importance: Sequence[float]
    label: int


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """Both measures of each text at one share of words, shape ``(n,)``, −1 to 1."""

    comprehensiveness: Floats
    sufficiency: Floats


def faithfulness(
    predict: Predict, weighed: Sequence[Weighed], share: float, filler: str = ""
) -> Faithfulness:
    """Take away, and keep alone, the most important words of each text.

    Punctuation and white space stay where they are in both.

    Args:
        predict: the model.
        weighed: texts with the importance of their words.
        share: of the words that are the rationale, 0–1; at least one word, rounded up. Equal words: the
            earlier counts as more important.
        filler: what stands where a word was.
    """
    labels = np.array([item.label for item in weighed], dtype=np.int64)
    texts = [item.text for item in weighed]
    for item in weighed:
        top = _top(item, share)
        texts.append(without(item.text, (item.spans[k] for k in top), filler))
    for item in weighed:
        rest = set(range(len(item.spans))) - set(_top(item, share))
        texts.append(without(item.text, (item.spans[k] for k in rest), filler))
    rows = np.tile(labels, 3)
    sure = np.asarray(predict(texts), dtype=np.float64)[np.arange(len(texts)), rows]
    whole, taken, alone = sure.reshape(3, len(weighed))
    return Faithfulness(whole - taken, whole - alone)


def random_control(
    predict: Predict, weighed: Sequence[Weighed], share: float, filler: str = "", *, draws: int = 5, seed: int
) -> Faithfulness:
    """:func:`faithfulness` of as many words drawn at random, mean of several draws."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        drawn = [
            Weighed(item.text, item.spans, rng.random(len(item.spans)).tolist(), item.label)
            for item in weighed
        ]
        found.append(faithfulness(predict, drawn, share, filler))
    return Faithfulness(
        np.mean([f.comprehensiveness for f in found], axis=0), np.mean([f.sufficiency for f in found], axis=0)
    )


def mean_interval(values: ArrayLike, *, level: float = 0.95, seed: int = 0) -> Estimate:
    """Mean of one number per text with its bootstrap interval."""
    numbers = np.asarray(values, dtype=np.float64)
    return bootstrap(_mean, numbers, numbers, level=level, seed=seed, replicates=2_000)


def _mean(truth: ArrayLike, predicted: ArrayLike, weights: Weights = None) -> float:
    return float(np.average(np.asarray(predicted, dtype=np.float64), weights=weights))


def _top(item: Weighed, share: float) -> list[int]:
    n_words = len(item.spans)
    n_top = min(n_words, max(1, int(np.ceil(share * n_words - 1e-9))))
    order = np.argsort(-np.asarray(item.importance, dtype=np.float64), kind="stable")
    return [int(k) for k in order[:n_top]]
