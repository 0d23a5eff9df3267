"""Which models forecast which series: by rolling-origin error in groups of like series.

Six past dates seldom tell two good models apart. All models within one standard error of the best are
therefore kept, and their quantiles averaged (:mod:`~unmet.forecast.mixing`). Where past dates cannot tell at
all, because the season ahead is none of theirs, the seasonal model is taken
(:mod:`~unmet.forecast.unseen_season`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.forecast.level_models import demand_kind
from unmet.forecast.local_models import COSTLY_MODELS
from unmet.forecast.panel import Floats
from unmet.forecast.predictive import Predictive, pinball, traits, unit_floor
from unmet.forecast.rolling import (
    CHEAP,
    COUNTS,
    FALLBACK,
    MEDIAN,
    MEDIAN_OF,
    SAMPLED,
    SIMPLEST_FIRST,
    Rolling,
)
from unmet.forecast.unseen_season import SEASONAL, unseen_season

AND = " + "
"""Between the names of models whose quantiles are averaged."""

TRIED = "tried at past dates"
UNSEEN = "season not seen at past dates"
SHORT = "history too short to try models"

SMALLEST_GROUP = 40
"""Groups with fewer series are judged with all others: a choice on few series is noise."""


@dataclass(frozen=True)
class Choice:
    """What was chosen.

    Attributes:
        model: for each series the name of its model, or of several, joined by :data:`AND` ``(N,)``.
        error: weighted pinball loss in its group at past dates (a share of the units sold), of several models
            their mean, which the average of their quantiles does not exceed ``(N,)``.
        why: one of :data:`TRIED`, :data:`UNSEEN` and :data:`SHORT`.
    """

    model: NDArray[np.str_]
    error: Floats
    why: str


def close_to_best(
    losses: dict[str, Floats],
    order: tuple[str, ...] = SIMPLEST_FIRST,
    *,
    n_independent: float | None = None,
) -> tuple[str, ...]:
    """Models whose loss is within one standard error of the best, the simplest first.

    The standard error is of the paired difference from the best model over series, which is far smaller
    than that of a loss itself. The one-standard-error rule (Breiman et al. 1984, 3.4.3) would take the first
    of them. Models with the same losses are one model under two names: the simpler name is kept.

    Args:
        losses: model to loss of each series (or of each date of one series), all in the same order.
        n_independent: how many of these are worth counting, where they overlap; all if ``None``.

    >>> close_to_best({"WindowAverage": np.array([1.0, 3.0]), "Boosted": np.array([2.0, 1.8])})
    ('WindowAverage', 'Boosted')
    """
    names = [name for name in order if name in losses]
    best = min(names, key=lambda name: float(losses[name].mean()))
    found: list[str] = []
    for name in names:
        gap = losses[name] - losses[best]
        error = float(gap.std(ddof=1) / np.sqrt(n_independent or len(gap))) if len(gap) > 1 else 0.0
        if gap.mean() <= error and not any(np.array_equal(losses[name], losses[other]) for other in found):
            found.append(name)
    return tuple(found)


def members(label: str) -> tuple[str, ...]:
    """The models of a label.

    >>> members("TSB + Boosted")
    ('TSB', 'Boosted')
    """
    return tuple(label.split(AND))


def needed(labels: Iterable[str]) -> tuple[str, ...]:
    """Models that have to be run for these labels; a median needs its parts."""
    used = {name for label in labels for name in members(label)}
    parts = MEDIAN_OF if MEDIAN in used else ()
    return tuple(sorted({*used, *parts} - {MEDIAN}))


def candidates(rolling: Rolling, origins: list[int]) -> tuple[str, ...]:
    """Models worth comparing on all series; costly ones only where they win on a sample."""
    names = (*CHEAP, *COUNTS, "Boosted")
    rows = rolling.sample(origins[0]) if origins else np.zeros(0, dtype=np.bool_)
    if rows.sum() < 5:
        return names
    losses = {name: _absolute(rolling, origins[:2], name, rows) for name in (*CHEAP, "Boosted")}
    if rows.sum() == rolling.eligible(origins[0]).sum() <= rolling.config.most_costly:
        return (*names, *COSTLY_MODELS)
    best = min(losses.values(), key=lambda loss: float(loss.mean()))
    kept = []
    for name in COSTLY_MODELS:
        gap = best - _absolute(rolling, origins[:2], name + SAMPLED, rows)
        if gap.mean() > gap.std(ddof=1) / np.sqrt(len(gap)):
            kept.append(name)
    return (*names, *kept)


def _absolute(rolling: Rolling, origins: list[int], model: str, rows: NDArray[np.bool_]) -> Floats:
    """Absolute error of the sum over the horizon for each of the rows, over dates."""
    total = np.zeros(int(rows.sum()))
    for origin in origins:
        gap = np.nansum(rolling.truth(origin) - rolling.point(origin, model), axis=1)[rows]
        total += np.abs(np.nan_to_num(gap))
    return total


def points(rolling: Rolling, origin: int, names: tuple[str, ...]) -> dict[str, Floats]:
    """Forecasts of the models at a date, with the mean of the boosted one and the median of the others.

    A costly model is completed by pooled smoothing on the series that are too short or too sparse for it.
    """
    found = {name: rolling.point(origin, name) for name in names}
    for name in set(COSTLY_MODELS) & set(found):
        found[name] = np.where(np.isnan(found[name]), rolling.point(origin, FALLBACK), found[name])
    if {*MEDIAN_OF} <= {*found}:
        stack = np.stack([found[name] for name in MEDIAN_OF if name != "Boosted"])
        masked: Any = np.ma
        ordinary = masked.median(masked.masked_invalid(stack), axis=0).filled(np.nan)
        found[MEDIAN] = (ordinary + found["Boosted"]) / 2
    return found


def groups_of(rolling: Rolling, n_periods: int) -> NDArray[np.int64]:
    """Group of each series: its kind of demand; small groups are 9."""
    kind = demand_kind(rolling.known(n_periods).values)
    begun = rolling.begun(n_periods)
    for name in np.unique(kind):
        if (begun & (kind == name)).sum() < SMALLEST_GROUP:
            kind = np.where(kind == name, 9, kind)
    return kind


def choose(rolling: Rolling, n_periods: int, origins: list[int]) -> Choice:
    """Choose for the forecast made after ``n_periods``, from forecasts made at ``origins`` before."""
    n_series = len(rolling.panel.ids)
    if not origins:
        return Choice(np.full(n_series, FALLBACK), np.full(n_series, np.nan), SHORT)
    if unseen_season(rolling, n_periods, origins):
        return Choice(np.full(n_series, SEASONAL), np.full(n_series, np.nan), UNSEEN)
    rolling.prepare(origins, "Boosted")
    names = candidates(rolling, origins)
    loss, units = losses_of(rolling, origins, names)
    group = groups_of(rolling, n_periods)
    model = np.full(n_series, FALLBACK, dtype=object)
    error = np.full(n_series, np.nan)
    for name in np.unique(group):
        inside = group == name
        judged = (inside if name != 9 else np.ones(n_series, dtype=np.bool_)) & (units >= 0)
        usable = {key: value[judged] for key, value in loss.items() if not np.isnan(value[judged]).any()}
        if not judged.any() or not usable:
            continue
        chosen = close_to_best(usable)
        whole = max(float(units[judged].sum()), 1e-9)
        model[inside] = AND.join(chosen)
        error[inside] = np.mean([usable[one].sum() for one in chosen]) / whole
    return Choice(model.astype(np.str_), error, TRIED)


def losses_of(
    rolling: Rolling, origins: list[int], names: tuple[str, ...]
) -> tuple[dict[str, Floats], Floats]:
    """Pinball loss of each series under each model, and its units; both sums over dates and steps.

    The distribution of a series is made from the ratios of other series (two halves, each from the other),
    and both each step and the sum over the horizon count. Units are −1 for a series without an outcome.
    """
    n_series = len(rolling.panel.ids)
    half = np.arange(n_series) % 2
    truth = np.concatenate([rolling.truth(origin) for origin in origins])
    like = np.concatenate([traits(rolling.known(origin)) for origin in origins])
    begun = np.concatenate([rolling.begun(origin) for origin in origins]) & ~np.isnan(truth).all(axis=1)
    series = np.tile(np.arange(n_series), len(origins))
    floor = unit_floor(rolling.known(origins[-1]))
    units = np.full(n_series, -1.0)
    seen = np.bincount(series[begun], np.nansum(truth[begun], axis=1), n_series)
    units[np.bincount(series[begun], minlength=n_series) > 0] = seen[
        np.bincount(series[begun], minlength=n_series) > 0
    ]
    made = [points(rolling, origin, names) for origin in origins]
    loss = {}
    for name in made[0]:
        forecast = np.concatenate([found[name] for found in made])
        usable = begun & ~np.isnan(forecast).any(axis=1)
        halves = [usable & (half[series] == side) for side in (0, 1)]
        if min(part.sum() for part in halves) < 30:
            halves = [usable, usable]  # too few to hold any out: every model has the same advantage
        if not usable.any():
            continue
        total = np.full(n_series, np.nan)
        lost = np.zeros(len(series))
        for side in (0, 1):
            teacher = halves[1 - side]
            rows = usable & (half[series] == side)
            fitted = Predictive(forecast[teacher], truth[teacher], like[teacher], floor)
            lost[rows] = _lost(fitted, forecast[rows], truth[rows], like[rows])
        counted = np.bincount(series[usable], minlength=n_series)
        wanted = np.bincount(series[begun], minlength=n_series)
        whole = (counted > 0) & (counted == wanted)
        total[whole] = np.bincount(series[usable], lost[usable], n_series)[whole]
        total[units < 0] = np.nan
        loss[name] = total
    return loss, units


def _lost(fitted: Predictive, forecast: Floats, truth: Floats, like: Floats) -> Floats:
    made = fitted(forecast, like)
    steps = np.nansum(pinball(truth, made.quantiles), axis=1)
    sums = np.nan_to_num(pinball(truth.sum(axis=1), made.sum_quantiles[:, -1]))
    return np.asarray(steps + sums)
