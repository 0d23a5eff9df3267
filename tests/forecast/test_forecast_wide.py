"""Tables with one row or one column per product."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from order_tables import quantities, read

from unmet.core.errors import InputError

ROWS = """code,W0,W1,W2,W3,MIN,Normalized 0,Normalized 1,Normalized 2,Normalized 3
P1,0,3,0,2,0,.1,.2,.3,.4
P2,4,4,,4,4,.1,.2,.3,.4
P3,0,0,0,0,0,.1,.2,.3,.4
"""


def test_rows_with_numbered_periods(tmp_path) -> None:
    path = tmp_path / "w.csv"
    path.write_text(ROWS)
    orders = read(path, wide="rows", start=date(2024, 1, 3), freq="W-MON", levels=("product", "total"))
    assert quantities(orders, "P1") == [3.0, 0.0, 2.0]  # from its first sale on
    assert quantities(orders, "P2") == [4.0, 4.0, 0.0, 4.0]
    assert orders.demand.filter(~pl.col("observed")).select("series_id", "period_start").rows() == [
        ("P2", date(2024, 1, 15))
    ]
    assert quantities(orders, "P3") == [0.0] * 4
    assert quantities(orders, "total") == [4.0, 7.0, 0.0, 6.0]
    assert orders.quality["products_never_sold"] == 1
    assert orders.quality["empty_cells"] == 1
    assert "Normalized 0" in orders.quality["sources"][0]["columns_not_used"]


def test_rows_with_dates_need_no_start_and_come_in_any_order(tmp_path) -> None:
    path = tmp_path / "w.csv"
    path.write_text("sku,category,2024-03-01,2024-01-01,2024-02-01\nA1,tools,3,1,-2\nA2,toys,1,1,1\n")
    orders = read(path, wide="rows", levels=("product", "category"))
    assert orders.freq == "MS"
    assert quantities(orders, "A1") == [1.0, 0.0, 3.0]
    assert quantities(orders, "category:toys") == [1.0, 1.0, 1.0]
    assert orders.quality["negative_cells_as_zero"] == 1


def test_columns_with_and_without_dates(tmp_path) -> None:
    path = tmp_path / "w.csv"
    path.write_text("p 1,p 2,note\n1,5,x\n0,6,y\n2,7,z\n")
    orders = read(path, wide="columns", start=date(2024, 1, 1), freq="MS")
    assert quantities(orders, "p 2") == [5.0, 6.0, 7.0]
    assert orders.quality["sources"][0]["columns_not_used"] == ["note"]
    path.write_text("date,p 1,p 2\n2024-01-03,2,7\n2024-01-01,1,5\n2024-01-02,0,6\n")
    dated = read(path, wide="columns")
    assert (dated.freq, quantities(dated, "p 2")) == ("D", [5.0, 6.0, 7.0])


def test_thousands_of_columns_are_read_in_a_moment(tmp_path) -> None:
    path = tmp_path / "w.csv"
    names = [f"part_{n}_{n * 7}" for n in range(3_000)]
    path.write_text("\n".join([",".join(names), *(",".join(["1"] * 3_000) for _ in range(5))]))
    orders = read(path, wide="columns", start=date(2024, 1, 1), freq="MS")
    assert orders.series.height == 3_000


@pytest.mark.parametrize(
    ("text", "wide", "said"),
    [
        (ROWS, "rows", "no dates"),
        ("a,b\n1,2\n", "rows", "periods"),
        ("code,W0,W1\nP1,0,0\nP2,0,\n", "rows", "every quantity is 0"),
        ("code,W0,W1\nP1,1,1\nP1,2,2\n", "rows", "several rows"),
        ("a,b\nx,y\nz,w\n", "columns", "no column holds numbers"),
        ("date,a\n2024-01-01,1\n2024-01-01,2\n", "columns", "twice"),
        ("date,a\n2024-01-01,1\nsoon,2\n2024-01-03,2\n", "columns", "row 2"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path, text, wide, said) -> None:
    path = tmp_path / "w.csv"
    path.write_text(text)
    start = None if said == "no dates" else date(2024, 1, 1)
    with pytest.raises(InputError, match=said):
        read(path, wide=wide, start=start, freq="W-MON" if start and "date" not in text else None)
