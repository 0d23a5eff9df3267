"""Order quantities against brute force and textbook answers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from unmet.forecast.inventory.budget import Steps, order_steps, within_budget
from unmet.forecast.inventory.policies import (
    Need,
    Terms,
    economic_quantity,
    expected_cost,
    least_cost_quantity,
    lost_share,
    net_need,
    newsvendor_ratio,
    order_up_to,
    service_quantity,
)


def make_terms(n: int, **given: float) -> Terms:
    values = {
        "shortage": 9.0,
        "holding": 1.0,
        "unit_cost": 1.0,
        "waste": 0.0,
        "order_cost": 0.0,
        "pack": 1.0,
        "minimum": 0.0,
    }
    return Terms(**{name: np.full(n, given.get(name, value)) for name, value in values.items()})


def make_need(n: int = 6, seed: int = 0, stock: float = 5.0, n_paths: int = 500) -> Need:
    rng = np.random.default_rng(seed)
    rate = rng.uniform(2, 30, n)
    before = rng.poisson(rate[:, None], (n, n_paths)).astype(float)
    ahead = rng.poisson(rate[:, None], (n, n_paths)).astype(float)
    return Need(net_need(before, ahead, np.full(n, stock), lost_sales=False), ahead, 1.0, rate)


@pytest.mark.parametrize("pack", [1.0, 5.0, 12.0])
@pytest.mark.parametrize("waste", [0.0, 3.0])
def test_least_cost_is_the_cheapest_of_all_packs(pack: float, waste: float) -> None:
    need, terms = make_need(), make_terms(6, pack=pack, waste=waste)
    if waste:
        need = Need(need.units, need.ahead, 1.0, need.rate, need.units + 3.0)
    found = least_cost_quantity(need, terms)
    grid = np.arange(0, 200) * pack
    costs = np.stack([expected_cost(need, terms, np.full(6, q)) for q in grid])
    assert expected_cost(need, terms, found) == pytest.approx(costs.min(axis=0))
    assert np.all(found % pack == 0)


def test_newsvendor_ratio_of_goods_sold_once() -> None:
    assert newsvendor_ratio(np.array([10.0]), np.array([6.0]), np.array([2.0]))[0] == pytest.approx(0.5)


def test_order_up_to_is_the_critical_quantile() -> None:
    rng = np.random.default_rng(3)
    total = rng.normal(100, 20, (1, 20_000))
    need = Need(total - 30, total, 1.0, np.array([100.0]))
    level = order_up_to(need, np.array([30.0]), np.array([0.9]))[0]
    assert level == pytest.approx(stats.norm.ppf(0.9, 100, 20), rel=0.01)
    assert least_cost_quantity(need, make_terms(1))[0] == pytest.approx(level - 30, abs=1.5)


def test_minimum_is_kept_only_where_it_pays() -> None:
    need = make_need(stock=0.0)
    small = least_cost_quantity(need, make_terms(6, minimum=5.0))
    assert np.all((small == 0) | (small >= 5))
    huge = least_cost_quantity(need, make_terms(6, minimum=1e5))
    assert np.all(huge == 0)


def test_service_levels_are_kept_with_the_fewest_packs() -> None:
    need, terms = make_need(), make_terms(6, pack=4.0)
    target = np.full(6, 0.95)
    cycle = service_quantity(need, terms, target)
    fill = service_quantity(need, terms, target, fill_rate=True)
    assert np.all((need.units <= cycle[:, None]).mean(axis=1) >= 0.95)
    assert np.all((need.units <= (cycle - 4)[:, None]).mean(axis=1) < 0.95)
    assert np.all(lost_share(need, fill) <= 0.05)
    assert np.all(lost_share(need, fill - 4) > 0.05)
    assert np.all(fill <= cycle)


def test_lost_sales_need_less_than_waiting_customers() -> None:
    before, ahead = np.array([[10.0, 20.0]]), np.array([[5.0, 5.0]])
    stock = np.array([12.0])
    assert net_need(before, ahead, stock, lost_sales=False).tolist() == [[3.0, 13.0]]
    assert net_need(before, ahead, stock, lost_sales=True).tolist() == [[3.0, 5.0]]


def test_an_order_cost_makes_orders_larger_and_rarer() -> None:
    need, costly = make_need(stock=0.0), make_terms(6, order_cost=200.0)
    batch = economic_quantity(need, costly)
    assert batch == pytest.approx(np.sqrt(2 * 200 * need.rate))
    assert np.all(least_cost_quantity(need, costly) > least_cost_quantity(need, make_terms(6)))
    little = Need(
        need.units - need.units.max() + 1, need.ahead, 1.0, need.rate
    )  # one unit short at the worst
    assert np.all(least_cost_quantity(little, costly) == 0)


def brute_force(need: Need, terms: Terms, wanted: np.ndarray, money: float) -> float:
    """Least expected cost of all combinations of packs that the money pays."""
    options = [np.arange(0, w / p + 1) * p for w, p in zip(wanted, terms.pack, strict=True)]
    best = np.inf
    for combination in itertools.product(*options):
        quantity = np.array(combination)
        if quantity @ terms.unit_cost <= money + 1e-9:
            best = min(best, expected_cost(need, terms, quantity).sum())
    return best


@pytest.mark.parametrize("seed", range(4))
def test_budget_is_optimal_where_packs_cost_the_same(seed: int) -> None:
    need, terms = make_need(3, seed, stock=10.0), make_terms(3, pack=6.0)
    wanted = least_cost_quantity(need, terms)
    for money in (0.0, 18.0, 42.0, 60.0):
        found = within_budget(order_steps(need, terms, wanted), terms.unit_cost, money)
        assert found @ terms.unit_cost <= money
        cost = expected_cost(need, terms, found).sum()
        assert cost == pytest.approx(brute_force(need, terms, wanted, money))


@pytest.mark.parametrize("seed", range(4))
def test_budget_with_unequal_packs_misses_less_than_one_step(seed: int) -> None:
    need = make_need(3, seed, stock=10.0)
    rng = np.random.default_rng(seed)
    terms = make_terms(3)
    terms = Terms(terms.shortage, terms.holding, rng.uniform(1, 4, 3), terms.waste, terms.order_cost,
                  np.array([5.0, 8.0, 12.0]), terms.minimum)  # fmt: skip
    wanted = least_cost_quantity(need, terms)
    steps = order_steps(need, terms, wanted)
    largest = max(max(np.diff([0.0, *step.savings]), default=0.0) for step in steps)
    for money in (20.0, 50.0, 90.0):
        found = within_budget(steps, terms.unit_cost, money)
        assert found @ terms.unit_cost <= money
        gap = expected_cost(need, terms, found).sum() - brute_force(need, terms, wanted, money)
        assert -1e-9 <= gap < largest


def test_a_better_later_step_is_not_hidden_behind_a_poor_first_one() -> None:
    poor_then_good = Steps([1.0, 2.0], [0.1, 20.0])
    steady = Steps([1.0, 2.0], [5.0, 9.0])
    found = within_budget([poor_then_good, steady], np.ones(2), 2.0)
    assert found.tolist() == [2.0, 0.0]


def test_what_does_not_fit_leaves_money_for_smaller_orders() -> None:
    found = within_budget([Steps([10.0], [100.0]), Steps([2.0], [3.0])], np.ones(2), 5.0)
    assert found.tolist() == [0.0, 2.0]
