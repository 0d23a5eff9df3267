"""Young products: from the launch forecast over to the normal one as their own periods arrive.

On the scale log(1 + units) the forecast is ``w · own + (1 − w) · launch`` with
``w = n^power / (n^power + strength)`` after ``n`` periods of own sales. With power 1 that is the mean of a
normal posterior whose prior is the launch forecast and is worth ``strength`` periods (empirical Bayes;
Efron and Morris 1975); with power 2 or 3 the prior goes faster, as where own sales soon tell all. Both are
fitted on past launches of the same shop. Without own sales it is the launch forecast, in the long run the
normal one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.forecast.tables import QUANTILES

Floats = NDArray[np.float64]

STRENGTHS = tuple(float(value) for value in np.geomspace(0.02, 50, 36))
POWERS = (1.0, 2.0, 3.0)
NO_EVIDENCE = 1.0
"""Strength where no past launch tells: one period of own sales counts as much as the launch forecast."""

OWN_PERIODS = 8
"""Last periods whose mean stands for the normal forecast while the strength is fitted."""


@dataclass(frozen=True, slots=True)
class Handover:
    """How fast the launch forecast gives way; see the module."""

    strength: float = NO_EVIDENCE
    power: float = 1.0


def own_weight(n_periods: Floats, rule: Handover) -> Floats:
    """Weight of a product's own forecast after ``n_periods`` (≥ 0) of own sales: 0 at 0, rising to 1.

    >>> own_weight(np.array([0.0, 3.0, 27.0]), Handover(3.0)).tolist()
    [0.0, 0.5, 0.9]
    """
    told = n_periods**rule.power
    return np.asarray(told / (told + rule.strength), dtype=np.float64)


def fit_handover(launch_log_total: Floats, units: Floats, *, horizon: int) -> Handover:
    """How fast launch forecasts should give way, by mean absolute log error on past launches.

    Args:
        launch_log_total: shape ``(n,)``, honest launch forecasts: log units of the first horizon.
        units: shape ``(n, periods)``, from the first period on; NaN after the end of the data. Every age
            that is followed by a whole horizon counts.
        horizon: periods that are forecast.

    Returns:
        The best of STRENGTHS and POWERS; Handover() where no launch has a horizon after its first own period.
    """
    pairs = [
        pair
        for age in range(1, units.shape[1] - horizon + 1)
        if (pair := _pair(launch_log_total, units, age, horizon))[0].size
    ]
    if not pairs:
        return Handover()

    def loss(rule: Handover) -> float:
        errors = [
            np.abs(truth - blend_logs(own, launch, np.full(own.size, float(age)), rule))
            for truth, own, launch, age in pairs
        ]
        return float(np.concatenate(errors).mean())

    return min((Handover(strength, power) for power in POWERS for strength in STRENGTHS), key=loss)


def blend_logs(own: Floats, launch: Floats, n_periods: Floats, rule: Handover) -> Floats:
    """Both on the scale log(1 + units); shapes ``(n,)``."""
    weight = own_weight(n_periods, rule)
    return weight * own + (1 - weight) * launch


def own_log_total(units: Floats, age: int, horizon: int) -> Floats:
    """log(1 + units of the next horizon) by the mean of the last OWN_PERIODS of the first ``age``."""
    mean = units[:, max(age - OWN_PERIODS, 0) : age].mean(axis=1)
    return np.asarray(np.log1p(horizon * mean), dtype=np.float64)


def next_log_total(units: Floats, age: int, horizon: int) -> Floats:
    """log(1 + units) of the horizon after the first ``age`` periods; NaN where the data ends before."""
    return np.asarray(np.log1p(units[:, age : age + horizon].sum(axis=1)), dtype=np.float64)


def _pair(
    launch_log_total: Floats, units: Floats, age: int, horizon: int
) -> tuple[Floats, Floats, Floats, int]:
    truth = next_log_total(units, age, horizon)
    there = np.isfinite(truth)
    launch = np.log1p(np.exp(launch_log_total[there]))
    return truth[there], own_log_total(units[there], age, horizon), launch, age


def first_units(demand: pl.DataFrame, ids: pl.Series, n_periods: int) -> Floats:
    """Units of products from their first sale on, shape ``(len(ids), n_periods)``; NaN after the end.

    Args:
        demand: schema DEMAND.
        ids: series ids that are in ``demand``.
        n_periods: columns.
    """
    sold = demand.filter(pl.col("series_id").is_in(ids.implode())).sort("series_id", "period_start")
    sold = sold.filter((pl.col("quantity") > 0).cum_sum().over("series_id") > 0)
    lists = sold.group_by("series_id").agg(pl.col("quantity").head(n_periods))
    ordered = pl.DataFrame({"series_id": ids}).join(lists, on="series_id", how="left", maintain_order="left")
    columns = [
        pl.col("quantity").list.get(place, null_on_oob=True).fill_null(np.nan).alias(str(place))
        for place in range(n_periods)
    ]
    return ordered.select(columns).to_numpy().astype(np.float64)


def hand_over(own: pl.DataFrame, launch: pl.DataFrame, ages: pl.DataFrame, rule: Handover) -> pl.DataFrame:
    """Forecasts of young products between their launch forecast and their own.

    Args:
        own: schema FORECAST from the normal models; or the same with ``periods`` instead of
            ``period_start``, for sums over the first periods.
        launch: the same columns, of young products for the same periods.
        ages: ``series_id, n_periods`` of own sales.
        rule: see :func:`fit_handover`.

    Returns:
        ``own`` with the rows that ``launch`` has too replaced by the blend, and the rows that only ``launch``
        has. Quantiles are blended one by one (Vincent 1912), so they do not cross.
    """
    numbers = [column for column in own.columns if column == "mean" or column in QUANTILES]
    keys = [column for column in own.columns if column not in numbers]
    both = own.join(launch, on=keys, suffix="_launch").join(ages, on="series_id", how="left")
    told = pl.col("n_periods").fill_null(0).cast(pl.Float64) ** rule.power
    weight = told / (told + rule.strength)
    blended = both.select(
        *keys,
        *(
            (weight * pl.col(name).log1p() + (1 - weight) * pl.col(f"{name}_launch").log1p())
            .exp()
            .alias(name)
            - 1
            for name in numbers
        ),
    ).with_columns(pl.col(numbers).clip(lower_bound=0.0))
    parts = [own.join(blended, on=keys, how="anti"), blended, launch.join(own, on=keys, how="anti")]
    return pl.concat([part.select(own.columns) for part in parts]).sort(keys)
