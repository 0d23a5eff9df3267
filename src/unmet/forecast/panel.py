"""Series of one demand table on one grid of periods: the form in which every model reads them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.errors import InputError
from unmet.forecast.periods import next_periods
from unmet.forecast.tables import DEMAND, FREQUENCIES

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Panel:
    """``N`` series over ``T`` periods.

    Attributes:
        ids: series ids, sorted, length ``N``.
        starts: first day of each period, length ``T``.
        values: units ``(N, T)``; NaN before a series begins and where demand was not observed.
        price: mean price ``(N, T)``, NaN where not known.
        promotion: share of units under a promotion ``(N, T)``, NaN where not known.
        category: code of the category ``(N,)``, 0 where not known.
        freq: ``D``, ``W-MON`` or ``MS``.
        extra: further columns ``(N, T)`` by name; NaN where nothing is known yet.
    """

    ids: list[str]
    starts: list[date]
    values: Floats
    price: Floats
    promotion: Floats
    category: NDArray[np.int64]
    freq: str
    extra: dict[str, Floats] = field(default_factory=dict)

    @property
    def season(self) -> int:
        """Periods in a season of this frequency."""
        return FREQUENCIES[self.freq]

    def until(self, n_periods: int) -> Panel:
        """The same series as they were known after ``n_periods`` periods."""
        cut = slice(None), slice(0, n_periods)
        return replace(
            self,
            starts=self.starts[:n_periods],
            values=self.values[cut],
            price=self.price[cut],
            promotion=self.promotion[cut],
            extra={name: column[cut] for name, column in self.extra.items()},
        )

    def only(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Panel:
        """Some of the series."""
        chosen = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return replace(
            self,
            ids=[self.ids[row] for row in chosen],
            values=self.values[chosen],
            price=self.price[chosen],
            promotion=self.promotion[chosen],
            category=self.category[chosen],
            extra={name: column[chosen] for name, column in self.extra.items()},
        )


def panel_of(
    demand: pl.DataFrame, series: pl.DataFrame, freq: str, features: pl.DataFrame | None = None
) -> Panel:
    """Put a demand table on its grid.

    Args:
        demand: columns of :data:`~unmet.forecast.tables.DEMAND`.
        series: columns of :data:`~unmet.forecast.tables.SERIES`; series without a row have no category.
        freq: a key of :data:`~unmet.forecast.tables.FREQUENCIES`.
        features: ``series_id``, ``period_start`` and columns of numbers; each value counts from its date on.

    Raises:
        InputError: no rows, an unknown frequency, duplicated or irregular periods, negative or infinite
            quantities.
    """
    _check(demand, freq)
    first, last = demand["period_start"].min(), demand["period_start"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    starts = [first]
    while starts[-1] < last:
        starts += next_periods(starts[-1], freq, 1)
    ids = sorted(demand["series_id"].unique().to_list())
    rows, columns = _places(demand, ids, starts)
    if (columns < 0).any():
        wrong = demand.filter(pl.Series(columns < 0)).row(0, named=True)
        place = f"series {wrong['series_id']}, period {wrong['period_start']}"
        raise InputError(f"the period does not start on the grid of {freq}", where=place)
    taken = np.where(demand["observed"].to_numpy(), demand["quantity"].to_numpy(), np.nan)
    values = _grid(rows, columns, taken, len(ids), len(starts))
    price, promotion = (
        _grid(rows, columns, demand[name].cast(pl.Float64).to_numpy(), len(ids), len(starts))
        for name in ("price", "promotion")
    )
    return Panel(
        ids, starts, values, price, promotion, category=_categories(series, ids), freq=freq,
        extra={} if features is None else _extra(features, ids, starts),
    )  # fmt: skip


def _check(demand: pl.DataFrame, freq: str) -> None:
    if freq not in FREQUENCIES:
        raise InputError(f"unknown frequency {freq!r}", hint=f"One of {', '.join(FREQUENCIES)}.")
    missing = [name for name in DEMAND if name not in demand.columns]
    if missing:
        raise InputError(f"the demand table lacks the columns {', '.join(missing)}")
    if demand.is_empty():
        raise InputError("the demand table has no rows", hint="Check the orders and their date column.")
    twice = demand.filter(demand.select("series_id", "period_start").is_duplicated())
    if not twice.is_empty():
        row = twice.row(0, named=True)
        raise InputError("a period occurs twice", where=f"series {row['series_id']}, {row['period_start']}")
    used = demand.filter(pl.col("observed"))
    bad = used.filter(
        pl.col("quantity").is_null() | ~pl.col("quantity").is_finite() | (pl.col("quantity") < 0)
    )
    if not bad.is_empty():
        row = bad.row(0, named=True)
        place = f"series {row['series_id']}, {row['period_start']}"
        hint = "Quantities are finite and ≥ 0; set observed to false where demand is not known."
        raise InputError(f"quantity {row['quantity']}", where=place, hint=hint)


def _places(
    table: pl.DataFrame, ids: list[str], starts: list[date]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column of each line; −1 where it has none."""
    row_of = pl.DataFrame({"series_id": ids, "row": range(len(ids))})
    column_of = pl.DataFrame({"period_start": starts, "column": range(len(starts))})
    found = (
        table.select(pl.col("series_id").cast(pl.String), pl.col("period_start").cast(pl.Date))
        .join(row_of, on="series_id", how="left", maintain_order="left")
        .join(column_of, on="period_start", how="left", maintain_order="left")
    )
    return tuple(found[name].fill_null(-1).to_numpy().astype(np.int64) for name in ("row", "column"))  # type: ignore[return-value]


def _grid(
    rows: NDArray[np.int64], columns: NDArray[np.int64], values: Floats, n_rows: int, n_columns: int
) -> Floats:
    grid = np.full((n_rows, n_columns), np.nan)
    grid[rows, columns] = values
    return grid


def _categories(series: pl.DataFrame, ids: list[str]) -> NDArray[np.int64]:
    of = dict(series.select("series_id", "category").iter_rows())
    names = sorted({name for name in of.values() if name is not None})
    code = {name: index + 1 for index, name in enumerate(names)}
    return np.array([code.get(of.get(name), 0) for name in ids], dtype=np.int64)


def _extra(features: pl.DataFrame, ids: list[str], starts: list[date]) -> dict[str, Floats]:
    """Grids of the further columns; the last known value stays until the next one."""
    rows, columns = _places(features, ids, starts)
    known = (rows >= 0) & (columns >= 0)
    grids = {}
    for name in features.columns:
        if name in ("series_id", "period_start"):
            continue
        values = features[name].cast(pl.Float64).to_numpy()
        grid = _grid(rows[known], columns[known], values[known], len(ids), len(starts))
        grids[name] = carried(grid)
    return grids


def carried(grid: Floats) -> Floats:
    """Fill NaN with the last number to its left; NaN before the first number stays."""
    places = np.where(np.isnan(grid), -1, np.arange(grid.shape[1]))
    last = np.maximum.accumulate(places, axis=1)
    filled = np.take_along_axis(grid, np.maximum(last, 0), axis=1)
    return np.where(last < 0, np.nan, filled)


def filled(values: Floats) -> Floats:
    """History without holes: unobserved periods by a straight line between their neighbours.

    NaN before the first observed period stays; after the last one its mean of up to four last periods stands.
    """
    whole = values.copy()
    grid = np.arange(values.shape[1])
    begun = np.maximum.accumulate(~np.isnan(values), axis=1) if values.size else np.isnan(values)
    for row in np.flatnonzero((np.isnan(values) & begun).any(axis=1)):
        known = np.flatnonzero(~np.isnan(values[row]))
        late = values[row, known[-4:]].mean()
        inside = np.interp(grid, known, values[row, known], right=late)
        whole[row, known[0] :] = inside[known[0] :]
    return whole
