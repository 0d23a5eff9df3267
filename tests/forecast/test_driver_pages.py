"""Drivers on the page, in the picture and on the command line."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from driven_shop import driven_shop
from order_tables import mean_forecast
from test_planned_prices import orders_of

from unmet.cli.forecast_summary import print_drivers
from unmet.core.errors import InputError, RunFolderError
from unmet.forecast.drivers_page import drivers_section, sentences, steps_of, waterfall
from unmet.forecast.page import write_forecast_page
from unmet.forecast.picture_file import write_forecast_picture
from unmet.forecast.running import run_forecast
from unmet.forecast.settings import OrderSettings


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("driven")
    shop = driven_shop(0, n=5)
    orders_of(shop, place / "plain.csv")
    text = (place / "plain.csv").read_text("utf-8").replace("p00", "<b>p00</b>").replace("p01", "杯子$^")
    (place / "orders.csv").write_text(text, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("unmet.forecast.forecasting.forecast_demand", mean_forecast)
        settings = OrderSettings(freq="W-MON", cap_outliers=False, levels=("product", "total"))
        made = run_forecast(
            [place / "orders.csv"], place / "fc", horizon="4w", settings=settings, country="GB", png=True
        )
    return place / "fc", made


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


@pytest.mark.parametrize(("language", "heading"), [("en", "What drives demand"), ("zh", "需求由什么驱动")])
def test_the_page_tells_drivers_and_draws_parts(folder, tmp_path, language, heading) -> None:
    write_forecast_page(folder[0], tmp_path / "page.html", language)
    page = (tmp_path / "page.html").read_text("utf-8")
    section = page[page.index('id="drivers"') :]
    assert heading in section
    assert "<b>p00" not in page
    assert "&lt;b&gt;p00" in section
    parsed = Tags()
    parsed.feed(section)
    assert parsed.tags.count("svg") == 6  # five products and the shop
    assert parsed.tags.count("rect") == 6 * 8
    assert "Christmas Day" in section
    assert "nan" not in section.lower()
    assert not re.search(r"\{\w+\}", section)


def test_a_folder_of_before_has_a_page_without_drivers(folder, tmp_path) -> None:
    old = tmp_path / "old"
    shutil.copytree(folder[0], old)
    (old / "decomposition.csv").unlink()
    assert drivers_section(old, ["total"], {}, "en") is None
    write_forecast_page(old, tmp_path / "page.html", "en")
    assert 'id="drivers"' not in (tmp_path / "page.html").read_text("utf-8")
    (old / "decomposition.csv").write_text("series_id,mean\na,x\n", "utf-8")
    with pytest.raises(RunFolderError, match="cannot be read"):
        drivers_section(old, ["total"], {}, "en")


def test_bars_stand_where_the_last_one_ends() -> None:
    row = {"base": 10.0, "trend": 2.0, "season": -1.0, "holiday": 0.0, "price": -8.0, "promotion": 0.5}
    row |= {"rest": -4.5, "mean": -1.0}
    steps = steps_of(row)
    assert all(one[2] == other[1] for one, other in pairwise(steps[:7]))
    assert steps[6][2] == pytest.approx(row["mean"])
    words = dict.fromkeys(("base", "rest", "mean"), "x")
    words |= {f"{name}_part": "x" for name in ("trend", "season", "holiday", "price", "promotion")}
    bars = waterfall("t", row, words)["bars"]
    assert [bar["kind"] for bar in bars] == ["base", "up", "down", "up", "down", "up", "down", "mean"]
    assert bars[0]["x"] + bars[0]["width"] == pytest.approx(bars[1]["x"], abs=0.2)
    assert bars[4]["number"] == "\u22128.0"


def test_the_picture_is_a_png(folder, tmp_path, monkeypatch) -> None:
    path = folder[0] / "forecast.png"
    assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    write_forecast_picture(folder[0], tmp_path / "again.png", "en")
    assert (tmp_path / "again.png").read_bytes() == path.read_bytes()
    monkeypatch.setattr("unmet.forecast.picture_file._FONTS", ())
    with pytest.raises(InputError, match="no font here has Chinese"):
        write_forecast_picture(folder[0], tmp_path / "zh.png", "zh")
    write_forecast_picture(folder[0], tmp_path / "again.png", "en")  # a Chinese name gives way to marks


def test_the_command_says_it_in_one_line(folder, capsys) -> None:
    print_drivers(folder[1]["drivers"], "out")
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert re.search(r"1% more price, -[12]\.\d \(-\d\.\d to -\d\.\d\)% demand", said)
    assert re.search(r"a promotion \+\d+% \(\+\d+% to \+\d+%\)", said)
    assert "out/decomposition.csv" in said


def test_refusals_are_said_too(capsys) -> None:
    shop = driven_shop(0, n=3, weeks=20, step=0.0, promotion=None)
    from unmet.forecast.drivers import fit_drivers

    told = fit_drivers(shop.demand, shop.series, horizon=2, freq="W-MON").to_dict()
    told["planned"] = {"rows": 3, "file": "p.csv", "rows_outside": 2, "products_unknown": ["x"]}
    print_drivers(told, "out")
    said = capsys.readouterr().out
    assert "price: cannot be told" in said
    assert "--country" in said
    assert "promotions" not in said.splitlines()[0]
    assert "2  planned rows lie outside" in said
    from unmet.forecast.drivers_page import driver_words

    for language in ("en", "zh"):
        lines = sentences(told, driver_words(language))
        assert len(lines) == 6
        assert not any("{" in line for line in lines)


CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium binary: bash scripts/install_chromium.sh")
def test_the_page_fits_narrow_and_wide_windows_and_asks_for_nothing(folder) -> None:
    from playwright.sync_api import sync_playwright

    address, asked = (folder[0] / "forecast.html").as_uri(), []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for width in (390, 1280):
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.on("request", lambda request: asked.append(request.url))
            page.on("console", lambda message: asked.append(message.text))
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            inside = """() => [...document.querySelectorAll('.fall')].every((svg) => {
                const box = svg.viewBox.baseVal;
                return [...svg.querySelectorAll('text, rect')].every((e) => {
                    const b = e.getBBox();
                    return b.x >= -1 && b.x + b.width <= box.width + 1 && b.y + b.height <= box.height + 4;
                });
            })"""
            assert page.evaluate(inside)
        browser.close()
    assert {url for url in asked if url != "data:,"} == {address}
