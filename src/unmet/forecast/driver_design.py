"""What moves the demand of all series alike: columns for trend, season and holidays over a shop's periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from unmet.forecast.holiday_days import Holiday
from unmet.forecast.periods import last_day

Floats = NDArray[np.float64]

YEAR = 365.25
SEASONS_NEEDED = 1.25
"""Seasons of history below which a season cannot be told from a trend (as in the boosted model)."""

LINE = "line"
"""Name of the column of the common trend without its bends."""

_HARMONICS = {"D": 4, "W-MON": 3, "MS": 2}
_KNOT_YEARS = 0.5
_EVE_DAYS = 7
_SLOPE_SD, _BEND_SD, _WAVE_SD, _WEEKDAY_SD, _HOLIDAY_SD = 1.0, 0.7, 0.5, 1.0, 0.5


@dataclass(frozen=True)
class CommonDesign:
    """Columns over the periods known and ahead.

    Attributes:
        columns: ``(T + H, K)``; trends and weekdays are centred over the first ``T`` rows, holidays are not:
            0 is a period without any.
        prior_sd: standard deviation of each log effect before any data ``(K,)``.
        parts: of each column, ``trend``, ``season`` or ``holiday``.
        names: of each column; holidays have two, the days themselves and the week before.
        n_past: ``T``.
    """

    columns: Floats
    prior_sd: Floats
    parts: tuple[str, ...]
    names: tuple[str, ...]
    n_past: int

    def of(self, part: str) -> NDArray[np.bool_]:
        """Which columns belong to a part."""
        return np.array([name == part for name in self.parts], dtype=np.bool_)


def common_design(
    past: Sequence[date], ahead: Sequence[date], freq: str, holidays: Sequence[Holiday] = ()
) -> CommonDesign:
    """Columns for the common trend, the season (where there is enough history) and holidays.

    The trend is a line with a bend every half year and goes on flat: a trend that is extrapolated does more
    harm than good. A column of a holiday is the part of it that falls into the period.

    Args:
        past: first days of the known periods.
        ahead: first days of the periods to forecast.
        freq: ``D``, ``W-MON`` or ``MS``.
        holidays: those that are looked at.
    """
    starts = [*past, *ahead]
    n_past = len(past)
    days = np.array([(start - past[0]).days for start in starts], dtype=np.float64)
    blocks = [_trend(days, n_past)]
    blocks += _season(starts, days, freq, n_past)
    columns = [column for block in blocks for column in block]
    columns += _holiday_columns(starts, freq, n_past, holidays)
    if not columns:
        return CommonDesign(np.empty((len(starts), 0)), np.empty(0), (), (), n_past)
    values = np.column_stack([column[2] for column in columns])
    sds = np.array([column[3] for column in columns])
    centred = np.array([column[0] != "holiday" for column in columns])
    values = values - np.where(centred, values[:n_past].mean(axis=0), 0.0)
    return CommonDesign(values, sds, tuple(c[0] for c in columns), tuple(c[1] for c in columns), n_past)


Column = tuple[str, str, Floats, float]
"""Part, name, values, prior standard deviation."""


def years_since_middle(n_days: Floats, n_past: int) -> Floats:
    """Years from the middle of the known periods, flat after the last of them."""
    held = np.minimum(n_days, n_days[n_past - 1]) / YEAR
    return np.asarray(held - held[:n_past].mean())


def _trend(days: Floats, n_past: int) -> list[Column]:
    years = years_since_middle(days, n_past)
    found: list[Column] = [("trend", LINE, years, _SLOPE_SD)]
    first, last = years[0], years[n_past - 1]
    for knot in np.arange(first + _KNOT_YEARS, last - _KNOT_YEARS / 2, _KNOT_YEARS):
        found.append(("trend", f"bend {knot - first:.1f}", np.maximum(years - knot, 0.0), _BEND_SD))
    return found


def _season(starts: Sequence[date], days: Floats, freq: str, n_past: int) -> list[list[Column]]:
    blocks: list[list[Column]] = []
    if freq == "D" and n_past >= SEASONS_NEEDED * 7:
        weekdays = np.array([start.weekday() for start in starts])
        blocks.append(
            [("season", f"weekday {k}", (weekdays == k).astype(float), _WEEKDAY_SD) for k in range(7)]
        )
    if days[n_past - 1] - days[0] >= SEASONS_NEEDED * YEAR:
        # From the calendar, so that the same day of the year has the same place in the season.
        angle = 2 * np.pi * np.array([start.timetuple().tm_yday for start in starts]) / YEAR
        waves: list[Column] = []
        for k in range(1, _HARMONICS[freq] + 1):
            waves.append(("season", f"cos {k}", np.cos(k * angle), _WAVE_SD / k))
            waves.append(("season", f"sin {k}", np.sin(k * angle), _WAVE_SD / k))
        blocks.append(waves)
    return blocks


def _holiday_columns(
    starts: Sequence[date], freq: str, n_past: int, holidays: Sequence[Holiday]
) -> list[Column]:
    """Two columns per holiday that falls into a known period; others cannot be learned."""
    place = {
        start + timedelta(days=k): row
        for row, start in enumerate(starts)
        for k in range((last_day(start, freq) - start).days + 1)
    }
    found: list[Column] = []
    for holiday in holidays:
        on, before = np.zeros(len(starts)), np.zeros(len(starts))
        for run in holiday.occurrences():
            eve = [run[0] - timedelta(days=k + 1) for k in range(_EVE_DAYS)]
            for days, column in ((run, on), (eve, before)):
                for day in days:
                    if day in place:
                        column[place[day]] += 1.0 if freq == "D" else 1.0 / len(days)
        for name, column in (("on", on), ("before", before)):
            if column[:n_past].any():
                found.append(("holiday", f"{holiday.name}|{name}", np.minimum(column, 1.0), _HOLIDAY_SD))
    return found
