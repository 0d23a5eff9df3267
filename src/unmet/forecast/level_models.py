"""Simple forecasts of all series at once, in numpy: they cost nothing and are hard to beat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unmet.forecast.panel import Floats, Panel, filled

SMOOTHING = (0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.45)
"""Smoothing constants that the pooled model tries."""

WINDOWS = {"D": 28, "W-MON": 4, "MS": 6}
"""Periods of the plain window average."""


def window_average(panel: Panel, horizon: int, window: int | None = None) -> Floats:
    """Mean of the last observed periods, repeated; ``(N, horizon)``."""
    return _flat(last_mean(panel.values, window or WINDOWS[panel.freq]), horizon)


def seasonal_naive(panel: Panel, horizon: int) -> Floats:
    """The same period of the last season; the window average where a series is shorter than that."""
    whole, season = filled(panel.values), panel.season
    short = window_average(panel, horizon)
    n_periods = whole.shape[1]
    out = short.copy()
    for step in range(horizon):
        place = n_periods - season + step % season
        if place >= 0:
            out[:, step] = np.where(np.isnan(whole[:, place]), short[:, step], whole[:, place])
    return out


def pooled_smoothing(panel: Panel, horizon: int) -> Floats:
    """Exponential smoothing with one constant for all series, found on their own past.

    A young series starts at its plain mean: the weight of a period is never below one over its age. One
    constant for all has no noise of its own, which is what per-series fits suffer from on short histories.
    """
    whole = filled(panel.values)
    return _flat(levels(whole, best_constant(whole, horizon))[:, -1], horizon)


def best_constant(whole: Floats, horizon: int) -> float:
    """The smoothing constant whose levels forecast the next ``horizon`` periods of all series best."""
    losses = [_past_loss(whole, levels(whole, constant), horizon) for constant in SMOOTHING]
    return SMOOTHING[int(np.argmin(losses))]


def seasonal_smoothing(panel: Panel, horizon: int) -> Floats:
    """Pooled smoothing of values divided by seasonal factors of all series together.

    Factors are the shop's share of each period of the season, shrunk toward 1; without one and a half
    seasons of history there are none and the forecast is :func:`pooled_smoothing`.
    """
    whole = filled(panel.values)
    factors = season_factors(whole, panel.season)
    if factors is None:
        return pooled_smoothing(panel, horizon)
    n_periods = whole.shape[1]
    flat = whole / factors[np.arange(n_periods) % panel.season]
    level = levels(flat, best_constant(flat, horizon))[:, -1]
    ahead = factors[(n_periods + np.arange(horizon)) % panel.season]
    return np.asarray(np.nan_to_num(level)[:, None] * ahead, np.float64)


def season_factors(whole: Floats, season: int) -> Floats | None:
    """Seasonal factors ``(season,)`` of the sum of all series, by the place of a period in its season."""
    n_periods = whole.shape[1]
    if n_periods < 1.5 * season:
        return None
    long_lived = ~np.isnan(whole[:, 0])
    if not long_lived.any():
        return None
    total = whole[long_lived].sum(axis=0)
    kernel = np.ones(season) / season
    padded = np.pad(total, (season // 2, season - 1 - season // 2), mode="edge")
    trend = np.convolve(padded, kernel, mode="valid")
    ratio = total / np.maximum(trend, 1e-9)
    factors = np.ones(season)
    for place in range(season):
        seen = ratio[place::season]
        factors[place] = (seen.sum() + 0.5) / (len(seen) + 0.5)
    return factors / factors.mean() if factors.mean() > 0 else None


def levels(whole: Floats, constant: float) -> Floats:
    """Smoothed level after each period ``(N, T)``; NaN before a series begins."""
    out = np.full_like(whole, np.nan)
    level, age = np.full(len(whole), np.nan), np.zeros(len(whole))
    for period in range(whole.shape[1]):
        value = whole[:, period]
        seen = ~np.isnan(value)
        age += seen
        weight = np.maximum(constant, 1 / np.maximum(age, 1))
        level = np.where(seen, np.where(age <= 1, value, level + weight * (value - level)), level)
        out[:, period] = level
    return out


def last_mean(values: Floats, window: int) -> Floats:
    """Mean of up to ``window`` last observed periods of each series; 0 where nothing was observed."""
    seen = ~np.isnan(values)
    from_end = np.cumsum(seen[:, ::-1], axis=1)[:, ::-1]
    taken = seen & (from_end <= window)
    total = np.where(taken, values, 0).sum(axis=1)
    return np.asarray(total / np.maximum(taken.sum(axis=1), 1))


def _flat(level: Floats, horizon: int) -> Floats:
    return np.repeat(np.nan_to_num(level)[:, None], horizon, axis=1)


def _past_loss(whole: Floats, level: Floats, horizon: int) -> float:
    """Mean squared error, in units of the level, of each level for the mean of the periods after it."""
    n_periods = whole.shape[1]
    ahead = min(horizon, n_periods - 1)
    if ahead < 1:
        return 0.0
    sums = np.nancumsum(whole, axis=1)
    truth = (sums[:, ahead:] - sums[:, :-ahead]) / ahead
    guess = level[:, :-ahead]
    begun = (~np.isnan(whole)).sum(axis=1, keepdims=True)
    scale = np.nansum(whole, axis=1, keepdims=True) / np.maximum(begun, 1) + 1e-9
    lost = (truth - guess) ** 2 / scale
    seen = ~np.isnan(lost)
    return float(lost[seen].mean()) if seen.any() else 0.0


def demand_kind(values: Floats) -> NDArray[np.int64]:
    """Kind of each series after Syntetos, Boylan and Croston (2005): 0 smooth, 1 erratic, 2 intermittent,
    3 lumpy; −1 where fewer than eight periods were observed.
    """
    seen = ~np.isnan(values)
    sold = seen & (np.nan_to_num(values) > 0)
    n_sold = np.maximum(sold.sum(axis=1), 1)
    between = seen.sum(axis=1) / n_sold
    mean = np.where(sold, values, 0).sum(axis=1) / n_sold
    spread = np.where(sold, (values - mean[:, None]) ** 2, 0).sum(axis=1) / n_sold
    varied = spread / np.maximum(mean, 1e-9) ** 2
    kind = np.where(between < 1.32, 0, 2) + (varied >= 0.49)
    return np.where(seen.sum(axis=1) < 8, -1, kind).astype(np.int64)
