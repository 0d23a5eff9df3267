"""Requests and bare complaints get the word that says what they are about.

A sentence without an opinion is attached to the most specific word in it that sets complaints apart:
the rarest that enough complaints hold, so "安装乱收费" is about the charge, not about installation at
large. Where there is none, an aspect that customers of this corpus name serves. The word's place becomes
the aspect span, so the link can be checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

import polars as pl

from unmet.core.records import Span
from unmet.mining.concepts import concepts
from unmet.mining.keywords import MAX_SENTENCES, MIN_SCORE, complaint_keywords, naming_tokens
from unmet.mining.sentences import Sentences

MIN_ASPECT_USES = 5
CONCEPT_WEIGHT = 1e-6
"""Below every complaint keyword, above aspects that are merely known."""
READ_ROWS = 50_000
"""Sentences held at once."""


@dataclass(frozen=True, slots=True)
class _Found:
    word: str | None
    span: Span | None


def attach_bare_sentences(
    frame: pl.DataFrame, sentences: Sentences, *, named: Mapping[str, Set[str]], min_mentions: int
) -> pl.DataFrame:
    """Fill ``term``, ``aspect`` and the aspect span of unhappy mentions that name nothing themselves.

    Args:
        frame: mentions with ``language``, ``term``, ``aspect_term``.
        sentences: cuts their sentences.
        named: language → words that name the product itself.
        min_mentions: complaints that must hold a word before it can name a need.
    """
    # An unhappy opinion that only judges ("so annoying") is about what its sentence names.
    judged = pl.col("aspect").is_null() & (pl.col("polarity") != "positive")
    indexed = frame.lazy().with_row_index("_index").filter(pl.col("term").is_null() & judged)
    bare = indexed.select("_index", "language", "position", "start", "end").collect()
    updates = []
    for language in ("zh", "en"):
        rows = bare.filter(pl.col("language") == language)
        if rows.is_empty():
            continue
        names = _names(frame, sentences, language, named[language], min_mentions)
        for part in rows.iter_slices(READ_ROWS):
            read = sentences.added_to(part)
            found = [_best(sentence, language, names) for sentence in read["sentence"].to_list()]
            updates.append(_update(read, found))
    if not updates:
        return frame
    filled = ["term", "aspect_term", "aspect", "aspect_start", "aspect_end"]
    attached = (
        frame.select(filled)
        .with_row_index("_index")
        .join(pl.concat(updates), on="_index", how="left", maintain_order="left")
        .select(
            pl.coalesce("term", "_term").alias("term"),
            pl.coalesce("aspect_term", "_term").alias("aspect_term"),
            pl.coalesce("aspect", "_aspect").alias("aspect"),
            pl.coalesce("aspect_start", "_start").alias("aspect_start"),
            pl.coalesce("aspect_end", "_end").alias("aspect_end"),
        )
    )
    return frame.with_columns(attached.get_columns())


def _names(
    frame: pl.DataFrame, sentences: Sentences, language: str, named: Set[str], min_mentions: int
) -> dict[str, float]:
    """Words that can name a need, with a weight: complaint keywords (the rarer the better), then aspects."""
    own = frame.lazy().filter(pl.col("language") == language)
    unhappy = (pl.col("polarity") == "negative") | pl.col("is_request")
    spans = own.select("position", "start", "end", unhappy.alias("unhappy")).collect()
    spans = spans.unique(["position", "start", "end"], keep="first", maintain_order=True)
    found = complaint_keywords(
        _thinned(spans.filter(pl.col("unhappy")), sentences),
        _thinned(spans.filter(~pl.col("unhappy")), sentences),
        language,
    )
    names = {
        word: 1.0 / keyword.complaints
        for word, keyword in found.items()
        if keyword.score >= MIN_SCORE and keyword.complaints >= min_mentions and word not in named
    }
    for name in concepts().names.get(language, {}):
        if name not in named:
            score = found[name].score if name in found else 0.0
            names.setdefault(name, CONCEPT_WEIGHT * (1 + max(score, 0.0)))
    known = own.filter(pl.col("term") == pl.col("aspect_term")).group_by("term").len().collect()
    for term, count in known.iter_rows():
        if count >= MIN_ASPECT_USES and term not in named:
            names.setdefault(term, 0.0)
    return names


def _thinned(spans: pl.DataFrame, sentences: Sentences) -> list[str]:
    """As many sentences as :func:`complaint_keywords` counts, evenly chosen."""
    step = max(1, -(-spans.height // MAX_SENTENCES))
    return sentences.of(spans.gather_every(step)).to_list()


def _best(sentence: str, language: str, names: dict[str, float]) -> _Found:
    candidates = [token for token in naming_tokens(sentence, language) if token.word in names]
    if not candidates:
        return _Found(None, None)
    best = max(candidates, key=lambda token: (names[token.word], len(token.word), -token.span[0]))
    return _Found(best.word, best.span)


def _update(rows: pl.DataFrame, found: list[_Found]) -> pl.DataFrame:
    starts = rows["start"].to_list()
    sentences = rows["sentence"].to_list()
    spans = [item.span for item in found]
    return pl.DataFrame(
        {
            "_index": rows["_index"],
            "_term": [item.word for item in found],
            "_aspect": [s[slice(*span)] if span else None for s, span in zip(sentences, spans, strict=True)],
            "_start": [b + span[0] if span else None for b, span in zip(starts, spans, strict=True)],
            "_end": [b + span[1] if span else None for b, span in zip(starts, spans, strict=True)],
        },
        schema={
            "_index": rows.schema["_index"],
            "_term": pl.String,
            "_aspect": pl.String,
            "_start": rows.schema["start"],
            "_end": rows.schema["start"],
        },
    )
