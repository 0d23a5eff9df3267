"""What comes between the models and adding up: kept text signals, young products, the earlier forecast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from unmet.forecast.changes import Earlier, change_summary, changes_since, read_earlier
from unmet.forecast.forecasting import Forecasts
from unmet.forecast.inventory.safe_cells import write_safe_csv
from unmet.forecast.orders import Orders
from unmet.forecast.settings import OrderSettings
from unmet.forecast.signal_effects import SignalResult, signals_of, with_signals

SIGNALS_FILE, EFFECTS_FILE, CHANGES_FILE = "signals.csv", "signal_effects.csv", "changes.csv"


@dataclass(frozen=True, slots=True)
class Extras:
    """Folders that a forecast may use besides its orders."""

    signals: str | Path | None = None  # a run of `unmet mine`
    previous: str | Path | None = None  # an earlier forecast

    def earlier(self) -> Earlier | None:
        """The earlier forecast, read before anything is computed, so that a wrong folder is found at once."""
        return read_earlier(self.previous) if self.previous is not None else None


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Forecasts after signals and hand-over; ``told`` goes into the manifest."""

    made: Forecasts
    signals: SignalResult | None
    told: dict[str, Any]


def adjusted(
    made: Forecasts,
    orders: Orders,
    settings: OrderSettings,
    extras: Extras,
    seed: int,
    progress: Callable[[str], object],
) -> Adjusted:
    """Let kept signals and launch forecasts change what the models say.

    Args:
        made: forecasts by the models.
        orders: what they were made from.
        settings: with ``items``, young products are handed over (decision 0156).
        extras: with ``signals``, they are tested (decision 0166).
        seed: of the tests and of the launch model.
        progress: called with the name of each step.
    """
    told: dict[str, Any] = {}
    signals = None
    if extras.signals is not None:
        progress("testing signals")
        signals = signals_of(extras.signals, orders, seed=seed)
        made = with_signals(made, signals.effects, orders.parts)
        told["signals"] = signal_summary(signals, Path(extras.signals).name)
    if settings.items is not None and "product" in settings.levels:
        from unmet.forecast.young_products import handed_over, read_item_texts

        progress("young products")
        result = handed_over(made, orders, read_item_texts(settings.items, settings.mapping), seed=seed)
        made = result.made
        told["young_products"] = result.told
    return Adjusted(made, signals, told)


def signal_summary(result: SignalResult, name: str) -> dict[str, Any]:
    """The test in the manifest: counts, and one entry per category."""
    return {
        "run": name,
        **result.counts,
        "changed_products": result.effects.height,
        "categories": result.gains.to_dicts(),
    }


def write_extras(
    folder: Path,
    adjusted_: Adjusted,
    earlier: Earlier | None,
    table: pl.DataFrame,
    orders: Orders,
    *,
    seed: int,
) -> Mapping[str, Any]:
    """Write ``signals.csv``, ``signal_effects.csv`` and ``changes.csv`` where they were asked for.

    Args:
        folder: the forecast folder.
        adjusted_: from :func:`adjusted`.
        earlier: from :meth:`Extras.earlier`.
        table: schema FORECAST, as it is written.
        orders: what it was made from.
        seed: of the models.

    Returns:
        Entries of the manifest.
    """
    told = dict(adjusted_.told)
    if adjusted_.signals is not None:
        write_safe_csv(folder / SIGNALS_FILE, adjusted_.signals.gains)
        write_safe_csv(folder / EFFECTS_FILE, adjusted_.signals.effects)
    if earlier is not None:
        changes = changes_since(
            earlier, table, orders.demand, orders.series, adjusted_.made.chosen,
            freq=orders.freq, horizon=orders.horizon or 1, seed=seed,
        )  # fmt: skip
        write_safe_csv(folder / CHANGES_FILE, changes)
        told["changes"] = change_summary(earlier, changes, orders.demand, orders.series)
    return told
