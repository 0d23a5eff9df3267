"""A made-up shop whose demand follows from words and prices, for launch forecasts."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from unmet.forecast.tables import DEMAND, ITEMS, SERIES

START = date(2024, 1, 1)
KINDS = {
    "红色 陶瓷 马克杯 mug": 3.5, "vintage paper lantern": 2.0, "wooden picture frame": 1.0,
    "棉质 购物袋 bag": 4.0, "tin cake storage box": 2.8,
}  # fmt: skip
WORDS = ["large", "small", "blue", "green", "retro", "夏季", "冬季", "礼盒", "heart", "star"]


def launch_shop(
    n: int = 200, n_weeks: int = 40, *, seed: int = 0, noise: float = 0.6
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Schemas DEMAND, SERIES, ITEMS: units fall with the price and differ by kind of product."""
    rng = np.random.default_rng(seed)
    kinds = list(KINDS)
    rows, items, series = [], [], []
    for number in range(n):
        kind = kinds[rng.integers(len(kinds))]
        text = f"{kind} {WORDS[rng.integers(len(WORDS))]} {WORDS[rng.integers(len(WORDS))]}"
        price = float(np.exp(rng.normal(1.0, 0.7)))
        level = KINDS[kind] + 1.0 - np.log(price) + noise * rng.normal()
        first = 0 if number < n // 3 else int(rng.integers(5, n_weeks - 8))
        name = f"A{number:03d}"
        units = rng.poisson(np.exp(level), n_weeks - first)
        units[0] = max(units[0], 1)
        for week, quantity in enumerate(units.tolist(), start=first):
            rows.append((name, START + timedelta(weeks=week), float(quantity), price, None, True))
        items.append((name, text, price, None, None))
        series.append((name, "product", text, None, START + timedelta(weeks=first)))
    return (
        pl.DataFrame(rows, schema=DEMAND, orient="row"),
        pl.DataFrame(series, schema=SERIES, orient="row"),
        pl.DataFrame(items, schema=ITEMS, orient="row"),
    )
