"""Sharing money between products: packs are bought in the order of cost saved per unit of money.

Expected cost is separable over products and, without order costs and minimums, convex in the packs of each,
so that taking the pack with the best saving per unit of money first is optimal for whatever sum it ends up
spending (Fox 1966). A minimum is one indivisible first step. Where a later step of a product is better per
unit of money than an earlier one, the two are one step (the upper envelope), so that no step hides a better
one behind it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from unmet.forecast.inventory.policies import Array, Need, Terms, at_least_minimum, expected_cost

MAX_STEPS = 64
"""Steps per product; larger orders are weighed in steps of several packs."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Quantities that a product's order may stop at, rising, and the expected cost each saves."""

    amounts: list[float]
    savings: list[float]


def within_budget(steps: Sequence[Steps], unit_cost: Array, money: float) -> Array:
    """Quantities that cost at most ``money`` together and save as much expected cost as they can.

    Args:
        steps: of every product (see :func:`order_steps`).
        unit_cost: shape (n_products,), ≥ 0.
        money: ≥ 0, in the currency of ``unit_cost``.

    Returns:
        Shape (n_products,). A step that does not fit is skipped, with all later ones of its product; smaller
        ones of other products are still bought.
    """
    spent, bought = 0.0, np.zeros(len(steps))
    full: set[int] = set()
    for product, amount in _best_first(steps, unit_cost):
        price = (amount - bought[product]) * unit_cost[product]
        if product in full:
            continue
        if spent + price <= money + 1e-9:
            bought[product] = amount
            spent += price
        else:
            full.add(product)
    return bought


def _best_first(steps: Sequence[Steps], unit_cost: Array) -> Iterator[tuple[int, float]]:
    """Products and quantities, best saving per unit of money first; steps of a product in their order."""
    hulls = [_envelope(step.amounts, step.savings) for step in steps]
    rates: list[list[float]] = []
    for hull, cost in zip(hulls, unit_cost, strict=True):
        points = [(0.0, 0.0), *hull]
        rates.append([_slope(a, b) / max(float(cost), 1e-12) for a, b in pairwise(points)])
    heap = [(-rate[0], product, 0) for product, rate in enumerate(rates) if rate]
    heapq.heapify(heap)
    while heap:
        _, product, place = heapq.heappop(heap)
        yield product, hulls[product][place][0]
        if place + 1 < len(hulls[product]):
            heapq.heappush(heap, (-rates[product][place + 1], product, place + 1))


def order_steps(need: Need, terms: Terms, wanted: Array) -> list[Steps]:
    """The steps towards the wanted quantity of every product: packs, or several where there are many."""
    nothing = expected_cost(need, terms, np.zeros_like(wanted))
    packs = np.round(wanted / terms.pack)
    stride = np.maximum(np.ceil(packs / MAX_STEPS), 1)
    amounts: list[list[float]] = [[] for _ in wanted]
    savings: list[list[float]] = [[] for _ in wanted]
    for step in range(1, MAX_STEPS + 1):
        level = np.minimum(step * stride, packs) * terms.pack
        level = np.minimum(at_least_minimum(level, terms), wanted)
        saved = nothing - expected_cost(need, terms, level)
        for product in np.flatnonzero(level > 0):
            if not amounts[product] or level[product] > amounts[product][-1]:
                amounts[product].append(float(level[product]))
                savings[product].append(float(saved[product]))
        if np.all(level >= wanted):
            break
    return [Steps(a, s) for a, s in zip(amounts, savings, strict=True)]


def _envelope(amounts: list[float], savings: list[float]) -> list[tuple[float, float]]:
    """The points of the least concave line above (0, 0) and all points: slopes fall from step to step."""
    kept: list[tuple[float, float]] = [(0.0, 0.0)]
    for point in zip(amounts, savings, strict=True):
        while len(kept) > 1 and _slope(kept[-2], kept[-1]) < _slope(kept[-1], point) - 1e-12:
            kept.pop()
        kept.append(point)
    return kept[1:]


def _slope(first: tuple[float, float], second: tuple[float, float]) -> float:
    return (second[1] - first[1]) / (second[0] - first[0])
