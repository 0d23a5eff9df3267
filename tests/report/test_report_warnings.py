"""Warnings of the quality report in the language of the page."""

from __future__ import annotations

from string import Formatter

import pytest

from unmet.ingest.quality_warnings import SENTENCES
from unmet.report.qualities import draw_quality
from unmet.report.wording import LANGUAGES, load_words

NO_NEEDS = {"mentions": 0, "unclustered": {"mentions": 0}}


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def drawn(quality: dict, language: str) -> list[str]:
    return draw_quality(quality, NO_NEEDS, load_words(language))["warnings"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_string_with_the_same_values(language: str) -> None:
    strings = load_words(language)["warnings"]
    assert set(strings) == set(SENTENCES)
    for code, template in strings.items():
        assert fields(template) == fields(SENTENCES[code]), code


def test_the_page_speaks_its_own_language() -> None:
    quality = {
        "warnings": ["no time column: no trends", "12 rows could not be read (ragged_row)", "only 8% …"],
        "warning_codes": [
            {"code": "no_times", "values": {}},
            {"code": "unreadable_rows", "values": {"count": 12, "reason": "ragged_row"}},
            {"code": "few_ratings", "values": {"share": 0.08}},
        ],
    }
    chinese = drawn(quality, "zh")
    assert chinese[0] == "没有时间列：无法给出趋势"
    assert "12 行" in chinese[1]
    assert "ragged" not in chinese[1]
    assert "8" in chinese[2]
    assert "wrong number of fields" in drawn(quality, "en")[1]


def test_what_has_no_known_code_stays_as_written() -> None:
    assert drawn({"warnings": ["older run"]}, "zh") == ["older run"]
    newer = {"warnings": ["newer run"], "warning_codes": [{"code": "from_the_future", "values": {}}]}
    assert drawn(newer, "zh") == ["newer run"]
