"""`unmet forecast` on the command line."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest


@pytest.fixture
def orders(tmp_path):
    path = tmp_path / "orders.csv"
    start = date(2024, 1, 1)
    lines = [
        f"{1000 + day},{start + timedelta(days=day)},A{product},Thing {product},{1 + day % 3},9.50"
        for day in range(140)
        for product in range(3)
    ]
    path.write_text("\n".join(["order_id,date,sku,title,qty,price", *lines, "1,soon,A1,Thing,1,1"]))
    return path


def test_a_forecast_in_words_and_in_json(unmet, orders, tmp_path) -> None:
    weekly = ("--freq", "W-MON", "--out", tmp_path / "f")
    code, out, err = unmet("forecast", orders, "--horizon", "4w", "--level", "product,total", *weekly)
    assert code == 0, err
    assert "421 lines read, 420 are sales, 1 dropped" in out
    assert "time_unreadable" in out
    assert "quantity ← qty" in out
    assert "20 weeks from 2024-01-01 to 2024-05-19" in out
    assert "levels add up" in out
    assert "next 4 weeks (2024-05-20 to 2024-06-10)" in out
    assert "models:" in out
    code, out, err = unmet("forecast", orders, "--horizon", "2w", *weekly, "--json")
    assert code == 0, err
    made = json.loads(out)
    assert {"freq", "horizon", "models", "quality", "summary", "inputs", "versions", "seconds"} <= made.keys()
    assert (made["freq"], made["horizon"]) == ("W-MON", 2)


def test_a_backtest_of_levels_tells_each_by_itself(unmet, orders) -> None:
    asked = ("backtest", orders, "--horizon", "2w", "--origins", "2", "--freq", "W-MON", "--level")
    code, out, err = unmet(*asked, "product,total")
    assert code == 0, err
    assert out.index("== product ==") < out.index("3 series, 2 periods") < out.index("== total ==")
    assert "1 series, 2 periods" in out
    code, out, err = unmet(*asked, "product,total", "--json")
    assert code == 0, err
    assert {name: part["series"] for name, part in json.loads(out)["levels"].items()} == {
        "product": 3,
        "total": 1,
    }
    code, out, err = unmet(*asked, "total", "--json")
    assert json.loads(out)["series"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("{orders}",),
        ("{orders}", "--horizon", "never"),
        ("gone.csv", "--horizon", "4w"),
        ("{orders}", "--horizon", "4w", "--freq", "MS"),
        ("{orders}", "--horizon", "4w", "--level", "shelf"),
        ("{orders}", "--horizon", "4w", "--level", "need"),
        ("{orders}", "--horizon", "4w", "--map", "quantity=gone"),
        ("{orders}", "--horizon", "4w", "--map", "size=qty"),
        ("{orders}", "--horizon", "4w", "--start", "tomorrow"),
        ("{orders}", "--horizon", "4w", "--reconcile", "magic"),
        ("{orders}", "--horizon", "4w", "--wide", "rows"),
        ("{orders}", "--horizon", "4w", "--timezone", "Mars/Olympus"),
    ],
    ids=" ".join,
)
def test_what_the_user_got_wrong_is_exit_2(unmet, orders, tmp_path, arguments) -> None:
    out = tmp_path / "f"
    code, said, err = unmet("forecast", *(a.format(orders=orders) for a in arguments), "--out", out)
    assert code == 2, err
    assert "Traceback" not in said + err
    assert "unexpected" not in err
    assert not out.exists()


def test_a_folder_of_something_else_is_exit_1(unmet, orders, tmp_path) -> None:
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "x").write_text("x")
    code, _, err = unmet("forecast", orders, "--horizon", "4w", "--out", tmp_path / "f")
    assert code == 1
    assert "no forecast" in err
