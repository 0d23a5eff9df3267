"""Percentile bootstrap intervals of a metric (Efron and Tibshirani 1993, chapter 13)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unmet.core.records import Estimate
from unmet.evaluate.metrics import Metric


def bootstrap(
    metric: Metric,
    truth: ArrayLike,
    predicted: ArrayLike,
    *,
    groups: Sequence[str] | NDArray[np.generic] | None = None,
    level: float = 0.95,
    replicates: int = 500,
    seed: int = 0,
) -> Estimate:
    """Value of the metric with its interval.

    Args:
        metric: any function with the signature of :class:`Metric`.
        truth: shape ``(n,)``.
        predicted: shape ``(n,)``.
        groups: rows of one group (author, product) are drawn together; each row alone when ``None``.
        level: share of the interval, 0–1.
        replicates: number of resamples.
        seed: same seed, same interval.
    """
    first, second = np.asarray(truth), np.asarray(predicted)
    members, n_groups = _members(groups, len(first))
    rng = np.random.default_rng(seed)
    values = np.empty(replicates)
    for index in range(replicates):
        drawn = np.bincount(rng.integers(n_groups, size=n_groups), minlength=n_groups)
        values[index] = metric(first, second, drawn[members])
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return Estimate(metric(first, second), float(low), float(high))


def _members(
    groups: Sequence[str] | NDArray[np.generic] | None, n_rows: int
) -> tuple[NDArray[np.int64], int]:
    if groups is None:
        return np.arange(n_rows), n_rows
    if len(groups) != n_rows:
        raise ValueError(f"{len(groups)} groups for {n_rows} rows")
    names, members = np.unique(np.asarray(groups), return_inverse=True)
    return members.astype(np.int64), len(names)
