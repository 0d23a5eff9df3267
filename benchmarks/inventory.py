"""Stock policies on Online Retail, week by week with what was known then: `python benchmarks/inventory.py`.

Costs of our policy against simple ones whose safety stock was tuned on earlier weeks. Needs UNMET_DATA.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

from demand_data import online_retail
from inventory_world import world_rows
from unmet.forecast.forecasting import forecast_from
from unmet.forecast.inventory.comparing import saving
from unmet.forecast.inventory.correlation import correlation_of_errors, extended, level_errors
from unmet.forecast.inventory.looking_ahead import last_look, later_needs, step_lengths
from unmet.forecast.inventory.policies import Need, Terms, least_cost_quantity, net_need
from unmet.forecast.inventory.simulation import Outcome, Policy, Rules, View, order_up_to_policy, simulate
from unmet.forecast.inventory.totals import demand_between, demand_paths, make_draws
from unmet.forecast.level_models import best_constant
from unmet.forecast.panel import Panel, filled, panel_of
from unmet.forecast.predictive import LEVELS as DISTRIBUTION_LEVELS
from unmet.forecast.predictive import Distribution
from unmet.forecast.rolling import ForecastConfig, Rolling

Array = np.ndarray
RATIOS = (4, 9, 19)
OURS = "ours (demand paths)"
LEAD, REVIEW = 2, 1
TUNE_FROM, BEGIN = 10, 24  # safety stocks are tuned on weeks 12 to 23, policies are scored on weeks 26 to 39
FACTORS = np.arange(0, 4.05, 0.1)


def load_panel(n_products: int | None) -> Panel:
    """Products that sold in at least 8 weeks before the test begins; a drawn part of them if a number is
    given.
    """
    demand, series = online_retail()
    panel = panel_of(demand, series, "W-MON", None)
    sold = np.nan_to_num(panel.values[:, :BEGIN]) > 0
    kept = sold.sum(axis=1) >= 8
    if n_products is not None:
        chosen = np.random.default_rng(0).permutation(np.flatnonzero(kept))[:n_products]
        kept = np.isin(np.arange(len(kept)), chosen)
    return panel.only(kept)


class PackageForecast:
    """`forecast_demand` at every week of the game, from what was known then."""

    def __init__(self, panel: Panel) -> None:
        self._rolling = Rolling(panel, LEAD + REVIEW, ForecastConfig(), 0)
        self._made: dict[int, Distribution] = {}
        self._speeds: dict[int, float] = {}

    def __call__(self, week: int) -> Distribution:
        if week not in self._made:
            self._made[week] = forecast_from(self._rolling, week)[1]
        return self._made[week]

    def speed(self, week: int) -> float:
        """How fast levels of demand moved until then."""
        if week not in self._speeds:
            whole = filled(self._rolling.known(week).values)
            self._speeds[week] = best_constant(whole, LEAD + REVIEW)
        return self._speeds[week]


def path_policy(forecast: PackageForecast, ratio: float, *, look_ahead: bool = True) -> Policy:
    """`least_cost_quantity` on demand paths of the forecast; correlation of periods from the same past."""
    periods = int(np.ceil(last_look(np.array([float(LEAD)]), REVIEW)))

    def policy(view: View) -> Array:
        made, one = forecast(view.period), np.ones(len(view.position))
        blocks = [e for row in view.past if len(e := level_errors(row, LEAD + REVIEW)) >= 4 and np.ptp(e) > 0]
        draws = make_draws(extended(correlation_of_errors(blocks, LEAD + REVIEW), periods))
        ends = [np.array(float(LEAD)), np.array(float(LEAD + REVIEW))]
        quantiles = made.quantiles[..., np.argsort(DISTRIBUTION_LEVELS)]
        last = np.repeat(quantiles[:, -1:], periods - quantiles.shape[1], axis=1)
        paths = demand_paths(np.concatenate([quantiles, last], axis=1), draws)
        before, ahead = demand_between(paths, ends)
        need = net_need(before, ahead, view.position, lost_sales=True)
        lead = np.full(ahead.shape, float(LEAD))
        later = later_needs(
            paths, lead, REVIEW, view.position, one, forecast.speed(view.period), lost_sales=True
        )
        step = step_lengths(lead.max(axis=1), REVIEW)
        terms = Terms(one * ratio, one, one, one * 0, one * 0, one, one * 0)
        rate = made.mean.mean(axis=1)
        known = Need(need, ahead, float(REVIEW), rate, None, later if look_ahead else (), step)
        return least_cost_quantity(known, terms)

    return policy


def sum_policy(forecast: PackageForecast, ratio: float) -> Policy:
    """Order up to the critical quantile of the sum over lead time and review, as the models give it."""
    order = np.argsort(DISTRIBUTION_LEVELS)
    target = ratio / (ratio + 1)

    def level(week: int, past: Array) -> Array:
        sums = forecast(week).sum_quantiles[:, LEAD + REVIEW - 1][:, order]
        return np.array([np.interp(target, DISTRIBUTION_LEVELS[order], row) for row in sums])

    return order_up_to_policy(level)


Point = Callable[[int, Array], Array]


def fixed_safety(point: Point, safety: Array) -> Policy:
    """Point forecast over lead time and review, and a safety stock that stays what it was at the
    beginning.
    """
    return order_up_to_policy(lambda t, past: point(t, past) * (LEAD + REVIEW) + safety)


def safety_stocks(demand: Array, begin: int) -> dict[str, Array]:
    """Two ways to size a safety stock, both in units per step of the tuned factor."""
    past = demand[:, :begin]
    return {
        "spread": past.std(axis=1) * np.sqrt(LEAD + REVIEW),
        "weeks of demand": past.mean(axis=1),
    }


def tuned(demand: Array, point: Point, ratio: float) -> tuple[Policy, str]:
    """The best kind and factor on the earlier weeks, applied to the later ones."""
    rules = game(ratio)
    costs = {
        (kind, factor): simulate(
            demand[:, :BEGIN], fixed_safety(point, factor * size), rules, begin=TUNE_FROM
        ).cost.sum()
        for kind, size in safety_stocks(demand, TUNE_FROM).items()
        for factor in FACTORS
    }
    kind, factor = min(costs, key=costs.__getitem__)
    return fixed_safety(point, factor * safety_stocks(demand, BEGIN)[kind]), f"{factor:.1f} × {kind}"


def game(ratio: float) -> Rules:
    """Weekly review, lost sales, a unit in stock costs 1 a week."""
    return Rules(shortage=ratio, holding=1.0, lead_time=LEAD, review=REVIEW, lost_sales=True)


def play(demand: Array, ratio: float, forecast: PackageForecast) -> dict[str, tuple[Outcome, str]]:
    """Outcome of every policy on the later weeks, and the safety stock it was given."""
    points: dict[str, Point] = {
        "last week": lambda t, past: past[:, -1],
        "mean of last 4 weeks": lambda t, past: past[:, -4:].mean(axis=1),
        "same point forecast": lambda t, past: forecast(t).mean.mean(axis=1),
    }
    policies: dict[str, tuple[Policy, str]] = {
        OURS: (path_policy(forecast, ratio), ""),
        "ours without looking ahead": (path_policy(forecast, ratio, look_ahead=False), ""),
        "ours (quantiles of sums)": (sum_policy(forecast, ratio), ""),
        "same point forecast, no safety stock": (
            fixed_safety(points["same point forecast"], np.zeros(len(demand))),
            "",
        ),
    }
    for name, point in points.items():
        policies[f"{name} + tuned safety stock"] = tuned(demand, point, ratio)
    return {
        name: (simulate(demand, policy, game(ratio), begin=BEGIN), said)
        for name, (policy, said) in policies.items()
    }


def main() -> None:
    """Print the tables of RESULTS-inventory.md."""
    panel = load_panel(int(sys.argv[1]) if len(sys.argv) > 1 else None)
    demand, forecast = np.nan_to_num(panel.values), PackageForecast(panel)
    print(f"{len(demand):,} products, weeks {BEGIN + LEAD} to {demand.shape[1] - 1}\n")
    print(
        "| shortage / holding | policy | safety stock | total cost | fill rate | stock turns |"
        " ours costs less by |"
    )
    print("|---|---|---|---|---|---|---|")
    for ratio in RATIOS:
        results = play(demand, ratio, forecast)
        for name, (outcome, said) in results.items():
            gain = saving(results[OURS][0].cost, outcome.cost)
            told = "" if name == OURS else f" {gain.value:.1%} ({gain.low:.1%} to {gain.high:.1%})"
            numbers = f"{outcome.cost.sum():,.0f} | {outcome.fill_rate:.1%} | {outcome.stock_turns:.1f}"
            print(f"| {ratio} | {name} | {said} | {numbers} |{told} |", flush=True)
    if len(sys.argv) == 1:
        print("\n" + "\n".join(world_rows()))


if __name__ == "__main__":
    main()
