"""How errors of a forecast's periods hang together: a forecast that is low next week is low the week
after.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]

WINDOW = 8
"""Periods behind the level that stands for a forecast where no past errors are known."""

MAX_PAST = 156
MAX_SERIES = 2_000
_MIN_ORIGINS = 4
_LEAST_EIGENVALUE = 1e-6


def correlation_of_history(demand: pl.DataFrame, n_periods: int) -> Array:
    """Correlation of errors between the periods of a forecast, from the history of all series.

    At every past origin the mean of the last ``WINDOW`` periods stands for the forecast. Errors of a series
    become normal scores, so that no single large order decides; products of scores are pooled over series and
    origins and averaged per distance between periods, as single series are far too short for a matrix of
    their own. A better forecast has less correlated errors, so this errs on the side of too much stock.

    Args:
        demand: table DEMAND; periods that were not observed are left out.
        n_periods: size of the matrix, ≥ 1.

    Returns:
        Shape (n_periods, n_periods), positive definite; the identity where history is too short to tell.
    """
    observed = demand.filter(pl.col("observed").fill_null(True) & (pl.col("quantity") >= 0))
    series = observed.group_by("series_id", maintain_order=True).agg("quantity")["quantity"]
    blocks = []
    for place in range(0, len(series), max(1, len(series) // MAX_SERIES)):
        past = np.asarray(series[place], dtype=float)[-MAX_PAST:]
        errors = level_errors(past, n_periods)
        if len(errors) >= _MIN_ORIGINS and np.ptp(errors) > 0:
            blocks.append(errors)
    return correlation_of_errors(blocks, n_periods)


def level_errors(past: Array, n_periods: int) -> Array:
    """Errors of the mean of the last ``WINDOW`` periods: shape (n_origins, n_periods)."""
    n_origins = len(past) - WINDOW - n_periods + 1
    if n_origins < 1:
        return np.empty((0, n_periods))
    levels = np.lib.stride_tricks.sliding_window_view(past, WINDOW)[:n_origins].mean(axis=1)
    ahead = np.lib.stride_tricks.sliding_window_view(past[WINDOW:], n_periods)[:n_origins]
    return np.asarray(ahead - levels[:, None])


def correlation_of_errors(blocks: list[Array], n_periods: int) -> Array:
    """Pooled correlation of errors by distance between periods.

    Args:
        blocks: one array (n_origins, n_periods) of errors per series, actual less forecast.
    """
    products = np.zeros((n_periods, n_periods))
    n_rows = 0
    for errors in blocks:
        ranks = stats.rankdata(errors, axis=None).reshape(errors.shape)
        scores = stats.norm.ppf((ranks - 0.5) / errors.size)
        products += scores.T @ scores
        n_rows += len(scores)
    if not n_rows:
        return np.eye(n_periods)
    scale = np.sqrt(np.diag(products))
    matrix = products / np.outer(scale, scale)
    by_distance = np.array([np.diagonal(matrix, d).mean() for d in range(n_periods)])
    distance = np.abs(np.subtract.outer(np.arange(n_periods), np.arange(n_periods)))
    return _definite(np.clip(by_distance, -0.95, 1.0)[distance])


def extended(matrix: Array, n_periods: int) -> Array:
    """A correlation matrix of more periods: farther apart than was looked at, as for the longest distance."""
    distance = np.abs(np.subtract.outer(np.arange(n_periods), np.arange(n_periods)))
    return _definite(matrix[0][np.minimum(distance, len(matrix) - 1)])


def _definite(matrix: Array) -> Array:
    """The correlation matrix nearby that has no eigenvalue at or below zero (Higham 2002, clipped once)."""
    values, vectors = np.linalg.eigh(matrix)
    fixed = (vectors * np.maximum(values, _LEAST_EIGENVALUE)) @ vectors.T
    scale = np.sqrt(np.diag(fixed))
    return np.asarray(fixed / np.outer(scale, scale))
