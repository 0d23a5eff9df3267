"""Levels are forecast apart: products among products, categories among categories, the shop by itself.

A pool of past errors says something only of series that are alike, and the sum of a thousand products is like
none of them. What a product is forecast does not depend on which other levels were asked for either, until
they are made to add up (:mod:`~unmet.forecast.reconciling`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from unmet.forecast.rolling import ForecastConfig

PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a demand table; ``config`` is that of its forecasts."""

    name: str
    demand: pl.DataFrame
    series: pl.DataFrame
    config: ForecastConfig


def levels_of(demand: pl.DataFrame, series: pl.DataFrame, config: ForecastConfig) -> Iterator[Level]:
    """Each level with its part of the tables, products first; series that are not described are products.

    Args:
        demand: columns of :data:`~unmet.forecast.tables.DEMAND`.
        series: columns of :data:`~unmet.forecast.tables.SERIES`.
        config: settings; levels above the product get quantiles of their own past
            (:mod:`~unmet.forecast.own_errors`).
    """
    names = sorted(series["level"].unique().to_list(), key=lambda name: (name != PRODUCT, name))
    above = series.filter(pl.col("level") != PRODUCT)["series_id"]
    if not len(above) or len(names) == 1:
        name = names[0] if names else PRODUCT
        yield Level(name, demand, series, replace(config, own_errors=name != PRODUCT))
        return
    for name in names:
        described = series.filter(pl.col("level") == name)
        mine = pl.col("series_id").is_in(described["series_id"].implode())
        if name == PRODUCT:
            mine = ~pl.col("series_id").is_in(above.implode())
        yield Level(name, demand.filter(mine), described, replace(config, own_errors=name != PRODUCT))
