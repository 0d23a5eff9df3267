"""Importance, satisfaction and opportunity with their intervals.

opportunity = importance + max(importance − satisfaction, 0) (Ulwick 2005, "What Customers Want"), all on
0–10. Importance is the range of impact of a need: the stars between mentioned with displeasure and
mentioned with pleasure, reward − penalty, floored at 0; a swing of FULL_STARS counts as 10.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unmet.core.config import NeedsConfig
from unmet.core.records import Estimate, Impact
from unmet.needs.bootstrap import Floats, replicate_deviations
from unmet.needs.impact import MIN_SIDE_DOCUMENTS, Effects
from unmet.needs.shares import normal_quantile, wilson

FULL_STARS = 2.0
"""Swing of the rating that counts as importance 10: half of the 1–5 scale. In a joint regression one need
alone hardly moves a rating from end to end; on the whole length every need would look unimportant beside
its satisfaction, which does use all of 0–10."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The scored part of a card. ``notes`` name the sides without an effect."""

    impact: Impact
    importance: Estimate
    opportunity: Estimate
    notes: tuple[str, ...]


def score_need(effects: Effects, need: int, documents: int, config: NeedsConfig, normals: Floats) -> Scores:
    """Score one need.

    Intervals of penalty and reward are Student-t with the effective number of clusters; the replicates
    behind importance and opportunity carry the same widths and the covariance of all three numbers.

    Args:
        effects: result of the joint regression.
        need: index of the need.
        documents: documents that mention it.
        config: level.
        normals: (replicates, 3) standard normals, shared by all needs.
    """
    level = config.confidence_level
    known = effects.side_documents[need] >= MIN_SIDE_DOCUMENTS
    active = np.r_[known, True]
    value = np.where(active, effects.value[need], 0.0)
    widen = np.array([*(t_ratio(freedom, level) for freedom in effects.freedom[need]), 1.0])
    covariance = effects.covariance[need] * np.outer(widen, widen) * np.outer(active, active)
    covariance[2, 2] = max(covariance[2, 2], spread(effects.value[need, 2], covariance[2, 2], documents))
    half = normal_quantile(level) * np.sqrt(np.diag(covariance))
    penalty, reward = (
        Estimate(float(value[i]), float(value[i] - half[i]), float(value[i] + half[i])) for i in (0, 1)
    )
    replicates = value + replicate_deviations(covariance, normals)
    names = ("few_unmet", "few_positive")
    notes = tuple(name for name, enough in zip(names, known, strict=True) if not enough)
    importance = _interval(_importance(value[None, :]), _importance(replicates), level)
    opportunity = _interval(_opportunity(value[None, :]), _opportunity(replicates), level)
    return Scores(Impact(penalty, reward), importance, opportunity, notes)


def _importance(values: Floats) -> Floats:
    return np.clip(10 * (values[:, 1] - values[:, 0]) / FULL_STARS, 0, 10)


def _opportunity(values: Floats) -> Floats:
    importance = _importance(values)
    satisfaction = np.clip(10 * values[:, 2], 0, 10)
    return importance + np.maximum(importance - satisfaction, 0)


def _interval(value: Floats, replicates: Floats, level: float) -> Estimate:
    point = float(value[0])
    low, high = np.quantile(replicates, [0.5 - level / 2, 0.5 + level / 2])
    return Estimate(point, min(float(low), point), max(float(high), point))


def t_ratio(freedom: float, level: float) -> float:
    """Student's t by normal quantile: what few degrees of freedom widen an interval by."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + level / 2)) / normal_quantile(level)


def spread(mean: float, variance: float, documents: int) -> float:
    """Variance of a mean score, moved towards the binomial one by two pseudo-documents.

    Without them the variance would be zero whenever all documents agree, however few they are.
    """
    share = (documents * mean + 1) / (documents + 2)
    return (documents * variance + 2 * share * (1 - share) / documents) / (documents + 2)


def satisfaction_of(mean: float, variance: float, documents: int, level: float) -> Estimate:
    """Satisfaction on 0–10: a Wilson interval on the effective number of documents.

    The effective number makes the binomial variance equal to the observed one of the mean (see
    :func:`spread`): smaller where one author speaks often, never larger than the true number.

    Args:
        mean: mean score 0–1.
        variance: cluster-robust variance of that mean.
        documents: documents that mention the need.
        level: confidence level.
    """
    share = (documents * mean + 1) / (documents + 2)
    effective = share * (1 - share) / spread(mean, variance, documents)
    effective = min(max(effective, 1.0), float(documents))
    interval = wilson(mean * effective, effective, level)
    return Estimate(10 * interval.value, 10 * interval.low, 10 * interval.high)
