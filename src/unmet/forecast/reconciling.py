"""Forecasts of several levels made to add up: products to categories, needs and the shop.

MinT (Wickramasuriya, Athanasopoulos & Hyndman, "Optimal forecast reconciliation for hierarchical and grouped
time series through trace minimization", JASA 114, 2019) with shrunk covariances, or bottom-up. The form
used here costs as much for 40,000 products as for 40; `hierarchicalforecast` is its oracle in the tests
(decision 0144).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from unmet.core.errors import InputError
from unmet.forecast.tables import FORECAST, QUANTILES

METHODS = ("mint", "bottom-up", "none")
_SMOOTHING = 0.3
_MAX_PAST = 104
_LEAST_SCALE = 1e-3  # of the usual series' scale: nothing is known for certain
_LEAST_SHRINKAGE = 1e-2
_FEWEST_ERRORS = 4
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
        FORECAST, and what was done (of METHODS; ``none`` where nothing is part of anything).

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
    names = [*parents, *products]
    base = _wide(forecast, names, "mean")
    bottom = base[len(parents) :]
    if method == "mint":
        bottom = _by_mint(base, sums, *_past_errors(forecast, demand, names))
    bottom = np.maximum(bottom, 0.0)
    return _scaled(forecast, names, np.concatenate([sums @ bottom, bottom])), method


def _summing(parts: pl.DataFrame, parents: list[str], products: list[str]) -> csr_matrix:
    """Parents × products: 1 where the product is part of the parent."""
    at_parent = {name: place for place, name in enumerate(parents)}
    at_product = {name: place for place, name in enumerate(products)}
    pairs = parts.select("parent", "child").unique().rows()
    places = ([at_parent[parent] for parent, _ in pairs], [at_product[child] for _, child in pairs])
    return csr_matrix((np.ones(len(pairs)), places), shape=(len(parents), len(products)))


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


def _by_mint(base: Floats, parts: csr_matrix, scales: Floats, errors: Floats) -> Floats:
    """Means of the products nearest to all forecasts, given how far each errs and which err together.

    The form of the paper's equation 9 that inverts a matrix of parents × parents: with forecasts of the
    parents p and the products b, sums C and W the covariance of the errors, and U' = [I, −C],
    b − W_b U (U' W U)⁻¹ (p − C b). W is never formed: correlations come from T past errors, so that
    time and memory grow with series × T.

    Args:
        base: parents, then products × periods.
        parts: C, parents × products.
        scales: standard deviation of each forecast's error.
        errors: standardised past errors, parents, then products × T.
    """
    n_parents = parts.shape[0]
    share = _shrinkage(errors)
    scaled = errors * scales[:, None] / np.sqrt(errors.shape[1])
    own = scales**2 - (1 - share) * (scaled**2).sum(axis=1)  # what is left on the diagonal
    incoherent = scaled[:n_parents] - parts @ scaled[n_parents:]
    spread = (1 - share) * incoherent @ incoherent.T + np.diag(own[:n_parents])
    spread += (parts.multiply(own[n_parents:]) @ parts.T).toarray()
    gap = base[:n_parents] - parts @ base[n_parents:]
    solved = np.linalg.solve(spread, gap)
    together = (1 - share) * scaled[n_parents:] @ (incoherent.T @ solved)
    moved: Floats = base[n_parents:] - together + own[n_parents:, None] * (parts.T @ solved)
    return moved


def _shrinkage(errors: Floats) -> float:
    """How far correlations are drawn to 0, 0–1 (Schäfer & Strimmer, SAGMB 4, 2005, article 32).

    Its sums over pairs of series are here sums over pairs of the T times, of which there are fewer.

    Args:
        errors: rows with mean 0 and mean square 1 (or all 0) × T.
    """
    n_times = errors.shape[1]
    if n_times < _FEWEST_ERRORS:
        return 1.0
    squares = errors**2
    own = (squares.mean(axis=1) ** 2).sum()  # of each series with itself
    correlations = float(((errors.T @ errors) ** 2).sum()) / n_times**2 - own
    products = float((squares.sum(axis=0) ** 2).sum() - (squares**2).sum()) / n_times
    # Mean of the variances of the products, over T − 1: the variance of each correlation.
    variances = (products - correlations) / (n_times - 1)
    if correlations <= 0:
        return 1.0
    return float(np.clip(variances / correlations, _LEAST_SHRINKAGE, 1.0))


def _past_errors(forecast: pl.DataFrame, demand: pl.DataFrame, names: list[str]) -> tuple[Floats, Floats]:
    """Standard deviations of the forecasts' errors, and standardised past errors.

    How far a forecast errs is what its quantiles say. Which series err together is a property of the
    sales, measured by the one-step errors of exponential smoothing: the models' own past errors are not
    at hand for all of them. A series that never changes errs with no other.
    """
    past = np.nan_to_num(_wide(demand, names, "quantity")[:, -_MAX_PAST:])  # unsold before its first sale
    level = past[:, 0].copy()
    errors = np.zeros((len(names), max(past.shape[1] - 1, 1)))
    for at in range(1, past.shape[1]):
        errors[:, at - 1] = past[:, at] - level
        level += _SMOOTHING * errors[:, at - 1]
    errors -= errors.mean(axis=1, keepdims=True)
    spread = errors.std(axis=1)
    flat = spread < 1e-9 * np.maximum(np.abs(past).max(axis=1), 1.0)
    errors = np.where(flat[:, None], 0.0, errors / np.where(flat, 1.0, spread)[:, None])
    scales = (_wide(forecast, names, "p90") - _wide(forecast, names, "p10")).mean(axis=1) / _WIDTH_80
    usual = float(np.median(scales[scales > 0])) if (scales > 0).any() else 1.0
    return np.maximum(scales, _LEAST_SCALE * usual), errors


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
