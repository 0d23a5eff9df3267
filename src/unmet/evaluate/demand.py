"""Errors of demand forecasts. Arrays are ``(N, H)``: series × steps; NaN in ``truth`` is not counted.

Sums come per series, so that a bootstrap over series only draws rows again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unmet.core.records import Estimate

Floats = NDArray[np.float64]


def wape(truth: Floats, predicted: Floats) -> float:
    """Weighted absolute percentage error: sum of ``|truth − predicted|`` over sum of ``truth``; ≥ 0.

    >>> wape(np.array([[10.0, 0.0]]), np.array([[8.0, 1.0]]))
    0.3
    """
    return float(np.nansum(np.abs(truth - predicted)) / np.nansum(np.abs(truth)))


def bias(truth: Floats, predicted: Floats) -> float:
    """Sum of ``predicted − truth`` over sum of ``truth``; above 0 is too much.

    >>> bias(np.array([[10.0, 0.0]]), np.array([[8.0, 1.0]]))
    -0.1
    """
    return float(np.nansum(np.where(np.isnan(truth), np.nan, predicted - truth)) / np.nansum(np.abs(truth)))


def seasonal_scale(history: Floats, season: int, power: int = 1) -> Floats:
    """Mean ``|y[t] − y[t − season]| ** power`` of each row of ``(N, T)``; NaN where unknown or 0.

    >>> seasonal_scale(np.array([[1.0, 3.0, 2.0]]), 1)
    array([1.5])
    """
    if history.shape[1] <= season:
        return np.full(len(history), np.nan)
    steps = np.abs(history[:, season:] - history[:, :-season]) ** power
    known = ~np.isnan(steps)
    mean = np.where(known, steps, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.where(known.any(axis=1) & (mean > 0), mean, np.nan)


def mase(truth: Floats, predicted: Floats, history: Floats, season: int) -> float:
    """Mean absolute scaled error (Hyndman and Koehler 2006): mean over series whose scale is defined."""
    scaled = _mean_rows(np.abs(truth - predicted)) / seasonal_scale(history, season)
    return float(scaled[~np.isnan(scaled)].mean()) if (~np.isnan(scaled)).any() else float("nan")


def rmsse(truth: Floats, predicted: Floats, history: Floats, season: int = 1) -> float:
    """Root mean squared scaled error (Makridakis et al. 2022, the M5 measure), mean over series."""
    scaled = np.sqrt(_mean_rows((truth - predicted) ** 2) / seasonal_scale(history, season, power=2))
    return float(scaled[~np.isnan(scaled)].mean()) if (~np.isnan(scaled)).any() else float("nan")


def _mean_rows(values: Floats) -> Floats:
    known = ~np.isnan(values)
    mean = np.where(known, values, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.where(known.any(axis=1), mean, np.nan)


def pinball_losses(truth: Floats, quantiles: Floats, levels: Floats) -> Floats:
    """Twice the pinball loss, mean over the levels; same shape as ``truth``, NaN where that is.

    Args:
        quantiles: ``(…, Q)``, one more axis than ``truth``.
        levels: probabilities ``(Q,)``.
    """
    above = truth[..., None] - quantiles
    return np.asarray(2 * np.maximum(levels * above, (levels - 1) * above).mean(axis=-1))


def weighted_quantile_loss(truth: Floats, quantiles: Floats, levels: Floats) -> float:
    """Weighted quantile loss as GluonTS and the Chronos paper report it (Ansari et al. 2024, appendix D).

    Twice the pinball loss summed over all values, divided by the sum of ``|truth|``, mean over the levels
    .1 to .9. For a point forecast (all quantiles equal) it is the WAPE.

    >>> weighted_quantile_loss(np.array([[10.0]]), np.full((1, 1, 2), 8.0), np.array([0.1, 0.9]))
    0.2
    """
    return float(np.nansum(pinball_losses(truth, quantiles, levels)) / np.nansum(np.abs(truth)))


def coverage(truth: Floats, low: Floats, high: Floats) -> float:
    """Share of known values in their interval, ends included, 0 to 1."""
    known = ~np.isnan(truth)
    inside = (truth >= low - 1e-9) & (truth <= high + 1e-9)
    return float(inside[known].mean())


def forecast_value_added(error: float, naive_error: float) -> float:
    """Share of the naive error that a forecast takes away (Gilliland 2010); below 0 it does harm.

    >>> forecast_value_added(0.4, 0.5)
    0.2
    """
    return round(1 - error / naive_error, 12) if naive_error > 0 else 0.0


def ratio_over_series(
    lost: Floats, units: Floats, other: Floats | None = None, *, replicates: int = 1000, seed: int = 0
) -> Estimate:
    """Sum of losses over sum of units with a 95% interval by bootstrap over series.

    Args:
        lost: loss of each series ``(N,)``.
        units: units of each series ``(N,)``.
        other: losses of another forecast of the same series; then the value is the relative gain
            ``1 − lost / other``, both drawn together (paired).
    """
    draws = np.random.default_rng(seed).multinomial(len(lost), np.full(len(lost), 1 / len(lost)), replicates)

    def value(weights: NDArray[np.int64]) -> Floats:
        below = weights @ (units if other is None else other)
        share = (weights @ lost) / np.maximum(below, 1e-12)
        return np.asarray(share if other is None else 1 - share)

    found = value(draws)
    low, high = np.quantile(found, [0.025, 0.975])
    return Estimate(float(value(np.ones((1, len(lost)), dtype=np.int64))[0]), float(low), float(high))
