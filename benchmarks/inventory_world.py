"""Made-up worlds in which the best stock policy is known: how close ours comes to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from unmet.forecast.inventory.comparing import saving
from unmet.forecast.inventory.looking_ahead import last_look, later_needs, step_lengths
from unmet.forecast.inventory.policies import Need, Terms, least_cost_quantity
from unmet.forecast.inventory.simulation import Policy, Rules, View, order_up_to_policy, simulate
from unmet.forecast.inventory.totals import LEVELS, demand_between, demand_paths, make_draws
from unmet.forecast.level_models import best_constant

N_PRODUCTS, N_PERIODS, BEGIN = 400, 160, 52
RATIOS = (4, 9, 19)
Array = np.ndarray


@dataclass(frozen=True)
class World:
    """Demand with its true distribution of every period: negative binomial, the same every week."""

    size: Array  # (n_products,) number of the negative binomial
    chance: Array
    demand: Array  # (n_products, N_PERIODS)

    def quantiles(self, horizon: int) -> Array:
        """True quantiles of every period: (n_products, horizon, n_levels)."""
        one = stats.nbinom.ppf(LEVELS[None], self.size[:, None], self.chance[:, None])
        return np.repeat(one[:, None], horizon, axis=1)

    def best_level(self, periods: int, ratio: float) -> Array:
        """The optimal base stock where customers wait: the exact quantile of the sum."""
        return stats.nbinom.ppf(ratio, self.size * periods, self.chance)


def make_world(seed: int, low: float, high: float) -> World:
    """Products that sell between ``low`` and ``high`` a week, with variance of 1.5 to 6 times the mean."""
    rng = np.random.default_rng(seed)
    mean = np.exp(rng.uniform(np.log(low), np.log(high), N_PRODUCTS))
    dispersion = rng.uniform(1.5, 6.0, N_PRODUCTS)
    size, chance = mean / (dispersion - 1), 1 / dispersion
    demand = rng.negative_binomial(size[:, None], chance[:, None], (N_PRODUCTS, N_PERIODS)).astype(float)
    return World(size, chance, demand)


def base_stock(world: World, lead: int, ratio: float) -> list[tuple[str, float, float, float]]:
    """Cost above the optimum: with true quantiles of the periods, and adding quantiles of the periods up."""
    rules = Rules(shortage=ratio, holding=1.0, lead_time=lead, lost_sales=False, pack=1.0)
    target = ratio / (ratio + 1)
    periods = lead + 1
    exact = world.best_level(periods, target)
    one = stats.nbinom.ppf(target, world.size, world.chance)
    full = np.ones(N_PRODUCTS)
    terms = Terms(full * ratio, full, full, full * 0, full * 0, full, full * 0)
    # Customers wait and nothing is rounded: what is ordered for no stock at all is the level for any stock.
    levels = {"optimum": exact, "ours": least_cost_quantity(our_need(world, lead), terms),
              "quantiles added up": one * periods,
              "mean demand": world.demand[:, :BEGIN].mean(axis=1) * periods}  # fmt: skip
    costs = {
        name: simulate(
            world.demand, order_up_to_policy(lambda t, past, level=level: level), rules,
            begin=BEGIN, score_from=BEGIN + 8, stock=exact,
        ).cost
        for name, level in levels.items()
    }  # fmt: skip
    rows = []
    for name in ("ours", "quantiles added up", "mean demand"):
        gap = saving(costs[name], costs["optimum"])
        rows.append((name, -gap.value, -gap.high, -gap.low))
    return rows


def best_s_level(world: World, lead: int, rules: Rules) -> tuple[Array, Array]:
    """Best (s, S) of every product by search over a grid, on other demand of the same world."""
    rng = np.random.default_rng(99)
    other = rng.negative_binomial(world.size[:, None], world.chance[:, None], (N_PRODUCTS, 400)).astype(float)
    mean = world.size * (1 - world.chance) / world.chance
    deviation = np.sqrt(mean / world.chance)
    best = np.full(N_PRODUCTS, np.inf)
    point, top = np.zeros(N_PRODUCTS), np.zeros(N_PRODUCTS)
    for safety in np.linspace(-0.5, 3.0, 15):
        s = mean * (lead + 1) + safety * deviation * np.sqrt(lead + 1)
        for batch in np.linspace(0.5, 12, 24):
            upper = s + batch * mean
            policy = order_up_to_policy(lambda t, past, u=upper: u, lambda t, past, s=s: s)
            cost = simulate(other, policy, rules, begin=20, score_from=60, stock=upper).cost
            better = cost < best
            best, point, top = (
                np.where(better, cost, best),
                np.where(better, s, point),
                np.where(better, upper, top),
            )
    return point, top


def our_need(world: World, lead: int) -> Need:
    """Net need with true quantiles of the periods and nothing in stock."""
    periods = int(np.ceil(last_look(np.array([float(lead)]), 1)))
    paths = demand_paths(world.quantiles(periods), make_draws(np.eye(periods)))
    before, ahead = demand_between(paths, [np.array(float(lead)), np.array(float(lead + 1))])
    rate = world.size * (1 - world.chance) / world.chance
    speed = best_constant(world.demand[:, :BEGIN], lead + 1)
    whole, one = np.full(ahead.shape, float(lead)), np.ones(N_PRODUCTS)
    later = later_needs(paths, whole, 1, 0 * one, one, speed, lost_sales=False)
    return Need(before + ahead, ahead, 1.0, rate, None, later, step_lengths(whole.max(axis=1), 1))


def our_policy(world: World, lead: int, terms: Terms) -> Policy:
    """`least_cost_quantity` for the stock of every period."""
    known = our_need(world, lead)

    def policy(view: View) -> Array:
        stock = view.position[:, None]
        held = tuple(units - stock for units in known.later)
        return least_cost_quantity(replace(known, units=known.units - stock, later=held), terms)

    return policy


def fixed_cost(world: World, lead: int, ratio: float, order_cost: float) -> tuple[float, float, float]:
    """Cost above the best (s, S) found by search, with a cost per order."""
    rules = Rules(shortage=ratio, holding=1.0, lead_time=lead, lost_sales=False, order_cost=order_cost)
    point, top = best_s_level(world, lead, rules)
    full = np.ones(N_PRODUCTS)
    terms = Terms(full * ratio, full, full, full * 0, full * order_cost, full, full * 0)
    best = order_up_to_policy(lambda t, past: top, lambda t, past: point)
    costs = [
        simulate(world.demand, policy, rules, begin=BEGIN, score_from=BEGIN + 8, stock=top).cost
        for policy in (our_policy(world, lead, terms), best)
    ]
    gap = saving(*costs)
    return -gap.value, -gap.high, -gap.low


def world_rows() -> list[str]:
    """Lines of a Markdown table."""
    rows = ["| world | policy | cost above the optimum |", "|---|---|---|"]
    for label, low, high in (("fast (5 to 100 a week)", 5.0, 100.0), ("slow (.1 to 2 a week)", 0.1, 2.0)):
        world = make_world(3, low, high)
        for lead in (1, 4):
            for ratio in RATIOS:
                for name, gap, least, most in base_stock(world, lead, ratio):
                    where = f"{label}, lead time {lead}, ratio {ratio}"
                    rows.append(f"| {where} | {name} | {gap:+.1%} ({least:+.1%} to {most:+.1%}) |")
        gap, least, most = fixed_cost(world, 2, 9.0, 40.0)
        where = f"{label}, lead time 2, ratio 9, an order costs 40"
        rows.append(
            f"| {where} | ours against the best (s, S) by search | {gap:+.1%} ({least:+.1%} to {most:+.1%}) |"
        )
    return rows


if __name__ == "__main__":
    print("\n".join(world_rows()))
