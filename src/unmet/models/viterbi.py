"""Batched inference for linear-chain conditional random fields in plain NumPy (Lafferty et al. 2001).

Sequences of similar length are padded together. All sums run along fixed axes in a fixed order, so a
sequence scores the same alone and in any batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]

MAX_CELLS = 200_000
"""Padded positions per block: bounds memory."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Best labels and their certainty, one entry per token.

    ``stays[t, y]`` is the probability of label ``y`` at ``t`` given label ``labels[t - 1]`` before it and
    the whole sequence; ``marginals[t, y]`` the probability of ``y`` at ``t``.
    """

    labels: NDArray[np.int8]  # (n,)
    marginals: Scores  # (n, n_labels)
    stays: Scores  # (n, n_labels)


def decode(emissions: Scores, transitions: Scores, bounds: NDArray[np.int64]) -> Decoded:
    """Best label sequence and posterior probabilities of each sequence.

    Args:
        emissions: label scores per token, shape ``(n, n_labels)``.
        transitions: score of label ``j`` after label ``i``, shape ``(n_labels, n_labels)``.
        bounds: sequence ``s`` is tokens ``bounds[s]:bounds[s + 1]``, shape ``(n_sequences + 1,)``.
    """
    n, n_labels = emissions.shape
    labels = np.zeros(n, dtype=np.int8)
    marginals = np.zeros((n, n_labels), dtype=np.float32)
    stays = np.zeros((n, n_labels), dtype=np.float32)
    for rows in _blocks(bounds):
        lengths = bounds[rows + 1] - bounds[rows]
        steps = np.arange(int(lengths.max()))
        valid = steps[:, None] < lengths[None, :]  # (steps, block)
        place = np.where(valid, bounds[rows][None, :] + steps[:, None], 0)
        scores = emissions[place]
        scores[~valid] = 0.0
        path = _viterbi(scores, transitions, lengths)
        labels[place[valid]] = path[valid]
        block_marginals, block_stays = _posteriors(scores, transitions, valid, path)
        marginals[place[valid]] = block_marginals[valid]
        stays[place[valid]] = block_stays[valid]
    return Decoded(labels, marginals, stays)


def _blocks(bounds: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Sequence numbers, shortest first, in blocks of at most MAX_CELLS padded positions."""
    lengths = np.diff(bounds)
    order = np.argsort(lengths, kind="stable")
    order = order[lengths[order] > 0]
    first = 0
    while first < order.size:
        shortest = int(lengths[order[first]])
        longest = max(shortest + 3, shortest * 5 // 4)
        last = int(np.searchsorted(lengths[order], longest, side="right"))
        last = min(last, first + max(1, MAX_CELLS // longest))
        yield order[first:last]
        first = last


def _viterbi(scores: Scores, transitions: Scores, lengths: NDArray[np.int64]) -> NDArray[np.int8]:
    """Best labels, shape ``(steps, block)``; entries after a sequence's end are unspecified."""
    steps, block, n_labels = scores.shape
    back = np.zeros((steps, block, n_labels), dtype=np.int8)
    best = scores[0]
    finals = np.zeros((steps, block), dtype=np.int8)
    finals[0] = best.argmax(1)
    by_target = np.ascontiguousarray(transitions.T)  # (to, from)
    for t in range(1, steps):
        candidates = best[:, None, :] + by_target[None]
        back[t] = candidates.argmax(2)
        best = candidates.max(2) + scores[t]
        finals[t] = best.argmax(1)
    path = np.zeros((steps, block), dtype=np.int8)
    columns = np.arange(block)
    current = finals[lengths - 1, columns]
    for t in range(steps - 1, -1, -1):
        ends_here = lengths - 1 == t
        current = np.where(ends_here, finals[t], current)
        path[t] = current
        if t:
            inside = t < lengths
            current = np.where(inside, back[t, columns, current], current)
    return path


def _posteriors(
    scores: Scores, transitions: Scores, valid: NDArray[np.bool_], path: NDArray[np.int8]
) -> tuple[Scores, Scores]:
    """Forward–backward in scaled probabilities: marginals and ``stays`` (see :class:`Decoded`)."""
    steps, block, n_labels = scores.shape
    moves = np.exp(transitions - transitions.max())
    weights = np.exp(scores - scores.max(2, keepdims=True))
    forward = np.empty_like(weights)
    forward[0] = weights[0] / weights[0].sum(1, keepdims=True)
    for t in range(1, steps):
        arrived = (forward[t - 1][:, :, None] * moves[None]).sum(1) * weights[t]
        forward[t] = arrived / arrived.sum(1, keepdims=True)
    backward = np.ones((block, n_labels), dtype=np.float32)
    marginals = np.empty_like(weights)
    stays = np.empty_like(weights)
    columns = np.arange(block)
    for t in range(steps - 1, -1, -1):
        backward = np.where(valid[t][:, None], backward, np.float32(1.0))
        joint = forward[t] * backward
        marginals[t] = joint / joint.sum(1, keepdims=True)
        onward = weights[t] * backward  # (block, to)
        if t:
            after = moves[path[t - 1, columns]] * onward
            stays[t] = after / after.sum(1, keepdims=True)
        else:
            stays[t] = marginals[t]
        earlier = (moves[None] * onward[:, None, :]).sum(2)
        earlier /= earlier.sum(1, keepdims=True)
        # Padding after a sequence's end must not reach its last token.
        backward = np.where(valid[t][:, None], earlier, np.float32(1.0))
    return marginals, stays
