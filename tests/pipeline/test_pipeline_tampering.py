"""One changed byte anywhere in a run, and verify fails and says where."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from unmet.core.errors import RunFolderError
from unmet.forecast.running import run_forecast
from unmet.forecast.settings import OrderSettings
from unmet.needs.verifying import verify_run
from unmet.pipeline.reporting import redraw_report


@pytest.fixture
def run(run_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run_folder, tmp_path / "run"))


def change_byte(file: Path, at: int) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)


def first_ascii_letter(data: bytes, start: int) -> int:
    return next(i for i in range(start, len(data)) if chr(data[i]).isascii() and chr(data[i]).isalnum())


def a_quote(run: Path) -> str:
    """A letter of a quote in needs.json becomes another."""
    file = run / "needs.json"
    need = json.loads(file.read_text("utf-8"))["needs"][0]
    found = need["quotes"][0]["text"]
    data = file.read_bytes()
    start = data.index(json.dumps(found, ensure_ascii=False).encode()) + 1
    letter = next(i for i, character in enumerate(found) if character.isalnum())
    swapped = found[:letter] + ("q" if found[letter] != "q" else "p") + found[letter + 1 :]
    file.write_bytes(data[:start] + swapped.encode() + data[start + len(found.encode()) :])
    return f"{need['id']} quotes[0].text"


def a_number(run: Path) -> str:
    """One digit of one card."""
    file = run / "needs.json"
    need = json.loads(file.read_text("utf-8"))["needs"][0]
    data = file.read_bytes()
    at = data.index(b'"share"') if b'"share"' in data else 0
    at = data.index(b'"value":', data.index(b'"share": {')) + len(b'"value": ')
    digit = next(i for i in range(at, at + 12) if chr(data[i]) in "123456789")
    file.write_bytes(data[:digit] + (b"8" if data[digit : digit + 1] != b"8" else b"7") + data[digit + 1 :])
    return need["id"]


def a_statement(run: Path) -> str:
    """One letter of a statement in needs.json becomes another."""
    file = run / "needs.json"
    need = json.loads(file.read_text("utf-8"))["needs"][2]
    found = need["statement"]
    at = next(i for i, character in enumerate(found) if character.isalpha())
    swapped = found[:at] + ("q" if found[at] != "q" else "p") + found[at + 1 :]
    key = f'"statement": {json.dumps(found, ensure_ascii=False)}'
    text = file.read_text("utf-8")
    assert text.count(key) == 1
    changed = key.replace(json.dumps(found, ensure_ascii=False), json.dumps(swapped, ensure_ascii=False))
    file.write_text(text.replace(key, changed), "utf-8")
    return f"needs.json {need['id']} statement: expected {found!r}, found {swapped!r}"


def a_term(run: Path) -> str:
    """One letter of what a need is called."""
    file = run / "needs.json"
    need = json.loads(file.read_text("utf-8"))["needs"][0]
    found = need["aspect_terms"][0]["value"]
    text = file.read_text("utf-8")
    at = text.index(f'"{found}"', text.index('"aspect_terms"', text.index(need["id"]))) + 1
    file.write_text(text[:at] + "q" + text[at + 1 :], "utf-8")
    return f"needs.json {need['id']} aspect_terms[0].value: expected {found!r}"


def an_id(run: Path) -> str:
    """One digit of a need's id, everywhere in needs.json."""
    file = run / "needs.json"
    need = json.loads(file.read_text("utf-8"))["needs"][0]["id"]
    other = need[:-1] + ("0" if need[-1] != "0" else "1")
    file.write_text(file.read_text("utf-8").replace(need, other), "utf-8")
    return f"needs.json {need} card: expected 'a card for this need'"


def documents(run: Path) -> str:
    file = run / "documents.parquet"
    change_byte(file, file.stat().st_size // 3)
    return "documents.parquet"


def rejected(run: Path) -> str:
    file = run / "rejected.parquet"
    change_byte(file, file.stat().st_size // 3)
    return "rejected.parquet"


def page_words(run: Path) -> str:
    """A byte of the page outside its data."""
    file = run / "report.html"
    change_byte(file, first_ascii_letter(file.read_bytes(), file.read_bytes().index(b"<h1")) + 4)
    return "report.html"


def page_data(run: Path) -> str:
    """A digit of the data that the page draws."""
    file = run / "report.html"
    data = file.read_bytes()
    at = data.index(b'"mentions":', data.index(b'id="unmet-data"')) + len(b'"mentions":')
    digit = next(i for i in range(at, at + 5) if chr(data[i]).isdigit())
    file.write_bytes(data[:digit] + (b"3" if data[digit : digit + 1] != b"3" else b"4") + data[digit + 1 :])
    return "report.html"


def manifest(run: Path) -> str:
    file = run / "manifest.json"
    file.write_text(file.read_text("utf-8").replace('"documents": ', '"documents": 1', 1), "utf-8")
    return "manifest.json"


@pytest.mark.parametrize(
    "tamper",
    [a_quote, a_number, a_statement, a_term, an_id, documents, rejected, page_words, page_data, manifest],
    ids=lambda f: f.__name__,
)
def test_one_changed_byte_is_found_and_named(run: Path, tamper: Callable[[Path], str]) -> None:
    assert verify_run(run).ok
    named = tamper(run)
    try:
        outcome = verify_run(run)
    except RunFolderError as error:  # a table that cannot be read at all
        told = str(error)
    else:
        assert not outcome.ok
        told = "\n".join(str(difference) for difference in outcome.differences)
    assert named in told


@pytest.mark.parametrize("name", ["needs.json", "documents.parquet", "report.html", "quality.json"])
def test_a_missing_file_is_named(run: Path, name: str) -> None:
    (run / name).unlink()
    try:
        told = "\n".join(str(difference) for difference in verify_run(run).differences)
    except RunFolderError as error:
        told = str(error)
    assert name in told


def test_a_redrawn_report_still_verifies(run: Path) -> None:
    before = (run / "report.html").read_bytes()
    redraw_report(run, "zh")
    zh = (run / "report.html").read_bytes()
    redraw_report(run, "en")
    assert zh != (run / "report.html").read_bytes()
    assert before in (zh, (run / "report.html").read_bytes())
    assert verify_run(run).ok


def test_a_report_with_a_forecast_verifies_and_needs_the_runs_own_tables(run: Path, tmp_path: Path) -> None:
    documents = pl.read_parquet(run / "documents.parquet").drop_nulls("product_id")
    products = documents["product_id"].value_counts(sort=True)["product_id"].head(2).to_list()
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(0, 210, 3)]
    lines = [(day, product, 1 + n % 3) for n, day in enumerate(days) for product in products]
    orders = tmp_path / "orders.csv"
    pl.DataFrame(lines, schema=["time", "product", "quantity"], orient="row").write_csv(orders)
    run_forecast([orders], tmp_path / "forecast", horizon="4w", settings=OrderSettings(freq="W-MON"))
    page = redraw_report(run, "en", tmp_path / "forecast").read_text("utf-8")
    assert 'id="selling"' in page
    assert page.count('<figure class="demand">') == 2
    for target in re.findall(r'<li><a href="#(need-[0-9a-f]+)">', page):
        assert f'id="{target}"' in page
    assert verify_run(run).ok
    assert 'id="selling"' not in redraw_report(run, "en").read_text("utf-8")
    change_byte(run / "mentions.parquet", 1_000)
    with pytest.raises(RunFolderError, match="damaged"):
        redraw_report(run, "en", tmp_path / "forecast")
