"""Holding beyond the next delivery: stock that is still there after demand has fallen.

A unit left over at the next delivery costs nothing more as long as less is then ordered. But where the level
of demand has fallen meanwhile, stock is above what would be ordered up to, no order is placed, and the unit
is held until it sells. To charge every unit for all the time until it sells (marginal holding cost
accounting; Levi, Pál, Roundy and Shmoys 2007, Mathematics of Operations Research 32) orders too little where
demand is steady; to charge the first period alone (the critical ratio) orders too much where it is not. Here
a unit is charged along each demand path for as long as the stock would stay above its order-up-to level,
were that level moved with the demand of the path by exponential smoothing. How fast it moves comes from the
history: where a long mean forecasts best, levels hardly move and nothing changes.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from unmet.forecast.inventory.policies import Array, net_need
from unmet.forecast.inventory.totals import demand_between
from unmet.forecast.level_models import best_constant
from unmet.forecast.panel import filled, panel_of

N_LOOKS = 4
"""Times after the next delivery at which stock is looked at; over at least lead time and review together."""


def step_lengths(lead: Array, review: float) -> Array:
    """Periods between looks for every product, ≥ ``review``; ``lead`` has shape (n_products,)."""
    return np.asarray(np.maximum(review, (lead + review) / N_LOOKS))


def level_speed(demand: pl.DataFrame, series: pl.DataFrame, freq: str, n_periods: float) -> float:
    """Smoothing constant per period, 0 to 1, by which levels of demand move: the best one on all history.

    Args:
        demand: table DEMAND.
        series: table SERIES.
        freq: of the periods.
        n_periods: lead time and review together, in periods.
    """
    panel = panel_of(demand, series, freq)
    return best_constant(filled(panel.values), max(int(np.ceil(n_periods)), 1))


def later_needs(
    paths: Array, lead: Array, review: float, stock: Array, pack: Array, speed: float, *,
    lost_sales: bool, life: Array | None = None, seed: int = 0,
) -> tuple[Array, ...]:  # fmt: skip
    """Units that an order may bring without being held at each look; what it brings above is held.

    Args:
        paths: demand per product, period and path, shape (n_products, n_periods, n_paths).
        lead: periods until the delivery, shape (n_products, n_paths).
        review: periods from then to the next delivery.
        stock: position, shape (n_products,).
        pack: units per pack, shape (n_products,): a level has fallen where it is a pack lower.
        speed: see :func:`level_speed`.
        lost_sales: customers who find no stock do not wait.
        life: periods until a delivery goes off, shape (n_products,); nothing is held longer.
        seed: of the split of partial periods.

    Returns:
        ``N_LOOKS`` arrays (n_products, n_paths); infinite where nothing is held.

    Raises:
        ValueError: the paths end before the last look (:func:`last_look`).
    """
    step = step_lengths(lead.max(axis=1), review)[:, None]
    looks = np.arange(1, N_LOOKS + 1)
    until_look = demand_between(paths, [look * step for look in looks], seed=seed)
    before, *stretches = demand_between(
        paths, [lead, *(lead + review + look * step for look in range(N_LOOKS + 1))], seed=seed
    )
    share = 1 - (1 - speed) ** step
    level, sold, ahead = np.ones_like(before), np.zeros_like(before), stretches[0]
    falls_from = np.zeros_like(before)
    found = []
    for look, drawn, more in zip(looks, until_look, stretches[1:], strict=True):
        usual = np.maximum(drawn.mean(axis=1, keepdims=True), 1e-9)
        level = (1 - share) * level + share * drawn / usual
        sold, ahead = sold + drawn, ahead + more
        fallen = np.maximum(1 - level, 1e-12)
        # Stock s is a pack above its own level from there on: s − sold > level · s + pack.
        above = np.where(level < 1, (sold + pack[:, None]) / fallen, np.inf)
        falls_from = np.maximum(falls_from, above)
        free = np.maximum(net_need(before, ahead, stock, lost_sales=lost_sales), falls_from - stock[:, None])
        if life is not None:
            free = np.where(review + look * step > life[:, None], np.inf, free)
        found.append(free)
    return tuple(found)


def last_look(lead: Array, review: float) -> float:
    """Periods from now to the last look of the product whose delivery takes longest."""
    return float((lead + review + N_LOOKS * step_lengths(lead, review)).max(initial=0.0))
