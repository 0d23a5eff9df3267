"""A made-up forecast folder with known demand, and stock and cost files beside it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from scipy import stats

from unmet.forecast.tables import QUANTILES

LEVELS = np.array(sorted(QUANTILES.values()))
NAMES = sorted(QUANTILES, key=QUANTILES.__getitem__)
START = date(2024, 1, 1)


def make_folder(
    path: Path,
    rates: dict[str, float],
    *,
    horizon: int = 6,
    n_past: int = 60,
    names: dict[str, str] | None = None,
) -> Path:
    """Weekly Poisson demand with these rates, forecast by its true quantiles."""
    path.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(5)
    first = START + timedelta(weeks=n_past)
    demand, forecast, series = [], [], []
    for name, rate in rates.items():
        for week in range(n_past):
            sold = float(rng.poisson(rate)) if rate > 0.001 else 0.0
            demand.append((name, START + timedelta(weeks=week), sold, None, None, True))
        quantiles = stats.poisson.ppf(LEVELS, rate)
        for week in range(horizon):
            forecast.append((name, first + timedelta(weeks=week), rate, *map(float, quantiles)))
        series.append((name, "product", (names or {}).get(name, f"Product {name}"), "lamps", START))
    series.append(("lamps", "category", "lamps", "lamps", START))
    pl.DataFrame(
        demand,
        schema=["series_id", "period_start", "quantity", "price", "promotion", "observed"],
        orient="row",
    ).with_columns(pl.col("price", "promotion").cast(pl.Float64)).write_parquet(path / "demand.parquet")
    pl.DataFrame(forecast, schema=["series_id", "period_start", "mean", *NAMES], orient="row").write_csv(
        path / "forecast.csv"
    )
    pl.DataFrame(
        series, schema=["series_id", "level", "name", "category", "first_sale"], orient="row"
    ).write_csv(path / "series.csv")
    manifest = {"freq": "W-MON", "horizon": horizon, "data_as_of": str(first - timedelta(days=1))}
    (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return path


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
