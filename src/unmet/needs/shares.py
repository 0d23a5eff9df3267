"""Shares of documents with their intervals."""

from __future__ import annotations

import math
from statistics import NormalDist

from unmet.core.records import Estimate


def normal_quantile(level: float) -> float:
    """Two-sided standard normal quantile of a confidence level in (0, 1): 1.645 for 0.90."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson(successes: float, trials: float, level: float) -> Estimate:
    """Share with its score interval (Wilson 1927, "Probable inference, the law of succession").

    Args:
        successes: 0 to ``trials``; may be fractional, when ``trials`` is an effective number.
        trials: number of observations; 0 gives the uninformative 0 within [0, 1].
        level: confidence level, e.g. 0.90.

    >>> wilson(2, 10, 0.90)  # doctest: +ELLIPSIS
    Estimate(value=0.2, low=0.0685..., high=0.4592...)
    """
    if trials <= 0:
        return Estimate(0.0, 0.0, 1.0)
    z = normal_quantile(level)
    share = successes / trials
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    centre = share + z * z / (2 * trials)
    scale = 1 + z * z / trials
    low = max(0.0, (centre - spread) / scale)
    high = min(1.0, (centre + spread) / scale)
    return Estimate(share, min(low, share), max(high, share))
