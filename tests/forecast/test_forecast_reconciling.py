"""Levels add up after reconciliation, whatever the base forecasts were."""

from __future__ import annotations

import time
from datetime import date

import numpy as np
import polars as pl
import pytest

from unmet.core.errors import InputError
from unmet.forecast import reconciling
from unmet.forecast.periods import next_periods, period_range
from unmet.forecast.reconciling import reconciled
from unmet.forecast.tables import DEMAND, FORECAST, QUANTILES

START = date(2023, 1, 2)


def shop(
    n_products: int = 12, n_weeks: int = 60, seed: int = 0
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Base forecasts that do not add up, the history, and what is part of what."""
    draw = np.random.default_rng(seed)
    sold = draw.poisson(draw.uniform(0.2, 30, n_products)[:, None], (n_products, n_weeks)).astype(float)
    names = [f"p{n:03d}" for n in range(n_products)]
    pairs = [("total", name) for name in names]
    pairs += [(f"category:{n % 3}", name) for n, name in enumerate(names) if n % 4]  # some have none
    pairs += [("need:a", name) for name in names[:5]] + [("need:b", name) for name in names[3:8]]
    parts = pl.DataFrame(pairs, schema=["parent", "child"], orient="row")
    rows = dict(zip(names, sold, strict=True))
    for parent in parts["parent"].unique().sort():
        rows[parent] = sum(rows[c] for c in parts.filter(pl.col("parent") == parent)["child"])
    weeks = period_range(START, next_periods(START, "W-MON", n_weeks - 1)[-1], "W-MON")
    demand = pl.concat(
        pl.DataFrame({"series_id": [name] * n_weeks, "period_start": weeks, "quantity": values})
        for name, values in rows.items()
    ).with_columns(
        pl.lit(None).alias("price"), pl.lit(None).alias("promotion"), pl.lit(True).alias("observed")
    )
    ahead = next_periods(weeks[-1], "W-MON", 4)
    tables = []
    for name, values in rows.items():
        mean = np.maximum(values[-8:].mean() * draw.lognormal(0, 0.3, 4), 0)
        spread = max(values.std(), 0.1)
        table = {"series_id": [name] * 4, "period_start": ahead, "mean": mean}
        for column, share in QUANTILES.items():
            table[column] = np.maximum(mean + spread * (share - 0.5) * 3, 0)
        tables.append(pl.DataFrame(table).select(list(FORECAST)))
    return pl.concat(tables), demand.select(pl.col(c).cast(t) for c, t in DEMAND.items()), parts


def assert_adds_up(table: pl.DataFrame, parts: pl.DataFrame) -> None:
    sums = parts.join(table, left_on="child", right_on="series_id").group_by("parent", "period_start").agg(
        pl.col("mean").sum().alias("sum")
    )  # fmt: skip
    both = sums.join(table, left_on=["parent", "period_start"], right_on=["series_id", "period_start"])
    assert both.height == sums.height
    assert np.allclose(both["sum"], both["mean"], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("method", ["mint", "bottom-up"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_levels_add_up_and_stay_forecasts(method, seed) -> None:
    base, demand, parts = shop(seed=seed)
    with pytest.raises(AssertionError):
        assert_adds_up(base, parts)
    table, done = reconciled(base, demand, parts, method=method)
    assert done == method
    assert_adds_up(table, parts)
    assert dict(table.schema) == FORECAST
    assert table.select("series_id", "period_start").equals(base.select("series_id", "period_start"))
    numbers = table.select("mean", *QUANTILES).to_numpy()
    assert np.isfinite(numbers).all()
    assert (numbers >= 0).all()
    assert (np.diff(table.select(list(QUANTILES)).to_numpy(), axis=1) >= -1e-9).all()


def test_bottom_up_keeps_the_products_and_none_keeps_all() -> None:
    base, demand, parts = shop()
    table, _ = reconciled(base, demand, parts, method="bottom-up")
    products = pl.col("series_id").str.starts_with("p")
    assert table.filter(products).equals(base.filter(products))
    assert reconciled(base, demand, parts, method="none")[0].equals(base)
    assert reconciled(base, demand, parts.head(0))[1] == "none"
    with pytest.raises(InputError, match="reconcile"):
        reconciled(base, demand, parts, method="magic")


def test_mint_is_nearer_to_the_truth_than_its_base() -> None:
    """Base forecasts with independent errors: reconciling must reduce the error of the sums."""
    before, after = [], []
    for seed in range(8):
        base, demand, parts = shop(n_products=20, seed=seed)
        truth = demand.group_by("series_id").agg(pl.col("quantity").mean().alias("truth"))
        table, _ = reconciled(base, demand, parts)
        for found, errors in ((base, before), (table, after)):
            sums = found.filter(pl.col("series_id").str.contains("total|:")).join(truth, on="series_id")
            errors.append((sums["mean"] - sums["truth"]).abs().sum() / sums["truth"].sum())
    assert np.mean(after) < 0.75 * np.mean(before)


def by_inversion(base, sums, scales, errors) -> np.ndarray:
    """MinT as the paper writes it: (S' W⁻¹ S)⁻¹ S' W⁻¹ y, with W formed and inverted."""
    share = reconciling._shrinkage(errors)
    correlations = (1 - share) * errors @ errors.T / errors.shape[1]
    np.fill_diagonal(correlations, 1.0)
    inverse = np.linalg.inv(correlations * np.outer(scales, scales))
    structure = np.vstack([sums.toarray(), np.eye(sums.shape[1])])
    return np.linalg.solve(structure.T @ inverse @ structure, structure.T @ inverse @ base)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_short_form_is_the_papers(seed) -> None:
    base, demand, parts = shop(n_products=15, seed=seed)
    parents, products = sorted(set(parts["parent"])), sorted(set(parts["child"]))
    names = [*parents, *products]
    sums = reconciling._summing(parts, parents, products)
    means = reconciling._wide(base, names, "mean")
    scales, errors = reconciling._past_errors(base, demand, names)
    assert np.allclose(
        reconciling._by_mint(means, sums, scales, errors),
        by_inversion(means, sums, scales, errors),
        atol=1e-6,
    )


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_agrees_with_hierarchicalforecast(seed) -> None:
    from hierarchicalforecast.methods import MinTrace

    base, demand, parts = shop(n_products=10, seed=seed)
    parents, products = sorted(set(parts["parent"])), sorted(set(parts["child"]))
    names = [*parents, *products]
    sums = reconciling._summing(parts, parents, products)
    means = reconciling._wide(base, names, "mean")
    scales, errors = reconciling._past_errors(base, demand, names)
    # Shifted, because the library takes residuals that sum to 0 for an overfitted model.
    past = (errors + 1.0) * scales[:, None]
    made = MinTrace(method="mint_shrink").fit_predict(
        S=np.vstack([sums.toarray(), np.eye(len(products))]), y_hat=means, y_insample=past,
        y_hat_insample=np.zeros_like(past),
    )  # fmt: skip
    ours = reconciling._by_mint(means, sums, scales, errors)
    theirs = made["mean"][len(parents) :]
    assert np.abs(ours - theirs).max() < 0.02 * means.max()
    assert np.abs(ours - theirs).max() < 0.1 * np.abs(ours - means[len(parents) :]).max()


@pytest.mark.timing
def test_many_products_take_moments() -> None:
    base, demand, parts = shop(n_products=1_500, n_weeks=30)
    begin = time.perf_counter()
    table, _ = reconciled(base, demand, parts)
    assert time.perf_counter() - begin < 10
    assert_adds_up(table, parts)
    before, after = (t.filter(pl.col("series_id").str.starts_with("p"))["mean"].sum() for t in (base, table))
    assert 0.7 < after / before < 1.3


def test_what_never_changes_is_left_alone() -> None:
    base, demand, parts = shop()
    steady = base.join(
        demand.group_by("series_id").agg(pl.col("quantity").first().alias("q")), on="series_id"
    )
    base = steady.with_columns(pl.col("q").alias(c) for c in ["mean", *QUANTILES]).select(list(FORECAST))
    demand = demand.with_columns(pl.col("quantity").first().over("series_id"))
    table, _ = reconciled(base, demand, parts)
    assert np.allclose(table["mean"], base["mean"])


def test_series_outside_the_tree_and_of_zeros_are_fine() -> None:
    base, demand, parts = shop()
    zero = pl.col("series_id") == "p000"
    numbers = ["mean", *QUANTILES]
    base = base.with_columns(pl.when(zero).then(0.0).otherwise(pl.col(c)).alias(c) for c in numbers)
    demand = demand.with_columns(pl.when(zero).then(0.0).otherwise("quantity").alias("quantity"))
    other = base.filter(zero).with_columns(pl.lit("segment:x").alias("series_id"), pl.lit(3.0).alias("mean"))
    table, _ = reconciled(pl.concat([base, other]), demand, parts)
    assert_adds_up(table, parts)
    assert table.filter(pl.col("series_id") == "segment:x").equals(other)
    assert np.isfinite(table.select(numbers).to_numpy()).all()
