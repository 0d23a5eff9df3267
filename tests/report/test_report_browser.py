"""The page in headless Chromium: nothing leaves it, nothing runs in it, everything can be reached."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from report_fixtures import make_hostile, make_manifest, make_needs, make_quality

from unmet.core.records import WordWeight
from unmet.report.page import render
from unmet.report.summary import summarise

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDTHS = (390, 1280)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium binary: bash scripts/install_chromium.sh"),
]

OVERLAPS = """(svg) => {
  const boxes = [...svg.querySelectorAll('.name, .quadrant, .hint')].map((e) => [e.textContent, e.getBBox()]);
  const found = [];
  boxes.forEach(([a, p], i) => boxes.slice(i + 1).forEach(([b, q]) => {
    const across = p.x < q.x + q.width && q.x < p.x + p.width;
    if (across && p.y < q.y + q.height && q.y < p.y + p.height) found.push([a, b]);
  }));
  return found;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


class Watched:
    """A page with everything it said, asked for or popped up."""

    def __init__(self, browser: Any, file: Path, width: int) -> None:
        self.events: list[str] = []
        self.page = browser.new_page(viewport={"width": width, "height": 900})
        self.page.on("console", lambda message: self.events.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.events.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (self.events.append("dialog"), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked(request.url, file))
        self.page.goto(file.as_uri())

    def asked(self, url: str, file: Path) -> None:
        if url.split("#", maxsplit=1)[0] != file.as_uri() and url != "data:,":
            self.events.append(f"request: {url}")


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    pages: list[Watched] = []

    def open_page(
        needs: dict[str, Any],
        language: str,
        width: int,
        *,
        hostile: bool = False,
        weights: dict[str, list[WordWeight]] | None = None,
    ) -> Any:
        file = tmp_path / "report.html"
        quality = make_quality(hostile=hostile)
        summary = summarise(needs, quality, make_manifest(), language=language, weights=weights)
        file.write_text(render(summary), encoding="utf-8")
        pages.append(Watched(browser, file, width))
        return pages[-1].page

    yield open_page
    for watched in pages:
        watched.page.close()
        assert watched.events == []


def shown(page: Any) -> list[str]:
    return page.eval_on_selector_all(".card:not([hidden])", "cards => cards.map(c => c.id)")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_fits_the_screen_and_names_do_not_overlap(opened: Any, language: str, width: int) -> None:
    page = opened(make_needs(60), language, width)
    page.click("#open-all")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    svg = page.query_selector("svg.map.wide" if width > 620 else "svg.map.narrow")
    assert svg.is_visible()
    assert svg.query_selector_all(".name")
    assert svg.evaluate(OVERLAPS) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_hostile_text_neither_runs_nor_breaks_the_page(opened: Any, width: int) -> None:
    page = opened(make_hostile(), "en", width, hostile=True)
    page.click("#open-all")
    for number in page.query_selector_all(".card [data-why=share]"):
        number.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.query_selector("img") is None
    assert page.eval_on_selector(".card:first-child h3", "e => e.children.length") == 0


def test_filters_and_search(opened: Any) -> None:
    needs = make_needs(20)
    page = opened(needs, "en", 1280)
    by_id = {need["id"]: need for need in needs["needs"]}
    assert len(shown(page)) == 20
    page.select_option("[name=language]", "zh")
    assert {by_id[i]["language"] for i in shown(page)} == {"zh"}
    assert page.inner_text("#shown") == "10 of 20 needs shown"
    page.fill("[name=text]", "屏幕")
    assert shown(page)
    assert all("屏幕" in str(by_id[i]) for i in shown(page))
    page.fill("[name=text]", "no such word")
    assert shown(page) == []
    assert page.is_visible("#nothing")
    page.click("[type=reset]")
    page.wait_for_selector("#cards:not(:has(.card[hidden]))")
    page.select_option("[name=polarity]", "negative")
    assert {by_id[i]["polarity"] for i in shown(page)} == {"negative"}


def test_sorting_puts_missing_numbers_last(opened: Any) -> None:
    needs = make_needs(6)
    needs["needs"][0]["importance"] = None
    page = opened(needs, "en", 1280)
    first = shown(page)
    assert first == [need["id"] for need in needs["needs"]]
    page.select_option("[name=sort]", "importance")
    right = sorted(needs["needs"][1:], key=lambda need: -need["importance"]["low"])
    assert shown(page) == [*(need["id"] for need in right), first[0]]


def test_every_number_opens_its_explanation_and_marks_its_quotes(opened: Any) -> None:
    page = opened(make_needs(2), "en", 1280)
    card = page.query_selector(".card")
    for number in card.query_selector_all("[data-why]"):
        number.click()
        assert number.get_attribute("aria-expanded") == "true"
        text = card.query_selector(".why").inner_text()
        assert "unmet trace" in text
        assert card.query_selector(f".why [data-for={number.get_attribute('data-why')}]").is_visible()
        marked = [q.get_attribute("data-quote") for q in card.query_selector_all(".quote.backs")]
        assert marked == (number.get_attribute("data-quotes") or "").split()
    card.query_selector("[data-why=negative_documents]").click()
    assert len(card.query_selector_all(".quote.backs.negative")) == 3
    page.keyboard.press("Escape")
    assert not card.query_selector(".why").is_visible()


def test_keyboard_reaches_and_opens(opened: Any) -> None:
    page = opened(make_needs(12), "en", 1280)
    closed = page.query_selector(".card.closed")
    closed.query_selector(".toggle").focus()
    page.keyboard.press("Enter")
    assert "closed" not in closed.get_attribute("class")
    closed.query_selector("[data-why=share]").focus()
    page.keyboard.press("Space")
    assert closed.query_selector(".why").is_visible()


def test_map_leads_to_the_card(opened: Any) -> None:
    page = opened(make_needs(14), "en", 1280)
    last = page.query_selector("svg.map.wide .point")  # drawn from last to first rank
    last.focus()
    assert last.get_attribute("aria-label") == page.inner_text(".map-hint")
    page.keyboard.press("Enter")
    need = last.get_attribute("data-need")
    page.wait_for_selector(f"#{need}:focus")
    assert page.query_selector(f"#{need} .body").is_visible()


def test_print_hides_the_controls(opened: Any) -> None:
    page = opened(make_needs(2), "zh", 1280)
    page.emulate_media(media="print")
    assert not page.is_visible("#filters")
    assert page.is_visible(".card")


def every_word(needs: dict[str, Any]) -> dict[str, list[WordWeight]]:
    """Weights of all quotes: characters 0–3 positive, 3–6 negative."""
    texts = [quote["text"] for need in needs["needs"] for quote in need["quotes"]]
    return {text: [WordWeight(0, 3, 0.8), WordWeight(3, 6, -0.8)] for text in texts}


STYLE = """e => { const s = getComputedStyle(e);
  return [s.textDecorationLine, s.textDecorationStyle, s.backgroundColor]; }"""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_shaded_words_are_told_apart_without_colour(opened: Any, language: str, width: int) -> None:
    needs = make_needs(2)
    page = opened(needs, language, width, weights=every_word(needs))
    looks = {side: page.eval_on_selector(f".quote .w.{side}", STYLE) for side in ("pos", "neg")}
    assert [look[:2] for look in looks.values()] == [["underline", "solid"], ["underline", "wavy"]]
    assert looks["pos"][2] != looks["neg"][2]
    quote = page.query_selector(".quote")
    shown_text = quote.query_selector("blockquote").inner_text()
    assert shown_text in {q["text"] for need in needs["needs"] for q in need["quotes"]}
    unseen = quote.query_selector(".unseen")
    assert unseen.bounding_box()["width"] <= 1
    assert shown_text[:3] in unseen.text_content()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.emulate_media(media="print")
    for side, style in (("pos", "solid"), ("neg", "wavy")):
        printed = page.eval_on_selector(f".quote .w.{side}", STYLE)
        assert printed == ["underline", style, "rgba(0, 0, 0, 0)"]


def test_shaded_words_do_not_hide_a_phrase_from_the_search(opened: Any) -> None:
    needs = make_needs(4, languages=("en",))
    phrase = needs["needs"][0]["quotes"][0]["text"][:12]  # across the border of two shaded words
    page = opened(needs, "en", 1280, weights=every_word(needs))
    page.fill("[name=text]", phrase)
    assert needs["needs"][0]["id"] in shown(page)


def test_hostile_quotes_stay_text_when_shaded(opened: Any) -> None:
    needs = make_hostile()
    page = opened(needs, "en", 390, hostile=True, weights=every_word(needs))
    page.click("#open-all")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.query_selector("img") is None
