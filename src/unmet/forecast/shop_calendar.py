"""Which periods there are, which are whole, and in which the shop was closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from unmet.core.errors import InputError
from unmet.forecast.periods import NAMES, first_day, last_day, period_range, start_of

_FEW_DAYS = 20
_EARLY_SHARE = 0.05
_CLOSED_WEEKDAY = 0.1  # share of weeks with a sale on a weekday, below which the shop is closed on it


@dataclass(frozen=True, slots=True)
class Calendar:
    """The periods of a shop, first to last, all whole but perhaps the first."""

    freq: str
    periods: pl.Series  # first days
    closed: tuple[date, ...]  # periods in which nothing at all was sold, though much is usually
    first_partial: bool  # the first period began before the data
    dropped_from: date | None  # first day of the last period, left out because it is not whole
    as_of: date  # last day of the last period


def make_calendar(days: pl.DataFrame, freq: str, *, closed_from_lines: float, as_of: date | None) -> Calendar:
    """Decide the periods.

    A last period counts as whole if its last days without a sale are no more than the shop's usual
    silence (95% of its pauses are shorter or equal); on the last day itself, sales must have gone on
    until the usual hour.

    Args:
        days: one row per day with a sale: ``day, n_lines, last_time`` (time of the day's last sale).
        freq: of FREQUENCIES.
        closed_from_lines: usual lines per period from which a period without any counts as closed.
        as_of: last day the data is known to cover; None: judged from the sales.

    Raises:
        InputError: fewer than two whole periods.
    """
    days = days.sort("day")
    begins, ends = days["day"][0], days["day"][-1]
    silence = days["day"].diff().dt.total_days().drop_nulls()
    usual = int(silence.quantile(0.95, "higher") or 1) if len(silence) else 1
    covered = as_of if as_of is not None and as_of >= ends else _last_whole_day(days)
    last = first_day(covered, freq)
    slack = 0 if as_of is not None and as_of >= ends else usual - 1
    dropped = None
    if last_day(last, freq) - covered > timedelta(days=slack):
        dropped, last = last, first_day(last - timedelta(days=1), freq)
    elif ends > last_day(last, freq):
        dropped = first_day(ends, freq)
    first = first_day(begins, freq)
    if last <= first:
        n = 1 if last == first else 0
        raise InputError(
            f"the sales cover {n or 'no'} whole {NAMES[freq]}{'' if n else 's'}, from {begins} to {ends}",
            hint="At least two are needed; give more orders or a shorter --freq.",
        )
    periods = period_range(first, last, freq)
    return Calendar(
        freq,
        periods,
        closed_periods(days, periods, freq, closed_from_lines),
        begins - first >= timedelta(days=max(usual, 1)),
        dropped,
        last_day(last, freq),
    )


def _last_whole_day(days: pl.DataFrame) -> date:
    """The last day with sales, or the one before if sales end earlier in it than nearly ever."""
    ends: date = days["day"][-1]
    clocks = days["last_time"]
    if days.height < _FEW_DAYS or clocks.n_unique() < _FEW_DAYS / 2:
        return ends  # dates without a clock
    earliest = clocks.dt.hour().cast(pl.Int64) * 3600 + clocks.dt.minute().cast(pl.Int64) * 60
    usual = earliest[:-1].quantile(_EARLY_SHARE)
    return ends if usual is None or earliest[-1] >= usual else ends - timedelta(days=1)


def closed_periods(
    days: pl.DataFrame, periods: pl.Series, freq: str, closed_from_lines: float
) -> tuple[date, ...]:
    """Periods without any sale, where the usual period has at least ``closed_from_lines`` lines."""
    lines = days.group_by(start_of(pl.col("day"), freq).alias("period_start")).agg(pl.col("n_lines").sum())
    per = pl.DataFrame({"period_start": periods}).join(lines, on="period_start", how="left").fill_null(0)
    sold = per.filter(pl.col("n_lines") > 0)["n_lines"]
    if not len(sold) or float(sold.median() or 0.0) < closed_from_lines:  # type: ignore[arg-type]
        return ()
    silent = per.filter(pl.col("n_lines") == 0)["period_start"]
    if freq == "D":
        # A weekday on which the shop never sells is part of the week's pattern: a zero, not a gap.
        weekday = pl.col("period_start").dt.weekday()
        open_share = per.group_by(weekday.alias("weekday")).agg((pl.col("n_lines") > 0).mean().alias("share"))
        open_days = open_share.filter(pl.col("share") >= _CLOSED_WEEKDAY)["weekday"]
        silent = silent.filter(silent.dt.weekday().is_in(open_days.to_list()))
    return tuple(silent.to_list())
