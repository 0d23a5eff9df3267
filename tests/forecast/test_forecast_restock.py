"""`unmet restock` as a user runs it: files, reasons, what is left out, and errors that say what to do."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from inventory_fixtures import make_folder, write

from unmet.forecast.inventory.durations import parse_duration
from unmet.forecast.inventory.reasons import words
from unmet.forecast.inventory.safe_cells import guarded, restored
from unmet.forecast.page import write_forecast_page
from unmet.forecast.plots import nice_ceiling

RATES = {"A": 20.0, "B": 3.0, "C": 0.2, "D": 50.0, "E": 5.0, "F": 120.0, "=G": 8.0, "H": 0.0001}
NAMES = {"A": "Red lamp", "B": "<script>alert(1)</script> 台灯", "=G": '=HYPERLINK("x")', "F": "\u202eabc"}
STOCK = (
    "sku,on hand,on order,unit\nA,10,5,pcs\nB,0,0,\nC,90,,\nD,400,0,\nE,-3,0,\nZ,4,0,\nF,3,1,case\n"
    "=G,9,0,\nH,30,,stone\n"
)
COSTS = (
    "sku,cost,price,shortage cost,holding cost,pack size,moq\nA,2,5,9,1,12,\nB,1,2,4,1,1,10\nC,3,6,9,1,1,\n"
    "D,1,3,,,10,\nF,$4.50,9,,,24,\n=G,2,3,,,6,\nH,5,9,,,1,\n"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("forecast"), RATES, names=NAMES)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return write(tmp_path / "stock.csv", STOCK), write(tmp_path / "costs.csv", COSTS)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "orders.csv"


@pytest.fixture
def restock(unmet, files, out):
    """Run the command: both files, two weeks of lead time, and options given by name (None: left out)."""

    def run(folder: Path, *flags: str, **options: object) -> tuple[int, str, str]:
        given = {"stock": files[0], "costs": files[1], "lead_time": "2w", "out": out} | options
        words = [(f"--{name.replace('_', '-')}", value) for name, value in given.items() if value is not None]
        return unmet("restock", folder, *(word for pair in words for word in pair), *flags)

    return run


def orders_of(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["series_id"]: row for row in csv.DictReader(stream)}


def test_orders_are_whole_packs_with_reasons_and_both_costs(restock, folder, tmp_path) -> None:
    out = tmp_path / "out" / "orders.csv"
    code, said, err = restock(folder, out=out)
    assert code == 0, err
    rows = orders_of(out)
    assert set(rows) == {"A", "B", "C", "D", "F", "'=G"}  # H and E are left out, Z has no forecast
    assert (
        float(rows["A"]["order_quantity"]) == 60
    )  # up to the 90% quantile of Poisson(60), less 15, in twelves
    assert float(rows["F"]["on_hand"]) == 72  # three cases of 24
    assert float(rows["C"]["order_quantity"]) == 0
    for row in rows.values():
        assert float(row["order_quantity"]) % float(row["pack_size"]) == 0
        assert float(row["cost_with"]) <= float(row["cost_without"])
        assert float(row["pack_more"]) >= 0
        assert row["reason"]
        if float(row["order_quantity"]) > 0:
            assert float(row["pack_less"]) >= 0
            assert float(row["stockout_chance_with"]) < float(row["stockout_chance_without"])
    assert "Red lamp (A): order 60" in said
    assert "80% range" in said
    left = pl.read_csv(out.with_name("left_out.csv"))
    assert dict(left.select("product", "reason").rows()) == {
        "E": "negative_stock", "Z": "no_forecast", "H": "unknown_unit",
    }  # fmt: skip
    assert left.filter(pl.col("product") == "E")["row"].item() == 5
    assert "1 left out: negative_stock" in err


def test_overstock_says_how_long_and_what_to_do(restock, folder, out, tmp_path) -> None:
    stock = write(tmp_path / "s.csv", "sku,stock,on order\nA,10,5\nC,90,0\nD,400,0\nH,30,0\nB,6,60\n")
    restock(folder, stock=stock)
    rows = orders_of(out.with_name("overstock.csv"))
    actions = {name: row["action"] for name, row in rows.items()}
    assert actions == {
        "C": "discount", "D": "stop_ordering", "H": "discount", "B": "cancel_open_orders",
    }  # fmt: skip
    assert float(rows["D"]["cover_weeks"]) == 8.0
    assert float(rows["C"]["money_tied_up"]) == pytest.approx(3 * float(rows["C"]["excess_units"]))


def test_no_sale_for_half_a_year_is_cleared(restock, out, tmp_path) -> None:
    folder = make_folder(tmp_path / "fc", {"A": 20.0, "C": 0.5}, n_past=60)
    table = pl.read_parquet(folder / "demand.parquet")
    silent = (pl.col("series_id") == "C") & (pl.col("period_start") > pl.date(2024, 6, 1))
    sold = pl.when(silent).then(0.0).otherwise("quantity").alias("quantity")
    table.with_columns(sold).write_parquet(folder / "demand.parquet")
    restock(folder)
    row = orders_of(out.with_name("overstock.csv"))["C"]
    assert row["action"] == "clear"
    assert float(row["weeks_without_sale"]) > 26


def test_a_budget_is_kept_and_said(restock, folder) -> None:
    code, said, _ = restock(folder, "--json", budget="300")
    assert code == 0
    result = json.loads(said)
    assert result["counts"]["money"] <= 300
    cut = [row for row in result["orders"] if row["limit"] == "budget"]
    assert cut
    assert all("budget" in row["reason"] for row in cut)
    assert result["left_out"]
    assert json.loads(restock(folder, "--json", budget="0")[1])["counts"]["orders"] == 0


def test_service_level_needs_no_costs(restock, folder, out, tmp_path) -> None:
    stock = write(tmp_path / "s.csv", "sku,stock\nA,0\nB,0\n")
    code, _, err = restock(folder, stock=stock, costs=None, lead_time="14", service_level="0.95")
    assert code == 0, err
    rows = orders_of(out)
    assert float(rows["A"]["stockout_chance_with"]) <= 0.05
    assert rows["A"]["cost_with"] == ""
    assert rows["A"]["money"] == ""


def test_chinese_columns_and_reasons(restock, folder, tmp_path) -> None:
    stock = write(tmp_path / "库存.csv", "商品编号,现有库存,在途,单位\nA,10,5,件\nF,3,1,箱\n")
    costs = write(
        tmp_path / "成本.csv", "商品编号,进价,售价,箱规,起订量,提前期\nA,￥2,5,12,,2周\nF,4.5,9,24,48,10天\n"
    )
    out = tmp_path / "订货.csv"
    code, said, err = restock(folder, stock=stock, costs=costs, lead_time=None, out=out, lang="zh")
    assert code == 0, err
    assert "断货概率" in said
    rows = orders_of(out)
    assert (float(rows["A"]["lead_time_days"]), float(rows["F"]["lead_time_days"])) == (14.0, 10.0)
    assert out.with_name("订货_left_out.csv").exists()
    assert 'lang="zh-CN"' in out.with_suffix(".html").read_text("utf-8")


def test_uncertain_lead_time_needs_more_stock(restock, folder, out) -> None:
    levels = []
    for lead in ("2w", "2w±4d"):
        restock(folder, lead_time=lead)
        levels.append(float(orders_of(out)["A"]["order_up_to"]))
    assert levels[1] > levels[0]


def test_goods_that_go_off_are_ordered_less(restock, folder, out, tmp_path) -> None:
    stock = write(tmp_path / "s.csv", "sku,stock\nB,0\n")
    quantities = []
    for life in ("", "7d"):
        costs = write(
            tmp_path / "c.csv", f"sku,cost,shortage cost,holding cost,shelf life\nB,10,9,1,{life}\n"
        )
        restock(folder, stock=stock, costs=costs, lead_time="1w")
        quantities.append(float(orders_of(out)["B"]["order_quantity"]))
    assert quantities[1] < quantities[0]


def test_missing_stock_rows_are_said_and_can_mean_nothing_there(restock, folder, out, tmp_path) -> None:
    stock = write(tmp_path / "s.csv", "sku,stock\nA,0\nA,3\n")
    _, _, err = restock(folder, stock=stock)
    assert "no_stock_row" in err
    assert "--missing-stock zero" in err
    assert float(orders_of(out)["A"]["on_hand"]) == 3  # two rows of a product are added up
    restock(folder, stock=stock, missing_stock="zero")
    assert float(orders_of(out)["B"]["on_hand"]) == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lead_time": "soon"}, "soon"),
        ({"lead_time": "9w"}, "horizon"),
        ({"service_level": "95"}, "between 0 and 1"),
        ({"lang": "fr"}, "fr"),
        ({"missing_stock": "guess"}, "guess"),
        ({"review": "0d"}, "review"),
        ({"map": "on_hand=gone"}, "gone"),
        ({"stock": "nowhere.csv"}, "nowhere.csv"),
    ],
)
def test_bad_arguments_are_exit_2(restock, folder, out, changes, said) -> None:
    code, _, err = restock(folder, **changes)
    assert code == 2
    assert said in err
    assert "Traceback" not in err
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sku,colour\nA,red\nB,blue\n", "on_hand"),
        ("sku,stock\nA,many\nB,few\n", "many"),
        ("sku,stock\nNO,1\nNEVER,2\n", "no product has"),
        ("", "stock.csv"),
    ],
)
def test_bad_stock_files_name_the_problem(restock, folder, tmp_path, text, said) -> None:
    code, _, err = restock(folder, stock=write(tmp_path / "stock.csv", text))
    assert code == 2
    assert said in err


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("manifest.json", "{"),
        ("manifest.json", '{"freq": "hour"}'),
        ("forecast.csv", "series_id,mean\nA,1\n"),
        ("series.csv", None),
        ("demand.parquet", "no parquet"),
    ],
)
def test_damaged_forecasts_are_refused(restock, tmp_path, name, text) -> None:
    folder = make_folder(tmp_path / "fc", {"A": 2.0})
    if text is None:
        (folder / name).unlink()
    else:
        write(folder / name, text)
    code, _, err = restock(folder)
    assert code == 1
    assert name in err


@pytest.mark.parametrize("problem", ["p90=0.001", "mean=nan", "mean=-1.0"])
def test_forecasts_that_break_the_contract_are_refused(restock, tmp_path, problem) -> None:
    folder = make_folder(tmp_path / "fc", {"A": 20.0, "B": 3.0})
    column, _, value = problem.partition("=")
    table = pl.read_csv(folder / "forecast.csv")
    hit = pl.when(pl.col("series_id") == "B").then(pl.lit(float(value))).otherwise(pl.col(column))
    table.with_columns(hit.alias(column)).write_csv(folder / "forecast.csv")
    code, _, err = restock(folder)
    assert code == 1
    assert "'B'" in err


def test_texts_cannot_become_formulas() -> None:
    texts = pl.DataFrame(
        {"t": ["=1+1", "+x", "-x", "@x", "\tx", "plain", "'=x", "'plain", "a=b", "", " =x", None]}
    )
    safe = texts.select(guarded(pl.col("t")).alias("t"))
    assert not [t for t in safe["t"] if t and re.match(r"\s*[=+\-@\t]", t)]
    assert safe.select(restored(pl.col("t"))).equals(texts)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.outside += [v or "" for k, v in attrs if k in ("src", "href") and v != "data:,"]


def test_the_page_shows_everything_and_runs_nothing(restock, folder, out) -> None:
    restock(folder)
    page = out.with_suffix(".html").read_text("utf-8")
    parsed = Tags()
    parsed.feed(page)
    assert "script" not in parsed.tags
    assert parsed.outside == []
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page
    assert parsed.tags.count("svg") == 4  # A, B, F and =G have an order
    assert "nan" not in page.split("</style>")[1].lower().replace("finance", "")
    assert "negative_stock" in page


def test_a_forecast_has_a_page_of_its_own(folder, tmp_path) -> None:
    for language in ("zh", "en"):
        with pytest.raises(Exception, match="no forecast"):
            write_forecast_page(tmp_path, tmp_path / "x.html", language)
    products = make_folder(tmp_path / "fc", {"A": 2.0, "B": 9.0})
    write_forecast_page(products, tmp_path / "page.html", "en")
    parsed = Tags()
    parsed.feed((tmp_path / "page.html").read_text("utf-8"))
    assert parsed.tags.count("svg") == 2
    assert "rect" not in parsed.tags


def test_both_languages_have_the_same_words() -> None:
    assert words("zh").keys() == words("en").keys()
    for key, text in words("en").items():
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", words("zh")[key])), key


@pytest.mark.parametrize(
    ("text", "days"), [("2w", 14), ("10", 10), ("3 周", 21), ("1个月", 365.25 / 12), ("1.5 days", 1.5)]
)
def test_lengths_of_time(text: str, days: float) -> None:
    assert parse_duration(text, what="x").days == pytest.approx(days)


def test_axes_end_at_round_numbers() -> None:
    assert [nice_ceiling(x) for x in (0, 0.3, 7, 10, 34, 120)] == [1.0, 0.5, 10.0, 10.0, 50.0, 200.0]


def test_same_input_same_bytes(restock, folder, tmp_path) -> None:
    written = []
    for name in ("a", "b"):
        out = tmp_path / name / "orders.csv"
        restock(folder, lead_time="10d", out=out)
        written.append([out.read_bytes(), out.with_suffix(".html").read_bytes()])
    assert written[0] == written[1]
