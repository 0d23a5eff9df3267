"""Shaded words of a report come from the models that read the run, or the page says that there are none."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from unmet.core.errors import ModelError
from unmet.needs.verifying import verify_run
from unmet.pipeline import reporting
from unmet.pipeline.reporting import redraw_report
from unmet.report.wording import load_words

SHADED = '<span class="w neg strong">'


@pytest.fixture
def run(run_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run_folder, tmp_path / "run"))


def test_mining_shades_the_quotes(run_folder: Path) -> None:
    page = (run_folder / "report.html").read_text("utf-8")
    assert page.count(SHADED) > 10
    assert all(load_words(language)["shades_none"] not in page for language in ("zh", "en"))


def gone(tier: str) -> None:
    raise ModelError("no such tier")


def another_version(tier: str) -> SimpleNamespace:
    return SimpleNamespace(versions={"sentiment": "linear-sentiment@another"})


@pytest.mark.parametrize("load", [gone, another_version])
def test_another_model_shades_nothing_and_the_page_says_so(run, monkeypatch, load) -> None:
    monkeypatch.setattr(reporting, "load_models", load)
    page = redraw_report(run, "en").read_text("utf-8")
    assert SHADED not in page.split('<section id="needs"')[1].split('<div id="cards">')[1]
    assert load_words("en")["shades_none"] in page
    assert verify_run(run).ok
    monkeypatch.undo()
    assert SHADED in redraw_report(run, "en").read_text("utf-8")
