"""Nearest products by text and price, and what they sold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmet.forecast.launch_texts import TextVectors

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_BLOCK_ROWS = 512


@dataclass(frozen=True, slots=True)
class NeighbourRule:
    """How near two products are and how much a neighbour counts.

    Nearness is the cosine of the texts minus ``price_weight`` times the distance of the log prices;
    weights are ``exp(sharpness · nearness)``, scaled to sum to 1 (Nadaraya–Watson on the k nearest).
    """

    n_neighbours: int = 15
    price_weight: float = 0.3  # 0 leaves prices out; a missing price is at distance 0 from all
    sharpness: float = 8.0


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Nearest products of each row, nearest first; all arrays have shape ``(n, k)``.

    Attributes:
        index: rows of the pool.
        weight: 0–1, rows sum to 1.
        cosine: similarity of the texts, 0–1.
    """

    index: Integers
    weight: Floats
    cosine: Floats


def nearest(
    texts: TextVectors,
    log_price: Floats,
    pool_texts: TextVectors,
    pool_log_price: Floats,
    rule: NeighbourRule,
) -> Neighbours:
    """The ``rule.n_neighbours`` nearest rows of the pool (all of them where it is smaller).

    Args:
        texts: of ``n`` products.
        log_price: shape ``(n,)``, NaN where not known.
        pool_texts: of one or more products.
        pool_log_price: their log prices.
        rule: what near means.
    """
    k = min(rule.n_neighbours, pool_log_price.size)
    index = np.empty((log_price.size, k), dtype=np.int64)
    cosine, near = np.empty((2, log_price.size, k))
    transposed = pool_texts.sparse.T.tocsr()
    for begin in range(0, log_price.size, _BLOCK_ROWS):
        rows = slice(begin, begin + _BLOCK_ROWS)
        similarity = np.asarray((texts.sparse[rows] @ transposed).todense(), dtype=np.float64)
        apart = np.abs(log_price[rows, None] - pool_log_price[None])
        score = similarity - rule.price_weight * np.nan_to_num(apart)
        # Stable, so that ties go to the earlier launch whatever the machine.
        found = np.argsort(-score, axis=1, kind="stable")[:, :k]
        index[rows] = found
        cosine[rows] = np.take_along_axis(similarity, found, axis=1)
        near[rows] = np.take_along_axis(score, found, axis=1)
    weight = np.exp(rule.sharpness * (near - near[:, :1]))
    return Neighbours(index, weight / weight.sum(axis=1, keepdims=True), cosine)


def average(neighbours: Neighbours, values: Floats) -> tuple[Floats, Floats]:
    """Weighted mean and standard deviation of the neighbours' values; shapes ``(n,)``."""
    mine = values[neighbours.index]
    mean = (neighbours.weight * mine).sum(axis=1)
    spread = (neighbours.weight * (mine - mean[:, None]) ** 2).sum(axis=1)
    return mean, np.sqrt(spread)
