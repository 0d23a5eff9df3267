"""The folder of a forecast: whole or not there, with everything needed to trust it."""

from __future__ import annotations

import json
import math
from datetime import date

import polars as pl
import pytest
from order_tables import lines_of, mean_forecast, write

from unmet.core.errors import InputError, RunFolderError
from unmet.core.hashing import file_hash
from unmet.core.tables import REJECTED
from unmet.forecast.publishing import checked
from unmet.forecast.running import run_forecast
from unmet.forecast.settings import OrderSettings
from unmet.forecast.tables import FORECAST, QUANTILES, SERIES

FILES = {
    "capped.csv", "decomposition.csv", "demand.parquet", "drivers.csv", "drivers.json", "forecast.csv",
    "forecast.html", "manifest.json", "models.csv", "parts.csv", "quality.json",
    "rejected.parquet", "series.csv", "sums.parquet",
}  # fmt: skip


@pytest.fixture
def orders(tmp_path):
    return write(tmp_path / "orders.csv", [*lines_of(20), "1,2024-01-03,A1,Name,-1,5,c,tools"])


@pytest.fixture
def stand_in(monkeypatch):
    monkeypatch.setattr("unmet.forecast.forecasting.forecast_demand", mean_forecast)


def test_the_folder_holds_what_it_promises(tmp_path, orders, stand_in) -> None:
    settings = OrderSettings(levels=("product", "category", "total"), freq="W-MON")
    made = run_forecast([orders], tmp_path / "out", horizon="4w", settings=settings)
    folder = tmp_path / "out"
    assert {path.name for path in folder.iterdir()} == FILES
    table = pl.read_csv(folder / "forecast.csv", try_parse_dates=True)
    assert table.columns == list(FORECAST)
    assert table.columns[:8] == ["series_id", "period_start", "mean", "p10", "p50", "p80", "p90", "p95"]
    assert table["period_start"].min() == date(2024, 5, 20)
    assert table.height == 4 * 5  # two products, two categories, the shop
    week = table.filter(pl.col("period_start") == date(2024, 5, 20))
    means = dict(week.select("series_id", "mean").iter_rows())
    assert math.isclose(means["total"], means["A1"] + means["B2"], rel_tol=1e-6)
    assert pl.read_csv(folder / "series.csv").columns == list(SERIES)
    assert dict(pl.read_parquet(folder / "rejected.parquet").schema) == REJECTED
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["freq"] == "W-MON"
    assert (manifest["horizon"], manifest["data_as_of"]) == (4, "2024-05-19")
    assert manifest["models"] == dict.fromkeys(
        ["A1", "B2", "category:tools", "category:toys", "total"], "Mean"
    )
    assert manifest["inputs"] == [{"name": "orders.csv", "sha256": file_hash(orders)}]
    assert {"read", "drivers", "forecast", "adjust", "reconcile"} == set(manifest["seconds"])
    assert manifest["versions"]["statsforecast"]
    assert all(file_hash(folder / name) == digest for name, digest in manifest["outputs"].items())
    quality = json.loads((folder / "quality.json").read_text("utf-8"))
    assert quality["rejected"] == {"return": {"count": 1, "meaning": "goods taken back (negative quantity)"}}
    assert made["summary"]["units_before"] == 4 * 84


def test_equal_runs_write_equal_tables(tmp_path, orders, stand_in) -> None:
    for name in ("a", "b"):
        run_forecast([orders], tmp_path / name, horizon="2")
    for file in FILES - {"manifest.json"}:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


def test_an_earlier_forecast_is_replaced_and_anything_else_refused(tmp_path, orders, stand_in) -> None:
    out = tmp_path / "out"
    out.mkdir()
    run_forecast([orders], out, horizon="2w")
    run_forecast([orders], out, horizon="21d")
    assert json.loads((out / "manifest.json").read_text("utf-8"))["horizon"] == 21
    for other in ("folder", "file"):
        place = tmp_path / other
        if other == "folder":
            place.mkdir()
            (place / "precious.txt").write_text("x")
        else:
            place.write_text("x")
        with pytest.raises(RunFolderError, match="no forecast"):
            run_forecast([orders], place, horizon="2w")
    assert (tmp_path / "folder" / "precious.txt").read_text() == "x"


@pytest.mark.parametrize("fault", ["model", "input"])
def test_a_failure_leaves_the_earlier_forecast_alone(tmp_path, orders, stand_in, monkeypatch, fault) -> None:
    out = tmp_path / "out"
    run_forecast([orders], out, horizon="2w")
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    if fault == "model":
        monkeypatch.setattr("unmet.forecast.forecasting.forecast_demand", fail)
        with pytest.raises(RuntimeError, match="boom"):
            run_forecast([orders], out, horizon="2w")
    else:
        orders.write_text("nothing")
        with pytest.raises(InputError):
            run_forecast([orders], out, horizon="2w")
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_file_of_new_products_that_cannot_be_used_is_told_before_the_forecast(
    tmp_path, orders, monkeypatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("the long work had begun")

    monkeypatch.setattr("unmet.forecast.forecasting.forecast_demand", fail)
    bad = tmp_path / "new.csv"
    bad.write_text("colour\nred\n")
    with pytest.raises(InputError, match=r"new\.csv|product"):
        run_forecast([orders], tmp_path / "out", horizon="2w", new=bad)


@pytest.mark.parametrize("damage", ["nan", "null", "negative", "crossing"])
def test_a_broken_forecast_is_never_written(damage) -> None:
    row = {"series_id": "a", "period_start": date(2024, 1, 1), "mean": 5.0, **dict.fromkeys(QUANTILES, 5.0)}
    row |= {
        "nan": {"mean": math.nan},
        "null": {"p50": None},
        "negative": {"p025": -1.0},
        "crossing": {"p95": 1.0},
    }[damage]
    with pytest.raises(ValueError, match=r"forecast|quantiles"):
        checked(pl.DataFrame([row], schema=FORECAST))


def test_the_models_forecast_what_was_read(tmp_path) -> None:
    """The real models, end to end, on a shop that sells the same every week."""
    path = write(tmp_path / "orders.csv", lines_of(40))
    settings = OrderSettings(levels=("product", "total"), freq="W-MON")
    made = run_forecast([path], tmp_path / "out", horizon="28d", settings=settings)
    assert made["summary"]["units_ahead"] == pytest.approx(4 * 84, rel=0.02)
    table = pl.read_csv(tmp_path / "out" / "forecast.csv")
    assert table.height == 3 * 4
    sums = pl.read_parquet(tmp_path / "out" / "sums.parquet")
    whole = table.group_by("series_id").agg(pl.col("mean").sum()).sort("series_id")
    last = sums.filter(pl.col("periods") == 4).sort("series_id")
    assert last["mean"].to_list() == pytest.approx(whole["mean"].to_list(), rel=1e-4)
