"""Turns the drawn numbers into review rows with texts, dirt and exact truth."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from unmet.sample.banks import load_bank
from unmet.sample.catalogue import CATEGORY_NAMES, Product
from unmet.sample.composing import Written, product_slots, write_review
from unmet.sample.dirt import (
    DIRT_SHARES,
    DROPPED_KINDS,
    PrivatePlace,
    add_html,
    add_private,
    find_original,
    near_copy,
)
from unmet.sample.draws import Draws
from unmet.sample.grammar import Slots, draw_any
from unmet.sample.planted import LANGUAGES, MENTION_KINDS, PLANTED, POLARITY_OF

SOURCES = {"zh": "reviews_zh.csv", "en": "reviews_en.jsonl.gz"}
START = datetime(2024, 1, 1)
SAME_AUTHOR_SHARE = 0.75


@dataclass(slots=True)
class _Sheet:
    """What has been written so far for one language."""

    clean: list[Written] = field(default_factory=list)
    clean_rows: list[int] = field(default_factory=list)
    reviews: list[int] = field(default_factory=list)  # index in the draws, by row
    n_rows: int = 0


@dataclass(frozen=True, slots=True)
class ReviewTables:
    """Reviews and the truth that belongs to their texts."""

    reviews: pl.DataFrame
    rows: pl.DataFrame
    mentions: pl.DataFrame
    private: pl.DataFrame


def write_reviews(seed: int, draws: Draws, products: tuple[Product, ...]) -> ReviewTables:
    """Write every review of a shop. Same draws and seed, same texts."""
    rng = random.Random(f"reviews {seed}")
    n_reviews = draws.rating.size
    kinds = ["", *DIRT_SHARES]
    shares = [1.0 - sum(DIRT_SHARES.values()), *DIRT_SHARES.values()]
    dirt = np.random.default_rng([seed, 7]).choice(len(kinds), n_reviews, p=shares)
    sheets = {language: _Sheet() for language in LANGUAGES}
    slots = _slots_by_product(products)
    reviews, rows, mentions, private = [], [], [], []
    for i in range(n_reviews):
        language, product = LANGUAGES[draws.language[i]], products[draws.product[i]]
        sheet, row = sheets[language], sheets[language].n_rows
        kind = kinds[dirt[i]]
        written, places, copy_of, kind = _write_row(
            kind, language, product, slots[language, product.product_id], draws, i, sheet, rng
        )
        sheet.n_rows += 1
        sheet.reviews.append(i)
        if not kind:
            sheet.clean.append(written)
            sheet.clean_rows.append(row)
        source = SOURCES[language]
        # Most copies are the same customer's review once more; the others are pasted by someone else.
        again = copy_of is not None and rng.random() < SAME_AUTHOR_SHARE
        voice = sheet.reviews[copy_of] if again and copy_of is not None else i
        reviews.append(_review_row(i, voice, source, row, language, products, written.text, draws, rng))
        rows.append((source, row, language, kind or None, kind in DROPPED_KINDS, copy_of))
        mentions += [
            (
                source,
                row,
                s.need_id,
                s.kind,
                POLARITY_OF[s.kind],
                s.kind == "request",
                s.sarcastic,
                s.start,
                s.end,
            )
            for s in written.spans
        ]
        private += [(source, row, place.kind, place.start, place.end) for place in places]
    return ReviewTables(
        pl.DataFrame(reviews, infer_schema_length=None),
        _table(rows, _ROWS),
        _table(mentions, _MENTIONS),
        _table(private, _PRIVATE),
    )


def _slots_by_product(products: tuple[Product, ...]) -> dict[tuple[str, str], Slots]:
    return {
        (language, product.product_id): product_slots(load_bank(language), product)
        for language in LANGUAGES
        for product in products
    }


def _write_row(
    kind: str,
    language: str,
    product: Product,
    slots: Slots,
    draws: Draws,
    i: int,
    sheet: _Sheet,
    rng: random.Random,
) -> tuple[Written, tuple[PrivatePlace, ...], int | None, str]:
    """Text, private places, row it copies and final dirt kind of review ``i``."""
    bank = load_bank(language)
    if kind in ("copy", "near_copy"):
        original = find_original(sheet.clean, language, rng)
        if original is not None:
            text = sheet.clean[original]
            copied = near_copy(text, bank, rng) if kind == "near_copy" else text
            return copied, (), sheet.clean_rows[original], kind
        kind = ""  # nothing to copy yet: an ordinary review, and the truth says so
    if kind in ("boilerplate", "spam"):
        return Written(draw_any(bank.dirt[kind], slots, rng), ()), (), None, kind
    if kind == "empty":
        return Written(rng.choice(("", "", " ", "\n")), ()), (), None, kind
    mentions = [(PLANTED[k].need_id, MENTION_KINDS[s - 1]) for k, s in enumerate(draws.states[i]) if s]
    written = write_review(bank, slots, product.category, mentions, int(draws.rating[i]), rng)
    if kind == "private":
        written, places = add_private(written, bank, slots, rng)
        return written, places, None, kind
    return (add_html(written, rng) if kind == "html" else written), (), None, kind


def _review_row(
    i: int,
    voice: int,
    source: str,
    row: int,
    language: str,
    products: tuple[Product, ...],
    text: str,
    draws: Draws,
    rng: random.Random,
) -> dict[str, Any]:
    """Row ``i``, written at its own time by the customer (and about the order) of review ``voice``."""
    product = products[draws.product[voice]]
    seconds = int(min(max(rng.gauss(15.5, 4.5), 0.0), 23.99) * 3600)
    created = START + timedelta(days=int(draws.day[i]), seconds=seconds)
    return {
        "review_id": f"R{i + 1:07d}",
        "source": source,
        "row": row,
        "language": language,
        "text": text,
        "rating": int(draws.rating[voice]),
        "created_at": created,
        "product_id": product.product_id,
        "product": product.name(language),
        "category": CATEGORY_NAMES[product.category][LANGUAGES.index(language)],
        "customer_id": f"C{int(draws.customer[voice]) + 1:06d}",
        "order_id": f"O{int(draws.review_order[voice]) + 1:08d}",
    }


_ROWS = {
    "source": pl.String, "row": pl.Int64, "language": pl.String, "dirt": pl.String, "dropped": pl.Boolean,
    "copy_of": pl.Int64,
}  # fmt: skip
_MENTIONS = {
    "source": pl.String, "row": pl.Int64, "need_id": pl.String, "kind": pl.String, "polarity": pl.String,
    "is_request": pl.Boolean, "sarcastic": pl.Boolean, "start": pl.Int64, "end": pl.Int64,
}  # fmt: skip
_PRIVATE = {
    "source": pl.String, "row": pl.Int64, "kind": pl.String, "start": pl.Int64, "end": pl.Int64,
}  # fmt: skip


def _table(rows: list[Any], schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema, orient="row")
