"""Text signals and their placebo: power over the size of a planted effect, and shops without effects.

1. Made-up panels of eight products over 156 weeks: complaints of a product rise and fall over months, and
   each 10 points of them change log demand by the planted effect two weeks later;
   signals come from 30 texts a week.
2. Sample shops (unmet.sample) with and without effects, from the true labels of the mentions.

    python benchmarks/signals.py [--seeds 20] [--shops 3]
"""

from __future__ import annotations

import argparse

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.forecast.signal_gains import SignalTestConfig, measure_signals
from unmet.forecast.signals import signal_cube, signal_table
from unmet.needs.shares import wilson
from unmet.sample import make_shop

Floats = NDArray[np.float64]
EFFECTS = (0.0, -0.1, -0.2, -0.3, -0.45)
CONFIG = SignalTestConfig(n_placebos=3, replicates=500)


def made_panel(effect: float, seed: int, n: int = 8, weeks: int = 156) -> tuple[Floats, Floats]:
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
    return units, (rng.binomial(30, rate) / 30)[:, :, None]


def shop_tables(seed: int, with_effects: bool) -> tuple[Floats, Floats, list[str]]:
    """Weekly orders, signals from true mentions, categories of the products of a sample shop."""
    shop = make_shop(seed, 6_000, with_effects=with_effects)
    keys = shop.products["product_id"].to_list()
    weekly = shop.orders.group_by(
        "product_id", pl.col("ordered_at").dt.truncate("1w").dt.date().alias("week")
    ).agg(pl.col("quantity").sum())
    weeks = sorted(weekly["week"].unique().to_list())
    units = np.zeros((len(keys), len(weeks)))
    for key, week, quantity in weekly.iter_rows():
        units[keys.index(key), weeks.index(week)] = quantity
    exported = shop.reviews.with_columns(pl.concat_str("source", "row", separator=":").alias("document_id"))
    mentions = shop.truth.mentions.select(
        pl.concat_str("source", "row", separator=":").alias("document_id"),
        "need_id", "polarity",
        pl.lit(None, dtype=pl.String).alias("category"),
        pl.col("polarity")
        .replace_strict({"negative": -1.0, "positive": 1.0, "neutral": 0.0})
        .alias("sentence_sentiment"),
    )  # fmt: skip
    documents = exported.select("document_id", "product_id", "created_at")
    signals = signal_table(documents, mentions, key="product_id", freq="W-MON", n_needs=14)
    cube, _ = signal_cube(signals, keys, weeks)
    return units, cube, shop.products["category"].to_list()


def share(hits: int, n: int) -> str:
    part = wilson(hits, n, 0.95)
    return f"{hits}/{n} ({part.low:.2f} to {part.high:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--shops", type=int, default=3)
    arguments = parser.parse_args()
    for effect in EFFECTS:
        found = pl.concat(
            [
                measure_signals(*made_panel(effect, seed), ["all"] * 8, CONFIG)
                for seed in range(arguments.seeds)
            ]
        )
        placebo = found.filter((pl.col("placebo_low") <= 0) & (pl.col("placebo_high") >= 0)).height
        above = found.filter(pl.col("placebo_low") > 0).height
        means = found.select(pl.col("gain", "error", "placebo_gain").mean()).row(0, named=True)
        print(
            f"effect {effect} per 10 points: kept {share(int(found['kept'].sum()), found.height)}; "
            f"gain {means['gain']:.4f} of {means['error']:.3f}; placebo {means['placebo_gain']:.4f}, "
            f"0 in its interval {placebo}/{found.height}, above 0 {above}",
            flush=True,
        )
    for with_effects in (True, False):
        tables = []
        for seed in range(arguments.shops):
            tables.append(measure_signals(*shop_tables(seed, with_effects), CONFIG))
        whole = pl.concat(tables)
        print(f"\nsample shops {'with' if with_effects else 'without'} effects: kept "
              f"{share(int(whole['kept'].sum()), whole.height)}; placebo above 0 "
              f"{share(whole.filter(pl.col('placebo_low') > 0).height, whole.height)}")  # fmt: skip
        means = whole.group_by("category").agg(
            pl.col("gain", "placebo_gain").mean().round(4), pl.col("kept").sum()
        )
        for row in means.sort("category").iter_rows():
            print("  {}: gain {}, placebo {}, kept in {}".format(*row), flush=True)


if __name__ == "__main__":
    main()
