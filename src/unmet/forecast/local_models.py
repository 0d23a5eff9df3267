"""Models fitted to each series alone, by statsforecast."""

from __future__ import annotations

from typing import Any

import numpy as np

from unmet.core.errors import InputError
from unmet.forecast.panel import Floats, Panel, filled

LOCAL_MODELS = ("AutoETS", "DynamicOptimizedTheta", "CrostonSBA", "TSB", "ADIDA")
"""Names of the models here; the last three are for series with many zeros."""

COSTLY_MODELS = ("AutoETS", "DynamicOptimizedTheta")
"""Those that take milliseconds per series."""

_PROCESSES_PAY_FROM = 1_000  # series; starting a process takes seconds
_SHORTEST = 6  # periods below which a fit of one series is noise


def need_forecasting() -> None:
    """Stop with advice where the forecasting libraries are not installed.

    Raises:
        InputError: the extra ``forecast`` is missing.
    """
    try:
        import lightgbm  # noqa: F401
        import statsforecast  # noqa: F401
    except ImportError as error:
        hint = "Install them: pip install 'unmet[forecast]'"
        raise InputError(f"forecasts need a library that is missing ({error.name})", hint=hint) from None


def local_forecasts(
    panel: Panel, horizon: int, names: tuple[str, ...], *, n_jobs: int = 1
) -> dict[str, Floats]:
    """Forecast each series by itself, with each of the named models.

    Seasonal forms are used where there are two whole seasons. Series with fewer than six periods, and fits
    that fail, get their mean. Results are at least 0 and at most ten times the largest value seen, which
    stops trends that run away.

    Returns:
        Name to ``(N, horizon)``.
    """
    need_forecasting()
    whole = filled(panel.values)
    lengths = (~np.isnan(whole)).sum(axis=1)
    fitted = np.flatnonzero(lengths >= _SHORTEST)
    means = np.array([row[~np.isnan(row)].mean() if (~np.isnan(row)).any() else 0.0 for row in whole])
    highest = np.nan_to_num(np.nanmax(np.nan_to_num(whole), axis=1, initial=0.0))
    out = {name: np.repeat(means[:, None], horizon, axis=1) for name in names}
    if len(fitted):
        table = _run(whole, fitted, lengths, panel, horizon, names, n_jobs)
        for name in names:
            found = table[name].to_numpy(dtype=np.float64).reshape(len(fitted), horizon)
            out[name][fitted] = np.where(np.isfinite(found), found, means[fitted, None])
    return {name: np.clip(found, 0, 10 * highest[:, None]) for name, found in out.items()}


def _run(
    whole: Floats, fitted: Any, lengths: Any, panel: Panel, horizon: int, names: tuple[str, ...], n_jobs: int
) -> Any:
    import warnings

    import pandas as pd
    from statsforecast import StatsForecast

    total = int(lengths[fitted].sum())
    ids = np.repeat(np.arange(len(fitted)), lengths[fitted])
    times = np.concatenate([np.arange(whole.shape[1] - lengths[row], whole.shape[1]) for row in fitted])
    values = np.concatenate([whole[row, whole.shape[1] - lengths[row] :] for row in fitted])
    assert total == len(values)
    frame = pd.DataFrame({"unique_id": ids, "ds": times, "y": values})
    season = panel.season if whole.shape[1] >= 2 * panel.season else 1
    jobs = n_jobs if len(fitted) > _PROCESSES_PAY_FROM else 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        runner: Any = StatsForecast(
            models=_models(names, season), freq=1, n_jobs=jobs, fallback_model=_mean()
        )
        return runner.forecast(df=frame, h=horizon).sort_values(["unique_id", "ds"])


def _mean() -> Any:
    from statsforecast.models import HistoricAverage

    return HistoricAverage()


def _models(names: tuple[str, ...], season: int) -> list[Any]:
    from statsforecast import models

    # A season of more than 24 periods has too many states for exponential smoothing.
    short = season if season <= 24 else 1
    made: dict[str, Any] = {
        "AutoETS": lambda: models.AutoETS(season_length=short, alias="AutoETS"),
        "DynamicOptimizedTheta": lambda: models.DynamicOptimizedTheta(
            season_length=season, alias="DynamicOptimizedTheta"
        ),
        "CrostonSBA": lambda: models.CrostonSBA(alias="CrostonSBA"),
        "TSB": lambda: models.TSB(alpha_d=0.1, alpha_p=0.1, alias="TSB"),
        "ADIDA": lambda: models.ADIDA(alias="ADIDA"),
    }
    return [made[name]() for name in names]
