"""Errors of one model, summed while the origins of a backtest are gone through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmet.forecast.panel import Floats


@dataclass
class Scores:
    """Sums of one model over the origins, per series ``(N,)``; ``counted`` marks the series it forecast."""

    steps: Floats
    sums: Floats
    step_pinball: Floats
    sum_pinball: Floats
    over: Floats
    scaled: Floats
    scaled_count: Floats
    counted: NDArray[np.bool_]

    @classmethod
    def empty(cls, n_series: int) -> Scores:
        """Nothing counted yet."""
        a, b, c, d, e, f, g = (np.zeros(n_series) for _ in range(7))
        return cls(a, b, c, d, e, f, g, counted=np.ones(n_series, dtype=np.bool_))
