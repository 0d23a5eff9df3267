"""Documents and mentions lined up for counting, and the plain counts of a need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.errors import RunFolderError
from unmet.core.records import Count, Segment
from unmet.core.tables import positions_of
from unmet.needs.identity import normal_term, normal_terms

TOP_VALUES = 5
TOP_TERMS = 8

_COUNTED = (
    "mention_id",
    "document_id",
    "start",
    "end",
    "aspect",
    "opinion",
    "polarity",
    "is_request",
    "typicality",
    "need_id",
)
"""Mention columns that the numbers of a need are computed from."""
_CONTEXT = ("language", "rating", "product_id", "product", "category")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the numbers are computed from, in one fixed order whatever the input's order.

    ``documents`` is sorted by ``document_id`` with its index as ``position``. ``mentions`` holds the
    mentions of needs only, sorted, with ``position`` instead of the document's id, ``need`` (index into
    ``need_ids``), ``unmet`` (negative or a request) and ``score`` (satisfaction: positive 1, neutral 0.5,
    unmet 0).
    ``pairs`` has one row per need and document, sorted by both: ``negative``, ``positive``,
    ``unmet`` (booleans: any mention) and ``score`` (mean over the document's mentions).
    """

    documents: pl.DataFrame
    mentions: pl.DataFrame
    pairs: pl.DataFrame
    need_ids: tuple[str, ...]

    def positions(self, need: int, column: str | None = None) -> NDArray[np.int64]:
        """Documents of a need; with ``column`` only those where that boolean holds."""
        chosen = self.pairs.filter(pl.col("need") == need)
        if column is not None:
            chosen = chosen.filter(pl.col(column))
        return chosen["position"].to_numpy().astype(np.int64)

    def parts(self) -> dict[int, pl.DataFrame]:
        """The mentions of every need: views of ``mentions``, which is sorted by need."""
        sizes = self.mentions.group_by("need", maintain_order=True).len()
        ends = sizes["len"].cum_sum().to_list()
        found = zip(sizes["need"].to_list(), sizes["len"].to_list(), ends, strict=True)
        return {need: self.mentions.slice(end - size, size) for need, size, end in found}

    def without(self, needs: Sequence[str]) -> Evidence:
        """The same evidence as if these needs had no mentions."""
        kept = [need for need in self.need_ids if need not in set(needs)]
        numbers = {self.need_ids.index(need): new for new, need in enumerate(kept)}

        def renumbered(rows: pl.DataFrame) -> pl.DataFrame:
            own = rows.filter(pl.col("need").is_in(list(numbers)))
            return own.with_columns(pl.col("need").replace_strict(numbers, return_dtype=pl.Int64()))

        return Evidence(self.documents, renumbered(self.mentions), renumbered(self.pairs), tuple(kept))


def line_up(documents: pl.DataFrame, mentions: pl.DataFrame | pl.LazyFrame) -> Evidence:
    """Join mentions of needs to their documents.

    Raises:
        RunFolderError: a document id occurs twice, or a mention's document is missing.
    """
    ordered = documents.sort("document_id").with_row_index("position")
    ordered = ordered.with_columns(pl.col("position").cast(pl.Int64))
    if ordered["document_id"].n_unique() != ordered.height:
        raise RunFolderError("a document_id occurs twice in the documents")
    chosen = mentions.lazy().filter(pl.col("need_id").is_not_null()).select(_COUNTED).collect()
    need_ids = chosen["need_id"].unique().sort()
    position = positions_of(chosen["document_id"], ordered["document_id"])
    if position.null_count():
        missing = chosen["document_id"].filter(position.is_null())[0]
        raise RunFolderError("a mention points at a document that is not there", where=missing)
    joined = (
        chosen.drop("document_id", "need_id")
        .with_columns(
            positions_of(chosen["need_id"], need_ids).cast(pl.Int64).alias("need"),
            position.cast(pl.Int64),
        )
        .with_columns(_mood())
        .with_columns(_score())
        .sort("need", "position", "start", "end", "mention_id")
    )
    return Evidence(ordered, joined, _pairs(joined), tuple(need_ids))


def _mood() -> list[pl.Expr]:
    polarity = pl.col("polarity").fill_null("neutral")
    request = pl.col("is_request").fill_null(False)
    return [
        polarity.alias("polarity"),
        request.alias("is_request"),
        (request | (polarity == "negative")).alias("unmet"),
    ]


def _score() -> pl.Expr:
    positive = pl.when(pl.col("polarity") == "positive").then(1.0).otherwise(0.5)
    return pl.when(pl.col("unmet")).then(0.0).otherwise(positive).alias("score")


def _pairs(joined: pl.DataFrame) -> pl.DataFrame:
    return (
        joined.group_by("need", "position")
        .agg(
            (pl.col("polarity") == "negative").any().alias("negative"),
            ((pl.col("polarity") == "positive") & ~pl.col("is_request")).any().alias("positive"),
            pl.col("unmet").any(),
            pl.col("score").mean(),
        )
        .sort("need", "position")
    )


def mood_of(unmet_documents: int, positive_documents: int) -> str:
    """Polarity of a need: a side holding two thirds of the opinions decides, else ``mixed``."""
    total = unmet_documents + positive_documents
    if total == 0:
        return "neutral"
    if 3 * unmet_documents >= 2 * total:
        return "negative"
    return "positive" if 3 * positive_documents >= 2 * total else "mixed"


def top_counts(values: pl.Series, total: int, limit: int = TOP_VALUES) -> tuple[Count, ...]:
    """Most frequent values with their share of ``total``; ties in order of value; nulls left out."""
    table = values.drop_nulls().alias("value").value_counts(name="n")
    table = table.filter(pl.col("value") != "").sort(["n", "value"], descending=[True, False])
    return tuple(Count(value, n, n / total) for value, n in table.head(limit).iter_rows())


def phrases(mentions: pl.DataFrame, column: str, total: int, limit: int = TOP_VALUES) -> tuple[Count, ...]:
    """Most frequent phrases of a text column, case and blanks ignored."""
    folded = mentions.select(normal_terms(pl.col(column)))
    return top_counts(folded.to_series(), total, limit)


def aspect_counts(mentions: pl.DataFrame, terms: Sequence[str]) -> tuple[Count, ...]:
    """Counts of the given aspect terms in their order (absent ones left out), else the top ones."""
    total = mentions.height
    counted = phrases(mentions, "aspect", total, limit=total)
    by_value = {count.value: count for count in counted}
    found = ((term, by_value.get(normal_term(term))) for term in terms)
    named = tuple(Count(term, count.mentions, count.share) for term, count in found if count)
    return named or counted[:TOP_TERMS]


def segment_of(mentions: pl.DataFrame, documents: pl.DataFrame) -> Segment:
    """Top products, categories, rating bands and languages of one need's mentions."""
    context = documents[mentions["position"].to_numpy()].select(_CONTEXT)
    total = mentions.height
    band = (
        pl.when(pl.col("rating") < 2.5)
        .then(pl.lit("1-2"))
        .when(pl.col("rating") < 3.5)
        .then(pl.lit("3"))
        .when(pl.col("rating").is_not_null())
        .then(pl.lit("4-5"))
    )
    named = context.select(
        pl.coalesce("product", "product_id").alias("product"), "category", band.alias("band"), "language"
    )
    return Segment(
        top_counts(named["product"], total),
        top_counts(named["category"], total),
        top_counts(named["band"], total),
        top_counts(named["language"], total),
    )
