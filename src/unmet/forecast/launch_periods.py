"""Days and the periods they fall in: day, week from Monday, month."""

from __future__ import annotations

from datetime import date, timedelta

from unmet.core.errors import InputError
from unmet.forecast.tables import FREQUENCIES


def period_of(day: date, freq: str) -> date:
    """First day of the period of a day.

    Raises:
        InputError: ``freq`` is not one of FREQUENCIES.

    >>> period_of(date(2025, 11, 28), "W-MON")
    datetime.date(2025, 11, 24)
    """
    if freq == "D":
        return day
    if freq == "W-MON":
        return day - timedelta(days=day.weekday())
    if freq == "MS":
        return day.replace(day=1)
    known = ", ".join(FREQUENCIES)
    raise InputError(f"there is no period {freq!r}", hint=f"Use one of {known}.")


def following(start: date, n_periods: int, freq: str) -> list[date]:
    """First days of the ``n_periods`` periods after the one that begins at ``start``.

    >>> following(date(2025, 11, 1), 2, "MS")
    [datetime.date(2025, 12, 1), datetime.date(2026, 1, 1)]
    """
    days = []
    day = period_of(start, freq)
    for _ in range(n_periods):
        day = period_of(day + timedelta(days={"D": 1, "W-MON": 7, "MS": 31}[freq]), freq)
        days.append(day)
    return days
