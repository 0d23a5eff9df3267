"""Log demand of the next horizon from past sales, and what signals add to it: two ridge regressions.

The first knows past sales and the time of year. The second explains what the first leaves by the signals,
with one coefficient for all products (a panel regression): both sides are freed from what past
sales say (Frisch and Waugh 1933) and, with three products or more, from what all products of a period share.
The penalty is chosen by generalised cross-validation (Golub, Heath and Wahba 1979) in which a horizon of
overlapping targets counts once; it may be infinite, and then signals change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mean = Callable[[Integers, int], Floats]
"""Mean of each series over a window of periods that ends before others."""

PENALTIES = np.geomspace(3e-4, 1e2, 12)
"""Of the signals' ridge, per row of training data."""

SALES_PENALTY = 5.0
WINDOWS = (1, 4, 8, 13, 26, 100_000)
"""Of means of past sales, in units (a unit is a period, or a week of days)."""

FEWEST = 8
"""Observed units of a series before it can be learned from."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Series at dates: features of past sales ``x (M, d)``, target ``y (M,)`` (NaN: not known), places."""

    x: Floats
    y: Floats
    series: Integers
    period: Integers


def design(units: Floats, *, horizon: int, season: int, unit: int = 1) -> Rows:
    """Every series at the beginning of every period, also of the one after the last, in order of time.

    Args:
        units: shape ``(series, periods)``, NaN before a series began or where it was not observed.
        horizon: periods; the target is log(1 + units of the horizon), from the mean of its observed
            periods where half of them or more are.
        season: periods.
        unit: periods that windows are counted in: 7 for days, else 1.
    """
    n_series, n_periods = units.shape
    seen = np.isfinite(units)
    sums, counts = (
        np.hstack([np.zeros((n_series, 1)), np.cumsum(part, axis=1)])
        for part in (np.where(seen, units, 0.0), seen.astype(np.float64))
    )
    at = np.arange(n_periods + 1)

    def mean(end: Integers, window: int) -> Floats:
        begin = np.maximum(end - window, 0)
        return np.asarray((sums[:, end] - sums[:, begin]) / np.maximum(counts[:, end] - counts[:, begin], 1))

    columns = [np.log1p(mean(at, window * unit)) for window in WINDOWS]
    columns.append(_last_season(mean, counts, at, horizon, season, unit))
    whole = np.nansum(units, axis=0)
    recent, usual = (
        np.array([whole[max(t - n * unit, 0) : t].mean() if t else 0.0 for t in at]) for n in (4, 13)
    )
    growth = np.log1p(recent) - np.log1p(usual)
    angle = 2 * np.pi * at / season
    columns += [np.tile(row, (n_series, 1)) for row in (growth, np.sin(angle), np.cos(angle), at / n_periods)]
    ahead = np.minimum(at + horizon, n_periods)
    known = counts[:, ahead] - counts[:, at]
    target = np.where(
        (at + horizon <= n_periods) & (known >= 0.5 * horizon),
        np.log1p((sums[:, ahead] - sums[:, at]) * horizon / np.maximum(known, 1)), np.nan,
    )  # fmt: skip
    usable = (counts >= FEWEST * unit).T
    period, series = np.nonzero(usable)
    x = np.stack(columns, axis=2).transpose(1, 0, 2)[usable]
    return Rows(np.asarray(x), np.asarray(target.T[usable]), series, period)


def _last_season(mean: Mean, counts: Floats, at: Integers, horizon: int, season: int, unit: int) -> Floats:
    """log of the same horizon a season ago over the eight units before it; 0 where that is not known."""
    then = np.maximum(at - season, 0)
    ratio = np.log1p(mean(np.minimum(then + horizon, at), horizon)) - np.log1p(mean(then, 8 * unit))
    there = (at >= season + 4 * unit) & (counts[:, then] >= 4 * unit) & (horizon <= season)
    return np.where(there, ratio, 0.0)


class Stage:
    """The regression on past sales, fitted on targets that were over at a date.

    Args:
        rows: from :func:`design`.
        origin: the date; a number of periods.
        until: rows of the dates from ``origin`` to before ``until`` are forecast.
        horizon: periods.
    """

    def __init__(self, rows: Rows, origin: int, until: int, horizon: int) -> None:
        self.past = np.flatnonzero((rows.period <= origin - horizon) & np.isfinite(rows.y))
        self.asked = np.flatnonzero((rows.period >= origin) & (rows.period < until))
        x = rows.x[self.past]
        center, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
        self._x, self._asked = (
            np.hstack([np.ones((len(part), 1)), (part - center) / scale]) for part in (x, rows.x[self.asked])
        )
        penalty = np.diag([0.0] + [SALES_PENALTY] * x.shape[1])
        self._solve = np.linalg.solve(self._x.T @ self._x + penalty, self._x.T)
        y = rows.y[self.past]
        self.plain = self._asked @ (self._solve @ y)
        self._horizon = horizon
        self._shared = _Shared(rows.period[self.past]) if np.unique(rows.series[self.past]).size > 2 else None
        self._left = self._freed((y - self._x @ (self._solve @ y))[:, None])[:, 0]

    def _freed(self, values: Floats) -> Floats:
        return self._shared.taken_from(values) if self._shared is not None else values

    def signalled(self, known: Floats) -> tuple[Floats, Floats, Floats]:
        """What signals add to the forecasts.

        Args:
            known: signals of all rows of the design, shape ``(M, signals)``.

        Returns:
            The change of each forecast, shape ``(asked,)``; the signals of the asked rows, freed from past
            sales; and the coefficients, so that the change is their product.
        """
        past, asked = known[self.past], known[self.asked]
        by_sales = self._solve @ past
        z, asked = self._freed(past - self._x @ by_sales), asked - self._asked @ by_sales
        scale = z.std(axis=0)
        moves = scale > 1e-6
        beta = np.zeros(z.shape[1])
        beta[moves] = _ridge(z[:, moves] / scale[moves], self._left, self._horizon) / scale[moves]
        return asked @ beta, asked, beta


class _Shared:
    """Takes the mean of each period away."""

    def __init__(self, period: Integers) -> None:
        self._names, self._place = np.unique(period, return_inverse=True)
        self._counts = np.bincount(self._place)[:, None]

    def taken_from(self, values: Floats) -> Floats:
        sums = np.zeros((self._names.size, values.shape[1]))
        np.add.at(sums, self._place, values)
        return np.asarray(values - (sums / self._counts)[self._place])


def _ridge(z: Floats, y: Floats, horizon: int) -> Floats:
    """Coefficients with the penalty of the least generalised cross-validation error; zeros if none helps."""
    n = len(y)
    values, vectors = np.linalg.eigh(z.T @ z)
    values = np.maximum(values, 1e-9)
    turned = vectors.T @ (z.T @ y)
    total = float(y @ y)
    best, chosen = total, None
    for penalty in PENALTIES * n:
        part = values / (values + penalty)
        freedom = horizon * float(part.sum())
        if freedom >= 0.5 * n:
            continue
        lost = total - float(((2 * part - part**2) * turned**2 / values).sum())
        error = lost / (1 - freedom / n) ** 2
        if error < best:
            best, chosen = error, penalty
    if chosen is None:
        return np.zeros(z.shape[1])
    return np.asarray(vectors @ (turned / (values + chosen)))
