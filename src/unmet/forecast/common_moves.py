"""How uncertain what moves all series together is, where only a few dates have shown it.

Ratios of past outcomes to forecasts come from many series but from few dates. What a date does to all series
at once (a season, a campaign, a slump) is seen once, and dates less than a horizon apart see the same weeks.
The spread of a handful of numbers says little of the next one: its quantiles are those of Student's t, and
the mean it is spread around is itself uncertain (Geisser 1993, predictive distribution of a normal sample).
Quantiles of ratios hold the spread of each series and that of the dates seen; the rest is added:

    log width' = sqrt(log width² + (t² (1 + 1/n) − z² (1 − 1/n)) s²)

with ``s`` the standard deviation of the dates' common moves and ``n`` how many dates do not overlap. A shop
whose products do not move together keeps its quantiles.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from unmet.forecast.panel import Floats
from unmet.forecast.predictive import LEVELS, Distribution

PRIOR_DATES = 2.0
"""Dates that the spread is worth before any was seen: without them a single date would allow anything."""


def common_moves(outcomes: Sequence[Floats], bases: Sequence[Floats]) -> Floats:
    """Log of what all series sold together over the forecast sum, one number per date.

    Args:
        outcomes: per date ``(N, H)``, NaN where not observed.
        bases: forecasts of the same, floor included.
    """
    moves = []
    for outcome, base in zip(outcomes, bases, strict=True):
        seen = ~np.isnan(outcome)
        sold, forecast = float(np.nansum(outcome)), float(base[seen].sum())
        if sold > 0 and forecast > 0:
            moves.append(np.log(sold / forecast))
    return np.array(moves)


def separate_dates(origins: Sequence[int], horizon: int) -> float:
    """How many of the dates lie a horizon apart, ≥ 1.

    >>> separate_dates([36, 34, 32, 30, 28, 26], 4)
    3.5
    """
    return 1 + (max(origins) - min(origins)) / horizon


def log_widening(moves: Floats, n_dates: float) -> Floats:
    """What is added to the squared log widths of :data:`LEVELS`, shape ``(Q,)``, ≥ 0."""
    if len(moves) < 2:
        return np.zeros(len(LEVELS))
    # Dates that overlap differ less than separate ones would; their number is corrected, their spread not.
    return t_widening(moves.var(ddof=1), n_dates)


def t_widening(variance: float | Floats, n_dates: float) -> Floats:
    """What a sample of so many dates lacks of the squared log widths of :data:`LEVELS`.

    Args:
        variance: of the logs, any shape.
        n_dates: how many dates do not overlap, ≥ 1.

    Returns:
        The shape of ``variance`` with an axis of :data:`LEVELS` behind, ≥ 0.
    """
    from scipy.stats import norm, t

    wide = t.ppf(LEVELS, n_dates - 1 + PRIOR_DATES) ** 2 * (1 + 1 / n_dates)
    lacking = np.maximum(wide - norm.ppf(LEVELS) ** 2 * (1 - 1 / n_dates), 0)
    return np.asarray(np.asarray(variance)[..., None] * lacking)


def widened(made: Distribution, added: Floats) -> Distribution:
    """Quantiles moved away from the median; means, medians and quantiles of 0 stay.

    Args:
        made: quantiles at :data:`LEVELS`.
        added: see :func:`log_widening`.
    """
    return Distribution(
        made.mean, widened_quantiles(made.quantiles, added), widened_quantiles(made.sum_quantiles, added)
    )


def widened_quantiles(quantiles: Floats, added: Floats) -> Floats:
    """Quantiles, the last axis, moved away from the median; medians and quantiles of 0 stay."""
    middle = quantiles[..., LEVELS == 0.5]
    with np.errstate(divide="ignore", invalid="ignore"):
        width = np.log(quantiles / middle)
        wider = np.sign(LEVELS - 0.5) * np.sqrt(width**2 + added)
        moved = middle * np.exp(wider)
    # Where the median is 0 nothing tells widths; a quantile of 0 is 0 whatever all series do.
    usable = np.isfinite(moved) & (middle > 0) & (quantiles > 0)
    return np.asarray(np.where(usable, moved, quantiles))
