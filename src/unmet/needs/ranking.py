"""The order of cards: what is surely worth acting on first, then what most customers complain of.

A run measures dozens of needs, so the largest effects of small needs are partly luck, and an interval for
each need alone does not know that it was picked as the largest (the winner's curse). Empirical Bayes does:
effects of all needs of a run are drawn towards none, each by as much as its own uncertainty weighs against
the spread of all (Efron & Morris 1975, "Data analysis using Stein's estimator and its generalizations";
spread by the moment equation of Paule & Mandel 1982). Cards show the unshrunk numbers; only the order uses
these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from unmet.core.config import NeedsConfig
from unmet.core.records import Estimate
from unmet.needs.bootstrap import Floats
from unmet.needs.impact import MIN_SIDE_DOCUMENTS, Effects
from unmet.needs.opportunity import score_need, t_ratio

LEAST_OPPORTUNITY = 1.5
"""Points of opportunity (0–20) below which a lower bound counts as none: a swing of 0.3 stars. Among needs
whose effect may be that small, the number of customers who complain or ask decides."""
FEW_UNMET = 60
"""Unmet documents (two of the largest least groups) below which a need must say something to be proven."""
_ROUNDS = 60


def rank_bounds(
    effects: Effects, documents: Sequence[int], config: NeedsConfig, normals: Floats
) -> list[float]:
    """Lower bound of opportunity of every need, from effects shrunk over all needs of the run.

    Args:
        effects: result of the joint regression.
        documents: documents that mention each need.
        config: level.
        normals: (replicates, 3) standard normals, shared by all needs.
    """
    shrunk = shrink(effects, config.confidence_level)
    return [
        score_need(shrunk, need, count, config, normals).opportunity.low
        for need, count in enumerate(documents)
    ]


def says_something(said: int | None, unmet_documents: int) -> bool:
    """Whether the effect of a need can be put down to what it is about.

    Texts of a small group are picked by one word ("inches", "out of the package") and by being unhappy, so
    their ratings are low whatever the word is. Only what several of them say of it shows that it is what
    hurts; a larger group is not bound to one wording.

    Args:
        said: mentions behind the phrases of the statement, 0 for a plain frame; ``None`` if it was not
            worded from mentions.
        unmet_documents: documents that complain or ask.
    """
    return said != 0 or unmet_documents >= FEW_UNMET


def shrink(effects: Effects, level: float) -> Effects:
    """Penalties and rewards as posterior means under one normal prior per side, with mean 0.

    A side with too few documents has no effect to shrink and takes no part. Variances are widened as those
    of the cards are, so that few clusters weigh less.
    """
    weights = np.ones((len(effects.value), 3))
    for side in (0, 1):
        known = np.flatnonzero(effects.side_documents[:, side] >= MIN_SIDE_DOCUMENTS)
        if known.size:
            widen = np.array([t_ratio(effects.freedom[need, side], level) for need in known])
            variance = np.maximum(effects.covariance[known, side, side] * widen**2, 1e-12)
            between = spread_between(effects.value[known, side], variance)
            weights[known, side] = between / (between + variance)
    value = effects.value * weights
    root = np.sqrt(weights)
    covariance = effects.covariance * root[:, :, None] * root[:, None, :]
    return replace(effects, value=value, covariance=covariance)


def spread_between(effects: Floats, variance: Floats) -> float:
    """Variance of true effects around 0: solves Σ effect² / (variance + spread) = number of effects.

    0 where the effects differ from none by no more than their own uncertainty.
    """
    squares = effects**2
    if (squares / variance).sum() <= len(effects):
        return 0.0
    low, high = 0.0, float(squares.max())  # at the largest square every term is below 1
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        if (squares / (variance + middle)).sum() > len(effects):
            low = middle
        else:
            high = middle
    return high


def rank_order(
    bounds: Sequence[float | None], unmet_shares: Sequence[Estimate], ids: Sequence[str]
) -> list[int]:
    """Order of needs, best first.

    By the bound of :func:`rank_bounds` where it reaches LEAST_OPPORTUNITY; all others, and all needs where
    there is no rating, by the lower bound of the share of documents that complain or ask; ties by the id.
    """

    def key(need: int) -> tuple[float, float, str]:
        bound = bounds[need]
        proven = bound if bound is not None and bound >= LEAST_OPPORTUNITY else 0.0
        return (-round(proven, 9), -round(unmet_shares[need].low, 9), ids[need])

    return sorted(range(len(ids)), key=key)
