"""Young products in whole forecasts: found, forecast as launches, handed over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from launch_shop import launch_shop
from order_tables import mean_forecast

from unmet.core.errors import InputError
from unmet.forecast.forecasting import Forecasts
from unmet.forecast.orders import Orders
from unmet.forecast.product_facts import read_items
from unmet.forecast.tables import FORECAST, ITEMS, QUANTILES
from unmet.forecast.young import OWN_PERIODS
from unmet.forecast.young_products import handed_over, read_item_texts, young_ages

HORIZON = 4


def shop(n_young: int = 40, seed: int = 3) -> tuple[Orders, pl.DataFrame, pl.DataFrame]:
    """Orders of 240 products of which some began one to three weeks ago; items; what comes then."""
    demand, series, items = launch_shop(240, n_weeks=44, seed=seed, noise=0.4)
    weeks = sorted(demand["period_start"].unique())
    end = 40
    names = series.filter(pl.col("first_sale") > weeks[5])["series_id"].to_list()[:n_young]
    rng = np.random.default_rng(0)
    begin = {name: weeks[end - int(rng.integers(1, 4))] for name in names}
    begun = pl.DataFrame({"series_id": names, "begin": [begin[name] for name in names]})
    # A late launch: the same course, moved so that it begins just before the end.
    late = demand.filter(pl.col("series_id").is_in(names)).sort("series_id", "period_start")
    late = late.join(begun, on="series_id").with_columns(
        (pl.col("begin") + pl.duration(weeks=1) * pl.int_range(pl.len()).over("series_id")).alias(
            "period_start"
        )
    )
    moved = pl.concat([demand.filter(~pl.col("series_id").is_in(names)), late.select(demand.columns)])
    moved = moved.with_columns(pl.col("period_start").cast(pl.Date))
    first = moved.group_by("series_id").agg(pl.col("period_start").min().alias("first_sale"))
    series = series.drop("first_sale").join(first, on="series_id", maintain_order="left")
    orders = Orders(
        demand=moved.filter(pl.col("period_start") < weeks[end]).sort("series_id", "period_start"),
        series=series, parts=pl.DataFrame(schema={"parent": pl.String, "child": pl.String}), freq="W-MON",
        horizon=HORIZON, quality={}, capped=pl.DataFrame(),
    )  # fmt: skip
    later = weeks[end] + timedelta(weeks=HORIZON)
    ahead = moved.filter(pl.col("period_start") >= weeks[end], pl.col("period_start") < later)
    return orders, items, ahead.group_by("series_id").agg(pl.col("quantity").sum().alias("truth"))


def made_of(orders: Orders) -> Forecasts:
    made = mean_forecast(orders.demand, orders.series, horizon=HORIZON, freq="W-MON")
    return Forecasts(made.table, made.chosen, made.sums)


def totals(table: pl.DataFrame) -> pl.DataFrame:
    return table.group_by("series_id").agg(pl.col("mean").sum())


@pytest.fixture(scope="module")
def case():
    orders, items, truth = shop()
    made = made_of(orders)
    return orders, items, truth, made, handed_over(made, orders, items)


def test_young_products_are_forecast_better(case) -> None:
    orders, _, truth, made, result = case
    ages = young_ages(orders)
    assert ages.height >= 40  # forty moved ones, and those that began late anyway
    assert (ages["n_periods"] <= 3).sum() >= 40
    told = result.told
    assert (told["products"], told["handed_over"]) == (ages.height, ages.height)
    assert told["learned_from"] == 240 - ages.height
    both = truth.join(totals(made.table), on="series_id").join(
        totals(result.made.table), on="series_id", suffix="_after"
    ).join(ages, on="series_id")  # fmt: skip
    error = both.select(
        (pl.col(name).log1p() - pl.col("truth").log1p()).abs().mean() for name in ("mean", "mean_after")
    )
    own, after = error.row(0)
    assert after < own


def test_grown_products_keep_their_forecast(case) -> None:
    orders, _, _, made, result = case
    young = young_ages(orders)["series_id"].implode()
    for name, keys in (("table", ["series_id", "period_start"]), ("sums", ["series_id", "periods"])):
        before, after = (getattr(found, name).sort(keys) for found in (made, result.made))
        assert before.columns == after.columns
        assert before.height == after.height
        kept = ~pl.col("series_id").is_in(young)
        assert before.filter(kept).equals(after.filter(kept))
        assert not before.equals(after)


def test_quantiles_neither_cross_nor_go_below_zero(case) -> None:
    table = case[4].made.table
    numbers = table.select(QUANTILES.keys()).to_numpy()
    assert (np.diff(numbers, axis=1) >= -1e-9).all()
    assert (numbers >= 0).all()
    assert table.schema == pl.Schema(FORECAST)
    sums = case[4].made.sums
    assert (np.diff(sums.select(QUANTILES.keys()).to_numpy(), axis=1) >= -1e-9).all()
    last = sums.filter(pl.col("periods") == HORIZON).join(totals(table), on="series_id", suffix="_table")
    assert (last["mean"] / last["mean_table"]).is_between(0.7, 1.4).all()


def test_the_future_of_a_young_product_does_not_matter_but_its_text_does(case) -> None:
    orders, items, _, made, result = case
    young = young_ages(orders)["series_id"].implode()
    told = items.with_columns(
        pl.when(pl.col("series_id").is_in(young))
        .then(pl.lit("棉质 购物袋 bag"))
        .otherwise("text")
        .alias("text")
    )
    other = handed_over(made, orders, told)
    assert not other.made.table.equals(result.made.table)
    assert handed_over(made, orders, items).made.table.equals(result.made.table)


def test_too_few_grown_products_are_told_and_nothing_is_changed(case) -> None:
    orders, items, _, _, _ = case
    young = young_ages(orders)["series_id"].to_list()
    some = [*young[:3], *[n for n in orders.series["series_id"] if n not in young][:10]]
    few = replace(
        orders,
        demand=orders.demand.filter(pl.col("series_id").is_in(some)),
        series=orders.series.filter(pl.col("series_id").is_in(some)),
    )
    made = made_of(few)
    result = handed_over(made, few, items)
    assert result.made is made
    assert "launch forecast needs" in result.told["why_not"]
    none = replace(few, demand=few.demand.filter(~pl.col("series_id").is_in(young)))
    assert handed_over(made_of(none), none, items).told == {"products": 0, "handed_over": 0}


def test_products_sold_from_the_first_week_on_are_not_young() -> None:
    demand, series, _ = launch_shop(30, n_weeks=20, seed=1)
    weeks = sorted(demand["period_start"].unique())
    short = Orders(
        demand=demand.filter(pl.col("period_start") < weeks[OWN_PERIODS - 2]), series=series,
        parts=pl.DataFrame(), freq="W-MON", horizon=2, quality={}, capped=pl.DataFrame(),
    )  # fmt: skip
    established = demand.filter(pl.col("period_start") == weeks[0])["series_id"]
    assert not set(young_ages(short)["series_id"]) & set(established)


def test_item_tables_take_the_names_of_order_columns(tmp_path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("Artikel,Bezeichnung,Kategorie,Preis\nA1,rote Lampe,Lampen,9.5\nA1,x,y,1\n,,,\nB,,,0\n")
    mapping = {
        "product": "Artikel", "name": "Bezeichnung", "category": "Kategorie", "price": "Preis",
        "quantity": "Menge",
    }  # fmt: skip
    table = read_item_texts(path, mapping)
    assert table.schema == pl.Schema(ITEMS)
    assert table.rows() == [("A1", "rote Lampe", 9.5, "Lampen", None), ("B", None, None, None, None)]
    path.write_text("sku,need\nA1,noise\n")
    assert read_item_texts(path, {}).rows() == [("A1", None, None, None, None)]


def test_a_table_of_items_without_rows_is_an_error(tmp_path):
    path = tmp_path / "items.csv"
    path.write_text("product_id,name,category\n", "utf-8")
    for read in (read_item_texts, read_items):
        with pytest.raises(InputError, match="no rows"):
            read(str(path), {})
