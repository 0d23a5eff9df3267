"""The distribution of a forecast by several models: the mean of their quantiles.

Each model has ratios of its own (:mod:`~unmet.forecast.predictive`), learned from its past forecasts of all
series, also of those that it was not chosen for: which model a series has says nothing of how far off that
model is. Quantiles are averaged one by one (Vincent 1912; Lichtendahl, Grushka-Cockayne and Winkler 2013),
so they do not cross. What moves all series together was seen at few dates only and is given more room
(:mod:`~unmet.forecast.common_moves`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unmet.forecast.choosing import Choice, members, needed, points
from unmet.forecast.common_moves import common_moves, log_widening, separate_dates, widened
from unmet.forecast.panel import Floats
from unmet.forecast.predictive import LEVELS, Distribution, Predictive, in_whole_units, traits, unit_floor
from unmet.forecast.rolling import FALLBACK, Rolling


def mixed(rolling: Rolling, n_periods: int, origins: list[int], choice: Choice) -> Distribution:
    """Distributions of the forecast made after ``n_periods``.

    Args:
        rolling: forecasts at past dates.
        n_periods: known periods.
        origins: earlier dates whose outcomes teach the ratios; at least one.
        choice: models of each series.
    """
    labels = np.unique(choice.model).tolist()
    names = tuple(dict.fromkeys((*needed(labels), FALLBACK)))
    known = rolling.known(n_periods)
    like, floor = traits(known), unit_floor(known)
    begun = np.concatenate([rolling.begun(origin) for origin in origins])
    truths, n_dates = [rolling.truth(origin) for origin in origins], separate_dates(origins, rolling.horizon)
    outcomes = np.concatenate(truths)[begun]
    past_like = np.concatenate([traits(rolling.known(origin)) for origin in origins])[begun]
    now, before = points(rolling, n_periods, names), [points(rolling, origin, names) for origin in origins]
    n_series, horizon = len(like), rolling.horizon
    shape = n_series, horizon, len(LEVELS)
    mean, quantiles, sums = np.zeros((n_series, horizon)), np.zeros(shape), np.zeros(shape)
    whole = False
    for name in sorted({one for label in labels for one in members(label)}):
        past = np.concatenate([_complete(found, name) for found in before])[begun]
        fitted = Predictive(past, outcomes, past_like, floor)
        rows, share = _share(choice.model, labels, name)
        moves = common_moves(truths, [_complete(found, name) + floor for found in before])
        exact = fitted.exact(_complete(now, name)[rows], like[rows])
        part = widened(exact, log_widening(moves, n_dates))
        mean[rows] += share[:, None] * part.mean
        quantiles[rows] += share[:, None, None] * part.quantiles
        sums[rows] += share[:, None, None] * part.sum_quantiles
        whole = fitted.whole
    made = Distribution(mean, quantiles, sums)
    return in_whole_units(made) if whole else made


def point_of(found: dict[str, Floats], label: str) -> Floats:
    """Mean of the point forecasts of a label's models ``(N, H)``."""
    return np.asarray(np.mean([_complete(found, name) for name in members(label)], axis=0))


def _complete(found: dict[str, Floats], name: str) -> Floats:
    return np.where(np.isnan(found[name]), found[FALLBACK], found[name])


def _share(models: NDArray[np.str_], labels: list[str], name: str) -> tuple[NDArray[np.int64], Floats]:
    """Series that a model forecasts, and its share in each."""
    share = np.zeros(len(models))
    for label in labels:
        if name in members(label):
            share[models == label] = 1 / len(members(label))
    rows = np.flatnonzero(share)
    return rows, share[rows]
