"""Prices and promotions as the drivers see them, and which products' moves are evidence of an effect."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.forecast.driver_model import DriverData
from unmet.forecast.panel import Panel, carried
from unmet.forecast.tables import RECENT_PERIODS

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FEWEST_PERIODS = 16
LEAST_PRICE_SD, LEAST_PRICE_STEP, FEWEST_STEPS = 0.03, 0.02, 2
LEAST_PRICE_KNOWN = 0.7
"""Share of periods with a price: the price of a period without a sale is not in the orders."""

MOST_PRICE_NOISE = 0.1
"""Share of the variance of a product's mean price that may come from selling at several prices at once."""

LEAST_PROMOTION_SD, LEAST_PROMOTION_STEP = 0.05, 0.1
CUT = float(np.log(4.0))
"""A price beyond fourfold or a quarter of the usual is another unit."""


def log_prices(panel: Panel) -> tuple[Floats, Floats]:
    """Log of the price over the usual (median) one, no NaN; and the usual price."""
    price = np.where(panel.price > 0, panel.price, np.nan)
    usual = np.full(len(price), np.nan)
    with_price = np.asarray(~np.isnan(price).all(axis=1))
    usual[with_price] = np.nanmedian(price[with_price], axis=1)
    # Without a sale the last price stands; before the first one, the first.
    whole = carried(price)
    whole = np.where(np.isnan(whole), carried(price[:, ::-1])[:, ::-1], whole)
    shown = np.where(np.isnan(whole), 1.0, whole)
    log: Floats = np.log(shown / np.where(with_price, usual, 1.0).reshape(-1, 1))
    return np.clip(np.where(with_price[:, None], log, 0.0), -CUT, CUT), usual


def noise_of(panel: Panel, table: pl.DataFrame | None) -> Floats:
    """Noise of each series' mean price (PRICE_NOISE) ``(N,)``; 0 without a table or a row."""
    if table is None:
        return np.zeros(len(panel.ids))
    of = dict(table.select("series_id", "noise").iter_rows())
    return np.array([of.get(name, 0.0) for name in panel.ids], dtype=np.float64)


def evidence(panel: Panel, data: DriverData, noise: Floats) -> tuple[Bools, bool]:
    """Series whose price, and whose promotions, moved enough to be looked at by themselves ``(N, 2)``.

    Also whether prices moved, but only because products sold at several prices at once.
    """
    known = ~np.isnan(panel.values)
    log_price, promotion = data.price, data.promotion
    long = data.shared & (known.sum(axis=1) >= FEWEST_PERIODS)
    with_price = (known & (panel.price > 0)).sum(axis=1) >= LEAST_PRICE_KNOWN * known.sum(axis=1)
    moves = long & with_price & _moves(log_price, known, LEAST_PRICE_SD, LEAST_PRICE_STEP)
    clear = noise <= MOST_PRICE_NOISE * _sd(log_price, known) ** 2
    promoted = long & _moves(promotion, known, LEAST_PROMOTION_SD, LEAST_PROMOTION_STEP)
    return np.stack([moves & clear, promoted], axis=1), bool((moves & ~clear).any())


def _sd(values: Floats, known: Bools) -> Floats:
    n = np.maximum(known.sum(axis=1), 1)
    mean = np.where(known, values, 0.0).sum(axis=1) / n
    return np.asarray(np.sqrt(np.where(known, (values - mean[:, None]) ** 2, 0.0).sum(axis=1) / n))


def _moves(values: Floats, known: Bools, least_sd: float, least_step: float) -> Bools:
    both = known[:, 1:] & known[:, :-1]
    steps = np.asarray((both & (np.abs(np.diff(values, axis=1)) > least_step)).sum(axis=1))
    return np.asarray((_sd(values, known) >= least_sd) & (steps >= FEWEST_STEPS))


def recent(panel: Panel, data: DriverData) -> Floats:
    """Mean log price and share of promotions of the last periods: what is expected to go on."""
    last = slice(-RECENT_PERIODS[panel.freq], None)
    return np.stack([data.price[:, last].mean(axis=1), data.promotion[:, last].mean(axis=1)], axis=1)
