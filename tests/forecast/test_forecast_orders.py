"""Orders become regular series, and every correction is counted and told."""

from __future__ import annotations

import gzip
import json
import random
import zipfile
from datetime import date, timedelta

import polars as pl
import pytest
from order_tables import HEADER, MONDAY, lines_of, quantities, read, write

from unmet.core.errors import InputError, MappingError
from unmet.core.tables import REJECTED
from unmet.forecast.order_lines import read_times
from unmet.forecast.tables import DEMAND, SERIES
from unmet.ingest.times import to_times


def assert_regular(demand: pl.DataFrame) -> None:
    assert dict(demand.schema) == DEMAND
    assert demand.select("series_id", "period_start").is_duplicated().sum() == 0
    assert demand["quantity"].is_finite().all()
    assert demand["quantity"].min() >= 0
    assert demand["observed"].null_count() == 0
    assert demand.equals(demand.sort("series_id", "period_start"))
    ends = demand.group_by("series_id").agg(pl.col("period_start").max())
    assert ends["period_start"].n_unique() == 1


def test_weeks_hold_what_was_sold(tmp_path) -> None:
    orders = read(write(tmp_path / "o.csv", lines_of(12)), freq="W-MON")
    assert_regular(orders.demand)
    assert dict(orders.series.schema) == SERIES
    assert quantities(orders, "A1") == [42.0] * 12
    assert orders.demand["price"].to_list() == [5.0] * 24
    assert orders.demand["observed"].all()
    assert orders.series["name"].to_list() == ["Name A1", "Name B2"]
    assert orders.series["first_sale"].to_list() == [MONDAY, MONDAY]
    assert orders.quality["rows_in"] == orders.quality["rows_kept"] == 12 * 42


@pytest.mark.parametrize(
    "shape", ["csv", "tsv", "gz", "zip", "jsonl", "json", "parquet", "xlsx", "two files"]
)
def test_every_format_gives_the_same_series(tmp_path, shape) -> None:
    lines = lines_of(4)
    plain = write(tmp_path / "o.csv", lines)
    expected = read(plain, freq="W-MON")
    table = pl.read_csv(plain, infer_schema=False)
    path = tmp_path / f"orders.{shape}"
    if shape == "tsv":
        table.write_csv(path, separator="\t")
    elif shape == "gz":
        path.write_bytes(gzip.compress(plain.read_bytes()))
    elif shape == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(plain, "inside.csv")
    elif shape == "jsonl":
        path.write_text("\n".join(json.dumps(row) for row in table.to_dicts()))
    elif shape == "json":
        path.write_text(json.dumps(table.to_dicts()))
    elif shape == "parquet":
        table.with_columns(
            pl.col("order_date").str.to_datetime("%Y-%m-%d %H:%M"), pl.col("quantity").cast(pl.Int64)
        ).write_parquet(path)
    elif shape == "xlsx":
        openpyxl = pytest.importorskip("openpyxl")
        book = openpyxl.Workbook()
        for row in (table.columns, *table.rows()):
            book.active.append(row)
        book.save(path)
    if shape == "two files":
        half = len(lines) // 2
        paths = [write(tmp_path / "1.csv", lines[:half]), write(tmp_path / "2.csv", lines[half:])]
    else:
        paths = [path if shape != "csv" else plain]
    found = read(paths, freq="W-MON")
    assert found.demand.equals(expected.demand)
    assert found.series.equals(expected.series)


def test_chinese_orders_in_gb18030(tmp_path) -> None:
    path = tmp_path / "订单.csv"
    days = [MONDAY + timedelta(days=n) for n in range(28)]
    lines = ["订单编号,下单时间,商品编码,商品名称,购买数量（件）,单价（元）,买家昵称,类目,订单状态,是否促销"]
    lines += [
        f"{n},{d:%Y/%m/%d} 10:00,sku{k},保温杯{k},3,¥12.50,用户{n},杯子,"
        f"{'交易关闭' if n % 7 == 6 else '已完成'},{'是' if n % 2 else '否'}"
        for n, d in enumerate(days)
        for k in (1, 2)
    ]
    path.write_bytes("\n".join(lines).encode("gb18030"))
    orders = read(path, levels=("product", "category", "total"), freq="W-MON")
    assert quantities(orders, "sku1") == [18.0] * 4
    assert quantities(orders, "category:杯子") == [36.0] * 4
    assert quantities(orders, "total") == [36.0] * 4
    assert orders.demand["price"].unique().to_list() == [12.5]
    assert orders.quality["rejected"]["cancelled_order"]["count"] == 8
    promoted = orders.demand.filter(pl.col("series_id") == "sku1")["promotion"].to_list()
    assert promoted == [0.5, 0.5, 0.5, 0.5]


def test_a_column_can_be_named(tmp_path) -> None:
    lines = [f"{MONDAY + timedelta(days=n)};x{n % 2};{n % 3 + 1}" for n in range(40)]
    path = write(tmp_path / "o.csv", lines, header="when;what;how_much")
    with pytest.raises(MappingError, match="product and quantity") as caught:
        read(path)
    assert "how_much" in str(caught.value)
    mapping = {"product": "what", "quantity": "how_much"}
    assert read(path, mapping=mapping, freq="D").demand["quantity"].sum() == sum(n % 3 + 1 for n in range(40))
    ones = read(path, mapping={"product": "what", "quantity": "@1"}, freq="D")
    assert ones.demand["quantity"].sum() == 40
    for wrong in ({"quantity": "gone"}, {"size": "how_much"}):
        with pytest.raises(MappingError):
            read(path, mapping=wrong)


def test_each_line_that_is_no_sale_is_kept_with_its_reason(tmp_path) -> None:
    odd = {
        "99001,not a day,A1,Name,2,5,c1,tools": "time_unreadable",
        "99002,,A1,Name,2,5,c1,tools": "time_missing",
        "99003,2024-01-05,,Name,2,5,c1,tools": "product_missing",
        "99004,2024-01-05,A1,Name,,5,c1,tools": "quantity_missing",
        "99005,2024-01-05,A1,Name,many,5,c1,tools": "quantity_unreadable",
        "99006,2024-01-05,A1,Name,nan,5,c1,tools": "quantity_unreadable",
        "99007,2024-01-05,A1,Name,inf,5,c1,tools": "quantity_unreadable",
        "99008,2024-01-05,A1,Name,1e12,5,c1,tools": "quantity_too_large",
        "99009,2024-01-05,A1,Name,0,5,c1,tools": "quantity_zero",
        "99010,2024-01-05,A1,Name,-3,5,c1,tools": "return",
        "99011,2024-01-05,A1,Name,2,0,c1,tools": "price_not_positive",
        "99012,2024-01-05,A1,Name,2,-5,c1,tools": "price_not_positive",
        "99013,2024-01-05,POST,POSTAGE,1,5,c1,tools": "not_a_product",
        "99014,2024-01-05,A77,Express shipping fee,1,5,c1,tools": "not_a_product",
        "99015,2099-01-05,A1,Name,2,5,c1,tools": "future_date",
        "C99016,2024-01-05,A1,Name,-2,5,c9,tools": "cancelled_order",
        "99017,2024-01-05,A1": "ragged_row",
    }
    rejected = tmp_path / "rejected.parquet"
    orders = read(write(tmp_path / "o.csv", [*lines_of(12), *odd]), rejected, freq="W-MON")
    table = pl.read_parquet(rejected)
    assert dict(table.schema) == REJECTED
    told = {row["row"] - 12 * 42: row["reason"] for row in table.to_dicts()}
    assert [told[place] for place in range(len(odd))] == list(odd.values())
    counts = {reason: entry["count"] for reason, entry in orders.quality["rejected"].items()}
    assert sum(counts.values()) == len(odd) == table.height
    assert orders.quality["rows_in"] - orders.quality["rows_kept"] == len(odd)
    assert quantities(orders, "A1") == [42.0] * 12
    assert orders.quality["not_products"] == {"POST": 1, "A77": 1}
    kept = read(tmp_path / "o.csv", freq="W-MON", keep_all_codes=True)
    assert {"POST", "A77"} <= set(kept.series["series_id"])


def test_orders_called_c_are_no_cancellations_where_all_are(tmp_path) -> None:
    orders = read(write(tmp_path / "o.csv", ["C" + line for line in lines_of(4)]), freq="W-MON")
    assert quantities(orders, "A1") == [42.0] * 4


def test_a_sale_taken_back_within_a_day_is_a_slip_but_a_late_return_is_not(tmp_path) -> None:
    slip = [
        "20001,2024-01-09 09:00,A1,Name,70,5,c77,tools",
        "C20001,2024-01-09 09:20,A1,Name,-70,5,c77,tools",
    ]
    late = ["20002,2024-01-10 09:00,B2,Name,9,5,c78,toys", "C20002,2024-02-20 09:20,B2,Name,-9,5,c78,toys"]
    orders = read(write(tmp_path / "o.csv", [*lines_of(12), *slip, *late]), freq="W-MON", cap_outliers=False)
    assert quantities(orders, "A1")[1] == 42.0
    assert quantities(orders, "B2")[1] == 42.0 + 9.0
    assert orders.quality["rejected"]["cancelled_sale"]["count"] == 1
    assert orders.quality["rejected"]["cancelled_order"]["count"] == 2


def test_repeated_lines_stay_unless_told_and_overlapping_files_count_once(tmp_path) -> None:
    lines = lines_of(4)
    path = write(tmp_path / "o.csv", [*lines, *lines[:5]])
    kept = read(path, freq="W-MON")
    assert kept.quality["repeated_lines_kept"] == 5
    assert kept.demand["quantity"].sum() == 2 * (len(lines) + 5)
    dropped = read(path, freq="W-MON", duplicates="drop")
    assert dropped.quality["rejected"]["repeated_line"]["count"] == 5
    assert dropped.demand["quantity"].sum() == 2 * len(lines)
    other = write(tmp_path / "p.csv", lines[100:])
    both = read([write(tmp_path / "q.csv", lines), other], freq="W-MON")
    assert both.quality["rejected"]["overlap"]["count"] == len(lines) - 100
    assert both.demand["quantity"].sum() == 2 * len(lines)


def test_one_extreme_line_is_capped_and_listed_but_a_size_that_recurs_is_not(tmp_path) -> None:
    once = ["30001,2024-01-10 09:00,A1,Name,5000,5,c1,tools"]
    often = [f"3001{n},2024-01-1{n} 09:00,B2,Name,500,5,c1,toys" for n in range(3)]
    orders = read(write(tmp_path / "o.csv", [*lines_of(12), *once, *often]), freq="W-MON")
    assert orders.capped["product"].to_list() == ["A1"]
    cap = orders.capped["cap"][0]
    assert 2 < cap < 100
    assert quantities(orders, "A1")[1] == pytest.approx(42 + cap)
    assert quantities(orders, "B2")[1] == 42 + 1500
    assert orders.quality["capped"]["lines"] == 1
    assert orders.quality["capped"]["largest"][0]["quantity"] == 5000
    assert quantities(read(tmp_path / "o.csv", freq="W-MON", cap_outliers=False), "A1")[1] == 5042


def test_gaps_are_zeros_and_a_closed_shop_is_not_observed(tmp_path) -> None:
    lines = [line for line in lines_of(12) if not "2024-02-05" <= line.split(",")[1][:10] < "2024-02-12"]
    lines = [
        line for line in lines if not (",B2," in line and "2024-02-19" <= line.split(",")[1] < "2024-02-26")
    ]
    orders = read(write(tmp_path / "o.csv", lines), freq="W-MON")
    assert_regular(orders.demand)
    b2 = orders.demand.filter(pl.col("series_id") == "B2")
    zeros = b2.filter(pl.col("quantity") == 0)
    assert zeros.select("period_start", "observed").rows() == [
        (date(2024, 2, 5), False),
        (date(2024, 2, 19), True),
    ]
    assert orders.quality["periods"]["closed"] == ["2024-02-05"]
    assert orders.quality["periods"]["zeros_filled"] == 3


def test_a_slow_shop_is_not_closed_when_nothing_sells(tmp_path) -> None:
    lines = [f"1{n},{MONDAY + timedelta(days=7 * n)},A1,Name,1,5,c,tools" for n in range(0, 40, 3)]
    orders = read(write(tmp_path / "o.csv", lines), freq="W-MON")
    assert orders.quality["periods"]["closed"] == []
    assert orders.demand["observed"].all()


def test_sundays_are_part_of_the_week_but_a_holiday_is_closed(tmp_path) -> None:
    lines = [
        line for line in lines_of(12, per_day=8) if date.fromisoformat(line.split(",")[1][:10]).weekday() < 6
    ]
    lines = [line for line in lines if not line.split(",")[1].startswith("2024-02-14")]
    orders = read(write(tmp_path / "o.csv", lines), freq="D")
    silent = orders.demand.filter((pl.col("series_id") == "A1") & (pl.col("quantity") == 0))
    observed = dict(silent.select("period_start", "observed").iter_rows())
    assert observed[date(2024, 2, 14)] is False
    assert all(seen for day, seen in observed.items() if day.weekday() == 6)


@pytest.mark.parametrize(("days_more", "n_periods"), [(0, 12), (3, 12), (6, 12), (7, 13)])
def test_an_unfinished_last_week_is_left_out_and_counted(tmp_path, days_more, n_periods) -> None:
    lines = [
        line for line in lines_of(14) if line.split(",")[1][:10] < str(MONDAY + timedelta(84 + days_more))
    ]
    orders = read(write(tmp_path / "o.csv", lines), freq="W-MON")
    assert len(quantities(orders, "A1")) == n_periods
    left = orders.quality["periods"]["last_dropped"]["lines"]
    assert left == (days_more % 7) * 6


def test_the_first_week_is_not_learned_from_if_it_began_before_the_data(tmp_path) -> None:
    lines = [line for line in lines_of(12) if line.split(",")[1][:10] >= "2024-01-05"]
    orders = read(write(tmp_path / "o.csv", lines), freq="W-MON")
    assert orders.quality["periods"]["first_is_partial"]
    assert orders.demand.filter(pl.col("period_start") == MONDAY)["observed"].to_list() == [False, False]


def test_levels_add_up_and_missing_columns_are_told(tmp_path) -> None:
    items = tmp_path / "items.csv"
    items.write_text(
        "sku,title,need\nA1,Axe,splits wood|stays sharp\nB2,Ball,stays sharp\n", encoding="utf-8"
    )
    path = write(tmp_path / "o.csv", lines_of(6, ("A1", "A3", "B2")))
    orders = read(path, freq="W-MON", items=str(items), levels=("product", "category", "need", "total"))
    assert quantities(orders, "category:tools") == [84.0] * 6
    assert quantities(orders, "need:stays sharp") == [84.0] * 6
    assert quantities(orders, "need:splits wood") == [42.0] * 6
    assert quantities(orders, "total") == [126.0] * 6
    assert orders.series.filter(pl.col("series_id") == "A1")["name"].item() == "Axe"
    assert orders.parts.filter(pl.col("parent") == "need:stays sharp")["child"].to_list() == ["A1", "B2"]
    for level in ("need", "segment"):
        with pytest.raises(InputError, match=f"level {level}"):
            read(path, levels=("product", level))


def test_stockouts_are_not_observed(tmp_path) -> None:
    outs = tmp_path / "outs.csv"
    outs.write_text("sku,from,to\nA1,2024-01-08,2024-01-12\nB2,2024-01-15,2024-01-16\n", encoding="utf-8")
    orders = read(write(tmp_path / "o.csv", lines_of(6)), freq="W-MON", stockouts=str(outs))
    hidden = orders.demand.filter(~pl.col("observed")).select("series_id", "period_start").rows()
    assert hidden == [("A1", date(2024, 1, 8))]
    outs.write_text("sku,from,to\nA1,2024-01-08,2024-01-02\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 1"):
        read(tmp_path / "o.csv", freq="W-MON", stockouts=str(outs))


@pytest.mark.parametrize(("chance", "expected"), [(0.9, "D"), (0.3, "W-MON"), (0.045, "MS"), (0.01, "MS")])
def test_the_period_is_found_from_the_data(tmp_path, chance, expected) -> None:
    draw = random.Random(1)
    lines = [
        f"{day},{MONDAY + timedelta(days=day)},A{k},Name,1,5,c,tools"
        for day in range(900)
        for k in range(40)
        if draw.random() < chance
    ]
    orders = read(write(tmp_path / "o.csv", lines))
    assert orders.freq == expected, orders.quality["periods"]["why"]


def test_times_with_a_zone_are_utc_or_the_shops_clock(tmp_path) -> None:
    lines = [
        f"1{n},{MONDAY + timedelta(days=n)}T02:00:00+08:00,A1,Name,{2 if n % 2 else 1},5,c,tools"
        for n in range(30)
    ]
    path = write(tmp_path / "o.csv", lines)
    utc, local = read(path, freq="D"), read(path, freq="D", timezone="Asia/Shanghai")
    assert utc.demand["period_start"][0] == date(2023, 12, 31)
    assert local.demand["period_start"][0] == MONDAY
    assert utc.quality["times_with_zone"] == 30
    with pytest.raises(InputError, match="time zone"):
        read(path, timezone="Mars/Olympus")


def test_row_order_and_chunks_do_not_matter(tmp_path) -> None:
    lines = lines_of(8)
    expected = read(write(tmp_path / "o.csv", lines), freq="W-MON")
    random.Random(3).shuffle(lines)
    shuffled = read(write(tmp_path / "s.csv", lines), freq="W-MON")
    assert shuffled.demand.equals(expected.demand)
    chunked = read(tmp_path / "s.csv", freq="W-MON", chunk_rows=17)
    assert chunked.demand.equals(expected.demand)


def test_unit_changes_are_listed(tmp_path) -> None:
    lines = [
        f"{n},{date(2023, 1 + n // 28, 1 + n % 28)},A1,Name,{'12,1' if n < 168 else '1,12'},c,tools"
        for n in range(336)
    ]
    orders = read(write(tmp_path / "o.csv", lines), freq="MS")
    (change,) = orders.quality["possible_unit_changes"]
    assert (change["product"], change["month"]) == ("A1", "2023-07-01")
    steady = read(write(tmp_path / "p.csv", lines_of(40), HEADER), freq="MS")
    assert steady.quality["possible_unit_changes"] == []


def test_quick_times_are_the_careful_ones() -> None:
    texts = pl.Series(
        """2024-01-05|2024-02-30|2024-01-05 10:30|2024-01-05 25:30|2024-01-05 10:30:59|0001-01-01|2101-01-01|
        1969-12-31 10:00|2024/01/05|2024-01-05T10:30|2024-13-01||x|2024-01-05 24:00""".replace(
            "\n        ", ""
        ).split("|")
    )
    assert read_times(texts, False, None).to_list() == to_times(texts, False).to_list()
