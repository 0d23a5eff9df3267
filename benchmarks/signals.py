"""Text signals and their placebo: power over the size of a planted effect and the length of the history.

panels    Made-up panels of eight products: complaints of a product rise and fall over months, and each 10
          points of them change log demand by the planted effect two weeks later; signals come from 30 texts
          a week.
shops     Sample shops (unmet.sample) with and without effects, with and without incidents, from the true
          labels of the mentions.
forecasts What kept signals do to whole forecasts of sample shops with incidents, at past origins.

    python benchmarks/signals.py panels|shops|forecasts [--seeds 20]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.forecast.boosting import BoostConfig
from unmet.forecast.forecasting import forecast_demand
from unmet.forecast.rolling import ForecastConfig
from unmet.forecast.signal_effects import kept_effects, with_signals
from unmet.forecast.signal_gains import SignalTestConfig, measure_signals
from unmet.forecast.signals import SignalCube
from unmet.forecast.tables import DEMAND, SERIES
from unmet.needs.shares import wilson
from unmet.sample.catalogue import make_products
from unmet.sample.draws import N_WEEKS, draw_shop
from unmet.sample.planted import PLANTED

Floats = NDArray[np.float64]
Case = tuple[Floats, SignalCube, list[str]]

EFFECTS = (0.0, -0.05, -0.10, -0.20, -0.30)
WEEKS = (104, 156, 208)
REVIEWS = (6_000, 12_000, 24_000)
ORIGINS = (4, 8, 12, 16, 20, 24, 28)
QUICK = ForecastConfig(n_origins=4, most_costly=1, boost=BoostConfig(n_trees=80))
MOVED = {name for need in PLANTED if need.demand_effect for name in need.categories}


def made_panel(effect: float, weeks: int, seed: int, n: int = 8) -> Case:
    """Units and one signal: the share of complaining texts among 30 a week."""
    rng = np.random.default_rng(seed)
    swing = np.zeros((n, weeks))
    for week in range(1, weeks):
        swing[:, week] = 0.9 * swing[:, week - 1] + 0.45 * rng.normal(size=n)
    rate = 0.35 / (1 + np.exp(-swing))
    lagged = rate[:, np.maximum(np.arange(weeks) - 2, 0)]
    season = 0.3 * np.cos(2 * np.pi * np.arange(weeks) / 52)
    level = rng.normal(3.5, 0.4, (n, 1)) + season + effect * (lagged - rate.mean()) / 0.10
    units = rng.poisson(np.exp(level + 0.15 * rng.normal(size=level.shape))).astype(np.float64)
    hits = rng.binomial(30, rate).astype(np.float64)[:, :, None]
    return units, SignalCube(hits, np.full_like(hits, 30.0), ["need:n"]), ["all"] * n


def sample_shop(seed: int, n_reviews: int, *, effects: bool, incidents: bool) -> Case:
    """Whole weeks of orders, and signals from the true mentions: 14 needs and the mean polarity."""
    products = make_products()
    drawn = draw_shop(seed, n_reviews, products, with_effects=effects, with_incidents=incidents)
    n, n_needs = len(products), len(PLANTED)
    units, texts = np.zeros((2, n, N_WEEKS))
    np.add.at(units, (drawn.order_product, drawn.order_day // 7), 1)
    at = (drawn.product, np.minimum(drawn.day // 7, N_WEEKS - 1))
    np.add.at(texts, at, 1)
    hits = np.zeros((n, N_WEEKS, n_needs + 1))
    for need in range(n_needs):
        np.add.at(hits[:, :, need], at, drawn.states[:, need] == 1)
    np.add.at(hits[:, :, n_needs], at, (drawn.states == 2).sum(axis=1) - (drawn.states == 1).sum(axis=1))
    names = [*(f"need:{need.need_id}" for need in PLANTED), "sentiment"]
    cube = SignalCube(hits, np.repeat(texts[:, :, None], n_needs + 1, axis=2), names)
    whole = slice(1, -1)  # the first week has no reviews yet, the last one is not whole
    cube = SignalCube(cube.total[:, whole], cube.weight[:, whole], names)
    return units[:, whole], cube, [product.category for product in products]


def share(found: pl.DataFrame) -> str:
    part = wilson(int(found["kept"].sum()), found.height, 0.95)
    return f"{int(found['kept'].sum())}/{found.height} ({part.low:.2f} to {part.high:.2f})"


def measured(make: Callable[[int], Case], seeds: int) -> pl.DataFrame:
    config = SignalTestConfig(n_needs=len(PLANTED))
    return pl.concat([measure_signals(*make(seed), config) for seed in range(seeds)])


def line(label: str, found: pl.DataFrame) -> None:
    means = found.select(pl.col("gain", "error", "placebo_gain").mean()).row(0, named=True)
    inside = found.filter((pl.col("placebo_low") <= 0) & (pl.col("placebo_high") >= 0)).height
    print(
        f"| {label} | {share(found)} | {means['gain']:.4f} of {means['error']:.3f} | "
        f"{means['placebo_gain']:.4f} | {inside}/{found.height} |",
        flush=True,
    )


HEAD = "kept | gain of error | placebo gain | 0 in the placebos' range |\n|---|---|---|---|---|"


def panels(seeds: int) -> None:
    print(f"| weeks, effect per 10 points | {HEAD}")
    for weeks in WEEKS:
        for effect in EFFECTS:
            line(f"{weeks}, {effect}", measured(lambda s, e=effect, w=weeks: made_panel(e, w, s), seeds))  # type: ignore[misc]


def shops(seeds: int) -> None:
    print(f"| reviews, shop | {HEAD}")
    for incidents in (True, False):
        for n_reviews in REVIEWS:
            for effects in (True, False):
                found = measured(
                    lambda s, n=n_reviews, e=effects, i=incidents: sample_shop(s, n, effects=e, incidents=i),  # type: ignore[misc]
                    seeds,
                )
                told = f"{n_reviews:,}, {'incidents' if incidents else 'steady rates'}"
                if effects:
                    moved = found.filter(pl.col("category").is_in(sorted(MOVED)))
                    line(f"{told}, effects: the {len(MOVED)} categories with one", moved)
                    line(
                        f"{told}, effects: the category without",
                        found.filter(~pl.col("category").is_in(sorted(MOVED))),
                    )
                    parts = moved.group_by("category").agg(pl.col("kept").sum()).sort("category")
                    print("  by category:", dict(parts.iter_rows()), flush=True)
                else:
                    line(f"{told}, no effects", found)


def tables_of(units: Floats, categories: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    starts = [date(2024, 1, 8) + timedelta(weeks=week) for week in range(units.shape[1])]
    ids = [f"p{place:02d}" for place in range(len(units))]
    demand = [
        (name, starts[week], units[place, week], None, None, True)
        for place, name in enumerate(ids)
        for week in range(units.shape[1])
    ]
    series = [(name, "product", name, categories[place], starts[0]) for place, name in enumerate(ids)]
    return (
        pl.DataFrame(demand, schema=DEMAND, orient="row"),
        pl.DataFrame(series, schema=SERIES, orient="row"),
    )


def at_origin(case: Case, back: int) -> list[tuple[float, float]]:
    """Absolute log errors of four-week sums without and with kept signals, in kept categories."""
    units, cube, categories = case
    end = units.shape[1] - back
    known = SignalCube(cube.total[:, :end], cube.weight[:, :end], cube.names)
    config = SignalTestConfig(n_needs=len(PLANTED))
    gains = measure_signals(units[:, :end], known, categories, config)
    kept = gains.filter("kept")["category"].to_list()
    if not kept:
        return []
    demand, series = tables_of(units[:, :end], categories)
    made = forecast_demand(demand, series, horizon=4, freq="W-MON", config=QUICK)
    ids = series["series_id"].to_list()
    effects = kept_effects(units[:, :end], known, ids, categories, kept, config, {})
    moved = with_signals(made, effects, pl.DataFrame(schema={"parent": pl.String, "child": pl.String}))
    truth = np.log1p(units[:, end : end + 4].sum(axis=1))
    errors = []
    for forecasts in (made, moved):
        sums = forecasts.table.group_by("series_id").agg(pl.col("mean").sum()).sort("series_id")["mean"]
        errors.append(np.abs(np.log1p(sums.to_numpy()) - truth))
    inside = np.isin(np.array(categories), kept)
    return [(float(a), float(b)) for a, b in zip(errors[0][inside], errors[1][inside], strict=True)]


def forecasts(seeds: int) -> None:
    rng = np.random.default_rng(0)
    for n_reviews in (24_000,):
        blocks = []
        for seed in range(seeds):
            case = sample_shop(seed, n_reviews, effects=True, incidents=True)
            for back in ORIGINS:
                if rows := at_origin(case, back):
                    blocks.append(np.array(rows))
                    mean = blocks[-1].mean(axis=0)
                    print(f"  shop {seed}, {back} weeks before the end: {len(rows)} products, "
                          f"{mean[0]:.3f} → {mean[1]:.3f}", flush=True)  # fmt: skip
        sums, counts = np.array([b.sum(axis=0) for b in blocks]), np.array([len(b) for b in blocks])
        draws = rng.integers(len(blocks), size=(2000, len(blocks)))
        gain = (sums[draws, 0].sum(1) - sums[draws, 1].sum(1)) / counts[draws].sum(1)
        low, high = np.quantile(gain, [0.025, 0.975])
        plain, signalled = sums.sum(axis=0) / counts.sum()
        print(f"{n_reviews:,} reviews: mean |log error| {plain:.4f} without, {signalled:.4f} with signals; "
              f"gain {plain - signalled:.4f} ({low:.4f} to {high:.4f}), {counts.sum()} forecasts "
              f"at {len(blocks)} origins")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("part", choices=("panels", "shops", "forecasts"))
    parser.add_argument("--seeds", type=int, default=20)
    asked = parser.parse_args()
    began = time.perf_counter()
    {"panels": panels, "shops": shops, "forecasts": forecasts}[asked.part](asked.seeds)
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
