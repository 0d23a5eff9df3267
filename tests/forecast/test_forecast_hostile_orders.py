"""Whatever the orders are like: a clear error with a next step, or a counted correction."""

from __future__ import annotations

import random
from datetime import timedelta

import polars as pl
import pytest
from order_tables import HEADER, MONDAY, lines_of, quantities, read, write
from test_forecast_orders import assert_regular

from unmet.core.errors import InputError, MappingError

SHORT = "order_date,sku,quantity,unit_price"


@pytest.mark.parametrize(
    ("lines", "header", "said"),
    [
        ([], "", "empty|no text|no rows"),
        ([], HEADER, "no rows"),
        (["1,2024-01-05,A1,Name,2,5,c1,tools"], HEADER, "whole week|whole day"),
        (["2024-01-05,A1,0,5", "2024-01-12,A1,0,5"], SHORT, "no sale is left"),
        (["2024-01-05,A1,-1,5", "2024-01-12,A1,-2,5"], SHORT, "no sale is left"),
        (["2024-01-05,A1,nan,5", "2024-01-12,A1,,5"], SHORT, "no sale is left|no numbers|empty"),
        (["2099-01-05,A1,1,5", "2099-01-12,A1,2,5"], SHORT, "no sale is left"),
        (["yesterday,A1,1,5", "today,A1,1,5"], SHORT, "no times with a year"),
        (["x,y", "y,z"], "a,b", "no column was recognised"),
    ],
)  # fmt: skip
def test_nothing_to_forecast_is_a_clear_error(tmp_path, lines, header, said) -> None:
    path = tmp_path / "o.csv"
    path.write_text("\n".join([header, *lines]).strip() + ("\n" if header else ""))
    with pytest.raises(InputError, match=said) as caught:
        read(path)
    assert caught.value.hint


def test_one_product_is_enough(tmp_path) -> None:
    orders = read(write(tmp_path / "o.csv", lines_of(10, ("A1",))), freq="W-MON")
    assert quantities(orders, "A1") == [42.0] * 10


def test_equal_times_are_summed(tmp_path) -> None:
    lines = [f"2024-01-{day:02d},A1,{n},5" for day in range(1, 29) for n in (1, 2, 3)]
    orders = read(write(tmp_path / "o.csv", lines, SHORT), freq="D")
    assert_regular(orders.demand)
    assert quantities(orders, "A1") == [6.0] * 28


def test_a_byte_order_mark_and_quotes(tmp_path) -> None:
    path = tmp_path / "o.csv"
    body = "\r\n".join([f'"{SHORT.replace(",", chr(34) + "," + chr(34))}"', *(
        f'"2024-01-{day:02d}","A1","2","5,00"' for day in range(1, 29))])  # fmt: skip
    path.write_bytes(b"\xef\xbb\xbf" + body.encode())
    orders = read(path, freq="D")
    assert quantities(orders, "A1") == [2.0] * 28
    assert orders.demand["price"].unique().to_list() == [5.0]


def test_decimal_commas_brackets_and_units(tmp_path) -> None:
    lines = [f"{MONDAY + timedelta(days=n)};A1;1,5 kg;1.200,50 €" for n in range(20)]
    lines += [f"{MONDAY + timedelta(days=n)};A1;(1,0);1.200,50 €" for n in range(3)]
    orders = read(write(tmp_path / "o.csv", lines, SHORT.replace(",", ";")), freq="D")
    assert quantities(orders, "A1") == [1.5] * 20
    assert orders.demand["price"][0] == 1200.5
    assert orders.quality["rejected"]["return"]["count"] == 3
    assert orders.quality["units"] == {"kg": 20}


def test_several_currencies_stop_until_one_is_chosen(tmp_path) -> None:
    lines = [f"2024-01-{n % 28 + 1:02d},A{k},1,5,{'USD' if k else 'EUR'}" for n in range(56) for k in (0, 1)]
    path = write(tmp_path / "o.csv", lines, SHORT + ",currency")
    with pytest.raises(InputError, match=r"USD \(56 lines\)") as caught:
        read(path)
    assert "--currency" in (caught.value.hint or "")
    orders = read(path, currency="usd", freq="D")
    assert set(orders.series["series_id"]) == {"A1"}
    assert orders.quality["rejected"]["other_currency"]["count"] == 56
    with pytest.raises(InputError, match="no line is in CHF"):
        read(path, currency="CHF")


def test_several_currency_signs_stop_too(tmp_path) -> None:
    lines = [f"2024-01-{n + 1:02d},A1,1,{'$' if n % 2 else '€'}5.00" for n in range(28)]
    with pytest.raises(InputError, match="several currencies"):
        read(write(tmp_path / "o.csv", lines, SHORT))
    assert read(tmp_path / "o.csv", freq="D", mapping={"price": ""}).demand["price"].null_count() == 28


def test_huge_and_odd_numbers_never_reach_the_series(tmp_path) -> None:
    odd = ["1e300", "-1e300", "NaN", "inf", "-inf", "9" * 400, "1e-300", "0x10", "１２", "½", "=1+1"]
    lines = [*lines_of(8), *(f"9{n},2024-01-10,A1,Name,{text},5,c,tools" for n, text in enumerate(odd))]
    orders = read(write(tmp_path / "o.csv", lines), freq="W-MON")
    assert_regular(orders.demand)
    assert quantities(orders, "A1")[0] == 42.0
    assert orders.demand["quantity"].max() < 100


def test_a_stray_year_does_not_stretch_the_series(tmp_path) -> None:
    stray = ["1,1971-01-01 10:00,A1,Name,2,5,c,tools", "2,2010-01-01 10:00,A1,Name,2,5,c,tools"]
    orders = read(write(tmp_path / "o.csv", [*lines_of(20), *stray]), freq="W-MON")
    assert orders.quality["rejected"]["isolated_time"]["count"] == 2
    assert orders.demand["period_start"].min() == MONDAY


def test_future_lines_end_at_the_day_asked_for(tmp_path) -> None:
    orders = read(write(tmp_path / "o.csv", lines_of(12)), freq="W-MON", as_of=MONDAY + timedelta(days=27))
    assert len(quantities(orders, "A1")) == 4
    assert orders.quality["rejected"]["future_date"]["count"] == 8 * 42
    assert orders.quality["periods"]["as_of"] == "2024-01-28"


def test_the_same_product_and_level_name_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="'total'"):
        read(
            write(tmp_path / "o.csv", lines_of(4, ("total", "A1"))), levels=("product", "total"), freq="W-MON"
        )


@pytest.mark.parametrize(
    "settings",
    [
        {"levels": ("shelf",)}, {"levels": ()}, {"freq": "Q"}, {"horizon": "soon"}, {"horizon": "0w"},
        {"horizon": "99999d"}, {"horizon": "4w", "freq": "MS"}, {"duplicates": "maybe"}, {"currency": "EUR"},
        {"items": "gone.csv"}, {"stockouts": "gone.csv"}, {"wide": "diagonal"},
    ],
    ids=str,
)  # fmt: skip
def test_settings_that_cannot_be_are_told(tmp_path, settings) -> None:
    path = write(tmp_path / "o.csv", lines_of(6))
    with pytest.raises(InputError) as caught:
        read(path, **settings)
    assert caught.value.hint


def test_made_up_dirt_never_ends_in_a_trace(tmp_path) -> None:
    draw = random.Random(11)
    cells = ["", "A1", "2024-01-05", "2024-13-45", "5", "-5", "nan", "1e400", "C1", "\0", '"', "，", "ÿ",
             "12/31/99", "2024-01-05T10:00:00+99:00", "-", "0", "x" * 2000]  # fmt: skip
    told: list[str] = []
    for trial in range(16):
        dirt = [",".join(draw.choice(cells) for _ in range(draw.choice([7, 8, 8, 8, 9]))) for _ in range(40)]
        lines = [*lines_of(4), *dirt] if trial % 2 else dirt
        draw.shuffle(lines)
        path = write(tmp_path / f"o{trial}.csv", lines)
        try:
            orders = read(path)
        except (InputError, MappingError) as error:
            told.append(str(error))
            continue
        assert_regular(orders.demand)
        n_dropped = sum(entry["count"] for entry in orders.quality["rejected"].values())
        assert orders.quality["rows_in"] == orders.quality["rows_kept"] + n_dropped
        assert orders.demand["quantity"].sum() <= orders.quality["units_sold"] + 1e-6
    assert 5 <= len(told) < 16
    assert all(text.startswith("o") for text in told)  # the file is named


def test_lines_without_prices_or_customers_are_enough(tmp_path) -> None:
    lines = [f"2024-01-{day:02d},A1,2" for day in range(1, 29)]
    orders = read(write(tmp_path / "o.csv", lines, "date,product,qty"), freq="D")
    assert orders.demand["price"].null_count() == 28
    assert orders.quality["lines_without_price"] == 28
    assert dict(orders.demand.schema)["price"] == pl.Float64()
