"""From point forecasts and their past errors to distributions: conformal, in groups of like series.

A past forecast ``f`` with its outcome ``y`` gives the ratio ``y / f``. Series that behave alike (by level,
share of periods with a sale, spread, age and how far the forecast is from the recent mean) form groups:
the leaves of a small regression tree on size and place of the ratios. The quantiles of a new forecast are
the forecast times the quantiles of the ratios of its group at the same step: a Mondrian conformal
predictive system (Boström, Johansson and Löfström 2021). Groups pool many series, so short ones have
intervals too, zeros stay zeros, and quantiles can neither cross nor be negative. Sums over the first ``k``
periods have ratios of their own, made of past sums, so that errors which go together over steps count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmet.forecast.level_models import last_mean
from unmet.forecast.panel import Floats, Panel, filled
from unmet.forecast.tables import QUANTILES

LEVELS = np.array(list(QUANTILES.values()))
"""Probabilities of the quantiles, in the order of :data:`~unmet.forecast.tables.QUANTILES`."""


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
    """What makes series alike, at the end of the panel; ``(N, 5)``."""
    recent = panel.values[:, -13:]
    seen = np.maximum((~np.isnan(recent)).sum(axis=1), 1)
    mean = np.nansum(recent, axis=1) / seen
    spread = np.sqrt(np.nansum((recent - mean[:, None]) ** 2, axis=1) / seen)
    sold = (np.nan_to_num(recent) > 0).sum(axis=1) / seen
    age = (~np.isnan(panel.values)).sum(axis=1)
    short = last_mean(panel.values, 4)
    return np.column_stack([mean, spread / (mean + 1e-9), sold, np.log1p(age), short / (mean + 1e-9)])


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
    """

    def __init__(
        self, forecasts: Floats, outcomes: Floats, like: Floats, floor: float, smallest: int | None = None
    ) -> None:
        from sklearn.tree import DecisionTreeRegressor

        self.floor = floor
        sold = outcomes[~np.isnan(outcomes)]
        # Counts have whole quantiles: half a unit as the median of a slow seller is wrong on every day.
        self._whole = bool((sold == np.rint(sold)).all())
        base = forecasts + floor
        seen = ~np.isnan(outcomes)
        whole = np.nansum(outcomes, axis=1) / np.maximum(np.where(seen, base, 0).sum(axis=1), 1e-12)
        usable = seen.any(axis=1)
        smallest = smallest or int(np.clip(len(forecasts) / 40, 60, 250))
        clipped = np.minimum(whole[usable], 6.0)
        target = np.column_stack([clipped, np.abs(clipped - np.median(clipped)) if len(clipped) else clipped])
        self._tree = DecisionTreeRegressor(min_samples_leaf=smallest, max_leaf_nodes=40, random_state=0)
        if not usable.any():
            raise ValueError("no past forecast with an outcome")
        self._tree.fit(_described(base[usable], like[usable]), target)
        leaf = self._tree.apply(_described(base, like))
        self._row_of = {int(name): row for row, name in enumerate(np.unique(leaf[usable]))}
        self._fit(base, outcomes, leaf)

    def _fit(self, base: Floats, outcomes: Floats, leaf: NDArray[np.int64]) -> None:
        n_groups, horizon = len(self._row_of), base.shape[1]
        shape = n_groups, horizon, len(LEVELS)
        self._mean = np.ones((n_groups, horizon))
        self._steps, self._sums = np.ones(shape), np.ones(shape)
        sums, base_sums = np.cumsum(outcomes, axis=1), np.cumsum(base, axis=1)
        for name, row in self._row_of.items():
            inside = leaf == name
            for step in range(horizon):
                # Far fewer outcomes than a quantile needs: the steps of the group stand together.
                taken = _pairs(base, outcomes, inside, step)
                self._mean[row, step] = taken[1].sum() / taken[0].sum()
                self._steps[row, step] = conformal_quantiles(taken[1] / taken[0])
                whole = inside & ~np.isnan(sums[:, step])
                if whole.sum() >= 10:
                    self._sums[row, step] = conformal_quantiles(sums[whole, step] / base_sums[whole, step])
                else:
                    self._sums[row, step] = self._steps[row, step]

    def __call__(self, forecasts: Floats, like: Floats) -> Distribution:
        """Distributions of new forecasts ``(N, H)`` of series with these traits."""
        base = forecasts + self.floor
        # No series, for example none of a kind of demand, is no error; the tree takes it for one.
        leaf = self._tree.apply(_described(base, like)) if len(base) else []
        row = np.array([self._row_of[int(name)] for name in leaf], dtype=np.int64)
        quantiles = base[:, :, None] * self._steps[row]
        sums = np.cumsum(base, axis=1)[:, :, None] * self._sums[row]
        if self._whole:
            quantiles, sums = np.rint(quantiles), np.rint(sums)
        return Distribution(base * self._mean[row], quantiles, sums)


def _described(base: Floats, like: Floats) -> Floats:
    level = base.mean(axis=1)
    return np.column_stack([np.log(level), np.log(level / (like[:, 0] + 1e-3 * level)), like[:, 1:]])


def _pairs(base: Floats, outcomes: Floats, inside: NDArray[np.bool_], step: int) -> tuple[Floats, Floats]:
    seen = inside & ~np.isnan(outcomes[:, step])
    if seen.sum() >= 10:
        return base[seen, step], outcomes[seen, step]
    every = inside[:, None] & ~np.isnan(outcomes)
    return base[every], outcomes[every]


def conformal_quantiles(ratios: Floats) -> Floats:
    """Quantiles at :data:`LEVELS` with the finite-sample step outward of conformal prediction (Vovk 2005)."""
    n_seen = len(ratios)
    outward = np.where(
        LEVELS >= 0.5, np.minimum(LEVELS * (n_seen + 1) / n_seen, 1),
        np.maximum(1 - (1 - LEVELS) * (n_seen + 1) / n_seen, 0),
    )  # fmt: skip
    outward[LEVELS == 0.5] = 0.5
    return np.maximum.accumulate(np.quantile(ratios, outward))


def pinball(truth: Floats, quantiles: Floats, levels: Floats = LEVELS) -> Floats:
    """Pinball loss, mean over the last axis; NaN where ``truth`` is."""
    above = truth[..., None] - quantiles
    return np.asarray(np.maximum(levels * above, (levels - 1) * above).mean(axis=-1))


def history_of(panel: Panel) -> Floats:
    """Mean of the whole observed past of each series, for errors in units of it; ``(N,)``, ≥ 0."""
    whole = filled(panel.values)
    return np.asarray(np.nansum(whole, axis=1) / np.maximum((~np.isnan(whole)).sum(axis=1), 1))
