"""Playing a stock policy over history, with what was known at the time and nothing later.

Each period, in this order: deliveries arrive; on review periods the policy sees demand up to the end of the
last period and orders; customers come; shortage and holding are paid. An order of period t arrives at the
beginning of period t + lead time, so it has to last, with what is there, until the end of t + lead time +
review − 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from unmet.forecast.inventory.policies import Array


class View(NamedTuple):
    """What a policy knows when it orders.

    ``past``: demand before ``period``, shape (n_products, period); ``position``: units on hand and on order
    less those owed to customers, shape (n_products,).
    """

    period: int
    past: Array
    position: Array


Policy = Callable[[View], Array]
"""Units that each product should be ordered, shape (n_products,), before packs and minimum; ≤ 0: none."""

Levels = Callable[[int, Array], Array]
"""Stock levels, shape (n_products,), from the period and the demand before it."""


def order_up_to_policy(levels: Levels, reorder: Levels | None = None) -> Policy:
    """Order what is missing to a level; with ``reorder``, only where the position is below that: (s, S)."""

    def policy(view: View) -> Array:
        missing = levels(view.period, view.past) - view.position
        if reorder is None:
            return missing
        return np.where(view.position < reorder(view.period, view.past), missing, 0.0)

    return policy


@dataclass(frozen=True, slots=True)
class Rules:
    """The game. Costs and sizes have shape (n_products,) or are single numbers."""

    shortage: Array | float  # per unit that finds no stock; per period of waiting if they wait
    holding: Array | float  # per unit and period in stock at its end
    lead_time: int = 1  # periods, ≥ 0
    review: int = 1  # periods between orders, ≥ 1
    lost_sales: bool = True  # otherwise customers wait until stock is there
    order_cost: Array | float = 0.0
    pack: Array | float = 1.0  # orders are whole packs; 0 allows any quantity
    minimum: Array | float = 0.0
    periods_per_year: float = 52.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened, per product, shape (n_products,), over the scored periods."""

    shortage_cost: Array
    holding_cost: Array
    order_cost: Array
    demand: Array  # units asked for
    short: Array  # units that found no stock
    mean_stock: Array  # units at the end of a period
    n_periods: int
    periods_per_year: float
    orders: Array  # shape (n_products, n_periods of the whole game), units ordered

    @property
    def cost(self) -> Array:
        """Total cost per product."""
        return np.asarray(self.shortage_cost + self.holding_cost + self.order_cost)

    @property
    def fill_rate(self) -> float:
        """Share of all demand that was served from stock, 0–1; NaN without demand."""
        asked = float(self.demand.sum())
        return 1 - float(self.short.sum()) / asked if asked else float("nan")

    @property
    def stock_turns(self) -> float:
        """Units sold in a year per unit of mean stock; NaN without stock."""
        stock = float(self.mean_stock.sum())
        sold = float((self.demand - self.short).sum()) / self.n_periods * self.periods_per_year
        return sold / stock if stock else float("nan")


def simulate(
    demand: Array,
    policy: Policy,
    rules: Rules,
    *,
    begin: int,
    score_from: int | None = None,
    stock: Array | None = None,
) -> Outcome:
    """Play a policy from period ``begin`` to the end of ``demand``.

    Args:
        demand: units asked for, shape (n_products, n_periods), ≥ 0.
        policy: it is given a copy of the demand before the period and nothing later.
        rules: costs and times.
        begin: first period of the game, ≥ 1.
        score_from: first period whose costs count; by default ``begin`` + lead time, before which no order
            of the policy can have arrived.
        stock: on hand at the beginning, shape (n_products,); by default the mean demand of the last four
            periods before the game, times lead time and review.

    Raises:
        ValueError: the game has no scored period.
    """
    n_products, n_periods = demand.shape
    first = begin + rules.lead_time if score_from is None else score_from
    if not 1 <= begin <= first < n_periods:
        raise ValueError(f"nothing to score: periods {begin} to {n_periods}, scored from {first}")
    usual = demand[:, max(begin - 4, 0) : begin].mean(axis=1) * (rules.lead_time + rules.review)
    on_hand = np.array(usual if stock is None else stock, dtype=float)
    pipeline = np.zeros((n_products, n_periods + rules.lead_time + 1))
    orders, owed = np.zeros((n_products, n_periods)), np.zeros(n_products)
    sums = {name: np.zeros(n_products) for name in ("short", "missing", "held", "asked", "placed")}
    for period in range(begin, n_periods):
        if (period - begin) % rules.review == 0:
            # What arrives in this very period counts as on order when the order is placed.
            position = on_hand + pipeline[:, period:].sum(axis=1) - owed
            view = View(period, demand[:, :period].copy(), position.copy())
            orders[:, period] = whole_orders(policy(view), rules)
            pipeline[:, period + rules.lead_time] += orders[:, period]
        on_hand, owed = _deliver(on_hand + pipeline[:, period], owed)
        pipeline[:, period] = 0.0
        asked = demand[:, period]
        short = np.maximum(asked - on_hand, 0.0)
        on_hand = np.maximum(on_hand - asked, 0.0)
        owed = owed if rules.lost_sales else owed + short
        if period >= first:
            placed = (orders[:, period] > 0).astype(float)
            for name, value in zip(
                sums, (short, short if rules.lost_sales else owed, on_hand, asked, placed), strict=True
            ):
                sums[name] += value
    return _outcome(sums, orders, rules, n_periods - first)


def _outcome(sums: dict[str, Array], orders: Array, rules: Rules, scored: int) -> Outcome:
    return Outcome(
        shortage_cost=rules.shortage * sums["missing"],
        holding_cost=rules.holding * sums["held"],
        order_cost=rules.order_cost * sums["placed"],
        demand=sums["asked"],
        short=sums["short"],
        mean_stock=sums["held"] / scored,
        n_periods=scored,
        periods_per_year=rules.periods_per_year,
        orders=orders,
    )


def whole_orders(missing: Array, rules: Rules) -> Array:
    """Units to order for what is missing: whole packs, at least the minimum, none where none are."""
    wanted = np.maximum(missing, 0.0)
    wanted = np.where(wanted > 0, np.maximum(wanted, rules.minimum), 0.0)
    pack = np.broadcast_to(rules.pack, wanted.shape)
    return np.where(pack > 0, np.ceil(wanted / np.where(pack > 0, pack, 1.0) - 1e-9) * pack, wanted)


def _deliver(on_hand: Array, owed: Array) -> tuple[Array, Array]:
    """Customers who wait are served first."""
    served = np.minimum(on_hand, owed)
    return on_hand - served, owed - served
