"""Every hostile input through the commands themselves: counted rejections or a message, never a trace."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from unmet.needs.verifying import verify_run


def _hostile_inputs() -> tuple[Any, ...]:
    path = Path(__file__).resolve().parents[1] / "hostile" / "hostile_files.py"
    spec = importlib.util.spec_from_file_location("hostile_files", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules.get("hostile_files") or importlib.util.module_from_spec(spec)
    if "hostile_files" not in sys.modules:
        sys.modules["hostile_files"] = module
        spec.loader.exec_module(module)
    return tuple(module.HOSTILE)


HOSTILE = _hostile_inputs()
MINED = [
    "script.csv", "formulas.csv", "right_to_left.csv", "control.csv", "nul_in_text.csv",
    "mixed_encodings.csv", "ragged.csv", "no_header.csv", "wrong_ratings.csv", "wrong_times.csv",
    "prompt.csv", "surrogate.jsonl",
    "bad_lines.jsonl", "double_names.csv", "climbing.zip", "linked_loop", "formulas.xlsx", "sheets.xlsx",
    "nul.parquet", "empty.csv", "cut.csv.gz", "korean.csv", "cut.parquet", "locked.xlsx", "deep.json",
]  # fmt: skip
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)


def expect_message(outcome: tuple[int, str, str], name: str) -> None:
    code, out, err = outcome
    assert code == 2, (out, err)
    assert name.split(".", maxsplit=1)[0] in err, "the message names the file"
    assert "Traceback" not in out + err
    assert "unexpected" not in err


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_check(unmet, tmp_path, hostile) -> None:
    hostile.make(tmp_path / hostile.name)
    code, out, err = unmet("check", tmp_path / hostile.name, "--json")
    if hostile.error is not None:
        expect_message((code, out, err), hostile.name)
        return
    assert code == 0, err
    rows = hostile.records + sum(hostile.rejected.values())
    cleaning = json.loads(out)["cleaning"]
    assert cleaning["rows_in"] == rows
    assert cleaning["kept"] + sum(entry["count"] for entry in cleaning["rejected"].values()) == rows


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_annotate(unmet, tmp_path, hostile) -> None:
    hostile.make(tmp_path / hostile.name)
    target = tmp_path / "marks.jsonl"
    outcome = unmet("annotate", tmp_path / hostile.name, "--tasks", "sentiment,aspects", "--out", target)
    if hostile.error is not None:
        expect_message(outcome, hostile.name)
        assert not target.exists(), "half a file was left behind"
        return
    assert outcome[0] == 0, outcome
    marks = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert len(marks) == hostile.records + sum(hostile.rejected.values())
    for source in {mark["source"] for mark in marks}:
        rows = [mark["row"] for mark in marks if mark["source"] == source]
        assert rows == list(range(len(rows)))


@pytest.mark.parametrize("name", MINED)
def test_mine(unmet, tmp_path, name) -> None:
    hostile = next(found for found in HOSTILE if found.name == name)
    hostile.make(tmp_path / name)
    outcome = unmet("mine", tmp_path / name, "--out", tmp_path / "run", "--workers", "1", "--json")
    if hostile.error is not None:
        expect_message(outcome, name)
        return
    code, out, err = outcome
    assert code == 0, err
    summary = json.loads(out)
    assert summary["rows_in"] == hostile.records + sum(hostile.rejected.values())
    assert summary["documents"] + sum(summary["rejected_by_reason"].values()) == summary["rows_in"]
    assert verify_run(tmp_path / "run").ok


ATTACKS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(2)>", "</script><script>alert(3)</script>",
    "&lt;script&gt;alert(4)&lt;/script&gt;", "<svg/onload=alert(5)>", '"><iframe src="https://example.com/x">',
    "javascript:alert(6)", '=HYPERLINK("https://example.com","x")', "\u202etxt.exe", "zero\u200bwidth",
    "<style>@import url(https://example.com/a.css)</style>", "{{7*7}}${7*7}", "<!--", "]]>", "\u2028alert(7)",
)  # fmt: skip


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hostile texts, products and file name, mined by the real pipeline."""
    from unmet.core.config import MineConfig, NeedsConfig
    from unmet.pipeline.mine import run_mine

    folder = tmp_path_factory.mktemp("hostile")
    source = folder / "<img src=x onerror=alert(9)>.jsonl"
    texts = ("电池不耐用{}，第{}次充电", "The battery dies {} after {} hours", "屏幕太暗了{}，看了{}遍")
    rows = [
        {
            "text": text.format(attack, n),
            "rating": 1 + n % 5,
            "product": f"{attack} {n % 3}",
            "user": attack + str(n),
        }
        for n, attack in enumerate(ATTACKS * 2)
        for text in texts
    ]
    source.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    config = MineConfig(needs=NeedsConfig(min_mentions=3))
    run_mine([source], folder / "run", config=config, workers=1)
    return folder / "run"


def test_hostile_texts_become_cards(hostile_run) -> None:
    needs = json.loads((hostile_run / "needs.json").read_text("utf-8"))["needs"]
    assert len(needs) >= 2
    products = [product["value"] for need in needs for product in need["segment"]["products"]]
    assert any("<" in product for product in products), "nothing hostile came as far as the cards"
    assert verify_run(hostile_run).ok


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--headless", "--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium binary: bash scripts/install_chromium.sh")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_of_hostile_texts_runs_in_the_page(hostile_run, browser, language) -> None:
    from unmet.pipeline.reporting import redraw_report

    file = redraw_report(hostile_run, language)
    events: list[str] = []
    page = browser.new_page()
    page.on("dialog", lambda dialog: (events.append("dialog"), dialog.dismiss()))
    page.on("pageerror", lambda error: events.append(f"error: {error}"))
    page.on("request", lambda request: events.append(request.url))
    page.goto(file.resolve().as_uri())
    page.wait_for_selector(".card")
    for number in page.query_selector_all(".card:not(.closed) [data-why]"):
        number.click()
    own = {file.resolve().as_uri(), "data:,"}
    assert [event for event in events if event.split("#")[0] not in own] == []
    assert page.query_selector_all("iframe, .card img, .card script, .card style") == []
    page.close()
