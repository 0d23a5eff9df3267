from datetime import date, datetime

import numpy as np
import polars as pl
import pytest

from unmet.core.errors import InputError
from unmet.forecast.signal_gains import SIGNAL_GAINS, SignalTestConfig, measure_signals
from unmet.forecast.signals import SIGNALS, known_at, shuffled, signal_cube, signal_table

CONFIG = SignalTestConfig(n_placebos=2, replicates=300)


def panel(effect: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Six products over 130 weeks; the signal changes log demand two weeks later."""
    rng = np.random.default_rng(seed)
    swing = np.zeros((6, 130))
    for week in range(1, 130):
        swing[:, week] = 0.9 * swing[:, week - 1] + 0.45 * rng.normal(size=6)
    lagged = swing[:, np.maximum(np.arange(130) - 2, 0)]
    units = rng.poisson(np.exp(3.5 + effect * lagged + 0.1 * rng.normal(size=swing.shape)))
    return units.astype(float), (swing + 0.1 * rng.normal(size=swing.shape))[:, :, None]


def test_changing_the_future_changes_nothing_that_was_known() -> None:
    cube = np.random.default_rng(0).normal(size=(3, 40, 2))
    before = known_at(cube)
    changed = cube.copy()
    changed[:, 20:] += 100
    after = known_at(changed)
    assert np.array_equal(before[:, :21], after[:, :21], equal_nan=True)  # period 20 knows up to 19
    assert (np.abs(after[:, 21] - before[:, 21]) > 1).all()
    assert np.isnan(before[:, 0]).all()


def test_periods_without_texts_do_not_count() -> None:
    cube = np.array([[[2.0], [np.nan], [np.nan], [np.nan]]])
    assert known_at(cube)[0, 1:, 0].tolist() == [2.0, 2.0, 2.0]


def test_planted_signals_are_kept_and_their_placebo_is_not() -> None:
    result = measure_signals(*panel(-0.5, 1), ["a"] * 6, CONFIG)
    assert result.schema == pl.Schema(SIGNAL_GAINS)
    row = result.row(0, named=True)
    assert row["kept"]
    assert row["gain_low"] > 0
    assert row["placebo_low"] <= 0


def test_signals_without_effect_are_dropped() -> None:
    kept = [measure_signals(*panel(0.0, seed), ["a"] * 6, CONFIG)["kept"][0] for seed in range(6)]
    assert sum(kept) <= 1


def test_the_test_does_not_see_signals_of_the_future() -> None:
    units, cube = panel(-0.5, 2)
    ahead = np.roll(cube, -30, axis=1)
    ahead[:, -30:] = np.nan
    short = SignalTestConfig(n_placebos=1, replicates=50)
    a = measure_signals(units[:, :100], cube[:, :100], ["a"] * 6, short)
    changed = cube.copy()
    changed[:, 97:] += 1000  # the last origin, 96, knows up to 95
    b = measure_signals(units[:, :100], changed[:, :100], ["a"] * 6, short)
    assert a["gain"][0] == b["gain"][0]


def test_categories_are_measured_apart() -> None:
    one, two = panel(-0.5, 3), panel(0.0, 4)
    units, cube = np.concatenate([one[0], two[0]]), np.concatenate([one[1], two[1]])
    result = measure_signals(units, cube, ["b"] * 6 + ["a"] * 6, CONFIG)
    assert result["category"].to_list() == ["a", "b"]
    assert result["kept"].to_list() == [False, True]


def test_too_few_periods_are_refused() -> None:
    with pytest.raises(InputError, match="too few"):
        measure_signals(np.ones((2, 20)), np.ones((2, 20, 1)), ["a", "a"])


def test_placebos_keep_every_value_of_a_product() -> None:
    cube = np.random.default_rng(1).normal(size=(3, 30, 2))
    other = shuffled(cube, np.random.default_rng(2))
    assert not np.array_equal(cube, other)
    assert np.allclose(np.sort(cube, axis=1), np.sort(other, axis=1))


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
    cube, names = signal_cube(table, ["p"], [date(2024, 1, 1), date(2024, 1, 8)])
    values = dict(zip(names, cube[0].T.tolist(), strict=True))
    assert values["volume"] == pytest.approx([np.log(3), np.log(2)])
    assert values["need:n"] == pytest.approx([(1 + 5 / 3) / 7, (5 / 3) / 6])
    assert set(values) == {"volume", "sentiment", "need:n", "aspect:battery"}
    with pytest.raises(InputError, match="both a date"):
        signal_table(
            documents.filter(pl.col("product_id").is_null()), mentions, key="product_id", freq="W-MON"
        )
