"""How much to order: the quantity with the least expected cost, or the one that keeps a promised service.

Everything is said of the *net need*: the units that a delivery ordered now would have to bring, so that no
customer leaves without goods until the delivery after it. With backorders that is demand over lead time and
review less stock and open orders; with lost sales, demand that found no stock before the delivery does not
come back, so the need is demand of the review period less what is left when the delivery comes (the projected
stock of van Jaarsveld and Arts 2024). The order-up-to level of the classic (R, S) policy is the stock
position plus a quantile of the net need (Silver, Pyke and Thomas 2017, chapters 6 and 7).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

MAX_PACKS = 2**40


@dataclass(frozen=True, slots=True)
class Terms:
    """What a unit of every product costs and how it is sold; every field has shape (n_products,).

    ``shortage``: per unit that is missing; ``holding``: per unit and period; ``waste``: lost per unit that
    goes off (unit cost less salvage); ``order_cost``: per order, any size. NaN where not known.
    """

    shortage: Array
    holding: Array
    unit_cost: Array
    waste: Array
    order_cost: Array
    pack: Array  # units per pack, > 0; every order is whole packs
    minimum: Array  # units, ≥ 0; the least order, if there is one

    def rows(self, chosen: slice) -> Terms:
        """The terms of some products."""
        return Terms(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})


@dataclass(frozen=True, slots=True)
class Need:
    """Net need of every product and path, shape (n_products, n_paths), in units; negative: too much is there.

    ``ahead`` is demand of the ``review`` periods that a delivery has to last, same shape; ``rate`` mean
    demand per period, shape (n_products,). ``until_expiry`` is the net need of the time until a delivery
    goes off, same shape as ``units``; None where nothing goes off. ``later`` are the units that may be there
    at later looks without being held (:mod:`unmet.forecast.inventory.looking_ahead`), ``step`` periods apart,
    shape (n_products,).
    """

    units: Array
    ahead: Array
    review: float
    rate: Array
    until_expiry: Array | None = None
    later: tuple[Array, ...] = ()
    step: Array | float = 0.0

    @property
    def cycle(self) -> Array:
        """Mean demand of a review period, shape (n_products,)."""
        return np.asarray(self.ahead.mean(axis=1))


def critical_ratio(shortage: Array, overage: Array) -> Array:
    """The share of cases in which the stock should last: shortage / (shortage + overage).

    >>> critical_ratio(np.array([9.0]), np.array([1.0])).tolist()
    [0.9]
    """
    return np.asarray(shortage / (shortage + overage))


def newsvendor_ratio(price: Array, cost: Array, salvage: Array) -> Array:
    """Critical ratio of goods that are sold once: (price − cost) / (price − salvage) (Arrow and others
    1951).
    """
    return critical_ratio(price - cost, cost - salvage)


def net_need(before: Array, review: Array, stock: Array, *, lost_sales: bool) -> Array:
    """Units that a delivery ordered now would have to bring, see the module.

    Args:
        before: demand until the delivery, shape (n_products, n_paths).
        review: demand from then until the next delivery, same shape.
        stock: on hand and on order less backorders, shape (n_products,).
    """
    if lost_sales:
        return review - np.maximum(stock[:, None] - before, 0.0)
    return before + review - stock[:, None]


def short_and_left(need: Array, quantity: Array) -> tuple[Array, Array]:
    """Expected units short and left over, shape (n_products,), if ``quantity`` is ordered."""
    gap = need - quantity[:, None]
    return np.maximum(gap, 0.0).mean(axis=1), np.maximum(-gap, 0.0).mean(axis=1)


def expected_cost(need: Need, terms: Terms, quantity: Array) -> Array:
    """Expected cost of an order: shortage and holding until the next delivery, holding after it of what could
    not be ordered less then, waste, and the order itself.
    """
    short, left = short_and_left(need.units, quantity)
    cost = terms.shortage * short + terms.holding * need.review * left
    for held in need.later:
        cost = cost + terms.holding * need.step * short_and_left(held, quantity)[1]
    if need.until_expiry is not None:
        cost = cost + terms.waste * short_and_left(need.until_expiry, quantity)[1]
    return np.asarray(cost + np.where(quantity > 0, terms.order_cost, 0.0))


def least_cost_quantity(need: Need, terms: Terms) -> Array:
    """Units in whole packs with the least expected cost.

    Without an order cost the cost is convex in the number of packs: packs are added while one more saves
    money. With an order cost an order lasts longer, as in the economic order quantity; it is placed when
    stock falls to the level s whose chance of a shortage is worth the holding of such an order (Silver, Pyke
    and Thomas 2017, section 6.7): the (s, S) policy. Where there is an order at all it is at least the
    minimum, and only if it saves more than it costs.
    """
    free = replace(terms, order_cost=np.zeros_like(terms.order_cost))
    batch = economic_quantity(need, terms)
    packs = np.where(batch > need.cycle, _batched_packs(need, terms, batch), _cheapest_packs(need, free))
    quantity = at_least_minimum(packs * terms.pack, terms)
    forced = (quantity > packs * terms.pack) & (batch <= need.cycle)
    saves = expected_cost(need, terms, np.zeros_like(quantity)) > expected_cost(need, terms, quantity)
    return np.where(~forced | saves, quantity, 0.0)


def economic_quantity(need: Need, terms: Terms) -> Array:
    """√(2 × order cost × demand / holding) (Harris 1913); 0 where an order costs nothing."""
    known = (terms.order_cost > 0) & (terms.holding > 0)
    return np.sqrt(np.where(known, 2 * terms.order_cost * need.rate / np.where(known, terms.holding, 1), 0))


def reorder_ratio(need: Need, terms: Terms, batch: Array) -> Array:
    """The share of cases in which stock at the reorder point should last until the delivery."""
    periods = np.maximum(
        np.divide(batch, need.rate, out=np.zeros_like(batch), where=need.rate > 0), need.review
    )
    return critical_ratio(terms.shortage, terms.holding * periods)


def _batched_packs(need: Need, terms: Terms, batch: Array) -> Array:
    ratio = np.nan_to_num(reorder_ratio(need, terms, batch))
    missing = _quantile(need.units, ratio)
    wanted = np.ceil((missing + batch - need.cycle) / terms.pack - 1e-9)
    return np.where(missing > 0, np.maximum(wanted, 1.0), 0.0)


def _cheapest_packs(need: Need, terms: Terms) -> Array:
    def dearer(packs: Array) -> Flags:
        now = expected_cost(need, terms, packs * terms.pack)
        return np.asarray(expected_cost(need, terms, (packs + 1) * terms.pack) >= now - 1e-12)

    return fewest_packs(dearer, _most_packs(need, terms))


def service_quantity(need: Need, terms: Terms, target: Array, *, fill_rate: bool = False) -> Array:
    """Fewest whole packs that keep a service level, at least the minimum where any are needed.

    Args:
        target: 0–1, shape (n_products,): chance that no customer of a review period leaves without goods, or,
            with ``fill_rate``, the share of its demand that is served.
    """

    def enough(packs: Array) -> Flags:
        quantity = packs * terms.pack
        if not fill_rate:
            return np.asarray((need.units <= quantity[:, None]).mean(axis=1) >= target)
        return np.asarray(lost_share(need, quantity) <= 1 - target + 1e-12)

    return at_least_minimum(fewest_packs(enough, _most_packs(need, terms)) * terms.pack, terms)


def lost_share(need: Need, quantity: Array) -> Array:
    """Share of a review period's demand that finds no stock, 0–1; 0 where there is no demand."""
    short = np.clip(need.units - quantity[:, None], 0.0, need.ahead).mean(axis=1)
    share: Array = np.divide(short, need.cycle, out=np.zeros_like(short), where=need.cycle > 0)
    return share


def at_least_minimum(quantity: Array, terms: Terms) -> Array:
    """Raise orders that are below the minimum to the fewest packs that reach it."""
    least = np.ceil(terms.minimum / terms.pack - 1e-9) * terms.pack
    return np.where(quantity > 0, np.maximum(quantity, least), 0.0)


def fewest_packs(enough: Callable[[Array], Flags], most: Array) -> Array:
    """Smallest whole number of packs, 0 to ``most``, for which ``enough`` holds, by bisection.

    ``enough`` must stay true once it is true, and is taken to be true of ``most``.
    """
    low, high = np.zeros_like(most), most.copy()
    while np.any(low < high):
        middle = np.floor((low + high) / 2)
        reached = enough(middle)
        high = np.where(reached, middle, high)
        low = np.where(reached, low, np.minimum(middle + 1, high))
    return low


def order_up_to(need: Need, stock: Array, ratio: Array) -> Array:
    """The stock position that lasts in a ``ratio`` of the cases: the S of (R, S), before packs and
    minimum.
    """
    return np.maximum(stock + _quantile(need.units, ratio), 0.0)


def lasting_share(need: Need, terms: Terms) -> Array:
    """Share of cases in which the stock with the least expected cost lasts, shape (n_products,): the critical
    ratio, or less where leftovers would be held for long.
    """
    ratio = critical_ratio(terms.shortage, terms.holding * need.review)
    if not need.later:
        return ratio
    shares = np.arange(1, need.units.shape[1] + 1) / need.units.shape[1]
    units, later = np.sort(need.units, axis=1), [np.sort(held, axis=1) for held in need.later]
    step = np.broadcast_to(need.step, ratio.shape)
    found = ratio.copy()
    for row in np.flatnonzero(np.isfinite(ratio)):
        held = sum(np.searchsorted(rows[row], units[row]) for rows in later) / len(shares)
        slope = terms.holding[row] * (need.review * shares + step[row] * held) - terms.shortage[row] * (
            1 - shares
        )
        found[row] = min(ratio[row], shares[np.argmax(slope >= -1e-12)])
    return found


def _most_packs(need: Need, terms: Terms) -> Array:
    most = np.maximum(need.units.max(axis=1), 0.0)
    return np.asarray(np.minimum(np.ceil(most / terms.pack) + 1, MAX_PACKS))


def _quantile(values: Array, levels: Array) -> Array:
    """Smallest value of every row that a share ``levels`` of the row does not exceed."""
    ordered = np.sort(values, axis=1)
    places = np.clip(np.ceil(levels * values.shape[1] - 1e-9).astype(np.int64) - 1, 0, values.shape[1] - 1)
    return np.asarray(np.take_along_axis(ordered, places[:, None], axis=1)[:, 0])
