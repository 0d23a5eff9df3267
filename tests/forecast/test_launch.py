from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from launch_shop import START, launch_shop

from unmet.core.errors import InputError
from unmet.forecast.launch import REASONS, errors_of, forecast_new
from unmet.forecast.launch_history import MIN_EXAMPLES, past_launches
from unmet.forecast.launch_intervals import spread, weighted_quantiles
from unmet.forecast.launch_items import read_products
from unmet.forecast.launch_model import LaunchConfig, fit_launches, time_folds
from unmet.forecast.launch_texts import TextSpace
from unmet.forecast.periods import first_day, next_periods
from unmet.forecast.tables import FORECAST, ITEMS, QUANTILES

FAST = LaunchConfig(n_trees=40, n_boosted_seeds=1)
NUMBERS = [name for name in FORECAST if name not in ("series_id", "period_start")]


def new_items(**changes: object) -> pl.DataFrame:
    row = {"series_id": "N1", "text": "retro wooden picture frame", "price": 3.0, "category": None, **changes}
    return pl.DataFrame([row], schema=ITEMS)


def test_launches_are_predicted_better_than_by_the_median_and_covered() -> None:
    demand, series, items = launch_shop(600, seed=1)
    launches = past_launches(demand, series, items, horizon=4)
    early, late = np.flatnonzero(launches.started < 24), np.flatnonzero(launches.started >= 24)
    model = fit_launches(launches.rows(early), FAST)
    truth = launches.log_total[late]
    predicted = model.predict(launches.items[late]).log_total
    median = np.abs(truth - np.median(launches.log_total[early])).mean()
    assert np.abs(truth - predicted).mean() < 0.55 * median
    drawn = np.log(spread(predicted, errors_of(model), np.array([0.1, 0.9])).total)
    inside = ((truth >= drawn[:, 0]) & (truth <= drawn[:, 1])).mean()
    assert 0.70 <= inside <= 0.90, inside


def test_out_of_fold_predictions_of_launches_do_not_use_later_ones() -> None:
    demand, series, items = launch_shop(240, seed=2)
    launches = past_launches(demand, series, items, horizon=4)
    folds = time_folds(launches, FAST)
    last = np.flatnonzero(folds == folds.max())
    before = fit_launches(launches, FAST).out_of_fold
    launches.quantities[last] *= 50  # only the last block sells more
    after = fit_launches(launches, FAST).out_of_fold
    earlier = np.flatnonzero(~launches.established & (folds != folds.max()))
    alone = launches.started[earlier] >= np.sort(launches.started)[MIN_EXAMPLES] + 4
    assert alone.sum() > 50
    assert np.array_equal(after[earlier[alone]], before[earlier[alone]])
    assert np.array_equal(after[last], before[last])


def test_products_launched_together_share_a_fold() -> None:
    demand, series, items = launch_shop(240, seed=3)
    launches = past_launches(demand, series, items, horizon=4)
    folds = time_folds(launches, FAST)
    seen = ~launches.established
    for week in np.unique(launches.started[seen]):
        assert len(set(folds[seen & (launches.started == week)].tolist())) == 1


def test_forecast_rows_are_whole_ordered_and_repeatable() -> None:
    demand, series, items = launch_shop(120, seed=4)
    new = pl.concat(
        [
            new_items(),
            new_items(series_id="N2", text="大号 陶瓷 马克杯", price=None, launch_at=date(2024, 12, 4)),
            new_items(series_id="N3", text=None, price=2.0),
            new_items(series_id="N4", text="zzzz", price=None, category="none"),
        ]
    )
    result = forecast_new(new, demand, series, items, horizon=4, freq="W-MON", seed=5)
    table = result.table
    assert table.schema == pl.Schema(FORECAST)
    assert table.height == 4 * 4
    assert table.select(pl.all_horizontal(pl.col(NUMBERS).is_finite() & (pl.col(NUMBERS) >= 0)).all()).item()
    for frame in (table, result.totals):
        values = frame.select(list(QUANTILES)).to_numpy()
        assert (np.diff(values, axis=1) >= 0).all()
    n1 = table.filter(pl.col("series_id") == "N1")["period_start"].to_list()
    assert n1 == next_periods(demand["period_start"].max(), "W-MON", 4)  # type: ignore[arg-type]
    assert table.filter(pl.col("series_id") == "N2")["period_start"][0] == date(2024, 12, 2)
    sums = table.group_by("series_id").agg(pl.col("mean").sum()).sort("series_id")["mean"]
    assert np.allclose(sums.to_numpy(), result.totals["mean"].to_numpy())
    assert table.equals(forecast_new(new, demand, series, items, horizon=4, freq="W-MON", seed=5).table)


def test_reasons_name_products_that_read_alike() -> None:
    demand, series, items = launch_shop(120, seed=6)
    new = new_items(text="棉质 购物袋 礼盒")
    reasons = forecast_new(new, demand, series, items, horizon=4, freq="W-MON").reasons
    assert reasons.schema == pl.Schema(REASONS)
    assert reasons.height == 3
    assert all("购物袋" in text for text in reasons["near_text"])
    assert reasons["similarity"].is_between(0.2, 1.0).all()


def test_dear_products_are_expected_to_sell_less() -> None:
    demand, series, items = launch_shop(400, seed=7)
    new = pl.concat([new_items(price=1.0), new_items(series_id="N2", price=12.0)])
    totals = forecast_new(new, demand, series, items, horizon=4, freq="W-MON").totals
    assert totals["p50"][0] > 3 * totals["p50"][1]


def test_more_history_than_needed_of_unobserved_weeks_is_no_demand() -> None:
    demand, series, items = launch_shop(60, seed=8)
    name = series.filter(pl.col("first_sale") > START)["series_id"][0]
    first = series.filter(pl.col("series_id") == name)["first_sale"][0]
    closed = (pl.col("series_id") == name) & (pl.col("period_start") == first + timedelta(weeks=1))
    shut = demand.with_columns(
        pl.when(closed).then(0.0).otherwise("quantity").alias("quantity"),
        pl.when(closed).then(False).otherwise("observed").alias("observed"),
    )
    launches = past_launches(shut, series, items, horizon=4)
    row = launches.items["series_id"].to_list().index(name)
    observed = launches.quantities[row, [0, 2, 3]]
    assert launches.quantities[row, 1] == pytest.approx(observed.mean())


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (new_items(text=None, price=None), "neither text nor price"),
        (pl.concat([new_items(), new_items()]), "must be there and differ"),
        (new_items().clear(), "no new products"),
        (new_items(series_id="A001"), "sold already"),
        (new_items().drop("price"), "lacks"),
    ],
)
def test_bad_new_products_are_refused(new: pl.DataFrame, message: str) -> None:
    demand, series, items = launch_shop(60, seed=9)
    with pytest.raises(InputError, match=message):
        forecast_new(new, demand, series, items, horizon=4, freq="W-MON")


def test_too_few_launches_are_refused() -> None:
    demand, series, items = launch_shop(12, seed=9)
    with pytest.raises(InputError, match="needs 20"):
        forecast_new(new_items(), demand, series, items, horizon=4, freq="W-MON")
    with pytest.raises(InputError, match="no products"):
        forecast_new(
            new_items(), demand, series.with_columns(level=pl.lit("category")), horizon=4, freq="W-MON"
        )


def test_texts_without_a_shared_word_still_have_vectors() -> None:
    for texts in ([""] * 30, ["甲"] * 3, ["a b"] * 60):
        vectors = TextSpace(texts, n_dimensions=8, seed=0).vectors(["", "甲 a b"])
        assert vectors.sparse.shape[0] == vectors.dense.shape[0] == 2
        assert np.isfinite(vectors.dense).all()


def test_weighted_quantiles_of_equal_weights_are_plain_ones() -> None:
    values = np.random.default_rng(0).normal(size=2000)
    found = weighted_quantiles(values, np.ones((1, 2000)), np.array([0.1, 0.5, 0.9]))[0]
    assert np.allclose(found, np.quantile(values, [0.1, 0.5, 0.9]), atol=0.02)
    few = weighted_quantiles(np.arange(5.0), np.ones((1, 5)), np.array([0.1, 0.9]))[0]
    assert few[0] < np.quantile(np.arange(5.0), 0.1)


def test_product_files_are_read_in_both_languages(tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text(
        "商品编号,商品名称,商品描述,价格,类目\nS1,陶瓷马克杯,大号,¥39.00,厨房\nS1,重复,,1,\nS2,纸灯笼,,0,家居\n",
        "utf-8",
    )
    items, counts = read_products(path)
    assert items.schema == pl.Schema(ITEMS)
    assert items["series_id"].to_list() == ["S1", "S2"]
    assert "马克杯" in items["text"][0]
    assert "大号" in items["text"][0]
    assert items["price"].to_list() == [39.0, None]
    assert counts["repeated"] == 1


@pytest.mark.parametrize("freq", ["D", "W-MON", "MS"])
def test_periods_follow_each_other(freq: str) -> None:
    days = next_periods(first_day(date(2024, 1, 31), freq), freq, 30)
    assert days == [first_day(day, freq) for day in days]
    assert len(set(days)) == 30
    with pytest.raises(InputError, match="no period"):
        first_day(date(2024, 1, 1), "H")
