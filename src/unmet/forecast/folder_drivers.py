"""Drivers in the forecast folder: ``decomposition.csv``, ``drivers.json`` and ``drivers.csv``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from unmet.core.errors import InputError
from unmet.core.files import write_json
from unmet.core.hashing import file_hash
from unmet.forecast.decomposition import decomposed
from unmet.forecast.drivers import Drivers, fit_drivers
from unmet.forecast.inventory.safe_cells import write_safe_csv
from unmet.forecast.orders import Orders
from unmet.forecast.planned_prices import Plan, freed_demand, plan_for, read_planned, with_plan
from unmet.forecast.price_noise import PRICE_NOISE
from unmet.forecast.settings import OrderSettings

DECOMPOSITION_FILE, DRIVERS_FILE, DRIVERS_TABLE = "decomposition.csv", "drivers.json", "drivers.csv"


@dataclass(frozen=True, slots=True)
class DriverRun:
    """Drivers of some orders, and what is planned.

    ``demand`` is what the models are to forecast: as read, or freed of past prices where some are planned.
    """

    drivers: Drivers
    parts: pl.DataFrame
    demand: pl.DataFrame
    plan: Plan | None
    plan_file: Path | None

    def planned(self, table: pl.DataFrame) -> pl.DataFrame:
        """Forecasts with the effect of the plan; as they are without one."""
        return table if self.plan is None else with_plan(table, self.parts, self.drivers, self.plan)

    def told(self) -> dict[str, Any]:
        """What the manifest and the command say of the drivers."""
        said = self.drivers.to_dict()
        if self.plan is not None and self.plan_file is not None:
            said["planned"] = {
                "file": self.plan_file.name,
                "sha256": file_hash(self.plan_file),
                "rows": self.plan.rows,
                "rows_outside": self.plan.outside,
                "products_unknown": list(self.plan.unknown),
            }
        return said


def drivers_of(
    orders: Orders, settings: OrderSettings, *, country: str | None, prices: str | Path | None, seed: int
) -> DriverRun:
    """Fit the drivers of orders and read what is planned.

    Args:
        orders: with a horizon.
        settings: how they were read; columns named there hold for the plan too.
        country: whose holidays are looked at; None: none.
        prices: table of planned prices and promotions; None: no plan.
        seed: same seed, same intervals.

    Raises:
        InputError, MappingError: the plan cannot be used, or there is no such country.
    """
    levels = dict(orders.series.select("series_id", "level").iter_rows())
    finest = "product" if "product" in levels.values() else orders.series["level"][0]
    shared = [name for name, level in levels.items() if level == finest]
    drivers = fit_drivers(
        orders.demand, orders.series, horizon=orders.horizon or 1, freq=orders.freq, country=country,
        shared=shared, price_noise=_price_noise(orders, finest, shared), seed=seed,
    )  # fmt: skip
    if prices is None:
        return DriverRun(drivers, orders.parts, orders.demand, None, None)
    if finest != "product" or "segment" in levels.values():
        raise InputError(
            "planned prices are those of products, and segments are no sums of products",
            hint="Use --level product, with category, need or total as you like, without segment.",
        )
    path = Path(prices)
    plan = plan_for(drivers, read_planned(path, orders.freq, settings.mapping), path.name)
    freed = freed_demand(orders.demand, orders.parts, drivers)
    return DriverRun(drivers, orders.parts, freed, plan, path)


def _price_noise(orders: Orders, finest: str, shared: list[str]) -> pl.DataFrame:
    """PRICE_NOISE; endless for categories and the like, whose mean price moves with the mix of products."""
    if finest == "product":
        return orders.price_noise
    return pl.DataFrame({"series_id": shared, "noise": float("inf")}, schema=PRICE_NOISE)


def write_drivers(folder: Path, run: DriverRun, table: pl.DataFrame) -> None:
    """Write the three files.

    Args:
        folder: of the forecast.
        run: drivers and plan.
        table: FORECAST as published.
    """
    ahead = run.drivers.ahead() if run.plan is None else (run.plan.price, run.plan.promotion)
    found = decomposed(table, run.parts, run.drivers, *ahead)
    write_safe_csv(folder / DECOMPOSITION_FILE, found)
    write_safe_csv(folder / DRIVERS_TABLE, run.drivers.table())
    whole = float(found["mean"].sum())
    share = float(found["rest"].abs().sum()) / whole if whole > 0 else 0.0
    write_json(folder / DRIVERS_FILE, run.told() | {"rest_share": float(np.round(share, 4))})
