"""Order lines: the quantity, what it is expected to lead to, and what being wrong costs both ways."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from unmet.forecast.inventory.assembling import Products, RestockConfig
from unmet.forecast.inventory.folder import ForecastFolder
from unmet.forecast.inventory.policies import (
    Array,
    Need,
    Terms,
    economic_quantity,
    expected_cost,
    lasting_share,
    lost_share,
    order_up_to,
    reorder_ratio,
    short_and_left,
)

ORDERS: dict[str, pl.DataType] = {
    "series_id": pl.String(),
    "name": pl.String(),
    "order_quantity": pl.Float64(),  # units, whole packs
    "packs": pl.Float64(),
    "pack_size": pl.Float64(),
    "money": pl.Float64(),  # quantity × unit cost; null where the unit cost is not known
    "order_up_to": pl.Float64(),  # stock position that lasts in target_share of the cases, before packs
    "reorder_point": pl.Float64(),  # order when the position is below it
    "on_hand": pl.Float64(),
    "on_order": pl.Float64(),
    "backorders": pl.Float64(),
    "position": pl.Float64(),  # on hand + on order − backorders
    "lead_time_days": pl.Float64(),
    "review_days": pl.Float64(),
    "demand_mean": pl.Float64(),  # until the delivery after the next, in units
    "demand_p10": pl.Float64(),
    "demand_p50": pl.Float64(),
    "demand_p90": pl.Float64(),
    "target_share": pl.Float64(),  # share of cases in which stock should last, 0–1
    "stockout_chance_without": pl.Float64(),  # before the delivery after the next, 0–1
    "stockout_chance_with": pl.Float64(),
    "expected_short": pl.Float64(),  # units, with the order
    "expected_short_without": pl.Float64(),
    "expected_left": pl.Float64(),  # units left when the next delivery comes, with the order
    "fill_rate": pl.Float64(),  # expected share of the review period's demand that is served, with the order
    "cost_without": pl.Float64(),  # expected shortage, holding, waste and order cost
    "cost_with": pl.Float64(),
    "pack_less": pl.Float64(),  # expected cost that one pack less would add; null without an order
    "pack_more": pl.Float64(),  # expected cost that one pack more would add
    "cost_if_demand_p10": pl.Float64(),  # cost with the order if demand is low (tenth of the cases)
    "cost_if_demand_p90": pl.Float64(),  # and high
    "wanted_quantity": pl.Float64(),  # before the budget
    "limit": pl.String(),  # what shaped the quantity, see docs/restock.md
}
"""``orders.csv`` less the reason in words. Costs are null where shortage or holding cost is not known."""


def order_lines(
    folder: ForecastFolder,
    products: Products,
    chosen: slice,
    need: Need,
    all_quantities: Array,
    all_wanted: Array,
    config: RestockConfig,
) -> pl.DataFrame:
    """Lines of some products (table ORDERS), in their order."""
    terms, quantity, wanted = products.terms.rows(chosen), all_quantities[chosen], all_wanted[chosen]
    position = products.stock.position[chosen]
    target, reorder = _targets(need, terms, config)
    up_to, point = order_up_to(need, position, target), order_up_to(need, position, reorder)
    batch = np.where(config.service_level is None, economic_quantity(need, terms), 0.0)
    up_to = np.maximum(up_to, np.where(batch > need.cycle, point + batch - need.cycle, 0.0))
    total = need.units + position[:, None] if not config.lost_sales else _total(need, position)
    low, middle, high = np.quantile(total, [0.1, 0.5, 0.9], axis=1)
    short, left = short_and_left(need.units, quantity)
    none = np.zeros_like(quantity)
    low_need, high_need = (np.quantile(need.units, q, axis=1)[:, None] for q in (0.1, 0.9))
    less = np.maximum(quantity - terms.pack, 0.0)
    now = expected_cost(need, terms, quantity)
    columns = _stock_columns(folder, products, chosen) | {
        "order_quantity": quantity,
        "packs": np.round(quantity / terms.pack),
        "money": quantity * terms.unit_cost,
        "order_up_to": up_to,
        "reorder_point": np.minimum(point, up_to),
        "demand_mean": total.mean(axis=1),
        "demand_p10": low,
        "demand_p50": middle,
        "demand_p90": high,
        "target_share": target,
        "stockout_chance_without": (need.units > 1e-9).mean(axis=1),
        "stockout_chance_with": (need.units > quantity[:, None] + 1e-9).mean(axis=1),
        "expected_short": short,
        "expected_short_without": short_and_left(need.units, none)[0],
        "expected_left": left,
        "fill_rate": 1 - lost_share(need, quantity),
        "cost_without": expected_cost(need, terms, none),
        "cost_with": now,
        "pack_less": np.where(quantity > 0, expected_cost(need, terms, less) - now, np.nan),
        "pack_more": expected_cost(need, terms, quantity + terms.pack) - now,
        "cost_if_demand_p10": _cost_at(low_need, need, terms, quantity),
        "cost_if_demand_p90": _cost_at(high_need, need, terms, quantity),
        "wanted_quantity": wanted,
        "limit": _limits(need, terms, quantity, wanted, up_to - position, batch),
    }
    table = pl.DataFrame({name: pl.Series(columns[name]) for name in ORDERS}, schema=ORDERS)
    return table.fill_nan(None)


def _stock_columns(folder: ForecastFolder, products: Products, chosen: slice) -> dict[str, Any]:
    """What a line repeats of the files: names, stock and times."""
    position = products.stock.position[chosen]
    return {
        "series_id": products.ids[chosen],
        "name": products.names[chosen],
        "pack_size": products.terms.pack[chosen],
        "on_hand": products.stock.on_hand[chosen],
        "on_order": products.stock.on_order[chosen],
        "backorders": products.stock.backorders[chosen],
        "position": position,
        "lead_time_days": products.lead_time[chosen] * folder.period_days,
        "review_days": np.full_like(position, products.review * folder.period_days),
    }


def _targets(need: Need, terms: Terms, config: RestockConfig) -> tuple[Array, Array]:
    """Shares of cases in which the order-up-to level and the reorder point should last."""
    if config.service_level is not None:
        level = np.full(len(need.units), config.service_level)
        return level, level
    ratio = lasting_share(need, terms)
    batch = economic_quantity(need, terms)
    return ratio, np.where(batch > need.cycle, reorder_ratio(need, terms, batch), ratio)


def _total(need: Need, position: Array) -> Array:
    """Demand until the delivery after the next, where customers do not wait: only what stock can still
    meet.
    """
    return np.maximum(need.units + position[:, None], need.ahead)


def _cost_at(units: Array, need: Need, terms: Terms, quantity: Array) -> Array:
    short, left = short_and_left(units, quantity)
    order = np.where(quantity > 0, terms.order_cost, 0.0)
    return np.asarray(terms.shortage * short + terms.holding * need.review * left + order)


def _limits(need: Need, terms: Terms, quantity: Array, wanted: Array, gap: Array, batch: Array) -> list[str]:
    spoils = (
        np.zeros(len(quantity), bool) if need.until_expiry is None else np.isfinite(need.until_expiry[:, 0])
    )
    chosen = np.select(
        [
            quantity < wanted - 1e-9,
            (quantity <= 0) & (gap <= 1e-9),
            (quantity > 0) & (quantity - terms.pack < terms.minimum) & (quantity > gap + terms.pack),
            batch > need.cycle,
            (terms.waste > 0) & spoils & (quantity < gap - terms.pack),
            quantity <= 0,
            terms.pack > 1,
        ],
        ["budget", "enough", "minimum", "fixed_cost", "shelf_life", "not_worth", "pack"],
        default="none",
    )
    return [str(name) for name in chosen]
