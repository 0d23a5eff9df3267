"""From point forecasts and their past errors to distributions: conformal, in groups of like series.

A past forecast ``f`` with its outcome ``y`` gives the ratio ``y / f``. Series that behave alike (by level,
share of periods with a sale, spread, age and how far the forecast is from the recent mean) form groups:
the leaves of a small regression tree on size and place of the ratios. The quantiles of a new forecast are
the forecast times the quantiles of the ratios of its group at the same step: a Mondrian conformal
predictive system (Boström, Johansson and Löfström 2021). Where a group ends is partly chance: several trees
are grown on parts of the past forecasts and of the traits, and their quantiles averaged one by one (bagging,
Breiman 1996; Vincent 1912). Groups pool many series, so short ones have intervals too, zeros stay zeros, and
quantiles can neither cross nor be negative. Sums over the first ``k`` periods have ratios of their own, made
of past sums, so that errors which go together over steps count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.forecast.level_models import last_mean
from unmet.forecast.panel import Floats, Panel, filled
from unmet.forecast.tables import QUANTILES

LEVELS = np.array(list(QUANTILES.values()))
"""Probabilities of the quantiles, in the order of :data:`~unmet.forecast.tables.QUANTILES`."""

N_TREES = 12
_FEWEST = 10  # outcomes that a step of a group needs to stand alone
_PART = 0.7  # of the past forecasts that a tree grows on, and of the traits it may split by


@dataclass(frozen=True)
class Distribution:
    """What may be sold: ``mean (N, H)`` and ``quantiles (N, H, Q)``; also of sums over ``1..H`` periods."""

    mean: Floats
    quantiles: Floats
    sum_quantiles: Floats

    @property
    def sum_mean(self) -> Floats:
        """Mean of the sum over the first ``k`` periods, ``(N, H)``."""
        return np.cumsum(self.mean, axis=1)


def traits(panel: Panel) -> Floats:
    """What makes series alike, at the end of the panel; ``(N, 8)``, the mean of 13 periods first."""
    recent = panel.values[:, -13:]
    seen = np.maximum((~np.isnan(recent)).sum(axis=1), 1)
    mean = np.nansum(recent, axis=1) / seen
    spread = np.sqrt(np.nansum((recent - mean[:, None]) ** 2, axis=1) / seen)
    sold = (np.nan_to_num(recent) > 0).sum(axis=1) / seen
    age = (~np.isnan(panel.values)).sum(axis=1)
    highest = np.nan_to_num(recent).max(axis=1, initial=0.0)
    levels = [last_mean(panel.values, window) for window in (4, 1, 52)]
    parts = np.column_stack([spread, highest, *levels]) / (mean + 1e-9)[:, None]
    return np.column_stack([mean, sold, np.log1p(age), parts])


def unit_floor(panel: Panel) -> float:
    """Small quantity added to forecasts so that ratios stay finite: 2% of the median sale."""
    sales = panel.values[np.nan_to_num(panel.values) > 0]
    return 0.02 * float(np.median(sales)) if len(sales) else 1.0


class Predictive:
    """Ratios of past outcomes to forecasts in groups of like series.

    Args:
        forecasts: past point forecasts ``(M, H)``.
        outcomes: what was then sold ``(M, H)``, NaN where not observed.
        like: traits of the series at the date of each forecast ``(M, d)``.
        floor: see :func:`unit_floor`.
        smallest: fewest past forecasts in a group.
        n_trees: groupings that are averaged, ≥ 1; a single one is grown on everything.
    """

    def __init__(
        self, forecasts: Floats, outcomes: Floats, like: Floats, floor: float, smallest: int | None = None,
        n_trees: int = N_TREES,
    ) -> None:  # fmt: skip
        self.floor = floor
        # Counts have whole quantiles: half a unit as the median of a slow seller is wrong on every day.
        self.whole = whole_units(outcomes)
        base = forecasts + floor
        seen = ~np.isnan(outcomes)
        if not seen.any():
            raise ValueError("no past forecast with an outcome")
        whole = np.nansum(outcomes, axis=1) / np.maximum(np.where(seen, base, 0).sum(axis=1), 1e-12)
        clipped = np.minimum(whole, 6.0)
        usable = np.flatnonzero(seen.any(axis=1))
        target = np.column_stack([clipped, np.abs(clipped - np.median(clipped[usable]))])
        smallest = smallest or int(np.clip(len(forecasts) / 40, 60, 250))
        described = _described(base, like)
        rng = np.random.default_rng(0)
        self._groupings = []
        for number in range(n_trees):
            rows = usable
            if n_trees > 1:
                rows = rng.permutation(usable)[: max(round(_PART * len(usable)), min(len(usable), 60))]
            tree = _grown(described[rows], target[rows], smallest, number, _PART if n_trees > 1 else 1.0)
            self._groupings.append(_Grouping(tree, base, outcomes, tree.apply(described)))

    def __call__(self, forecasts: Floats, like: Floats) -> Distribution:
        """Distributions of new forecasts ``(N, H)`` of series with these traits."""
        made = self.exact(forecasts, like)
        return in_whole_units(made) if self.whole else made

    def exact(self, forecasts: Floats, like: Floats) -> Distribution:
        """The same before quantiles of counts are rounded."""
        base = forecasts + self.floor
        described = _described(base, like)
        found = [grouping.ratios(described) for grouping in self._groupings]
        mean, steps, totals = (sum(parts) / len(found) for parts in zip(*found, strict=True))
        quantiles = base[:, :, None] * steps
        sums = np.cumsum(base, axis=1)[:, :, None] * totals
        return Distribution(base * mean, quantiles, sums)


def whole_units(outcomes: Floats) -> bool:
    """Whether all that was observed are counts."""
    sold = outcomes[~np.isnan(outcomes)]
    return bool((sold == np.rint(sold)).all())


def in_whole_units(made: Distribution) -> Distribution:
    """Quantiles of counts, rounded."""
    return Distribution(made.mean, np.rint(made.quantiles), np.rint(made.sum_quantiles))


class _Grouping:
    """Groups by one tree, with the ratios of each."""

    def __init__(self, tree: Any, base: Floats, outcomes: Floats, leaf: NDArray[np.int64]) -> None:
        self._tree = tree
        names = np.unique(leaf[(~np.isnan(outcomes)).any(axis=1)])
        self._row_of = {int(name): row for row, name in enumerate(names)}
        n_groups, horizon = len(names), base.shape[1]
        shape = n_groups, horizon, len(LEVELS)
        self._mean = np.ones((n_groups, horizon))
        self._steps, self._sums = np.ones(shape), np.ones(shape)
        for name, row in self._row_of.items():
            inside = leaf == name
            self._fit(row, base[inside], outcomes[inside])

    def _fit(self, row: int, base: Floats, outcomes: Floats) -> None:
        """Ratios of one group."""
        sums, base_sums = np.cumsum(outcomes, axis=1), np.cumsum(base, axis=1)
        if len(base) >= _FEWEST and not np.isnan(outcomes).any():
            self._mean[row] = outcomes.sum(axis=0) / base.sum(axis=0)
            self._steps[row] = conformal_quantiles(outcomes / base).T
            self._sums[row] = conformal_quantiles(sums / base_sums).T
            return
        for step in range(base.shape[1]):
            # Far fewer outcomes than a quantile needs: the steps of the group stand together.
            below, above = _pairs(base, outcomes, step)
            self._mean[row, step] = above.sum() / below.sum()
            self._steps[row, step] = conformal_quantiles(above / below)
            whole = ~np.isnan(sums[:, step])
            if whole.sum() >= _FEWEST:
                self._sums[row, step] = conformal_quantiles(sums[whole, step] / base_sums[whole, step])
            else:
                self._sums[row, step] = self._steps[row, step]

    def ratios(self, described: Floats) -> tuple[Floats, Floats, Floats]:
        """Mean ``(N, H)`` and quantiles ``(N, H, Q)`` of ratios of steps, and quantiles of those of sums."""
        # No series, for example none of a kind of demand, is no error; the tree takes it for one.
        leaf = self._tree.apply(described) if len(described) else []
        row = np.array([self._row_of[int(name)] for name in leaf], dtype=np.int64)
        return self._mean[row], self._steps[row], self._sums[row]


def _grown(described: Floats, target: Floats, smallest: int, seed: int, part: float) -> Any:
    from sklearn.tree import DecisionTreeRegressor

    tree = DecisionTreeRegressor(
        min_samples_leaf=smallest, max_leaf_nodes=40, max_features=part, random_state=seed
    )
    return tree.fit(described, target)


def _described(base: Floats, like: Floats) -> Floats:
    level = base.mean(axis=1)
    return np.column_stack([np.log(level), np.log(level / (like[:, 0] + 1e-3 * level)), like[:, 1:]])


def _pairs(base: Floats, outcomes: Floats, step: int) -> tuple[Floats, Floats]:
    seen = ~np.isnan(outcomes[:, step])
    if seen.sum() >= _FEWEST:
        return base[seen, step], outcomes[seen, step]
    every = ~np.isnan(outcomes)
    return base[every], outcomes[every]


def conformal_quantiles(ratios: Floats) -> Floats:
    """Quantiles at :data:`LEVELS` with the finite-sample step outward of conformal prediction (Vovk 2005).

    Args:
        ratios: shape ``(n,)`` or ``(n, H)``.

    Returns:
        Shape ``(Q,)`` or ``(Q, H)``.
    """
    n_seen = len(ratios)
    outward = np.where(
        LEVELS >= 0.5, np.minimum(LEVELS * (n_seen + 1) / n_seen, 1),
        np.maximum(1 - (1 - LEVELS) * (n_seen + 1) / n_seen, 0),
    )  # fmt: skip
    outward[LEVELS == 0.5] = 0.5
    return np.maximum.accumulate(np.quantile(ratios, outward, axis=0), axis=0)


def pinball(truth: Floats, quantiles: Floats, levels: Floats = LEVELS) -> Floats:
    """Pinball loss, mean over the last axis; NaN where ``truth`` is."""
    above = truth[..., None] - quantiles
    return np.asarray(np.maximum(levels * above, (levels - 1) * above).mean(axis=-1))


def history_of(panel: Panel) -> Floats:
    """Mean of the whole observed past of each series, for errors in units of it; ``(N,)``, ≥ 0."""
    whole = filled(panel.values)
    return np.asarray(np.nansum(whole, axis=1) / np.maximum((~np.isnan(whole)).sum(axis=1), 1))
