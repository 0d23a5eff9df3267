"""Signals of a mined run in a forecast: matched to products, tested by category, kept where they gain.

What is kept scales the forecasts of its products by what the tested regression says of the signals known
today. Where nothing is kept the forecast is the one without signals, number by number.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.errors import InputError
from unmet.core.runs import RunFolder
from unmet.forecast.forecasting import Forecasts
from unmet.forecast.orders import Orders
from unmet.forecast.run_texts import read_run_texts, unreadable
from unmet.forecast.signal_design import Stage
from unmet.forecast.signal_gains import PairedTest, SignalTestConfig, common, measure_signals
from unmet.forecast.signals import SignalCube, known_at, signal_cube, signal_table
from unmet.forecast.tables import FREQUENCIES, QUANTILES

Floats = NDArray[np.float64]

SPANS = {"D": 28.0, "W-MON": 4.0, "MS": 2.0}
"""Exponential means of signals by frequency, periods: about a month."""

MOST_CHANGE = float(np.log(2.0))
"""Signals never more than double or halve a forecast."""

ALL = "all"
"""The category of products whose category nobody told."""

SIGNAL_EFFECTS: dict[str, pl.DataType] = {
    "series_id": pl.String(),
    "category": pl.String(),
    "factor": pl.Float64(),  # the forecast is scaled by it
    "signal": pl.String(),  # the signal that moves it most
    "name": pl.String(),  # the need's statement, or the signal
    "part": pl.Float64(),  # factor of that signal alone
}
"""What kept signals do to each product."""


@dataclass(frozen=True, slots=True)
class SignalResult:
    """Result of :func:`signals_of`.

    Attributes:
        gains: schema SIGNAL_GAINS.
        effects: schema SIGNAL_EFFECTS; products of categories whose signals are kept.
        counts: ``products`` of the orders, ``products_of_texts``, ``matched``, ``texts``, ``texts_used``.
    """

    gains: pl.DataFrame
    effects: pl.DataFrame
    counts: dict[str, int]


def signals_of(run: str | Path, orders: Orders, *, seed: int = 0) -> SignalResult:
    """Test the signals of a run folder on some orders.

    Args:
        run: folder of `unmet mine`.
        orders: with products among their levels.
        seed: of placebos and bootstrap.

    Raises:
        InputError: there are no products, none of them is in the texts, or the history is too short.
        RunFolderError: ``run`` is no complete run.
    """
    products = orders.series.filter(pl.col("level") == "product")
    if products.is_empty():
        raise InputError("signals belong to products", hint="Add product to --level.")
    documents, mentions, names = _read_run(Path(run))
    known = set(documents["product_id"].drop_nulls())
    matched = products.filter(pl.col("series_id").is_in(list(known))).sort("series_id")
    if matched.is_empty():
        raise InputError(
            f"no product of the orders is in the texts: orders say {_shown(products['series_id'])}, "
            f"texts say {_shown(documents['product_id'])}",
            where=str(run),
            hint="Both need the same product ids; see --map of both commands.",
        )
    keys = matched["series_id"].to_list()
    used = documents.filter(pl.col("product_id").is_in(keys))
    units, periods = _grid(orders.demand, keys)
    cube = signal_cube(signal_table(used, mentions, key="product_id", freq=orders.freq), keys, periods)
    unit = 7 if orders.freq == "D" else 1
    config = SignalTestConfig(
        horizon=orders.horizon or 1, season=FREQUENCIES[orders.freq], span=SPANS[orders.freq], unit=unit,
        block=4 * unit, seed=seed,
    )  # fmt: skip
    categories = _categories(matched, used)
    gains = measure_signals(units, cube, categories, config)
    kept = gains.filter("kept")["category"].to_list()
    effects = kept_effects(units, cube, keys, categories, kept, config, names)
    counts = {
        "products": products.height, "products_of_texts": len(known), "matched": len(keys),
        "texts": documents.height, "texts_used": used.drop_nulls(["created_at"]).height,
    }  # fmt: skip
    return SignalResult(gains, effects, counts)


def _read_run(path: Path) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, str]]:
    """Documents, mentions and the statements of needs. Texts without a product id go by its name."""
    RunFolder.open(path)
    documents, mentions = read_run_texts(
        path, ("category", "created_at"), ("category", "polarity", "sentence_sentiment")
    )
    try:
        needs = json.loads((path / "needs.json").read_text(encoding="utf-8"))["needs"]
        names = {f"need:{need['id']}": str(need["statement"]) for need in needs}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise unreadable(path, error) from error
    return documents, mentions, names


def _shown(ids: pl.Series) -> str:
    found = ids.drop_nulls().unique().sort().head(3).to_list()
    return ", ".join(repr(name) for name in found) or "nothing"


def _grid(demand: pl.DataFrame, keys: list[str]) -> tuple[Floats, list[Any]]:
    """Units of some products on all periods of the table; NaN where not observed."""
    periods = demand["period_start"].unique().sort()
    seen = demand.filter(pl.col("series_id").is_in(keys) & pl.col("observed"))
    row = {name: place for place, name in enumerate(keys)}
    column = {day: place for place, day in enumerate(periods)}
    units = np.full((len(keys), len(periods)), np.nan)
    for name, day, quantity in seen.select("series_id", "period_start", "quantity").iter_rows():
        units[row[name], column[day]] = quantity
    return units, periods.to_list()


def _categories(products: pl.DataFrame, texts: pl.DataFrame) -> list[str]:
    """Category of each product: as the orders tell, else as most of its texts do, else ALL."""
    told = texts.drop_nulls("category").group_by("product_id").agg(pl.col("category").mode().sort().first())
    joined = products.join(
        told, left_on="series_id", right_on="product_id", how="left", suffix="_told", maintain_order="left"
    )
    return joined.select(pl.coalesce("category", "category_told").fill_null(ALL))["category"].to_list()


def kept_effects(
    units: Floats,
    cube: SignalCube,
    keys: list[str],
    categories: list[str],
    kept: list[str],
    config: SignalTestConfig,
    names: dict[str, str],
) -> pl.DataFrame:
    """What the signals known after the last period do to the next horizon, in the kept categories."""
    labels = np.array(categories)
    rows: list[tuple[object, ...]] = []
    for category in kept:
        inside = np.flatnonzero(labels == category)
        chosen = common(cube.of(inside), config)
        test, end = PairedTest(units[inside], config), units.shape[1]
        stage = Stage(test.rows, end, end + 1, config.horizon)
        known = known_at(chosen, span=config.span)[test.rows.series, test.rows.period]
        change, asked, beta = stage.signalled(known)
        parts = asked * beta
        for place, total, part in zip(test.rows.series[stage.asked], change, parts, strict=True):
            most = int(np.argmax(np.abs(part)))
            signal = chosen.names[most]
            factor, alone = (
                float(np.exp(np.clip(value, -MOST_CHANGE, MOST_CHANGE))) for value in (total, part[most])
            )
            rows.append(
                (keys[inside[place]], category, round(factor, 6), signal, names.get(signal, signal),
                 round(alone, 6))
            )  # fmt: skip
    return pl.DataFrame(rows, schema=SIGNAL_EFFECTS, orient="row").sort("series_id")


def with_signals(made: Forecasts, effects: pl.DataFrame, parts: pl.DataFrame) -> Forecasts:
    """Forecasts scaled by the factors; what products are part of moves as its products together do.

    Args:
        made: forecasts by the models.
        effects: schema SIGNAL_EFFECTS.
        parts: ``parent, child``.
    """
    if effects.is_empty():
        return made
    factors = effects.select("series_id", "factor")
    means = made.table.group_by("series_id").agg(pl.col("mean").sum())
    moved = (
        parts.unique()
        .join(means, left_on="child", right_on="series_id")
        .join(factors, left_on="child", right_on="series_id", how="left")
        .group_by(pl.col("parent").alias("series_id"))
        .agg((pl.col("mean") * pl.col("factor").fill_null(1.0)).sum().alias("after"), pl.col("mean").sum())
        .filter(pl.col("mean") > 0)
        .select("series_id", (pl.col("after") / pl.col("mean")).alias("factor"))
    )
    both = pl.concat([factors, moved]).unique("series_id", keep="first", maintain_order=True)
    return replace(made, table=_scaled(made.table, both), sums=_scaled(made.sums, both))


def _scaled(table: pl.DataFrame, factors: pl.DataFrame) -> pl.DataFrame:
    scaled = table.join(factors, on="series_id", how="left", maintain_order="left")
    return scaled.with_columns(pl.col("mean", *QUANTILES) * pl.col("factor").fill_null(1.0)).drop("factor")
