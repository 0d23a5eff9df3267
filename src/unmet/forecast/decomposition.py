"""Every forecast mean as a sum of parts: base, trend, season, holiday, price, promotion and rest.

The fitted mean is a product of factors. Their logarithms are shared out by the logarithmic mean Divisia index
(Ang, "Decomposition analysis for policymaking in energy", Energy Policy 32, 2004): exact, and the order of
the parts does not matter. What the forecast says beyond the fitted mean is the rest.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.forecast.demand_series import DECIMALS
from unmet.forecast.drivers import Drivers

Floats = NDArray[np.float64]

DRIVEN = ("trend", "season", "holiday", "price", "promotion")
PARTS = ("base", *DRIVEN, "rest")

DECOMPOSITION: dict[str, pl.DataType] = {
    "series_id": pl.String(),
    "period_start": pl.Date(),
    "mean": pl.Float64(),  # as in forecast.csv
    "base": pl.Float64(),  # units at the usual price, without promotion, holiday, season and trend
    "trend": pl.Float64(),  # the shop's course and how far this series is from its own mean by now
    "season": pl.Float64(),
    "holiday": pl.Float64(),
    "price": pl.Float64(),  # against the usual (median) price
    "promotion": pl.Float64(),  # against none
    "rest": pl.Float64(),  # what the forecast says beyond the drivers
}
"""``decomposition.csv``: the seven parts of a row add up to its mean, to the last decimal."""


def shared_out(parts: dict[str, Floats]) -> dict[str, Floats]:
    """Units of each factor of a product of factors.

    Args:
        parts: log factors of one shape; ``base`` is the log of the starting level.

    Returns:
        Units: ``base`` and each part; they add up to ``exp(sum of all)``.

    >>> found = shared_out({"base": np.log([10.0]), "price": np.log([2.0]), "season": np.log([0.5])})
    >>> [round(float(found[name][0]), 6) for name in ("base", "price", "season")]
    [10.0, 6.931472, -6.931472]
    """
    moved = sum(values for name, values in parts.items() if name != "base")
    base = np.exp(parts["base"])
    # exp(m) − 1 over m, the logarithmic mean of 1 and exp(m); 1 at 0.
    small = np.abs(moved) < 1e-9
    scale = base * np.where(small, 1.0, np.expm1(moved) / np.where(small, 1.0, moved))
    return {name: base if name == "base" else scale * values for name, values in parts.items()}


def decomposed(
    forecast: pl.DataFrame,
    parts: pl.DataFrame,
    drivers: Drivers,
    price: Floats,
    promotion: Floats,
) -> pl.DataFrame:
    """DECOMPOSITION of every row of a forecast.

    Series that are sums of products get the sums of their products' parts; series without drivers (new
    products) are all rest.

    Args:
        forecast: FORECAST, rounded as published.
        parts: ``parent, child``.
        drivers: fitted on the same periods.
        price: log of the price ahead over the usual one ``(N, H)``, in the order of ``drivers.ids``.
        promotion: share of units under a promotion ahead ``(N, H)``.
    """
    horizon = drivers.horizon
    units = shared_out(drivers.log_parts(price, promotion))
    own = pl.DataFrame(
        {
            "series_id": np.repeat(drivers.ids, horizon),
            "period_start": drivers.periods[-horizon:] * len(drivers.ids),
            **{name: units[name].reshape(-1) for name in PARTS if name != "rest"},
        }
    ).with_columns(pl.col(PARTS[:-1]).round(DECIMALS))
    parents = parts.filter(pl.col("child").is_in(pl.Series(drivers.ids).implode()))
    sums = (
        parents.unique()
        .join(own, left_on="child", right_on="series_id")
        .group_by(pl.col("parent").alias("series_id"), "period_start")
        .agg(pl.col(PARTS[:-1]).sum().round(DECIMALS))
    )
    own = own.join(sums, on="series_id", how="anti")
    known = pl.concat([own, sums.select(own.columns)])
    table = (
        forecast.select("series_id", "period_start", "mean")
        .join(known, on=["series_id", "period_start"], how="left", maintain_order="left")
        .with_columns(pl.col(PARTS[:-1]).fill_null(0.0))
    )
    rest = pl.col("mean") - pl.sum_horizontal(PARTS[:-1])
    table = table.with_columns(rest.round(DECIMALS).alias("rest"))
    # −0.0 is written as such and says nothing.
    return table.select(
        pl.col(name) + 0.0 if kind == pl.Float64() else pl.col(name) for name, kind in DECOMPOSITION.items()
    )
