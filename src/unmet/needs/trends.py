"""How often a need is mentioned, month by month, and whether that is rising or falling."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.config import NeedsConfig
from unmet.core.records import Estimate, TrendPoint
from unmet.needs.shares import wilson

STEADY_FACTOR = 1.5
"""A change of the odds over the whole span that stays within this factor either way is ``steady``."""

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Every month from the first to the last with data, gaps included.

    ``month_of``: index of the month per document position, −1 without a time.
    """

    months: tuple[str, ...]
    month_of: Counts
    documents: Counts

    @property
    def months_with_data(self) -> int:
        """Months that hold at least one document."""
        return int((self.documents > 0).sum())


@dataclass(frozen=True, slots=True)
class Slope:
    """Change of the log-odds of being mentioned per month, and its plain word."""

    estimate: Estimate
    word: str  # rising, falling, steady or unclear


def calendar_of(documents: pl.DataFrame) -> Calendar | None:
    """Months of the documents, or ``None`` if no document has a time."""
    times = documents["created_at"]
    number = (times.dt.year() * 12 + times.dt.month().cast(pl.Int32) - 1).cast(pl.Int64)
    first, last = number.min(), number.max()
    if not isinstance(first, int) or not isinstance(last, int):
        return None
    month_of = (number - first).fill_null(-1).to_numpy().astype(np.int64)
    months = tuple(f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(first, last + 1))
    documents_per_month = np.bincount(month_of[month_of >= 0], minlength=len(months))
    return Calendar(months, month_of, documents_per_month.astype(np.int64))


def mentioning_per_month(calendar: Calendar, positions: Counts) -> Counts:
    """Documents that mention a need, per month."""
    month = calendar.month_of[positions]
    return np.bincount(month[month >= 0], minlength=len(calendar.months)).astype(np.int64)


def trend_points(calendar: Calendar, mentioning: Counts, config: NeedsConfig) -> tuple[TrendPoint, ...]:
    """One point per month with its Wilson interval; a month without documents is 0 within [0, 1]."""
    return tuple(
        TrendPoint(month, int(total), int(found), wilson(int(found), int(total), config.confidence_level))
        for month, total, found in zip(calendar.months, calendar.documents, mentioning, strict=True)
    )


def slope_of(calendar: Calendar, mentioning: Counts, level: float) -> Slope:
    """Logistic regression of being mentioned on the month's number.

    Errors are widened by the dispersion between months (quasi-binomial, McCullagh & Nelder 1989) and
    use Student's t on the months with data − 2, because months vary more than coin flips do.
    """
    from scipy.special import stdtrit

    used = calendar.documents > 0
    total = calendar.documents[used].astype(np.float64)
    found = mentioning[used].astype(np.float64)
    months = np.flatnonzero(used).astype(np.float64)
    months -= float((months * total).sum() / total.sum())
    slope, variance = _logistic(months, found, total)
    freedom = max(len(months) - 2, 1)
    half = float(stdtrit(freedom, 0.5 + level / 2)) * math.sqrt(variance)
    estimate = Estimate(slope, slope - half, slope + half)
    return Slope(estimate, _word(estimate, float(months[-1] - months[0])))


def _logistic(
    months: NDArray[np.float64], found: NDArray[np.float64], total: NDArray[np.float64]
) -> tuple[float, float]:
    """Slope and its variance by Newton steps; one document at the overall share, spread over the
    months, keeps a need that is never or always mentioned finite.
    """
    share = (found.sum() + 0.5) / (total.sum() + 1)
    prior = 1.0 / len(months)
    found, total = found + prior * share, total + prior
    x = np.column_stack([np.ones_like(months), months])
    beta = np.array([math.log(share / (1 - share)), 0.0])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        information = (x * (total * p * (1 - p))[:, None]).T @ x
        step = np.linalg.solve(information + 1e-9 * np.eye(2), x.T @ (found - total * p))
        beta = beta + np.clip(step, -2, 2)
        if float(np.abs(step).max()) < 1e-10:
            break
    p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
    information = (x * (total * p * (1 - p))[:, None]).T @ x
    pearson = float(((found - total * p) ** 2 / (total * p * (1 - p))).sum())
    dispersion = max(1.0, pearson / max(len(months) - 2, 1))
    return float(beta[1]), float(np.linalg.inv(information + 1e-9 * np.eye(2))[1, 1]) * dispersion


def _word(slope: Estimate, span: float) -> str:
    if slope.low > 0:
        return "rising"
    if slope.high < 0:
        return "falling"
    bound = math.log(STEADY_FACTOR)
    within = max(abs(slope.low), abs(slope.high)) * span <= bound
    return "steady" if within else "unclear"
