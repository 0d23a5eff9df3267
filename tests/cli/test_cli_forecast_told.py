"""`unmet forecast --signals`, `--previous` and young products on the command line."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import pytest

KINDS = {"lamp": 30, "mug": 6}


def lines_to(path, last_week, *, late=0):
    """Orders of 60 products to a week; ``late`` products began two weeks before it."""
    rng = np.random.default_rng(0)
    start, lines = date(2024, 1, 1), []
    for number in range(60):
        kind = "lamp" if number % 2 else "mug"
        first = last_week - 2 if number < late else (number % 12) * 2
        for week in range(first, last_week):
            day = start + timedelta(weeks=week, days=6)
            units = max(int(rng.poisson(KINDS[kind])), 1)
            lines.append(f"{len(lines)},{day},P{number:02},red {kind} number {number},{units},9.50")
    path.write_text("\n".join(["order_id,date,sku,title,qty,price", *lines]))
    return path


@pytest.fixture
def items(tmp_path):
    rows = [f"P{n:02},red {'lamp' if n % 2 else 'mug'} number {n},9.5" for n in range(60)]
    path = tmp_path / "items.csv"
    path.write_text("\n".join(["sku,title,price", *rows]))
    return path


def test_young_products_and_changes_are_told(unmet, tmp_path, items) -> None:
    shared = ("--freq", "W-MON", "--level", "product,total")
    old, new = tmp_path / "old", tmp_path / "new"
    code, _, err = unmet(
        "forecast", lines_to(tmp_path / "a.csv", 40), "--horizon", "6w", *shared, "--out", old
    )
    assert code == 0, err
    orders = lines_to(tmp_path / "b.csv", 43, late=4)
    with_items = ("--items", items, "--previous", old, "--out", new, "--lang", "zh")
    code, out, err = unmet("forecast", orders, "--horizon", "4w", *shared, *with_items)
    assert code == 0, err
    assert "4 of 4 young products lean on their launch forecast" in out
    assert "3 of its periods are over" in out
    assert "3 periods in common" in out
    assert f"{new}/changes.csv" in out
    manifest = json.loads((new / "manifest.json").read_text("utf-8"))
    assert manifest["young_products"]["handed_over"] == 4
    assert "changes.csv" in manifest["outputs"]
    page = (new / "forecast.html").read_text("utf-8")
    assert "与上次预测相比的变化" in page
    assert "<script" not in page


def test_signals_without_dates_are_exit_2_and_no_run_exit_1(unmet, tmp_path, small_run) -> None:
    orders = lines_to(tmp_path / "a.csv", 40)
    where = ("--horizon", "4w", "--freq", "W-MON", "--out", tmp_path / "f")
    code, _, err = unmet("forecast", orders, *where, "--signals", small_run)
    assert code == 2
    assert "no product of the orders is in the texts" in err
    code, _, err = unmet("forecast", orders, *where, "--signals", tmp_path)
    assert code == 1
    assert "not a run folder" in err
    code, _, err = unmet("forecast", orders, *where, "--previous", tmp_path / "gone")
    assert code == 1
    assert "this is no forecast" in err
    assert not (tmp_path / "f").exists()
