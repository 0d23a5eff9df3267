"""Public holidays and shopping days of a country, by name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from unmet.core.errors import InputError

_OBSERVED = re.compile(r"\s*\((?:observed|estimated|observed, estimated)\)\s*$")
# Name, name there, first year, month, day.
_CHINESE_SALES = (
    ("618 sale", "618", 2010, 6, 18),
    ("Double 11", "双十一", 2009, 11, 11),
    ("Double 12", "双十二", 2012, 12, 12),
)
_CYBER_SINCE = 2005


@dataclass(frozen=True, slots=True)
class Holiday:
    """A holiday: its English name, its name in the country, and its days (one or several a year)."""

    name: str
    local: str
    days: tuple[date, ...]

    def occurrences(self) -> list[tuple[date, ...]]:
        """Its days, those of one run together."""
        runs: list[list[date]] = []
        for day in self.days:
            if runs and day - runs[-1][-1] <= timedelta(days=3):
                runs[-1].append(day)
            else:
                runs.append([day])
        return [tuple(run) for run in runs]


def holiday_days(country: str, first: date, last: date) -> list[Holiday]:
    """Public holidays (package ``holidays``, no network) and shopping days between two days.

    Shopping days are 618, Double 11 and Double 12 in CN, Black Friday and Cyber Monday elsewhere.

    Args:
        country: ISO 3166 code of two letters, e.g. ``CN`` or ``GB``.
        first: first day that is looked at.
        last: last day.

    Raises:
        InputError: no such country, or the package is not installed.
    """
    try:
        import holidays
    except ImportError as error:
        raise InputError(
            "--country needs the package holidays", hint="pip install 'unmet[forecast]'"
        ) from error
    years = range(first.year, last.year + 1)
    code = country.strip().upper()
    try:
        english = holidays.country_holidays(code, years=years, language="en_US")
        # Named outright: left out, the language is that of the machine.
        local = holidays.country_holidays(code, years=years, language=english.default_language)
    except NotImplementedError as error:
        raise InputError(
            f"no holidays are known of the country {country!r}",
            hint="--country takes a code of two letters: CN, GB, US …",
        ) from error
    days: dict[str, list[date]] = defaultdict(list)
    locals_: dict[str, str] = {}
    for day in sorted(english):
        names = english.get(day).split("; ")
        theirs = (local.get(day) or "").split("; ")
        for place, full in enumerate(names):
            name = _OBSERVED.sub("", full)
            if name.startswith("Day off"):  # a bridge day, not a feast
                continue
            days[name].append(day)
            locals_.setdefault(name, theirs[place] if len(theirs) == len(names) else name)
    for name, own, day in _shopping_days(code, years):
        days[name].append(day)
        locals_[name] = own
    found = []
    for name, all_days in days.items():
        inside = tuple(sorted({day for day in all_days if first <= day <= last}))
        if inside:
            found.append(Holiday(name, locals_[name], inside))
    return sorted(found, key=lambda holiday: (holiday.days[0], holiday.name))


def _shopping_days(code: str, years: range) -> Iterator[tuple[str, str, date]]:
    for year in years:
        if code == "CN":
            for name, own, since, month, day in _CHINESE_SALES:
                if year >= since:
                    yield name, own, date(year, month, day)
        else:
            first = date(year, 11, 1)
            friday = first + timedelta(days=(3 - first.weekday()) % 7 + 22)  # after the fourth Thursday
            yield "Black Friday", "Black Friday", friday
            if year >= _CYBER_SINCE:
                yield "Cyber Monday", "Cyber Monday", friday + timedelta(days=3)
