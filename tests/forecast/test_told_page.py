"""Sections on changes and signals: both languages say the same, and nobody's words become markup."""

from __future__ import annotations

import json
import shutil
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from inventory_fixtures import make_folder

from unmet.core.errors import RunFolderError
from unmet.forecast.inventory.safe_cells import write_safe_csv
from unmet.forecast.page import write_forecast_page
from unmet.forecast.signal_effects import SIGNAL_EFFECTS
from unmet.forecast.told_page import told_words

HOSTILE = "<img src=x onerror=alert(1)>\"'&amp;</svg><script>1</script>"
CHROMIUM = next(
    (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None
)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag, attrs) -> None:
        self.seen.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data) -> None:
        self.text += data


def told_folder(tmp_path: Path, name: str = "Lamp") -> Path:
    folder = make_folder(tmp_path / "f", {"A": 8.0, "B": 3.0})
    row = {
        "series_id": "A", "name": name, "before": 40.0, "now": 32.5, "change": -7.5, "new_sales": -9.0,
        "model": 2.5, "level": -1.0, "model_before": name, "model_now": "Boosted",
    }  # fmt: skip
    changes = {
        "level": "product", "data_as_of_before": "2025-01-01", "periods": 3, "series": 30,
        "seen": {"periods": 2, "sold": 110.0, "expected": 100.0, "inside_80": 0.825}, "models_changed": 1,
        "ahead": {k: row[k] for k in ("before", "now", "change", "new_sales", "model", "level")},
        "largest": [row],
    }  # fmt: skip
    gains = {
        "category": name, "n_series": 2, "n_origins": 40, "error": 0.2, "gain": 0.01, "gain_low": 0.002,
        "gain_high": 0.02, "placebo_gain": -0.0001, "placebo_low": -0.004, "placebo_high": 0.003,
        "p_value": 0.0125, "kept": True,
    }  # fmt: skip
    signals = {
        "run": "run", "products": 3, "products_of_texts": 4, "matched": 2, "texts": 900, "texts_used": 800,
        "changed_products": 2, "categories": [gains, gains | {"category": "all", "kept": False}],
    }  # fmt: skip
    effects = [("A", name, 0.8, "need:n", name, 0.9), ("B", name, 1.1, "aspect:" + name, "x", 1.05)]
    write_safe_csv(folder / "signal_effects.csv", pl.DataFrame(effects, schema=SIGNAL_EFFECTS, orient="row"))
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8")) | {"changes": changes, "signals": signals}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def page_of(folder: Path, language: str) -> Tags:
    path = folder.parent / f"{language}.html"
    write_forecast_page(folder, path, language)
    found = Tags()
    found.feed(path.read_text("utf-8"))
    return found


def test_both_languages_have_the_same_words() -> None:
    en, zh = told_words("en"), told_words("zh")
    assert en.keys() == zh.keys()
    for key, text in en.items():
        assert sorted(_fields(text)) == sorted(_fields(zh[key])), key


def _fields(text: str) -> list[str]:
    import string

    return [name for _, name, _, _ in string.Formatter().parse(text) if name]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_numbers_stand_there(tmp_path, language) -> None:
    page = page_of(told_folder(tmp_path), language)
    for text in (
        "−7.5",
        "−9.0",
        "+2.5",
        "−1.0",
        "82%",
        "+5.0%",
        "−20%",
        "+10%",
        "0.013",
        "Lamp → Boosted",
        "Product A",
    ):
        assert text in page.text, text
    said = told_words(language)
    assert said["kept"] in page.text
    assert said["null"] in page.text
    assert said["all_products"] in page.text
    assert said["more"].format(n=29) in page.text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_names_are_never_markup(tmp_path, language) -> None:
    page = page_of(told_folder(tmp_path, HOSTILE), language)
    assert not page.seen & {"img", "script"}
    assert "onerror=alert(1)" in page.text


def test_without_what_was_not_asked_for_there_is_no_section(tmp_path) -> None:
    folder = make_folder(tmp_path / "f", {"A": 8.0})
    page = page_of(folder, "en")
    assert told_words("en")["changes_heading"] not in page.text
    assert told_words("en")["signals_heading"] not in page.text


def test_a_damaged_file_is_named(tmp_path) -> None:
    folder = told_folder(tmp_path)
    (folder / "signal_effects.csv").unlink()
    with pytest.raises(RunFolderError, match=r"signal_effects\.csv"):
        write_forecast_page(folder, tmp_path / "x.html", "en")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium binary: bash scripts/install_chromium.sh")
@pytest.mark.parametrize("name", ["Lamp", HOSTILE])
def test_the_page_fits_the_screen(tmp_path, name) -> None:
    from playwright.sync_api import sync_playwright

    folder = told_folder(tmp_path, name)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        for language in ("en", "zh"):
            write_forecast_page(folder, tmp_path / "page.html", language)
            for width in (390, 1280):
                page = browser.new_page(viewport={"width": width, "height": 900})
                events: list[str] = []
                page.on("dialog", lambda dialog, seen=events: (seen.append("dialog"), dialog.dismiss()))
                page.on("console", lambda message, seen=events: seen.append(message.text))
                page.goto((tmp_path / "page.html").as_uri())
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                assert page.query_selector("#changes td.n b").inner_text() == "−7.5"
                assert events == []
                page.close()
        browser.close()
