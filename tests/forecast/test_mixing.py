"""Forecasts by several models: what is averaged, who stands in, and that ratios are each model's own."""

from __future__ import annotations

import numpy as np
import pytest
from generated_demand import poisson, tables

from unmet.forecast.choosing import Choice, needed
from unmet.forecast.common_moves import common_moves, log_widening, separate_dates, widened
from unmet.forecast.mixing import mixed, point_of
from unmet.forecast.panel import panel_of
from unmet.forecast.predictive import Predictive, in_whole_units, traits, unit_floor
from unmet.forecast.rolling import ForecastConfig, Rolling

ORIGINS = [26, 24, 22, 20]


@pytest.fixture(scope="module")
def rolling() -> Rolling:
    return Rolling(panel_of(*tables(poisson(90, 30, seed=5)), "W-MON"), 4, ForecastConfig(), 0)


def choice_of(rolling: Rolling, label: str, other: str | None = None) -> Choice:
    n_series = len(rolling.panel.ids)
    models = np.full(n_series, label, dtype=object)
    if other:
        models[n_series // 2 :] = other
    return Choice(models.astype(np.str_), np.full(n_series, np.nan), "given")


def test_quantiles_of_several_models_are_averaged_before_they_are_rounded(rolling: Rolling) -> None:
    made = mixed(rolling, 30, ORIGINS, choice_of(rolling, "WindowAverage + TSB"))
    exact = []
    for name in ("WindowAverage", "TSB"):
        parts = [(rolling.point(o, name), rolling.truth(o), traits(rolling.known(o))) for o in ORIGINS]
        begun = np.concatenate([rolling.begun(o) for o in ORIGINS])
        past, truth, like = (np.concatenate(x)[begun] for x in zip(*parts, strict=True))
        fitted = Predictive(past, truth, like, unit_floor(rolling.known(30)))
        bases = [rolling.point(o, name) + fitted.floor for o in ORIGINS]
        moves = common_moves([rolling.truth(o) for o in ORIGINS], bases)
        own = fitted.exact(rolling.point(30, name), traits(rolling.known(30)))
        exact.append(widened(own, log_widening(moves, separate_dates(ORIGINS, 4))))
    both = (exact[0].quantiles + exact[1].quantiles) / 2
    np.testing.assert_allclose(made.quantiles, np.rint(both))
    np.testing.assert_allclose(made.mean, (exact[0].mean + exact[1].mean) / 2)
    assert (np.rint(exact[0].quantiles) != np.rint(both)).any()
    assert (np.diff(made.quantiles, axis=2) >= 0).all()
    assert (np.diff(made.sum_quantiles, axis=2) >= 0).all()


def test_what_others_are_forecast_by_changes_nothing(rolling: Rolling) -> None:
    half = len(rolling.panel.ids) // 2
    alone = mixed(rolling, 30, ORIGINS, choice_of(rolling, "TSB"))
    beside = mixed(rolling, 30, ORIGINS, choice_of(rolling, "TSB", "WindowAverage"))
    np.testing.assert_array_equal(alone.quantiles[:half], beside.quantiles[:half])
    assert (alone.quantiles[half:] != beside.quantiles[half:]).any()


def test_one_model_is_its_own_distribution_in_whole_units(rolling: Rolling) -> None:
    made = mixed(rolling, 30, ORIGINS, choice_of(rolling, "WindowAverage"))
    again = in_whole_units(made)
    np.testing.assert_array_equal(made.quantiles, again.quantiles)
    assert not np.array_equal(made.mean, np.rint(made.mean))


def test_points_of_a_label_and_the_parts_of_a_median() -> None:
    found = {
        "TSB": np.array([[1.0, 2.0], [np.nan, np.nan]]), "Boosted": np.array([[3.0, 4.0], [5.0, 6.0]]),
        "PooledSmoothing": np.array([[9.0, 9.0], [7.0, 8.0]]),
    }  # fmt: skip
    np.testing.assert_array_equal(point_of(found, "TSB + Boosted"), [[2.0, 3.0], [6.0, 7.0]])
    assert needed(["TSB + Boosted", "ADIDA"]) == ("ADIDA", "Boosted", "TSB")
    assert needed(["Median"]) == ("Boosted", "PooledSmoothing", "SeasonalSmoothing", "TSB")
