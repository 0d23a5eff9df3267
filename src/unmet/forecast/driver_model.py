"""Log-linear demand with effects of product, time, price and promotion, fitted in turns.

The mean of a series is ``exp(base + slope · time + elasticity · log(price / usual) + effect · promotion +
common(time))``. Estimating equations are those of a negative binomial mean, so that periods without a sale
count as zeros and need no added constant (Santos Silva and Tenreyro, "The log of gravity", 2006, on why
logarithms of counts mislead). Newton steps for all series at once take turns with one small regression for
what all series share; time and memory grow with series × periods.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmet.forecast.driver_design import LINE, CommonDesign

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BASE, SLOPE, PRICE, PROMOTION = range(4)
FEWEST_FOR_SHOCKS = 8
"""Series from which a period may differ from trend, season and holidays for all of them alike."""

_PRIOR_SD = (
    10.0,
    0.5,
    3.0,
    1.5,
)  # base, slope per year, elasticity, promotion: of one series, before pooling
_HELD = 1e8  # precision of an effect that is given
_ROUNDS, _TOLERANCE, _LONGEST_STEP = 40, 1e-4, 1.0
_LEAST_DISPERSION, _DISPERSION_PERIODS = 0.01, 10.0


@dataclass(frozen=True)
class DriverData:
    """What is fitted.

    Attributes:
        units: ``(N, T)``; NaN where demand was not observed.
        price: log of the price over the usual one ``(N, T)``, no NaN.
        promotion: share of units under a promotion ``(N, T)``, no NaN.
        years: time of each period ``(T,)``.
        shared: which series speak about what is common ``(N,)``.
        design: common columns.
    """

    units: Floats
    price: Floats
    promotion: Floats
    years: Floats
    shared: Bools
    design: CommonDesign


@dataclass(frozen=True)
class DriverFit:
    """A fit.

    Attributes:
        own: base (log), slope, elasticity, promotion effect of each series ``(N, 4)``.
        variance: of elasticity and promotion effect ``(N, 2)``, widened for errors that last (Newey and West
            1987).
        common: log effects of the common columns ``(K,)``.
        covariance: of them ``(K, K)``.
        shocks: what a period had beyond them ``(T,)``, 0 with few series.
        dispersion: of each series ``(N,)``; the variance is mean + dispersion · mean².
    """

    own: Floats
    variance: Floats
    common: Floats
    covariance: Floats
    shocks: Floats
    dispersion: Floats

    def expected(self, data: DriverData, *, shocks: bool = True) -> Floats:
        """Mean of every series and period ``(N, T)``."""
        common = data.design.columns[: data.units.shape[1]] @ self.common
        return _mean(self.own, data, common + (self.shocks if shocks else 0.0))


def fit_drivers_in_turns(
    data: DriverData, given: Floats, free: Bools, start: DriverFit | None = None
) -> DriverFit:
    """Fit.

    Args:
        data: see :class:`DriverData`.
        given: elasticity and promotion effect to hold, or to start from ``(N, 2)``.
        free: which of them are estimated ``(N, 2)``.
        start: an earlier fit to go on from; None: from the means of the series.
    """
    n_series, n_periods = data.units.shape
    known = ~np.isnan(data.units)
    units = np.where(known, data.units, 0.0)
    count = np.maximum(known.sum(axis=1), 1)
    own = np.zeros((n_series, 4))
    own[:, BASE] = np.log((units.sum(axis=1) + 0.5) / count)
    own[:, PRICE:] = given
    precision = np.broadcast_to(1 / np.square(_PRIOR_SD), own.shape).copy()
    precision[:, PRICE:] = np.where(free, precision[:, PRICE:], _HELD)
    centre = np.concatenate([own[:, :PRICE], given], axis=1)
    centre[:, SLOPE] = 0.0
    past = data.design.columns[:n_periods]
    common, shocks = np.zeros(past.shape[1]), np.zeros(n_periods)
    if start is not None:
        own[:, :PRICE], common, shocks = start.own[:, :PRICE], start.common.copy(), start.shocks
    covariance = np.zeros((past.shape[1], past.shape[1]))
    dispersion = np.full(n_series, 0.2)
    for _ in range(_ROUNDS):
        mean = _mean(own, data, past @ common + shocks)
        dispersion = _dispersion(units, mean, known)
        step = _own_step(data, units, known, mean, dispersion, own, centre, precision)
        step[:, PRICE:] *= free  # what is given stays to the last digit
        own = own + step
        if LINE in data.design.names and data.shared.any():
            # What all slopes have in common is the common line; turns alone would take long to see it.
            at, usual = data.design.names.index(LINE), float(own[data.shared, SLOPE].mean())
            own[:, SLOPE] -= usual
            common[at] += usual
        mean = _mean(own, data, past @ common + shocks)
        before = past @ common + shocks
        common, covariance, shocks = _common_step(data, units, known, mean, dispersion, common, shocks)
        moved = float(np.abs(past @ common + shocks - before).max(initial=0.0))
        if max(moved, float(np.abs(step).max(initial=0.0))) < _TOLERANCE:
            break
    mean = _mean(own, data, past @ common + shocks)
    variance = _own_variance(data, units, known, mean, dispersion, precision, free)
    return DriverFit(own, variance, common, covariance, shocks, dispersion)


def _mean(own: Floats, data: DriverData, common: Floats) -> Floats:
    log = own[:, BASE, None] + own[:, SLOPE, None] * data.years[: data.units.shape[1]] + common
    log = log + own[:, PRICE, None] * data.price + own[:, PROMOTION, None] * data.promotion
    return np.asarray(np.exp(np.clip(log, -30, 30)))


def _dispersion(units: Floats, mean: Floats, known: Bools) -> Floats:
    """By moments; series with few periods borrow the usual one."""
    top = np.where(known, (units - mean) ** 2 - mean, 0.0).sum(axis=1)
    below = np.where(known, mean**2, 0.0).sum(axis=1)
    usual = max(float(np.median(top / np.maximum(below, 1e-12))), _LEAST_DISPERSION)
    borrowed = _DISPERSION_PERIODS * below / np.maximum(known.sum(axis=1), 1)
    found = (top + usual * borrowed) / np.maximum(below + borrowed, 1e-12)
    return np.asarray(np.clip(found, _LEAST_DISPERSION, 10.0))


def _columns(data: DriverData) -> tuple[Floats, Floats, Floats, Floats]:
    shape = data.units.shape
    years = np.broadcast_to(data.years[: shape[1]], shape)
    return np.broadcast_to(1.0, shape), years, data.price, data.promotion


def _own_step(
    data: DriverData, units: Floats, known: Bools, mean: Floats, dispersion: Floats,
    own: Floats, centre: Floats, precision: Floats,
) -> Floats:  # fmt: skip
    """One Newton step of every series ``(N, 4)``, cut where it would be long."""
    weight = np.where(known, 1 / (1 + dispersion[:, None] * mean), 0.0)
    error = weight * (units - mean)
    columns = _columns(data)
    gradient = np.stack([(column * error).sum(axis=1) for column in columns], axis=1)
    gradient -= precision * (own - centre)
    bend = _information(columns, weight * mean, precision)
    step = np.linalg.solve(bend, gradient[:, :, None])[:, :, 0]
    return np.asarray(np.clip(step, -_LONGEST_STEP, _LONGEST_STEP))


def _information(columns: tuple[Floats, ...], weight: Floats, precision: Floats) -> Floats:
    n = len(columns)
    found = np.zeros((len(weight), n, n))
    for i in range(n):
        for j in range(i, n):
            found[:, i, j] = found[:, j, i] = (columns[i] * columns[j] * weight).sum(axis=1)
        found[:, i, i] += precision[:, i]
    return found


def _common_step(
    data: DriverData, units: Floats, known: Bools, mean: Floats, dispersion: Floats,
    common: Floats, shocks: Floats,
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """Ridge regression of what each period asks for on the common columns; the rest is that period's shock.

    Two-way effects in small: with many series the price effects come from products whose price moved while
    others' did not, so that a busy week is not taken for the effect of its prices.
    """
    rows = data.shared
    weight = np.where(known[rows], 1 / (1 + dispersion[rows, None] * mean[rows]), 0.0)
    asked = (weight * (units[rows] - mean[rows])).sum(axis=0)
    information = (weight * mean[rows]).sum(axis=0)
    seen = information > 1e-9
    past = data.design.columns[: len(seen)]
    now = past @ common + shocks
    step = np.clip(asked / np.where(seen, information, 1.0), -_LONGEST_STEP, _LONGEST_STEP)
    wanted = now + step
    error2 = np.where(seen, 1 / np.where(seen, information, 1.0), np.inf)
    residual = np.where(seen, wanted - past @ common, 0.0)
    level = float(residual[seen].mean()) if seen.any() else 0.0
    with_shocks = int(rows.sum()) >= FEWEST_FOR_SHOCKS
    excess = np.square(residual - level) - np.where(seen, error2, 0.0)
    shock2 = max(float(excess[seen].mean()) if seen.any() else 0.0, 1e-6)
    trust = np.where(seen, 1 / (shock2 + np.where(seen, error2, 1.0)), 0.0)
    # An intercept is fitted and left to the bases of the series.
    wide = np.column_stack([np.ones(len(seen)), past])
    prior = np.diag(np.concatenate([[0.0], 1 / np.square(data.design.prior_sd)]))
    bend = (wide * trust[:, None]).T @ wide + prior
    bend[0, 0] += 1e-9
    inverse = np.linalg.inv(bend)
    found = inverse @ ((wide * trust[:, None]).T @ np.where(seen, wanted, 0.0))
    left = np.where(seen, wanted - wide @ found, 0.0)
    new_shocks = left * shock2 / (shock2 + np.where(seen, error2, np.inf)) if with_shocks else 0.0 * left
    return found[1:], inverse[1:, 1:], new_shocks


def _own_variance(
    data: DriverData, units: Floats, known: Bools, mean: Floats, dispersion: Floats, precision: Floats,
    free: Bools,
) -> Floats:  # fmt: skip
    """Variance of elasticity and promotion effect of each series: the model's, widened for errors that last.

    By how much is the mean ratio of the Newey–West variance to the model's over all series, at least 1: of
    single series this ratio is so unsure that weights made of it did more harm than good.

    As many lags as Lazarus, Lewis, Stock and Watson advise ("HAR inference: recommendations for practice",
    Journal of Business & Economic Statistics 36, 2018): prices and sales both stay off for weeks. So many
    make the variance itself uncertain; it is widened so that ±1.96 of it covers 95% (Kiefer and Vogelsang,
    "A new asymptotic theory for heteroskedasticity-autocorrelation robust tests", 2005, Bartlett kernel).
    """
    weight = np.where(known, 1 / (1 + dispersion[:, None] * mean), 0.0)
    columns = _columns(data)
    inverse = np.linalg.inv(_information(columns, weight * mean, precision))
    scores = np.stack([column * weight * (units - mean) for column in columns], axis=2)
    n_periods = units.shape[1]
    lags = min(int(np.ceil(1.3 * np.sqrt(n_periods))), max(n_periods - 1, 0))
    meat = np.einsum("nti,ntj->nij", scores, scores)
    for lag in range(1, lags + 1):
        part = np.einsum("nti,ntj->nij", scores[:, lag:], scores[:, :-lag]) * (1 - lag / (lags + 1))
        meat += part + part.transpose(0, 2, 1)
    spread = np.einsum("nij,njk,nkl->nil", inverse, meat, inverse)
    n = np.maximum(known.sum(axis=1), 5.0)
    robust = np.diagonal(spread, axis1=1, axis2=2) * (n / (n - 4))[:, None]
    plain = np.diagonal(inverse, axis1=1, axis2=2)
    share = lags / n_periods
    widened = (1.96 + 2.9694 * share + 0.416 * share**2 - 0.5324 * share**3) / 1.96
    ratio = (robust * widened**2 / plain)[:, PRICE:]
    factor = [
        max(float(ratio[rows, at].mean()), 1.0) if rows.any() else 1.0 for at, rows in enumerate(free.T)
    ]
    return np.asarray(plain[:, PRICE:] * factor)
