"""Parts of a forecast: they add up to the published mean, to the last decimal."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from driven_shop import driven_shop, with_total
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from order_tables import lines_of, mean_forecast, write

from unmet.core.hashing import file_hash
from unmet.forecast.decomposition import DRIVEN, PARTS, decomposed, shared_out
from unmet.forecast.drivers import fit_drivers
from unmet.forecast.running import run_forecast
from unmet.forecast.settings import OrderSettings
from unmet.forecast.tables import FORECAST

LOGS = arrays(np.float64, 4, elements=st.floats(-5, 5))
NO_PARTS = pl.DataFrame(schema={"parent": pl.String(), "child": pl.String()})


@given(base=arrays(np.float64, 4, elements=st.floats(-8, 12)), moved=st.lists(LOGS, min_size=5, max_size=5))
def test_units_add_up_and_have_the_sign_of_their_factor(base, moved) -> None:
    logs = {"base": base, **dict(zip(DRIVEN, moved, strict=True))}
    units = shared_out(logs)
    np.testing.assert_allclose(sum(units.values()), np.exp(sum(logs.values())), rtol=1e-7, atol=1e-9)
    for name in DRIVEN:
        assert (units[name] * logs[name] >= 0).all()
    other = shared_out(dict(reversed(logs.items())))
    for name in logs:
        np.testing.assert_allclose(other[name], units[name], rtol=1e-9, atol=1e-12)


def test_no_effect_is_no_part() -> None:
    nothing = np.zeros(3)
    units = shared_out({"base": np.log([1.0, 5.0, 9.0]), **dict.fromkeys(DRIVEN, nothing)})
    assert units["base"].tolist() == pytest.approx([1.0, 5.0, 9.0])
    assert all((units[name] == 0).all() for name in DRIVEN)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def forecast_of(demand: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    return mean_forecast(demand, series, horizon=4, freq="W-MON").table.with_columns(pl.col("mean").round(6))


def test_parts_of_a_sum_are_the_sums_of_the_parts() -> None:
    shop = driven_shop(0, n=6)
    demand, series, parts = with_total(shop)
    shared = shop.series["series_id"].to_list()
    drivers = fit_drivers(demand, series, horizon=4, freq="W-MON", shared=shared)
    table = decomposed(forecast_of(demand, series), parts, drivers, *drivers.ahead())
    total = table.filter(pl.col("series_id") == "total").sort("period_start").select(PARTS[:-1])
    summed = (
        table.filter(pl.col("series_id") != "total")
        .group_by("period_start")
        .agg(pl.col(PARTS[:-1]).sum())
        .sort("period_start")
        .drop("period_start")
    )
    np.testing.assert_allclose(total.to_numpy(), summed.to_numpy(), atol=1e-5)
    # Parts that were planted are there, and the rest is small on average.
    assert (table["base"] > 0).all()
    assert table["promotion"].sum() > 0
    assert abs(table["rest"].sum()) < 0.1 * table["mean"].sum()


def test_a_series_without_drivers_is_all_rest() -> None:
    shop = driven_shop(0, n=3)
    drivers = fit_drivers(shop.demand, shop.series, horizon=4, freq="W-MON")
    row = {"series_id": "new one", "period_start": drivers.periods[-1], "mean": 7.5}
    new = pl.DataFrame([row | {name: 7.5 for name in FORECAST if name[0] == "p" and name[1].isdigit()}])
    table = pl.concat([forecast_of(shop.demand, shop.series), new.select(list(FORECAST))])
    last = decomposed(table, NO_PARTS, drivers, *drivers.ahead()).row(-1, named=True)
    assert last["rest"] == last["mean"] == 7.5
    assert all(last[name] == 0 for name in PARTS[:-1])


@pytest.mark.parametrize("reconcile", ["mint", "none"])
def test_written_decimals_add_up_to_the_written_mean(tmp_path, monkeypatch, reconcile) -> None:
    monkeypatch.setattr("unmet.forecast.forecasting.forecast_demand", mean_forecast)
    orders = write(tmp_path / "orders.csv", lines_of(30, products=("A1", "B2", "=C3")))
    settings = OrderSettings(levels=("product", "category", "total"), freq="W-MON")
    out = tmp_path / "out"
    made = run_forecast([orders], out, horizon="4w", settings=settings, country="CN", reconcile=reconcile)
    means = {
        (row["series_id"].lstrip("'"), row["period_start"]): Decimal(row["mean"])
        for row in rows_of(out / "forecast.csv")
    }
    rows = rows_of(out / "decomposition.csv")
    assert {(row["series_id"].lstrip("'"), row["period_start"]) for row in rows} == set(means)
    for row in rows:
        assert row["series_id"][0] != "="
        total = sum((Decimal(row[name]) for name in PARTS), Decimal(0))
        assert total == Decimal(row["mean"]) == means[row["series_id"].lstrip("'"), row["period_start"]]
    told = json.loads((out / "drivers.json").read_text("utf-8"))
    assert told["price"]["reason"] == "price_hardly_varies"  # every unit costs 5.00
    assert made["drivers"]["price"] == told["price"]
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    for name in ("decomposition.csv", "drivers.json", "drivers.csv", "forecast.html"):
        assert manifest["outputs"][name] == file_hash(out / name)
