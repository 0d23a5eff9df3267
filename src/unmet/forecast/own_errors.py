"""Forecasts of categories, needs, segments and the whole shop: each from its own past errors.

Products are many and short, so their errors are pooled (:mod:`~unmet.forecast.predictive`). What they add up
to is the opposite: few series, long ones, each unlike the others and far steadier than any product. Models
are tried on each series at many past dates, and its quantiles are those of its own ratios of outcome to
forecast. Dates closer than a horizon share outcomes: the ratios are worth as many as do not, so quantiles are
widened to those of Student's t (:mod:`~unmet.forecast.common_moves`). Where the latest dates do not show the
season ahead, last year's decides, as for products (:mod:`~unmet.forecast.unseen_season`).
"""

from __future__ import annotations

import numpy as np

from unmet.forecast.choosing import AND, TRIED, UNSEEN, Choice, close_to_best, points
from unmet.forecast.common_moves import separate_dates, t_widening, widened_quantiles
from unmet.forecast.local_models import COSTLY_MODELS
from unmet.forecast.panel import Floats
from unmet.forecast.predictive import LEVELS, Distribution, pinball
from unmet.forecast.rolling import CHEAP, COUNTS, FALLBACK, Rolling, past_origins
from unmet.forecast.unseen_season import SEASONAL

FEWEST_DATES = 10
"""Past dates below which a series has no quantiles of its own."""

_MOST_DATES = 26
_MOST_VARIANCE = 1.0  # of logs: beyond e-fold moves are bursts, which a spread of logs would blow up
_FITS = 2_000  # of AutoETS and Theta together that are worth waiting for


def own_dates(rolling: Rolling, n_periods: int) -> list[int]:
    """Past dates at which models are tried: every period where the history is short, at most 26.

    Fewer where there are many series, so that the work stays that of two thousand fits.
    """
    affordable = max(_FITS // (len(COSTLY_MODELS) * len(rolling.panel.ids)), FEWEST_DATES)
    return past_origins(n_periods, rolling.horizon, min(_MOST_DATES, affordable))


def with_own_errors(
    rolling: Rolling, n_periods: int, pooled: tuple[Choice, Distribution], dates: list[int]
) -> tuple[Choice, Distribution]:
    """Choice and distributions after ``n_periods``, from the past dates of each series alone.

    Args:
        rolling: the panel of one level and its horizon.
        n_periods: known periods.
        pooled: whether the season ahead was seen, and what is said of series with fewer than
            :data:`FEWEST_DATES` dates.
        dates: see :func:`own_dates`.
    """
    choice, made = pooled
    unseen = choice.why == UNSEEN
    names = (SEASONAL, FALLBACK) if unseen else candidates(rolling, len(dates))
    now = points(rolling, n_periods, names)
    past = [points(rolling, date, names) for date in dates]
    before = {name: np.stack([found[name] for found in past]) for name in now}
    truth = np.stack([np.where(rolling.begun(date)[:, None], rolling.truth(date), np.nan) for date in dates])
    n_dates = separate_dates(dates, rolling.horizon)
    model, error = choice.model.astype(object), choice.error.copy()
    mean, quantiles, sums = made.mean.copy(), made.quantiles.copy(), made.sum_quantiles.copy()
    for row in range(len(model)):
        seen = ~np.isnan(truth[:, row]).any(axis=1)
        if seen.sum() < FEWEST_DATES:
            continue
        sold = truth[seen, row]
        n_own = n_dates * float(seen.mean())
        of_row = {name: _Own(now[name][row], before[name][seen, row], sold, n_own) for name in now}
        losses = {name: own.losses() for name, own in of_row.items()}
        chosen = (SEASONAL,) if unseen else close_to_best(losses, n_independent=max(n_own, 2.0))
        model[row] = AND.join(chosen)
        error[row] = sum(losses[name].sum() for name in chosen) / len(chosen) / max(float(sold.sum()), 1e-9)
        parts = [of_row[name].distribution() for name in chosen]
        mean[row], quantiles[row], sums[row] = (np.mean(one, axis=0) for one in zip(*parts, strict=True))
    why = choice.why if unseen else TRIED
    return Choice(model.astype(np.str_), error, why), Distribution(mean, quantiles, sums)


def candidates(rolling: Rolling, n_dates: int) -> tuple[str, ...]:
    """Models worth trying; costly ones where the series are few."""
    costly = COSTLY_MODELS if len(COSTLY_MODELS) * len(rolling.panel.ids) * n_dates <= _FITS else ()
    return (*CHEAP, *COUNTS, *costly, "Boosted")


class _Own:
    """One series under one model: past ratios, and what they make of the new forecast."""

    def __init__(self, now: Floats, before: Floats, sold: Floats, n_dates: float) -> None:
        self._sold, self._n_dates = sold, n_dates
        positive = sold[sold > 0]
        floor = 0.02 * float(np.median(positive)) if len(positive) else 1.0
        self._now, self._base = np.nan_to_num(now) + floor, np.nan_to_num(before) + floor
        self._steps = self._ratios(sold, self._base)
        # Sums at dates closer than a horizon share outcomes: they differ less from their mean.
        shared = 1 - 1 / max(n_dates, 2.0)
        self._sums = self._ratios(np.cumsum(sold, axis=1), np.cumsum(self._base, axis=1), shared)

    def _ratios(self, sold: Floats, base: Floats, shown: float = 1.0) -> Floats:
        """Quantiles of the ratios at each step, ``(H, Q)``; ``shown``: part of the variance dates show."""
        ratios = sold / base
        found = np.quantile(ratios, LEVELS, axis=0).T
        logs = np.log(np.where(ratios > 0, ratios, np.nan))
        few = (~np.isnan(logs)).sum(axis=0) < 3
        variance = np.nanvar(np.where(few, 0.0, logs), axis=0, ddof=1) / shown
        return widened_quantiles(found, t_widening(np.minimum(variance, _MOST_VARIANCE), self._n_dates))

    def losses(self) -> Floats:
        """Pinball loss of every past date, steps and sum, by the ratios of all of them."""
        steps = pinball(self._sold, self._base[:, :, None] * self._steps).sum(axis=1)
        sums = pinball(self._sold.sum(axis=1), self._base.sum(axis=1)[:, None] * self._sums[-1])
        return np.asarray(steps + sums)

    def distribution(self) -> tuple[Floats, Floats, Floats]:
        """Mean ``(H,)``, quantiles of steps and of sums ``(H, Q)``."""
        mean = self._now * self._sold.sum(axis=0) / self._base.sum(axis=0)
        whole = np.cumsum(self._now)[:, None] * self._sums
        return mean, self._now[:, None] * self._steps, whole
