"""From orders to stock orders: ids that look like formulas, and stock that the orders themselves tell."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from unmet.core.errors import InputError
from unmet.forecast.inventory.assembling import RestockConfig
from unmet.forecast.inventory.folder import read_forecast_folder
from unmet.forecast.inventory.restock import Restock, restock
from unmet.forecast.running import run_forecast

IDS = ("=A1", "-B2", "@C3", "'=D4", "+E5", "plain6")
LEVEL = {name: 4.0 + 3 * place for place, name in enumerate(IDS)}


def orders_file(path: Path, *, stock: bool) -> Path:
    """Sixteen weeks of lines, two a week; stock falls to 100 minus the week, and is told at some lines."""
    rng = np.random.default_rng(3)
    lines = ["date,sku,qty" + (",stock on hand" if stock else "")]
    for week in range(16):
        for day in (1, 4):
            when = date(2024, 1, 1) + timedelta(weeks=week, days=day)
            for name in IDS:
                told = f",{100 - week}" if day == 4 and not (name == "plain6" and week > 10) else ","
                lines.append(f"{when},{name},{rng.poisson(LEVEL[name]) + 1}" + (told if stock else ""))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    made = {}
    for stock in (True, False):
        at = tmp_path_factory.mktemp("told")
        run_forecast([orders_file(at / "orders.csv", stock=stock)], at / "forecast", horizon="3w")
        made[stock] = at / "forecast"
    return made


def ordered(folder: Path, stock: Path | None) -> Restock:
    return restock(folder, stock, None, RestockConfig(lead_time=14, service_level=0.9))


def test_no_cell_of_a_forecast_starts_a_formula_and_ids_come_back(folders) -> None:
    for path in folders[True].glob("*.csv"):
        cells = [cell for row in path.read_text("utf-8").splitlines() for cell in row.split(",")]
        assert not [cell for cell in cells if cell.lstrip('"').startswith(("=", "@", "+", "-B"))], path.name
    assert set(read_forecast_folder(folders[True]).ids) == set(IDS)


def test_stock_of_risky_ids_is_found(folders, tmp_path) -> None:
    rows = "".join(f"{name},{place}\n" for place, name in enumerate(IDS) if name != "'=D4")
    # A file that was escaped as ours are has one apostrophe more.
    (tmp_path / "stock.csv").write_text("sku,on hand\n" + rows + "''=D4,3\n", encoding="utf-8")
    made = ordered(folders[False], tmp_path / "stock.csv")
    assert dict(made.orders.select("series_id", "on_hand").iter_rows()) == {
        name: float(place) for place, name in enumerate(IDS)
    }
    assert made.left_out.is_empty()


def test_stock_is_taken_from_the_last_order_line_that_tells_it(folders) -> None:
    told = pl.read_csv(folders[True] / "stock.csv", try_parse_dates=True)
    assert dict(told.select("series_id", "as_of").iter_rows())["plain6"] == date(2024, 3, 15)
    made = ordered(folders[True], None)
    found = dict(made.orders.select("series_id", "on_hand").iter_rows())
    assert found == {name: 90.0 if name == "plain6" else 85.0 for name in IDS}
    assert made.counts["stock_from_orders"] == len(IDS)


def test_without_any_stock_it_is_said_what_to_give(folders) -> None:
    with pytest.raises(InputError, match="no stock column"):
        ordered(folders[False], None)
