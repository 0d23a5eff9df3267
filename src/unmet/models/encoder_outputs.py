"""Outputs of windows → outputs of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unmet.evaluate.calibration import softmax, tempered
from unmet.models.encoder_package import VECTOR, Head
from unmet.models.heads import DECIDING, unscaled
from unmet.models.tags import best_tags, read_spans
from unmet.models.windows import Windows

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


class ScoredSpan(NamedTuple):
    """A span of a text (code points, end exclusive) with the probability of its least sure token."""

    start: int
    end: int
    type: str
    probability: float


def output_of(name: str, heads: Mapping[str, Head]) -> str:
    """Name of the graph's output that a head reads."""
    return VECTOR if name == VECTOR or heads[name].task.kind == "vectors" else name


class Merger:
    """Means by number of tokens; spans of all windows joined.

    Args:
        names: heads asked for, or ``vector``.
        heads: of the package, by name.
        width: of vectors.
        windows: of all texts.
        n_texts: number of texts.
    """

    def __init__(
        self, names: Sequence[str], heads: Mapping[str, Head], width: int, windows: Windows, n_texts: int
    ) -> None:
        self._heads, self._windows, self._n_texts = heads, windows, n_texts
        self._lengths = windows.lengths
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._spans: dict[str, dict[int, list[ScoredSpan]]] = {}
        for name in names:
            head = heads.get(name)
            if head is not None and head.task.kind == "tags":
                self._spans[name] = {}
            else:
                n_columns = head.task.n_outputs if head is not None else 0
                self._sums[name] = np.zeros((n_texts, n_columns or width))

    def add(self, numbers: Ints, outputs: dict[str, Any]) -> None:
        """Take in the outputs of a batch."""
        lengths = self._lengths[numbers]
        for name, sums in self._sums.items():
            values = np.asarray(outputs[output_of(name, self._heads)], dtype=np.float64)
            head = self._heads.get(name)
            if head is not None and head.task.kind in DECIDING:
                values = softmax(values)
            np.add.at(sums, self._windows.example[numbers], values * lengths[:, None])
        for name, found in self._spans.items():
            head = self._heads[name]
            for row, number in enumerate(numbers.tolist()):
                scores = outputs[name][row, 1 : int(lengths[row]) - 1]
                found[number] = _spans(scores, self._windows.places[number][1:-1], head)

    def result(self, name: str) -> Any:
        """The outputs of a head, one per text."""
        if name in self._spans:
            joined: list[list[ScoredSpan]] = [[] for _ in range(self._n_texts)]
            for number in sorted(self._spans[name]):
                joined[int(self._windows.example[number])] += self._spans[name][number]
            return joined
        totals = np.bincount(self._windows.example, self._lengths, self._n_texts)[:, None]
        means = (self._sums[name] / np.maximum(totals, 1)).astype(np.float32)
        head = self._heads.get(name)
        if head is not None and head.task.kind == "scores":
            return unscaled(means, head.task)
        if head is None or head.task.kind == "vectors":
            return means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
        return means


def tempered_span(span: ScoredSpan, temperature: float) -> ScoredSpan:
    """The span with its probability at another temperature."""
    sure = tempered([[span.probability, 1 - span.probability]], temperature)[0, 0]
    return span._replace(probability=float(sure))


def _spans(scores: Floats, places: Ints, head: Head) -> list[ScoredSpan]:
    if not len(scores):
        return []
    tags = best_tags(scores)
    if not tags.any():
        return []
    sure = softmax(scores.astype(np.float64))[np.arange(len(tags)), tags]
    found = []
    for start, end, kind in read_spans(tags, places, head.task):
        inside = (places[:, 0] < end) & (places[:, 1] > start) & (tags > 0)
        found.append(ScoredSpan(start, end, kind, float(sure[inside].min())))
    return found
