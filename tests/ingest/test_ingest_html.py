"""HTML to text."""

from __future__ import annotations

import pytest

from unmet.core.offsets import to_source
from unmet.ingest.html import strip_html


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("no html", "no html"),
        ("<b>bold</b> word", "bold word"),
        ("one<br>two", "one\ntwo"),
        ("a &amp; b &lt; c", "a & b < c"),
        ("&#20320;&#x597d;", "你好"),
        ("&unknown; &nosemicolon", "&unknown; &nosemicolon"),
        ("<unknown>kept</unknown>", "<unknown>kept</unknown>"),
        ("<img src=x onerror=alert(1)>", ""),
        ("a<!-- hidden -->b", "ab"),
        ("a<!-- never closed", "a<!-- never closed"),
        ("<script>bad()", "bad()"),
        ("<style>x</style>text", "\ntext"),
        ("1 < 2 > 0", "1 < 2 > 0"),
        ("&amp;lt;br&amp;gt;", "\n"),
        ("e-reader.br /br /My first", "e-reader.\nMy first"),
        ("the br / key and abr/c", "the br / key and abr/c"),
    ],
)
def test_stripping(source: str, plain: str) -> None:
    assert strip_html(source)[0] == plain


def test_words_map_back() -> None:
    source = "<p>电池&ldquo;不耐用&rdquo;</p>"
    plain, edits = strip_html(source)
    place = plain.index("不耐用")
    assert source[slice(*to_source(edits, place, place + 3))] == "不耐用"
    assert source[slice(*to_source(edits, place - 1, place))] == "&ldquo;"
