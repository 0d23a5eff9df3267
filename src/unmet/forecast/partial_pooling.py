"""Partial pooling: effects of single products drawn towards their category and the shop.

Random-effects meta-analysis: between-product variance by DerSimonian and Laird ("Meta-analysis in clinical
trials", Controlled Clinical Trials 7, 1986), empirical Bayes means, intervals of the pooled values by a
bootstrap over clusters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from unmet.core.records import Estimate

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FEWEST_CLUSTERS = 30
"""Clusters from which they are drawn again. A bootstrap of fewer is too narrow (Cameron, Gelbach and Miller
2008): a t interval over clusters, as of Hartung and Knapp (2001), stands in."""

_LEAST_VARIANCE = 1e-6


@dataclass(frozen=True)
class Pooled:
    """Effects of all series, those without evidence of their own included.

    Attributes:
        shop: mean over products with its 95% interval.
        groups: code of the category to its mean, drawn towards the shop's, with its interval.
        spread: standard deviation between products of one category.
        value: effect of each series ``(N,)``.
        sd: its standard deviation ``(N,)``.
    """

    shop: Estimate
    groups: dict[int, Estimate]
    spread: float
    value: Floats
    sd: Floats


def between_variance(values: Floats, variance: Floats) -> float:
    """Variance between true values, beyond what their errors explain (DerSimonian and Laird); ≥ 0."""
    if len(values) < 2:
        return 0.0
    weight = 1 / variance
    mean = (weight * values).sum() / weight.sum()
    excess = (weight * (values - mean) ** 2).sum() - (len(values) - 1)
    return max(0.0, float(excess / (weight.sum() - (weight**2).sum() / weight.sum())))


def partially_pooled(
    values: Floats,
    variance: Floats,
    own: Bools,
    group: NDArray[np.int64],
    cluster: NDArray[np.int64],
    *,
    replicates: int = 1000,
    seed: int = 0,
) -> Pooled:
    """Pool the effects of single series.

    Args:
        values: estimate of each series ``(N,)``.
        variance: of its error ``(N,)``.
        own: which series have evidence of their own ``(N,)``, at least one.
        group: code of the category ``(N,)``.
        cluster: series of one cluster are drawn together ``(N,)``.
        replicates: of the bootstrap.
        seed: same seed, same intervals.
    """
    b, v = values[own], np.maximum(variance[own], _LEAST_VARIANCE)
    at, of = group[own], cluster[own]
    rng = np.random.default_rng(seed)
    whole = between_variance(b, v)
    shop = _mean(b, 1 / (v + whole), of, rng, replicates)
    names = np.unique(at)
    within = _within(b, v, at, names)
    raw = {int(name): _mean(b[at == name], 1 / (v[at == name] + within), of[at == name], rng, replicates)
           for name in names}  # fmt: skip
    middle = np.array([raw[int(name)].value for name in names])
    spread2 = np.array([max(_sd(raw[int(name)]) ** 2, _LEAST_VARIANCE) for name in names])
    between = between_variance(middle, spread2)
    pull = between / (between + spread2)
    groups = {
        int(name): _moved(raw[int(name)], shop.value, share) for name, share in zip(names, pull, strict=True)
    }
    centre = np.array([groups[int(code)].value if int(code) in groups else shop.value for code in group])
    left = within + np.where(np.isin(group, names), 0.0, between)
    error2 = np.where(own, np.maximum(variance, _LEAST_VARIANCE), np.inf)
    weight = left / (left + error2)
    value = centre + weight * (np.where(own, values, centre) - centre)
    of_centre = np.array([_sd(groups.get(int(code), shop)) ** 2 for code in group])
    sd = np.sqrt(np.where(own, weight * np.where(own, error2, 0.0), left) + (1 - weight) ** 2 * of_centre)
    return Pooled(shop, groups, float(np.sqrt(within)), value, sd)


def _within(b: Floats, v: Floats, at: NDArray[np.int64], names: NDArray[np.int64]) -> float:
    """Variance between products of one category, the same for all of them: DerSimonian and Laird, summed."""
    excess, scale = 0.0, 0.0
    for name in names:
        mine = at == name
        weight = 1 / v[mine]
        mean = (weight * b[mine]).sum() / weight.sum()
        excess += float((weight * (b[mine] - mean) ** 2).sum()) - (int(mine.sum()) - 1)
        scale += float(weight.sum() - (weight**2).sum() / weight.sum())
    return max(0.0, excess / scale) if scale > 0 else 0.0


def _mean(
    b: Floats, weight: Floats, cluster: NDArray[np.int64], rng: np.random.Generator, replicates: int
) -> Estimate:
    value = float((weight * b).sum() / weight.sum())
    names, member = np.unique(cluster, return_inverse=True)
    n = len(names)
    if n >= FEWEST_CLUSTERS:
        top = np.bincount(member, weight * b, minlength=n)
        below = np.bincount(member, weight, minlength=n)
        draws = rng.multinomial(n, np.full(n, 1 / n), replicates)
        means = (draws @ top) / (draws @ below)
        low, high = np.quantile(means, [0.025, 0.975])
        return Estimate(value, float(low), float(high))
    model = 1 / weight.sum()
    if n > 1:
        # Residuals of one cluster are summed first: its products err together.
        moved = np.bincount(member, weight * (b - value), minlength=n)
        observed = float((moved**2).sum() / weight.sum() ** 2) * n / (n - 1)
        half = float(stats.t.ppf(0.975, n - 1)) * np.sqrt(max(model, observed))
    else:
        half = 1.96 * np.sqrt(model)
    return Estimate(value, value - float(half), value + float(half))


def _sd(estimate: Estimate) -> float:
    return (estimate.high - estimate.low) / (2 * 1.96)


def _moved(estimate: Estimate, towards: float, share: float) -> Estimate:
    """A category's mean drawn to the shop's; its interval keeps the width it had alone."""
    step = float((1 - share) * (towards - estimate.value))
    return Estimate(estimate.value + step, estimate.low + step, estimate.high + step)
