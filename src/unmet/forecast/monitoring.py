"""Is a forecast still right? Drift alarms with a known rate of false alarms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmet.forecast.panel import Floats
from unmet.forecast.predictive import LEVELS

SLACK = 0.5
"""Standard deviations of shift that the sum lets pass each time; best against shifts of twice that."""


@dataclass(frozen=True)
class Drift:
    """Alarms of ``N`` series.

    Attributes:
        alarm: whether the sum passed the threshold ``(N,)``.
        direction: 1 demand above its forecasts, −1 below, 0 no alarm ``(N,)``.
        first: number of the outcome at which it did, −1 without an alarm ``(N,)``.
        threshold: where the alarm goes off.
        false_alarm_rate: share of well forecast series expected to give an alarm over all outcomes, 0 to 1.
    """

    alarm: NDArray[np.bool_]
    direction: NDArray[np.int64]
    first: NDArray[np.int64]
    threshold: float
    false_alarm_rate: float


def places(truth: Floats, quantiles: Floats, levels: Floats = LEVELS) -> Floats:
    """Where outcomes fell in their forecast distributions, as standard normal scores; shape of ``truth``.

    The probability is read off the quantiles by a straight line; where several quantiles are the same
    number (zeros of slow sellers), the middle of their probabilities counts. Outcomes outside the outermost
    quantiles get half of what is left there.
    """
    low, high = chances(truth, quantiles, levels)
    from scipy.stats import norm

    return np.where(np.isnan(truth), np.nan, norm.ppf(np.clip((low + high) / 2, 0.005, 0.995)))


def central_share(truth: Floats, quantiles: Floats, share: float, levels: Floats = LEVELS) -> Floats:
    """How much of each outcome lies in the central interval, 0 to 1, NaN where not observed.

    For most outcomes 0 or 1. Where the end of the interval is also other quantiles (a slow seller with p10
    to p60 at 0), an outcome there counts by the part of its probability that belongs to the interval:
    the mean is then the share covered, also for counts (randomised probabilities, Czado et al. 2009).
    """
    low, high = chances(truth, quantiles, levels)
    first, last = (1 - share) / 2, (1 + share) / 2
    inside = np.clip(np.minimum(high, last) - np.maximum(low, first), 0, None)
    point = (low >= first - 1e-9) & (high <= last + 1e-9)
    part = np.where(point, 1.0, inside / np.maximum(high - low, 1e-12))
    return np.where(np.isnan(truth), np.nan, part)


def own_share(quantiles: Floats, share: float, *, whole: bool, levels: Floats = LEVELS) -> Floats:
    """Chance that demand falls in the central interval, ends included, if the forecast is exactly right.

    Above ``share`` for counts, whose ends are likely numbers themselves: what a count of outcomes inside
    has to be compared with.

    Args:
        quantiles: ``(…, Q)``.
        share: of the interval, 0 to 1; its ends are among the quantiles.
        whole: outcomes are whole numbers.
    """
    places = (np.arange(400) + 0.5) / 400
    beyond = 2 * quantiles[..., [0, -1]] - quantiles[..., [1, -2]]
    known = np.concatenate([np.maximum(beyond[..., :1], 0), quantiles, beyond[..., 1:]], axis=-1)
    edges = np.concatenate([[0.0], levels, [1.0]])
    drawn = known @ np.stack([np.interp(places, edges, row) for row in np.eye(len(edges))])
    drawn = np.rint(drawn) if whole else drawn
    low, high = (
        quantiles[..., [int(np.abs(levels - end).argmin())]] for end in ((1 - share) / 2, (1 + share) / 2)
    )
    return np.asarray(((drawn >= low - 1e-9) & (drawn <= high + 1e-9)).mean(axis=-1))


def chances(truth: Floats, quantiles: Floats, levels: Floats = LEVELS) -> tuple[Floats, Floats]:
    """Probabilities of less than the outcome and of at most the outcome; equal where nothing is tied."""
    below = (quantiles < truth[..., None] - 1e-9).sum(axis=-1)
    up_to = (quantiles <= truth[..., None] + 1e-9).sum(axis=-1)
    edges = np.concatenate([[0.0], levels, [1.0]])
    tied = up_to > below
    # A number that several quantiles share begins somewhere before the first of them and ends after the last.
    middles = (edges[:-1] + edges[1:]) / 2
    low = np.where(tied & (below > 0), middles[below], edges[below])
    high = np.where(tied, middles[np.minimum(up_to, len(levels))], edges[below + 1])
    share = _between(truth, quantiles, below)
    between = low + share * (high - low)
    return np.where(tied, low, between), np.where(tied, high, between)


def _between(truth: Floats, quantiles: Floats, below: NDArray[np.int64]) -> Floats:
    """Share of the way from the quantile below to the one above; one half outside of them."""
    n_levels = quantiles.shape[-1]
    inside = (below > 0) & (below < n_levels)
    left = np.take_along_axis(quantiles, np.clip(below - 1, 0, n_levels - 1)[..., None], axis=-1)[..., 0]
    right = np.take_along_axis(quantiles, np.clip(below, 0, n_levels - 1)[..., None], axis=-1)[..., 0]
    share = (truth - left) / np.maximum(right - left, 1e-12)
    return np.where(inside, np.clip(np.nan_to_num(share), 0, 1), 0.5)


def drift_alarm(scores: Floats, *, rate: float = 0.01, seed: int = 0) -> Drift:
    """Two-sided CUSUM (Page 1954) over the scores of each series.

    The threshold is the quantile ``1 − rate`` of the highest sum of independent normal scores over as many
    outcomes, found by simulation: ``rate`` is the share of series with an alarm although nothing changed.
    Outcomes must not overlap (one per period, or sums over whole horizons).

    Args:
        scores: ``(N, P)`` in order of time, from :func:`places`; NaN where nothing was observed.
        rate: false alarms per series over the ``P`` outcomes, 0 to 1.
    """
    n_outcomes = scores.shape[1]
    made = np.random.default_rng(seed).standard_normal((20_000, n_outcomes))
    highest = np.maximum(*(side.max(axis=1) for side in _sums(made)))
    threshold = float(np.quantile(highest, 1 - rate))
    up, down = _sums(np.nan_to_num(scores))
    over = (up > threshold) | (down > threshold)
    alarm = np.asarray(over.any(axis=1), np.bool_)
    first = np.where(alarm, over.argmax(axis=1), -1)
    at_first = np.take_along_axis(up > threshold, np.maximum(first, 0)[:, None], axis=1)[:, 0]
    direction = np.where(alarm, np.where(at_first, 1, -1), 0)
    return Drift(alarm, direction.astype(np.int64), first.astype(np.int64), threshold, rate)


def _sums(scores: Floats) -> tuple[Floats, Floats]:
    """Upper and lower cumulative sums ``(N, P)``."""
    out = np.zeros((2, *scores.shape))
    state = np.zeros((2, len(scores)))
    for place in range(scores.shape[1]):
        step = np.stack([scores[:, place], -scores[:, place]]) - SLACK
        state = np.maximum(state + step, 0)
        out[:, :, place] = state
    return out[0], out[1]
