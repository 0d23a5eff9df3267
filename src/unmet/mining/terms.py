"""The word that says what a mention is about: its aspect, or a telling opinion where the aspect is missing.

"屏幕 有划痕" is about 屏幕; "太吵" has no aspect, but 吵 says what is meant; "东西 很好" says nothing about
*what* is wanted and is counted as an overall judgement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from types import MappingProxyType

import polars as pl

from unmet.mining.concepts import concept_of
from unmet.mining.keywords import concept_word
from unmet.mining.lexicon import en_term, generic_aspects, judges_only, zh_aspect, zh_opinion
from unmet.text.folding import fold

OVERALL, AMBIGUOUS = "overall_judgement", "ambiguous_opinion"
MIN_ASPECT_USES = 5
"""Uses from which an aspect is well known enough to be looked for inside opinions."""
MIN_EXPLICIT = 5
"""Explicit uses of an opinion from which its usual aspect is read."""
USUAL_SHARE = 0.5
"""Share of those uses that one aspect must have to be taken as meant."""
GENERAL_SHARE = 0.5
"""Share of a term's mentions filed under ``general`` above which it may name the whole product."""
TELLING_SHARE = 0.45
"""Share of a term's opinions that say something from which it is a part or property all the same: phones are
"great", pockets are "deep"."""
LONGEST_TERM = {"zh": 8, "en": 3}
"""Characters (zh) or words (en) above which a phrase is a sentence, not a term."""


def add_terms(
    mentions: pl.DataFrame, *, named: Mapping[str, Set[str]] = MappingProxyType({})
) -> pl.DataFrame:
    """Add ``aspect_term``, ``opinion_term``, ``term`` and ``term_reason``.

    ``term`` is null when the mention says nothing about *what* is wanted; ``term_reason`` says why.

    Args:
        mentions: MENTIONS columns plus ``language``.
        named: language → words that name the product itself, which say nothing about what is wanted.
    """
    blocked = generic_aspects().union(*named.values())
    # Only the columns that are read: every join copies the whole frame it is made on.
    keyed = mentions.select("language", "aspect", "opinion", "category").with_columns(
        _mapped("aspect", canonical_aspect).alias("aspect_term"),
        _mapped("opinion", canonical_opinion).alias("opinion_term"),
    )
    keyed = keyed.with_columns(
        _telling("aspect_term", blocked).alias("_aspect_tells"),
        _opinion_tells().alias("_opinion_tells"),
    )
    keyed = _without_product_names(keyed)
    keyed = keyed.join(
        _usual_aspects(keyed), on=["language", "opinion_term"], how="left", maintain_order="left"
    )
    keyed = _named_inside(keyed)
    implicit = pl.col("_opinion_tells") & ~pl.col("_aspect_tells")
    often_explicit = pl.col("_explicit").fill_null(0) >= MIN_EXPLICIT
    usual = pl.col("_usual_share") >= USUAL_SHARE
    term = (
        pl.when(pl.col("_aspect_tells"))
        .then(pl.col("aspect_term"))
        .when(implicit & often_explicit & usual)
        .then(pl.col("_usual"))
        .when(implicit & pl.col("_inside").is_not_null())
        .then(pl.col("_inside"))
        .when(implicit & ~often_explicit)
        .then(pl.col("opinion_term"))
        .otherwise(None)
    )
    reason = (
        pl.when(term.is_null() & implicit).then(pl.lit(AMBIGUOUS)).when(term.is_null()).then(pl.lit(OVERALL))
    )
    added = keyed.select(
        "aspect_term", "opinion_term", term.alias("term"), reason.otherwise(None).alias("term_reason")
    )
    return mentions.with_columns(added.get_columns())


def _without_product_names(keyed: pl.DataFrame) -> pl.DataFrame:
    """Terms that name the product, not a part of it: filed under ``general`` and mostly only judged.

    The aspect model files every part it does not know (neckline, 字体) under ``general`` too, so that alone
    does not tell. A term of a concept is known to be a part or property.
    """
    judged = (
        keyed.filter(pl.col("aspect_term").is_not_null())
        .group_by("language", "aspect_term")
        .agg(
            (pl.col("category") == "general").mean().alias("share"),
            pl.col("_opinion_tells").mean().alias("told"),
        )
        .filter((pl.col("share") > GENERAL_SHARE) & (pl.col("told") < TELLING_SHARE))
        .select("language", "aspect_term")
    )
    unknown = [concept_of(term, language) is None for language, term in judged.iter_rows()]
    general = judged.filter(pl.Series(unknown, dtype=pl.Boolean)).with_columns(pl.lit(True).alias("_general"))
    return (
        keyed.join(general, on=["language", "aspect_term"], how="left", maintain_order="left")
        .with_columns((pl.col("_aspect_tells") & pl.col("_general").is_null()).alias("_aspect_tells"))
        .drop("_general")
    )


def _usual_aspects(keyed: pl.DataFrame) -> pl.DataFrame:
    """For each opinion: how often it is said of a named aspect, and of which one mostly."""
    explicit = keyed.filter(pl.col("_aspect_tells") & pl.col("opinion_term").is_not_null())
    pairs = explicit.group_by("language", "opinion_term", "aspect_term").len()
    return (
        pairs.sort(["len", "aspect_term"], descending=[True, False])
        .group_by("language", "opinion_term", maintain_order=True)
        .agg(
            pl.col("len").sum().alias("_explicit"),
            pl.col("aspect_term").first().alias("_usual"),
            (pl.col("len").first() / pl.col("len").sum()).alias("_usual_share"),
        )
    )


def _named_inside(keyed: pl.DataFrame) -> pl.DataFrame:
    """Column ``_inside``: what an opinion phrase names itself: an aspect well known in this corpus
    (没人安装 → 安装), else a word of a concept (烫得不行 → 烫). Only looked for where no aspect tells.
    """
    known = {
        language: {
            term
            for term, count in keyed.filter(pl.col("_aspect_tells") & (pl.col("language") == language))[
                "aspect_term"
            ]
            .value_counts()
            .iter_rows()
            if count >= MIN_ASPECT_USES
        }
        for language in ("zh", "en")
    }

    def find(phrase: str, language: str) -> str | None:
        return longest_inside(phrase, known.get(language, set()), language) or concept_word(phrase, language)

    implicit = pl.when(pl.col("_opinion_tells") & ~pl.col("_aspect_tells")).then("opinion_term")
    inside = (
        pl.struct(implicit.alias("opinion_term"), "language")
        .map_batches(lambda pairs: _map_distinct(pairs, find), return_dtype=pl.String)
        .alias("_inside")
    )
    return keyed.with_columns(inside)


def longest_inside(phrase: str, known: Set[str], language: str) -> str | None:
    """The longest known term that is part of a phrase; the later one of equals (heads stand last)."""
    chinese = language == "zh"
    parts = list(phrase) if chinese else phrase.split()
    glue, shortest = ("", 2) if chinese else (" ", 1)
    for size in range(len(parts) - 1, shortest - 1, -1):
        for start in range(len(parts) - size, -1, -1):
            candidate = glue.join(parts[start : start + size])
            if candidate in known:
                return candidate
    return None


def canonical_aspect(phrase: str, language: str) -> str | None:
    """Canonical form of an aspect phrase, ``None`` if nothing is left or it is too long."""
    return _canonical(phrase, language, zh_aspect)


def canonical_opinion(phrase: str, language: str) -> str | None:
    """Canonical form of an opinion phrase, ``None`` if nothing is left or it is too long."""
    return _canonical(phrase, language, zh_opinion)


def _canonical(phrase: str, language: str, chinese: Callable[[str], str]) -> str | None:
    folded = fold(phrase)
    term = chinese(folded) if language == "zh" else en_term(folded)
    size = len(term) if language == "zh" else len(term.split())
    return term if 0 < size <= LONGEST_TERM.get(language, 3) else None


def _mapped(column: str, canonical: Callable[[str, str], str | None]) -> pl.Expr:
    return pl.struct(column, "language").map_batches(
        lambda pairs: _map_distinct(pairs, canonical), return_dtype=pl.String
    )


def _map_distinct(pairs: pl.Series, function: Callable[[str, str], str | None]) -> pl.Series:
    """Apply a function of (phrase, language) once per distinct pair."""
    frame = pairs.struct.unnest()
    phrase = frame.columns[0]
    distinct = frame.unique(maintain_order=True).drop_nulls()
    terms = [function(p, language) for p, language in distinct.iter_rows()]
    table = distinct.with_columns(pl.Series("term", terms, dtype=pl.String))
    return frame.join(table, on=[phrase, "language"], how="left", maintain_order="left")["term"]


def _telling(column: str, generic: frozenset[str]) -> pl.Expr:
    term = pl.col(column)
    return term.is_not_null() & ~term.is_in(sorted(generic)) & (term.str.len_chars() > 0)


def _opinion_tells() -> pl.Expr:
    def judged(pairs: pl.Series) -> pl.Series:
        return _map_distinct(pairs, lambda term, language: None if judges_only(term, language) else term)

    told = pl.struct("opinion_term", "language").map_batches(judged, return_dtype=pl.String)
    return told.is_not_null()
