"""What forecasts would have cost: one order per horizon, paid for every unit too few or too many."""

from __future__ import annotations

import numpy as np

from unmet.core.errors import InputError
from unmet.forecast.backtesting import Costs
from unmet.forecast.level_models import seasonal_naive
from unmet.forecast.panel import Floats, Panel, carried
from unmet.forecast.predictive import LEVELS, Distribution


def newsvendor_costs(shortage_ratio: float, *, holding_share: float = 0.02) -> Costs:
    """Costs of stocking the whole horizon at once (the newsvendor problem, Arrow, Harris and Marschak 1951).

    A unit left over costs ``holding_share`` of its last known price (1 where no price is known), a unit short
    ``shortage_ratio`` times that. Three policies are compared: the quantile of the forecast of the sum at
    ``ratio / (1 + ratio)``, its median, and seasonal naive plus a fixed safety stock: the standard deviation
    of the past sums of each series times the normal quantile of the same probability.

    Raises:
        InputError: a ratio or share that is not above 0.
    """
    if not (shortage_ratio > 0 and holding_share > 0):
        raise InputError(
            f"shortage ratio {shortage_ratio}, holding share {holding_share}", hint="Both above 0."
        )
    chance = shortage_ratio / (1 + shortage_ratio)

    def costs(known: Panel, origin: int, made: Distribution, truth: Floats) -> dict[str, Floats]:
        horizon = truth.shape[1]
        sold = truth.sum(axis=1)
        unit = holding_share * _last_price(known)
        naive = seasonal_naive(known, horizon).sum(axis=1)
        orders = {
            "forecast, service level": _at(made.sum_quantiles[:, -1], chance),
            "forecast, median": made.sum_quantiles[:, -1, 6],
            "seasonal naive + safety stock": naive + _safety(known, horizon, chance),
        }
        return {name: _paid(order, sold, unit, shortage_ratio) for name, order in orders.items()}

    return costs


def _paid(order: Floats, sold: Floats, unit: Floats, ratio: float) -> Floats:
    return np.asarray(unit * (np.maximum(order - sold, 0) + ratio * np.maximum(sold - order, 0)))


def _at(quantiles: Floats, chance: float) -> Floats:
    """Quantile between the known ones by a straight line; the outermost one beyond them."""
    return np.array([np.interp(chance, LEVELS, row) for row in quantiles])


def _last_price(known: Panel) -> Floats:
    prices = carried(known.price)[:, -1]
    return np.where(np.isnan(prices), 1.0, prices)


def _safety(known: Panel, horizon: int, chance: float) -> Floats:
    from scipy.stats import norm

    values = known.values
    seen = ~np.isnan(values)
    count = np.maximum(seen.sum(axis=1), 1)
    mean = np.nansum(values, axis=1) / count
    spread = np.sqrt(np.where(seen, (values - mean[:, None]) ** 2, 0).sum(axis=1) / count)
    return np.asarray(max(float(norm.ppf(chance)), 0.0) * spread * np.sqrt(horizon))
