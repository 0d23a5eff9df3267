"""Cleaning: what goes, what stays, and that every slice maps back."""

from __future__ import annotations

import time

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from unmet.core.offsets import to_source
from unmet.ingest.cleaning import clean_batch, clean_text


@pytest.mark.parametrize(
    ("source", "cleaned"),
    [
        ("很好用，推荐！", "很好用，推荐！"),
        ("<p>好用&nbsp;👍</p>", "好用 👍"),
        ("bad<br/>very bad", "bad\nvery bad"),
        ("a\x00b\x07c\u200bd\ufeffe\u202ef", "abcdef"),
        ("第一行\r\n\r\n \t第二行", "第一行\n第二行"),
        ("  both ends \n", "both ends"),
        ("two  spaces stay", "two  spaces stay"),
        ("far    apart", "far apart"),
        ("tab\there", "tab here"),
        ("I <3 it, a<b and <京东小店>", "I <3 it, a<b and <京东小店>"),
        ("好好好好好！！！ＡＢＣ", "好好好好好！！！ＡＢＣ"),
        ("全家 👨\u200d👩\u200d👧 都喜欢", "全家 👨\u200d👩\u200d👧 都喜欢"),
        ("ab\u200dcd", "abcd"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("x\U000e0041\U000e0042y", "xy"),
        ("", ""),
        (" \u3000\u200b ", ""),
    ],
)
def test_cleaned_text(source: str, cleaned: str) -> None:
    assert clean_text(source)[0] == cleaned


def test_clean_text_has_no_edits() -> None:
    assert clean_text("正常的评价, nothing to do 👍") == ("正常的评价, nothing to do 👍", ())


PIECES = st.sampled_from(
    ["好", "a", " ", "   ", "\n", "\r\n", "\t", "\u200b", "\x00", "<br>", "<b>", "</b>", "<script>",
     "</script>", "&nbsp;", "&amp;", "&lt;b&gt;", "👍", "\u200d", "<!--", "-->", "<", "&", "\ud800", "\u3000"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
@example("<script>x</script>a &lt;b&gt; b")
def test_edits_rebuild_the_cleaned_text(source: str) -> None:
    cleaned, edits = clean_text(source)
    position = source_position = 0
    for start, end, source_start, source_end in edits:
        assert cleaned[position:start] == source[source_position:source_start]
        position, source_position = end, source_end
    assert cleaned[position:] == source[source_position:]


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join), st.data())
def test_unchanged_characters_map_to_themselves(source: str, data: st.DataObject) -> None:
    cleaned, edits = clean_text(source)
    if not cleaned:
        return
    place = data.draw(st.integers(0, len(cleaned) - 1))
    start, end = to_source(edits, place, place + 1)
    inside_edit = any(first <= place < last for first, last, _, _ in edits)
    assert 0 <= start <= end <= len(source)
    assert inside_edit or source[start:end] == cleaned[place]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=8).map("".join), max_size=6))
def test_batch_equals_one_by_one(sources: list[str]) -> None:
    sources = [source.replace("\ud800", "") for source in sources]  # a column cannot hold lone surrogates
    cleaned, edits = clean_batch(pl.Series(sources, dtype=pl.String))
    expected = [clean_text(source) for source in sources]
    assert cleaned.to_list() == [text for text, _ in expected]
    assert {index: made for index, (_, made) in enumerate(expected) if made} == edits


def test_nothing_hidden_survives() -> None:
    source = "&lt;script&gt;alert(1)&lt;/script&gt;ok&amp;nbsp;<style>p{}</style>!<ScRiPt src=x>x()</sCript >"
    assert clean_text(source)[0] == "ok\n!"


@pytest.mark.timing
@pytest.mark.parametrize("piece", ["<script>", "<!--", "<a", "\n \t", " ", "&lt;", "</", "\u200d", "a "])
def test_time_is_linear(piece: str) -> None:
    text = piece * (200_000 // len(piece)) + "x"
    start = time.process_time()
    clean_text(text)
    assert time.process_time() - start < 3.0
