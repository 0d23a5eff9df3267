"""The page as text: words, numbers, escaping, embedded data, files."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from report_fixtures import HOSTILE, make_hostile, make_manifest, make_needs, make_quality

from unmet.core.errors import RunFolderError
from unmet.core.files import write_json
from unmet.core.records import WordWeight
from unmet.models.catalog import load_models
from unmet.report import shading
from unmet.report.page import main_language, render, write_report
from unmet.report.shading import shaded, weigh_quotes
from unmet.report.summary import summarise
from unmet.report.wording import LANGUAGES, load_words, printable

DATA = re.compile(r'<script type="application/json" id="unmet-data">(.*?)</script>', re.DOTALL)


def draw(needs: dict[str, Any], language: str = "en", quality: dict[str, Any] | None = None) -> str:
    quality = make_quality() if quality is None else quality
    return render(summarise(needs, quality, make_manifest(), language=language))


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def parse(page: str) -> Elements:
    elements = Elements()
    elements.feed(page)
    return elements


def test_both_languages_have_the_same_words_with_the_same_fields() -> None:
    english, chinese = (load_words(language) for language in ("en", "zh"))
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        other = chinese[key]
        assert type(text) is type(other), key
        if isinstance(text, str):
            assert fields(text) == fields(other), key
        elif isinstance(text, dict):
            assert text.keys() == other.keys(), key
        else:
            assert len(text) == len(other), key


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_reason_kind_and_note_the_stages_write_has_words() -> None:
    root = Path(__file__).parents[2] / "src" / "unmet"
    words = load_words("zh")
    topics = (root / "mining" / "topics.py").read_text("utf-8") + (root / "mining" / "terms.py").read_text(
        "utf-8"
    )
    for reason in (
        "overall_judgement",
        "ambiguous_opinion",
        "small_group",
        "no_known_term",
        "beyond_max_needs",
    ):
        assert f'"{reason}"' in topics, "the reason was renamed; rename it in the strings too"
        assert reason in words["reasons"]
    impact = (root / "needs" / "impact.py").read_text("utf-8")
    for note in re.findall(r'"((?:no|few|constant)_rating\w*)"', impact):
        assert f"note_{note}" in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_is_the_same_bytes_again(language: str) -> None:
    assert draw(make_needs(), language) == draw(make_needs(), language)


def test_embedded_data_are_needs_json() -> None:
    needs = make_hostile()
    embedded = json.loads(DATA.search(draw(needs)).group(1))  # type: ignore[union-attr]
    assert embedded["needs"] == needs


def test_customer_text_makes_no_element_and_no_handler() -> None:
    page = draw(make_hostile(), quality=make_quality(hostile=True))
    plain, hostile = parse(draw(make_needs(8))), parse(page)
    assert {tag for tag in hostile.tags if tag in {"img", "script", "svg", "iframe"}} == {"script", "svg"}
    assert hostile.tags.count("script") == plain.tags.count("script") == 2
    assert not [name for name, _ in hostile.attributes if name.startswith("on")]
    assert printable(HOSTILE[0]) in hostile.text
    assert "{{ 7*7 }}" in hostile.text


def test_page_asks_for_nothing_from_outside() -> None:
    elements = parse(draw(make_needs()))
    targets = [
        value for name, value in elements.attributes if name in {"src", "href", "action", "data", "poster"}
    ]
    assert all(value == "data:," or (value or "").startswith("#") for value in targets)
    policy = dict(elements.attributes)["content"]
    assert any(
        "default-src 'none'" in (value or "") for name, value in elements.attributes if name == "content"
    ), policy


def test_lone_surrogates_survive_in_the_data_and_not_in_the_page() -> None:
    needs = make_needs(1)
    needs["needs"][0]["quotes"][0]["text"] = "bad \ud83d half"
    page = draw(needs)
    page.encode("utf-8")
    assert json.loads(DATA.search(page).group(1))["needs"] == needs  # type: ignore[union-attr]
    assert "bad \ufffd half" in page


def test_numbers_on_the_card_are_those_of_the_need() -> None:
    needs = make_needs(1)
    need = needs["needs"][0]
    need["opportunity"] = {"value": 9.46, "low": 8.04, "high": 10.96}
    need["impact"]["penalty"] = {"value": -1.25, "low": -1.52, "high": -0.98}
    need["share"] = {"value": 0.0321, "low": 0.028, "high": 0.0367}
    card = summarise(needs, make_quality(), make_manifest(), language="en")["cards"][0]
    tiles = {tile["key"]: tile for tile in card["metrics"]}
    assert (tiles["opportunity"]["value"], tiles["opportunity"]["range"]) == ("9.5", "8.0 to 11.0")
    assert (tiles["stars"]["value"], tiles["stars"]["range"]) == ("1.2", "1.0 to 1.5")
    assert (tiles["share"]["value"], tiles["share"]["range"]) == ("3.2%", "2.8% to 3.7%")


@pytest.mark.parametrize(("language", "words"), [("en", "no star ratings"), ("zh", "没有星级评分")])
def test_a_card_without_importance_says_why(language: str, words: str) -> None:
    summary = summarise(make_needs(3, rated=False, months=0), {}, {}, language=language)
    assert all(any(words in note for note in card["notes"]) for card in summary["cards"])
    assert summary["map"]["y_label"] == load_words(language)["map_y_mentions"]
    assert not summary["trends"]["charts"]
    render(summary)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_needs_no_quality_still_a_page(language: str) -> None:
    needs = make_needs(0)
    page = render(summarise(needs, {}, {}, language=language))
    assert load_words(language)["needs_none"] in page


def test_quality_shows_every_reason_and_masked_kind() -> None:
    text = parse(draw(make_needs(1), "zh")).text
    for words in (
        "平台的默认评价",
        "与另一条完全相同",
        "电话号码",
        "电子邮箱",
        "只笼统地说好或不好",
        "6,200",
        "1,200",
    ):
        assert words in text


def test_unknown_codes_are_shown_as_they_are() -> None:
    needs, quality = make_needs(1), make_quality()
    needs["needs"][0]["notes"] = ["brand_new_note"]
    quality["rejected"]["brand_new_reason"] = {"count": 1, "share": 0.1, "examples": ["x"]}
    text = parse(draw(needs, quality=quality)).text
    assert "brand new note" in text
    assert "brand new reason" in text


def test_write_report_takes_the_language_of_the_texts(tmp_path: Path) -> None:
    quality = make_quality() | {"languages": {"zh": 9, "en": 2}}
    for name, plain in (("needs", make_needs(2)), ("quality", quality), ("manifest", make_manifest())):
        write_json(tmp_path / f"{name}.json", plain)
    assert '<html lang="zh-CN">' in write_report(tmp_path, None).read_text("utf-8")
    assert '<html lang="en">' in write_report(tmp_path, "en").read_text("utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "manifest.json", "needs.json", "quality.json", "report.html",
    ]  # fmt: skip


def test_main_language_without_counts() -> None:
    assert main_language(make_needs(2, languages=("zh",)), {}) == "zh"
    assert main_language(make_needs(2, languages=("en",)), {}) == "en"


def test_missing_and_damaged_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"needs\.json"):
        write_report(tmp_path, "en")
    (tmp_path / "needs.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunFolderError, match="not valid JSON"):
        write_report(tmp_path, "en")


def test_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="fr"):
        summarise(make_needs(1), {}, {}, language="fr")


def test_summary_acts_on_what_is_not_mostly_praised() -> None:
    needs = make_needs(5)
    for need, polarity in zip(
        needs["needs"], ("positive", "negative", "positive", "mixed", "positive"), strict=True
    ):
        need["polarity"], need["statement"] = polarity, f"need {need['rank']}"
    act = summarise(needs, {}, {}, language="en")["sentences"][1]
    assert [rank for rank in range(1, 6) if f"need {rank}" in act] == [2, 4]
    for need in needs["needs"]:
        need["polarity"] = "positive"
    assert "No need draws more complaints" in summarise(needs, {}, {}, language="en")["sentences"][1]


def test_quotes_show_their_words_by_weight() -> None:
    needs = make_needs(1)
    quote = needs["needs"][0]["quotes"][0]
    quote["text"] = "fast <b> but\x00 loud, fine"
    weights = {quote["text"]: [WordWeight(0, 4, 0.9), WordWeight(9, 13, 0.01), WordWeight(14, 18, -0.4)]}
    summary = summarise(needs, make_quality(), make_manifest(), language="en", weights=weights)
    drawn = summary["cards"][0]["quotes"][0]
    assert [(p["text"], p["kind"]) for p in drawn["pieces"]] == [
        ("fast", "pos strong"), (" <b> but\ufffd ", ""), ("loud", "neg weak"), (", fine", ""),
    ]  # fmt: skip
    assert drawn["spoken"] == "Sounds negative: \u2068loud\u2069. Sounds positive: \u2068fast\u2069."
    page = render(summary)
    assert '<span class="w pos strong">fast</span> &lt;b&gt; but\ufffd <span class="w neg weak">loud' in page
    assert load_words("en")["shades_none"] not in page
    assert json.loads(DATA.search(page).group(1))["needs"] == needs  # type: ignore[union-attr]


def test_words_that_weigh_next_to_nothing_are_not_shaded() -> None:
    assert shaded("a b", [WordWeight(0, 1, 0.03), WordWeight(2, 3, -0.02)]) == [{"text": "a b", "kind": ""}]
    kinds = [piece["kind"] for piece in shaded("ab", [WordWeight(0, 1, 0.15), WordWeight(1, 2, -0.15)])]
    assert kinds == ["pos weak", "neg weak"], "the heaviest of light words is not strong"


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_model_the_page_says_that_words_are_not_shaded(language: str) -> None:
    page = draw(make_needs(1), language)
    assert load_words(language)["shades_none"] in page
    assert 'class="w ' not in page


def test_quotes_are_weighed_once_each_and_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = make_needs(4)
    needs["needs"][1]["quotes"] = needs["needs"][0]["quotes"]
    texts = list(dict.fromkeys(q["text"] for need in needs["needs"] for q in need["quotes"]))
    models = load_models("linear")
    assert list(weigh_quotes(needs, models)) == texts
    monkeypatch.setattr(shading, "MAX_QUOTES", 2)
    assert list(weigh_quotes(needs, models)) == texts[:2]
