"""Verdicts that need the whole input: filler no list knows, and one author's text on many products."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from unmet.ingest.boilerplate import is_repeated_filler
from unmet.ingest.parts import Parts

KEY = "_key"
"""Hash of the folded text, carried by both tables until the merge."""

LINK = "_kept"
"""Number of the kept text that a row is, or repeats; null for rows rejected for other reasons."""

_MIN_REPEATS = 20
_MIN_PASTED_PRODUCTS = 5
_MIN_PASTED_TIMES = 3
_MIN_PASTED_BYTES = 36  # twelve Chinese characters


@dataclass(frozen=True, slots=True)
class LateVerdict:
    """Why every row with a text is rejected after all."""

    reason: str
    detail: str


def find_late_verdicts(parts: Parts, n_rows: int, *, boilerplate: bool, spam: bool) -> dict[int, LateVerdict]:
    """Look at all repeated texts at once.

    A text is pasted if one author put it on at least five products at three or more different times:
    shops repeat one review across the colours of a product, but then its time is the same.

    Returns:
        Verdict by text key.
    """
    if not parts.n:
        return {}
    columns = (KEY, "author_id", "product_id", "created_at")
    rows = pl.concat(
        [
            parts.scan("kept").select(*columns, "folded"),
            parts.scan("rejected").filter(pl.col(LINK).is_not_null()).select(*columns, "folded"),
        ]
    )
    many = rows.group_by(KEY).agg(pl.len().alias("n")).filter(pl.col("n") >= _MIN_PASTED_PRODUCTS)
    repeated = rows.join(many.select(KEY), on=KEY, how="semi").collect(engine="streaming")
    verdicts: dict[int, LateVerdict] = {}
    if spam:
        verdicts |= _pasted(repeated)
    if boilerplate:
        verdicts |= _filler(repeated, n_rows)
    return verdicts


def _pasted(repeated: pl.DataFrame) -> dict[int, LateVerdict]:
    products, times = pl.col("product_id").drop_nulls(), pl.col("created_at").drop_nulls()
    by_author = (
        repeated.filter(pl.col("author_id").is_not_null())
        .filter(pl.col("folded").str.len_bytes() >= _MIN_PASTED_BYTES)
        .group_by(KEY, "author_id")
        .agg(products.n_unique().alias("products"), times.n_unique().alias("times"))
        .filter((pl.col("products") >= _MIN_PASTED_PRODUCTS) & (pl.col("times") >= _MIN_PASTED_TIMES))
    )
    return {
        key: LateVerdict("spam", f"one author put this text on {products} products")
        for key, products in by_author.select(KEY, "products").sort(KEY).iter_rows()
    }


def _filler(repeated: pl.DataFrame, n_rows: int) -> dict[int, LateVerdict]:
    groups = (
        repeated.group_by(KEY)
        .agg(
            pl.len().alias("n"),
            pl.col("author_id").drop_nulls().n_unique().alias("authors"),
            pl.col("author_id").is_not_null().any().alias("has_authors"),
            pl.col("product_id").drop_nulls().n_unique().alias("products"),
            pl.col("folded").first().alias("folded"),
        )
        .filter(pl.col("n") >= _MIN_REPEATS)
        .sort(KEY)
    )
    verdicts: dict[int, LateVerdict] = {}
    for key, n, authors, has_authors, products, folded in groups.iter_rows():
        n_authors = authors if has_authors else n
        if is_repeated_filler(folded, n, n_authors, products, n_rows):
            verdicts[key] = LateVerdict("boilerplate", f"repeated by {n_authors} customers, says nothing")
    return verdicts
