"""Made-up weekly demand with planted effects of price, promotion and time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from unmet.forecast.periods import next_periods
from unmet.forecast.tables import DEMAND, SERIES

FIRST = date(2022, 1, 3)


@dataclass
class DrivenShop:
    demand: pl.DataFrame
    series: pl.DataFrame
    elasticity: np.ndarray
    log_price: np.ndarray

    @property
    def starts(self) -> list[date]:
        return sorted(self.demand["period_start"].unique().to_list())


def driven_shop(
    seed: int = 0,
    *,
    n: int = 20,
    weeks: int = 110,
    elasticity: float = -2.0,
    spread: float = 0.3,
    promotion: float | None = 0.5,
    level: float = 3.5,
    step: float = 0.12,
    common: np.ndarray | None = None,
    log_price: np.ndarray | None = None,
) -> DrivenShop:
    rng = np.random.default_rng(seed)
    starts = [FIRST, *next_periods(FIRST, "W-MON", weeks - 1)]
    truth = rng.normal(elasticity, spread, n)
    if log_price is None:
        log_price = step * rng.choice([0.0, 0.0, 0.0, -1.0, -2.0, 0.5], (n, weeks))
    promoted = (rng.random((n, weeks)) < 0.15).astype(float)
    log = rng.normal(level, 0.5, (n, 1)) + truth[:, None] * log_price + 0.15 * rng.normal(size=(n, weeks))
    log = log + (0.0 if common is None else common)
    if promotion is not None:
        log = log + promotion * promoted
    units = rng.poisson(np.exp(log)).astype(float)
    ids = [f"p{k:02d}" for k in range(n)]
    columns: dict[str, Any] = {
        "series_id": np.repeat(ids, weeks),
        "period_start": starts * n,
        "quantity": units.reshape(-1),
        "price": (8.0 * np.exp(log_price)).reshape(-1),
        "promotion": promoted.reshape(-1) if promotion is not None else None,
        "observed": True,
    }
    demand = pl.DataFrame(columns).select(pl.col(name).cast(kind) for name, kind in DEMAND.items())
    series = pl.DataFrame(
        {
            "series_id": ids,
            "level": "product",
            "name": ids,
            "category": [f"c{k % 2}" for k in range(n)],
            "first_sale": FIRST,
        }
    ).select(pl.col(name).cast(kind) for name, kind in SERIES.items())
    return DrivenShop(demand, series, truth, log_price)


def with_total(shop: DrivenShop) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Demand and series with the shop as one more series, and what it is made of."""
    nothing = pl.lit(None, dtype=pl.Float64)
    total = shop.demand.group_by("period_start").agg(
        pl.lit("total").alias("series_id"), pl.col("quantity").sum(), nothing.alias("price"),
        nothing.alias("promotion"), pl.lit(True).alias("observed"),
    )  # fmt: skip
    row = {"series_id": "total", "level": "total", "name": "total", "category": None, "first_sale": FIRST}
    parts = shop.series.select(pl.lit("total").alias("parent"), pl.col("series_id").alias("child"))
    demand = pl.concat([shop.demand, total.select(shop.demand.columns).sort("period_start")])
    return demand, pl.concat([shop.series, pl.DataFrame([row], schema=SERIES)]), parts
