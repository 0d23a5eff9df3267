"""What drives demand: price, promotion, holidays, season and trend, each with an interval or a refusal.

These are associations in the shop's own past: prices that follow demand, or a mean price per unit that
large orders pull down, look like an effect of price. What moves all products of a period alike is taken out
first (decision 0158).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.records import Estimate
from unmet.forecast.driver_design import common_design, years_since_middle
from unmet.forecast.driver_effects import (
    WHY_NOT,
    Effect,
    HolidayEffect,
    common_summary,
    holiday_effects,
)
from unmet.forecast.driver_evidence import (
    CUT,
    FEWEST_PERIODS,
    evidence,
    log_prices,
    noise_of,
    recent,
)
from unmet.forecast.driver_model import (
    BASE,
    PRICE,
    PROMOTION,
    SLOPE,
    DriverData,
    DriverFit,
    fit_drivers_in_turns,
)
from unmet.forecast.holiday_days import Holiday, holiday_days
from unmet.forecast.panel import Panel, panel_of
from unmet.forecast.partial_pooling import Pooled, partially_pooled
from unmet.forecast.periods import last_day, next_periods

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WIDEST = {"price": 1.5, "promotion": 0.8}
"""Half-width of an interval around 0 beyond which nothing is said."""

_FORGET = {"D": 0.97, "W-MON": 0.85, "MS": 0.7}  # weight of a period against the next, for the level now
_LEVEL_SD = 0.5


@dataclass(frozen=True)
class Drivers:
    """Effects, and what is needed to split a forecast into them.

    Attributes:
        ids: series that were fitted, sorted ``(N,)``.
        periods: first days of the known periods, then of those ahead.
        price, promotion: effects over the shop.
        holidays: effects of the holidays seen; empty without a country.
        country: as given.
        fit, data: the fitted model.
        usual_price: of each series ``(N,)``; NaN where no price is known.
        recent: log of recent over usual price, and recent share of promotions ``(N, 2)``: what is expected
            ahead where nothing is planned.
        level: log of the level now over what the fit expects ``(N,)``.
        sd: standard deviation of each series' elasticity and promotion effect ``(N, 2)``.
        own: whether a series has evidence of its own for them ``(N, 2)``.
        alone: their estimates from that evidence alone, before pooling ``(N, 2)``.
    """

    ids: list[str]
    periods: list[date]
    freq: str
    price: Effect
    promotion: Effect
    holidays: list[HolidayEffect]
    country: str | None
    fit: DriverFit
    data: DriverData
    usual_price: Floats
    recent: Floats
    level: Floats
    sd: Floats
    own: Bools
    alone: Floats

    @property
    def horizon(self) -> int:
        """Periods ahead."""
        return len(self.data.design.columns) - self.data.design.n_past

    @property
    def last_day(self) -> date:
        """Last day of the last period ahead."""
        return last_day(self.periods[-1], self.freq)

    def log_price(self, row: int, price: float) -> float:
        """Log of a price over the usual one of a series, cut beyond fourfold."""
        return float(np.clip(np.log(price / self.usual_price[row]), -CUT, CUT))

    def factor(self, price: Floats, promotion: Floats) -> Floats:
        """How many times as much is sold at these prices and promotions as at usual ones without; ``(N, H)``.

        Args:
            price: log of the price over the usual price ``(N, H)``.
            promotion: share of units under a promotion ``(N, H)``.
        """
        log = self.fit.own[:, PRICE, None] * price + self.fit.own[:, PROMOTION, None] * promotion
        return np.asarray(np.exp(log))

    def ahead(self) -> tuple[Floats, Floats]:
        """Log prices and promotions that are expected where nothing is planned, ``(N, H)`` each."""
        shape = (len(self.ids), self.horizon)
        return (
            np.broadcast_to(self.recent[:, :1], shape).copy(),
            np.broadcast_to(self.recent[:, 1:], shape).copy(),
        )

    def log_parts(self, price: Floats, promotion: Floats) -> dict[str, Floats]:
        """Log effects of the periods ahead ``(N, H)``; with ``base`` they add up to the log of the mean."""
        design = self.data.design
        ahead = design.columns[design.n_past :]
        common = {
            part: np.broadcast_to(ahead @ np.where(design.of(part), self.fit.common, 0.0), price.shape)
            for part in ("trend", "season", "holiday")
        }
        slope = self.fit.own[:, SLOPE, None] * self.data.years[design.n_past :]
        return {
            "base": np.broadcast_to(self.fit.own[:, BASE, None], price.shape),
            "trend": common["trend"] + slope + self.level[:, None],
            "season": common["season"],
            "holiday": common["holiday"],
            "price": self.fit.own[:, PRICE, None] * price,
            "promotion": self.fit.own[:, PROMOTION, None] * promotion,
        }

    def to_dict(self) -> dict[str, Any]:
        """Everything that is said, as plain numbers for ``drivers.json``."""
        design = self.data.design
        told = common_summary(design, self.fit.common, self.fit.covariance)
        for end in ("highest", "lowest"):
            if end in told["season"]:
                told["season"][end]["period"] = self.periods[told["season"][end]["period"]].isoformat()
        reason = None if self.holidays else ("no_holiday_seen" if self.country else "no_country")
        return {
            "price": self.price.to_dict(),
            "promotion": self.promotion.to_dict(),
            "holidays": {
                "country": self.country,
                "why_not": WHY_NOT[reason] if reason else None,
                "effects": [effect.to_dict() for effect in self.holidays],
            },
            **told,
        }

    def table(self) -> pl.DataFrame:
        """One row per series: usual price, elasticity and promotion effect with 95% intervals."""
        told = {"elasticity": self.price, "promotion_effect": self.promotion}
        columns: dict[str, Any] = {
            "series_id": self.ids,
            "usual_price": pl.Series(self.usual_price).fill_nan(None),
        }
        for at, (name, effect) in enumerate(told.items()):
            value, half = self.fit.own[:, PRICE + at], 1.96 * self.sd[:, at]
            known = np.full(len(self.ids), effect.estimate is not None)
            for ending, numbers in (("", value), ("_low", value - half), ("_high", value + half)):
                columns[name + ending] = pl.Series(np.where(known, numbers, np.nan)).round(4).fill_nan(None)
            columns[f"{name}_own"] = self.own[:, at]
        return pl.DataFrame(columns)


def fit_drivers(
    demand: pl.DataFrame,
    series: pl.DataFrame,
    *,
    horizon: int,
    freq: str,
    country: str | None = None,
    shared: Sequence[str] | None = None,
    clusters: Sequence[str] | None = None,
    price_noise: pl.DataFrame | None = None,
    seed: int = 0,
) -> Drivers:
    """Estimate the drivers of the series of a demand table.

    Args:
        demand: columns of :data:`~unmet.forecast.tables.DEMAND`.
        series: columns of :data:`~unmet.forecast.tables.SERIES`; effects are drawn towards the category.
        horizon: periods ahead that parts are needed for, ≥ 1.
        freq: ``D``, ``W-MON`` or ``MS``.
        country: whose holidays are looked at (ISO code); None: none.
        shared: ids of the series that speak about what is common (None: all); others take over what they say.
        clusters: a name per id, sorted by id, of what is drawn together (stores); None: each series alone.
        price_noise: columns of :data:`~unmet.forecast.price_noise.PRICE_NOISE`; None, or no row: prices are
            those that were asked for.
        seed: same seed, same intervals.

    Raises:
        InputError: the table breaks its contract, or there is no such country.
    """
    panel = panel_of(demand, series, freq)
    names = panel.ids
    mine = np.isin(names, list(shared)) if shared is not None else np.ones(len(names), dtype=np.bool_)
    data, usual, periods, feasts = _prepared(panel, mine, horizon, country)
    own, blurred = evidence(panel, data, noise_of(panel, price_noise))
    cluster = np.unique(clusters, return_inverse=True)[1] if clusters is not None else np.arange(len(names))
    first = fit_drivers_in_turns(data, np.zeros((len(names), 2)), own)
    # The weak prior of single series draws to the usual effect, not to none.
    centre = [np.median(first.own[rows, PRICE + at]) if rows.any() else 0.0 for at, rows in enumerate(own.T)]
    first = fit_drivers_in_turns(data, np.where(own, centre, 0.0), own, first)
    effects, given, sds = [], np.zeros((len(names), 2)), np.zeros((len(names), 2))
    for at, name in enumerate(("price", "promotion")):
        effect, pooled = _pooled_effect(name, panel, first, own[:, at], cluster, series, seed)
        if name == "price" and blurred and not own[:, at].any():
            effect = replace(effect, reason="many_prices_at_once")
        effects.append(effect)
        if effect.estimate is not None and pooled is not None:
            given[:, at], sds[:, at] = pooled.value, pooled.sd
    given[np.isnan(usual), 0] = 0.0
    last = fit_drivers_in_turns(data, given, np.zeros_like(own), first)
    return Drivers(
        names, periods, freq, effects[0], effects[1],
        holiday_effects(feasts, data.design, last.common, last.covariance), country, last, data, usual,
        recent(panel, data), _level(data, last, freq), sds, own, first.own[:, PRICE:],
    )  # fmt: skip


def _prepared(
    panel: Panel, shared: Bools, horizon: int, country: str | None
) -> tuple[DriverData, Floats, list[date], list[Holiday]]:
    """What is fitted, usual prices, all periods, and holidays."""
    past = panel.starts
    ahead = next_periods(past[-1], panel.freq, horizon)
    # The week before a holiday may lie ahead of a holiday that is just beyond the horizon.
    until = last_day(ahead[-1], panel.freq) + timedelta(days=10)
    feasts = holiday_days(country, past[0], until) if country is not None else []
    design = common_design(past, ahead, panel.freq, feasts)
    days = np.array([(start - past[0]).days for start in [*past, *ahead]], dtype=np.float64)
    log_price, usual = log_prices(panel)
    years = years_since_middle(days, len(past))
    data = DriverData(panel.values, log_price, np.nan_to_num(panel.promotion), years, shared, design)
    return data, usual, [*past, *ahead], feasts


def _pooled_effect(
    name: str, panel: Panel, fit: DriverFit, own: Bools, cluster: NDArray[np.int64], series: pl.DataFrame,
    seed: int,
) -> tuple[Effect, Pooled | None]:  # fmt: skip
    if not own.any():
        known = panel.price if name == "price" else panel.promotion
        reason = f"no_{name}s" if np.isnan(known).all() else f"{name}_hardly_varies"
        longest = max(int(n) for n in (~np.isnan(panel.values)).sum(axis=1))
        if longest < FEWEST_PERIODS and not reason.startswith("no_"):
            reason = "too_short"
        return Effect(None, reason, {}, 0.0, 0), None
    at = PRICE if name == "price" else PROMOTION
    pooled = partially_pooled(
        fit.own[:, at], fit.variance[:, at - PRICE], own, panel.category, cluster, seed=seed
    )
    shop, half = pooled.shop, (pooled.shop.high - pooled.shop.low) / 2
    n_own = int(own.sum())
    if half > WIDEST[name] and shop.low < 0 < shop.high:
        return Effect(None, "too_uncertain", {}, pooled.spread, n_own), None
    names = _category_names(panel, series)
    by_category: dict[str, Estimate] = {
        names[code]: found for code, found in pooled.groups.items() if code in names
    }
    return Effect(shop, None, by_category, pooled.spread, n_own), pooled


def _category_names(panel: Panel, series: pl.DataFrame) -> dict[int, str]:
    of = dict(series.select("series_id", "category").iter_rows())
    return {
        int(code): str(of[name])
        for name, code in zip(panel.ids, panel.category, strict=True)
        if code and of.get(name) is not None
    }


def _level(data: DriverData, fit: DriverFit, freq: str) -> Floats:
    """Log of what late periods sold over what the fit expects, drawn to 0 where they say little."""
    mean = fit.expected(data, shocks=False)
    n_periods = mean.shape[1]
    weight = _FORGET[freq] ** np.arange(n_periods - 1, -1, -1.0)
    weight = np.where(np.isnan(data.units), 0.0, weight)
    expected = (weight * mean).sum(axis=1)
    ratio = (weight * np.nan_to_num(data.units)).sum(axis=1) / np.maximum(expected, 1e-12)
    information = (weight * mean / (1 + fit.dispersion[:, None] * mean)).sum(axis=1)
    trust = information / (information + 1 / _LEVEL_SD**2)
    return np.asarray(np.log(np.maximum(1 + trust * (ratio - 1), 1e-3)))
