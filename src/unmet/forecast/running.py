"""`unmet forecast`: orders in, a folder with forecasts out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from unmet.core.errors import InputError
from unmet.core.files import write_json
from unmet.core.hashing import file_hash
from unmet.core.manifest import MANIFEST
from unmet.core.memory import peak_memory_bytes
from unmet.forecast.adjusting import Adjusted, Extras, adjusted, write_extras
from unmet.forecast.changes import check_periods
from unmet.forecast.choosing import UNSEEN
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
from unmet.forecast.inventory.safe_cells import write_safe_csv
from unmet.forecast.orders import Orders, read_orders
from unmet.forecast.publishing import checked, sums_like
from unmet.forecast.reconciling import METHODS, reconciled
from unmet.forecast.rolling import ForecastConfig
from unmet.forecast.settings import OrderSettings, check_settings

T = TypeVar("T")
_NOTHING = Extras()


def run_forecast(
    inputs: Sequence[str | Path],
    out: str | Path,
    *,
    horizon: str,
    settings: OrderSettings | None = None,
    new: str | Path | None = None,
    country: str | None = None,
    prices: str | Path | None = None,
    extras: Extras = _NOTHING,
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
        extras: a mined run whose signals are tested, an earlier forecast to compare with.
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
    _check_pictures(language, png=png)
    target = Path(out)
    check_place(target)
    with new_folder(target) as folder:
        return _into(
            folder, inputs, settings, new, country, prices, extras, reconcile, seed, language, png, progress
        )  # fmt: skip


def _into(
    folder: Path,
    inputs: Sequence[str | Path],
    settings: OrderSettings,
    new: str | Path | None,
    country: str | None,
    prices: str | Path | None,
    extras: Extras,
    reconcile: str,
    seed: int,
    language: str,
    png: bool,
    progress: Callable[[str], object],
) -> dict[str, Any]:
    seconds: dict[str, float] = {}
    earlier = extras.earlier()
    progress("reading orders")
    rejected = folder / "rejected.parquet"
    orders = _timed("read", seconds, lambda: read_orders(inputs, settings, rejected_to=rejected))
    if earlier is not None:
        check_periods(earlier, orders.freq)
    starts = None
    if new is not None:  # before the long work: a product file that cannot be used is told at once
        progress("forecasting new products")
        starts = _timed("new", seconds, lambda: forecast_launches_of(new, orders, seed))
    driven = _timed(
        "drivers",
        seconds,
        lambda: drivers_of(orders, settings, country=country, prices=prices, seed=seed),
    )
    demand, horizon = driven.demand, orders.horizon or 1
    told = _forecast(replace(orders, demand=demand), settings, extras, seconds, seed, progress)
    made = told.made
    progress("reconciling")
    table, method = _timed(
        "reconcile", seconds, lambda: reconciled(made.table, demand, orders.parts, method=reconcile)
    )
    table = driven.planned(table)
    sums = sums_like(made.sums, made.table, table)
    table = checked(table)
    launched: dict[str, Any] = {}
    if starts is not None:
        table, orders, launched = with_launches(folder, table, orders, starts)
    _write_tables(folder, orders, table, made.chosen)
    sums.write_parquet(folder / "sums.parquet", compression="zstd")
    write_drivers(folder, driven, table)
    manifest = _manifest(orders, settings, made.chosen, seconds, method, seed, horizon) | launched
    manifest["drivers"] = driven.told()
    manifest |= write_extras(folder, told, earlier, table, orders, seed=seed)
    write_json(folder / MANIFEST, manifest)
    write_pictures(folder, language, png=png)
    manifest["outputs"] = output_hashes(folder)
    write_json(folder / MANIFEST, manifest)
    return manifest | {"quality": orders.quality, "summary": summary_of(orders, table, made.chosen)}


def _check_pictures(language: str, *, png: bool) -> None:
    """Raise InputError where page or picture cannot be drawn: now, not after the work."""
    if language not in LANGUAGES:
        raise InputError(f"no language {language!r}", hint="Use --lang zh or --lang en.")
    if png:
        from unmet.forecast.picture_file import check_picture

        check_picture(language)


def _forecast(
    orders: Orders,
    settings: OrderSettings,
    extras: Extras,
    seconds: dict[str, float],
    seed: int,
    progress: Callable[[str], object],
) -> Adjusted:
    """What the models say, and what signals and launch forecasts make of it."""
    from unmet.forecast.forecasting import forecast_demand

    horizon = orders.horizon or 1
    progress(f"forecasting {orders.series.height:,} series")
    made = _timed(
        "forecast",
        seconds,
        lambda: forecast_demand(
            orders.demand,
            orders.series,
            horizon=horizon,
            freq=orders.freq,
            seed=seed,
            config=ForecastConfig(n_jobs=os.cpu_count() or 1),
        ),
    )
    return _timed("adjust", seconds, lambda: adjusted(made, orders, settings, extras, seed, progress))


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


def _write_tables(folder: Path, orders: Orders, table: pl.DataFrame, chosen: pl.DataFrame) -> None:
    write_safe_csv(folder / "forecast.csv", table)
    orders.demand.write_parquet(folder / "demand.parquet", compression="zstd")
    write_safe_csv(folder / "series.csv", orders.series)
    write_safe_csv(folder / "models.csv", chosen.sort("series_id"))
    write_safe_csv(folder / "capped.csv", orders.capped)
    write_safe_csv(folder / "parts.csv", orders.parts)
    if orders.stock is not None:
        write_safe_csv(folder / "stock.csv", orders.stock)
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
        "unseen_season": UNSEEN in chosen["why"],
    }
