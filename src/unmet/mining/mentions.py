"""Documents → mentions: opinions, requests and bare complaints, each tied to the sentence it stands in.

A bare complaint is a clearly negative sentence in which no opinion was found ("第二天就降价了"): what it is
about is read later from the words that set complaints apart (``mining.keywords``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from unmet.core.hashing import short_hash
from unmet.core.records import Opinion, Span
from unmet.core.tables import MENTIONS, conform
from unmet.mining.annotate import sentence_spans
from unmet.models.linear import TextModels

LONGEST_QUOTE = {"zh": 60, "en": 160}
"""A sentence longer than this many characters is quoted by its clauses around the opinion."""
BARE_COMPLAINT = -0.4
"""Sentence sentiment below which a sentence without any opinion is kept as a bare complaint."""


def extract_mentions(documents: pl.DataFrame, models: TextModels) -> pl.DataFrame:
    """Read every document once.

    Args:
        documents: columns ``document_id``, ``text``, ``language`` of the DOCUMENTS contract.
        models: a loaded tier.

    Returns:
        A frame in the MENTIONS contract, in document order, ``need_id`` not yet assigned.
    """
    texts = documents["text"].to_list()
    ids = documents["document_id"].to_list()
    languages = documents["language"].to_list()
    opinions = models.opinions(texts)
    spans, owners = sentence_spans(texts, languages)
    sentences = [texts[o][s:e] for o, (s, e) in zip(owners, spans, strict=True)]
    sentiment = models.sentiment(sentences)
    tones = (sentiment[:, 2] - sentiment[:, 0]).tolist()
    read = zip(spans, models.need(sentences).tolist(), tones, strict=True)
    by_document: list[list[ReadSentence]] = [[] for _ in texts]
    for owner, (span, need, tone) in zip(owners, read, strict=True):
        by_document[owner].append(ReadSentence(span, need, tone, need >= models.need_threshold))
    rows: list[dict[str, Any]] = []
    for index, text in enumerate(texts):
        rows.extend(
            _document_mentions(ids[index], text, languages[index], opinions[index], by_document[index])
        )
    return conform(pl.DataFrame(rows, schema=MENTIONS), MENTIONS, name="mentions")


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence with its need probability, sentiment (−1 to 1) and whether it is a request."""

    span: Span
    need: float
    sentiment: float
    is_request: bool


def _document_mentions(
    document_id: str, text: str, language: str, opinions: Sequence[Opinion], sentences: Sequence[ReadSentence]
) -> list[dict[str, Any]]:
    starts = [sentence.span[0] for sentence in sentences]
    covered: set[int] = set()
    rows = []
    for opinion in opinions:
        anchor = opinion.opinion_span or opinion.aspect_span
        if anchor is None or not sentences:
            continue
        index = max(bisect_right(starts, anchor[0]) - 1, 0)
        covered.add(index)
        quoted = quote_span(text, sentences[index].span, opinion, language)
        rows.append(_row(document_id, quoted, opinion, sentences[index]))
    for index, sentence in enumerate(sentences):
        bare_complaint = sentence.sentiment <= BARE_COMPLAINT
        if index not in covered and (sentence.is_request or bare_complaint):
            rows.append(_row(document_id, sentence.span, None, sentence))
    return rows


def _row(document_id: str, quoted: Span, opinion: Opinion | None, sentence: ReadSentence) -> dict[str, Any]:
    aspect_span = (opinion.aspect_span if opinion else None) or (None, None)
    opinion_span = (opinion.opinion_span if opinion else None) or (None, None)
    parts = (document_id, *quoted, *aspect_span, *opinion_span)
    bare_polarity = "negative" if sentence.sentiment <= BARE_COMPLAINT else "neutral"
    return {
        "mention_id": "m" + short_hash(*(str(part) for part in parts)),
        "document_id": document_id,
        "start": quoted[0],
        "end": quoted[1],
        "aspect": opinion.aspect if opinion else None,
        "aspect_start": aspect_span[0],
        "aspect_end": aspect_span[1],
        "opinion": opinion.opinion if opinion else None,
        "opinion_start": opinion_span[0],
        "opinion_end": opinion_span[1],
        "category": opinion.category if opinion else None,
        "polarity": str(opinion.polarity) if opinion else bare_polarity,
        "valence": opinion.valence if opinion else None,
        "sentence_sentiment": round(sentence.sentiment, 6),
        "need_probability": sentence.need,
        "is_request": sentence.is_request,
    }


def quote_span(text: str, sentence: Span, opinion: Opinion, language: str) -> Span:
    """The sentence, or the clauses of it that hold the opinion when the sentence is long."""
    from unmet.text.sentences import split_clauses

    first, last = sentence
    spans = [span for span in (opinion.aspect_span, opinion.opinion_span) if span]
    low, high = min(s for s, _ in spans), max(e for _, e in spans)
    if last - first <= LONGEST_QUOTE.get(language, 160) and first <= low and high <= last:
        return sentence
    clauses = [(first + s, first + e) for s, e in split_clauses(text[first:last], language)]
    inside = [(s, e) for s, e in clauses if s < high and e > low]
    if not inside:
        return min(first, low), max(last, high)
    return min(inside[0][0], low), max(inside[-1][1], high)
