"""Decoding tags: the best sequence that breaks no rule, against trying them all."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from unmet.models.heads import Task
from unmet.models.tags import best_tags, read_spans


def legal(tags: tuple[int, ...]) -> bool:
    return all(
        t == 0 or t % 2 == 1 or before in (t, t - 1) for before, t in zip((0, *tags), tags, strict=False)
    )


@pytest.mark.parametrize("seed", range(30))
def test_no_legal_sequence_scores_more(seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(4, 5, 5)).astype(np.float32)
    lengths = np.array([5, 3, 1, 0])
    for own, length, found in zip(scores, lengths, best_tags(scores, lengths), strict=True):
        assert legal(tuple(found.tolist()))
        every = filter(legal, itertools.product(range(5), repeat=int(length)))
        best = max(every, key=lambda t: own[range(len(t)), t].sum())
        assert found.tolist() == [*best, *[0] * (5 - length)]


def test_spans_are_characters_of_their_tokens() -> None:
    task = Task("t", "tags", ("ASPECT", "OPINION"))
    places = np.array([[0, 1], [1, 2], [3, 5], [5, 6]])
    assert read_spans(np.array([1, 2, 3, 0]), places, task) == [(0, 2, "ASPECT"), (3, 5, "OPINION")]
