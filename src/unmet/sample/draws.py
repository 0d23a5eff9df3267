"""The numbers of the shop: who buys and reviews what and when, what is mentioned, which rating.

No text is made here, so hundreds of shops can be drawn cheaply to test estimators.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unmet.sample.catalogue import Product
from unmet.sample.planted import LANGUAGES, MENTION_KINDS, PLANTED

N_DAYS = 731  # 2024-01-01 … 2025-12-31
N_WEEKS = 105
ORDERS_PER_REVIEW = 3
BASE_STARS = 3.7  # low enough that clamping at 5 stays rare
PRODUCT_SD, LENIENCY_SD, NOISE_SD = 0.15, 0.25, 0.40  # stars
RATE_SPREAD = 0.35  # sd of the log of a product's own factor on complaint and request rates
MAX_RATE = 0.6
INCIDENTS, INCIDENT_WEEKS, INCIDENT_FACTOR = 3, (8, 16), 3.0
"""Incidents of a product and need over the two years (mean), their lengths, and the rate against usual."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
States = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Draws:
    """One drawn shop; n reviews, m orders, k planted needs, p products, c customers.

    Attributes:
        order_product, order_customer, order_day: (m,) indices; the day counts from 2024-01-01.
        customer_language: (c,) index into LANGUAGES.
        review_order: (n,) index of the order a review belongs to; sorted by ``day``.
        product, customer, day, language: (n,) of the reviews.
        states: (n, k) 0 none, else 1 + index into MENTION_KINDS.
        base: (n,) latent stars before any planted effect.
        effects: (k, 4) stars per state; column 0 is zero.
        rating: (n,) recorded stars 1–5.
        rates: (k, p, weeks) complaint probability, for reviews in the need's languages.
        demand: (p, weeks) expected orders of whole weeks; the last one is cut after three days.
    """

    order_product: Ints
    order_customer: Ints
    order_day: Ints
    customer_language: Ints
    review_order: Ints
    product: Ints
    customer: Ints
    day: Ints
    language: Ints
    states: States
    base: Floats
    effects: Floats
    rating: Ints
    rates: Floats
    demand: Floats

    def latent(self) -> Floats:
        """(n,) latent stars with every planted effect."""
        columns = np.arange(self.states.shape[1])
        return np.asarray(self.base + self.effects[columns, self.states].sum(axis=1), dtype=np.float64)


def draw_shop(
    seed: int,
    n_reviews: int,
    products: tuple[Product, ...],
    *,
    with_effects: bool = True,
    with_incidents: bool = False,
) -> Draws:
    """Draw one shop. Same arguments, same numbers.

    With ``with_effects=False`` all planted effects on rating and demand are zero (a placebo shop);
    mentions are drawn in the same way. With ``with_incidents`` the complaint rates of needs that cost orders
    jump for some weeks at a time, product by product, around the same mean.
    """
    rng = np.random.default_rng([seed, 20240101])
    factors = np.exp(rng.normal(0.0, RATE_SPREAD, (len(PLANTED), len(products))) - RATE_SPREAD**2 / 2)
    incidents = incident_course(seed, len(products)) if with_incidents else None
    rates = _complaint_rates(factors, products, incidents)
    demand = _expected_orders(rng, rates, products, n_reviews, with_effects)
    order_product, order_day = _draw_orders(rng, demand)
    language, order_customer = _draw_customers(rng, n_reviews, order_product, products)
    delay = 2 + rng.geometric(0.12, order_day.size)
    chosen = _choose_reviewed(rng, order_day + delay, n_reviews)
    day = (order_day + delay)[chosen]
    product, customer = order_product[chosen], order_customer[chosen]
    states = _draw_states(rng, factors, products, product, day, language[customer], incidents)
    effects = np.zeros((len(PLANTED), 1 + len(MENTION_KINDS)))
    if with_effects:
        effects[:, 1:] = [need.effects for need in PLANTED]
    leniency = rng.normal(0.0, LENIENCY_SD, language.size)
    quality = rng.normal(0.0, PRODUCT_SD, len(products))
    base = BASE_STARS + quality[product] + leniency[customer] + rng.normal(0.0, NOISE_SD, n_reviews)
    latent = base + effects[np.arange(len(PLANTED)), states].sum(axis=1)
    # Unbiased stochastic rounding: the expected recorded rating is the clamped latent one.
    rating = np.floor(np.clip(latent, 1.0, 5.0) + rng.random(n_reviews)).astype(np.int64)
    # The last week has three days; what would be ordered after them is not in the tables (nor reviewed).
    known = int(np.searchsorted(order_day, N_DAYS))
    return Draws(
        order_product[:known], order_customer[:known], order_day[:known], language, chosen, product,
        customer, day, language[customer], states, base, effects, np.minimum(rating, 5), rates, demand,
    )  # fmt: skip


def course(trend: str, day: npt.ArrayLike) -> Floats:
    """Factor on a need's complaint and request rates by day; averages about 1 over two years."""
    days: Floats = np.asarray(day, dtype=np.float64)
    share = days / (N_DAYS - 1)
    if trend == "rising":
        return 0.25 + 1.5 * share
    if trend == "fading":
        return 1.75 - 1.5 * share
    if trend == "summer":  # highest in early July
        return 1.0 - 0.85 * np.cos(2 * np.pi * (days - 4.0) / 365.25)
    return np.ones_like(share)


def incident_course(seed: int, n_products: int) -> Floats:
    """Factor on complaint and request rates, ``(k, p, weeks)``: a bad batch, a firmware, a supplier.

    Drawn apart from everything else, so that a shop without incidents keeps its numbers. The mean of each
    need and product over the weeks is 1; needs that cost no orders have none.
    """
    rng = np.random.default_rng([seed, 20240102])
    factor = np.ones((len(PLANTED), n_products, N_WEEKS))
    for k, need in enumerate(PLANTED):
        if need.demand_effect == 0.0:
            continue
        for p in range(n_products):
            for begin in rng.integers(0, N_WEEKS, rng.poisson(INCIDENTS)):
                factor[k, p, begin : begin + rng.integers(*INCIDENT_WEEKS)] = INCIDENT_FACTOR
    return np.asarray(factor / factor.mean(axis=2, keepdims=True))


def _complaint_rates(factors: Floats, products: tuple[Product, ...], incidents: Floats | None) -> Floats:
    days = np.arange(N_WEEKS) * 7.0 + 3.0
    rates = np.zeros((len(PLANTED), len(products), N_WEEKS))
    for k, need in enumerate(PLANTED):
        inside = np.array([product.category in need.categories for product in products])
        rates[k] = np.minimum(
            need.complaint_rate
            * np.outer(factors[k] * inside, course(need.trend, days))
            * (1.0 if incidents is None else incidents[k]),
            MAX_RATE,
        )
    return rates


def _expected_orders(
    rng: np.random.Generator,
    rates: Floats,
    products: tuple[Product, ...],
    n_reviews: int,
    with_effects: bool,
) -> Floats:
    week = np.arange(N_WEEKS)
    log_demand = np.repeat(rng.normal(0.0, 0.35, (len(products), 1)), N_WEEKS, axis=1)
    peak_of = {"air_purifier": 0, "running_shoes": 16, "backpack": 34, "phone": 38}
    for p, product in enumerate(products):
        if product.category in peak_of:
            log_demand[p] += 0.25 * np.cos(2 * np.pi * (week - peak_of[product.category]) / 52.18)
    log_demand[:, np.isin(week % 52, (23, 24))] += 0.5  # the June sale
    log_demand[:, np.isin(week % 52, (44, 45, 47))] += 0.7  # the November sales
    if with_effects:
        for k, need in enumerate(PLANTED):
            lagged = rates[k][:, np.maximum(week - need.lag_weeks, 0)]
            log_demand += need.demand_effect * (lagged - need.complaint_rate) / 0.10 * (lagged > 0)
    demand = np.exp(log_demand)
    return np.asarray(demand * (n_reviews * ORDERS_PER_REVIEW / demand.sum()))


def _draw_orders(rng: np.random.Generator, demand: Floats) -> tuple[Ints, Ints]:
    counts = rng.poisson(demand)
    cells = np.repeat(np.arange(counts.size), counts.ravel())
    product, week = np.divmod(cells, N_WEEKS)
    day = week * 7 + rng.integers(0, 7, cells.size)
    order = np.argsort(day, kind="stable")
    return product[order].astype(np.int64), day[order].astype(np.int64)


def _draw_customers(
    rng: np.random.Generator, n_reviews: int, order_product: Ints, products: tuple[Product, ...]
) -> tuple[Ints, Ints]:
    """Languages of all customers, and the customer of each order by taste for its category."""
    n_customers = max(40, int(n_reviews * 0.6))
    language = (rng.random(n_customers) >= 0.55).astype(np.int64)
    names = list(dict.fromkeys(product.category for product in products))
    category = np.array([names.index(product.category) for product in products])[order_product]
    taste = rng.dirichlet(np.full(len(names), 0.7), n_customers) * rng.gamma(1.5, 1.0, (n_customers, 1))
    customer = np.zeros(order_product.size, dtype=np.int64)
    for c in range(len(names)):
        weight = taste[:, c] + 1e-9
        here = np.flatnonzero(category == c)
        customer[here] = rng.choice(n_customers, here.size, p=weight / weight.sum())
    return language, customer


def _choose_reviewed(rng: np.random.Generator, review_day: Ints, n_reviews: int) -> Ints:
    eligible = np.flatnonzero(review_day < N_DAYS)
    # A very small shop may draw fewer orders than reviews: then some orders are reviewed twice.
    chosen = rng.choice(eligible, n_reviews, replace=eligible.size < n_reviews)
    return np.asarray(chosen[np.argsort(review_day[chosen], kind="stable")], dtype=np.int64)


def _draw_states(
    rng: np.random.Generator,
    factors: Floats,
    products: tuple[Product, ...],
    product: Ints,
    day: Ints,
    language: Ints,
    incidents: Floats | None,
) -> States:
    states = np.zeros((product.size, len(PLANTED)), dtype=np.int8)
    uniform = rng.random(states.shape)
    for k, need in enumerate(PLANTED):
        inside = np.array([item.category in need.categories for item in products])[product]
        inside &= np.isin(language, [LANGUAGES.index(name) for name in need.languages])
        unmet = course(need.trend, day) * factors[k][product]
        if incidents is not None:
            unmet = unmet * incidents[k, product, day // 7]
        complaint = np.minimum(need.complaint_rate * unmet, MAX_RATE) * inside
        request = np.minimum(need.request_rate * unmet, MAX_RATE / 3) * inside
        praise = need.praise_rate * inside
        draw = uniform[:, k]
        states[draw < complaint + praise + request, k] = 3
        states[draw < complaint + praise, k] = 2
        states[draw < complaint, k] = 1
    return states


def realised_effect(draws: Draws, need: int, state: int, rows: npt.NDArray[np.bool_]) -> tuple[int, float]:
    """Average effect of a kind of mention on the expected recorded rating of those who make it.

    For every chosen review in that state: the clamped latent rating as it is, minus the clamped
    latent rating had only this mention been absent (same base, same other mentions).

    Returns:
        Number of such reviews, and the effect in stars (0.0 when there are none).
    """
    chosen = rows & (draws.states[:, need] == state)
    latent = draws.latent()[chosen]
    if latent.size == 0:
        return 0, 0.0
    without = latent - draws.effects[need, state]
    return int(latent.size), float(np.mean(np.clip(latent, 1.0, 5.0) - np.clip(without, 1.0, 5.0)))
