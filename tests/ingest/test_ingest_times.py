from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unmet.ingest.times import DayOrder, day_order, to_times


def parse(*values: str | None) -> list[datetime | None]:
    raw = pl.Series("t", values, dtype=pl.String)
    return to_times(raw, day_order(raw).day_first).to_list()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2021-08-15", datetime(2021, 8, 15)),
        ("2021/8/15 0:12", datetime(2021, 8, 15, 0, 12)),
        ("2021.8.5", datetime(2021, 8, 5)),
        ("2021年8月15日", datetime(2021, 8, 15)),
        ("2021年08月15日 20时30分5秒", datetime(2021, 8, 15, 20, 30, 5)),
        ("2021年8月15日 下午3:05", datetime(2021, 8, 15, 15, 5)),
        ("2021年8月", datetime(2021, 8, 1)),
        ("2017-01-13T00:00:00.000Z", datetime(2017, 1, 13)),
        ("2017-01-13T02:00:00+08:00", datetime(2017, 1, 12, 18)),
        ("2017-01-13 23:30:00.5 -0500", datetime(2017, 1, 14, 4, 30, 0, 500_000)),
        ("02 28, 2014", datetime(2014, 2, 28)),
        ("1393545600", datetime(2014, 2, 28)),
        ("1393545600000", datetime(2014, 2, 28)),
        ("1393545600.0", datetime(2014, 2, 28)),
        ("44423", datetime(2021, 8, 15)),
        ("44423.5", datetime(2021, 8, 15, 12)),
        ("20210815", datetime(2021, 8, 15)),
        ("20210815203005", datetime(2021, 8, 15, 20, 30, 5)),
        ("August 3, 2021", datetime(2021, 8, 3)),
        ("Aug. 3rd, 2021 5:04 PM", datetime(2021, 8, 3, 17, 4)),
        ("3 August 2021", datetime(2021, 8, 3)),
        ("03-Aug-21", datetime(2021, 8, 3)),
        ("Wed Jan 15 10:00:00 +0000 2020", datetime(2020, 1, 15, 10)),
        ("Wed, 15 Jan 2020 10:00:00 GMT", datetime(2020, 1, 15, 10)),
        ("Reviewed in the United States on August 3, 2021", datetime(2021, 8, 3)),
        ("8/15/2021 12:05 AM", datetime(2021, 8, 15, 0, 5)),
        ("15.08.2021", datetime(2021, 8, 15)),
        ("8/15/21", datetime(2021, 8, 15)),
    ],
)
def test_formats(value: str, expected: datetime) -> None:
    assert parse(value, None, "") == [expected, None, None]


def test_unreadable_values_are_null() -> None:
    bad = [
        "2021-02-30",
        "yesterday",
        "3天前",
        "01.07",
        "0001-01-01",
        "9999-12-31",
        "5",
        "2021-13-01",
        "Foo 3, 2021",
    ]
    assert parse(*bad) == [None] * len(bad)


def test_the_whole_column_decides_day_and_month() -> None:
    assert parse("03/04/2021", "25/12/2021")[0] == datetime(2021, 4, 3)
    assert parse("03/04/2021", "12/25/2021")[0] == datetime(2021, 3, 4)
    assert parse("03/04/2021")[0] == datetime(2021, 3, 4), "slashes without evidence: month first"
    assert parse("03.04.2021")[0] == datetime(2021, 4, 3), "dots without evidence: day first"
    assert "assumed" in (day_order(pl.Series(["03/04/2021"])).why or "")
    assert DayOrder(3, 1, 0, 0) + DayOrder(4, 0, 2, 1) == DayOrder(7, 1, 2, 1)


def test_one_column_may_mix_formats() -> None:
    assert parse("2021-08-15", "1393545600", "2021年8月15日", "?") == [
        datetime(2021, 8, 15),
        datetime(2014, 2, 28),
        datetime(2021, 8, 15),
        None,
    ]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.datetimes(datetime(1971, 1, 1), datetime(2099, 12, 31)), min_size=1, max_size=20))
def test_iso_round_trip(times: list[datetime]) -> None:
    assert parse(*(t.isoformat() for t in times)) == times


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=25), max_size=20))
def test_any_strings_never_raise(values: list[str]) -> None:
    assert len(parse(*values)) == len(values)
