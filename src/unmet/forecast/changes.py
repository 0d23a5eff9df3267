"""What changed since an earlier forecast: series by series and period by period, and why.

The difference of two means is split without a remainder into

- ``model``: what the newly chosen model says more than the earlier one would say of today's data,
- ``level``: the earlier mean times the growth of the series' level (mean of its last periods) since then,
- ``new_sales``: everything else that the sales seen since then did: trend, season, promotions, adding up.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from unmet.core.errors import InputError, RunFolderError
from unmet.forecast.choosing import members, needed, points
from unmet.forecast.forecast_folder import is_forecast
from unmet.forecast.inventory.folder import ForecastFolder, read_forecast_folder
from unmet.forecast.levels import levels_of
from unmet.forecast.mixing import point_of
from unmet.forecast.panel import panel_of
from unmet.forecast.rolling import FALLBACK, SIMPLEST_FIRST, ForecastConfig, Rolling
from unmet.forecast.tables import QUANTILES, RECENT_PERIODS

MOST_GROWTH = 5.0
"""Growth of a level above this counts as new sales: it came from next to nothing."""

CHANGES: dict[str, pl.DataType] = {
    "series_id": pl.String(),
    "period_start": pl.Date(),
    "before": pl.Float64(),  # mean of the earlier forecast, units
    "now": pl.Float64(),  # mean of this one
    "change": pl.Float64(),  # now − before = new_sales + model + level
    "new_sales": pl.Float64(),
    "model": pl.Float64(),
    "level": pl.Float64(),
    "model_before": pl.String(),
    "model_now": pl.String(),
}
"""``changes.csv``: one row per series and period that both forecasts have."""

PARTS = ("new_sales", "model", "level")
_LEVELS = sorted(QUANTILES, key=QUANTILES.__getitem__)


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier forecast: its folder and the model of each series."""

    folder: ForecastFolder
    models: dict[str, str]


def read_earlier(path: str | Path) -> Earlier:
    """Read the folder given with ``--previous``.

    Raises:
        RunFolderError: the folder is no whole forecast.
    """
    place = Path(path)
    if not place.is_dir() or not is_forecast(place):
        raise RunFolderError(
            "this is no forecast",
            where=str(path),
            hint="Give --previous a folder that `unmet forecast` wrote.",
        )
    folder = read_forecast_folder(place, level=None)
    try:
        models = pl.read_csv(place / "models.csv", infer_schema=False).select("series_id", "model")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise RunFolderError(
            f"cannot be read: {str(error).splitlines()[0]}", where=str(place / "models.csv")
        ) from error
    return Earlier(folder, dict(models.iter_rows()))


def check_periods(earlier: Earlier, freq: str) -> None:
    """Raise InputError where the earlier forecast has other periods."""
    if earlier.folder.freq != freq:
        raise InputError(
            f"the earlier forecast has periods {earlier.folder.freq}, this one {freq}",
            where=str(earlier.folder.path),
            hint=f"Give --freq {earlier.folder.freq}, or leave --previous out.",
        )


def changes_since(
    earlier: Earlier,
    table: pl.DataFrame,
    demand: pl.DataFrame,
    series: pl.DataFrame,
    chosen: pl.DataFrame,
    *,
    freq: str,
    horizon: int,
    seed: int = 0,
) -> pl.DataFrame:
    """Compare a forecast with an earlier one.

    Args:
        earlier: from :func:`read_earlier`.
        table: schema FORECAST, the new forecast.
        demand: schema DEMAND it was made from.
        series: schema SERIES.
        chosen: ``series_id, model``.
        freq: of both.
        horizon: of the new one.
        seed: of the models.

    Returns:
        Schema CHANGES, sorted; no rows where the two have no series and period in common.
    """
    both = table.select("series_id", "period_start", pl.col("mean").alias("now")).join(
        _means(earlier.folder), on=["series_id", "period_start"]
    )
    if both.is_empty():
        return pl.DataFrame(schema=CHANGES)
    before = {"series_id": list(earlier.models), "model_before": list(earlier.models.values())}
    now = chosen.select("series_id", pl.col("model").alias("model_now"))
    names = pl.DataFrame(before).join(now, on="series_id", how="full", coalesce=True)
    window = RECENT_PERIODS[freq]
    levels = _levels(earlier.folder.demand, window, "old").join(
        _levels(demand, window, "new"), on="series_id"
    )
    return _split(both, names, levels, _model_ratios(names, demand, series, freq, horizon, seed))


def _means(folder: ForecastFolder) -> pl.DataFrame:
    """``series_id, period_start, before``."""
    return pl.DataFrame(
        {
            "series_id": np.repeat(folder.ids, len(folder.starts)),
            "period_start": folder.starts * len(folder.ids),
            "before": folder.means.ravel(),
        },
        schema_overrides={"period_start": pl.Date},
    )


def _split(
    both: pl.DataFrame, names: pl.DataFrame, levels: pl.DataFrame, ratios: pl.DataFrame
) -> pl.DataFrame:
    """The parts of each change."""
    growth = pl.when(pl.col("old") > 0).then(pl.col("new") / pl.col("old")).otherwise(1.0)
    growth = growth.clip(0.0, MOST_GROWTH).fill_null(1.0)
    joined = both
    for table in (names, levels, ratios):
        joined = joined.join(table, on="series_id", how="left")
    parted = joined.with_columns(
        (pl.col("now") - pl.col("before")).alias("change"),
        (pl.col("now") * (1 - pl.col("ratio").fill_null(1.0))).alias("model"),
        (pl.col("before") * (growth - 1)).alias("level"),
    ).with_columns((pl.col("change") - pl.col("model") - pl.col("level")).alias("new_sales"))
    typed = parted.select(pl.col(name).cast(kind) for name, kind in CHANGES.items())
    return typed.with_columns(pl.col("before", "now", "change", *PARTS).round(6)).sort(
        "series_id", "period_start"
    )


def _levels(demand: pl.DataFrame, window: int, name: str) -> pl.DataFrame:
    seen = demand.filter("observed").sort("series_id", "period_start")
    return seen.group_by("series_id").agg(pl.col("quantity").tail(window).mean().alias(name))


def _model_ratios(
    names: pl.DataFrame, demand: pl.DataFrame, series: pl.DataFrame, freq: str, horizon: int, seed: int
) -> pl.DataFrame:
    """What the earlier model would say of today's data, over what the new one says; per series."""
    # A model that this version does not have cannot be run again: its change counts as new sales.
    labels = pl.concat([names["model_before"], names["model_now"]]).drop_nulls().unique()
    known = [label for label in labels if {*members(label)} <= {*SIMPLEST_FIRST}]
    other = names.filter(
        (pl.col("model_before") != pl.col("model_now"))
        & pl.col("model_before").is_in(known)
        & pl.col("model_now").is_in(known)
    )
    there = set(demand["series_id"])
    other = other.filter(pl.col("series_id").is_in(list(there)))
    if other.is_empty():
        return pl.DataFrame(schema={"series_id": pl.String(), "ratio": pl.Float64()})
    rows: list[tuple[str, float]] = []
    for level in levels_of(demand, series, ForecastConfig()):
        panel = panel_of(level.demand, level.series, freq)
        mine = other.filter(pl.col("series_id").is_in(panel.ids))
        if mine.is_empty():
            continue
        rolling = Rolling(panel, horizon, level.config, seed)
        used = {*mine["model_before"], *mine["model_now"]}
        found = points(rolling, len(panel.starts), tuple(dict.fromkeys((*needed(used), FALLBACK))))
        sums = {label: np.nansum(point_of(found, label), axis=1) for label in used}
        row = {name: place for place, name in enumerate(panel.ids)}
        for name, before, now in mine.select("series_id", "model_before", "model_now").iter_rows():
            old, new = float(sums[before][row[name]]), float(sums[now][row[name]])
            rows.append((name, old / new if new > 0 else 1.0))
    return pl.DataFrame(rows, schema={"series_id": pl.String(), "ratio": pl.Float64()}, orient="row")


def change_summary(
    earlier: Earlier, changes: pl.DataFrame, demand: pl.DataFrame, series: pl.DataFrame
) -> dict[str, Any]:
    """How the earlier forecast did, and what changed at the main level, as a plain dict.

    ``seen``: periods of the earlier forecast that are over: units sold, units expected, share of series and
    periods inside the 80% interval. ``ahead``: sums over the periods in common.
    """
    level = "product" if "product" in set(series["level"]) else str(series["level"][0])
    mine = series.filter(pl.col("level") == level)["series_id"]
    ahead = changes.filter(pl.col("series_id").is_in(mine.implode()))
    sums = ahead.select(pl.col("before", "now", "change", *PARTS).sum()).row(0, named=True)
    largest = (
        ahead.group_by("series_id")
        .agg(pl.col("before", "now", "change", *PARTS).sum(), pl.col("model_before", "model_now").first())
        .sort(pl.col("change").abs(), "series_id", descending=[True, False])
        .join(series.select("series_id", "name"), on="series_id", how="left", maintain_order="left")
        .head(30)
    )
    return {
        "level": level,
        "data_as_of_before": earlier.folder.data_as_of,
        "seen": _seen(earlier.folder, demand, set(mine)),
        "periods": ahead["period_start"].n_unique(),
        "series": ahead["series_id"].n_unique(),
        "ahead": {name: round(float(value), 2) for name, value in sums.items()},
        "models_changed": ahead.filter(pl.col("model_before") != pl.col("model_now"))["series_id"].n_unique(),
        "largest": [
            {name: round(v, 2) if isinstance(v, float) else v for name, v in row.items()}
            for row in largest.iter_rows(named=True)
        ],
    }


def _seen(folder: ForecastFolder, demand: pl.DataFrame, ids: set[str]) -> dict[str, Any]:
    """Periods of the earlier forecast that are over by now."""
    low, high = (_LEVELS.index(name) for name in ("p10", "p90"))
    rows = [
        (name, start, folder.means[i, j], folder.quantiles[i, j, low], folder.quantiles[i, j, high])
        for i, name in enumerate(folder.ids)
        if name in ids
        for j, start in enumerate(folder.starts)
    ]
    schema = {"series_id": pl.String(), "period_start": pl.Date(), "mean": pl.Float64(), "low": pl.Float64(),
              "high": pl.Float64()}  # fmt: skip
    both = pl.DataFrame(rows, schema=schema, orient="row").join(
        demand.filter("observed").select("series_id", "period_start", "quantity"),
        on=["series_id", "period_start"],
    )
    if both.is_empty():
        return {"periods": 0}
    inside = (pl.col("quantity") >= pl.col("low") - 1e-9) & (pl.col("quantity") <= pl.col("high") + 1e-9)
    return {
        "periods": both["period_start"].n_unique(),
        "sold": round(float(both["quantity"].sum()), 2),
        "expected": round(float(both["mean"].sum()), 2),
        "inside_80": round(float(both.select(inside.mean()).item()), 4),
    }
