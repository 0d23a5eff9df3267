import numpy as np
import polars as pl
import pytest
from launch_shop import launch_shop

from unmet.forecast.tables import FORECAST
from unmet.forecast.young import (
    Handover,
    blend_logs,
    first_units,
    fit_handover,
    hand_over,
    next_log_total,
    own_log_total,
    own_weight,
)  # fmt: skip


def young_products(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Launch forecasts (log total of 4 weeks) that err by 0.7 and weekly units that err by 1.0."""
    rng = np.random.default_rng(seed)
    level = rng.normal(3.0, 1.2, n)
    launch = level + np.log(4) + 0.7 * rng.normal(size=n)
    return launch, np.round(np.exp(level[:, None] + 1.0 * rng.normal(size=(n, 20)) - 0.5))


def test_the_blend_beats_both_ends_on_held_out_products() -> None:
    launch, units = young_products(0)
    rule = fit_handover(launch, units, horizon=4)
    launch, units = young_products(1)
    for age in (1, 2, 3):
        truth, own = next_log_total(units, age, 4), own_log_total(units, age, 4)
        blend = blend_logs(own, np.log1p(np.exp(launch)), np.full(own.size, float(age)), rule)
        error = np.abs(truth - blend).mean()
        assert error < np.abs(truth - own).mean()
        assert error < np.abs(truth - np.log1p(np.exp(launch))).mean()


def test_good_launch_forecasts_are_worth_more_periods() -> None:
    launch, units = young_products(2)
    vague = launch + 2.0 * np.random.default_rng(3).normal(size=launch.size)

    def weight(forecast: np.ndarray) -> float:
        return float(own_weight(np.array([2.0]), fit_handover(forecast, units, horizon=4))[0])

    assert weight(launch) < weight(vague)


def test_it_goes_from_the_launch_forecast_to_the_own_one() -> None:
    weights = own_weight(np.array([0.0, 1, 4, 13, 1e6]), Handover(4.0))
    assert weights[0] == 0
    assert (np.diff(weights) > 0).all()
    assert weights[-1] > 0.999


def table(value: float, names: list[str]) -> pl.DataFrame:
    numbers = {name: [value] * len(names) for name in FORECAST if name not in ("series_id", "period_start")}
    days = {"period_start": ["2025-01-06"] * len(names)}
    frame = pl.DataFrame({"series_id": names, **days, **numbers})
    return frame.with_columns(pl.col("period_start").str.to_date()).select(FORECAST.keys())


def test_tables_are_handed_over_row_by_row() -> None:
    own, launch = table(99.0, ["a", "b", "c"]), table(0.0, ["a", "b", "d"])
    ages = pl.DataFrame({"series_id": ["a", "b"], "n_periods": [4, 0]})
    result = hand_over(own, launch, ages, rule=Handover(4.0))
    assert result.schema == pl.Schema(FORECAST)
    means = dict(zip(result["series_id"], result["mean"], strict=True))
    assert means == pytest.approx({"a": 9.0, "b": 0.0, "c": 99.0, "d": 0.0}, abs=1e-9)


def test_first_units_begin_at_the_first_sale_and_end_with_the_data() -> None:
    demand, series, _ = launch_shop(30, seed=1)
    ids = series["series_id"]
    units = first_units(demand, ids, 40)
    assert units.shape == (30, 40)
    assert (units[:, 0] > 0).all()
    lengths = demand.group_by("series_id").len().sort("series_id")["len"].to_numpy()
    assert np.isfinite(units).sum(axis=1).tolist() == lengths.tolist()


def test_without_a_horizon_after_the_first_period_one_period_is_worth_the_launch_forecast() -> None:
    assert fit_handover(np.zeros(3), np.ones((3, 4)), horizon=4) == Handover(1.0, 1.0)
