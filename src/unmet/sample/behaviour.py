"""Orders, clicks, searches and chats of a sample shop."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from unmet.sample.banks import Bank, load_bank
from unmet.sample.catalogue import Product
from unmet.sample.composing import product_slots
from unmet.sample.draws import N_DAYS, Draws
from unmet.sample.grammar import draw_any
from unmet.sample.planted import LANGUAGES, PLANTED, PlantedNeed
from unmet.sample.reviewing import START

QUERIES_PER_REVIEW, CHATS_PER_REVIEW = 0.5, 0.1
NEED_QUERY_SHARE, NEED_CHAT_SHARE = 0.40, 0.50
SILENT_SHARE = 0.035  # of searches and of chats: the need no product supplies


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Tables of what customers did, and which searches and chats voice a planted need."""

    customers: pl.DataFrame
    orders: pl.DataFrame
    clicks: pl.DataFrame
    queries: pl.DataFrame
    chats: pl.DataFrame
    query_needs: pl.DataFrame
    chat_needs: pl.DataFrame


def make_behaviour(seed: int, draws: Draws, products: tuple[Product, ...]) -> Behaviour:
    """Make all tables of behaviour. Same draws and seed, same tables."""
    rng = np.random.default_rng([seed, 11])
    queries, query_needs = _queries(random.Random(f"queries {seed}"), draws, products)
    chats, chat_needs = _chats(random.Random(f"chats {seed}"), draws, products)
    return Behaviour(
        _customers(rng, draws), _orders(rng, draws, products), _clicks(rng, draws, products),
        queries, chats, query_needs, chat_needs,
    )  # fmt: skip


def _customers(rng: np.random.Generator, draws: Draws) -> pl.DataFrame:
    n_customers = draws.customer_language.size
    joined = rng.integers(0, 900, n_customers)
    return pl.DataFrame(
        {
            "customer_id": [f"C{c + 1:06d}" for c in range(n_customers)],
            "language": [LANGUAGES[index] for index in draws.customer_language],
            "joined_at": [START.date() - timedelta(days=int(days)) for days in joined],
        }
    )


def _moments(rng: np.random.Generator, day: np.typing.NDArray[np.int64]) -> pl.Series:
    seconds = day * 86_400 + rng.integers(0, 86_400, day.size)
    start = np.datetime64(START, "us")
    return pl.Series(start + (seconds * 1_000_000).astype("timedelta64[us]"))


def _names(letter: str, index: np.typing.NDArray[np.int64], width: int) -> list[str]:
    return [f"{letter}{value + 1:0{width}d}" for value in index.tolist()]


def _orders(rng: np.random.Generator, draws: Draws, products: tuple[Product, ...]) -> pl.DataFrame:
    n_orders = draws.order_product.size
    price = np.array([product.price for product in products])[draws.order_product]
    return pl.DataFrame(
        {
            "order_id": _names("O", np.arange(n_orders), 8),
            "ordered_at": _moments(rng, draws.order_day),
            "customer_id": _names("C", draws.order_customer, 6),
            "product_id": _names("P", draws.order_product, 3),
            "quantity": 1 + (rng.random(n_orders) < 0.06).astype(np.int64),
            "unit_price": np.round(
                price * rng.choice([1.0, 0.95, 0.9, 0.8], n_orders, p=[0.6, 0.2, 0.1, 0.1]), 2
            ),
        }
    )


def _clicks(rng: np.random.Generator, draws: Draws, products: tuple[Product, ...]) -> pl.DataFrame:
    """Clicks before each order: the product bought and others of its category."""
    n_orders = draws.order_product.size
    n_clicks = 1 + rng.poisson(1.2, n_orders)
    order = np.repeat(np.arange(n_orders), n_clicks)
    last = np.r_[np.flatnonzero(np.diff(order)), order.size - 1]  # each order's own click comes last
    names = list(dict.fromkeys(product.category for product in products))
    category = np.array([names.index(product.category) for product in products])
    members = np.stack([np.flatnonzero(category == c)[:5] for c in range(len(names))])
    bought = draws.order_product[order]
    clicked = members[category[bought], rng.integers(0, members.shape[1], order.size)]
    clicked[last] = bought[last]
    day = np.maximum(draws.order_day[order] - rng.integers(0, 4, order.size), 0)
    day[last] = draws.order_day[order][last]
    return pl.DataFrame(
        {
            "session_id": _names("S", order, 8),
            "clicked_at": _moments(rng, day),
            "customer_id": _names("C", draws.order_customer[order], 6),
            "product_id": _names("P", clicked, 3),
            "position": rng.geometric(0.25, order.size),
        }
    )


def _voiced(
    rng: random.Random, bank: Bank, product: Product, manner: str, share: float
) -> tuple[PlantedNeed | None, str | None]:
    """A planted need to voice for this product and its wording, or neither."""
    if rng.random() < SILENT_SHARE:
        need = next(need for need in PLANTED if not need.in_reviews)
    elif rng.random() < share:
        fitting = [
            need
            for need in PLANTED
            if need.in_reviews and product.category in need.categories and bank.language in need.languages
        ]
        need = rng.choices(fitting, [item.complaint_rate + 2 * item.request_rate for item in fitting])[0]
    else:
        return None, None
    lines = bank.needs[need.need_id].lines[manner]
    return need, draw_any(lines, product_slots(bank, product), rng).strip()


def _setting(
    rng: random.Random, draws: Draws, products: tuple[Product, ...]
) -> tuple[int, Bank, Product, datetime]:
    """A customer, that customer's language, a product of interest and a moment."""
    customer = rng.randrange(draws.customer_language.size)
    bank = load_bank(LANGUAGES[draws.customer_language[customer]])
    moment = START + timedelta(seconds=rng.randrange(N_DAYS * 86_400))
    return customer, bank, rng.choice(products), moment


def _queries(
    rng: random.Random, draws: Draws, products: tuple[Product, ...]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows: list[dict[str, Any]] = []
    for _ in range(round(draws.rating.size * QUERIES_PER_REVIEW)):
        customer, bank, product, moment = _setting(rng, draws, products)
        need, text = _voiced(rng, bank, product, "query", NEED_QUERY_SHARE)
        unsupplied = need is not None and not need.in_reviews
        general = draw_any(bank.search["general"], product_slots(bank, product), rng)
        clicked = product.product_id if not unsupplied and rng.random() < 0.62 else None
        rows.append(
            {
                "query": text or general,
                "searched_at": moment,
                "customer_id": f"C{customer + 1:06d}",
                "language": bank.language,
                "n_results": rng.choice((0, 0, 0, 1)) if unsupplied else rng.randint(3, 40),
                "clicked_product_id": clicked,
                "need_id": need.need_id if need else None,
            }
        )
    return _split_truth(rows, "searched_at")


def _chats(
    rng: random.Random, draws: Draws, products: tuple[Product, ...]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows: list[dict[str, Any]] = []
    for index in range(max(20, round(draws.rating.size * CHATS_PER_REVIEW))):
        customer, bank, product, moment = _setting(rng, draws, products)
        need, text = _voiced(rng, bank, product, "chat", NEED_CHAT_SHARE)
        asked = [text or draw_any(bank.search["chat"], bank.slots, rng)]
        silent = need is not None and not need.in_reviews
        turns = [{"role": "customer", "text": asked[0]}]
        turns.append(
            {
                "role": "agent",
                "text": draw_any(bank.search["silent_reply" if silent else "reply"], bank.slots, rng),
            }
        )
        if rng.random() < 0.4:
            asked.append(draw_any(bank.search["chat"], bank.slots, rng))
            turns.append({"role": "customer", "text": asked[1]})
            turns.append({"role": "agent", "text": draw_any(bank.search["reply"], bank.slots, rng)})
        rows.append(
            {
                "chat_id": f"T{index + 1:06d}",
                "created_at": moment,
                "customer_id": f"C{customer + 1:06d}",
                "product_id": None if silent else product.product_id,
                "language": bank.language,
                "text": "\n".join(asked),
                "turns": turns,
                "need_id": need.need_id if need else None,
            }
        )
    return _split_truth(rows, "created_at")


def _split_truth(rows: list[dict[str, Any]], time: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Sort by time and move the truth into a table of its own."""
    table = pl.DataFrame(rows, infer_schema_length=None).sort(time, maintain_order=True)
    needs = table.with_row_index("row").select(pl.col("row").cast(pl.Int64), "need_id")
    return table.drop("need_id"), needs.filter(pl.col("need_id").is_not_null())
