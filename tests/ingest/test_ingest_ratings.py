from __future__ import annotations

from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unmet.ingest.ratings import decide_scale, to_stars


def stars(values: list[str | None], header: str = "rating") -> list[float | None]:
    scale = decide_scale(Counter(v for v in values if v is not None), header)
    assert scale is not None
    return to_stars(pl.Series("rating", values, dtype=pl.String), scale).to_list()


@pytest.mark.parametrize(
    ("header", "values", "expected"),
    [
        ("label", ["0", "1", "1"], [1, 5, 5]),
        ("label", ["1", "1"], [5, 5]),
        ("sentiment_value", ["-1", "0", "1"], [1, 3, 5]),
        ("rating", ["1", "5", "3"], [1, 5, 3]),
        ("得分", ["5", "5"], [5, 5]),
        ("stars", ["1", "1"], [1, 1]),
        ("overall", ["5.0", "4.5"], [5, 4.5]),
        ("score", ["1", "10", "5.5"], [1, 5, 3]),
        ("满意度（1-10）", ["5", "1"], [1 + 16 / 9, 1]),
        ("评分", ["0", "100", "50"], [1, 5, 3]),
        ("rating", ["4.0 out of 5 stars", "1.0 out of 5 stars"], [4, 1]),
        ("rating", ["4/5", "8/10"], [4, 1 + 4 * 7 / 9]),
        ("rating", ["★★★★☆", "⭐️⭐️", "★"], [4, 2, 1]),
        ("评分", ["五星", "一星", "三星半"], [5, 1, 3.5]),
        ("评价", ["好评", "中评", "差评"], [5, 3, 1]),
        ("label", ["正", "负"], [5, 1]),
        ("label", ["Positive", "NEGATIVE", " neutral "], [5, 1, 3]),
        ("满意度", ["非常满意", "不满意", "一般"], [5, 2, 3]),
        ("rating", ["allstar50", "allstar10"], [5, 1]),
        ("评分", ["5分", "4.5分", "２星"], [5, 4.5, 2]),
        ("好评度", ["80%", "0%"], [4.2, 1]),
        ("star", ["star5", "star1"], [5, 1]),
    ],
)
def test_scales(header: str, values: list[str], expected: list[float | None]) -> None:
    assert stars(values, header) == pytest.approx(expected)


def test_columns_that_are_no_rating() -> None:
    assert decide_scale({"bug report": 5, "feature request": 4, "rating": 3}, "label") is None
    assert decide_scale({"0": 5, "1": 4, "2": 3}, "label") is None, "three classes without an order"
    assert decide_scale({str(n): 1 for n in range(100)}, "年龄") is None
    assert decide_scale({"5": 10, "1000": 10}, "rating") is None
    assert decide_scale({}, "rating") is None
    assert decide_scale({"": 3, "NaN": 2}, "rating") is None


def test_a_constant_column_keeps_the_scale_that_its_name_tells() -> None:
    strong, weak = decide_scale({"1": 9}, "score"), decide_scale({"1": 9}, "label")
    assert strong is not None
    assert strong.name == "1-5"
    assert weak is not None
    assert weak.name == "0/1"


def test_odd_values_become_null_and_zero_means_not_rated() -> None:
    values = ["5", "4", "1", "2", "3"] * 40 + ["0", None, "", "99", "abc"]
    assert stars(values)[-5:] == [None] * 5


def test_the_user_may_insist_on_a_doubtful_column() -> None:
    counts = {"0": 5, "1": 4, "2": 3}
    told = decide_scale(counts, "label", told=True)
    assert told is not None
    assert told.name in ("0-5", "1-5")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=8), max_size=30), st.sampled_from(["rating", "label", "评分"]))
def test_any_strings_never_raise_and_stay_on_the_scale(values: list[str], header: str) -> None:
    scale = decide_scale(Counter(values), header)
    if scale is not None:
        safe = [v.encode("utf-8", "replace").decode() for v in values]
        found = to_stars(pl.Series("rating", safe, dtype=pl.String), scale)
        assert len(found) == len(values)
        assert all(1 <= v <= 5 for v in found.drop_nulls())


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 100), st.floats(0, 100))
def test_order_is_kept(a: float, b: float) -> None:
    scale = decide_scale({"0": 3, "100": 3, "55": 3}, "score")
    assert scale is not None
    low, high = (scale.stars(v) for v in sorted((a, b)))
    assert low is not None
    assert high is not None
    assert low <= high
