"""Demand over a stretch of time, drawn from the quantiles of its periods.

Quantiles of periods do not add up: two weeks of p90 are far more than p90 of two weeks. Demand paths are
drawn instead: every period has its own quantile function, periods hang together through a Gaussian copula
(Nelsen 2006, section 2.3; the correlation comes from :mod:`unmet.forecast.inventory.correlation`), and a
part of a period is cut off by a gamma bridge (Ribeiro and Webber 2004), which keeps the mean and the
variance of the part and splits the lumpy demand of slow movers into all or nothing, as orders do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from unmet.forecast.tables import QUANTILES

Array = NDArray[np.float64]

LEVELS: Array = np.sort(np.array(list(QUANTILES.values())))
"""Levels of the quantiles along the last axis of every quantile array."""

N_PATHS = 1024
_LEAST_SHAPE = 1e-3
_LAST = 1 - 1e-5  # no draw lies above this level: one path in a hundred thousand is no ground for an order


@dataclass(frozen=True, slots=True)
class Draws:
    """Points of the unit cube that all products share, so that products differ by their forecast alone.

    ``periods``: shape (n_paths, n_periods), levels 0–1 with the correlation of periods in them; ``lead``:
    shape (n_paths,), levels of the lead time.
    """

    periods: Array
    lead: Array
    seed: int


def make_draws(correlation: Array, *, n_paths: int = N_PATHS, seed: int = 0) -> Draws:
    """Scrambled Sobol points (Owen 1998), far steadier than as many random ones.

    Args:
        correlation: shape (n_periods, n_periods), a correlation matrix.
        n_paths: a power of two.
        seed: same seed, same points.
    """
    n_periods = len(correlation)
    points = stats.qmc.Sobol(n_periods + 1, rng=np.random.default_rng(seed)).random(n_paths)
    normal = special.ndtri(np.clip(points[:, :n_periods], 1e-9, 1 - 1e-9))
    periods = special.ndtr(normal @ np.linalg.cholesky(correlation).T)
    return Draws(np.clip(periods, 0.0, _LAST), points[:, n_periods], seed)


def demand_paths(quantiles: Array, draws: Draws) -> Array:
    """Demand per product, period and path.

    Between two quantiles the quantile function is a straight line; below the lowest it goes on to its mirror
    point or zero, above the highest it has an exponential tail through the last two quantiles.

    Args:
        quantiles: shape (n_products, n_periods, len(LEVELS)), ≥ 0, not falling along the last axis.
        draws: of at least as many periods.

    Returns:
        Shape (n_products, n_periods, n_paths).
    """
    n_products, n_periods, _ = quantiles.shape
    levels = draws.periods[:, :n_periods]
    lowest = np.maximum(2 * quantiles[..., :1] - quantiles[..., 1:2], 0.0)
    knots = np.concatenate([lowest, quantiles], axis=-1)
    places = np.concatenate([[0.0], LEVELS])
    paths = np.empty((n_products, n_periods, len(levels)))
    for period in range(n_periods):
        at = levels[:, period]
        left = np.clip(np.searchsorted(places, at, side="right") - 1, 0, len(places) - 2)
        share = np.clip((at - places[left]) / (places[left + 1] - places[left]), 0.0, 1.0)
        curve = knots[:, period]
        paths[:, period] = curve[:, left] * (1 - share) + curve[:, left + 1] * share
    last, before = quantiles[..., -1:], quantiles[..., -2:-1]
    scale = (last - before) / np.log((1 - LEVELS[-2]) / (1 - LEVELS[-1]))
    beyond = np.log(np.maximum((1 - LEVELS[-1]) / (1 - levels.T), 1.0))
    paths += scale * beyond[None]
    return paths


def demand_between(paths: Array, ends: Sequence[Array], *, seed: int = 0) -> list[Array]:
    """Demand of stretches of time that follow one another, the first from now.

    Args:
        paths: shape (n_products, n_periods, n_paths).
        ends: when each stretch ends, in periods from now, not before the one before it; each broadcasts to
            (n_products, n_paths).
        seed: of the split of partial periods.

    Returns:
        One array (n_products, n_paths) per stretch.

    Raises:
        ValueError: a stretch ends before it begins or goes beyond the paths.
    """
    n_products, n_periods, n_paths = paths.shape
    rng = np.random.default_rng([seed, n_periods])
    sums = np.concatenate([np.zeros((n_products, 1, n_paths)), np.cumsum(paths, axis=1)], axis=1)
    padded = np.concatenate([paths, np.zeros((n_products, 1, n_paths))], axis=1)
    shapes = np.concatenate([_gamma_shape(paths), np.ones((n_products, 1))], axis=1)
    period = np.zeros((n_products, n_paths), np.int64)
    used, rest = np.zeros((n_products, n_paths)), padded[:, 0].copy()
    stretches = []
    for end in ends:
        until = np.broadcast_to(np.round(end, 9), (n_products, n_paths))
        if np.any(until < period + used) or until.max() > n_periods:
            raise ValueError(f"a stretch until {until.max():g} in paths of {n_periods} periods")
        last = np.floor(until).astype(np.int64)
        part, same = until - last, last == period
        begun, left = np.where(same, used, 0.0), np.where(same, rest, _take(padded, last))
        taken = left * _split(np.take_along_axis(shapes, last, axis=1), begun, part, rng)
        between = _take(sums, last) - _take(sums, np.minimum(period + 1, n_periods))
        stretches.append(np.where(same, taken, rest + between + taken))
        period, used, rest = last, part, left - taken
    return stretches


def demand_until(paths: Array, periods: Array, *, seed: int = 0) -> Array:
    """Demand from now until ``periods`` periods from now (see :func:`demand_between`)."""
    return demand_between(paths, [periods], seed=seed)[0]


def _take(blocks: Array, places: NDArray[np.int64]) -> Array:
    return np.asarray(np.take_along_axis(blocks, places[:, None], axis=1)[:, 0])


def _split(shape: Array, begun: Array, part: Array, rng: np.random.Generator) -> Array:
    """Share of what a period has left after ``begun`` of it that falls before ``part`` of it."""
    if np.array_equal(begun, part):
        return np.zeros_like(part)
    before, after = (
        np.maximum(shape * (part - begun), _LEAST_SHAPE),
        np.maximum(shape * (1 - part), _LEAST_SHAPE),
    )
    return np.where(part > begun, rng.beta(before, after), 0.0)


def _gamma_shape(paths: Array) -> Array:
    """Shape of the gamma distribution with the mean and variance of every period."""
    mean, variance = paths.mean(axis=2), paths.var(axis=2)
    return np.where(variance > 0, np.clip(mean**2 / np.where(variance > 0, variance, 1.0), 0.01, 1e4), 1e4)


def lead_times(mean: Array, deviation: Array, draws: Draws) -> Array:
    """Lead times of every product and path: gamma with that mean and standard deviation, in periods.

    Args:
        mean: shape (n_products,), ≥ 0.
        deviation: shape (n_products,), ≥ 0; zero means that the lead time is certain.

    Returns:
        Shape (n_products, n_paths), at most the mean and three standard deviations.
    """
    unsure = (deviation > 0) & (mean > 0)
    safe_mean, safe_deviation = np.where(unsure, mean, 1.0), np.where(unsure, deviation, 1.0)
    shape = (safe_mean / safe_deviation) ** 2
    drawn = special.gammaincinv(shape[:, None], draws.lead[None]) * (safe_mean / shape)[:, None]
    drawn = np.minimum(drawn, (mean + 3 * deviation)[:, None])
    return np.where(unsure[:, None], drawn, mean[:, None])


def total_quantiles(
    quantiles: Array, periods: float, correlation: Array, *, levels: Array = LEVELS, seed: int = 0
) -> Array:
    """Quantiles of the demand of the first ``periods`` periods together: shape (n_products, len(levels))."""
    draws = make_draws(correlation, seed=seed)
    total = demand_until(demand_paths(quantiles, draws), np.array(float(periods)), seed=seed)
    return np.quantile(total, levels, axis=1).T
