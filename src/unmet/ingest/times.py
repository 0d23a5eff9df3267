"""Dates and times as people and systems write them → UTC without zone.

Texts without a zone are taken as they stand. Each value is matched against a few shapes and rebuilt as
one canonical ISO string that Polars parses; only the order of day and month needs the whole column.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

_LONGEST = 100  # characters; a longer cell is a text
FIRST_YEAR, LAST_YEAR = 1970, 2100
"""Times outside are taken as unreadable: they are typing errors or placeholders such as 0001-01-01."""

_CLOCK = (
    r"(?:[T\s,]+(?P<half>上午|下午|晚上|凌晨|中午|am|pm)?\s*(?P<H>\d{1,2}):(?P<M>\d{1,2})"
    r"(?::(?P<S>\d{1,2})(?:[.,](?P<f>\d{1,9}))?)?)?:?\s*(?P<ap>am|pm)?\s*(?P<z>z|utc|gmt|[+-]\d{2}:?\d{2})?\s*$"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[,.]?\s+)?"
_NTH = r"(?:st|nd|rd|th)?"
_SHAPES: tuple[str, ...] = (
    r"(?i)^(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})" + _CLOCK,
    r"(?i)^(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})"
    r"(?:[t ]?(?P<H>\d{2}):?(?P<M>\d{2}):?(?P<S>\d{2})?)?(?P<z>z)?$",
    r"(?i)^" + _WEEKDAY + r"(?P<mon>[a-z]{3,9})\.?\s+(?P<d>\d{1,2})" + _NTH + r",?\s+(?P<y>\d{4})" + _CLOCK,
    r"(?i)^" + _WEEKDAY + r"(?P<d>\d{1,2})" + _NTH + r"[-\s]+(?P<mon>[a-z]{3,9})\.?,?[-\s]+(?P<y>\d{4}|\d{2})"
    + _CLOCK,
    r"(?i)^" + _WEEKDAY + r"(?P<mon>[a-z]{3})\s+(?P<d>\d{1,2})\s+(?P<H>\d{1,2}):(?P<M>\d{2}):(?P<S>\d{2})\s+"
    r"(?P<z>[+-]\d{4}|utc|gmt)?\s*(?P<y>\d{4})$",
    r"(?i)^(?P<m>\d{1,2})\s(?P<d>\d{1,2}),\s?(?P<y>\d{4})" + _CLOCK,
    r"(?i)^(?P<y>\d{4})[-/.](?P<m>\d{1,2})$",
)  # fmt: skip
_DAY_MONTH = r"(?i)^(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y>\d{4}|\d{2})" + _CLOCK
_NUMBER = r"^\d{5,19}(\.\d+)?$"


@dataclass(frozen=True, slots=True)
class DayOrder:
    """Evidence for day-first or month-first in dates such as 03/04/2021; adds up over chunks."""

    n_dates: int = 0
    n_first_over_12: int = 0
    n_second_over_12: int = 0
    n_dotted: int = 0

    def __add__(self, other: DayOrder) -> DayOrder:
        return DayOrder(
            self.n_dates + other.n_dates,
            self.n_first_over_12 + other.n_first_over_12,
            self.n_second_over_12 + other.n_second_over_12,
            self.n_dotted + other.n_dotted,
        )

    @property
    def day_first(self) -> bool:
        """The decided order; without evidence, dots mean day first and slashes month first."""
        if self.n_first_over_12 != self.n_second_over_12:
            return self.n_first_over_12 > self.n_second_over_12
        return self.n_dotted > self.n_dates / 2

    @property
    def why(self) -> str | None:
        """How the order was decided; ``None`` where no such date occurs."""
        if not self.n_dates:
            return None
        order = "day/month/year" if self.day_first else "month/day/year"
        if self.n_first_over_12 or self.n_second_over_12:
            return f"{order}: a number above 12 shows the order"
        return f"{order}: assumed, no date shows the order"


def day_order(raw: pl.Series) -> DayOrder:
    """Collect the evidence of one chunk."""
    parts = _clean(raw).str.extract_groups(_DAY_MONTH).struct.unnest()
    first, second = (parts[name].cast(pl.Int32) for name in ("a", "b"))
    dotted = _clean(raw).str.contains(r"^\d{1,2}\.\d{1,2}\.\d{2}")
    return DayOrder(
        int(first.count()),
        int((first > 12).sum()),
        int((second > 12).sum()),
        int(dotted.sum() or 0),
    )


def to_times(raw: pl.Series, day_first: bool) -> pl.Series:
    """Raw values as UTC times without zone (Datetime µs); null where empty or unreadable.

    Args:
        raw: strings: ISO 8601, 2021/8/15 0:12, 2021年8月15日, ``02 28, 2014``, month names, Unix
            seconds to nanoseconds, Excel serial days.
        day_first: how 03/04/2021 is read (see :class:`DayOrder`).
    """
    text = _clean(raw)
    result = pl.Series(raw.name, [None] * len(raw), dtype=pl.Datetime("us"))
    readers: list[Callable[[pl.Series], pl.Series]] = [
        lambda part: _from_parts(part.str.extract_groups(_SHAPES[0]).struct.unnest()),
        _from_numbers,
        *(
            (lambda part, shape=shape: _from_parts(part.str.extract_groups(shape).struct.unnest()))
            for shape in _SHAPES[1:]
        ),
        lambda part: _from_parts(_ordered(part.str.extract_groups(_DAY_MONTH).struct.unnest(), day_first)),
    ]
    for read in readers:
        missing = (result.is_null() & text.is_not_null() & (text != "")).arg_true()
        if not len(missing):
            break
        result = result.scatter(missing, read(text.gather(missing)))
    return result.alias(raw.name)


def _clean(raw: pl.Series) -> pl.Series:
    text = raw.set(raw.str.len_chars() > _LONGEST, None).str.strip_chars(" \t\r\n\"'\u3000")
    if not bool(text.str.contains(r"[^0-9TZ:/+. -]").any()):
        return text
    return (
        text.str.replace_all(r"\s*[年月]\s*", "-")
        .str.replace_all(r"\s*[日号]\s*", " ")
        .str.replace_all(r"[时点分]", ":")
        .str.replace_all(r"秒", "")
        .str.replace_all("：", ":", literal=True)
        .str.replace_all(r"(?i)^.*?\breviewed\b.*?\bon\s+", "")
        .str.replace_all(r"(?i)\s*\((?:utc|gmt|cst|[a-z ]+time)\)$", "")
        .str.strip_chars(" -")
    )


def _from_numbers(text: pl.Series) -> pl.Series:
    """Unix times by their number of digits, and Excel's days since 1899-12-30."""
    number = (
        pl.select(pl.when(text.str.contains(_NUMBER)).then(text)).to_series().cast(pl.Float64, strict=False)
    )
    frame = pl.DataFrame({"n": number})
    n = pl.col("n")
    seconds = (
        pl.when(n.is_between(20_000, 73_050)).then((n - 25_569) * 86_400)
        .when(n.is_between(1e8, 9_999_999_999)).then(n)
        .when(n.is_between(1e11, 9_999_999_999_999)).then(n / 1e3)
        .when(n.is_between(1e14, 9_999_999_999_999_999)).then(n / 1e6)
        .when(n.is_between(1e17, 9.2e18)).then(n / 1e9)
    )  # fmt: skip
    micros = (seconds * 1e6).round(0).cast(pl.Int64).cast(pl.Datetime("us")).dt.round("1ms")
    return _in_range(frame.select(micros.alias("t")).to_series())


def _ordered(parts: pl.DataFrame, day_first: bool) -> pl.DataFrame:
    return parts.rename({"a": "d", "b": "m"} if day_first else {"a": "m", "b": "d"})


def _from_parts(parts: pl.DataFrame) -> pl.Series:
    def part(name: str) -> pl.Expr:
        return pl.col(name) if name in parts.columns else pl.lit(None, dtype=pl.String)

    if "mon" in parts.columns:
        number = pl.col("mon").str.to_lowercase().str.slice(0, 3).replace_strict(
            list(_MONTHS), [str(i) for i in range(1, 13)], default=None, return_dtype=pl.String
        )  # fmt: skip
    else:
        number = part("m")
    century = pl.when(part("y").cast(pl.Int32) > 70).then(pl.lit("19")).otherwise(pl.lit("20"))
    year = pl.when(part("y").str.len_chars() == 2).then(century + part("y")).otherwise(part("y"))
    zone = part("z").str.to_lowercase().str.replace(":", "", literal=True).str.replace("z|utc|gmt", "+0000")
    hour = _hour(part("H").cast(pl.Int32), pl.coalesce(part("half"), part("ap")).str.to_lowercase())
    iso = pl.concat_str(
        year, pl.lit("-"), number.str.zfill(2), pl.lit("-"), part("d").fill_null("1").str.zfill(2),
        pl.lit("T"), hour.cast(pl.String).str.zfill(2), pl.lit(":"), part("M").fill_null("0").str.zfill(2),
        pl.lit(":"), part("S").fill_null("0").str.zfill(2), pl.lit("."),
        part("f").fill_null("0").str.pad_end(6, "0").str.slice(0, 6), zone.fill_null("+0000"),
    )  # fmt: skip
    times = parts.select(
        iso.str.to_datetime("%Y-%m-%dT%H:%M:%S%.6f%z", time_unit="us", strict=False)
        .dt.replace_time_zone(None)
        .alias("t")
    ).to_series()
    return _in_range(times)


def _hour(hour: pl.Expr, half: pl.Expr) -> pl.Expr:
    after_noon = half.is_in(["pm", "下午", "晚上", "中午"]) & (hour < 12) & ~(half.eq("中午") & (hour > 10))
    midnight = half.is_in(["am", "上午", "凌晨"]) & (hour == 12)
    return pl.when(after_noon).then(hour + 12).when(midnight).then(0).otherwise(hour).fill_null(0)


def _in_range(times: pl.Series) -> pl.Series:
    usable = times.dt.year().is_between(FIRST_YEAR, LAST_YEAR)
    return pl.select(pl.when(usable).then(times)).to_series()
