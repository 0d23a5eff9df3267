"""`unmet forecast`: orders in, a folder with forecasts out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from unmet.core.errors import InputError
from unmet.core.files import write_json
from unmet.core.hashing import file_hash
from unmet.core.manifest import MANIFEST
from unmet.core.memory import peak_memory_bytes
from unmet.core.tables import conform
from unmet.forecast.folder_drivers import drivers_of, write_drivers
from unmet.forecast.folder_launches import forecast_launches_of, with_launches
from unmet.forecast.forecast_folder import (
    KIND,
    check_place,
    library_versions,
    new_folder,
    output_hashes,
)
from unmet.forecast.inventory.reasons import LANGUAGES
from unmet.forecast.orders import Orders, read_orders
from unmet.forecast.reconciling import METHODS, reconciled
from unmet.forecast.settings import OrderSettings, check_settings
from unmet.forecast.tables import FORECAST, QUANTILES

DECIMALS = 6
T = TypeVar("T")


def run_forecast(
    inputs: Sequence[str | Path],
    out: str | Path,
    *,
    horizon: str,
    settings: OrderSettings | None = None,
    new: str | Path | None = None,
    country: str | None = None,
    prices: str | Path | None = None,
    reconcile: str = "mint",
    seed: int = 0,
    language: str = "en",
    png: bool = False,
    progress: Callable[[str], object] = lambda stage: None,
) -> dict[str, Any]:
    """Forecast demand from orders and write the folder ``out``.

    Args:
        inputs: order tables (see :func:`unmet.forecast.orders.read_orders`).
        out: folder to write; an earlier forecast there is replaced, anything else is refused.
        horizon: ``4w``, ``28d``, ``3m`` or a number of periods.
        settings: how orders are read.
        new: table of products that were never sold; their launches are forecast too.
        country: whose holidays are drivers (two letters); None: holidays are not looked at.
        prices: table of planned prices and promotions; the forecast is then what sells at these.
        reconcile: how levels are made to add up (mint, bottom-up or none).
        seed: same seed, same forecasts.
        language: of the page, zh or en.
        png: also write the pictures of the largest series as ``forecast.png``.
        progress: called with the name of each stage.

    Returns:
        The manifest, with ``quality`` and ``summary`` added.

    Raises:
        InputError, MappingError: the orders or the arguments cannot be used, or a picture cannot be drawn.
        RunFolderError: ``out`` holds something that is no forecast.
    """
    settings = replace(settings or OrderSettings(), horizon=horizon)
    check_settings(settings)
    if reconcile not in METHODS:
        raise InputError(f"no --reconcile {reconcile!r}", hint=f"Use {', '.join(METHODS)}.")
    if language not in LANGUAGES:
        raise InputError(f"no language {language!r}", hint="Use --lang zh or --lang en.")
    if png:
        from unmet.forecast.picture_file import check_picture

        check_picture(language)  # now, not after the work
    target = Path(out)
    check_place(target)
    with new_folder(target) as folder:
        return _into(
            folder, inputs, settings, new, country, prices, reconcile, seed, language, png, progress
        )  # fmt: skip


def _into(
    folder: Path,
    inputs: Sequence[str | Path],
    settings: OrderSettings,
    new: str | Path | None,
    country: str | None,
    prices: str | Path | None,
    reconcile: str,
    seed: int,
    language: str,
    png: bool,
    progress: Callable[[str], object],
) -> dict[str, Any]:
    from unmet.forecast.forecasting import forecast_demand

    seconds: dict[str, float] = {}
    progress("reading orders")
    rejected = folder / "rejected.parquet"
    orders = _timed("read", seconds, lambda: read_orders(inputs, settings, rejected_to=rejected))
    driven = _timed(
        "drivers",
        seconds,
        lambda: drivers_of(orders, settings, country=country, prices=prices, seed=seed),
    )
    demand, series, horizon = driven.demand, orders.series, orders.horizon or 1
    progress(f"forecasting {series.height:,} series")
    made = _timed(
        "forecast",
        seconds,
        lambda: forecast_demand(demand, series, horizon=horizon, freq=orders.freq, seed=seed),
    )
    progress("reconciling")
    table, method = _timed(
        "reconcile", seconds, lambda: reconciled(made.table, demand, orders.parts, method=reconcile)
    )
    table = driven.planned(table)
    sums = sums_like(made.sums, made.table, table)
    table = checked(table)
    launched: dict[str, Any] = {}
    if new is not None:
        progress("forecasting new products")
        starts = _timed("new", seconds, lambda: forecast_launches_of(new, orders, seed))
        table, orders, launched = with_launches(folder, table, orders, starts)
    _write_tables(folder, orders, table, made.chosen)
    sums.write_parquet(folder / "sums.parquet", compression="zstd")
    write_drivers(folder, driven, table)
    manifest = _manifest(orders, settings, made.chosen, seconds, method, seed, horizon) | launched
    manifest["drivers"] = driven.told()
    write_json(folder / MANIFEST, manifest)
    write_pictures(folder, language, png=png)
    manifest["outputs"] = output_hashes(folder)
    write_json(folder / MANIFEST, manifest)
    return manifest | {"quality": orders.quality, "summary": summary_of(orders, table, made.chosen)}


def _timed(name: str, seconds: dict[str, float], work: Callable[[], T]) -> T:
    begin = time.perf_counter()
    result = work()
    seconds[name] = round(time.perf_counter() - begin, 3)
    return result


def write_pictures(folder: Path, language: str, *, png: bool) -> None:
    """Write ``forecast.html``, and ``forecast.png`` where it is asked for, into a folder with a manifest."""
    from unmet.forecast.page import write_forecast_page

    write_forecast_page(folder, folder / "forecast.html", language)
    if png:
        from unmet.forecast.picture_file import write_forecast_picture

        write_forecast_picture(folder, folder / "forecast.png", language)


def checked(table: pl.DataFrame) -> pl.DataFrame:
    """FORECAST with exactly its columns, sorted and rounded; broken promises are an error, never written.

    Raises:
        ValueError: a number is missing, not finite or below 0, or quantiles cross.
    """
    table = conform(table, FORECAST, name="forecast").sort("series_id", "period_start")
    numbers = table.select("mean", *QUANTILES)
    if not table.select(
        pl.all_horizontal(pl.col("mean", *QUANTILES).is_finite().fill_null(False)).all()
    ).item():
        raise ValueError("a forecast is missing or not finite")
    if numbers.height and float(numbers.min_horizontal().min()) < 0:  # type: ignore[arg-type]
        raise ValueError("a forecast is below 0")
    rounded = table.with_columns(pl.col("mean", *QUANTILES).round(DECIMALS))
    names = list(QUANTILES)
    crossing = pl.any_horizontal(pl.col(low) > pl.col(high) for low, high in pairwise(names))
    if rounded.select(crossing.any()).item():
        raise ValueError("quantiles cross")
    return rounded


def sums_like(sums: pl.DataFrame, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Means and quantiles of the first periods together, scaled as reconciliation scaled the means.

    Args:
        sums: ``series_id, periods, mean`` and quantiles.
        before: forecasts before reconciliation.
        after: and after.
    """

    def running(table: pl.DataFrame, name: str) -> pl.DataFrame:
        sorted_ = table.sort("series_id", "period_start")
        return sorted_.select(
            "series_id",
            pl.int_range(1, pl.len() + 1).over("series_id").cast(sums.schema["periods"]).alias("periods"),
            pl.col("mean").cum_sum().over("series_id").alias(name),
        )

    keys = ["series_id", "periods"]
    both = running(before, "before").join(running(after, "after"), on=keys)
    factor = pl.when(pl.col("before") > 0).then(pl.col("after") / pl.col("before")).otherwise(1.0)
    scaled = sums.join(both, on=keys, how="left", maintain_order="left")
    return scaled.with_columns(pl.col("mean", *QUANTILES) * factor).drop("before", "after")


def _write_tables(folder: Path, orders: Orders, table: pl.DataFrame, chosen: pl.DataFrame) -> None:
    table.write_csv(folder / "forecast.csv")
    orders.demand.write_parquet(folder / "demand.parquet", compression="zstd")
    orders.series.write_csv(folder / "series.csv")
    chosen.sort("series_id").write_csv(folder / "models.csv")
    orders.capped.write_csv(folder / "capped.csv")
    orders.parts.write_csv(folder / "parts.csv")
    write_json(folder / "quality.json", orders.quality)


def _manifest(
    orders: Orders,
    settings: OrderSettings,
    chosen: pl.DataFrame,
    seconds: dict[str, float],
    method: str,
    seed: int,
    horizon: int,
) -> dict[str, Any]:
    periods = orders.quality["periods"]
    inputs = [{"name": s["name"], "sha256": s["sha256"]} for s in orders.quality["sources"]]
    for path in (settings.items, settings.stockouts):
        if path:
            inputs.append({"name": Path(path).name, "sha256": file_hash(Path(path))})
    return {
        "schema_version": 1,
        "kind": KIND,
        "status": "complete",
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "inputs": inputs,
        "settings": settings.to_dict(),
        "seed": seed,
        "freq": orders.freq,
        "horizon": horizon,
        "data_as_of": periods["as_of"],
        "reconciled": method,
        "models": dict(chosen.sort("series_id").select("series_id", "model").iter_rows()),
        "seconds": seconds,
        "peak_memory_bytes": peak_memory_bytes(),
        "versions": library_versions(),
    }


def summary_of(orders: Orders, table: pl.DataFrame, chosen: pl.DataFrame) -> dict[str, Any]:
    """What the command prints: units ahead beside the last as many periods, and which models were used."""
    levels = orders.series.select("series_id", "level")
    level = "product" if "product" in set(levels["level"]) else str(levels["level"][0])
    mine = levels.filter(pl.col("level") == level)
    ahead = table.join(mine, on="series_id", how="semi")
    n = ahead["period_start"].n_unique()
    past = orders.demand.join(mine, on="series_id", how="semi")
    last = past["period_start"].unique().sort().tail(n)
    largest = (
        ahead.group_by("series_id").agg(pl.col("mean").sum())
        .sort("mean", "series_id", descending=[True, False])
        .head(5)
        .join(orders.series.select("series_id", "name"), on="series_id", how="left", maintain_order="left")
    )  # fmt: skip
    return {
        "level": level,
        "first_period": ahead["period_start"].min().isoformat(),  # type: ignore[union-attr]
        "last_period": ahead["period_start"].max().isoformat(),  # type: ignore[union-attr]
        "units_ahead": round(float(ahead["mean"].sum()), 2),
        "units_before": round(
            float(past.filter(pl.col("period_start").is_in(last.implode()))["quantity"].sum()), 2
        ),
        "periods": n,
        "largest": [
            {"series_id": series, "name": name, "units": round(units, 2)}
            for series, units, name in largest.select("series_id", "mean", "name").iter_rows()
        ],
        "models": dict(chosen["model"].value_counts(sort=True).iter_rows()),
    }
