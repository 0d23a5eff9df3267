"""The planted numbers hold: an oracle that knows the true indicators recovers them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from unmet.sample.catalogue import make_products
from unmet.sample.draws import BASE_STARS, N_WEEKS, course, draw_shop, realised_effect
from unmet.sample.planted import PLANTED, planted

PRODUCTS = make_products()
INDEX = {need.need_id: k for k, need in enumerate(PLANTED)}


def load_oracle() -> ModuleType:
    path = Path(__file__).parents[1] / "oracles" / "sample_regression.py"
    spec = importlib.util.spec_from_file_location("sample_regression_oracle", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ORACLE = load_oracle()


def coverage(n_seeds: int, *, with_effects: bool, shift: float = 0.0) -> tuple[float, float]:
    """Share of 90% oracle intervals that cover the realised effect (plus shift); mean error."""
    covered, errors = [], []
    for seed in range(n_seeds):
        draws = draw_shop(seed, 2_000, PRODUCTS, with_effects=with_effects)
        everyone = np.ones(draws.rating.size, dtype=bool)
        with threadpool_limits(1):  # many small products: threads only wait for each other
            found = ORACLE.effect_intervals(draws.states, draws.product, draws.rating, min_documents=25)
        for (need, state), (estimate, low, high) in found.items():
            _, true = realised_effect(draws, need, state, everyone)
            covered.append(low <= true + shift <= high)
            errors.append(estimate - true)
    assert len(covered) > 15 * n_seeds
    return float(np.mean(covered)), float(np.mean(errors))


def test_oracle_intervals_cover_the_realised_effects() -> None:
    share, bias = coverage(100, with_effects=True)
    assert 0.87 <= share <= 0.93
    assert abs(bias) < 0.02


def test_coverage_test_can_fail() -> None:
    share, _ = coverage(15, with_effects=True, shift=0.3)
    assert share < 0.75


def test_placebo_shop_has_no_effects() -> None:
    share, bias = coverage(40, with_effects=False)
    assert 0.86 <= share <= 0.94
    assert abs(bias) < 0.02
    draws = draw_shop(3, 2_000, PRODUCTS, with_effects=False)
    assert not draws.effects.any()


def test_realised_effect_is_the_difference_of_expected_recorded_ratings() -> None:
    draws = draw_shop(1, 3_000, PRODUCTS)
    need = INDEX["charging_heat"]
    rows = np.flatnonzero(draws.states[:, need] == 1)
    differences = []
    for i in rows:  # one by one, from the definition
        latent = draws.base[i] + sum(draws.effects[k, s] for k, s in enumerate(draws.states[i]))
        without = latent - draws.effects[need, 1]
        differences.append(min(max(latent, 1), 5) - min(max(without, 1), 5))
    documents, effect = realised_effect(draws, need, 1, np.ones(3_000, dtype=bool))
    assert documents == rows.size > 30
    assert effect == pytest.approx(np.mean(differences))
    assert -2.0 <= effect < -1.6


def test_rounding_is_unbiased_and_clamping_is_rare() -> None:
    gaps, clamped = [], []
    for seed in range(20):
        draws = draw_shop(seed, 4_000, PRODUCTS)
        latent = draws.latent()
        gaps.append(np.mean(draws.rating - np.clip(latent, 1, 5)))
        clamped.append(np.mean((latent < 1) | (latent > 5)))
        assert set(np.unique(draws.rating)) <= {1, 2, 3, 4, 5}
    assert abs(np.mean(gaps)) < 4 * 0.4 / np.sqrt(80_000)
    assert np.mean(clamped) < 0.05


def test_loud_need_is_loudest_and_quiet_need_is_quiet_in_every_seed() -> None:
    shares = []
    for seed in range(40):
        complaining = (draw_shop(seed, 6_000, PRODUCTS).states == 1).mean(axis=0)
        assert np.argmax(complaining) == INDEX["packaging"]
        shares.append(complaining[INDEX["charging_heat"]])
    assert 0.015 <= np.mean(shares) <= 0.025
    assert max(shares) < 0.05
    effects = [need.penalty for need in PLANTED]
    assert planted("charging_heat").penalty == min(effects)
    assert planted("packaging").effects == (0.0, 0.0, 0.0)


def test_trends_rise_fade_and_peak_in_summer() -> None:
    days = np.arange(731)
    for trend in ("flat", "rising", "fading", "summer"):
        assert course(trend, days).mean() == pytest.approx(1.0, abs=0.02)
        assert course(trend, days).min() > 0
    assert 180 < np.argmax(course("summer", days[:365])) < 200
    draws = draw_shop(5, 20_000, PRODUCTS)
    early, late = draws.day < 365, draws.day >= 365

    def share(need: str, rows: np.ndarray) -> float:
        inside = np.array([product.category in planted(need).categories for product in PRODUCTS])
        return float((draws.states[rows & inside[draws.product], INDEX[need]] == 1).mean())

    assert share("battery_life", late) > 1.5 * share("battery_life", early)
    assert share("app_setup", early) > 1.5 * share("app_setup", late)
    summer = np.isin(draws.day % 365 // 30, (5, 6, 7))
    assert share("rain_soak", summer) > 1.6 * share("rain_soak", ~summer)


def test_complaints_lower_demand_after_their_lag() -> None:
    draws = draw_shop(2, 6_000, PRODUCTS)
    placebo = draw_shop(2, 6_000, PRODUCTS, with_effects=False)
    ratio = np.log(draws.demand) - np.log(placebo.demand)
    weeks = np.arange(N_WEEKS)
    expected = np.zeros_like(ratio)
    for k, need in enumerate(PLANTED):
        lagged = draws.rates[k][:, np.maximum(weeks - need.lag_weeks, 0)]
        expected += need.demand_effect * (lagged - need.complaint_rate) / 0.10 * (lagged > 0)
    difference = ratio - expected  # one constant: total orders are the same in both shops
    assert np.ptp(difference) < 1e-9
    assert expected.std() > 0.05


def test_base_is_free_of_mentions() -> None:
    draws = draw_shop(0, 6_000, PRODUCTS)
    assert draws.base.mean() == pytest.approx(BASE_STARS, abs=0.12)
    mentioning = (draws.states > 0).any(axis=1)
    assert abs(draws.base[mentioning].mean() - draws.base[~mentioning].mean()) < 0.08


def test_incidents_change_rates_over_time_and_nothing_without_them() -> None:
    plain, other = draw_shop(4, 6_000, PRODUCTS), draw_shop(4, 6_000, PRODUCTS, with_incidents=True)
    costly = np.array([need.demand_effect != 0 for need in PLANTED])
    inside = plain.rates.max(axis=2) > 0
    steady = np.array([need.trend == "flat" for need in PLANTED])
    spread = [(shop.rates.std(axis=2) / np.maximum(shop.rates.mean(axis=2), 1e-9)) for shop in (plain, other)]
    assert (spread[0][steady] < 1e-9).all()
    assert np.median(spread[1][costly][inside[costly]]) > 0.3
    assert np.array_equal(plain.rates[~costly], other.rates[~costly])
    # The mean over the weeks stays, but for rates that reach the cap.
    ratio = other.rates.mean(axis=2)[costly & steady] / np.maximum(
        plain.rates.mean(axis=2)[costly & steady], 1e-9
    )
    assert np.median(ratio[inside[costly & steady]]) == pytest.approx(1.0, abs=0.02)
    assert draw_shop(4, 6_000, PRODUCTS).rating.tolist() == plain.rating.tolist()


def test_incidents_lower_orders_in_the_weeks_after_them() -> None:
    drawn = draw_shop(4, 60_000, PRODUCTS, with_incidents=True)
    for need in (planted("gets_stuck"), planted("pot_coating")):
        k = [item.need_id for item in PLANTED].index(need.need_id)
        slopes = []
        for p, product in enumerate(PRODUCTS):
            if product.category in need.categories:
                rate = drawn.rates[k, p, : N_WEEKS - need.lag_weeks]
                logs = np.log(drawn.demand[p, need.lag_weeks :])
                slopes.append(np.polyfit(rate, logs, 1)[0] * 0.10)
        assert np.mean(slopes) == pytest.approx(need.demand_effect, abs=0.1)
