"""Normalising: known results, exact maps on any text, stable second pass."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unmet.core.offsets import to_source
from unmet.text.emoji import emoji_polarity, find_emoticons
from unmet.text.folding import fold, fold_characters, folding_table
from unmet.text.normalising import normalise

TRICKY = st.text(
    st.sampled_from(
        "aab太太好！!。.～ \u3000\n\tＡ１螢e\u0301\u1100\u1161\u11a8"
        "\u200b\u200d\u202e\ufeff\x00\ud83d\ude00\ud800👍❤\ufe0f8"
    ),
    max_size=40,
)
ANY = TRICKY | st.text(max_size=30)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("太太太太好了", "太太太好了"),
        ("!!!!!!", "!"),
        ("好！！！！", "好！"),
        ("好评好评好评好评好评", "好评好评好评"),
        ("very very very very very good", "very very very good"),
        ("sooooo", "sooo"),
        ("10000000", "10000000"),
        ("1212121212", "1212121212"),
        ("ＯＫ，１０％", "OK，10%"),
        ("  a \t b  ", "a b"),
        ("a \r\n\r\n b", "a\nb"),
        ("a\u200bb\u202ec\x00d", "abcd"),
        ("\ud83d\ude00", "\U0001f600"),
        ("a\ud800b", "a\ufffdb"),
        ("cafe\u0301", "caf\u00e9"),
        ("👍👍👍👍👍", "👍👍👍"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("……………………", "………"),
        ("", ""),
        ("\u200b \u200b", ""),
    ],
)
def test_known_results(text: str, expected: str) -> None:
    assert normalise(text)[0] == expected


def test_options() -> None:
    assert normalise("螢幕很大", simplify=True)[0] == "萤幕很大"
    assert normalise("螢幕很大")[0] == "螢幕很大"
    assert normalise("很好👍", name_emoji=True)[0] == "很好 :thumbs_up:"


@settings(deadline=None)  # the first call loads the character table
@given(ANY, st.booleans(), st.booleans())
def test_edits_rebuild_the_text(text: str, simplify: bool, name_emoji: bool) -> None:
    """Between edits both texts are identical, and the edits cover all the rest."""
    normal, edits = normalise(text, simplify=simplify, name_emoji=name_emoji)
    at = source_at = 0
    for first, last, source_first, source_last in edits:
        assert normal[at:first] == text[source_at:source_first]
        assert first <= last
        assert source_first <= source_last
        at, source_at = last, source_last
    assert normal[at:] == text[source_at:]


@given(ANY)
def test_every_slice_maps_back_in_order(text: str) -> None:
    normal, edits = normalise(text)
    spans = [to_source(edits, at, at + 1) for at in range(len(normal))]
    for at, (first, last) in enumerate(spans):
        assert 0 <= first < last <= len(text)
        # A joiner means something only between its neighbours, so it is not looked up alone.
        assert normal[at] in " \n\u200d" or normal[at] in normalise(text[first:last])[0]
    assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(spans))


@given(ANY)
def test_the_whole_maps_to_the_whole(text: str) -> None:
    normal, edits = normalise(text)
    if normal:
        first, last = to_source(edits, 0, len(normal))
        assert normalise(text[:first])[0] == ""
        assert normalise(text[last:])[0] == ""


@given(ANY)
def test_the_result_is_clean_and_stable(text: str) -> None:
    normal, _ = normalise(text)
    assert normal == normal.strip()
    assert "  " not in normal
    assert not any("\ud800" <= character <= "\udfff" or character == "\x00" for character in normal)
    assert unicodedata.is_normalized("NFC", normal)
    assert len(normalise(normal)[0]) <= len(normal)


@settings(deadline=None)
@given(ANY)
def test_folding_keeps_the_length(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert len(fold_characters(text)) == len(text)
    assert fold(fold(text)) == fold(text)


def test_folding_table_is_one_to_one_per_position_and_read_only() -> None:
    table = folding_table()
    assert chr(table[ord("螢")]) == "萤"
    assert chr(table[ord("Ａ")]) == "a"
    assert not table.flags.writeable


def test_emoticons_have_places_and_polarity() -> None:
    text = "好👍🏽 :) [怒] [手机] http://x.cn :("
    found = find_emoticons(text)
    assert [text[e.start : e.end] for e in found] == ["👍🏽", ":)", "[怒]", ":("]
    assert emoji_polarity("👍👎") == 0.0
    assert emoji_polarity("[1] (a)") is None
