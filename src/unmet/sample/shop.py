"""The sample shop: one call makes it, another writes it to files as a shop would export it."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from unmet.core.errors import InputError
from unmet.core.files import atomic_path, write_json
from unmet.sample.behaviour import make_behaviour
from unmet.sample.catalogue import make_products, products_table
from unmet.sample.draws import Draws, draw_shop, realised_effect
from unmet.sample.planted import LANGUAGES, MENTION_KINDS, PLANTED
from unmet.sample.reviewing import START, write_reviews
from unmet.sample.truth import Truth

MIN_REVIEWS = 50
SMALL_REVIEWS = 600


@dataclass(frozen=True, slots=True)
class Shop:
    """A made-up bilingual shop over 2024-01-01 … 2025-12-31, with its ground truth.

    Attributes:
        products, customers, reviews, queries, chats, clicks, orders: tables; see docs/sample-shop.md.
        truth: what was planted and where.
    """

    products: pl.DataFrame
    customers: pl.DataFrame
    reviews: pl.DataFrame
    queries: pl.DataFrame
    chats: pl.DataFrame
    clicks: pl.DataFrame
    orders: pl.DataFrame
    truth: Truth


def make_shop(
    seed: int = 0, n_reviews: int = 6_000, *, with_effects: bool = True, with_incidents: bool = False
) -> Shop:
    """Make a shop. Same arguments, identical shop.

    Args:
        seed: 0 or more.
        n_reviews: review rows, dirt included; at least 50.
        with_effects: ``False`` gives the placebo shop: the same kinds of mentions, but none of them
            changes a rating or an order.
        with_incidents: complaint rates of the needs that cost orders jump for some weeks at a time, product
            by product, around the same mean. Without incidents most rates never change, so past orders
            know everything that a lagged signal could tell (decision 0167).

    Raises:
        InputError: ``seed`` or ``n_reviews`` is out of range.
    """
    if seed < 0:
        raise InputError("the seed of a sample shop must be 0 or more", where=f"seed={seed}")
    if n_reviews < MIN_REVIEWS:
        raise InputError(
            f"a sample shop needs at least {MIN_REVIEWS} reviews", where=f"n_reviews={n_reviews}"
        )
    products = make_products()
    draws = draw_shop(seed, n_reviews, products, with_effects=with_effects, with_incidents=with_incidents)
    written = write_reviews(seed, draws, products)
    behaviour = make_behaviour(seed, draws, products)
    kept = ~written.rows["dropped"].to_numpy()
    truth = Truth(
        seed=seed,
        with_effects=with_effects,
        needs=PLANTED,
        rows=written.rows,
        mentions=written.mentions,
        private=written.private,
        effects=effects_table(draws, kept),
        months=_months_table(draws, kept),
        demand=_demand_table(with_effects),
        queries=behaviour.query_needs,
        chats=behaviour.chat_needs,
    )
    return Shop(
        products_table(products), behaviour.customers, written.reviews, behaviour.queries, behaviour.chats,
        behaviour.clicks, behaviour.orders, truth,
    )  # fmt: skip


def make_small_shop(seed: int = 0) -> Shop:
    """A shop of 600 reviews for fast tests."""
    return make_shop(seed, SMALL_REVIEWS)


def effects_table(draws: Draws, kept: np.typing.NDArray[np.bool_]) -> pl.DataFrame:
    """Realised effects on the recorded rating, by need, language and kind of mention."""
    rows = []
    for language in ("all", *LANGUAGES):
        chosen = kept if language == "all" else kept & (draws.language == LANGUAGES.index(language))
        for k, need in enumerate(PLANTED):
            for state, kind in enumerate(MENTION_KINDS, start=1):
                documents, effect = realised_effect(draws, k, state, chosen)
                rows.append((need.need_id, language, kind, documents, effect))
    return pl.DataFrame(rows, schema=["need_id", "language", "kind", "documents", "effect"], orient="row")


def _months_table(draws: Draws, kept: np.typing.NDArray[np.bool_]) -> pl.DataFrame:
    products = make_products()
    month_of_day = np.array([f"{START + timedelta(days=d):%Y-%m}" for d in range(int(draws.day.max()) + 1)])
    month = month_of_day[draws.day]
    tables = []
    for k, need in enumerate(PLANTED):
        inside = np.array([product.category in need.categories for product in products])[draws.product]
        inside &= np.isin(draws.language, [LANGUAGES.index(language) for language in need.languages])
        chosen = kept & inside
        frame = pl.DataFrame({"month": month[chosen], "complaining": draws.states[chosen, k] == 1})
        tables.append(
            frame.group_by("month")
            .agg(pl.len().cast(pl.Int64).alias("documents"), pl.col("complaining").sum().cast(pl.Int64))
            .sort("month")
            .select(pl.lit(need.need_id).alias("need_id"), "month", "documents", "complaining")
        )
    return pl.concat(tables)


def _demand_table(with_effects: bool) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "need_id": need.need_id,
                "effect_per_10_points": need.demand_effect if with_effects else 0.0,
                "lag_weeks": need.lag_weeks,
            }
            for need in PLANTED
        ]
    )


def write_shop(shop: Shop, folder: Path | str) -> list[Path]:
    """Write the shop as a shop would export it, and the truth beside it.

    Files: ``reviews_zh.csv`` (Chinese headers), ``reviews_en.jsonl.gz``, ``products.csv``,
    ``customers.csv``, ``queries.csv``, ``chats.jsonl``, ``clicks.csv``, ``orders.csv``,
    ``truth.json``. Equal shops give equal bytes.

    Returns:
        The paths, in that order.
    """
    folder = Path(folder)
    zh = shop.reviews.filter(pl.col("language") == "zh")
    en = shop.reviews.filter(pl.col("language") == "en")
    paths = [
        _write_csv(folder / "reviews_zh.csv", _chinese_export(zh)),
        _write_gzip_lines(folder / "reviews_en.jsonl.gz", _english_export(en)),
        _write_csv(folder / "products.csv", shop.products),
        _write_csv(folder / "customers.csv", shop.customers),
        _write_csv(folder / "queries.csv", shop.queries),
        _write_lines(folder / "chats.jsonl", shop.chats),
        _write_csv(folder / "clicks.csv", shop.clicks),
        _write_csv(folder / "orders.csv", shop.orders),
        folder / "truth.json",
    ]
    write_json(paths[-1], shop.truth.to_dict())
    return paths


def _chinese_export(reviews: pl.DataFrame) -> pl.DataFrame:
    return reviews.select(
        pl.col("text").alias("评论内容"),
        pl.col("rating").alias("评分"),
        pl.col("created_at").dt.strftime("%Y-%m-%d %H:%M:%S").alias("评论时间"),
        pl.col("product").alias("商品名称"),
        pl.col("product_id").alias("商品编号"),
        pl.col("category").alias("类目"),
        pl.col("customer_id").alias("用户ID"),
    )


def _english_export(reviews: pl.DataFrame) -> pl.DataFrame:
    return reviews.select(
        pl.col("text").alias("review_text"),
        pl.col("rating").alias("stars"),
        pl.col("created_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ").alias("review_date"),
        pl.col("product").alias("product_name"),
        "product_id",
        "category",
        pl.col("customer_id").alias("user_id"),
    )


def _write_csv(path: Path, table: pl.DataFrame) -> Path:
    with atomic_path(path) as temporary:
        table.write_csv(temporary)
    return path


def _json_lines(table: pl.DataFrame) -> bytes:
    lines = [json.dumps(row, ensure_ascii=False, default=_json_value) for row in table.iter_rows(named=True)]
    return "".join(line + "\n" for line in lines).encode("utf-8")


def _json_value(value: Any) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}"


def _write_lines(path: Path, table: pl.DataFrame) -> Path:
    with atomic_path(path) as temporary:
        temporary.write_bytes(_json_lines(table))
    return path


def _write_gzip_lines(path: Path, table: pl.DataFrame) -> Path:
    with atomic_path(path) as temporary:
        # No time stamp and no name in the header: equal shops give equal bytes.
        temporary.write_bytes(gzip.compress(_json_lines(table), compresslevel=6, mtime=0))
    return path
