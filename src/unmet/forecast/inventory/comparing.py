"""Costs of two policies on the same products: how much one saves, with an interval."""

from __future__ import annotations

import numpy as np

from unmet.core.records import Estimate
from unmet.forecast.inventory.policies import Array


def saving(
    ours: Array, other: Array, *, level: float = 0.95, replicates: int = 2000, seed: int = 0
) -> Estimate:
    """1 − (our total cost) / (the other's total cost), by a paired bootstrap over products.

    Args:
        ours: cost per product, shape (n_products,).
        other: cost of the same products under the other policy.

    Returns:
        Positive where ours is cheaper; percentile interval (Efron and Tibshirani 1993, chapter 13).

    Raises:
        ValueError: the shapes differ or the other policy costs nothing.
    """
    if ours.shape != other.shape or ours.ndim != 1:
        raise ValueError(f"costs of {ours.shape} and {other.shape} products")
    if other.sum() <= 0:
        raise ValueError("the other policy costs nothing: there is nothing to save")
    rng = np.random.default_rng(seed)
    values = np.empty(replicates)
    for index in range(replicates):
        drawn = np.bincount(rng.integers(len(ours), size=len(ours)), minlength=len(ours))
        values[index] = 1 - float(ours @ drawn) / max(float(other @ drawn), 1e-300)
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(1 - ours.sum() / other.sum()), float(low), float(high))
