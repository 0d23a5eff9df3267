"""Batched decoding against brute force over all label sequences."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from unmet.models.viterbi import decode


def brute_force(scores, moves):
    """Best path, marginals and conditionals after the best path, by enumeration."""
    steps, n_labels = scores.shape
    paths = list(product(range(n_labels), repeat=steps))
    totals = np.array(
        [
            sum(scores[t, y] for t, y in enumerate(path)) + sum(moves[a, b] for a, b in pairwise(path))
            for path in paths
        ]
    )
    weight = np.exp(totals - totals.max())
    weight /= weight.sum()
    best = paths[int(totals.argmax())]
    marginals = np.zeros((steps, n_labels))
    stays = np.zeros((steps, n_labels))
    for path, w in zip(paths, weight, strict=True):
        for t, y in enumerate(path):
            marginals[t, y] += w
            if t == 0 or path[t - 1] == best[t - 1]:
                stays[t, y] += w
    return best, marginals, stays / stays.sum(1, keepdims=True)


def random_batch(lengths, n_labels=4, seed=0):
    random = np.random.default_rng(seed)
    emissions = random.normal(size=(sum(lengths), n_labels)).astype(np.float32) * 2
    moves = random.normal(size=(n_labels, n_labels)).astype(np.float32)
    return emissions, moves, np.concatenate([[0], np.cumsum(lengths)])


@pytest.mark.parametrize("seed", range(4))
def test_decode_equals_enumeration(seed):
    lengths = [1, 5, 3, 6, 2, 5]
    emissions, moves, bounds = random_batch(lengths, seed=seed)
    decoded = decode(emissions, moves, bounds)
    for first, last in pairwise(bounds):
        best, marginals, stays = brute_force(emissions[first:last], moves)
        assert tuple(decoded.labels[first:last]) == best
        np.testing.assert_allclose(decoded.marginals[first:last], marginals, atol=1e-4)
        np.testing.assert_allclose(decoded.stays[first:last], stays, atol=1e-4)


def test_a_sequence_decodes_the_same_alone_and_in_any_batch():
    lengths = [3, 40, 1, 7, 41, 7, 2, 120]
    emissions, moves, bounds = random_batch(lengths, n_labels=5, seed=9)
    together = decode(emissions, moves, bounds)
    for first, last in pairwise(bounds):
        alone = decode(emissions[first:last], moves, np.array([0, last - first]))
        assert np.array_equal(alone.labels, together.labels[first:last])
        assert np.array_equal(alone.marginals, together.marginals[first:last])
        assert np.array_equal(alone.stays, together.stays[first:last])


def test_empty_batch_and_empty_sequence():
    decoded = decode(np.zeros((0, 3), np.float32), np.zeros((3, 3), np.float32), np.array([0]))
    assert decoded.labels.shape == (0,)
    emissions, moves, _ = random_batch([2])
    bounds = np.array([0, 0, 2, 2])
    assert np.array_equal(
        decode(emissions, moves, bounds).labels, decode(emissions, moves, np.array([0, 2])).labels
    )
