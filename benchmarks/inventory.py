"""Stock policies on Online Retail, week by week with what was known then: `python benchmarks/inventory.py`.

Costs of our policy against simple ones whose safety stock was tuned on earlier weeks. Needs UNMET_DATA.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from inventory_world import world_rows

from unmet.forecast.inventory.comparing import saving
from unmet.forecast.inventory.correlation import correlation_of_errors, level_errors
from unmet.forecast.inventory.policies import Need, Terms, least_cost_quantity, net_need
from unmet.forecast.inventory.simulation import Outcome, Policy, Rules, View, order_up_to_policy, simulate
from unmet.forecast.inventory.totals import LEVELS, demand_between, demand_paths, make_draws

Array = np.ndarray
RATIOS = (4, 9, 19)
LEAD, REVIEW = 2, 1
TUNE_FROM, BEGIN = 10, 24  # safety stocks are tuned on weeks 12 to 23, policies are scored on weeks 26 to 39
LINE_CAP = 1_000  # units of one invoice line
FACTORS = np.arange(0, 4.05, 0.1)
ALPHAS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4)
BINS = 5


def load_weeks() -> tuple[list[str], Array]:
    """Units per product and week, products that sold in at least 8 of the weeks before the test begins."""
    folder = Path(os.environ["UNMET_DATA"]) / "behaviour" / "demand_online_retail"
    orders = pl.read_csv(folder / "orders_to_2011-09-04.csv.gz", infer_schema=False)
    orders = orders.with_columns(
        pl.col("Quantity", "UnitPrice").cast(pl.Float64),
        pl.col("InvoiceDate").str.to_datetime("%Y-%m-%d %H:%M").dt.truncate("1w").dt.date().alias("week"),
    ).filter(
        ~pl.col("InvoiceNo").str.starts_with("C"),
        pl.col("Quantity") > 0,
        pl.col("UnitPrice") > 0,
        pl.col("StockCode").str.contains(r"^\d{5}"),
    )
    weekly = orders.group_by("StockCode", "week").agg(pl.col("Quantity").clip(upper_bound=LINE_CAP).sum())
    wide = weekly.sort("week").pivot("week", index="StockCode", values="Quantity").fill_null(0.0).sort("StockCode")
    days = pl.date_range(weekly["week"].min(), weekly["week"].max(), "1w", eager=True)
    demand = np.stack(
        [wide[str(d)].to_numpy() if str(d) in wide.columns else np.zeros(wide.height) for d in days], axis=1
    )
    kept = (demand[:, :BEGIN] > 0).sum(axis=1) >= 8
    return wide["StockCode"].filter(pl.Series(kept)).to_list(), demand[kept]


@dataclass
class PooledForecast:
    """Exponential smoothing, with quantiles from past errors of products of like spread, per unit of spread.

    It sees the demand before an origin only; the smoothing factor is chosen anew at every origin on past errors.
    """

    horizon: int

    def __call__(self, past: Array) -> tuple[Array, Array]:
        """Quantiles (n, horizon, n_levels) and means (n, horizon) of the coming weeks."""
        n, t = past.shape
        origins = list(range(6, t - self.horizon + 1))[-16:]
        actual = np.stack([past[:, s : s + self.horizon] for s in origins])

        def error(alpha: float) -> float:
            levels = np.stack([smooth(past[:, :s], alpha) for s in origins])
            return float((np.abs(actual - levels[..., None]).mean(axis=(0, 2)) / (past.mean(axis=1) + 0.5)).mean())

        best = min(ALPHAS, key=error)
        levels = np.stack([smooth(past[:, :s], best) for s in origins])
        scales = np.stack([spread(past[:, :s]) for s in origins])
        scores = (actual - levels[..., None]) / scales[..., None]
        now, scale = smooth(past, best), spread(past)
        relative = scale / (now + 0.1)
        bins = np.searchsorted(np.quantile(relative, np.linspace(0, 1, BINS + 1)[1:-1]), relative)
        past_bins = np.searchsorted(
            np.quantile(relative, np.linspace(0, 1, BINS + 1)[1:-1]), scales / (levels + 0.1)
        )
        quantiles, means = np.empty((n, len(LEVELS))), np.empty(n)
        for place in range(BINS):
            like, mine = scores[past_bins == place].ravel(), bins == place
            quantiles[mine] = now[mine, None] + scale[mine, None] * np.quantile(like, LEVELS)
            means[mine] = now[mine] + scale[mine] * like.mean()
        shape = (n, self.horizon, len(LEVELS))
        quantiles = np.broadcast_to(np.maximum(quantiles, 0.0)[:, None], shape)
        return quantiles.copy(), np.repeat(np.maximum(means, 0.0)[:, None], self.horizon, axis=1)


def capped(past: Array) -> Array:
    """Weeks above three times the mean of the weeks so far count as that: single large orders say little."""
    return np.minimum(past, 3 * past.mean(axis=1, keepdims=True) + 1)


def spread(past: Array) -> Array:
    """Mean absolute deviation of capped weeks, with one unit as its floor."""
    cut = capped(past)
    return np.maximum(np.abs(cut - cut.mean(axis=1, keepdims=True)).mean(axis=1), 0.5)


def smooth(past: Array, alpha: float) -> Array:
    """Exponentially weighted mean of capped weeks, (n,)."""
    cut = capped(past)
    ages = np.arange(cut.shape[1])[::-1]
    weights = (1 - alpha) ** ages
    return cut @ (weights / weights.sum())


class Remembered:
    """A forecast that is made once per week, for all policies and ratios."""

    def __init__(self, forecast: Callable[[Array], tuple[Array, Array]]) -> None:
        self._forecast, self._known = forecast, {}

    def __call__(self, past: Array) -> tuple[Array, Array]:
        week = past.shape[1]
        if week not in self._known:
            self._known[week] = self._forecast(past)
        return self._known[week]


def our_policy(forecast: Remembered, ratio: float) -> Policy:
    """`least_cost_quantity` on demand paths of the forecast; correlation from the same past."""

    def policy(view: View) -> Array:
        quantiles, means = forecast(view.past)
        blocks = [e for row in view.past if len(e := level_errors(row, LEAD + REVIEW)) >= 4 and np.ptp(e) > 0]
        draws = make_draws(correlation_of_errors(blocks, LEAD + REVIEW))
        ends = [np.array(float(LEAD)), np.array(float(LEAD + REVIEW))]
        before, ahead = demand_between(demand_paths(quantiles, draws), ends)
        need = net_need(before, ahead, view.position, lost_sales=True)
        one = np.ones(len(need))
        terms = Terms(one * ratio, one, one, one * 0, one * 0, one, one * 0)
        return least_cost_quantity(Need(need, ahead, float(REVIEW), means.mean(axis=1)), terms)

    return policy


def fixed_safety(point: Callable[[Array], Array], safety: Array) -> Policy:
    """Point forecast over lead time and review, and a safety stock that stays what it was at the beginning."""
    return order_up_to_policy(lambda t, past: point(past) * (LEAD + REVIEW) + safety)


def safety_stocks(demand: Array, begin: int) -> dict[str, Array]:
    """Two ways to size a safety stock, both in units per step of the tuned factor."""
    past = demand[:, :begin]
    return {
        "spread": past.std(axis=1) * np.sqrt(LEAD + REVIEW),
        "weeks of demand": past.mean(axis=1),
    }


def tuned(demand: Array, point: Callable[[Array], Array], ratio: float) -> tuple[Policy, str]:
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


def play(demand: Array, ratio: float, forecast: Remembered) -> dict[str, tuple[Outcome, str]]:
    """Outcome of every policy on the later weeks, and the safety stock it was given."""
    points: dict[str, Callable[[Array], Array]] = {
        "last week": lambda past: past[:, -1],
        "mean of last 4 weeks": lambda past: past[:, -4:].mean(axis=1),
        "our point forecast": lambda past: forecast(past)[1].mean(axis=1),
    }
    policies: dict[str, tuple[Policy, str]] = {"ours": (our_policy(forecast, ratio), "")}
    policies["our point forecast, no safety stock"] = fixed_safety(points["our point forecast"], np.zeros(len(demand))), ""
    for name, point in points.items():
        policies[f"{name} + tuned safety stock"] = tuned(demand, point, ratio)
    return {
        name: (simulate(demand, policy, game(ratio), begin=BEGIN), said) for name, (policy, said) in policies.items()
    }


def main() -> None:
    """Print the tables of RESULTS-inventory.md."""
    ids, demand = load_weeks()
    if len(sys.argv) > 1:
        chosen = np.random.default_rng(0).permutation(len(ids))[: int(sys.argv[1])]
        demand = demand[chosen]
    forecast = Remembered(PooledForecast(LEAD + REVIEW))
    print(f"{len(demand):,} products, weeks {BEGIN + LEAD} to {demand.shape[1] - 1}\n")
    print("| shortage / holding | policy | safety stock | total cost | fill rate | stock turns | our cost is lower by |")
    print("|---|---|---|---|---|---|---|")
    for ratio in RATIOS:
        results = play(demand, ratio, forecast)
        ours = results["ours"][0]
        for name, (outcome, said) in results.items():
            gain = saving(ours.cost, outcome.cost)
            told = "" if name == "ours" else f"{gain.value:.1%} ({gain.low:.1%} to {gain.high:.1%})"
            print(
                f"| {ratio} | {name} | {said} | {outcome.cost.sum():,.0f} | {outcome.fill_rate:.1%} "
                f"| {outcome.stock_turns:.1f} | {told} |", flush=True,
            )  # fmt: skip
    if len(sys.argv) == 1:
        print("\n" + "\n".join(world_rows()))


if __name__ == "__main__":
    main()
