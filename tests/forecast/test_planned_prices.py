"""Planned prices: read or refused, and the forecast moves as the drivers say."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from driven_shop import DrivenShop, driven_shop, with_total
from order_tables import mean_forecast

from unmet.core.errors import InputError, MappingError
from unmet.forecast.drivers import fit_drivers
from unmet.forecast.planned_prices import freed_demand, plan_for, read_planned, with_plan
from unmet.forecast.running import run_forecast
from unmet.forecast.settings import OrderSettings

ASKED = {"horizon": 4, "freq": "W-MON"}
NO_PARTS = pl.DataFrame(schema={"parent": pl.String(), "child": pl.String()})


def planned(path, text: str):
    file = path / "planned.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_reading_takes_names_of_both_languages_and_means_of_a_period(tmp_path) -> None:
    file = planned(
        tmp_path,
        "商品编码,日期,单价,是否促销\nA1,2024-06-03,￥10,是\nA1,2024-06-05,20.00,否\nB2,2024-06-10,,1\n",
    )
    table = read_planned(file, "W-MON")
    assert table.rows() == [
        ("A1", pl.Series(["2024-06-03"]).str.to_date()[0], 15.0, 0.5),
        ("B2", pl.Series(["2024-06-10"]).str.to_date()[0], None, 1.0),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("product,date\nA,2024-06-03\n", "no column holds a planned price"),
        ("date,price\n2024-06-03,5\n", "product"),
        ("product,price\nA,5\n", "time|date"),
        ("product,date,price\nA,2024-06-03,5\nB,2024-06-03,-2\n", "row 2 has no price above 0"),
        ("product,date,price\nA,2024-06-03,cheap\nA,2024-06-03,4\nA,2024-06-03,4\n", "row 1 has no price"),
        ("product,date,price\nA,2024-06-03,5\n,2024-06-03,5\n", "row 2 has no product"),
        ("product,date,price\n", "no row|no rows|empty"),
    ],
)
def test_bad_plans_are_refused_with_the_place(tmp_path, text, problem) -> None:
    with pytest.raises((InputError, MappingError), match=problem):
        read_planned(planned(tmp_path, text), "W-MON")


@pytest.fixture(scope="module")
def shop() -> DrivenShop:
    return driven_shop(0, n=8)


def table_of(rows: list[tuple]) -> pl.DataFrame:
    schema = {"product": pl.String, "period_start": pl.Date, "price": pl.Float64, "promotion": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_what_fits_nothing_is_counted_or_refused(shop) -> None:
    drivers = fit_drivers(shop.demand, shop.series, **ASKED)
    first = drivers.periods[-4]
    before = first - timedelta(days=70)
    rows = [(name, day, 6.0, None) for name, day in (("p00", first), ("nobody", first), ("p01", before))]
    plan = plan_for(drivers, table_of(rows), "planned.csv")
    assert (plan.rows, plan.unknown, plan.outside) == (1, ("nobody",), 1)
    assert plan.price[0, 0] == pytest.approx(np.log(6.0 / drivers.usual_price[0]))
    with pytest.raises(InputError, match="no row fits"):
        plan_for(drivers, table_of(rows[1:]), "planned.csv")


def test_a_plan_without_a_known_effect_is_refused(shop) -> None:
    bare = shop.demand.with_columns(promotion=pl.lit(None, dtype=pl.Float64))
    drivers = fit_drivers(bare, shop.series, **ASKED)
    with pytest.raises(InputError, match="planned promotion cannot be told"):
        plan_for(drivers, table_of([("p00", drivers.periods[-1], None, 1.0)]), "planned.csv")


def test_freed_demand_is_demand_without_price_and_promotion(shop) -> None:
    demand, series, parts = with_total(shop)
    drivers = fit_drivers(demand, series, **ASKED, shared=shop.series["series_id"].to_list())
    freed = freed_demand(demand, parts, drivers)
    assert freed.select("series_id", "period_start").equals(demand.select("series_id", "period_start"))
    one = freed.filter(pl.col("series_id") == "p03")["quantity"].to_numpy()
    raw = demand.filter(pl.col("series_id") == "p03")["quantity"].to_numpy()
    row = drivers.ids.index("p03")
    factor = drivers.factor(drivers.data.price, drivers.data.promotion)[row]
    np.testing.assert_allclose(one * factor, raw, atol=1e-4)
    assert np.std(np.log(one + 1)) < 0.7 * np.std(np.log(raw + 1))
    total = freed.filter(pl.col("series_id") == "total")["quantity"].to_numpy()
    summed = (
        freed.filter(pl.col("series_id") != "total").group_by("period_start").agg(pl.col("quantity").sum())
    )
    np.testing.assert_allclose(total, summed.sort("period_start")["quantity"].to_numpy(), atol=1e-3)
    assert freed["price"].null_count() == freed.height


def test_a_plan_moves_its_product_and_the_sum_and_nothing_else(shop) -> None:
    demand, series, parts = with_total(shop)
    drivers = fit_drivers(demand, series, **ASKED, shared=shop.series["series_id"].to_list())
    table = mean_forecast(freed_demand(demand, parts, drivers), series, **ASKED).table
    means = table.filter(pl.col("series_id") != "total").group_by("period_start").agg(pl.col("mean").sum())
    summed = table.join(means.rename({"mean": "sum"}), on="period_start")
    table = summed.with_columns(
        mean=pl.when(pl.col("series_id") == "total").then("sum").otherwise("mean")
    ).drop("sum")
    usual = float(drivers.usual_price[2])
    week = drivers.periods[-3]
    base, moved = (
        with_plan(table, parts, drivers, plan_for(drivers, table_of([("p02", week, price, 0.0)]), "x"))
        for price in (usual, 0.8 * usual)
    )
    both = base.join(moved, on=["series_id", "period_start"], suffix="_moved")
    ratio = both.with_columns(ratio=pl.col("mean_moved") / pl.col("mean"))
    hit = (pl.col("series_id") == "p02") & (pl.col("period_start") == week)
    elasticity = drivers.fit.own[drivers.ids.index("p02"), 2]
    assert ratio.filter(hit)["ratio"].item() == pytest.approx(0.8**elasticity)
    others = ratio.filter(~hit & (pl.col("series_id") != "total"))["ratio"]
    assert (others - 1).abs().max() < 1e-9
    products = moved.filter(pl.col("series_id") != "total").group_by("period_start").agg(pl.col("mean").sum())
    sums = moved.filter(pl.col("series_id") == "total").sort("period_start")["mean"]
    np.testing.assert_allclose(sums, products.sort("period_start")["mean"])


def orders_of(shop: DrivenShop, path) -> None:
    shop.demand.filter(pl.col("quantity") > 0).select(
        pl.col("period_start").alias("order_date"), pl.col("series_id").alias("sku"),
        pl.col("quantity").cast(pl.Int64), pl.col("price").round(4).alias("unit_price"),
        pl.col("promotion").cast(pl.Int64).alias("promotion"),
    ).write_csv(path)  # fmt: skip


def test_the_command_forecasts_at_planned_prices(tmp_path, shop, monkeypatch) -> None:
    monkeypatch.setattr("unmet.forecast.forecasting.forecast_demand", mean_forecast)
    orders_of(shop, tmp_path / "orders.csv")
    settings = OrderSettings(levels=("product", "total"), freq="W-MON", cap_outliers=False)
    weeks = [shop.starts[-1] + timedelta(days=7 * (k + 1)) for k in range(4)]
    means = {}
    for name, price in (("usual", 8.0), ("cheap", 6.0)):
        rows = "".join(f"p0{k},{week},{price},0\n" for k in range(8) for week in weeks)
        file = planned(tmp_path, "product,date,price,promotion\n" + rows)
        made = run_forecast(
            [tmp_path / "orders.csv"], tmp_path / name, horizon="4w", settings=settings, prices=file
        )
        means[name] = pl.read_csv(tmp_path / name / "forecast.csv").sort("series_id", "period_start")
        assert made["drivers"]["planned"]["rows"] == 32
        sums = pl.read_parquet(tmp_path / name / "sums.parquet").filter(pl.col("periods") == 4)
        whole = means[name].group_by("series_id").agg(pl.col("mean").sum())
        joined = sums.join(whole, on="series_id", suffix="_of_periods")
        np.testing.assert_allclose(joined["mean"], joined["mean_of_periods"], rtol=1e-4)
    ratio = means["cheap"]["mean"] / means["usual"]["mean"]
    assert 1.4 < ratio.min() < ratio.max() < 2.3  # (6/8)^−2 is 1.78
    parts = pl.read_csv(tmp_path / "cheap" / "decomposition.csv")
    assert (parts["price"] > 0).all()
    manifest = json.loads((tmp_path / "cheap" / "manifest.json").read_text("utf-8"))
    assert manifest["drivers"]["planned"]["file"] == "planned.csv"


@pytest.mark.parametrize("levels", [("category", "total"), ("product", "segment")])
def test_plans_need_products_and_no_segments(tmp_path, monkeypatch, levels) -> None:
    monkeypatch.setattr("unmet.forecast.forecasting.forecast_demand", mean_forecast)
    rows = "".join(f"2024-0{m}-{d:02d},A,2,{5 + d % 2},c,s\n" for m in range(1, 7) for d in range(1, 28))
    (tmp_path / "orders.csv").write_text("date,sku,quantity,unit_price,category,segment\n" + rows, "utf-8")
    file = planned(tmp_path, "product,date,price\nA,2024-07-01,5\n")
    settings = OrderSettings(levels=levels, freq="W-MON")
    with pytest.raises(InputError, match="planned prices are those of products"):
        run_forecast([tmp_path / "orders.csv"], tmp_path / "o", horizon="4", settings=settings, prices=file)
    assert not (tmp_path / "o").exists()
