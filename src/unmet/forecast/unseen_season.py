"""Whether the coming periods are a season that no past date has shown.

Models are compared at past dates. With little more than a year of history, those of autumn say nothing of
who forecasts Christmas well: models without a season look best until the season comes. Where the shop's own
seasonal factors (:func:`~unmet.forecast.level_models.season_factors`, already shrunk toward 1) move further
ahead of a date than ahead of any past date that was tried, the comparison does not hold.
"""

from __future__ import annotations

import numpy as np

from unmet.forecast.level_models import season_factors
from unmet.forecast.panel import filled
from unmet.forecast.rolling import Rolling

SEASONAL = "SeasonalSmoothing"
"""Forecasts where nothing tried can be compared: the level of a series times the shop's factors."""

BEYOND = 1.2
"""How far beyond the past dates a move of the factors has to be, as a ratio."""

_RECENT = 13  # periods that a model without a season leans on


def unseen_season(rolling: Rolling, n_periods: int, origins: list[int]) -> bool:
    """Whether the season ahead of a date moves further than ahead of every earlier one.

    Args:
        rolling: the panel and its horizon.
        n_periods: known periods; factors come from these alone.
        origins: earlier dates at which models were tried.
    """
    known = rolling.known(n_periods)
    factors = season_factors(filled(known.values), known.season)
    if factors is None or not origins:
        return False

    def move(date: int) -> float:
        ahead = factors[(date + np.arange(rolling.horizon)) % known.season].mean()
        recent = factors[(date - 1 - np.arange(min(_RECENT, date))) % known.season].mean()
        return float(ahead / max(recent, 1e-9))

    tried = [move(origin) for origin in origins]
    return not min(tried) / BEYOND <= move(n_periods) <= max(tried) * BEYOND
