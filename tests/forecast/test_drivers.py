"""Effects of price, promotion, holidays, season and trend: planted ones are found, absent ones are not."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from driven_shop import driven_shop, with_total
from order_tables import MONDAY, read, write

from unmet.core.errors import InputError
from unmet.forecast.driver_design import common_design
from unmet.forecast.driver_effects import WHY_NOT
from unmet.forecast.driver_model import PRICE, DriverData, fit_drivers_in_turns
from unmet.forecast.drivers import fit_drivers
from unmet.forecast.drivers_page import driver_words
from unmet.forecast.holiday_days import holiday_days
from unmet.forecast.partial_pooling import between_variance, partially_pooled
from unmet.forecast.periods import next_periods

ASKED = {"horizon": 4, "freq": "W-MON"}


def test_planted_effects_are_found_with_their_intervals() -> None:
    held = []
    for seed in range(8):
        shop = driven_shop(seed)
        found = fit_drivers(shop.demand, shop.series, **ASKED)
        price, promotion = found.price.estimate, found.promotion.estimate
        assert price is not None
        assert promotion is not None
        assert price.value == pytest.approx(-2.0, abs=0.3)
        assert promotion.value == pytest.approx(0.5, abs=0.08)
        held += [price.low <= -2.0 <= price.high, promotion.low <= 0.5 <= promotion.high]
        assert set(found.price.by_category) == {"c0", "c1"}
    assert sum(held) >= 13  # of 16, at 95%: fewer come by chance once in 300


def test_no_effect_is_found_where_there_is_none() -> None:
    wrong = 0
    for seed in range(8):
        shop = driven_shop(seed, elasticity=0.0, spread=0.0, promotion=0.0)
        found = fit_drivers(shop.demand, shop.series, **ASKED)
        assert found.price.estimate is not None
        assert abs(found.price.estimate.value) < 0.2
        wrong += not found.price.estimate.low <= 0.0 <= found.price.estimate.high
    assert wrong <= 2


def test_products_are_drawn_together_but_keep_what_they_show() -> None:
    shop = driven_shop(1, n=40, weeks=60, spread=0.8, level=2.5)
    found = fit_drivers(shop.demand, shop.series, **ASKED)
    assert found.price.estimate is not None

    def error(guess: np.ndarray | float) -> float:
        return float(np.sqrt(np.mean((guess - shop.elasticity) ** 2)))

    pooled = error(found.fit.own[:, PRICE])
    assert pooled < error(found.price.estimate.value)
    assert pooled < error(found.alone[:, 0])
    inside = np.abs(found.fit.own[:, PRICE] - shop.elasticity) <= 1.96 * found.sd[:, 0]
    assert inside.mean() >= 0.85


def test_busy_weeks_are_not_taken_for_the_effect_of_their_prices() -> None:
    """Half of all products are on sale in weeks that are busy anyway: a trap for a plain regression."""
    rng = np.random.default_rng(5)
    busy = (rng.random(110) < 0.2).astype(float)
    prices = -0.25 * (rng.random((20, 110)) < 0.1 + 0.4 * busy)
    shop = driven_shop(2, common=0.6 * busy, log_price=prices)
    found = fit_drivers(shop.demand, shop.series, **ASKED)
    assert found.price.estimate is not None
    assert found.price.estimate.value == pytest.approx(-2.0, abs=0.3)
    units = np.log(shop.demand["quantity"].to_numpy().reshape(20, -1) + 0.5)
    x, y = prices - prices.mean(axis=1, keepdims=True), units - units.mean(axis=1, keepdims=True)
    assert float((x * y).sum() / (x * x).sum()) < -2.5  # the trap works


def test_unobserved_periods_teach_nothing() -> None:
    shop = driven_shop(3)
    closed = pl.col("period_start").is_in(shop.starts[20:24])
    gaps = shop.demand.with_columns(observed=~closed)
    wild = gaps.with_columns(quantity=pl.when(closed).then(1e6).otherwise("quantity"))
    first, second = (fit_drivers(table, shop.series, **ASKED) for table in (gaps, wild))
    np.testing.assert_allclose(first.fit.own, second.fit.own)


@pytest.mark.parametrize(
    ("settings", "change", "reason"),
    [
        ({}, {"price": None}, "no_prices"),
        ({"step": 0.001}, {}, "price_hardly_varies"),
        ({"weeks": 10}, {}, "too_short"),
        ({"n": 1, "level": 0.0, "weeks": 24, "elasticity": 0.0, "step": 0.06}, {}, "too_uncertain"),
    ],
)
def test_what_cannot_be_told_is_said_with_its_reason(settings, change, reason) -> None:
    shop = driven_shop(0, **settings)
    demand = shop.demand.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in change)
    found = fit_drivers(demand, shop.series, **ASKED)
    assert found.price.estimate is None
    assert found.price.reason == reason
    said = found.to_dict()["price"]
    assert (said["told"], said["why_not"]) == (False, WHY_NOT[reason])
    assert (found.fit.own[:, PRICE] == 0).all()
    assert found.table()["elasticity"].null_count() == len(found.ids)


def test_reasons_have_words_in_both_languages() -> None:
    for language in ("en", "zh"):
        assert {f"why_{code}" for code in WHY_NOT} <= set(driver_words(language))
    assert driver_words("en").keys() == driver_words("zh").keys()
    assert {code: driver_words("en")[f"why_{code}"] for code in WHY_NOT} == WHY_NOT


def test_a_one_time_price_change_is_no_evidence() -> None:
    prices = np.zeros((20, 110))
    prices[:, 50:] = -0.3
    shop = driven_shop(0, log_price=prices, common=np.linspace(0, 1, 110))
    assert fit_drivers(shop.demand, shop.series, **ASKED).price.reason == "price_hardly_varies"


def test_sums_of_products_take_over_what_products_say() -> None:
    shop = driven_shop(4)
    demand, series, _ = with_total(shop)
    alone = fit_drivers(shop.demand, shop.series, **ASKED)
    both = fit_drivers(demand, series, **ASKED, shared=shop.series["series_id"].to_list())
    assert both.price.estimate is not None
    assert alone.price.estimate is not None
    assert both.price.estimate.value == pytest.approx(alone.price.estimate.value, abs=1e-3)
    assert both.price.n_own == alone.price.n_own


def test_a_holiday_is_found_and_other_days_are_not() -> None:
    starts = [date(2022, 1, 3), *next_periods(date(2022, 1, 3), "W-MON", 155)]
    feast = [any(start + timedelta(days=k) == date(start.year, 7, 4) for k in range(7)) for start in starts]
    shop = driven_shop(0, weeks=156, common=0.5 * np.array(feast, dtype=float))
    found = fit_drivers(shop.demand, shop.series, **ASKED, country="us")
    effects = {effect.name: effect for effect in found.holidays}
    day = effects["Independence Day"]
    assert day.times_seen == 3
    assert day.on is not None
    assert day.on.value == pytest.approx(np.expm1(0.5), abs=0.15)
    assert day.on.low > 0.2
    others = [e.on for e in found.holidays if e.name != "Independence Day" and e.on]
    assert sum(e.low * e.high > 0 for e in others) <= len(others) // 4
    assert found.to_dict()["holidays"]["country"] == "us"


def test_season_and_trend() -> None:
    place = np.arange(130)
    shop = driven_shop(0, weeks=130, common=0.4 * np.cos(2 * np.pi * place / 52.18) + 0.3 * place / 52.18)
    told = fit_drivers(shop.demand, shop.series, **ASKED).to_dict()
    assert told["season"]["highest"]["lift"]["value"] == pytest.approx(np.expm1(0.4), abs=0.12)
    assert date.fromisoformat(told["season"]["highest"]["period"]).month in (12, 1)
    assert told["trend"]["change"]["value"] == pytest.approx(np.expm1(0.3), abs=0.12)
    short = driven_shop(0, weeks=52)
    assert fit_drivers(short.demand, short.series, **ASKED).to_dict()["season"] == {
        "told": False,
        "why_not": WHY_NOT["history_under_15_months"],
    }


def test_same_input_same_drivers() -> None:
    shop = driven_shop(6, n=12)
    first, second = (fit_drivers(shop.demand, shop.series, **ASKED) for _ in range(2))
    assert first.to_dict() == second.to_dict()
    assert first.table().equals(second.table())


@pytest.mark.parametrize("weeks", [2, 3, 5])
def test_any_history_gives_finite_parts(weeks) -> None:
    shop = driven_shop(0, n=3, weeks=weeks)
    demand = shop.demand.with_columns(
        quantity=pl.when(pl.col("series_id") == "p00").then(0.0).otherwise("quantity")
    )
    found = fit_drivers(demand, shop.series, **ASKED, country="CN")
    assert all(np.isfinite(values).all() for values in found.log_parts(*found.ahead()).values())


def test_one_series_is_fitted_like_a_generalised_linear_model() -> None:
    """The Newton steps against statsmodels, for the dispersion that was found."""
    sm = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(0)
    n_periods = 150
    price = 0.2 * rng.normal(size=(1, n_periods))
    promotion = (rng.random((1, n_periods)) < 0.2).astype(float)
    years = np.linspace(-1.4, 1.4, n_periods)
    mean = np.exp(6 + 0.2 * years - 1.7 * price + 0.4 * promotion)
    units = rng.poisson(mean * rng.gamma(20, 1 / 20, mean.shape)).astype(float)
    starts = [date(2021, 1, 4), *next_periods(date(2021, 1, 4), "W-MON", n_periods - 1)]
    design = common_design(starts, [], "W-MON")
    nobody = np.zeros(1, dtype=bool)
    data = DriverData(units, price, promotion, years, nobody, design)
    fit = fit_drivers_in_turns(data, np.zeros((1, 2)), np.ones((1, 2), dtype=bool))
    columns = np.column_stack([np.ones(n_periods), years, price[0], promotion[0]])
    family = sm.families.NegativeBinomial(alpha=float(fit.dispersion[0]))
    oracle = sm.GLM(units[0], columns, family=family).fit()
    np.testing.assert_allclose(fit.own[0], oracle.params, atol=0.01)
    assert fit.variance[0, 0] >= oracle.bse[2] ** 2 * 0.95


def test_pooling_agrees_with_a_meta_analysis_library() -> None:
    meta = pytest.importorskip("statsmodels.stats.meta_analysis")
    rng = np.random.default_rng(1)
    variance = rng.uniform(0.01, 0.2, 15)
    values = rng.normal(-2, 0.4, 15) + np.sqrt(variance) * rng.normal(size=15)
    oracle = meta.combine_effects(values, variance, method_re="dl")
    assert between_variance(values, variance) == pytest.approx(oracle.tau2)
    alone = np.ones(15, dtype=bool)
    pooled = partially_pooled(
        values, variance, alone, np.zeros(15, dtype=np.int64), np.arange(15), replicates=200
    )
    assert pooled.shop.value == pytest.approx(oracle.mean_effect_re)
    # Each value moves towards the mean, the less sure ones further.
    moved = (pooled.value - values) / (pooled.groups[0].value - values)
    assert ((moved > 0) & (moved < 1)).all()
    assert (np.diff(moved[np.argsort(variance)]) > 0).all()


def test_pooling_with_one_cluster_and_without_evidence() -> None:
    some = np.array([True, False, False])
    pooled = partially_pooled(
        np.array([-2.0, 9.0, 9.0]), np.array([0.04, 1.0, 1.0]), some, np.array([1, 1, 2]), np.arange(3)
    )
    assert pooled.value.tolist() == pytest.approx([-2.0, -2.0, -2.0])
    assert pooled.shop.high - pooled.shop.low == pytest.approx(2 * 1.96 * 0.2)
    assert (pooled.sd > 0).all()


def test_holidays_by_name() -> None:
    found = {h.name: h for h in holiday_days("GB", date(2022, 1, 1), date(2024, 12, 31))}
    assert date(2024, 11, 29) in found["Black Friday"].days
    assert found["Cyber Monday"].days[0] == date(2022, 11, 28)
    assert found["Christmas Day"].occurrences()[0] in (
        (date(2022, 12, 25),),
        (date(2022, 12, 25), date(2022, 12, 27)),
    )
    chinese = {h.name: h for h in holiday_days("cn", date(2024, 1, 1), date(2024, 12, 31))}
    assert chinese["Double 11"].local == "双十一"
    assert any(h.local == "春节" for h in chinese.values())
    assert not any(name.startswith("Day off") for name in chinese)
    assert "Double 12" not in {h.name for h in holiday_days("CN", date(2011, 1, 1), date(2011, 12, 31))}


@pytest.mark.parametrize("country", ["XX", "England", ""])
def test_no_such_country(country) -> None:
    with pytest.raises(InputError, match="no holidays are known"):
        holiday_days(country, date(2024, 1, 1), date(2024, 12, 31))


def test_a_holiday_is_shared_between_the_periods_it_touches() -> None:
    starts = [date(2024, 9, 30), date(2024, 10, 7)]
    feasts = holiday_days("CN", starts[0], date(2024, 10, 13))
    design = common_design(starts, [], "W-MON", feasts)
    golden = next(h for h in feasts if h.name == "National Day")
    on = design.columns[:, design.names.index("National Day|on")]
    assert on.sum() == pytest.approx(1.0)
    assert on[0] == pytest.approx(np.mean([day < starts[1] for day in golden.days]))


def lines_with_prices(discount: float, n_weeks: int = 60, step: float = 0.0) -> list[str]:
    """Lines of a shop in which price changes nothing; large orders are cheaper by ``discount``."""
    rng = np.random.default_rng(0)
    found = []
    posted = dict.fromkeys(("A1", "B2", "C3", "D4"), 5.0)
    for day in range(7 * n_weeks):
        for product in posted:
            if day % 7 == 0:
                posted[product] = 5.0 * float(np.exp(step * rng.choice([0.0, -1.0, 0.5])))
            for _ in range(rng.poisson(2.0)):
                units = int(rng.choice([1, 2, 40], p=[0.5, 0.4, 0.1]))
                price = posted[product] * (1 - discount * (units == 40))
                at = MONDAY + timedelta(days=day)
                found.append(f"{len(found)},{at},{product},Name {product},{units},{price:.2f},c,tools")
    return found


@pytest.mark.parametrize("discount", [0.0, 0.2])
def test_cheaper_large_orders_are_not_taken_for_an_effect_of_price(tmp_path, discount) -> None:
    orders = read(write(tmp_path / "o.csv", lines_with_prices(discount)), freq="W-MON", cap_outliers=False)
    noise = dict(orders.price_noise.iter_rows())
    if discount:
        unguarded = fit_drivers(orders.demand, orders.series, **ASKED).price.estimate
        assert unguarded is not None
        assert unguarded.high < -1  # the trap works
        assert min(noise.values()) > 1e-3
    else:
        assert max(noise.values()) == 0
    found = fit_drivers(orders.demand, orders.series, **ASKED, price_noise=orders.price_noise).price
    assert found.estimate is None
    assert found.reason == ("many_prices_at_once" if discount else "price_hardly_varies")


def test_posted_prices_that_move_are_evidence(tmp_path) -> None:
    lines = lines_with_prices(0.0, step=0.2)
    orders = read(write(tmp_path / "o.csv", lines), freq="W-MON", cap_outliers=False)
    found = fit_drivers(orders.demand, orders.series, **ASKED, price_noise=orders.price_noise).price
    assert found.estimate is not None
    assert found.n_own == 4
    assert found.estimate.low < 0 < found.estimate.high
