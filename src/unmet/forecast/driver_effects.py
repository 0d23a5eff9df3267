"""What is said of each driver: a number with its interval, or why it cannot be told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.core.records import Estimate
from unmet.forecast.driver_design import LINE, CommonDesign
from unmet.forecast.holiday_days import Holiday

Floats = NDArray[np.float64]

WHY_NOT = {
    "no_prices": "the orders hold no price",
    "no_promotions": "the orders do not say what was sold under a promotion",
    "too_short": "no product has 16 known periods",
    "price_hardly_varies": "no product that sells in most periods changed its price twice, by some 3%",
    "many_prices_at_once": "products sell at several prices at the same time (order sizes, coupons), so that "
    "their mean price follows what is sold",
    "promotion_hardly_varies": "no product was sold both under promotions and without, and back",
    "too_uncertain": "the interval is too wide to say anything",
    "no_country": "the country is not known (--country)",
    "no_holiday_seen": "no holiday falls into the history",
    "history_under_15_months": "a season needs 15 months of history",
}
"""Reasons by code."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Effect of price or promotion over the shop.

    Attributes:
        estimate: elasticity (percent of demand per percent of price) or log effect of a promotion, mean over
            products with its 95% interval; None where it cannot be told.
        reason: a key of :data:`WHY_NOT` where it cannot.
        by_category: the same of each category that has evidence.
        spread: standard deviation between products of a category.
        n_own: products with evidence of their own.
    """

    estimate: Estimate | None
    reason: str | None
    by_category: dict[str, Estimate]
    spread: float
    n_own: int

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers."""
        return {
            "told": self.estimate is not None,
            "reason": self.reason,
            "why_not": WHY_NOT[self.reason] if self.reason else None,
            "estimate": plain(self.estimate),
            "by_category": {name: plain(found) for name, found in self.by_category.items()},
            "spread_between_products": round(self.spread, 4),
            "products_with_evidence": self.n_own,
        }


@dataclass(frozen=True, slots=True)
class HolidayEffect:
    """Factor less 1 of demand in a period that holds the whole holiday, and the whole week before it."""

    name: str
    local: str
    times_seen: int
    on: Estimate | None
    before: Estimate | None

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers."""
        return {
            "name": self.name, "local_name": self.local, "times_seen": self.times_seen,
            "on": plain(self.on), "week_before": plain(self.before),
        }  # fmt: skip


def plain(estimate: Estimate | None) -> dict[str, float] | None:
    """An estimate as a dict of rounded numbers."""
    if estimate is None:
        return None
    return {"value": round(estimate.value, 4), "low": round(estimate.low, 4), "high": round(estimate.high, 4)}


def lift(estimate: Estimate) -> Estimate:
    """A log effect as a share of demand: .2 is 20% more.

    >>> round(lift(Estimate(0.6931471805599453, 0.0, 1.0)).value, 3)
    1.0
    """
    return Estimate(math.expm1(estimate.value), math.expm1(estimate.low), math.expm1(estimate.high))


def contrast(weights: Floats, effects: Floats, covariance: Floats) -> Estimate:
    """A weighted sum of common log effects with its 95% interval."""
    value = float(weights @ effects)
    half = 1.96 * math.sqrt(max(float(weights @ covariance @ weights), 0.0))
    return Estimate(value, value - half, value + half)


def holiday_effects(
    holidays: Sequence[Holiday], design: CommonDesign, effects: Floats, covariance: Floats
) -> list[HolidayEffect]:
    """Effects of holidays that fell into the known periods, the surest first."""
    found = []
    for holiday in holidays:
        sides: dict[str, Estimate | None] = {}
        seen = 0
        for side in ("on", "before"):
            name = f"{holiday.name}|{side}"
            if name not in design.names:
                sides[side] = None
                continue
            at = design.names.index(name)
            weights = np.zeros(len(effects))
            weights[at] = 1.0
            sides[side] = lift(contrast(weights, effects, covariance))
            column = design.columns[: design.n_past, at] > 0
            starts = np.flatnonzero(column & ~np.concatenate([[False], column[:-1]]))
            seen = max(seen, len(starts))
        if seen:
            found.append(HolidayEffect(holiday.name, holiday.local, seen, sides["on"], sides["before"]))
    return sorted(found, key=_doubt)


def _doubt(effect: HolidayEffect) -> float:
    """Below 0 where the nearer end of an interval is away from no effect."""
    best = 1.0
    for side in (effect.on, effect.before):
        if side is not None:
            best = min(best, -side.low if side.value > 0 else side.high)
    return best


def common_summary(design: CommonDesign, effects: Floats, covariance: Floats) -> dict[str, Any]:
    """Common trend (change between the ends of the last year, or of all) and season (its ends)."""
    past = design.columns[: design.n_past]
    trend, season = design.of("trend"), design.of("season")
    line = past[:, design.names.index(LINE)]
    begin = int(np.searchsorted(line, max(line[-1] - 1.0, line[0]) - 1e-9))
    weights = np.where(trend, past[-1] - past[begin], 0.0)
    told: dict[str, Any] = {
        "trend": {
            "years": round(float(line[-1] - line[begin]), 2),
            "change": plain(lift(contrast(weights, effects, covariance))),
        },
        "season": {"told": bool(season.any())},
    }
    if not season.any():
        told["season"]["why_not"] = WHY_NOT["history_under_15_months"]
        return told
    course = past @ np.where(season, effects, 0.0)
    for name, at in (("highest", int(course.argmax())), ("lowest", int(course.argmin()))):
        weights = np.where(season, past[at], 0.0)
        told["season"][name] = {"period": at, "lift": plain(lift(contrast(weights, effects, covariance)))}
    return told
