"""Forecasts of a demand table: every model tried on the past, one chosen, quantiles from its errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from unmet.core.errors import InputError
from unmet.forecast.choosing import Choice, choose
from unmet.forecast.levels import levels_of
from unmet.forecast.local_models import need_forecasting
from unmet.forecast.mixing import mixed
from unmet.forecast.own_errors import FEWEST_DATES, own_dates, with_own_errors
from unmet.forecast.panel import Floats, Panel, panel_of
from unmet.forecast.periods import next_periods
from unmet.forecast.predictive import (
    Distribution,
    Predictive,
    in_whole_units,
    traits,
    unit_floor,
    whole_units,
)
from unmet.forecast.rolling import FALLBACK, ForecastConfig, Rolling, past_origins
from unmet.forecast.tables import FORECAST, QUANTILES


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of all series.

    Attributes:
        table: columns of :data:`~unmet.forecast.tables.FORECAST`, sorted by series and period.
        chosen: ``series_id``, ``model`` and ``error``: weighted pinball loss at past dates of
            the group of the series, as a share of the units sold; null where past dates did not decide;
            ``why``: what did (:class:`~unmet.forecast.choosing.Choice`).
        sums: ``series_id``, ``periods`` (1 to the horizon), ``mean`` and quantiles of the sum of the first
            so many periods.
    """

    table: pl.DataFrame
    chosen: pl.DataFrame
    sums: pl.DataFrame

    def totals(self, periods: int) -> pl.DataFrame:
        """Mean and quantiles of the units of the first ``periods`` periods together, one row per series.

        Quantiles of a sum are not sums of quantiles: they come from the errors of past sums
        (:mod:`unmet.forecast.predictive`).

        Raises:
            InputError: more periods than were forecast, or none.
        """
        horizon = int(self.sums["periods"].max() or 0)  # type: ignore[arg-type]
        if not 1 <= periods <= horizon:
            raise InputError(
                f"totals over {periods} periods", hint=f"Forecasts reach 1 to {horizon} periods."
            )
        return self.sums.filter(pl.col("periods") == periods).drop("periods")


def forecast_demand(
    demand: pl.DataFrame,
    series: pl.DataFrame,
    *,
    horizon: int,
    freq: str,
    seed: int = 0,
    features: pl.DataFrame | None = None,
    config: ForecastConfig | None = None,
) -> Forecasts:
    """Forecast every series of a demand table, each level by itself (:mod:`~unmet.forecast.levels`).

    Args:
        demand: columns of :data:`~unmet.forecast.tables.DEMAND`. Periods with ``observed`` false are not
            learned from.
        series: columns of :data:`~unmet.forecast.tables.SERIES`.
        horizon: periods ahead, ≥ 1.
        freq: ``D``, ``W-MON`` or ``MS``.
        seed: same seed, same forecasts.
        features: further columns of numbers for the boosted model with ``series_id`` and ``period_start``;
            a value is used from its own period on, never before.
        config: how many past dates, settings of the boosted model.

    Returns:
        Finite forecasts ≥ 0 of every series with quantiles that do not cross.

    Raises:
        InputError: the table breaks its contract, the horizon is below 1, or a library is missing.
    """
    need_forecasting()
    if horizon < 1:
        raise InputError(f"horizon of {horizon} periods", hint="At least 1.")
    parts = []
    for level in levels_of(demand, series, config or ForecastConfig()):
        panel = panel_of(level.demand, level.series, freq, features)
        rolling = Rolling(panel, horizon, level.config, seed)
        parts.append(tables_of(panel, *forecast_from(rolling, len(panel.starts))))
    return _together(parts)


def forecast_from(
    rolling: Rolling, n_periods: int, origins: list[int] | None = None
) -> tuple[Choice, Distribution]:
    """Choice and distributions of the forecast made after ``n_periods``, from earlier dates alone.

    Args:
        rolling: forecasts at past dates; made here where they are not there yet.
        n_periods: known periods.
        origins: earlier dates that pooled errors come from; as in
            :func:`~unmet.forecast.rolling.past_origins` if ``None``.
    """
    pooled = _from_pooled_errors(rolling, n_periods, origins)
    dates = own_dates(rolling, n_periods) if rolling.config.own_errors else []
    if len(dates) < FEWEST_DATES:
        return pooled
    choice, made = with_own_errors(rolling, n_periods, pooled, dates)
    return choice, in_whole_units(made) if whole_units(rolling.known(n_periods).values) else made


def _from_pooled_errors(
    rolling: Rolling, n_periods: int, origins: list[int] | None
) -> tuple[Choice, Distribution]:
    if origins is None:
        origins = past_origins(n_periods, rolling.horizon, rolling.config.n_origins)
    # A date whose outcome reaches beyond what is known must not teach.
    origins = [origin for origin in origins if origin + rolling.horizon <= n_periods]
    origins = [origin for origin in origins if _teaches(rolling, origin)]
    choice = choose(rolling, n_periods, origins)
    if not origins:
        known = rolling.known(n_periods)
        return choice, _without_past(known, rolling.point(n_periods, FALLBACK), traits(known))
    return choice, mixed(rolling, n_periods, origins, choice)


def _teaches(rolling: Rolling, origin: int) -> bool:
    return bool((rolling.begun(origin)[:, None] & ~np.isnan(rolling.truth(origin))).any())


def _without_past(panel: Panel, point: Floats, like: Floats) -> Distribution:
    """Too short a history for past forecasts: errors of the mean of each series in its own periods."""
    horizon = point.shape[1]
    mean = np.nan_to_num(point[:, :1])
    rows, columns = np.nonzero(~np.isnan(panel.values))
    outcomes = np.repeat(panel.values[rows, columns][:, None], horizon, axis=1)
    if not len(rows):
        raise InputError("no period of any series was observed", hint="Check the column `observed`.")
    base = np.repeat(mean[rows], horizon, axis=1)
    return Predictive(base, outcomes, like[rows], unit_floor(panel))(point, like)


def _together(parts: list[Forecasts]) -> Forecasts:
    """Forecasts of several levels as one, sorted by series."""
    if len(parts) == 1:
        return parts[0]
    return Forecasts(
        pl.concat([part.table for part in parts]).sort("series_id", "period_start"),
        pl.concat([part.chosen for part in parts]).sort("series_id"),
        pl.concat([part.sums for part in parts]).sort("series_id", "periods"),
    )


def tables_of(panel: Panel, choice: Choice, made: Distribution) -> Forecasts:
    """Distributions as tables."""
    n_series, horizon = made.mean.shape
    periods = next_periods(panel.starts[-1], panel.freq, horizon)
    ids = np.repeat(panel.ids, horizon)
    table = pl.DataFrame(
        {"series_id": ids, "period_start": periods * n_series, "mean": made.mean.reshape(-1)}
    ).with_columns(**_columns(made.quantiles))
    sums = pl.DataFrame(
        {
            "series_id": ids,
            "periods": list(range(1, horizon + 1)) * n_series,
            "mean": made.sum_mean.reshape(-1),
        }
    ).with_columns(**_columns(made.sum_quantiles))
    chosen = pl.DataFrame(
        {"series_id": panel.ids, "model": choice.model, "error": choice.error, "why": choice.why}
    )
    return Forecasts(
        table.select([pl.col(name).cast(kind) for name, kind in FORECAST.items()]),
        chosen.with_columns(pl.col("error").fill_nan(None)),
        sums.select("series_id", "periods", "mean", *[name for name in FORECAST if name in QUANTILES]),
    )


def _columns(quantiles: Floats) -> dict[str, pl.Series]:
    flat = quantiles.reshape(-1, quantiles.shape[-1])
    return {name: pl.Series(flat[:, place]) for place, name in enumerate(QUANTILES)}
