from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unmet.ingest.prices import decimal_comma, to_prices


def prices(*values: str | None) -> list[float | None]:
    raw = pl.Series("price", values, dtype=pl.String)
    return to_prices(raw, decimal_comma(raw)).to_list()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("5999", 5999), ("¥5,999.00", 5999), ("￥12", 12), ("$12.99", 12.99), ("12.5元", 12.5),
        ("1.2万", 12000),
        ("USD 7.50", 7.5), ("1,234,567", 1234567), ("0", 0), ("", None), ("free", None), ("-5", None),
        ("12-15", None), ("inf", None), ("nan", None),
    ],
)  # fmt: skip
def test_prices(value: str, expected: float | None) -> None:
    assert prices(value) == [expected]


def test_decimal_comma_is_decided_by_the_column() -> None:
    assert prices("1.299,50 €", "12,00") == [1299.5, 12.0]
    assert prices("1,299.50", "12.00") == [1299.5, 12.0]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), max_size=20))
def test_any_strings_never_raise(values: list[str]) -> None:
    assert len(prices(*values)) == len(values)
