"""The whole shop: determinism, tables, files and the fair match of cards to planted needs."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import json
import os
import time
from pathlib import Path

import polars as pl
import pytest

from unmet.core.errors import InputError
from unmet.sample import Shop, make_shop, make_small_shop, match_by_quotes, match_need, write_shop
from unmet.sample.banks import load_bank
from unmet.sample.planted import PLANTED

TABLES = ("products", "customers", "reviews", "queries", "chats", "clicks", "orders")
TRUTH_TABLES = ("rows", "mentions", "private", "effects", "months", "demand", "queries", "chats")


@pytest.fixture(scope="module")
def shop() -> Shop:
    return make_small_shop()


def test_same_seed_same_shop_other_seed_other_shop(shop: Shop) -> None:
    again, other = make_small_shop(), make_small_shop(1)
    for name in TABLES:
        assert getattr(shop, name).equals(getattr(again, name)), name
    for name in TRUTH_TABLES:
        assert getattr(shop.truth, name).equals(getattr(again.truth, name)), name
    assert not shop.reviews["text"].equals(other.reviews["text"])


def test_the_last_days_sell_like_others(shop: Shop) -> None:
    made = make_shop(3, 1_500)
    days = made.orders.group_by(pl.col("ordered_at").dt.date().alias("day")).len().sort("day")
    usual = days["len"].tail(60).head(50).mean()
    last = days.filter(pl.col("day").is_between(pl.date(2025, 12, 29), pl.date(2025, 12, 31)))["len"]
    assert len(last) == 3
    assert 0.3 * usual < last.mean() < 2.5 * usual
    assert shop.orders["ordered_at"].max() < pl.Series(["2026-01-01"]).str.to_datetime()[0]


def test_placebo_shop_mentions_as_much_but_nothing_matters() -> None:
    placebo = make_shop(0, 600, with_effects=False)
    assert placebo.truth.mentions.height > 300
    assert placebo.truth.effects["effect"].abs().max() == 0.0
    assert placebo.truth.demand["effect_per_10_points"].abs().max() == 0.0


def test_tables_fit_together(shop: Shop) -> None:
    assert shop.reviews.height == 600
    assert shop.products.height == 30
    assert shop.products["category"].n_unique() == 6
    for table in (shop.reviews, shop.clicks, shop.orders):
        assert table["product_id"].is_in(shop.products["product_id"]).all()
        assert table["customer_id"].is_in(shop.customers["customer_id"]).all()
    bought = shop.orders.select("order_id", "product_id", "customer_id", "ordered_at")
    joined = shop.reviews.join(bought, on=["order_id", "product_id", "customer_id"])
    assert joined.height == shop.reviews.height
    assert (joined["created_at"] > joined["ordered_at"]).all()
    times = shop.reviews["created_at"]
    assert times.is_sorted() or times.dt.date().is_sorted()
    assert times.min().year == 2024  # type: ignore[union-attr]
    assert times.max().year == 2025  # type: ignore[union-attr]
    assert 0.45 < (shop.reviews["language"] == "zh").mean() < 0.65  # type: ignore[operator]


def test_rows_count_within_their_source(shop: Shop) -> None:
    for _, group in shop.reviews.group_by("source"):
        assert group["row"].to_list() == list(range(group.height))
    assert shop.truth.rows.select("source", "row").equals(shop.reviews.select("source", "row"))


def test_effects_and_months_count_only_rows_that_are_kept(shop: Shop) -> None:
    kept = shop.truth.mentions.join(
        shop.truth.rows.filter(~pl.col("dropped")), on=["source", "row"], how="semi"
    )
    effects = shop.truth.effects.filter(pl.col("language") == "all")
    for need_id, kind, documents in effects.select("need_id", "kind", "documents").iter_rows():
        found = kept.filter((pl.col("need_id") == need_id) & (pl.col("kind") == kind)).height
        assert found == documents, (need_id, kind)
    for need in PLANTED:
        complaints = effects.filter((pl.col("need_id") == need.need_id) & (pl.col("kind") == "complaint"))
        monthly = shop.truth.months.filter(pl.col("need_id") == need.need_id)["complaining"].sum()
        assert monthly == complaints["documents"].item()


def test_silent_need_is_in_searches_and_chats_only(shop: Shop) -> None:
    (silent,) = shop.truth.need_ids("silent")
    assert silent not in shop.truth.mentions["need_id"].to_list()
    rows = shop.truth.queries.filter(pl.col("need_id") == silent)["row"].to_list()
    assert rows
    searches = shop.queries[rows]
    assert searches["clicked_product_id"].null_count() == len(rows)
    assert searches["n_results"].max() <= 1  # type: ignore[operator]
    assert silent in make_shop(0, 3_000).truth.chats["need_id"].to_list()
    text = "\n".join(shop.reviews["text"])
    assert "双电压" not in text
    assert "dual voltage" not in text


def test_zh_only_need_stays_in_chinese() -> None:
    shop = make_shop(0, 3_000)
    (need_id,) = shop.truth.need_ids("zh_only")
    sources = shop.truth.mentions.filter(pl.col("need_id") == need_id)["source"]
    assert sources.len() > 20
    assert set(sources) == {"reviews_zh.csv"}


def test_files_hold_the_tables(shop: Shop, tmp_path: Path) -> None:
    paths = write_shop(shop, tmp_path / "a")
    assert all(path.exists() for path in paths)
    with paths[0].open(encoding="utf-8", newline="") as stream:
        zh = list(csv.DictReader(stream))
    assert list(zh[0]) == ["评论内容", "评分", "评论时间", "商品名称", "商品编号", "类目", "用户ID"]
    expected = shop.reviews.filter(pl.col("language") == "zh")
    assert [row["评论内容"] for row in zh] == expected["text"].to_list()
    assert [int(row["评分"]) for row in zh] == expected["rating"].to_list()
    with gzip.open(paths[1], "rt", encoding="utf-8") as stream:
        en = [json.loads(line) for line in stream]
    expected = shop.reviews.filter(pl.col("language") == "en")
    assert [row["review_text"] for row in en] == expected["text"].to_list()
    truth = json.loads(paths[-1].read_text(encoding="utf-8"))
    assert truth["mentions"]["need_id"] == shop.truth.mentions["need_id"].to_list()
    assert {need["need_id"] for need in truth["needs"]} == {need.need_id for need in PLANTED}
    again = write_shop(make_small_shop(), tmp_path / "b")
    assert [p.read_bytes() for p in paths] == [p.read_bytes() for p in again]


def test_match_by_quotes_takes_the_majority_and_gives_its_purity(shop: Shop) -> None:
    places: dict[str, list[tuple[str, int, int, int]]] = {}
    for source, row, need_id, start, end in shop.truth.mentions.select(
        "source", "row", "need_id", "start", "end"
    ).iter_rows():
        places.setdefault(need_id, []).append((source, row, start, end))
    packaging, support = places["packaging"], places["after_sales"]
    assert match_by_quotes(packaging[:4], shop.truth) == ("packaging", 1.0)
    assert match_by_quotes([*packaging[:3], support[0]], shop.truth) == ("packaging", 0.75)
    inner = [(source, row, start + 1, end - 1) for source, row, start, end in support[:2]]
    assert match_by_quotes(inner, shop.truth) == ("after_sales", 1.0)
    source, row, _, end = packaging[0]
    beside = (source, row, end + 10_000, end + 10_010)
    assert match_by_quotes([beside, packaging[1]], shop.truth) == ("packaging", 0.5)
    assert match_by_quotes([beside], shop.truth) == (None, 0.0)
    assert match_by_quotes([], shop.truth) == (None, 0.0)
    assert match_by_quotes([("elsewhere.csv", *packaging[0][1:])], shop.truth) == (None, 0.0)


def test_match_need_knows_each_need_by_its_own_words(shop: Shop) -> None:
    for need in PLANTED:
        for language in need.languages:
            words = load_bank(language).needs[need.need_id]
            assert match_need([*words.aspects[:3], *words.opinions[:3]], shop) == need.need_id, language
    assert match_need(["zzz"], shop) is None
    assert match_need([], shop) is None


@pytest.mark.parametrize(("seed", "n_reviews"), [(-1, 600), (0, 10)])
def test_impossible_arguments_are_refused(seed: int, n_reviews: int) -> None:
    with pytest.raises(InputError, match="sample shop"):
        make_shop(seed, n_reviews)


def test_smallest_shop_works() -> None:
    assert make_shop(3, 50).reviews.height == 50


def test_shop_is_frozen(shop: Shop) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        shop.reviews = shop.orders  # type: ignore[misc]


@pytest.mark.timing
def test_six_thousand_reviews_in_six_seconds() -> None:
    before = time.process_time()
    make_shop(9, 6_000)
    assert time.process_time() - before < 6.0


@pytest.mark.real_data
def test_no_text_is_taken_from_public_data(shop: Shop) -> None:
    root = Path(os.environ.get("UNMET_DATA", Path(__file__).parents[3] / "shared" / "data"))
    path = root / "reviews_zh" / "online_shopping_10_cats.csv"
    if not path.exists():
        pytest.skip("public data are not here (UNMET_DATA)")
    public = path.read_text(encoding="utf-8")
    texts = [text for text in shop.reviews.filter(pl.col("language") == "zh")["text"] if len(text) > 16]
    assert len(texts) > 100
    assert not [text for text in texts if text in public]
