"""`unmet forecast --new`: products without a history stand in the same folder."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta

import numpy as np
import pytest

KINDS = {"lamp": 40, "mug": 8}
"""Kind of product → units a week."""


@pytest.fixture
def orders(tmp_path):
    rng = np.random.default_rng(0)
    start = date(2024, 1, 1)
    lines = []
    for number in range(60):
        kind = "lamp" if number % 2 else "mug"
        for week in range((number % 12) * 2, 40):
            units = int(rng.poisson(KINDS[kind]))
            day = start + timedelta(weeks=week, days=2)
            lines.append(f"{len(lines)},{day},P{number:02},red {kind} number {number},{max(units, 1)},9.50")
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(["order_id,date,sku,title,qty,price", *lines]))
    return path


def table(path):
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_new_products_are_forecast_from_what_is_like_them(unmet, orders, tmp_path) -> None:
    new = tmp_path / "new.csv"
    new.write_text("sku,title,price\nN1,blue lamp,9.5\nN2,blue mug,9.5\n,,\n")
    out = tmp_path / "f"
    code, said, err = unmet(
        "forecast", orders, "--horizon", "4w", "--freq", "W-MON", "--level", "product,total", "--new", new,
        "--out", out,
    )  # fmt: skip
    assert code == 0, err
    assert "2 new products, learned from 60 products" in said
    rows = table(out / "forecast.csv")
    means = {n: sum(float(r["mean"]) for r in rows if r["series_id"] == n) for n in ("N1", "N2")}
    assert len([r for r in rows if r["series_id"] == "N1"]) == 4
    assert means["N1"] > 2 * means["N2"] > 0
    levels = {r["series_id"]: r["level"] for r in table(out / "series.csv")}
    assert (levels["N1"], levels["P00"]) == ("new", "product")
    reasons = table(out / "new_reasons.csv")
    assert all("lamp" in r["near_text"] for r in reasons if r["series_id"] == "N1")
    told = json.loads((out / "manifest.json").read_text())["new_products"]
    assert told["products"] == 2
    assert sum(told["corrections"].values()) == 1


def test_new_products_need_products_to_learn_from(unmet, orders, tmp_path) -> None:
    new = tmp_path / "new.csv"
    new.write_text("sku,title,price\nN1,blue lamp,9.5\n")
    where = ("--freq", "W-MON", "--new", new, "--out", tmp_path / "f")
    code, _, err = unmet("forecast", orders, "--horizon", "4w", "--level", "total", *where)
    assert code == 2
    assert "--level" in err
    new.write_text("sku,title,price\nP01,red lamp,9.5\n")
    code, _, err = unmet("forecast", orders, "--horizon", "4w", *where)
    assert code == 2
    assert "sold already" in err
    assert not (tmp_path / "f").exists()
