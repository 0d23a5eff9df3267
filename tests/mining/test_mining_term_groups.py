from __future__ import annotations

from collections import Counter

from unmet.mining.term_groups import TermEvidence, group_terms


def evidence(*rows: tuple[str, int, dict[str, int], str]) -> TermEvidence:
    rows_ = sorted(rows, key=lambda row: (-row[1], row[0]))
    return TermEvidence(
        tuple(r[0] for r in rows_),
        tuple(r[1] for r in rows_),
        tuple(Counter(r[2]) for r in rows_),
        tuple(Counter({r[3]: r[1]}) for r in rows_),
    )


NOISE = {"opinion:大": 8, "opinion:吵": 6, "睡觉": 5, "晚上": 5}
SPEED = {"opinion:慢": 9, "opinion:快": 4, "配送": 5, "第二天": 4}


def test_terms_that_look_alike_and_keep_company_are_one_group():
    groups = group_terms(
        evidence(
            ("噪音", 30, NOISE, "noise"),
            ("声音", 20, NOISE, "noise"),
            ("物流", 25, SPEED, "delivery"),
            ("物流速度", 15, SPEED, "delivery"),
        ),
        language="zh",
    )
    assert groups["噪音"] == groups["声音"]
    assert groups["物流"] == groups["物流速度"]
    assert groups["噪音"] != groups["物流"]


def test_a_shared_category_alone_does_not_join():
    groups = group_terms(
        evidence(("拉链", 10, {"opinion:坏": 5}, "quality"), ("颜色", 10, {"opinion:暗": 5}, "quality")),
        language="zh",
    )
    assert groups["拉链"] != groups["颜色"]


def test_grouping_is_reproducible_and_complete():
    given = evidence(
        ("zipper", 9, {"opinion:broken": 4}, "quality"), ("strap", 7, {"opinion:thin": 4}, "quality")
    )
    assert group_terms(given, language="en") == group_terms(given, language="en")
    assert set(group_terms(given, language="en")) == {"zipper", "strap"}


def test_no_terms_no_groups():
    assert group_terms(TermEvidence((), (), (), ()), language="zh") == {}
    one = TermEvidence(("屏幕",), (3,), (Counter(),), (Counter(),))
    assert group_terms(one, language="zh") == {"屏幕": 0}
