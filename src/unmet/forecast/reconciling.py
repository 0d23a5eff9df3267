"""Forecasts of several levels made to add up: products to categories, needs and the shop.

MinT (Wickramasuriya, Athanasopoulos & Hyndman, "Optimal forecast reconciliation for hierarchical and grouped
time series through trace minimization", JASA 114, 2019) by `hierarchicalforecast`, or bottom-up.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.errors import InputError
from unmet.forecast.tables import FORECAST, QUANTILES

METHODS = ("mint", "bottom-up", "none")
MAX_DENSE_SERIES = 1_500
"""Up to here MinT uses shrunk covariances of the errors; beyond, their variances (time grows with n³)."""

_SMOOTHING = 0.3
_MAX_PAST = 104
_WIDTH_80 = 2.563  # standard deviations between the 10% and 90% quantiles of a normal distribution

Floats = NDArray[np.float64]


def reconciled(
    forecast: pl.DataFrame, demand: pl.DataFrame, parts: pl.DataFrame, *, method: str = "mint"
) -> tuple[pl.DataFrame, str]:
    """Forecasts whose means add up; series outside ``parts`` stay as they are.

    Means of the products are reconciled, cut at 0 and summed. The quantiles of each series and period are
    scaled by what its mean was: quantiles of a sum are no sums of quantiles, so only means add up.

    Args:
        forecast: FORECAST, all series over the same periods.
        demand: DEMAND of the same series, from which errors and their correlations are measured.
        parts: ``parent, child``: which products make up which category, need and total.
        method: of METHODS.

    Returns:
        FORECAST, and what was done: ``mint_shrink``, ``wls_var``, ``bottom-up`` or ``none``.

    Raises:
        InputError: there is no such method.
    """
    if method not in METHODS:
        raise InputError(f"no --reconcile {method!r}", hint=f"Use {', '.join(METHODS)}.")
    known = parts.filter(
        pl.col("parent").is_in(forecast["series_id"].implode())
        & pl.col("child").is_in(forecast["series_id"].implode())
    )
    if method == "none" or not known.height:
        return forecast, "none"
    products = sorted(set(known["child"]))
    parents = sorted(set(known["parent"]))
    sums = _summing(known, parents, products)
    base = _wide(forecast, [*parents, *products], "mean")
    if method == "bottom-up":
        bottom, done = base[len(parents) :], "bottom-up"
    else:
        bottom, done = _by_mint(base, sums, forecast, demand, [*parents, *products])
    bottom = np.maximum(bottom, 0.0)
    means = np.concatenate([sums[: len(parents)] @ bottom, bottom])
    return _scaled(forecast, [*parents, *products], means), done


def _summing(parts: pl.DataFrame, parents: list[str], products: list[str]) -> Floats:
    """Rows: parents, then products; columns: products; 1 where the product is part of the row."""
    at_parent = {name: place for place, name in enumerate(parents)}
    at_product = {name: place for place, name in enumerate(products)}
    matrix = np.zeros((len(parents) + len(products), len(products)))
    for parent, child in parts.select("parent", "child").iter_rows():
        matrix[at_parent[parent], at_product[child]] = 1.0
    matrix[len(parents) :] = np.eye(len(products))
    return matrix


def _wide(table: pl.DataFrame, names: list[str], value: str) -> Floats:
    """Series × periods."""
    wide = table.pivot("period_start", index="series_id", values=value, sort_columns=True)
    return (
        pl.DataFrame({"series_id": names})
        .join(wide, on="series_id", how="left", maintain_order="left")
        .drop("series_id")
        .to_numpy()
        .astype(float)
    )


def _by_mint(
    base: Floats, sums: Floats, forecast: pl.DataFrame, demand: pl.DataFrame, names: list[str]
) -> tuple[Floats, str]:
    errors = _errors(forecast, demand, names)
    dense = len(names) <= MAX_DENSE_SERIES
    done = "mint_shrink" if dense else "wls_var"
    method = _method(done, dense)
    structure: Any = sums
    if not dense:
        from scipy.sparse import csr_matrix

        structure = csr_matrix(sums)
    made = method.fit_predict(
        S=structure, y_hat=base, y_insample=errors, y_hat_insample=np.zeros_like(errors)
    )
    means: Floats = np.asarray(made["mean"], dtype=float)
    return means[-sums.shape[1] :], done


def _method(name: str, dense: bool) -> Any:
    from hierarchicalforecast.methods import MinTrace, MinTraceSparse

    return MinTrace(method=name) if dense else MinTraceSparse(method=name)


def _errors(forecast: pl.DataFrame, demand: pl.DataFrame, names: list[str]) -> Floats:
    """One-step errors of exponential smoothing, scaled to the width that each forecast claims for itself.

    The models' own errors are not at hand for every model; which series err together is a property of
    the sales, and how far each errs is what its quantiles say.
    """
    past = _wide(demand, names, "quantity")[:, -_MAX_PAST:]
    past = np.nan_to_num(past)  # before its first sale a product sold nothing
    level = past[:, 0].copy()
    errors = np.zeros((len(names), max(past.shape[1] - 1, 1)))
    for at in range(1, past.shape[1]):
        errors[:, at - 1] = past[:, at] - level
        level += _SMOOTHING * errors[:, at - 1]
    spread = errors.std(axis=1)
    width = (_wide(forecast, names, "p90") - _wide(forecast, names, "p10")).mean(axis=1) / _WIDTH_80
    floor = 1e-3 * max(float(np.median(width[width > 0])) if (width > 0).any() else 1.0, 1e-9)
    width = np.maximum(width, floor)
    # A series without errors of its own still has the width it claims: give it alternating ones.
    flat = spread < 1e-9 * np.maximum(width, 1.0)
    errors[flat] = np.where(np.arange(errors.shape[1]) % 2, 1.0, -1.0)
    spread = np.where(flat, 1.0, spread)
    return errors * (width / spread)[:, None]


def _scaled(forecast: pl.DataFrame, names: list[str], means: Floats) -> pl.DataFrame:
    """The table with new means; quantiles move by the same factor, so they stay in order."""
    periods = forecast["period_start"].unique().sort()
    new = pl.DataFrame(
        {
            "series_id": np.repeat(names, len(periods)),
            "period_start": pl.concat([periods] * len(names)),
            "new": means.reshape(-1),
        }
    )
    joined = forecast.join(new, on=["series_id", "period_start"], how="left", maintain_order="left")
    factor = pl.when(pl.col("mean") > 0).then(pl.col("new") / pl.col("mean")).fill_null(1.0)
    return joined.with_columns(
        *(pl.col(name) * factor for name in QUANTILES), pl.coalesce("new", "mean").alias("mean")
    ).select(list(FORECAST))
