"""Lengths of time as people write them: 2w, 10 days, 3周, 2w±3d."""

from __future__ import annotations

import re
from typing import NamedTuple

from unmet.core.errors import InputError

MONTH_DAYS = 365.25 / 12
PERIOD_DAYS: dict[str, float] = {"D": 1.0, "W-MON": 7.0, "MS": MONTH_DAYS}
"""Days of a period, by its name in a forecast."""

_DAYS: dict[str, float] = {
    **dict.fromkeys(("d", "day", "days", "天", "日", ""), 1.0),
    **dict.fromkeys(("w", "week", "weeks", "周", "星期", "个星期"), 7.0),
    **dict.fromkeys(("m", "mo", "month", "months", "月", "个月"), MONTH_DAYS),
    **dict.fromkeys(("y", "year", "years", "年"), 365.25),
}
_LENGTH = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([^\d\s.±+-]*)\s*")
_HINT = "Write a number and d, w, m or y, for example 10d or 2w; an uncertain one as 2w±3d."


class Duration(NamedTuple):
    """Days, and the standard deviation of the days where they are not certain."""

    days: float
    deviation: float = 0.0


def parse_duration(text: str, *, what: str) -> Duration:
    """Read a length of time; a number without a unit is days.

    >>> parse_duration("2w±3d", what="lead time")
    Duration(days=14.0, deviation=3.0)

    Raises:
        InputError: it is no length of time; ``what`` names it in the message.
    """
    parts = re.split(r"±|\+/?-", text)
    lengths = [_LENGTH.fullmatch(part) for part in parts]
    days = [
        float(found[1]) * _DAYS[found[2].lower()] for found in lengths if found and found[2].lower() in _DAYS
    ]
    if len(days) != len(parts) or len(parts) > 2:
        raise InputError(f"{what} {text!r} is no length of time", hint=_HINT)
    return Duration(*days)
