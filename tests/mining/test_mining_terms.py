from __future__ import annotations

import polars as pl
import pytest

from unmet.core.tables import MENTIONS, conform
from unmet.mining.terms import AMBIGUOUS, OVERALL, add_terms, canonical_aspect, canonical_opinion


@pytest.mark.parametrize(
    ("phrase", "language", "expected"),
    [
        ("这个屏幕的", "zh", "屏幕"),
        ("顏色", "zh", "颜色"),
        ("the Zippers", "en", "zipper"),
        ("my battery life", "en", "battery life"),
        ("，。", "zh", None),
        ("this very long phrase of far too many words here", "en", None),
    ],
)
def test_aspects_are_reduced_to_one_form(phrase, language, expected):
    assert canonical_aspect(phrase, language) == expected


@pytest.mark.parametrize(
    ("phrase", "language", "expected"),
    [
        ("非常慢了", "zh", "慢"),
        ("有点太吵", "zh", "吵"),
        ("wasn't comfortable", "en", "not comfortable"),
        ("很", "zh", "很"),
    ],
)
def test_opinions_lose_intensifiers_but_keep_negation(phrase, language, expected):
    assert canonical_opinion(phrase, language) == expected


def frame_of(rows: list[tuple[str | None, str | None, str]]) -> pl.DataFrame:
    data = [
        {"mention_id": f"m{i}", "aspect": a, "opinion": o, "category": c, "polarity": "negative"}
        for i, (a, o, c) in enumerate(rows)
    ]
    frame = conform(pl.DataFrame(data, schema_overrides={"aspect": pl.String}), MENTIONS, name="mentions")
    return frame.with_columns(pl.lit("zh").alias("language"))


def test_generic_praise_of_the_whole_says_nothing_about_what_is_wanted():
    got = add_terms(frame_of([("东西", "很好", "general"), (None, "不错", "general")]))
    assert got["term"].to_list() == [None, None]
    assert got["term_reason"].to_list() == [OVERALL, OVERALL]


def test_a_unit_of_measure_is_no_thing_that_customers_want():
    frame = frame_of([("inches", "shorter", "general"), ("厘米", "短", "general")])
    english = frame.with_columns(pl.Series("language", ["en", "zh"]))
    got = add_terms(english)
    assert not {"inch", "厘米"} & set(got["term"].to_list())


def test_a_telling_opinion_stands_in_for_a_missing_aspect():
    got = add_terms(frame_of([(None, "漏水", "durability")]))
    assert got["term"].to_list() == ["漏水"]


def test_an_implicit_opinion_takes_its_usual_aspect_or_stays_out_as_ambiguous():
    usual = [("价格", "贵", "price")] * 6 + [(None, "太贵", "price")]
    mixed = [(f"{x}速度", "快", "performance") for x in "甲乙丙丁戊己"] + [(None, "快", "performance")]
    got = add_terms(frame_of(usual + mixed))
    assert got["term"][6] == "价格"
    assert got["term"][-1] is None
    assert got["term_reason"][-1] == AMBIGUOUS


def test_terms_filed_under_general_and_mostly_only_judged_name_the_product():
    told = [("空调", "很好", "general")] * 3 + [("空调", "制冷快", "general"), ("空调", "漏水", "durability")]
    assert "空调" not in add_terms(frame_of(told))["term"].to_list()
    # The aspect model files parts that it does not know under general as well.
    assert set(add_terms(frame_of([("领结", "很深", "general")] * 4))["term"]) == {"领结"}
    # A concept is known to be a part or property, however it is judged.
    assert set(add_terms(frame_of([("字体", "很好", "general")] * 4))["term"]) == {"字体"}


def test_row_order_and_input_are_kept():
    rows = frame_of([("屏幕", "暗", "screen"), (None, "漏水", "x"), ("价格", "贵", "price")])
    before = rows.clone()
    got = add_terms(rows)
    assert got["mention_id"].to_list() == ["m0", "m1", "m2"]
    assert rows.equals(before)
