"""One boosted model for all series and steps (LightGBM): what the next periods sell, in units of a level.

Direct forecasts: a row is a series at a past date and a step ahead of it; nothing it holds is later than
the date. Values are divided by the level of the series then, so that large and small products teach each
other (the scaling of Montero-Manso and Hyndman 2021, "Principles and algorithms for forecasting groups of
time series").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.forecast.panel import Floats, Panel, carried, filled

Single = NDArray[np.float32]


@dataclass(frozen=True)
class BoostConfig:
    """Settings of the boosted model."""

    n_trees: int = 150
    learning_rate: float = 0.05
    n_leaves: int = 12  # of the trees for the mean; those for the median have up to 31
    smallest_leaf: int = 200  # of the trees for the mean; less than half of it for the median
    most_rows: int = 250_000  # drawn at random where there are more


class History:
    """Windows over the past of a panel, made once for all dates."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.whole = filled(panel.values)
        present = ~np.isnan(self.whole)
        zeros = np.zeros((len(self.whole), 1))
        self._sums = np.hstack([zeros, np.cumsum(np.nan_to_num(self.whole), axis=1)])
        self._squares = np.hstack([zeros, np.cumsum(np.nan_to_num(self.whole) ** 2, axis=1)])
        self._counts = np.hstack([zeros, np.cumsum(present, axis=1)])
        self._sold = np.hstack([zeros, np.cumsum(np.nan_to_num(self.whole) > 0, axis=1)])
        self._total = np.nansum(self.whole, axis=0)
        self.price = carried(panel.price)
        self.promotion = carried(panel.promotion)
        positive = self.whole[present]
        self.floor = 0.1 * float(np.median(positive[positive > 0])) if (positive > 0).any() else 1.0
        self._groups = _group_sums(self.whole, panel.category)

    def mean(self, period: int, window: int) -> Floats:
        """Mean of each series over ``window`` periods up to ``period``, fewer where it is younger."""
        first = max(period + 1 - window, 0)
        count = self._counts[:, period + 1] - self._counts[:, first]
        return np.asarray((self._sums[:, period + 1] - self._sums[:, first]) / np.maximum(count, 1))

    def deviation(self, period: int, window: int) -> Floats:
        """Standard deviation over the same window."""
        first = max(period + 1 - window, 0)
        count = np.maximum(self._counts[:, period + 1] - self._counts[:, first], 1)
        square = (self._squares[:, period + 1] - self._squares[:, first]) / count
        return np.asarray(np.sqrt(np.maximum(square - self.mean(period, window) ** 2, 0)))

    def sold_share(self, period: int, window: int) -> Floats:
        """Share of periods with a sale over the same window."""
        first = max(period + 1 - window, 0)
        count = np.maximum(self._counts[:, period + 1] - self._counts[:, first], 1)
        return np.asarray((self._sold[:, period + 1] - self._sold[:, first]) / count)

    def usual_price(self, period: int) -> Floats:
        """Mean price of each series so far; NaN where none is known."""
        known = self.price[:, : period + 1]
        count = (~np.isnan(known)).sum(axis=1)
        return np.where(count > 0, np.nansum(known, axis=1) / np.maximum(count, 1), np.nan)

    def age(self, period: int) -> Floats:
        """Periods since the series began."""
        return np.asarray(self._counts[:, period + 1])

    def scale(self, period: int) -> Floats:
        """Level that values are divided by, > 0."""
        parts = self.mean(period, 4) + self.mean(period, 13) + self.mean(period, 52)
        return np.asarray(parts / 3 + self.floor)

    def momentum(self, period: int) -> tuple[Floats, Floats]:
        """Last four periods over the last thirteen: of all series, and of the category of each."""
        late, early = _window(self._groups, period, 4), _window(self._groups, period, 13)
        ratio = (late + 1e-9) / (early + 1e-9)
        return np.full(len(self.whole), ratio[0]), ratio[1 + self.panel.category]

    def around_last_season(self, period: int, step: int) -> tuple[Floats, Floats]:
        """Target period a season ago over the level then: of each series, and of all together."""
        place, then = period + step - self.panel.season, period - self.panel.season
        nothing = np.full(len(self.whole), np.nan)
        if then < 4 or step > self.panel.season:
            return nothing, nothing
        low, high = max(place - 1, 0), min(place + 2, self.whole.shape[1])
        near = self._sums[:, high] - self._sums[:, low]
        own = near / (high - low) / (self.mean(then, 8) + self.floor)
        own = np.where(self.age(then) >= 4, own, np.nan)
        pool = self._total[place] / (self._total[max(then - 7, 0) : then + 1].mean() + 1e-9)
        return own, np.full(len(self.whole), pool)


def _group_sums(whole: Floats, category: NDArray[np.int64]) -> Floats:
    """Sums of all series (row 0) and of each category (row 1 + code)."""
    sums = np.zeros((category.max(initial=0) + 2, whole.shape[1]))
    np.add.at(sums, 1 + category, np.nan_to_num(whole))
    sums[0] = sums[1:].sum(axis=0)
    return sums


def _window(sums: Floats, period: int, window: int) -> Floats:
    return np.asarray(sums[:, max(period + 1 - window, 0) : period + 1].mean(axis=1))


def rows_at(history: History, period: int, steps: list[int], n_lags: int = 8) -> Single:
    """Features of every series at one date, for each step; ``(N · len(steps), features)``, by series."""
    scale = history.scale(period)
    columns = [np.log(scale), history.age(period)]
    for lag in range(n_lags):
        place = period - lag
        columns.append(history.whole[:, place] / scale if place >= 0 else np.full(len(scale), np.nan))
    columns += [history.mean(period, window) / scale for window in (2, 4, 8, 13, 26, 52, 10_000)]
    columns += [history.deviation(period, window) / scale for window in (8, 26)]
    columns += [history.sold_share(period, window) for window in (4, 13, 52)]
    columns += history.momentum(period)
    price = history.price
    usual = history.usual_price(period)
    columns += [np.log(np.maximum(price[:, period], 1e-6)), price[:, period] / usual]
    columns.append(history.promotion[:, period])
    columns.append(history.panel.category.astype(np.float64))
    columns += [grid[:, period] for grid in history.panel.extra.values()]
    shared = np.column_stack(columns).astype(np.float32)
    blocks = []
    for step in steps:
        own, pool = history.around_last_season(period, step)
        of_season = np.full(len(scale), (period + step) % history.panel.season, dtype=np.float64)
        # Without a second season, the place in the season only tells training dates apart.
        if period + 1 < 1.25 * history.panel.season:
            of_season[:] = np.nan
        blocks.append(np.column_stack([np.full(len(scale), step), of_season, own, pool]).astype(np.float32))
    stacked = np.stack([np.hstack([shared, block]) for block in blocks], axis=1)
    return stacked.reshape(len(scale) * len(steps), -1)


def boosted_forecasts(panel: Panel, horizon: int, config: BoostConfig, *, seed: int) -> Floats:
    """Fit on the past of the panel and forecast; ``(N, horizon)``, ≥ 0.

    The mean of two models, one for the mean (Poisson loss) and one for the median (absolute loss): their
    errors differ enough that both sums and single periods gain. What place of the distribution it is does
    not matter, as the ratios of past outcomes to it decide (:mod:`unmet.forecast.predictive`).

    Poisson loss of ``quantity / level`` weighted by the level is the Poisson loss of the quantity itself up
    to a constant; the weight is tempered (square root) so that a few large products do not decide alone.
    """
    import lightgbm

    history = History(panel)
    last = panel.values.shape[1] - 1
    rows, target, weight = _training_rows(history, horizon, config, seed)
    if len(target) < 2 * config.smallest_leaf or not (target > 0).any():
        from unmet.forecast.level_models import pooled_smoothing

        return pooled_smoothing(panel, horizon)
    binning = {"max_bin": 127, "feature_pre_filter": False, "verbosity": -1}
    data = lightgbm.Dataset(rows, target, weight=weight, params=binning, free_raw_data=False)
    ahead = rows_at(history, last, list(range(1, horizon + 1)))
    found = np.zeros(len(ahead))
    for settings in _losses(config, seed):
        model = lightgbm.train(settings, data, num_boost_round=config.n_trees)
        found += np.maximum(np.asarray(model.predict(ahead)), 0) / 2
    return found.reshape(len(panel.ids), horizon) * history.scale(last)[:, None]


def _losses(config: BoostConfig, seed: int) -> list[dict[str, Any]]:
    """Settings of the model of the mean and of the model of the median.

    One thread each: threads of one fit wait for each other after every split, and on a machine with other
    work they spin for longer than they work. Fits of several dates run side by side instead.
    """
    shared = {
        "learning_rate": config.learning_rate, "feature_fraction": 0.6, "bagging_fraction": 0.7,
        "bagging_freq": 1, "lambda_l2": 5.0, "max_bin": 127, "feature_pre_filter": False,
        "num_threads": 1, "seed": seed,
        "deterministic": True, "force_row_wise": True, "verbosity": -1,
    }  # fmt: skip
    leaves, smallest = config.n_leaves, config.smallest_leaf
    return [
        {**shared, "objective": "poisson", "num_leaves": leaves, "min_data_in_leaf": smallest},
        {
            **shared, "objective": "regression_l1", "num_leaves": min(31, 3 * leaves),
            "min_data_in_leaf": max(smallest * 2 // 5, 5),
        },
    ]  # fmt: skip


def _training_rows(
    history: History, horizon: int, config: BoostConfig, seed: int
) -> tuple[Single, Floats, Floats]:
    values = history.panel.values
    n_series, n_periods = values.shape
    rng = np.random.default_rng(seed)
    dates = list(range(1 if n_periods < 12 else 3, n_periods - 1))
    whole = n_series * sum(min(horizon, n_periods - 1 - period) for period in dates)
    share = min(1.0, config.most_rows / max(whole, 1))
    blocks, targets, weights = [], [], []
    for period in dates:
        steps = list(range(1, min(horizon, n_periods - 1 - period) + 1))
        rows = rows_at(history, period, steps)
        truth = values[:, period + 1 : period + 1 + len(steps)].reshape(-1)
        old_enough = np.repeat(history.age(period) >= 2, len(steps))
        kept = ~np.isnan(truth) & old_enough
        if share < 1:
            kept &= rng.random(len(kept)) < share
        scale = np.repeat(history.scale(period), len(steps))[kept]
        blocks.append(rows[kept])
        targets.append(np.minimum(truth[kept] / scale, 20.0))
        weights.append(np.sqrt(scale))
    if not blocks:
        return np.empty((0, 1), dtype=np.float32), np.empty(0), np.empty(0)
    return np.vstack(blocks), np.concatenate(targets), np.concatenate(weights)
