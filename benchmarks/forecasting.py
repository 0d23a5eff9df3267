"""Demand forecasts on public data: rolling origins, paired intervals, simple baselines in the same run.

python benchmarks/forecasting.py online_retail|car_parts|jewelry|weekly_products|speed [--file later.csv.gz]
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import demand_data
from unmet.core.records import Estimate
from unmet.evaluate.demand import coverage, seasonal_scale, weighted_quantile_loss
from unmet.forecast.backtesting import CHOSEN, DECILES, Backtest, backtest
from unmet.forecast.forecasting import forecast_demand
from unmet.forecast.local_models import local_forecasts
from unmet.forecast.monitoring import central_share
from unmet.forecast.panel import Floats, Panel, filled
from unmet.forecast.predictive import LEVELS
from unmet.forecast.rolling import ForecastConfig
from unmet.forecast.tables import QUANTILES

RESULTS = Path(__file__).parent / "RESULTS-forecasting.md"
LAGS = "LightGBM on lags"


def lags_only(panel: Panel, horizon: int) -> Floats:
    """mlforecast, recursive: lags 1 to 8 and two window means, absolute loss (what WAPE asks for)."""
    import lightgbm
    import pandas as pd
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import RollingMean

    whole = filled(panel.values)
    rows, columns = np.nonzero(~np.isnan(whole))
    frame = pd.DataFrame({"unique_id": rows, "ds": columns, "y": whole[rows, columns]})
    long = frame.groupby("unique_id")["ds"].transform("size") >= 10
    model = lightgbm.LGBMRegressor(
        objective="regression_l1", n_estimators=150, learning_rate=0.06, num_leaves=31, min_child_samples=50,
        n_jobs=1, verbosity=-1, random_state=0,
    )  # fmt: skip
    maker = MLForecast(
        {"lags": model}, freq=1, lags=list(range(1, 9)), num_threads=1,
        lag_transforms={1: [RollingMean(4, min_samples=1), RollingMean(8, min_samples=1)]},
    )  # fmt: skip
    short = np.array([row[~np.isnan(row)][-4:].mean() if (~np.isnan(row)).any() else 0.0 for row in whole])
    out = np.repeat(short[:, None], horizon, axis=1)
    maker.fit(frame[long], static_features=[])
    made = maker.predict(horizon).sort_values(["unique_id", "ds"])
    out[made["unique_id"].unique()] = made["lags"].to_numpy().reshape(-1, horizon)
    return np.maximum(out, 0)


def on_some(name: str, n_series: int) -> Callable[[Panel, int], Floats]:
    """A per-series model on evenly spread series of at least eight periods; NaN for the others."""

    def model(panel: Panel, horizon: int) -> Floats:
        rows = np.unique(np.linspace(0, len(panel.ids) - 1, min(n_series, len(panel.ids))).astype(np.int64))
        out = np.full((len(panel.ids), horizon), np.nan)
        out[rows] = local_forecasts(panel.only(rows), horizon, (name,))[name]
        return out

    return model


def shown(value: Estimate, digits: int = 3) -> str:
    return f"{value.value:.{digits}f} ({value.low:.{digits}f} to {value.high:.{digits}f})"


def table(result: Backtest) -> list[str]:
    """One line per model: errors and how much of each the chosen forecast takes away."""
    lines = [
        "| model | WAPE of sums | gain of chosen | WAPE per period | WQL of sums | gain of chosen |"
        " WQL per period | series |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in sorted(result.scores, key=lambda name: result.error(name).value):
        cells = [shown(result.error(name))]
        cells.append("" if name == CHOSEN else shown(result.gain(name)))
        cells += [
            f"{result.error(name, 'steps').value:.3f}",
            f"{result.error(name, 'sum_pinball').value:.3f}",
        ]
        cells.append("" if name == CHOSEN else shown(result.gain(name, "sum_pinball")))
        cells += [f"{result.error(name, 'step_pinball').value:.3f}", str(int(result._rows(name).sum()))]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines.append("")
    for share, steps in result.coverage.items():
        lines.append(f"{share}: intervals cover by step {', '.join(f'{v:.1%}' for v in steps[:-1])};"
                     f" sums {steps[-1]:.1%}.")  # fmt: skip
    lines.append(f"Origins {', '.join(result.origins)}. Chosen: {result.chosen}.")
    point = result.error("WindowAverage", "sums")
    own = result.error(CHOSEN, "sum_pinball")
    lines.append(
        f"Window average as a bare point: WQL of sums {point.value:.3f} (its WAPE); chosen {own.value:.3f}."
    )
    return lines


def rolling_part(load: str, n_origins: int, n_local: int) -> Callable[[argparse.Namespace], list[str]]:
    def part(asked: argparse.Namespace) -> list[str]:
        demand, series = getattr(demand_data, load)(asked.file)
        if asked.every > 1:
            kept = series["series_id"].gather_every(asked.every)
            demand, series = (
                frame.filter(pl.col("series_id").is_in(kept.implode())) for frame in (demand, series)
            )
        more = {f"{name} *": on_some(name, n_local) for name in ("AutoETS", "DynamicOptimizedTheta")}
        if not asked.quick:
            more[LAGS] = lags_only
        result = backtest(
            demand, series, horizon=4, freq="W-MON", n_origins=n_origins, more=more,
            config=ForecastConfig(n_jobs=asked.threads),
        )  # fmt: skip
        what = f"Weekly, horizon 4, {n_origins} origins; * on {n_local} series at most."
        if asked.every > 1:
            what += f" Every {asked.every}th series only: a first look, not the whole set."
        return [what, "", *table(result)]

    return part


def car_parts(asked: argparse.Namespace) -> list[str]:
    """Last 12 months as test. MASE: scale of season 12, mean over series with one; all parts count."""
    demand, series = demand_data.car_parts(asked.file)
    months = sorted(demand["period_start"].unique().to_list())
    known = demand.filter(pl.col("period_start") < months[-12])
    full = demand_data.wide_values(asked.file or demand_data.DATA / "demand_car_parts" / "months_1_39.csv")
    history, truth = full[1][:, :-12], full[1][:, -12:]
    made = forecast_demand(known, series, horizon=12, freq="MS", config=ForecastConfig(n_jobs=asked.threads))
    place = {name: row for row, name in enumerate(full[0])}
    quantiles = np.zeros((*truth.shape, len(LEVELS)))
    rows = [place[name] for name in made.table["series_id"].unique(maintain_order=True)]
    quantiles[rows] = made.table.select(*QUANTILES).to_numpy().reshape(len(rows), 12, len(LEVELS))
    naive = np.nan_to_num(history[:, -12:])
    last = np.repeat(np.nan_to_num(np.nanmean(history[:, -6:], axis=1))[:, None], 12, axis=1)
    nine = quantiles[:, :, DECILES]
    best = np.repeat(np.median(np.nan_to_num(truth), axis=1)[:, None], 12, axis=1)
    forecasts = {
        "Chosen (median)": (quantiles[:, :, 6], nine),
        "Seasonal naive": (naive, np.repeat(naive[..., None], 9, axis=2)),
        "Mean of six months": (last, np.repeat(last[..., None], 9, axis=2)),
        "Zero": (0 * last, np.zeros_like(nine)),
        "Best constant, in hindsight": (best, np.repeat(best[..., None], 9, axis=2)),
    }
    lines = ["| forecast | MASE | MASE / naive's | MASE, missing as 0 | WQL |", "|---|---|---|---|---|"]
    scaled = {name: scaled_errors(history, truth, point) for name, (point, _) in forecasts.items()}
    for name, (point, spread) in forecasts.items():
        loss = weighted_quantile_loss(truth, spread, LEVELS[DECILES])
        filled_in = scaled_errors(np.nan_to_num(history), np.nan_to_num(truth), point)
        ratio = scaled[name].mean() / scaled["Seasonal naive"].mean()
        cells = [shown(interval(scaled[name])), f"{ratio:.3f}", f"{filled_in.mean():.3f}", f"{loss:.3f}"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    counts = made.chosen["model"].value_counts(sort=True).rows()
    lines += [
        "",
        f"{len(history)} parts, {len(scaled['Zero'])} with a scale and a whole year of outcomes.",
        f"Chosen: {dict(counts)}.",
        "MASE as GluonTS and the Chronos evaluation have it: season 12, median as the point, parts",
        "whose scale is 0 left out. Chronos-Bolt base has .713 of the seasonal naive's MASE on the",
        "twelve months after these.",
    ]
    for name, (low, high) in {"80%": (2, 10), "95%": (0, 12)}.items():
        share = coverage(truth, quantiles[..., low], quantiles[..., high])
        part = float(np.nanmean(central_share(truth, quantiles, int(name[:-1]) / 100)))
        lines.append(f"{name} intervals cover {share:.1%}; ties by part {part:.1%}.")
    return lines


def scaled_errors(history: Floats, truth: Floats, point: Floats) -> Floats:
    """Mean absolute error over that of the seasonal naive in the history, for series where both are defined.

    As GluonTS and the Chronos evaluation have it: season 12, the median as the point, series whose scale is 0
    left out.
    """
    scaled = np.abs(truth - point).mean(axis=1) / seasonal_scale(history, 12)
    return scaled[~np.isnan(scaled)]


def interval(values: Floats, replicates: int = 1000) -> Estimate:
    draws = np.random.default_rng(0).integers(len(values), size=(replicates, len(values)))
    means = values[draws].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(values.mean()), float(low), float(high))


def speed(asked: argparse.Namespace) -> list[str]:
    """Made-up weekly counts, 53 weeks, horizon 4, end to end in this process."""
    lines = [
        "| series | seconds | processor seconds | processor ms per series | highest memory, GB |",
        "|---|---|---|---|---|",
    ]
    for n_series in asked.series:
        demand, series = demand_data.made_up(n_series)
        started, worked = time.perf_counter(), processor_seconds()
        forecast_demand(demand, series, horizon=4, freq="W-MON", config=ForecastConfig(n_jobs=asked.threads))
        took, worked = time.perf_counter() - started, processor_seconds() - worked
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        per_series = 1000 * worked / n_series
        lines.append(f"| {n_series:,} | {took:.0f} | {worked:.0f} | {per_series:.1f} | {memory:.2f} |")
    load = os.getloadavg()[0]
    return [*lines, "", f"{asked.threads} threads; load {load:.1f} at the end, other work included."]


def processor_seconds() -> float:
    """Of this process and its finished children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in used)


PARTS: dict[str, Callable[[Any], list[str]]] = {
    "online_retail": rolling_part("online_retail", 4, 120),
    "car_parts": car_parts,
    "jewelry": rolling_part("jewelry", 6, 120),
    "weekly_products": rolling_part("weekly_products", 4, 200),
    "speed": speed,
}


def write(part: str, lines: list[str]) -> None:
    """Replace the section of the part in the results file."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else "# Results: demand forecasts\n"
    sections = [part_ for part_ in text.split("\n## ") if not part_.startswith(f"{part}\n")]
    body = "\n".join([part, "", *lines]) + "\n"
    RESULTS.write_text("\n## ".join([*sections, body]), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--file", type=Path, help="another file of the same form, for later periods")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--series", type=int, nargs="*", default=[4_000], help="for speed")
    parser.add_argument("--every", type=int, default=1, help="only every so many series, for a first look")
    parser.add_argument("--quick", action="store_true", help="without the boosted baseline")
    parser.add_argument("--keep", action="store_true", help="print only, leave the results file")
    asked = parser.parse_args()
    started = time.perf_counter()
    lines = PARTS[asked.part](asked)
    lines.append(f"{time.perf_counter() - started:.0f} s in all.")
    print("\n".join(lines))
    if not asked.keep:
        write(asked.part, lines)


if __name__ == "__main__":
    main()
