"""Holding beyond the next delivery: checked unit by unit, and worth money where demand moves."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from unmet.forecast.inventory.looking_ahead import (
    N_LOOKS,
    last_look,
    later_needs,
    level_speed,
    step_lengths,
)
from unmet.forecast.inventory.policies import (
    Need,
    Terms,
    critical_ratio,
    expected_cost,
    lasting_share,
    least_cost_quantity,
    net_need,
)
from unmet.forecast.inventory.simulation import Rules, View, simulate
from unmet.forecast.inventory.totals import LEVELS, demand_between, demand_paths, make_draws
from unmet.forecast.level_models import levels

LEAD, REVIEW, SPEED = 2.0, 1.0, 0.3


def made_paths(n_products: int = 3, n_paths: int = 64, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    n_periods = int(np.ceil(last_look(np.array([LEAD]), REVIEW)))
    return rng.negative_binomial(0.7, 0.1, (n_products, n_periods, n_paths)).astype(float)


def need_of(paths: np.ndarray, stock: np.ndarray, pack: np.ndarray, speed: float) -> Need:
    lead = np.full((len(paths), paths.shape[2]), LEAD)
    before, ahead = demand_between(paths, [lead, lead + REVIEW])
    later = later_needs(paths, lead, REVIEW, stock, pack, speed, lost_sales=False)
    units = net_need(before, ahead, stock, lost_sales=False)
    return Need(units, ahead, REVIEW, ahead.mean(axis=1), None, later, step_lengths(lead.max(axis=1), REVIEW))


def test_a_unit_is_held_while_stock_is_above_its_own_falling_level() -> None:
    paths, stock, pack = made_paths(), np.array([0.0, 7.0, 40.0]), np.array([1.0, 6.0, 1.0])
    need = need_of(paths, stock, pack, SPEED)
    for product, quantity in ((0, 5.25), (1, 30.25), (2, 55.25)):
        level_at = stock[product] + quantity
        usual = paths[product].mean(axis=1)
        for path in range(paths.shape[2]):
            drawn, level, held = paths[product, :, path], 1.0, True
            for look in range(1, N_LOOKS + 1):
                level = (1 - SPEED) * level + SPEED * drawn[look - 1] / usual[look - 1]
                held = held and level_at - drawn[:look].sum() > level * level_at + pack[product]
                unsold = level_at > drawn[: int(LEAD + REVIEW) + look].sum()
                assert (need.later[look - 1][product, path] < quantity) == (held and unsold)


def test_the_order_has_the_least_expected_cost_and_says_how_often_it_lasts() -> None:
    paths, stock, one = made_paths(n_paths=256), np.array([0.0, 20.0, 60.0]), np.ones(3)
    need = need_of(paths, stock, one, SPEED)
    terms = Terms(9 * one, one, one, 0 * one, 0 * one, one, 0 * one)
    found = least_cost_quantity(need, terms)
    grid = np.arange(0.0, 200.0)
    costs = np.stack([expected_cost(need, terms, np.full(3, units)) for units in grid])
    assert expected_cost(need, terms, found) == pytest.approx(costs.min(axis=0))
    assert (np.diff(costs, n=2, axis=0) >= -1e-9).all()  # convex: budgets rely on it
    share = lasting_share(need, terms)
    assert (share < critical_ratio(terms.shortage, terms.holding)).all()
    ordered = found > 0
    assert ordered.any()
    short = (need.units > found[:, None]).mean(axis=1)
    assert np.abs(1 - short - share)[ordered].max() < 0.02


def test_nothing_is_held_that_goes_off_before() -> None:
    paths, stock, one = made_paths(), np.zeros(3), np.ones(3)
    lead = np.full((3, paths.shape[2]), LEAD)
    life = np.array([np.inf, 2.5, 1.0])
    later = later_needs(paths, lead, REVIEW, stock, one, SPEED, lost_sales=False, life=life)
    seen = np.array([[np.isfinite(held[row]).any() for held in later] for row in range(3)])
    assert seen.tolist() == [[True] * 4, [True, False, False, False], [False] * 4]


def history(means: np.ndarray, seed: int = 0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Poisson demand around the means (n_products, n_weeks) as DEMAND and SERIES."""
    rng = np.random.default_rng(seed)
    weeks = [date(2024, 1, 1) + timedelta(weeks=week) for week in range(means.shape[1])]
    ids = [f"p{place:03d}" for place in range(len(means))]
    demand = pl.DataFrame(
        {
            "series_id": np.repeat(ids, len(weeks)), "period_start": weeks * len(ids),
            "quantity": rng.poisson(means).astype(float).reshape(-1),
        }
    ).with_columns(
        price=pl.lit(None, pl.Float64), promotion=pl.lit(None, pl.Float64), observed=pl.lit(True)
    )  # fmt: skip
    series = pl.DataFrame(
        {"series_id": ids, "category": [None] * len(ids)}, schema_overrides={"category": pl.String}
    )
    return demand, series


def test_levels_move_slowly_where_demand_is_steady_and_fast_where_it_wanders() -> None:
    rng = np.random.default_rng(2)
    steady = np.full((60, 60), 20.0)
    wandering = 20 * np.exp(np.cumsum(rng.normal(0, 0.3, (60, 60)), axis=1))
    slow, fast = (level_speed(*history(means), "W-MON", 3.0) for means in (steady, wandering))
    assert slow <= 0.06
    assert fast >= 0.3


def test_looking_ahead_saves_money_where_forecasts_follow_lumpy_demand() -> None:
    """Forecasts are a quick smoothing times what demand was in past units of it: right, but never at rest."""
    rng = np.random.default_rng(4)
    demand = rng.negative_binomial(0.4, 0.02, (120, 60)).astype(float)
    smooth = levels(demand, 0.3)
    known = 30
    ratios = (demand[:, 8:known] / (smooth[:, 7 : known - 1] + 1)).reshape(-1)
    n_periods = int(np.ceil(last_look(np.array([LEAD]), REVIEW)))
    factors = np.repeat(np.quantile(ratios, LEVELS)[None], n_periods, axis=0)
    draws = make_draws(np.eye(n_periods), n_paths=128)

    def policy(*, look_ahead: bool):
        def order(view: View) -> np.ndarray:
            paths = demand_paths((smooth[:, view.period - 1] + 1)[:, None, None] * factors[None], draws)
            one = np.ones(len(paths))
            need = need_of(paths, view.position, one, SPEED)
            need = need if look_ahead else Need(need.units, need.ahead, REVIEW, need.rate)
            return least_cost_quantity(need, Terms(9 * one, one, one, 0 * one, 0 * one, one, 0 * one))

        return order

    rules = Rules(shortage=9.0, holding=1.0, lead_time=2, review=1, lost_sales=True)
    costs = [
        simulate(demand, policy(look_ahead=ahead), rules, begin=known).cost.sum() for ahead in (False, True)
    ]
    assert costs[1] < 0.9 * costs[0]


def test_looks_reach_over_lead_time_and_review() -> None:
    lead = np.array([0.0, 2.0, 14.0])
    assert step_lengths(lead, 1.0).tolist() == [1.0, 1.0, 3.75]
    assert last_look(lead, 1.0) == 14 + 1 + 4 * 3.75
