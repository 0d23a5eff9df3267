"""Sentences and clauses: known cuts, and on any text complete, ordered, trimmed spans."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmet.core.records import Span
from unmet.text.sentences import split_clauses, split_sentences

TRICKY = st.text(st.sampled_from('ab好坏Z1。！？…；,，.!?; \n～”")）👍:-'), max_size=60)


def pieces(text: str, spans: list[Span]) -> list[str]:
    return [text[start:end] for start, end in spans]


ZH = [
    ["屏幕很好。", "电池3.5小时!", "就是贵"],
    ["东西很好", "物流很快", "下次再来"],
    ["他说：“很好。”", "我信了"],
    ["不错.", "物流快."],
    ["好评😂😂", "质量好"],
    ["系统版本2.3.1很好，www.jd.com买的"],
    ["……还行吧……"],
    ["真的吗？！", "太差了！！！", "再也不买~~~"],
]
EN = [
    ["Dr. Lee likes it.", "I don't!", "v2.5 is bad."],
    ["I use e.g. this.", "No. 5 is good."],
    ["Love it 😍", "Works great"],
    ["It broke;", "I returned it."],
    ['He said "no."', "Then left."],
    ["1. Good screen.", "2. Bad battery."],
    ["Wow!!!", "Great price, $3.50 only."],
    ["Made in the U.S. and cheap.", "OK"],
]


def joined(parts: list[str], gap: str) -> str:
    return gap.join(parts)


@pytest.mark.parametrize("parts", ZH)
def test_chinese_sentences(parts: list[str]) -> None:
    text = joined(parts, " " if parts[0] == "东西很好" else "")
    assert pieces(text, split_sentences(text)) == parts


@pytest.mark.parametrize("parts", EN)
def test_english_sentences(parts: list[str]) -> None:
    text = joined(parts, " ")
    assert pieces(text, split_sentences(text, "en")) == parts


def test_a_missing_space_after_a_period() -> None:
    text = "It is great.I love it.Visit www.shop.com today"
    assert pieces(text, split_sentences(text, "en")) == [
        "It is great.",
        "I love it.",
        "Visit www.shop.com today",
    ]


def test_a_very_long_chinese_sentence_is_divided_at_its_commas() -> None:
    text = "，".join(["手机收到了外观很漂亮"] * 20)
    spans = split_sentences(text)
    assert len(spans) >= 4
    assert max(end - start for start, end in spans) <= 80


def test_clauses() -> None:
    text = "屏幕很好，就是贵，1,000元"
    assert pieces(text, split_clauses(text)) == ["屏幕很好，", "就是贵，", "1,000元"]
    text = "The red, blue and green ones fit, but it broke because of heat"
    assert pieces(text, split_clauses(text, "en")) == [
        "The red, blue and green ones fit,", "but it broke", "because of heat"
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("split", [split_sentences, split_clauses])
@given(text=TRICKY | st.text(max_size=40))
def test_spans_are_complete_ordered_and_trimmed(text: str, language: str, split: object) -> None:
    spans = split(text, language)  # type: ignore[operator]
    assert all(start < end for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
    assert "".join("".join(pieces(text, spans)).split()) == "".join(text.split())


def test_clauses_lie_inside_sentences() -> None:
    text = "手机很好，屏幕也大。电池不行，充电慢 客服差！"
    sentences = split_sentences(text)
    for start, end in split_clauses(text):
        assert any(first <= start and end <= last for first, last in sentences)


@pytest.mark.parametrize(
    "text", ["." * 20_000, "a." * 10_000, "，" * 20_000, "1." * 10_000, " " * 20_000, "A. " * 7_000]
)
def test_hostile_texts_are_quick(text: str) -> None:
    for language in ("zh", "en"):
        split_clauses(text, language)
