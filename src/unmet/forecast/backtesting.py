"""What forecasts would have been worth: rolling origins, every model and the chosen forecast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.errors import InputError
from unmet.core.records import Estimate
from unmet.evaluate.demand import (
    forecast_value_added,
    pinball_losses,
    ratio_over_series,
    seasonal_scale,
)
from unmet.forecast.choosing import candidates, points
from unmet.forecast.forecasting import forecast_from
from unmet.forecast.level_models import window_average
from unmet.forecast.levels import levels_of
from unmet.forecast.local_models import need_forecasting
from unmet.forecast.monitoring import Drift, central_share, drift_alarm, own_share, places
from unmet.forecast.panel import Floats, Panel, panel_of
from unmet.forecast.predictive import LEVELS, Distribution, Predictive, traits, unit_floor
from unmet.forecast.rolling import ForecastConfig, Rolling, past_origins
from unmet.forecast.scores import Scores

DECILES = np.flatnonzero(np.isclose(LEVELS * 10, np.round(LEVELS * 10)))
"""Places of the quantiles .1 to .9."""

INTERVALS = {"80": (2, 10), "95": (0, 12)}
"""Share in percent to the places of the two ends among the quantiles."""

TIES = ", ties by part"
RIGHT = ", were the forecasts right"
CHOSEN = "Chosen"
NAIVE, WINDOW = "SeasonalNaive", "WindowAverage"

Costs = Callable[[Panel, int, Distribution, Floats], dict[str, Floats]]
"""Money: known panel, its number of periods, distributions, outcome ``(N, H)`` → policy to costs ``(N,)``."""


@dataclass
class Backtest:
    """Result of :func:`backtest`.

    Attributes:
        origins: first periods forecast, earliest first.
        units: units sold over all origins ``(N,)``; −1 for series without an outcome.
        scores: model to its sums.
        coverage: interval (``80``, ``95``) to its share at each step and, last, of the sum over the horizon;
            with ``, ties by part`` outcomes tied with an end count by the part of their probability inside
            (:func:`~unmet.forecast.monitoring.central_share`): the fair figure for counts near zero. What the
            plain share would be, were every distribution exactly right, stands under
            ``, were the forecasts right`` (:func:`~unmet.forecast.monitoring.own_share`).
        chosen: model to number of series × origins it was chosen for.
        drift: alarms of the chosen forecast, on sums over horizons that do not overlap.
        money: policy to cost over all origins; empty without costs.
    """

    ids: list[str]
    horizon: int
    origins: list[str]
    units: Floats
    scores: dict[str, Scores]
    coverage: dict[str, list[float]]
    chosen: dict[str, int]
    drift: Drift | None
    money: dict[str, float] = field(default_factory=dict)

    def error(self, model: str, measure: str = "sums") -> Estimate:
        """Error of a model as a share of the units sold, with its interval over series.

        Args:
            model: a key of ``scores``.
            measure: ``steps`` (WAPE per period), ``sums`` (WAPE of sums over the horizon),
                ``step_pinball`` or ``sum_pinball`` (weighted quantile loss).
        """
        rows = self._rows(model)
        return ratio_over_series(getattr(self.scores[model], measure)[rows], self.units[rows])

    def gain(self, over: str, measure: str = "sums", model: str = CHOSEN) -> Estimate:
        """Share of the error of another model that ``model`` takes away, paired over series."""
        rows = self._rows(over) & self._rows(model)
        lost, other = (getattr(self.scores[name], measure)[rows] for name in (model, over))
        return ratio_over_series(lost, self.units[rows], other)

    def _rows(self, model: str) -> NDArray[np.bool_]:
        return np.asarray(self.scores[model].counted & (self.units >= 0))

    def to_dict(self) -> dict[str, Any]:
        """Plain figures, for the command and for reports."""
        models = {}
        for name, sums in self.scores.items():
            rows = self._rows(name)
            units = max(float(self.units[rows].sum()), 1e-12)
            scaled = sums.scaled[rows].sum() / max(sums.scaled_count[rows].sum(), 1)
            found = {key: asdict(self.error(name, key)) for key in MEASURES}
            models[name] = {
                "series": int(rows.sum()), **found, "bias": float(sums.over[rows].sum()) / units,
                "mase": float(scaled) if sums.scaled_count[rows].sum() else None,
            }  # fmt: skip
        gains = {
            name: {key: asdict(self.gain(name, key)) for key in MEASURES} for name in models if name != CHOSEN
        }
        naive, own = self.error(NAIVE).value, self.error(CHOSEN).value
        return {
            "series": len(self.ids), "horizon": self.horizon, "origins": self.origins, "models": models,
            "gain_of_chosen": gains, "coverage": self.coverage, "chosen": self.chosen,
            "value_added": forecast_value_added(own, naive), "drift": self._drift(), "money": self.money,
        }  # fmt: skip

    def _drift(self) -> dict[str, Any]:
        if self.drift is None:
            return {"outcomes": 0, "above": [], "below": []}
        sides = {
            name: [self.ids[row] for row in np.flatnonzero(self.drift.direction == side)]
            for name, side in (("above", 1), ("below", -1))
        }
        return {"false_alarm_rate": self.drift.false_alarm_rate, "threshold": self.drift.threshold, **sides}


MEASURES = ("steps", "sums", "step_pinball", "sum_pinball")


def backtest(
    demand: pl.DataFrame,
    series: pl.DataFrame,
    *,
    horizon: int,
    freq: str,
    n_origins: int = 6,
    spacing: int | None = None,
    seed: int = 0,
    features: pl.DataFrame | None = None,
    config: ForecastConfig | None = None,
    more: dict[str, Callable[[Panel, int], Floats]] | None = None,
    costs: Costs | None = None,
) -> Backtest:
    """Forecast from past dates with what was known then, and compare with what was sold.

    At each origin the model is chosen and the quantiles are made from still earlier dates alone. All models
    get their distribution from pooled errors (:mod:`unmet.forecast.predictive`), and so does the chosen
    forecast of products; point errors are of their own forecasts, those of the chosen one of its median.

    Args:
        n_origins: how many past dates, ≥ 1.
        spacing: periods between them; the horizon (outcomes do not overlap) unless the history is too short.
        more: further models to compare, name to function of the known panel and the horizon → ``(N, H)``.
        costs: what the forecasts would have cost in money; see :data:`Costs`.

    Raises:
        InputError: the history is too short for one origin, series of several levels, or as for
            :func:`~unmet.forecast.forecasting.forecast_demand`.
    """
    need_forecasting()
    if horizon < 1 or n_origins < 1:
        raise InputError(f"horizon {horizon} and {n_origins} origins", hint="Both at least 1.")
    level, *others = levels_of(demand, series, config or ForecastConfig())
    if others:
        names = ", ".join(one.name for one in (level, *others))
        raise InputError(
            f"a backtest of {names} together", hint="One level at a time: units would count twice."
        )
    panel = panel_of(level.demand, level.series, freq, features)
    n_periods = len(panel.starts)
    origins = backtest_origins(n_periods, horizon, n_origins, spacing)
    rolling = Rolling(panel, horizon, level.config, seed, more=more or {})
    run = _Run(rolling, costs)
    for origin in origins:
        run.add(origin)
    return run.result(origins)


def backtest_origins(n_periods: int, horizon: int, n_origins: int, spacing: int | None = None) -> list[int]:
    """Numbers of known periods at the origins, earliest first.

    >>> backtest_origins(40, 4, 4)
    [24, 28, 32, 36]
    """
    latest, fewest = n_periods - horizon, max(horizon + 4, 6)
    if latest < fewest:
        need = fewest + horizon
        raise InputError(f"{n_periods} periods of history", hint=f"A backtest needs at least {need}.")
    step = spacing or max(1, min(horizon, (latest - fewest) // max(n_origins - 1, 1)))
    return sorted(list(range(latest, fewest - 1, -step))[:n_origins])


class _Run:
    """Sums while the origins are gone through."""

    def __init__(self, rolling: Rolling, costs: Costs | None) -> None:
        self.rolling, self.costs = rolling, costs
        n_series = len(rolling.panel.ids)
        self.units = np.full(n_series, -1.0)
        self.scores: dict[str, Scores] = {}
        self.times: dict[str, int] = {}  # model to the number of origins it forecast at
        self.chosen: dict[str, int] = {}
        self.covered: dict[str, list[Floats]] = {}
        self.known: list[NDArray[np.int64]] = []
        self.normal: list[Floats] = []
        self.money: dict[str, float] = {}

    def add(self, origin: int) -> None:
        rolling, horizon = self.rolling, self.rolling.horizon
        choice, made = forecast_from(rolling, origin)
        known, truth, begun = rolling.known(origin), rolling.truth(origin), rolling.begun(origin)
        truth = np.where(begun[:, None], truth, np.nan)
        seen = ~np.isnan(truth).any(axis=1)
        self.units[seen] = np.maximum(self.units[seen], 0) + truth[seen].sum(axis=1)
        scale = seasonal_scale(known.values, known.season if origin > known.season else 1)
        for name, point, spread in self._models(origin, made):
            self._score(name, truth, point, spread, scale)
            self.times[name] = self.times.get(name, 0) + 1
        for name in choice.model[begun]:
            self.chosen[str(name)] = self.chosen.get(str(name), 0) + 1
        self._cover(truth, made)
        self.normal.append(places(truth.sum(axis=1), made.sum_quantiles[:, horizon - 1]))
        if self.costs is not None:
            for policy, cost in self.costs(known, origin, made, truth).items():
                self.money[policy] = self.money.get(policy, 0.0) + float(np.nansum(cost))

    def _models(self, origin: int, made: Distribution) -> list[tuple[str, Floats, Distribution]]:
        """Each model with its points and its distribution, the chosen forecast first."""
        rolling = self.rolling
        out = [(CHOSEN, made.quantiles[:, :, 6], made)]
        past = past_origins(origin, rolling.horizon, rolling.config.n_origins)
        names = (*candidates(rolling, past), *rolling.more)
        now = points(rolling, origin, names)
        before = [points(rolling, date, names) for date in past]
        like = [traits(rolling.known(date)) for date in past]
        truth = [rolling.truth(date) for date in past]
        for name, point in now.items():
            rows = [
                rolling.begun(date) & ~np.isnan(found[name]).any(axis=1)
                for date, found in zip(past, before, strict=True)
            ]
            if not past or not np.concatenate(rows).any():
                continue
            taught = [np.concatenate([part[row] for part, row in zip(parts, rows, strict=True)])
                      for parts in ([found[name] for found in before], truth, like)]  # fmt: skip
            fitted = Predictive(taught[0], taught[1], taught[2], unit_floor(rolling.known(origin)))
            whole = np.asarray(np.isnan(point).any(axis=1), np.bool_)
            spread = fitted(np.where(whole[:, None], 0, point), traits(rolling.known(origin)))
            out.append((name, point, spread))
        return out

    def _score(self, name: str, truth: Floats, point: Floats, made: Distribution, scale: Floats) -> None:
        sums = self.scores.setdefault(name, Scores.empty(len(truth)))
        seen = ~np.isnan(truth).any(axis=1)
        sums.counted &= ~(seen & np.isnan(point).any(axis=1))
        total = made.sum_quantiles[:, -1, 6] if name == CHOSEN else point.sum(axis=1)
        whole = truth.sum(axis=1)
        keep = seen & ~np.isnan(point).any(axis=1)
        error = np.abs(truth - point)
        sums.steps[keep] += error[keep].sum(axis=1)
        sums.sums[keep] += np.abs(whole - total)[keep]
        middle = made.mean.sum(axis=1) if name == CHOSEN else point.sum(axis=1)
        sums.over[keep] += (middle - whole)[keep]
        levels = LEVELS[DECILES]
        lost = pinball_losses(truth[keep], made.quantiles[keep][:, :, DECILES], levels)
        sums.step_pinball[keep] += lost.sum(axis=1)
        sums.sum_pinball[keep] += pinball_losses(
            whole[keep], made.sum_quantiles[keep, -1][:, DECILES], levels
        )
        scaled = keep & ~np.isnan(scale)
        sums.scaled[scaled] += error[scaled].mean(axis=1) / scale[scaled]
        sums.scaled_count[scaled] += 1

    def _cover(self, truth: Floats, made: Distribution) -> None:
        both = np.column_stack([truth, truth.sum(axis=1)])
        ends = np.concatenate([made.quantiles, made.sum_quantiles[:, -1:]], axis=1)
        known = ~np.isnan(both)
        whole = bool((both[known] == np.rint(both[known])).all())
        for name, (low, high) in INTERVALS.items():
            inside = (both >= ends[..., low] - 1e-9) & (both <= ends[..., high] + 1e-9)
            part = central_share(both, ends, int(name) / 100)
            self.covered.setdefault(name, []).append((inside & known).sum(axis=0))
            self.covered.setdefault(name + TIES, []).append(np.nansum(part, axis=0))
            right = own_share(ends, int(name) / 100, whole=whole)
            self.covered.setdefault(name + RIGHT, []).append(np.where(known, right, 0).sum(axis=0))
        self.known.append(known.sum(axis=0))

    def result(self, origins: list[int]) -> Backtest:
        rolling = self.rolling
        n_known = np.maximum(np.sum(self.known, axis=0), 1)
        covered = {name: (np.sum(parts, axis=0) / n_known).tolist() for name, parts in self.covered.items()}
        apart = len(origins) > 1 and origins[1] - origins[0] >= rolling.horizon
        drift = drift_alarm(np.column_stack(self.normal)) if apart else None
        # A model tried at some origins only would have their errors over the units of all.
        most = max(n for name, n in self.times.items() if name != CHOSEN)
        scores = {name: found for name, found in self.scores.items() if self.times[name] >= most}
        return Backtest(
            rolling.panel.ids, rolling.horizon, [str(rolling.panel.starts[origin]) for origin in origins],
            self.units, scores, covered, self.chosen, drift, self.money,
        )  # fmt: skip


def last_mean_model(window: int) -> Callable[[Panel, int], Floats]:
    """Mean of the last ``window`` observed periods, as a model to compare with."""
    return lambda panel, horizon: window_average(panel, horizon, window)
