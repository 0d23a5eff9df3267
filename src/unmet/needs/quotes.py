"""Verbatim quotes: typical of the need, different from each other, from different people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from unmet.core.records import Quote

MIN_QUOTES = 3
"""A need with fewer distinct quotes is no card."""
TOO_FEW_QUOTES = "too_few_quotes"
"""Reason of the mentions of such a need."""
MAX_OVERLAP = 0.6
"""Two quotes of a card share less than this Jaccard of character 3-grams."""
MIN_CHARACTERS, MAX_CHARACTERS = 8, 160
POOL = 120
"""Candidates looked at per mood: enough to be diverse, few enough to be fast."""

_TYPICAL_WEIGHT = 0.65  # maximal marginal relevance: typicality against difference
_REPEATED_SOURCE = 0.15  # cost of an author or product that is already quoted
_POOR_LENGTH = 0.25  # cost of a quote outside the preferred length

_CONTEXT = ("document_id", "text_hash", "text", "rating", "created_at", "product", "product_id", "author_id")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible quote with what is needed to compare it."""

    quote: Quote
    unmet: bool
    positive: bool
    relevance: float
    author: str | None
    grams: frozenset[str]


def choose_quotes(
    mentions: pl.DataFrame, documents: pl.DataFrame, *, mood: str, limit: int
) -> tuple[Quote, ...]:
    """Choose quotes by maximal marginal relevance (Carbonell & Goldstein 1998).

    Each quote comes from another document and overlaps every other by less than ``MAX_OVERLAP``.
    Negative needs are quoted from displeased customers and requests first, mixed ones in turn, and every
    third quote of a positive one shows what is still wrong with it.

    Args:
        mentions: one need's mentions as in ``Evidence.mentions`` (with ``position``, ``unmet``).
        documents: ``Evidence.documents`` with texts, or at least the rows of it that :func:`pool_of` the
            mentions points at.
        mood: ``negative``, ``positive``, ``mixed`` or ``neutral``.
        limit: most quotes wanted.

    Returns:
        Up to ``limit`` quotes; fewer where the need has no more distinct ones.
    """
    candidates = _candidates(pool_of(mentions), documents)
    chosen: list[Candidate] = []
    while len(chosen) < limit:
        wanted = _wanted(mood, len(chosen))
        best = _best([c for c in candidates if wanted(c)], chosen) or _best(candidates, chosen)
        if best is None:
            break
        chosen.append(best)
    return tuple(candidate.quote for candidate in chosen)


def _wanted(mood: str, place: int) -> Callable[[Candidate], bool]:
    if mood == "mixed":
        mood = "negative" if place % 2 == 0 else "positive"
    elif mood == "positive" and place % 3 == 2:
        mood = "negative"
    if mood == "negative":
        return lambda candidate: candidate.unmet
    if mood == "positive":
        return lambda candidate: candidate.positive
    return lambda candidate: True


def _best(candidates: Sequence[Candidate], chosen: Sequence[Candidate]) -> Candidate | None:
    """Candidate with the highest marginal relevance that may still be quoted."""
    best, best_score = None, float("-inf")
    for candidate in candidates:
        if any(candidate.quote.document_id == other.quote.document_id for other in chosen):
            continue
        overlap = max((_jaccard(candidate.grams, other.grams) for other in chosen), default=0.0)
        if overlap >= MAX_OVERLAP:
            continue
        score = _TYPICAL_WEIGHT * candidate.relevance - (1 - _TYPICAL_WEIGHT) * overlap
        score -= _REPEATED_SOURCE * _repeats(candidate, chosen)
        if score > best_score:
            best, best_score = candidate, score
    return best


def _repeats(candidate: Candidate, chosen: Sequence[Candidate]) -> int:
    same_author = any(candidate.author and candidate.author == other.author for other in chosen)
    product = candidate.quote.product
    return int(same_author) + int(any(product and product == other.quote.product for other in chosen))


def pool_of(mentions: pl.DataFrame) -> pl.DataFrame:
    """The most relevant mentions of every mood, in a fixed order: all that a need can be quoted from."""
    length = pl.col("end") - pl.col("start")
    poor = (length < MIN_CHARACTERS) | (length > MAX_CHARACTERS)
    relevance = pl.col("typicality").fill_null(0.0) - _POOR_LENGTH * poor.cast(pl.Float64)
    scored = mentions.with_columns(relevance.alias("relevance")).sort(
        ["relevance", "position", "start", "end", "mention_id"],
        descending=[True, False, False, False, False],
    )
    positive = (pl.col("polarity") == "positive") & ~pl.col("unmet")
    parts = [scored.filter(mood).head(POOL) for mood in (pl.col("unmet"), positive, pl.lit(True))]
    return pl.concat(parts).unique("mention_id", keep="first", maintain_order=True)


def _candidates(pool: pl.DataFrame, documents: pl.DataFrame) -> list[Candidate]:
    context = pool.select("position").join(
        documents.select("position", *_CONTEXT), on="position", how="left", maintain_order="left"
    )
    result = []
    for mention, document in zip(pool.iter_rows(named=True), context.iter_rows(named=True), strict=True):
        quote = quote_of(mention, document)
        if quote.text.strip():
            positive = mention["polarity"] == "positive" and not mention["unmet"]
            result.append(
                Candidate(
                    quote,
                    mention["unmet"],
                    positive,
                    mention["relevance"],
                    document["author_id"],
                    _grams(quote.text),
                )
            )
    return result


def with_texts(documents: pl.DataFrame, texts: pl.LazyFrame) -> pl.DataFrame:
    """A few documents with their ``text`` and ``text_hash``, looked up by id."""
    wanted = pl.col("document_id").is_in(documents["document_id"].to_list())
    found = texts.select("document_id", "text", "text_hash").filter(wanted).collect()
    return documents.join(found, on="document_id", how="inner", maintain_order="left")


def quote_of(mention: dict[str, Any], document: dict[str, Any]) -> Quote:
    """The slice of the stored text that a mention points at."""
    created_at = document["created_at"]
    return Quote(
        document_id=document["document_id"],
        text_hash=document["text_hash"],
        start=mention["start"],
        end=mention["end"],
        text=document["text"][mention["start"] : mention["end"]],
        polarity=mention["polarity"] or "neutral",
        rating=document["rating"],
        created_at=created_at.date().isoformat() if created_at else None,
        product=document["product"] or document["product_id"],
    )


def _grams(text: str) -> frozenset[str]:
    folded = "".join(character for character in text.casefold() if character.isalnum())
    return frozenset(folded[i : i + 3] for i in range(max(len(folded) - 2, 1)))


def _jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    shared = len(left & right)
    return shared / (len(left) + len(right) - shared) if shared else 0.0
