from datetime import date, datetime

import numpy as np
import polars as pl
import pytest

from unmet.core.errors import InputError
from unmet.forecast.signal_design import Stage, design
from unmet.forecast.signal_gains import SIGNAL_GAINS, SignalTestConfig, common, measure_signals
from unmet.forecast.signals import SIGNALS, SignalCube, known_at, shuffled, signal_cube, signal_table

CONFIG = SignalTestConfig(n_placebos=39, replicates=200)


def cube_of(total: np.ndarray, weight: float = 20.0, names: list[str] | None = None) -> SignalCube:
    found = names or [f"need:{place}" for place in range(total.shape[2])]
    return SignalCube(total, np.full_like(total, weight), found)


def panel(effect: float, seed: int, n: int = 6, weeks: int = 130) -> tuple[np.ndarray, SignalCube]:
    """Six products over 130 weeks; the share of complaints changes log demand two weeks later."""
    rng = np.random.default_rng(seed)
    swing = np.zeros((n, weeks))
    for week in range(1, weeks):
        swing[:, week] = 0.9 * swing[:, week - 1] + 0.45 * rng.normal(size=n)
    rate = 0.35 / (1 + np.exp(-swing))
    lagged = swing[:, np.maximum(np.arange(weeks) - 2, 0)]
    units = rng.poisson(np.exp(3.5 + effect * lagged + 0.1 * rng.normal(size=swing.shape)))
    return units.astype(float), cube_of(rng.binomial(20, rate).astype(float)[:, :, None])


def test_changing_the_future_changes_nothing_that_was_known() -> None:
    rng = np.random.default_rng(0)
    total = rng.integers(0, 20, (3, 40, 2)).astype(float)
    before = known_at(cube_of(total))
    changed = total.copy()
    changed[:, 20:] = 20 - changed[:, 20:]
    after = known_at(cube_of(changed))
    assert before.shape == (3, 41, 2)
    assert np.array_equal(before[:, :21], after[:, :21])  # period 20 knows up to 19
    assert (np.abs(after[:, 21] - before[:, 21]) > 0).any()
    assert (before[:, 0] == 0).all()


def test_a_signal_is_what_has_moved() -> None:
    steady = np.full((1, 40, 1), 6.0)
    assert np.abs(known_at(cube_of(steady))[0, 20:]).max() < 1e-3  # 6 of 20, always
    jump = steady.copy()
    jump[:, 30:] = 14.0
    known = known_at(cube_of(jump))[0, :, 0]
    assert abs(known[30]) < 1e-3
    assert 0.1 < known[31] < known[34] < 0.4  # less than the jump: few texts are pulled to the usual


def test_periods_without_texts_say_nothing() -> None:
    total, weight = np.zeros((2, 1, 8, 1))
    total[0, 0], weight[0, 0] = 10.0, 20.0
    known = known_at(SignalCube(total, weight, ["need:a"]))[0, :, 0]
    assert np.allclose(known, 0.0)


def test_planted_signals_are_kept_and_their_placebos_gain_nothing() -> None:
    result = measure_signals(*panel(-0.4, 1), ["a"] * 6, CONFIG)
    assert result.schema == pl.Schema(SIGNAL_GAINS)
    row = result.row(0, named=True)
    assert row["kept"]
    assert row["gain_low"] > 0
    assert row["placebo_low"] <= 0 <= row["placebo_high"]
    assert row["p_value"] == pytest.approx(1 / 40)


def test_signals_without_effect_are_dropped() -> None:
    rows = pl.concat([measure_signals(*panel(0.0, seed), ["a"] * 6, CONFIG) for seed in range(8)])
    assert rows["kept"].sum() <= 1
    assert rows["p_value"].mean() > 0.25


def test_one_coefficient_serves_all_products() -> None:
    """Each product alone has too little; together they show it."""
    units, cube = panel(-0.12, 6, n=12)
    whole = measure_signals(units, cube, ["a"] * 12, CONFIG)
    alone = measure_signals(units, cube, [f"a{place:02d}" for place in range(12)], CONFIG)
    assert whole["kept"][0]
    assert alone["kept"].sum() < 6


def test_the_test_does_not_see_signals_of_the_future() -> None:
    units, cube = panel(-0.5, 2)
    short = SignalTestConfig(n_placebos=1, replicates=50)
    early = SignalCube(cube.total[:, :100], cube.weight[:, :100], cube.names)
    a = measure_signals(units[:, :100], early, ["a"] * 6, short)
    total = early.total.copy()
    total[:, 96:] = 20 - total[:, 96:]  # the last origin, 96, knows up to 95
    b = measure_signals(units[:, :100], SignalCube(total, early.weight, cube.names), ["a"] * 6, short)
    assert a["gain"][0] == b["gain"][0]


def test_targets_after_an_origin_do_not_teach() -> None:
    units, _ = panel(-0.5, 2)
    rows = design(units, horizon=4, season=52)
    stage = Stage(rows, 80, 84, 4)
    changed = units.copy()
    changed[:, 83:] *= 50
    other = Stage(design(changed, horizon=4, season=52), 80, 84, 4)
    first = rows.period[stage.asked] == 80
    assert np.array_equal(stage.plain[first], other.plain[first])


def test_categories_are_measured_apart() -> None:
    one, two = panel(-0.5, 3), panel(0.0, 4)
    units = np.concatenate([one[0], two[0]])
    cube = cube_of(np.concatenate([one[1].total, two[1].total]))
    result = measure_signals(units, cube, ["b"] * 6 + ["a"] * 6, CONFIG)
    assert result["category"].to_list() == ["a", "b"]
    assert result["kept"].to_list() == [False, True]


def test_one_product_and_missing_periods_are_no_obstacle() -> None:
    units, cube = panel(-0.5, 5)
    units[0, :40] = np.nan
    units[1, 60:64] = np.nan
    some = measure_signals(units, cube, ["a"] * 6, CONFIG).row(0, named=True)
    assert some["kept"]
    alone = measure_signals(units[:1], cube.of(np.array([0])), ["a"], CONFIG).row(0, named=True)
    assert np.isfinite([alone["gain"], alone["placebo_gain"]]).all()


def test_days_are_counted_in_weeks() -> None:
    rng = np.random.default_rng(8)
    swing = np.zeros((6, 420))
    for day in range(1, 420):
        swing[:, day] = 0.985 * swing[:, day - 1] + 0.17 * rng.normal(size=6)
    lagged = swing[:, np.maximum(np.arange(420) - 10, 0)]
    week = 0.4 * np.sin(2 * np.pi * np.arange(420) / 7)
    units = rng.poisson(np.exp(2.0 + week - 0.5 * lagged)).astype(float)
    cube = cube_of(rng.binomial(4, 0.35 / (1 + np.exp(-swing))).astype(float)[:, :, None], 4.0)
    days = SignalTestConfig(horizon=14, season=7, span=28.0, unit=7, block=28, n_placebos=39, replicates=100)
    assert measure_signals(units, cube, ["a"] * 6, days)["kept"][0]
    assert days.away == 84


def test_too_few_periods_are_refused() -> None:
    with pytest.raises(InputError, match="too few"):
        measure_signals(np.ones((2, 20)), cube_of(np.ones((2, 20, 1))), ["a", "a"])


def test_placebos_are_the_same_courses_at_another_time() -> None:
    total = np.random.default_rng(1).normal(size=(3, 30, 2))
    other = shuffled(cube_of(total), np.random.default_rng(2)).total
    assert not np.array_equal(total, other)
    assert np.allclose(np.sort(total.reshape(-1, 2), axis=0), np.sort(other.reshape(-1, 2), axis=0))
    moved = [np.roll(total[row], shift, axis=0) for row in range(3) for shift in range(10, 21)]
    assert all(any(np.array_equal(course, other[row]) for course in moved) for row in range(3))


def test_only_common_signals_are_looked_at_and_the_later_half_does_not_choose() -> None:
    total = np.zeros((2, 40, 4))
    total[:, :20, 0], total[:, 20:, 1], total[:, :20, 2], total[:, :, 3] = 5.0, 50.0, 1.0, 9.0
    cube = cube_of(total, names=["need:a", "need:late", "need:rare", "volume"])
    config = SignalTestConfig(n_needs=1)
    assert common(cube, config).names == ["need:a", "volume"]


def test_signals_are_shares_of_texts_by_product_and_week() -> None:
    documents = pl.DataFrame(
        {
            "document_id": ["1", "2", "3", "4"],
            "product_id": ["p", "p", "p", None],
            "created_at": [
                datetime(2024, 1, 3),
                datetime(2024, 1, 5),
                datetime(2024, 1, 9),
                datetime(2024, 1, 9),
            ],
        }
    )
    mentions = pl.DataFrame(
        {
            "document_id": ["1", "1", "3", "4"],
            "need_id": ["n", "n", None, "n"],
            "category": ["battery", "battery", None, "x"],
            "polarity": ["negative", "negative", "positive", "negative"],
            "sentence_sentiment": [-1.0, -1.0, 1.0, -1.0],
        }
    )
    table = signal_table(documents, mentions, key="product_id", freq="W-MON")
    assert table.schema == pl.Schema(SIGNALS)
    weeks = [date(2024, 1, 1), date(2024, 1, 8), date(2024, 1, 15)]
    cube = signal_cube(table, ["p"], weeks)
    total, weight = (
        dict(zip(cube.names, part[0].T.tolist(), strict=True)) for part in (cube.total, cube.weight)
    )
    assert set(cube.names) == {"volume", "sentiment", "need:n", "aspect:battery"}
    assert (total["volume"], weight["volume"]) == ([2, 1, 0], [1, 1, 1])  # no text is a volume of 0
    assert (total["need:n"], weight["need:n"]) == ([1, 0, 0], [2, 1, 0])
    assert (total["sentiment"], weight["sentiment"]) == ([-2, 1, 0], [2, 1, 0])
    with pytest.raises(InputError, match="both a date"):
        signal_table(
            documents.filter(pl.col("product_id").is_null()), mentions, key="product_id", freq="W-MON"
        )
