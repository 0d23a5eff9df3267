"""The word that says what a mention is about: its aspect, or a telling opinion where the aspect is missing.

"屏幕 有划痕" is about 屏幕; "太吵" has no aspect, but 吵 says what is meant; "东西 很好" says nothing about
*what* is wanted and is counted as an overall judgement.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from unmet.mining.lexicon import (
    EN_GENERIC_ASPECTS,
    EN_GENERIC_OPINIONS,
    ZH_GENERIC_ASPECTS,
    ZH_GENERIC_OPINIONS,
    en_term,
    zh_aspect,
    zh_opinion,
)
from unmet.text.folding import fold

OVERALL = "overall_judgement"
LONGEST_TERM = {"zh": 8, "en": 3}
"""Characters (zh) or words (en) above which a phrase is a sentence, not a term."""


def add_terms(mentions: pl.DataFrame) -> pl.DataFrame:
    """Add columns ``aspect_term``, ``opinion_term`` and ``term`` (null: overall judgement or no words).

    Args:
        mentions: MENTIONS columns plus ``language``.
    """
    keyed = mentions.with_columns(
        _mapped("aspect", canonical_aspect).alias("aspect_term"),
        _mapped("opinion", canonical_opinion).alias("opinion_term"),
    )
    telling_aspect = _telling("aspect_term", ZH_GENERIC_ASPECTS | EN_GENERIC_ASPECTS)
    telling_opinion = _telling("opinion_term", ZH_GENERIC_OPINIONS | EN_GENERIC_OPINIONS)
    return keyed.with_columns(
        pl.when(telling_aspect)
        .then(pl.col("aspect_term"))
        .when(telling_opinion)
        .then(pl.col("opinion_term"))
        .otherwise(None)
        .alias("term"),
        telling_opinion.alias("opinion_is_telling"),
    )


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
    """Apply ``canonical`` once per distinct phrase and language."""

    def run(pairs: pl.Series) -> pl.Series:
        frame = pairs.struct.unnest()
        phrase = frame.columns[0]
        distinct = frame.unique().drop_nulls()
        terms = [canonical(p, language) for p, language in distinct.iter_rows()]
        table = distinct.with_columns(pl.Series("term", terms, dtype=pl.String))
        return frame.join(table, on=[phrase, "language"], how="left", maintain_order="left")["term"]

    return pl.struct(column, "language").map_batches(run, return_dtype=pl.String)


def _telling(column: str, generic: frozenset[str]) -> pl.Expr:
    term = pl.col(column)
    return term.is_not_null() & ~term.is_in(sorted(generic)) & (term.str.len_chars() > 0)
