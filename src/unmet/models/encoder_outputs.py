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


class TokenScores(NamedTuple):
    """Log probabilities of every tag at every token of a text, in order of place.

    Attributes:
        places: where each token stands in the text (code points, end exclusive), shape ``(n_tokens, 2)``.
        logs: shape ``(n_tokens, 1 + 2 · types)``; :mod:`unmet.models.tags` says which column is which tag.
    """

    places: Ints
    logs: Floats


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
        scored: tag heads that are to give :class:`TokenScores` instead of spans.
    """

    def __init__(
        self,
        names: Sequence[str],
        heads: Mapping[str, Head],
        width: int,
        windows: Windows,
        n_texts: int,
        scored: Sequence[str] = (),
    ) -> None:
        self._heads, self._windows, self._n_texts = heads, windows, n_texts
        self._scores: dict[str, dict[int, TokenScores]] = {}
        self._lengths = windows.lengths
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._spans: dict[str, dict[int, list[ScoredSpan]]] = {}
        for name in names:
            head = heads.get(name)
            if head is not None and head.task.kind == "tags":
                if name in scored:
                    self._scores[name] = {}
                else:
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
            places = [self._windows.places[number][1:-1] for number in numbers.tolist()]
            spans = _spans(outputs[name][:, 1:], places, self._heads[name])
            found.update(zip(numbers.tolist(), spans, strict=True))
        for name, kept in self._scores.items():
            for row, number in enumerate(numbers.tolist()):
                logs = _log_softmax(outputs[name][row, 1 : int(lengths[row]) - 1])
                kept[number] = TokenScores(self._windows.places[number][1:-1], logs)

    def result(self, name: str) -> Any:
        """The outputs of a head, one per text."""
        if name in self._scores:
            return self._token_scores(name)
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

    def _token_scores(self, name: str) -> list[TokenScores]:
        parts: list[list[TokenScores]] = [[] for _ in range(self._n_texts)]
        for number in sorted(self._scores[name]):
            parts[int(self._windows.example[number])].append(self._scores[name][number])
        n_tags = self._heads[name].task.n_outputs
        nothing = TokenScores(np.zeros((0, 2), np.int64), np.zeros((0, n_tags), np.float32))
        return [
            TokenScores(np.concatenate([p.places for p in own]), np.concatenate([p.logs for p in own]))
            if own
            else nothing
            for own in parts
        ]


def _log_softmax(scores: Floats) -> Floats:
    exact = scores.astype(np.float64)
    shifted = exact - exact.max(axis=1, keepdims=True)
    result: Floats = (shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))).astype(np.float32)
    return result


def tempered_span(span: ScoredSpan, temperature: float) -> ScoredSpan:
    """The span with its probability at another temperature."""
    sure = tempered([[span.probability, 1 - span.probability]], temperature)[0, 0]
    return span._replace(probability=float(sure))


def _spans(scores: Floats, places: Sequence[Ints], head: Head) -> list[list[ScoredSpan]]:
    """Spans of each window; scores, ``(n, n_tokens, n_tags)``, begin at the first place of a window."""
    lengths = np.array([len(own) for own in places], dtype=np.int64)
    tags = best_tags(scores, lengths)
    exact = scores.astype(np.float64)
    chosen = np.take_along_axis(exact, tags[:, :, None], axis=2)[:, :, 0]
    top = exact.max(axis=2)
    sure = np.exp(chosen - top) / np.exp(exact - top[:, :, None]).sum(axis=2)
    return [
        _read(tags[row, :length], sure[row, :length], places[row], head) if tags[row].any() else []
        for row, length in enumerate(lengths.tolist())
    ]


def _read(tags: Ints, sure: NDArray[np.float64], places: Ints, head: Head) -> list[ScoredSpan]:
    found = []
    for start, end, kind in read_spans(tags, places, head.task):
        inside = (places[:, 0] < end) & (places[:, 1] > start) & (tags > 0)
        found.append(ScoredSpan(start, end, kind, float(sure[inside].min())))
    return found
