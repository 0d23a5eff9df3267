"""What moves all series together is given the room that few dates ask for."""

from __future__ import annotations

import numpy as np
import pytest

from unmet.forecast.common_moves import common_moves, log_widening, separate_dates, widened
from unmet.forecast.predictive import LEVELS, Distribution

LOW, HIGH = int(np.flatnonzero(LEVELS == 0.1)[0]), int(np.flatnonzero(LEVELS == 0.9)[0])


def shop(rng: np.random.Generator, n_dates: int, common: float) -> tuple[np.ndarray, np.ndarray]:
    """Sales of 60 series at some dates and one later, forecast as 100 each."""
    moves = rng.normal(0, common, n_dates + 1)
    sold = 100 * np.exp(moves[:, None] + rng.normal(0, 0.1, (n_dates + 1, 60)))
    return sold[:-1], sold[-1]


def covered(common: float, *, n_dates: int, wider: bool) -> float:
    """Share of later sales inside 80% intervals, over many shops."""
    rng = np.random.default_rng(5)
    inside = []
    for _ in range(400):
        past, later = shop(rng, n_dates, common)
        quantiles = np.quantile(past.ravel(), LEVELS)[None, None, :]
        made = Distribution(np.full((1, 1), 100.0), quantiles, quantiles)
        if wider:
            bases = [np.full((60, 1), 100.0)] * n_dates
            moves = common_moves([row[:, None] for row in past], bases)
            made = widened(made, log_widening(moves, n_dates))
        low, high = made.quantiles[0, 0, [LOW, HIGH]]
        inside.append(float(((later >= low) & (later <= high)).mean()))
    return float(np.mean(inside))


@pytest.mark.parametrize("n_dates", [3, 5])
def test_intervals_hold_where_all_series_move_together(n_dates: int) -> None:
    assert covered(0.4, n_dates=n_dates, wider=False) < 0.72
    assert 0.74 < covered(0.4, n_dates=n_dates, wider=True) < 0.88


def test_shops_whose_series_go_their_own_ways_keep_their_intervals() -> None:
    plain, wider = (covered(0.0, n_dates=5, wider=which) for which in (False, True))
    assert 0.77 < plain <= wider < 0.83


def test_order_medians_and_zeros_stay() -> None:
    rng = np.random.default_rng(1)
    quantiles = np.sort(rng.gamma(1.0, 5.0, (40, 3, len(LEVELS))), axis=-1)
    quantiles[:10, :, : LOW + 1] = 0.0
    quantiles[10:15] = 0.0
    quantiles[15:20, :, : len(LEVELS) - 2] = 0.0
    made = Distribution(quantiles.mean(axis=-1), quantiles, quantiles)
    found = widened(made, log_widening(np.array([-0.5, 0.1, 0.6]), 2.0))
    assert np.isfinite(found.quantiles).all()
    assert (np.diff(found.quantiles, axis=-1) >= -1e-12).all()
    assert np.array_equal(found.quantiles[..., LEVELS == 0.5], quantiles[..., LEVELS == 0.5])
    assert (found.quantiles[quantiles == 0] == 0).all()
    assert np.array_equal(found.quantiles[15:20], quantiles[15:20])
    assert (found.quantiles[20:, :, HIGH] > quantiles[20:, :, HIGH]).all()
    assert np.array_equal(found.mean, made.mean)


def test_one_date_or_none_tells_nothing() -> None:
    assert (log_widening(np.array([0.3]), 1.0) == 0).all()
    assert len(common_moves([np.full((2, 2), np.nan)], [np.ones((2, 2))])) == 0
    assert separate_dates([20], 4) == 1
