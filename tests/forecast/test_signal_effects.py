"""`unmet forecast --signals RUN`: matched, tested, kept where they gain, and otherwise not there at all."""

from __future__ import annotations

import json

import polars as pl
import pytest
from mined_run import shop_with_complaints, write_run
from order_tables import mean_forecast

from unmet.core.errors import InputError, RunFolderError
from unmet.forecast.adjusting import Extras
from unmet.forecast.running import run_forecast
from unmet.forecast.settings import OrderSettings
from unmet.forecast.signal_effects import SIGNAL_EFFECTS
from unmet.forecast.signal_gains import SIGNAL_GAINS
from unmet.forecast.tables import FORECAST

SETTINGS = OrderSettings(levels=("product", "category", "total"), freq="W-MON")


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch):
    monkeypatch.setattr("unmet.forecast.forecasting.forecast_demand", mean_forecast)


def forecast(orders, out, **extras):
    return run_forecast([orders], out, horizon="4w", settings=SETTINGS, extras=Extras(**extras))


def test_kept_signals_change_their_products_and_what_they_are_part_of(tmp_path) -> None:
    orders, run = shop_with_complaints(tmp_path, -0.5)
    plain = forecast(orders, tmp_path / "plain")
    made = forecast(orders, tmp_path / "out", signals=run)
    told = made["signals"]
    assert (told["products"], told["matched"], told["products_of_texts"]) == (6, 6, 6)
    gains = pl.read_csv(tmp_path / "out" / "signals.csv", schema=SIGNAL_GAINS)
    assert gains["kept"].to_list() == [True]
    assert gains["category"].to_list() == ["lamps"]
    effects = pl.read_csv(tmp_path / "out" / "signal_effects.csv", schema=SIGNAL_EFFECTS)
    assert effects["series_id"].to_list() == [f"P{place}" for place in range(6)]
    assert set(effects["name"]) <= {"Battery lasts", "sentiment", "volume"}
    assert effects["factor"].is_between(0.5, 2.0).all()
    assert effects["factor"].n_unique() == 6
    before, after = (
        pl.read_csv(tmp_path / name / "forecast.csv", schema=FORECAST)
        .group_by("series_id")
        .agg(pl.col("mean").sum())
        for name in ("plain", "out")
    )
    both = before.join(after, on="series_id", suffix="_after").join(effects, on="series_id", how="left")
    products = both.drop_nulls("factor")
    # Levels still add up, so reconciling moves products a little from their factor.
    change = products["mean_after"] / products["mean"]
    assert pl.select(pl.corr(change, products["factor"])).item() > 0.99
    total = both.filter(pl.col("series_id") == "total")
    assert total["mean_after"][0] == pytest.approx(products["mean_after"].sum(), rel=1e-6)
    assert "signals" not in plain


def test_complaints_that_have_risen_lower_the_forecast(tmp_path) -> None:
    orders, run = shop_with_complaints(tmp_path, -0.5)
    forecast(orders, tmp_path / "out", signals=run)
    effects = pl.read_csv(tmp_path / "out" / "signal_effects.csv", schema=SIGNAL_EFFECTS)
    documents = pl.read_parquet(run / "documents.parquet")
    complaints = pl.read_parquet(run / "mentions.parquet").select("document_id", pl.lit(1.0).alias("said"))
    shares = documents.join(complaints, on="document_id", how="left").with_columns(
        pl.col("said").fill_null(0)
    )
    late = pl.col("created_at") >= documents["created_at"].max() - pl.duration(days=20)
    rise = shares.group_by("product_id").agg(
        (pl.col("said").filter(late).mean() - pl.col("said").mean()).alias("rise")
    )
    both = effects.join(rise, left_on="series_id", right_on="product_id")
    assert both.select(pl.corr(pl.col("factor").log(), "rise")).item() < -0.7


def test_without_a_gain_the_forecast_is_the_one_without_signals(tmp_path) -> None:
    orders, run = shop_with_complaints(tmp_path, 0.0, seed=3)
    forecast(orders, tmp_path / "plain")
    made = forecast(orders, tmp_path / "out", signals=run)
    assert [row["kept"] for row in made["signals"]["categories"]] == [False]
    assert made["signals"]["changed_products"] == 0
    for name in ("forecast.csv", "sums.parquet", "models.csv", "demand.parquet", "decomposition.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "plain" / name).read_bytes(), name
    page = (tmp_path / "out" / "forecast.html").read_text("utf-8")
    assert "no gain" in page


def test_products_that_match_none_and_no_run_are_errors(tmp_path) -> None:
    orders, run = shop_with_complaints(tmp_path, 0.0, n=2)
    documents = pl.read_parquet(run / "documents.parquet").with_columns(
        ("X" + pl.col("product_id")).alias("product_id")
    )
    other = write_run(tmp_path / "other", documents, pl.read_parquet(run / "mentions.parquet"))
    with pytest.raises(InputError, match="orders say 'P0', 'P1', texts say 'XP0', 'XP1'"):
        forecast(orders, tmp_path / "out", signals=other)
    with pytest.raises(RunFolderError, match="not a run folder"):
        forecast(orders, tmp_path / "out", signals=tmp_path)
    manifest = json.loads((run / "manifest.json").read_text("utf-8"))
    (run / "manifest.json").write_text(json.dumps(manifest | {"status": "running"}))
    with pytest.raises(RunFolderError, match="not finished"):
        forecast(orders, tmp_path / "out", signals=run)
    (run / "manifest.json").write_text(json.dumps(manifest))
    (run / "mentions.parquet").write_bytes(b"PAR1")
    with pytest.raises(RunFolderError, match="cannot be read"):
        forecast(orders, tmp_path / "out", signals=run)
    with pytest.raises(InputError, match="signals belong to products"):
        run_forecast(
            [orders], tmp_path / "out", horizon="4w", settings=OrderSettings(levels=("total",), freq="W-MON"),
            extras=Extras(signals=run),
        )  # fmt: skip
    assert not (tmp_path / "out").exists()


def test_texts_of_some_products_only(tmp_path) -> None:
    orders, run = shop_with_complaints(tmp_path, -0.5)
    documents = pl.read_parquet(run / "documents.parquet").filter(
        pl.col("product_id").is_in(["P0", "P1", "P2", "P3"])
    )
    names = documents.with_columns(
        pl.col("product_id").alias("product"), pl.lit(None, dtype=pl.String).alias("product_id")
    )
    some = write_run(tmp_path / "some", names, pl.read_parquet(run / "mentions.parquet"))
    made = forecast(orders, tmp_path / "out", signals=some)  # the ids stand in the column of names
    assert (made["signals"]["products"], made["signals"]["matched"]) == (6, 4)
    effects = pl.read_csv(tmp_path / "out" / "signal_effects.csv", schema=SIGNAL_EFFECTS)
    assert set(effects["series_id"]) <= {"P0", "P1", "P2", "P3"}
