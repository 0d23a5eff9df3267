"""`unmet forecast --previous`: what changed, split without a remainder."""

from __future__ import annotations

import shutil

import polars as pl
import pytest
from order_tables import lines_of, mean_forecast, write

from unmet.core.errors import InputError, RunFolderError
from unmet.forecast.adjusting import Extras
from unmet.forecast.changes import CHANGES, PARTS
from unmet.forecast.running import run_forecast
from unmet.forecast.settings import OrderSettings

SETTINGS = OrderSettings(levels=("product", "total"), freq="W-MON")


@pytest.fixture
def stand_in(monkeypatch):
    monkeypatch.setattr("unmet.forecast.forecasting.forecast_demand", mean_forecast)


def run(orders, out, previous=None, horizon="4w", settings=SETTINGS):
    return run_forecast([orders], out, horizon=horizon, settings=settings, extras=Extras(previous=previous))


def lines_with_growth(n_weeks: int, grown: int) -> list[str]:
    """As lines_of, but A1 sells three times as much in the last ``grown`` weeks."""
    lines = lines_of(n_weeks)
    days = sorted({line.split(",")[1][:10] for line in lines})
    late = set(days[-7 * grown :]) if grown else set()
    out = []
    for line in lines:
        cells = line.split(",")
        if cells[2] == "A1" and cells[1][:10] in late:
            cells[4] = "6"
        out.append(",".join(cells))
    return out


def changes_of(folder):
    return pl.read_csv(folder / "changes.csv", schema=CHANGES)


def test_parts_add_up_to_the_change(tmp_path, stand_in) -> None:
    first = write(tmp_path / "first.csv", lines_with_growth(20, 0))
    run(first, tmp_path / "old", horizon="6w")
    second = write(tmp_path / "second.csv", lines_with_growth(22, 2))
    made = run(second, tmp_path / "new", tmp_path / "old")
    table = changes_of(tmp_path / "new")
    assert table.height == 3 * 4  # two products and the shop, four periods in common
    gap = table["now"] - table["before"] - table.select(pl.sum_horizontal(PARTS)).to_series()
    assert gap.abs().max() < 1e-5
    assert (table["now"] - table["before"] - table["change"]).abs().max() < 1e-5
    a, b = (table.filter(pl.col("series_id") == name) for name in ("A1", "B2"))
    assert (a["level"] > 0).all()  # the last eight weeks sold more
    assert b["change"].abs().max() < 1e-6
    told = made["changes"]
    assert told["seen"]["periods"] == 2
    assert told["seen"]["sold"] == 2 * 7 * 3 * (6 + 2)
    assert told["seen"]["expected"] == pytest.approx(2 * 2 * 7 * 3 * 2)
    assert told["largest"][0]["series_id"] == "A1"
    assert told["ahead"]["change"] == pytest.approx(
        table.filter(pl.col("series_id") != "total")["change"].sum(), abs=0.01
    )


def test_the_same_data_change_nothing(tmp_path, stand_in) -> None:
    orders = write(tmp_path / "orders.csv", lines_of(20))
    run(orders, tmp_path / "old")
    made = run(orders, tmp_path / "old", tmp_path / "old")  # in its own place
    table = changes_of(tmp_path / "old")
    assert table.select(pl.col("change", *PARTS).abs().max()).row(0) == (0.0, 0.0, 0.0, 0.0)
    assert made["changes"]["seen"] == {"periods": 0}
    assert "No period of the earlier forecast is over yet" in (tmp_path / "old" / "forecast.html").read_text(
        "utf-8"
    )


def test_another_model_is_told_apart_from_new_sales(tmp_path, monkeypatch) -> None:
    orders = write(tmp_path / "orders.csv", lines_with_growth(24, 3))

    def with_model(name):
        def made(demand, series, *, horizon, freq, seed=0, features=None, config=None):
            found = mean_forecast(demand, series, horizon=horizon, freq=freq)
            found.chosen = found.chosen.with_columns(pl.lit(name).alias("model"))
            return found

        return made

    monkeypatch.setattr("unmet.forecast.forecasting.forecast_demand", with_model("WindowAverage"))
    run(orders, tmp_path / "old")
    monkeypatch.setattr("unmet.forecast.forecasting.forecast_demand", with_model("PooledSmoothing"))
    made = run(orders, tmp_path / "new", tmp_path / "old")
    table = changes_of(tmp_path / "new")
    a = table.filter(pl.col("series_id") == "A1")
    assert set(a["model_before"]) == {"WindowAverage"}
    assert set(a["model_now"]) == {"PooledSmoothing"}
    assert (a["model"].abs() > 0.1).all()
    assert (a["level"] == 0).all()  # the same data
    assert (a["new_sales"] + a["model"]).abs().max() < 1e-5  # means are the stand-in's, and did not change
    assert made["changes"]["models_changed"] == 2


def test_an_earlier_model_can_be_the_median(tmp_path) -> None:
    orders = write(tmp_path / "orders.csv", lines_with_growth(30, 3))
    run(orders, tmp_path / "old")
    path = tmp_path / "old" / "models.csv"
    pl.read_csv(path).with_columns(pl.lit("Median").alias("model")).write_csv(path)
    run(orders, tmp_path / "new", tmp_path / "old")
    table = changes_of(tmp_path / "new")
    assert set(table["model_before"]) == {"Median"}
    assert table.select(pl.col(*PARTS).is_finite().all()).row(0) == (True, True, True)


def test_periods_that_do_not_meet(tmp_path, stand_in) -> None:
    run(write(tmp_path / "a.csv", lines_of(20)), tmp_path / "old", horizon="2w")
    made = run(write(tmp_path / "b.csv", lines_of(24)), tmp_path / "new", tmp_path / "old")
    assert changes_of(tmp_path / "new").is_empty()
    assert made["changes"]["periods"] == 0
    assert made["changes"]["seen"]["periods"] == 2
    assert "no period in common" in (tmp_path / "new" / "forecast.html").read_text("utf-8")


def test_a_folder_that_is_no_forecast_is_an_error(tmp_path, stand_in) -> None:
    orders = write(tmp_path / "orders.csv", lines_of(20))
    for place in (tmp_path / "gone", tmp_path, orders):
        with pytest.raises(RunFolderError, match="this is no forecast"):
            run(orders, tmp_path / "new", place)
    run(orders, tmp_path / "old")
    days = OrderSettings(levels=("product",), freq="D")
    with pytest.raises(InputError, match="periods W-MON, this one D"):
        run(orders, tmp_path / "new", tmp_path / "old", horizon="7d", settings=days)
    shutil.copytree(tmp_path / "old", tmp_path / "cut")
    (tmp_path / "cut" / "models.csv").unlink()
    with pytest.raises(RunFolderError, match=r"models\.csv"):
        run(orders, tmp_path / "new", tmp_path / "cut")
    assert not (tmp_path / "new").exists()


def test_new_products_of_the_earlier_forecast_may_begin_later(tmp_path, stand_in) -> None:
    orders = write(tmp_path / "orders.csv", lines_of(20))
    run(orders, tmp_path / "old")
    folder = tmp_path / "old"
    table = pl.read_csv(folder / "forecast.csv", infer_schema=False)
    series = pl.read_csv(folder / "series.csv", infer_schema=False)
    later = table.filter(pl.col("series_id") == "A1").with_columns(
        pl.lit("N1").alias("series_id"), pl.lit("2025-01-06").alias("period_start")
    )
    pl.concat([table, later.head(1)]).write_csv(folder / "forecast.csv")
    new = series.head(1).with_columns(pl.lit("N1").alias("series_id"), pl.lit("new").alias("level"))
    pl.concat([series, new]).write_csv(folder / "series.csv")
    made = run(orders, tmp_path / "new", folder)
    assert made["changes"]["ahead"]["change"] == 0
