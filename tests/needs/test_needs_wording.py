"""Phrases → wishes: the negation, complement and antonym grammar of both languages."""

from __future__ import annotations

import pytest

from unmet.mining.states import negated, side_of_phrase, side_of_word
from unmet.needs import phrases_en, phrases_zh, wording_en, wording_zh


@pytest.mark.parametrize(
    ("phrase", "wish"),
    [
        ("没人接", "有人接"),
        ("没人过来安装", "有人来安装"),
        ("不耐用", "耐用"),
        ("一点都不新鲜", "新鲜"),
        ("不能价保", "能价保"),
        ("不给退货", "能退货"),
        ("不退差价", "能退差价"),
        ("不解决问题", "能解决问题"),
        ("洗不干净", "洗得干净"),
        ("连不上", "连得上"),
        ("漏水", "不漏水"),
        ("粘得要命", "不粘"),
        ("经常死机", "不死机"),
        ("有异响", "没有异响"),
        ("乱收费", "不乱收费"),
        ("打孔要收费", "不额外收费"),
        ("刚买就降价", "不会刚买就降价"),
        ("没有说明书", "有说明书"),
        ("难洗", "好洗"),
        ("慢", "快"),
        ("反应慢", "反应快"),
        ("侧袋太小", "侧袋不会太小"),
        ("大", "不会太大"),
        ("态度恶劣", "态度不恶劣"),
    ],
)
def test_a_chinese_complaint_is_turned_into_the_wish_it_implies(phrase, wish):
    assert wording_zh.complaint_wish(phrase) == wish


@pytest.mark.parametrize(
    "phrase",
    [
        "不粘底",
        "太差了",
        "洗到怀疑人生",
        "我哥也买了",
        "没有安装",
        "专业",
        "不用担心",
        "效果不好",
        "说是不粘",
        "十年保修",
    ],
)
def test_a_chinese_phrase_that_cannot_be_turned_for_sure_is_not(phrase):
    assert wording_zh.complaint_wish(phrase) is None


def test_the_customers_own_opposite_is_preferred():
    assert wording_zh.complaint_wish("大", frozenset({"小"})) == "小"
    assert wording_zh.complaint_wish("声音大", frozenset({"小"})) == "声音小"


@pytest.mark.parametrize(
    ("phrase", "wish"),
    [
        ("很厚实", "厚实"),
        ("内胆不粘底", "内胆不粘底"),
        ("声音很小", "声音小"),
        ("马上给解决", "马上给解决"),
        ("没有坏果", "没有坏果"),
        ("不错", None),
        ("一充就发烫", None),
        ("不专业", None),
        ("我很喜欢", None),
        ("两年质保", None),
    ],
)
def test_chinese_praise_is_kept_if_it_says_something_good(phrase, wish):
    assert wording_zh.praise_wish(phrase) == wish


@pytest.mark.parametrize(
    ("phrase", "wish"),
    [
        ("hard to navigate", "easy to navigate"),
        ("not user friendly", "user friendly"),
        ("not very bright", "bright"),
        ("won't charge", "always charges"),
        ("doesn't hold a charge", "holds a charge"),
        ("stopped working", "keeps working"),
        ("cracked", "does not crack"),
        ("broke in a few months", "does not break in a few months"),
        ("looks cheap", "does not look cheap"),
        ("cheap", "does not feel cheap"),
        ("fit like a tent", "does not fit like a tent"),
        ("too small", "not too small"),
        ("huge", "not huge"),
        ("slow", "fast"),
        ("unhelpful", "helpful"),
        ("misleading", "not misleading"),
        ("too many ads", "not too many ads"),
    ],
)
def test_an_english_complaint_is_turned_into_the_wish_it_implies(phrase, wish):
    found = wording_en.complaint_wish(phrases_en.normal(phrase))
    assert found is not None
    assert found.text == wish


@pytest.mark.parametrize(
    "phrase",
    [
        "annoyingly great",
        "no glare",
        "disappointed",
        "my son hates it",
        "best buy",
        "doesn't even notice",
        "5 stars",
    ],
)
def test_an_english_phrase_that_cannot_be_turned_for_sure_is_not(phrase):
    assert wording_en.complaint_wish(phrases_en.normal(phrase)) is None


@pytest.mark.parametrize(
    ("phrase", "wish"),
    [
        ("very easy to read", "easy to read"),
        ("holds a charge well", "holds a charge well"),
        ("so soft and comfortable", "soft and comfortable"),
        ("does not overheat", "does not overheat"),
        ("true to size", "true to size"),
        ("quickly", "fast"),
        ("works great", None),
        ("fell in love with", None),
        ("lasted eight years", None),
        ("tight", None),
    ],
)
def test_english_praise_is_kept_if_it_says_something_good(phrase, wish):
    found = wording_en.praise_wish(phrases_en.normal(phrase))
    assert (found.text if found else None) == wish


def test_a_word_has_a_side_only_if_the_thing_does_not_matter():
    assert [side_of_word(word, "zh") for word in ("漏水", "粘锅", "专业", "大", "卡通")] == [-1, -1, 1, 0, 0]
    assert [side_of_word(word, "en") for word in ("leak", "sturdy", "small")] == [-1, 1, 0]


def test_a_negation_turns_the_side_and_a_question_settles_nothing():
    phrases = ("不粘", "没有色差", "不专业", "是不是漏水", "不大")
    assert [side_of_phrase(phrase, "zh") for phrase in phrases] == [1, 1, -1, 0, 0]
    assert [side_of_phrase(p, "en") for p in ("never leaks", "not reliable", "not too soft")] == [1, -1, 0]
    assert negated("一点不漏", "zh")
    assert not negated("漏水", "zh")


def test_names_are_things():
    assert [phrases_zh.names_thing(w) for w in ("内胆", "充电", "便宜", "没人接", "噪音")] == [
        True,
        True,
        False,
        False,
        True,
    ]
    assert [phrases_en.names_thing(w) for w in ("charging port", "durable", "too many ads", "shrunk")] == [
        True,
        False,
        False,
        False,
    ]
