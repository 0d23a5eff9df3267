"""Quantiles of launch demand from the errors of cross-fitted predictions, near the level predicted.

Localised conformal prediction (Guan 2023, Biometrika 110:33–50): a new product's quantiles are quantiles of
the errors of past launches, each weighted by how near its predicted level was, because a product expected
to sell little errs otherwise than a bestseller. One set of weights serves all probabilities, so
quantiles cannot cross.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BANDWIDTH = 0.75
"""Of the level, in standard deviations of the predicted levels."""

TRIM = 0.99
"""Errors above this quantile are cut to it in the mean: one lucky launch is not an expectation."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors of past launches.

    Attributes:
        level: shape ``(m,)``, predicted log units of the horizon.
        total: shape ``(m,)``, log units minus ``level``.
        share: shape ``(horizon,)``, mean part of the horizon's units that each period has; sums to 1.
        period: shape ``(m, horizon)``, log(1 + units) minus log(1 + predicted units) by period.
        weight: shape ``(m,)``, > 0.
    """

    level: Floats
    total: Floats
    share: Floats
    period: Floats
    weight: Floats


def launch_errors(level: Floats, quantities: Floats, weight: Floats) -> Errors:
    """Errors of predictions.

    Args:
        level: shape ``(m,)``, predicted log units of the horizon.
        quantities: shape ``(m, horizon)``, what was sold; rows sum to more than 0.
        weight: shape ``(m,)``.
    """
    total = quantities.sum(axis=1)
    share = np.average(quantities / total[:, None], axis=0, weights=weight)
    period = np.log1p(quantities) - np.log1p(np.exp(level)[:, None] * share)
    return Errors(level, np.log(total) - level, share, period, weight)


@dataclass(frozen=True, slots=True)
class Spread:
    """Means and quantiles of new products.

    Attributes:
        total_mean: shape ``(n,)``. total: shape ``(n, q)``.
        period_mean: shape ``(n, horizon)``; rows sum to ``total_mean``.
        period: shape ``(n, horizon, q)``.
    """

    total_mean: Floats
    total: Floats
    period_mean: Floats
    period: Floats


def spread(level: Floats, errors: Errors, probabilities: Floats) -> Spread:
    """Means and quantiles of units for predicted log levels of shape ``(n,)``; all ≥ 0."""
    width = BANDWIDTH * max(float(errors.level.std()), 1e-6)
    near = np.exp(-0.5 * ((level[:, None] - errors.level[None]) / width) ** 2) * errors.weight
    near += 1e-3 * errors.weight  # a level far from all others still has quantiles
    total = np.exp(level[:, None] + weighted_quantiles(errors.total, near, probabilities))
    cut = weighted_quantiles(errors.total, near, np.array([TRIM]))
    factors = np.exp(np.minimum(errors.total[None], cut))
    total_mean = np.exp(level) * (near * factors).sum(axis=1) / near.sum(axis=1)
    expected = np.log1p(np.exp(level)[:, None] * errors.share)
    period = np.stack(
        [
            np.expm1(expected[:, k, None] + weighted_quantiles(errors.period[:, k], near, probabilities))
            for k in range(errors.share.size)
        ],
        axis=1,
    )
    return Spread(total_mean, total, total_mean[:, None] * errors.share, np.maximum(period, 0.0))


def weighted_quantiles(values: Floats, weights: Floats, probabilities: Floats) -> Floats:
    """Quantiles of ``values`` under each row of weights, with the finite-sample step of conformal prediction.

    The weight of one average observation is added at both ends, so that few observations give wide intervals.

    Args:
        values: shape ``(m,)``.
        weights: shape ``(n, m)``, rows sum to more than 0.
        probabilities: shape ``(q,)``, rising, 0–1.

    Returns:
        Shape ``(n, q)``, rising along the rows.
    """
    order = np.argsort(values, kind="stable")
    ranked, mass = values[order], weights[:, order]
    # Effective number of observations (Kish 1965).
    effective = mass.sum(axis=1) ** 2 / (mass**2).sum(axis=1)
    middle = (np.cumsum(mass, axis=1) - mass / 2) / mass.sum(axis=1, keepdims=True)
    out = np.empty((weights.shape[0], probabilities.size))
    for row in range(weights.shape[0]):
        step = 1 + 1 / effective[row]
        stretched = 0.5 + (probabilities - 0.5) * step
        out[row] = np.interp(stretched, middle[row], ranked)
    return out
