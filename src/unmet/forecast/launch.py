"""Demand of new products: no history, only a text, a price and a category.

past = past_launches(demand, series, items, horizon=4)
result = forecast_launches(new, past, demand, freq="W-MON")
result.table, result.totals, result.reasons
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.errors import InputError
from unmet.forecast.launch_history import Launches, past_launches
from unmet.forecast.launch_intervals import Errors, Spread, launch_errors, spread
from unmet.forecast.launch_model import LaunchConfig, LaunchModel, Prediction, fit_launches
from unmet.forecast.periods import first_day, next_periods
from unmet.forecast.tables import FORECAST, ITEMS, QUANTILES

N_REASONS = 3
"""Nearest products named as the reason of a launch forecast."""

REASONS: dict[str, pl.DataType] = {
    "series_id": pl.String(),  # the new product
    "near_id": pl.String(),  # a product sold already
    "near_text": pl.String(),
    "similarity": pl.Float64(),  # cosine of the texts, 0–1
    "weight": pl.Float64(),  # its part in the neighbours' mean, 0–1
    "units": pl.Float64(),  # what it sold in its first periods
    "price": pl.Float64(),
}
"""Why: the nearest known products, nearest first."""

TOTALS: dict[str, pl.DataType] = {
    "series_id": pl.String(),
    "mean": pl.Float64(),
    **{name: pl.Float64() for name in QUANTILES},
}
"""Units of the whole first horizon; its quantiles are not sums of the periods' quantiles."""


@dataclass(frozen=True, slots=True)
class LaunchForecasts:
    """Forecasts of new products.

    Attributes:
        table: schema FORECAST, one row per product and period from its launch on.
        totals: schema TOTALS, one row per product.
        reasons: schema REASONS.
        n_examples: past launches it was learnt from, and those of them whose launch was seen.
    """

    table: pl.DataFrame
    totals: pl.DataFrame
    reasons: pl.DataFrame
    n_examples: tuple[int, int]


def forecast_new(
    new: pl.DataFrame,
    demand: pl.DataFrame,
    series: pl.DataFrame,
    items: pl.DataFrame | None = None,
    *,
    horizon: int,
    freq: str,
    seed: int = 0,
) -> LaunchForecasts:
    """Forecast products that were never sold, over their first ``horizon`` periods.

    Args:
        new: schema ITEMS, ids that are not in ``demand``.
        demand: schema DEMAND.
        series: schema SERIES, with the level ``product``.
        items: schema ITEMS of the known products; their names serve where it is None.
        horizon: periods, 1 or more.
        freq: one of FREQUENCIES.
        seed: same seed, same forecast.

    Raises:
        InputError: a new product has neither text nor price nor category, an id occurs twice or was sold
            already, or there are too few past launches.
    """
    check_new(new, demand)
    model = fit_launches(past_launches(demand, series, items, horizon=horizon), LaunchConfig(seed=seed))
    return forecast_launches(new, model, last_period=demand["period_start"].max(), freq=freq)  # type: ignore[arg-type]


def forecast_launches(
    new: pl.DataFrame, model: LaunchModel, *, last_period: date, freq: str
) -> LaunchForecasts:
    """Forecast with a fitted model.

    Args:
        new: schema ITEMS.
        model: from :func:`fit_launches`.
        last_period: the last period with data; launches without a date come one period later.
        freq: one of FREQUENCIES.
    """
    predicted = model.predict(new)
    drawn = spread(predicted.log_total, errors_of(model), np.array(list(QUANTILES.values())))
    seen = int((~model.examples.established).sum())
    return LaunchForecasts(
        _periods_table(new, drawn, last_period, freq),
        _totals_table(new, drawn),
        _reasons(new, predicted, model.examples),
        (model.examples.started.size, seen),
    )


def errors_of(model: LaunchModel) -> Errors:
    """Errors of the model's cross-fitted predictions, seen launches counting more."""
    weight = np.where(model.examples.established, model.config.established_error_weight, 1.0)
    return launch_errors(model.out_of_fold, model.examples.quantities, weight)


def check_new(new: pl.DataFrame, demand: pl.DataFrame) -> None:
    """See the errors of :func:`forecast_new`."""
    if missing := [column for column in ITEMS if column not in new.columns]:
        raise InputError(f"the table of new products lacks {missing}")
    if new.is_empty():
        raise InputError("there are no new products to forecast")
    empty = new.filter(pl.all_horizontal(pl.col("text", "price", "category").is_null()))
    if empty.height:
        raise InputError(
            f"{empty.height} new products have neither text nor price nor category",
            where=f"product {empty['series_id'][0]}",
            hint="Give each at least one of them, or leave it out.",
        )
    if new["series_id"].null_count() or new["series_id"].n_unique() < new.height:
        raise InputError("ids of new products must be there and differ", hint="Remove repeated rows.")
    sold = new.join(demand.filter(pl.col("quantity") > 0), on="series_id", how="semi")
    if sold.height:
        raise InputError(
            f"{sold.height} of the new products were sold already",
            where=f"product {sold['series_id'][0]}",
            hint="Leave them out: they are forecast from their own sales.",
        )


def _periods_table(new: pl.DataFrame, drawn: Spread, last_period: date, freq: str) -> pl.DataFrame:
    after = next_periods(first_day(last_period, freq), freq, 1)[0]
    horizon = drawn.period.shape[1]
    starts = [first_day(day, freq) if day is not None else after for day in new["launch_at"]]
    table = pl.DataFrame(
        {
            "series_id": np.repeat(new["series_id"].to_numpy(), horizon),
            "period_start": [
                day for start in starts for day in (start, *next_periods(start, freq, horizon - 1))
            ],
            "mean": drawn.period_mean.ravel(),
            **{name: drawn.period[:, :, place].ravel() for place, name in enumerate(QUANTILES)},
        },
        schema_overrides={"series_id": pl.String, "period_start": pl.Date},
    )
    return table.select(FORECAST.keys()).sort("series_id", "period_start")


def _totals_table(new: pl.DataFrame, drawn: Spread) -> pl.DataFrame:
    quantiles = {name: drawn.total[:, place] for place, name in enumerate(QUANTILES)}
    return pl.DataFrame({"series_id": new["series_id"], "mean": drawn.total_mean, **quantiles})


def _reasons(new: pl.DataFrame, predicted: Prediction, examples: Launches) -> pl.DataFrame:
    found = predicted.neighbours
    k = min(N_REASONS, found.index.shape[1])
    index = found.index[:, :k].ravel()
    near = examples.items[index]
    return pl.DataFrame(
        {
            "series_id": new["series_id"].gather(np.repeat(np.arange(new.height), k)),
            "near_id": near["series_id"],
            "near_text": near["text"],
            "similarity": _column(found.cosine[:, :k]),
            "weight": _column(found.weight[:, :k]),
            "units": examples.quantities.sum(axis=1)[index],
            "price": near["price"],
        },
        schema=REASONS,
    )


def _column(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(values, 0.0, 1.0).ravel()
