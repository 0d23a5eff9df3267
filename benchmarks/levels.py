"""Forecasts of categories, countries and whole shops: are their intervals as wide as they should be?

Each level is forecast from past dates with what was known then, by itself or (`--pooled`, how it was before
decision 178) with its products in one pool of past errors, beside two that a user could take instead: AutoETS
with its own intervals, and the last four periods with the spread of their own past errors.

python benchmarks/levels.py [retail households juice weekly_products jewelry] [--dates latest] [--pooled]
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import demand_data
from demand_data import DATA
from unmet.evaluate.demand import pinball_losses
from unmet.forecast.backtesting import backtest_origins
from unmet.forecast.forecasting import forecast_from
from unmet.forecast.orders import read_orders
from unmet.forecast.panel import Floats, Panel, filled, panel_of
from unmet.forecast.predictive import LEVELS, conformal_quantiles
from unmet.forecast.rolling import ForecastConfig, Rolling
from unmet.forecast.settings import OrderSettings
from unmet.forecast.tables import DEMAND, SERIES

HORIZON = 4
LATEST = 4  # dates kept for the last look
INTERVALS = {80: (2, 10), 95: (0, 12)}
Tables = tuple[pl.DataFrame, pl.DataFrame]


def retail() -> Tables:
    """Online Retail: products, the shop, and its countries as segments."""
    path = DATA / "demand_online_retail" / "orders_to_2011-09-04.csv.gz"
    settings = OrderSettings(
        levels=("product", "segment", "total"), mapping={"segment": "Country"}, horizon="4w", freq="W-MON"
    )
    orders = read_orders([path], settings)
    return orders.demand, orders.series


def households() -> Tables:
    """Groceries of 2,377 households: products, departments and all together."""
    folder = DATA / "profile_households"
    lines = pl.read_csv(folder / "transactions_sample.csv.gz", infer_schema_length=0)
    products = pl.read_csv(folder / "products.csv.gz", infer_schema_length=0).select(
        "product_id", "product_type", category="department"
    )
    with tempfile.TemporaryDirectory() as place:
        orders_file, items_file = Path(place) / "orders.csv", Path(place) / "items.csv"
        lines.select("transaction_timestamp", "product_id", "quantity", "basket_id").write_csv(orders_file)
        products.write_csv(items_file)
        mapping = {"time": "transaction_timestamp", "product": "product_id"}
        settings = OrderSettings(
            levels=("product", "category", "total"), mapping=mapping, items=str(items_file), horizon="4w",
            freq="W-MON",
        )  # fmt: skip
        orders = read_orders([orders_file], settings)
    return orders.demand, orders.series


def summed(tables: Tables) -> Tables:
    """The series with their categories (where there are any) and their total as further levels."""
    demand, series = tables
    keyed = demand.filter("observed").join(series.select("series_id", "category"), on="series_id")
    parts = [keyed.with_columns(pl.lit("total").alias("parent"))]
    if keyed["category"].drop_nulls().len():
        parts.append(keyed.with_columns(pl.format("category:{}", "category").alias("parent")))
    sums = (
        pl.concat(parts).group_by(pl.col("parent").alias("series_id"), "period_start")
        .agg(pl.col("quantity").sum(), pl.lit(None, pl.Float64).alias("price"),
             pl.lit(None, pl.Float64).alias("promotion"), pl.lit(True).alias("observed"))
        .select(pl.col(name).cast(kind) for name, kind in DEMAND.items())
    )  # fmt: skip
    level = pl.when(pl.col("series_id") == "total").then(pl.lit("total")).otherwise(pl.lit("category"))
    described = sums.group_by("series_id").agg(pl.col("period_start").min().alias("first_sale")).with_columns(
        level.alias("level"), pl.col("series_id").alias("name"), pl.lit(None, pl.String).alias("category")
    )  # fmt: skip
    more = described.select(pl.col(name).cast(kind) for name, kind in SERIES.items())
    return (
        pl.concat([demand, sums]).sort("series_id", "period_start"),
        pl.concat([series, more]).sort("series_id"),
    )


SETS: dict[str, Callable[[], Tables]] = {
    "retail": retail,
    "households": households,
    "juice": lambda: summed(demand_data.orange_juice()),
    "weekly_products": lambda: summed(demand_data.weekly_products()),
    "jewelry": lambda: summed(demand_data.jewelry()),
}


def autoets(known: Panel) -> Floats:
    """AutoETS with its own intervals, per step: ``(N, H, Q)``."""
    import pandas as pd
    from statsforecast import StatsForecast
    from statsforecast.models import AutoETS, HistoricAverage

    whole = filled(known.values)
    rows, columns = np.nonzero(~np.isnan(whole))
    frame = pd.DataFrame({"unique_id": rows, "ds": columns, "y": whole[rows, columns]})
    shares = [20, 40, 60, 80, 90, 95]
    runner: Any = StatsForecast([AutoETS(season_length=1)], freq=1, fallback_model=HistoricAverage())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = runner.forecast(df=frame, h=HORIZON, level=shares).sort_values(["unique_id", "ds"])
    names = [f"AutoETS-lo-{share}" for share in reversed(shares)] + ["AutoETS"]
    names += [f"AutoETS-hi-{share}" for share in shares]
    out = np.zeros((len(whole), HORIZON, len(LEVELS)))
    out[made["unique_id"].unique()] = made[names].to_numpy().reshape(-1, HORIZON, len(LEVELS))
    # The lower quantiles of the library's fallback come in the wrong order.
    return np.sort(np.maximum(np.nan_to_num(out), 0), axis=-1)


def last_four(known: Panel) -> Floats:
    """Mean of four periods times the quantiles of its own past ratios, per step: ``(N, H, Q)``."""
    out = np.zeros((len(known.values), HORIZON, len(LEVELS)))
    for row, values in enumerate(filled(known.values)):
        seen = values[~np.isnan(values)]
        dates = range(4, len(seen) - HORIZON + 1)
        base = np.array([seen[date - 4 : date].mean() for date in dates])
        usable = [(date, one) for date, one in zip(dates, base, strict=True) if one > 0]
        now = seen[-4:].mean() if len(seen) else 0.0
        if len(usable) < 3:
            out[row] = now
            continue
        ratios = np.array([seen[date : date + HORIZON] / one for date, one in usable])
        out[row] = now * conformal_quantiles(ratios).T
    return out


def rows_of(panel: Panel, series: pl.DataFrame, level: str) -> np.ndarray:
    mine = set(series.filter(pl.col("level") == level)["series_id"])
    return np.array([name in mine for name in panel.ids])


def forecasts_at(
    panel: Panel, rows: np.ndarray, origins: list[int], asked: argparse.Namespace
) -> list[tuple[Floats, Floats]]:
    """Per date: quantiles of steps and of sums of the series of one level."""
    part = panel if asked.pooled else panel.only(rows)
    rolling = Rolling(part, HORIZON, ForecastConfig(n_jobs=asked.threads, own_errors=not asked.pooled), 0)
    kept = rows if asked.pooled else np.ones(len(part.ids), dtype=bool)
    out = []
    for origin in origins:
        choice, made = forecast_from(rolling, origin)
        if asked.show:
            names, counts = np.unique(choice.model[kept], return_counts=True)
            print(f"    {panel.starts[origin]}: {dict(zip(names.tolist(), counts.tolist(), strict=True))}")
        out.append((made.quantiles[kept], made.sum_quantiles[kept, -1]))
    return out


def scored(made: list[Floats], truths: list[Floats]) -> dict[str, float]:
    """Coverage, width and errors of quantiles ``(N, Q)`` or ``(N, H, Q)`` over dates.

    The width is the median over series and periods of the 80% interval over the mean of what came.
    """
    truth, spread = np.concatenate(truths), np.concatenate(made)
    seen = ~np.isnan(truth)
    found = {
        f"{share}%": float(((truth >= spread[..., low]) & (truth <= spread[..., high]))[seen].mean())
        for share, (low, high) in INTERVALS.items()
    }
    units = truth[seen].sum()
    rows = truth.reshape(len(truth), -1)
    size = np.nansum(rows, axis=1) / np.maximum((~np.isnan(rows)).sum(axis=1), 1)
    size = np.maximum(size, 1e-9).reshape(-1, *[1] * (truth.ndim - 1))
    lost = pinball_losses(truth, spread, LEVELS)
    width = (spread[..., 10] - spread[..., 2]) / size
    found |= {
        "WQL": float(np.nansum(lost) / units),
        "width of 80%": float(np.median(width[seen])),
        "WAPE": float(np.nansum(np.abs(truth - spread[..., 6])) / units),
    }
    return found


def origins_of(panel: Panel, dates: str) -> list[int]:
    """Up to 12 dates a horizon apart: those before the latest four, or these."""
    found = backtest_origins(len(panel.starts), HORIZON, 12 + LATEST)
    return found[-LATEST:] if dates == "latest" else found[:-LATEST]


def part(name: str, asked: argparse.Namespace) -> list[str]:
    """One line per level and forecast."""
    demand, series = SETS[name]()
    panel = panel_of(demand, series, "W-MON")
    lines = []
    for level in ("category", "segment", "total"):
        if not (rows := rows_of(panel, series, level)).any():
            continue
        origins = origins_of(panel, asked.dates)
        own, alone = forecasts_at(panel, rows, origins, asked), panel.only(rows)
        truths = [_outcome(alone, origin) for origin in origins]
        known = [alone.until(origin) for origin in origins]
        found = {
            "unmet | periods": ([steps for steps, _ in own], truths),
            "AutoETS, own intervals | periods": ([autoets(one) for one in known], truths),
            "last 4, own past errors | periods": ([last_four(one) for one in known], truths),
            "unmet | sums": ([sums for _, sums in own], [truth.sum(axis=1) for truth in truths]),
        }
        head = f"| {name} | {level} | {int(rows.sum())} × {len(origins)} |"
        lines += [f"{head} {model} | {shown(scored(*pair))}" for model, pair in found.items()]
    return lines


def _outcome(alone: Panel, origin: int) -> Floats:
    """What came after a date; NaN for series with fewer than eight periods by then."""
    truth = alone.values[:, origin : origin + HORIZON].copy()
    truth[(~np.isnan(alone.values[:, :origin])).sum(axis=1) < 8] = np.nan
    return truth


def shown(cells: dict[str, float]) -> str:
    percent = [f"{cells[key]:.1%}" for key in ("80%", "95%")]
    return " | ".join([*percent, *[f"{cells[key]:.3f}" for key in ("width of 80%", "WQL", "WAPE")]]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="*", default=list(SETS), help=f"of {', '.join(SETS)}")
    parser.add_argument("--dates", choices=("earlier", "latest"), default="earlier")
    parser.add_argument("--pooled", action="store_true")
    parser.add_argument("--show", action="store_true", help="print which models were chosen at each date")
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    started = time.perf_counter()
    lines = [line for name in asked.sets for line in part(name, asked)]
    print("| set | level | series × dates | forecast | of | 80% | 95% | width of 80% | WQL | WAPE |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    print("\n".join(lines))
    print(f"{time.perf_counter() - started:.0f} s in all.")


if __name__ == "__main__":
    main()
