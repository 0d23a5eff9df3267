from __future__ import annotations

import pytest

from unmet.needs.group_words import GroupWords
from unmet.needs.statements import write_statement


def words(**changes: object) -> GroupWords:
    base = {
        "language": "zh",
        "names": (("物流", 30),),
        "complaints": (("慢", 12),),
        "praises": (("快", 20),),
        "company": (),
        "n_requests": 0,
        "n_negative": 14,
        "n_positive": 10,
        "named_by_opinion": False,
        "name_is_praise": False,
    }
    return GroupWords(**{**base, **changes})


def test_wanted_and_unwanted_are_the_customers_own_words():
    assert write_statement(words()) == "物流要快，不要慢"


@pytest.mark.parametrize(
    ("complaint", "wish"),
    [
        ("没人接", "要有人接"),
        ("不耐用", "要耐用"),
        ("不能开机", "要能开机"),
        ("漏水", "不要漏水"),
        ("没有说明书", "要有说明书"),
    ],
)
def test_a_complaint_is_turned_into_the_wish_it_implies(complaint, wish):
    assert write_statement(words(names=(("它", 9),), complaints=((complaint, 9),), praises=())) == "它" + wish


def test_the_subject_is_not_repeated_inside_the_wish():
    got = write_statement(
        words(names=(("服务态度", 9),), praises=(("服务态度热情", 9),), complaints=(("恶劣", 9),))
    )
    assert got == "服务态度要热情，不要恶劣"


def test_a_word_used_on_both_sides_speaks_only_for_the_commoner():
    got = write_statement(
        words(names=(("噪音", 40),), praises=(("小", 20),), complaints=(("小", 3), ("大", 9)))
    )
    assert got == "噪音要小，不要大"


def test_bare_complaints_are_told_by_their_company():
    got = write_statement(words(names=(("收费", 9),), praises=(), complaints=(), company=("打孔", "支架")))
    assert "收费" in got
    assert "打孔、支架" in got


def test_english_adjectives_make_a_plain_sentence():
    got = write_statement(
        words(language="en", names=(("straps", 9),), praises=(("comfortable", 9),), complaints=(("thin", 9),))
    )
    assert got == "Straps should be comfortable, not thin"


def test_english_phrases_are_quoted():
    got = write_statement(
        words(language="en", names=(("screen", 9),), praises=(), complaints=(("stopped working", 9),))
    )
    assert got == "Screen: no more “stopped working”"


def test_a_phrase_said_once_is_not_a_statement():
    got = write_statement(words(praises=(("一流", 1),), complaints=(("慢得离谱", 1),), n_positive=20))
    assert "一流" not in got
    assert "离谱" not in got
