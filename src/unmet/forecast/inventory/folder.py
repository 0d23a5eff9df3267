"""Reading a folder of `unmet forecast`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.errors import RunFolderError
from unmet.forecast.inventory.durations import PERIOD_DAYS
from unmet.forecast.inventory.safe_cells import restored
from unmet.forecast.tables import DEMAND, FORECAST, QUANTILES, SERIES

NEW = "new"
"""Level of products that were never sold (:mod:`unmet.forecast.folder_launches`)."""

_HINT = "Give the folder that `unmet forecast --out` wrote."
_LEVELS = sorted(QUANTILES, key=QUANTILES.__getitem__)


@dataclass(frozen=True, slots=True)
class ForecastFolder:
    """Forecasts with their history.

    ``quantiles``: shape (n_series, n_periods, n_levels) in the order of ``ids``, levels rising as in
    :data:`unmet.forecast.inventory.totals.LEVELS`; ``means``: shape (n_series, n_periods); ``starts``: first
    day of every period; ``demand`` and ``series``: the tables DEMAND and SERIES.
    """

    path: Path
    ids: list[str]
    starts: list[Any]
    quantiles: NDArray[np.float64]
    means: NDArray[np.float64]
    demand: pl.DataFrame
    series: pl.DataFrame
    freq: str
    data_as_of: str

    @property
    def period_days(self) -> float:
        """Days of one period."""
        return PERIOD_DAYS[self.freq]


def read_forecast_folder(path: Path, *, level: str | None = "product") -> ForecastFolder:
    """Read the forecasts of one level.

    Args:
        path: folder of `unmet forecast`.
        level: level of the series to keep; None keeps all but new products, whose periods may be others.

    Raises:
        RunFolderError: a file is missing, damaged or against its contract; the message names the series.
    """
    manifest = _manifest(path / "manifest.json")
    forecast = read_table(path / "forecast.csv", FORECAST)
    series = read_table(path / "series.csv", SERIES)
    demand = read_table(path / "demand.parquet", DEMAND)
    if level is None:
        old = series.filter(pl.col("level") != NEW)["series_id"].implode()
        forecast, series = (t.filter(pl.col("series_id").is_in(old)) for t in (forecast, series))
    else:
        wanted = series.filter(pl.col("level") == level)["series_id"]
        if not wanted.len():
            levels = ", ".join(series["level"].unique().sort().to_list())
            raise RunFolderError(
                f"there is no series of the level {level!r}, only {levels}",
                where=str(path / "series.csv"),
                hint="Run `unmet forecast` with --level product.",
            )
        keep = wanted.implode()
        forecast, series = (t.filter(pl.col("series_id").is_in(keep)) for t in (forecast, series))
        demand = demand.filter(pl.col("series_id").is_in(keep))
    forecast = forecast.sort("series_id", "period_start")
    ids, starts = _checked(forecast, path / "forecast.csv")
    shape = (len(ids), len(starts))
    return ForecastFolder(
        path=path,
        ids=ids,
        starts=starts,
        quantiles=forecast.select(_LEVELS).to_numpy().reshape(*shape, len(_LEVELS)),
        means=forecast["mean"].to_numpy().reshape(shape),
        demand=demand.sort("series_id", "period_start"),
        series=series,
        freq=manifest["freq"],
        data_as_of=str(manifest.get("data_as_of", "")),
    )


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunFolderError(
            "this is no forecast: manifest.json is missing", where=str(path), hint=_HINT
        ) from error
    except ValueError as error:
        raise RunFolderError(f"the manifest is damaged: {error}", where=str(path), hint=_HINT) from error
    if not isinstance(manifest, dict) or manifest.get("freq") not in PERIOD_DAYS:
        found = manifest.get("freq") if isinstance(manifest, dict) else None
        raise RunFolderError(f"no usable length of periods (freq {found!r})", where=str(path), hint=_HINT)
    return manifest


def read_table(path: Path, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """A table of a forecast folder, checked and typed.

    Raises:
        RunFolderError: it is missing, cannot be read or lacks a column.
    """
    if not path.is_file():
        raise RunFolderError("the file is missing", where=str(path), hint=_HINT)
    try:
        table = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema=False)
        lacking = [name for name in schema if name not in table.columns]
        if lacking:
            raise RunFolderError(f"lacks the columns {', '.join(lacking)}", where=str(path), hint=_HINT)
        table = table.select(_typed(name, dtype, table.schema[name]) for name, dtype in schema.items())
    except pl.exceptions.PolarsError as error:
        raise RunFolderError(
            f"cannot be read: {str(error).splitlines()[0]}", where=str(path), hint=_HINT
        ) from error
    if path.suffix == ".parquet":
        return table
    texts = [name for name, dtype in schema.items() if dtype == pl.String]
    return table.with_columns(restored(pl.col(name)) for name in texts)


def _typed(name: str, dtype: pl.DataType, found: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    return (
        column.str.to_date("%Y-%m-%d") if (dtype, found) == (pl.Date(), pl.String()) else column.cast(dtype)
    )


def _checked(forecast: pl.DataFrame, path: Path) -> tuple[list[str], list[Any]]:
    """Ids and period starts of a sorted forecast that is finite, not negative, complete and does not
    cross.
    """
    ids = forecast["series_id"].unique(maintain_order=True).to_list()
    starts = forecast["period_start"].unique().sort().to_list()
    if not ids:
        raise RunFolderError("holds no forecast", where=str(path), hint=_HINT)
    numbers = pl.col("mean", *_LEVELS)
    steps = [pl.col(high) < pl.col(low) - 1e-9 for low, high in pairwise(_LEVELS)]
    for problem, broken in (
        ("numbers that are missing or not finite", pl.any_horizontal(~numbers.is_finite().fill_null(False))),
        ("negative numbers", pl.any_horizontal(numbers < 0)),
        ("quantiles that cross", pl.any_horizontal(steps)),
    ):
        found = forecast.filter(broken)["series_id"].unique(maintain_order=True)
        if found.len():
            raise RunFolderError(f"{problem} in {found.len()} series, first {found[0]!r}", where=str(path))
    counts = forecast.group_by("series_id", maintain_order=True).agg(
        pl.col("period_start").n_unique().alias("n"), pl.len()
    )
    uneven = counts.filter((pl.col("n") != len(starts)) | (pl.col("len") != len(starts)))
    if uneven.height:
        name = uneven["series_id"][0]
        raise RunFolderError(f"series {name!r} has other periods than the rest", where=str(path), hint=_HINT)
    return ids, starts
