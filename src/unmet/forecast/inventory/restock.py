"""From a forecast folder, stock and costs to one order line per product."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from unmet.core.errors import InputError
from unmet.forecast.inventory.assembling import Products, RestockConfig, assemble
from unmet.forecast.inventory.budget import Steps, order_steps, within_budget
from unmet.forecast.inventory.correlation import correlation_of_history, extended
from unmet.forecast.inventory.folder import ForecastFolder, read_forecast_folder
from unmet.forecast.inventory.lines import ORDERS, order_lines
from unmet.forecast.inventory.looking_ahead import last_look, later_needs, level_speed, step_lengths
from unmet.forecast.inventory.overstock import overstock_lines
from unmet.forecast.inventory.policies import (
    Array,
    Need,
    Terms,
    least_cost_quantity,
    net_need,
    service_quantity,
)
from unmet.forecast.inventory.products import read_costs, read_stock
from unmet.forecast.inventory.totals import Draws, demand_between, demand_paths, lead_times, make_draws

CHUNK = 256
MAX_REPEATS = 26
"""Periods beyond the forecast in which its last one is repeated, to see what goes off."""


@dataclass(frozen=True, slots=True)
class Restock:
    """What to order.

    ``orders``: table ORDERS of :mod:`unmet.forecast.inventory.lines`, one line per product; ``overstock``:
    products with more than they can sell; ``left_out``: rows and products that no order could be made for,
    with the reason; ``risk_without`` and ``risk_with``: chance of a shortage at the end of every period
    without and with the order, shape (n_products, n_periods), in the order of ``orders``; ``counts``: how
    many of what.
    """

    orders: pl.DataFrame
    overstock: pl.DataFrame
    left_out: pl.DataFrame
    risk_without: Array
    risk_with: Array
    counts: dict[str, float]
    folder: ForecastFolder
    config: RestockConfig


def restock(
    forecast: Path,
    stock: str | Path | None,
    costs: str | Path | None,
    config: RestockConfig,
    mapping: dict[str, str] | None = None,
) -> Restock:
    """Make order lines for every product with a forecast, stock and costs.

    Args:
        forecast: folder of `unmet forecast`.
        stock: file of stock per product (any table that ingest reads); None: what the orders told.
        costs: file of costs and order rules per product; may be missing where a service level is given.
        config: lead time, review, service level, budget.
        mapping: field → column, for columns that are not recognised.

    Raises:
        InputError: files or settings cannot be used; the forecast is too short for lead time and review.
        RunFolderError: the folder is no forecast.
    """
    _check(config, costs)
    folder = read_forecast_folder(forecast)
    stock_rows = read_stock(stock, mapping) if stock is not None else read_stock(told_stock(forecast))
    cost_rows = read_costs(costs, mapping) if costs is not None else None
    products = assemble(folder, stock_rows, cost_rows, config)
    if stock is None:
        products.counts["stock_from_orders"] = len(products.ids)
    _check_length(folder, products)
    return make_orders(folder, products, config)


def told_stock(forecast: Path) -> Path:
    """Stock that the orders of a forecast told.

    Raises:
        InputError: they told none.
    """
    path = forecast / "stock.csv"
    if not path.is_file():
        raise InputError(
            "no stock is known: the orders of this forecast have no stock column",
            where=str(forecast),
            hint="Give --stock stock.csv.",
        )
    return path


def _check(config: RestockConfig, costs: str | Path | None) -> None:
    level = config.service_level
    if level is None and costs is None:
        raise InputError(
            "nothing says how much is enough", hint="Give --costs costs.csv or --service-level 0.95."
        )
    if level is not None and not 0 < level < 1:
        raise InputError(f"a service level is between 0 and 1, not {level:g}", hint="For example 0.95.")
    if config.budget is not None and (config.budget < 0 or costs is None):
        raise InputError("a budget is at least 0 and needs a cost file", hint="Give --costs costs.csv.")
    if config.missing_stock not in ("skip", "zero"):
        raise InputError(f"no way {config.missing_stock!r}", hint="--missing-stock is skip or zero.")
    if config.review is not None and config.review <= 0:
        raise InputError("the review period must be longer than 0", hint="For example --review 1w.")


def _check_length(folder: ForecastFolder, products: Products) -> None:
    """The forecast must reach to the delivery after next, at three standard deviations of the lead time."""
    needed = products.lead_time + 3 * products.lead_time_sd + products.review
    longest = int(np.argmax(needed))
    if needed[longest] > len(folder.starts) + 1e-9:
        periods = int(np.ceil(needed[longest] - 1e-9))
        name = products.ids[longest]
        raise InputError(
            f"the forecast has {len(folder.starts)} periods; lead time and review of {name!r} need {periods}",
            where=str(folder.path),
            hint=f"Run `unmet forecast` again with a horizon of {periods} periods.",
        )


def make_orders(folder: ForecastFolder, products: Products, config: RestockConfig) -> Restock:
    """Order lines of assembled products (see :func:`restock`)."""
    known = len(folder.starts)
    correlation = extended(correlation_of_history(folder.demand, known), known + repeats(products, known))
    draws = make_draws(correlation, seed=config.seed)
    speed = level_speed(
        folder.demand, folder.series, folder.freq, float(np.median(products.lead_time)) + products.review
    )
    wanted = np.zeros(len(products.ids))
    steps: list[Steps] = []
    for chosen, _, need in _chunks(folder, products, draws, config, speed):
        terms = products.terms.rows(chosen)
        wanted[chosen] = order_quantity(need, terms, config)
        if config.budget is not None:
            steps += order_steps(need, terms, wanted[chosen])
    quantity = wanted
    if config.budget is not None and np.sum(wanted * products.terms.unit_cost) > config.budget:
        quantity = within_budget(steps, products.terms.unit_cost, config.budget)
    lines, over, risks = [], [], []
    for chosen, paths, need in _chunks(folder, products, draws, config, speed):
        lines.append(order_lines(folder, products, chosen, need, quantity, wanted, config))
        over.append(overstock_lines(folder, products, chosen, paths, need))
        risks.append(shortage_risk(paths[:, : len(folder.starts)], products, chosen, quantity[chosen]))
    return _sorted(folder, products, config, pl.concat(lines), pl.concat(over), np.concatenate(risks, axis=1))


def _sorted(
    folder: ForecastFolder, products: Products, config: RestockConfig, orders: pl.DataFrame,
    over: pl.DataFrame, risks: Array,
) -> Restock:  # fmt: skip
    """Lines with the largest expected saving first, and totals."""
    saved = (pl.col("cost_without") - pl.col("cost_with")).fill_null(0.0)
    ordered = orders.with_row_index("place").sort(
        saved, "order_quantity", "series_id", descending=[True, True, False], maintain_order=True
    )
    places = ordered["place"].to_numpy()
    counts: dict[str, float] = {
        **products.counts,
        "orders": int((orders["order_quantity"] > 0).sum()),
        "units": float(orders["order_quantity"].sum()),
        "money": float(orders["money"].fill_null(0.0).sum()),
        "overstock": over.height,
        "money_tied_up": float(over["money_tied_up"].fill_null(0.0).sum()),
    }
    over = over.sort("money_tied_up", "excess_units", descending=True, nulls_last=True, maintain_order=True)
    table = ordered.select(list(ORDERS))
    return Restock(table, over, products.left_out, risks[0][places], risks[1][places], counts, folder, config)


def repeats(products: Products, n_periods: int) -> int:
    """How often the last period of a forecast is repeated: to see the shelf life of all that goes off (at
    most MAX_REPEATS) and what is left at the last look ahead.
    """
    lead = products.lead_time + 3 * products.lead_time_sd
    end = lead + products.shelf_life
    shelf = min(np.ceil(end[np.isfinite(end)].max(initial=0.0)) - n_periods, MAX_REPEATS)
    looks = np.ceil(last_look(lead, products.review) - 1e-9) - n_periods
    return int(max(shelf, looks, 0))


def _chunks(
    folder: ForecastFolder, products: Products, draws: Draws, config: RestockConfig, speed: float
) -> Iterator[tuple[slice, Array, Need]]:
    """Products in slices, with demand paths and net need."""
    n_periods = draws.periods.shape[1]
    for begin in range(0, len(products.ids), CHUNK):
        chosen = slice(begin, begin + CHUNK)
        quantiles = folder.quantiles[products.places[chosen]]
        last = np.repeat(quantiles[:, -1:], n_periods - quantiles.shape[1], axis=1)
        paths = demand_paths(np.concatenate([quantiles, last], axis=1), draws)
        rate = folder.means[products.places[chosen]].mean(axis=1)
        yield chosen, paths, needs(paths, rate, products, chosen, draws, speed, lost_sales=config.lost_sales)


def needs(
    paths: Array, rate: Array, products: Products, chosen: slice, draws: Draws, speed: float, *,
    lost_sales: bool,
) -> Need:  # fmt: skip
    """Net need of some products from their demand paths."""
    lead = lead_times(products.lead_time[chosen], products.lead_time_sd[chosen], draws)
    stock = products.stock.position[chosen]
    life, review = products.shelf_life[chosen], products.review
    longest = (paths.shape[1] - lead.max(axis=1)).clip(min=0.0)
    seen = np.minimum(np.where(np.isfinite(life), life, review), np.maximum(longest, review))[:, None]
    ends = [lead, lead + np.minimum(review, seen), lead + np.maximum(review, seen)]
    before, first, second = demand_between(paths, ends, seed=draws.seed)
    ahead = np.where(seen < review, first + second, first)
    units = net_need(before, ahead, stock, lost_sales=lost_sales)
    expiry = None
    if np.any(np.isfinite(life)):
        fresh = np.where(seen < review, first, first + second)
        expiry = net_need(before, fresh, stock, lost_sales=lost_sales)
        expiry = np.where(np.isfinite(life)[:, None], expiry, np.inf)
    later = later_needs(
        paths, lead, review, stock, products.terms.pack[chosen], speed, lost_sales=lost_sales, life=life,
        seed=draws.seed,
    )  # fmt: skip
    return Need(units, ahead, review, rate, expiry, later, step_lengths(lead.max(axis=1), review))


def order_quantity(need: Need, terms: Terms, config: RestockConfig) -> Array:
    """Units to order without a budget, by service level where one is given, else by least expected cost."""
    if config.service_level is not None:
        target = np.full(len(need.units), config.service_level)
        return service_quantity(need, terms, target, fill_rate=config.fill_rate)
    return least_cost_quantity(need, terms)


def shortage_risk(paths: Array, products: Products, chosen: slice, quantity: Array) -> Array:
    """Chance that demand until the end of every period exceeds stock: without and with the order.

    What is on order is taken to be there; the order itself is from the first period that ends after its lead
    time on.

    Returns:
        Shape (2, n_products, n_periods).
    """
    total = np.cumsum(paths, axis=1)
    stock = products.stock.position[chosen][:, None]
    ends = np.arange(1, paths.shape[1] + 1)
    there = ends[None] > products.lead_time[chosen][:, None]
    more = stock + np.where(there, quantity[:, None], 0.0)
    chances = [
        (total > np.broadcast_to(level, total.shape[:2])[..., None]).mean(axis=2) for level in (stock, more)
    ]
    return np.stack(chances)
