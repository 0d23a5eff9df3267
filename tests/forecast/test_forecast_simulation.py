"""The game: books that add up, no look-ahead, costs as announced."""

from __future__ import annotations

import numpy as np
import pytest

from unmet.forecast.inventory.comparing import saving
from unmet.forecast.inventory.simulation import Rules, View, order_up_to_policy, simulate


def recent(view: View) -> np.ndarray:
    return view.past[:, -3:].mean(axis=1) * 2 - view.position


def test_a_game_by_hand() -> None:
    demand = np.array([[4.0, 4.0, 10.0, 2.0, 3.0]])
    rules = Rules(shortage=9.0, holding=1.0, lead_time=1)
    policy = order_up_to_policy(lambda t, past: np.array([8.0]))
    result = simulate(demand, policy, rules, begin=1, score_from=1, stock=np.array([5.0]))
    # Ordered 3, 4, 4, 2 of which the first three arrive a period later; at hand 5, 4, 4, 6 before demand.
    assert result.orders.tolist() == [[0.0, 3.0, 4.0, 4.0, 2.0]]
    assert result.short.tolist() == [6.0]
    assert result.mean_stock.tolist() == [(1 + 0 + 2 + 3) / 4]
    assert result.cost.tolist() == [9.0 * 6 + 1.0 * 6]
    assert result.fill_rate == pytest.approx(1 - 6 / 19)
    assert result.stock_turns == pytest.approx(13 / 4 * 52 / 1.5)


def test_customers_who_wait_are_served_later_and_cost_every_period() -> None:
    demand = np.array([[1.0, 5.0, 0.0, 0.0]])  # two of the five wait from period 1 until period 3
    rules = Rules(shortage=2.0, holding=1.0, lead_time=1, lost_sales=False)
    policy = order_up_to_policy(lambda t, past: np.array([3.0]))
    result = simulate(demand, policy, rules, begin=1, score_from=1, stock=np.array([3.0]))
    assert result.short.tolist() == [2.0]
    assert result.shortage_cost.tolist() == [2.0 * (2 + 2)]
    assert result.orders.tolist() == [[0.0, 0.0, 5.0, 0.0]]
    assert result.holding_cost.tolist() == [3.0]  # 5 arrive in the last period, 2 of them are owed


def test_nothing_is_made_or_lost() -> None:
    rng = np.random.default_rng(0)
    demand = rng.poisson(5, (20, 40)).astype(float)
    start = np.full(20, 12.0)
    rules = Rules(shortage=1.0, holding=1.0, lead_time=0, pack=3.0)
    result = simulate(demand, recent, rules, begin=4, score_from=4, stock=start)
    last = simulate(demand, recent, rules, begin=4, score_from=39, stock=start).mean_stock
    sold = result.demand - result.short
    assert start + result.orders.sum(axis=1) - sold == pytest.approx(last)
    assert np.all(result.orders % 3 == 0)


def test_orders_do_not_depend_on_what_comes_later() -> None:
    """Changing demand from period 20 on must leave every order up to period 20 as it was."""
    rng = np.random.default_rng(1)
    demand = rng.poisson(8, (15, 30)).astype(float)
    changed = demand.copy()
    changed[:, 20:] *= 50
    rules = Rules(shortage=9.0, holding=1.0, lead_time=2)
    one, other = (simulate(d, recent, rules, begin=5).orders for d in (demand, changed))
    assert np.array_equal(one[:, :21], other[:, :21])
    assert not np.array_equal(one[:, 21:], other[:, 21:])

    def cheat(view: View) -> np.ndarray:  # the same test finds a policy that looks ahead
        return cheat.future[:, view.period] - view.position

    orders = []
    for cheat.future in (demand, changed):
        orders.append(simulate(cheat.future, cheat, rules, begin=5).orders)
    assert not np.array_equal(orders[0][:, :21], orders[1][:, :21])


def test_a_policy_cannot_change_history() -> None:
    demand = np.full((2, 10), 3.0)

    def vandal(view: View) -> np.ndarray:
        view.past[:] = 0
        view.position[:] = 1e9
        return np.full(2, 3.0)

    simulate(demand, vandal, Rules(1.0, 1.0), begin=2)
    assert np.all(demand == 3.0)


def test_order_cost_and_review_are_counted() -> None:
    demand = np.full((1, 13), 2.0)
    rules = Rules(shortage=1.0, holding=0.0, lead_time=0, review=3, order_cost=7.0, minimum=6.0)
    policy = order_up_to_policy(lambda t, past: np.array([6.0]))
    result = simulate(demand, policy, rules, begin=1, score_from=1, stock=np.zeros(1))
    assert np.flatnonzero(result.orders[0]).tolist() == [1, 4, 7, 10]
    assert result.order_cost.tolist() == [28.0]
    assert result.fill_rate == 1.0


def test_a_reorder_point_waits() -> None:
    demand = np.full((1, 12), 2.0)
    policy = order_up_to_policy(lambda t, past: np.array([12.0]), lambda t, past: np.array([5.0]))
    result = simulate(
        demand, policy, Rules(1.0, 1.0, lead_time=0), begin=1, score_from=1, stock=np.array([12.0])
    )
    assert result.orders[0, result.orders[0] > 0].tolist() == [8.0, 8.0]


def test_nothing_to_score_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to score"):
        simulate(np.ones((1, 5)), recent, Rules(1.0, 1.0, lead_time=3), begin=2)


def test_saving_has_an_interval_that_shrinks_to_the_truth() -> None:
    rng = np.random.default_rng(2)
    other = rng.gamma(2.0, 5.0, 2000)
    found = saving(other * 0.8 * rng.uniform(0.9, 1.1, 2000), other)
    assert found.low < 0.2 < found.high
    assert found.high - found.low < 0.01
    equal = saving(other, other)
    assert (equal.value, equal.low, equal.high) == (0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="products"):
        saving(other[:3], other)
