"""Point forecasts of every model at past dates, each made once and only from what was known then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from unmet.forecast.boosting import BoostConfig, boosted_forecasts
from unmet.forecast.level_models import (
    demand_kind,
    pooled_smoothing,
    seasonal_naive,
    seasonal_smoothing,
    window_average,
)
from unmet.forecast.local_models import COSTLY_MODELS, local_forecasts
from unmet.forecast.panel import Floats, Panel

CHEAP = ("SeasonalNaive", "WindowAverage", "PooledSmoothing", "SeasonalSmoothing")
COUNTS = ("TSB", "CrostonSBA", "ADIDA")
FALLBACK = "PooledSmoothing"
"""Stands in where a model has no forecast."""
MEDIAN = "Median"
MEDIAN_OF = ("PooledSmoothing", "SeasonalSmoothing", "TSB", "Boosted")
"""What the median is made of: half the boosted model, half the median of the others."""
SIMPLEST_FIRST = (*CHEAP, *COUNTS, "DynamicOptimizedTheta", "AutoETS", "Boosted", MEDIAN)
"""Every model, the simplest first."""


@dataclass(frozen=True)
class ForecastConfig:
    """Settings of :func:`~unmet.forecast.forecasting.forecast_demand`."""

    n_origins: int = 6  # past dates at which every model is tried
    boost: BoostConfig = field(default_factory=BoostConfig)
    most_costly: int = 250  # series on which AutoETS and Theta are tried; on all only where they win there
    own_errors: bool = False  # levels above the product: quantiles of each series from its own past alone
    n_jobs: int = 1  # dates at which the boosted model is fitted side by side; processes of local models


class Rolling:
    """Forecasts of a panel at past dates, kept.

    Args:
        panel: the whole history.
        horizon: periods ahead, ≥ 1.
        more: further models to compare; never chosen.
    """

    def __init__(
        self,
        panel: Panel,
        horizon: int,
        config: ForecastConfig,
        seed: int,
        more: dict[str, Callable[[Panel, int], Floats]] | None = None,
    ) -> None:
        self.panel, self.horizon, self.config, self.seed = panel, horizon, config, seed
        self.more = more or {}
        self._kept: dict[tuple[int, str], Floats] = {}
        self._panels: dict[int, Panel] = {}

    def known(self, n_periods: int) -> Panel:
        """The panel as it was after ``n_periods``."""
        if n_periods not in self._panels:
            self._panels[n_periods] = self.panel.until(n_periods)
        return self._panels[n_periods]

    def truth(self, n_periods: int) -> Floats:
        """What came after; ``(N, horizon)``, NaN where not observed or not yet there."""
        part = self.panel.values[:, n_periods : n_periods + self.horizon]
        out = np.full((len(part), self.horizon), np.nan)
        out[:, : part.shape[1]] = part
        return out

    def begun(self, n_periods: int) -> NDArray[np.bool_]:
        """Series with an observed period by then."""
        return np.asarray((~np.isnan(self.known(n_periods).values)).any(axis=1))

    def point(self, n_periods: int, model: str) -> Floats:
        """Forecasts of a model made after ``n_periods``; ``(N, horizon)``; NaN where it was not run."""
        if (n_periods, model) not in self._kept:
            for name, found in self._made(n_periods, model).items():
                self._kept.setdefault((n_periods, name), found)
        return self._kept[n_periods, model]

    def prepare(self, dates: Sequence[int], model: str) -> None:
        """Make the forecasts of a model at several dates side by side; ``n_jobs`` at a time."""
        wanted = [date for date in dates if (date, model) not in self._kept]
        if self.config.n_jobs < 2 or len(wanted) < 2:
            return
        for date in wanted:
            self.known(date)  # made here, so that threads only read
        with ThreadPoolExecutor(min(self.config.n_jobs, len(wanted))) as pool:
            for date, found in zip(
                wanted, pool.map(lambda date: self._made(date, model), wanted), strict=True
            ):
                self._kept[date, model] = found[model]

    def _made(self, n_periods: int, model: str) -> dict[str, Floats]:
        known, horizon = self.known(n_periods), self.horizon
        simple = {
            "SeasonalNaive": seasonal_naive, "WindowAverage": window_average,
            "PooledSmoothing": pooled_smoothing, "SeasonalSmoothing": seasonal_smoothing,
        }  # fmt: skip
        if model in self.more:
            return {model: self.more[model](known, horizon)}
        if model in simple:
            return {model: simple[model](known, horizon)}
        if model == "Boosted":
            return {model: boosted_forecasts(known, horizon, self.config.boost, seed=self.seed)}
        if model in COUNTS:
            return self._local(n_periods, COUNTS, self.begun(n_periods))
        if model.endswith(SAMPLED):
            found = self._local(n_periods, COSTLY_MODELS, self.sample(n_periods))
            return {name + SAMPLED: values for name, values in found.items()}
        return self._local(n_periods, (model,), self.eligible(n_periods))

    def _local(self, n_periods: int, names: tuple[str, ...], rows: NDArray[np.bool_]) -> dict[str, Floats]:
        out = {name: np.full((len(rows), self.horizon), np.nan) for name in names}
        if rows.any():
            part = self.known(n_periods).only(rows)
            for name, found in local_forecasts(part, self.horizon, names, n_jobs=self.config.n_jobs).items():
                out[name][rows] = found
        return out

    def eligible(self, n_periods: int) -> NDArray[np.bool_]:
        """Series on which a costly fit can pay: at least eight periods, few zeros."""
        kind = demand_kind(self.known(n_periods).values)
        return np.asarray((kind == 0) | (kind == 1), np.bool_)

    def sample(self, n_periods: int) -> NDArray[np.bool_]:
        """Those of them that are tried, spread evenly over the ids."""
        rows = np.flatnonzero(self.eligible(n_periods))
        if len(rows) > self.config.most_costly:
            rows = rows[np.linspace(0, len(rows) - 1, self.config.most_costly).astype(np.int64)]
        chosen = np.zeros(len(self.panel.ids), dtype=np.bool_)
        chosen[rows] = True
        return chosen


SAMPLED = " (sample)"
"""Ending of the name of a costly model run on :meth:`Rolling.sample` only."""


def past_origins(n_periods: int, horizon: int, n_origins: int, spacing: int | None = None) -> list[int]:
    """Dates (numbers of known periods) at which models are tried before ``n_periods``, latest first.

    The latest one leaves the whole horizon to compare with. Others lie half a horizon apart, closer where
    the history is short; none has fewer than four known periods, or a third of them.

    >>> past_origins(40, 4, 6)
    [36, 34, 32, 30, 28, 26]
    >>> past_origins(27, 12, 6)
    [15, 14, 13, 12, 11, 10]
    >>> past_origins(6, 4, 6)
    []
    """
    latest = n_periods - horizon
    fewest = max(4, n_periods // 3)
    if latest < fewest:
        return []
    if spacing is None:
        span = (latest - fewest) // max(n_origins - 1, 1)
        spacing = max(1, min(max(horizon // 2, 1), span))
    return list(range(latest, fewest - 1, -spacing))[:n_origins]
