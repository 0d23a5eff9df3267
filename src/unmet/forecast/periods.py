"""Days, weeks and months: horizons as users write them, the period that fits the data, whole periods."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from unmet.core.errors import InputError
from unmet.forecast.tables import FREQUENCIES

NAMES = {"D": "day", "W-MON": "week", "MS": "month"}
EVERY = {"D": "1d", "W-MON": "1w", "MS": "1mo"}
_UNITS = {"d": "D", "w": "W-MON", "m": "MS"}
_MAX_PERIODS = 1_000
_ENOUGH = 0.5  # of its periods in which the usual line's product sells: then the period is not too short


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far ahead: ``n`` of ``unit`` (a frequency), or of whatever the periods are (None)."""

    n: int
    unit: str | None

    def allows(self, freq: str) -> bool:
        """Whether the horizon is a whole number of such periods."""
        if self.unit in (None, freq):
            return True
        return (freq == "D" and self.unit == "W-MON") or (
            freq == "W-MON" and self.unit == "D" and self.n % 7 == 0
        )

    def periods(self, freq: str) -> int:
        """The horizon in periods of ``freq``.

        Raises:
            InputError: it is no whole number of them.
        """
        if not self.allows(freq):
            unit = NAMES[self.unit or freq]
            raise InputError(
                f"{self.n} {unit}{'s' if self.n > 1 else ''} are no whole number of {NAMES[freq]}s",
                hint=f"Give --horizon in {NAMES[freq]}s, or another --freq.",
            )
        if self.unit == "W-MON" and freq == "D":
            return 7 * self.n
        return self.n // 7 if self.unit == "D" and freq == "W-MON" else self.n


def parse_horizon(text: str | int) -> Horizon:
    """Read ``4w``, ``28d``, ``3m`` or a number of periods.

    >>> parse_horizon("4w")
    Horizon(n=4, unit='W-MON')

    Raises:
        InputError: it is none of these, or not from 1 to 1000 periods.
    """
    found = re.fullmatch(r"(\d{1,6})\s*([a-z]*)", str(text).strip().lower())
    unit = found.group(2) if found else ""
    if found is None or unit not in ("", "d", "day", "days", "w", "week", "weeks", "m", "month", "months"):
        raise InputError(f"no horizon {str(text)!r}", hint="Write 4w, 28d, 3m or a number of periods.")
    n = int(found.group(1))
    if not 1 <= n <= _MAX_PERIODS:
        raise InputError(f"a horizon of {n} periods", hint=f"It takes 1 to {_MAX_PERIODS}.")
    return Horizon(n, _UNITS[unit[0]] if unit else None)


def check_freq(freq: str | None) -> str | None:
    """Return a frequency that exists.

    Raises:
        InputError: it is none of FREQUENCIES.
    """
    if freq is not None and freq not in FREQUENCIES:
        raise InputError(f"there is no period {freq!r}", hint=f"Use {', '.join(FREQUENCIES)}.")
    return freq


def start_of(day: pl.Expr, freq: str) -> pl.Expr:
    """The first day of the period that holds a day (Polars weeks begin on Monday)."""
    return day.dt.truncate(EVERY[freq])


def first_day(day: date, freq: str) -> date:
    """:func:`start_of` for one day.

    Raises:
        InputError: there is no such frequency.

    >>> first_day(date(2025, 11, 28), "W-MON")
    datetime.date(2025, 11, 24)
    """
    check_freq(freq)
    if freq == "W-MON":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if freq == "MS" else day


def last_day(start: date, freq: str) -> date:
    """The last day of the period that begins at ``start``."""
    if freq == "MS":
        return start.replace(day=calendar.monthrange(start.year, start.month)[1])
    return start + timedelta(days=6 if freq == "W-MON" else 0)


def period_range(first: date, last: date, freq: str) -> pl.Series:
    """First days of all periods from ``first`` to ``last``."""
    return pl.date_range(first, last, EVERY[freq], eager=True).alias("period_start")


def next_periods(last: date, freq: str, n: int) -> list[date]:
    """First days of the ``n`` periods after the one that begins at ``last``.

    >>> next_periods(date(2024, 11, 1), "MS", 3)
    [datetime.date(2024, 12, 1), datetime.date(2025, 1, 1), datetime.date(2025, 2, 1)]
    """
    if freq == "MS":
        months = [last.year * 12 + last.month + step for step in range(n)]
        return [date(month // 12, month % 12 + 1, 1) for month in months]
    return [last + timedelta(days=(7 if freq == "W-MON" else 1) * (step + 1)) for step in range(n)]


def find_freq(daily: pl.DataFrame, horizon: Horizon | None) -> tuple[str, str]:
    """The period that fits the data, and why.

    The shortest period in which the product of a usual line sells at least every other time; months and
    weeks where the times themselves come in steps of them. A horizon in weeks asks for weeks or days,
    one in months for months.

    Args:
        daily: ``product, day, n_lines``.
        horizon: what was asked for, if anything.
    """
    if horizon is not None and horizon.unit == "MS":
        return "MS", "the horizon is in months"
    days = daily["day"].unique().sort()
    if len(days) >= 3 and bool((days.dt.day() == 1).all()):
        return "MS", "every time is the first day of a month"
    steps = days.diff().dt.total_days().drop_nulls()
    if len(days) >= 3 and bool((steps % 7 == 0).all()):
        return "W-MON", "times are whole weeks apart"
    candidates = [freq for freq in FREQUENCIES if horizon is None or horizon.allows(freq)]
    last = days.max()
    shares = {freq: _selling_share(daily, freq, last) for freq in candidates}
    for freq, share in shares.items():
        if share >= _ENOUGH:
            return freq, f"the usual product sells in {share:.0%} of its {NAMES[freq]}s"
    months_long = len(days.dt.truncate("1mo").unique()) >= 24
    coarsest = "MS" if "MS" in candidates and months_long else "W-MON"
    coarsest = coarsest if coarsest in candidates else candidates[-1]
    return coarsest, f"the usual product sells in {shares[coarsest]:.0%} of its {NAMES[coarsest]}s"


def _selling_share(daily: pl.DataFrame, freq: str, last: object) -> float:
    """Share of its periods in which a product sells, from its first sale on; the line-weighted median."""
    sold = daily.select("product", start_of(pl.col("day"), freq).alias("at"), "n_lines")
    per = sold.group_by("product").agg(
        pl.col("at").n_unique().alias("n"), pl.col("at").min().alias("first"), pl.col("n_lines").sum()
    )
    length = {"D": 1.0, "W-MON": 7.0, "MS": 30.44}[freq]
    span = ((pl.lit(last) - pl.col("first")).dt.total_days() / length).floor() + 1
    shares = per.select((pl.col("n") / span).clip(0, 1).alias("share"), "n_lines").sort("share")
    reached = shares["n_lines"].cum_sum() >= shares["n_lines"].sum() / 2
    return float(shares["share"].filter(reached)[0])
