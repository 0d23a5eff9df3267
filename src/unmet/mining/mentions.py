"""Documents → mentions: every opinion and every request, each tied to the sentence it stands in."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import polars as pl

from unmet.core.hashing import short_hash
from unmet.core.records import Opinion, Span
from unmet.core.tables import MENTIONS, conform
from unmet.mining.annotate import sentence_spans
from unmet.models.linear import TextModels

LONGEST_QUOTE = {"zh": 60, "en": 160}
"""A sentence longer than this many characters is quoted by its clauses around the opinion."""


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
    probabilities = models.need(sentences).tolist()
    by_document = _group(spans, owners, probabilities, len(texts))
    rows: list[dict[str, Any]] = []
    for index, text in enumerate(texts):
        rows.extend(
            _document_mentions(
                ids[index], text, languages[index], opinions[index], by_document[index], models.need_threshold
            )
        )
    return conform(pl.DataFrame(rows, schema=MENTIONS), MENTIONS, name="mentions")


Sentences = list[tuple[Span, float]]


def _group(
    spans: Sequence[Span], owners: Sequence[int], probabilities: Sequence[float], n_texts: int
) -> list[Sentences]:
    grouped: list[Sentences] = [[] for _ in range(n_texts)]
    for span, owner, probability in zip(spans, owners, probabilities, strict=True):
        grouped[owner].append((span, probability))
    return grouped


def _document_mentions(
    document_id: str,
    text: str,
    language: str,
    opinions: Sequence[Opinion],
    sentences: Sentences,
    need_threshold: float,
) -> list[dict[str, Any]]:
    starts = [span[0] for span, _ in sentences]
    covered: set[int] = set()
    rows = []
    for opinion in opinions:
        anchor = opinion.opinion_span or opinion.aspect_span
        if anchor is None or not sentences:
            continue
        index = max(bisect_right(starts, anchor[0]) - 1, 0)
        covered.add(index)
        sentence, probability = sentences[index]
        start, end = quote_span(text, sentence, opinion, language)
        rows.append(
            _row(document_id, start, end, opinion, probability, is_request=probability >= need_threshold)
        )
    for index, (sentence, probability) in enumerate(sentences):
        if index not in covered and probability >= need_threshold:
            rows.append(_row(document_id, *sentence, None, probability, is_request=True))
    return rows


def _row(
    document_id: str,
    start: int,
    end: int,
    opinion: Opinion | None,
    probability: float,
    *,
    is_request: bool,
) -> dict[str, Any]:
    aspect_span = (opinion.aspect_span if opinion else None) or (None, None)
    opinion_span = (opinion.opinion_span if opinion else None) or (None, None)
    parts = (document_id, start, end, *aspect_span, *opinion_span)
    return {
        "mention_id": "m" + short_hash(*(str(part) for part in parts)),
        "document_id": document_id,
        "start": start,
        "end": end,
        "aspect": opinion.aspect if opinion else None,
        "aspect_start": aspect_span[0],
        "aspect_end": aspect_span[1],
        "opinion": opinion.opinion if opinion else None,
        "opinion_start": opinion_span[0],
        "opinion_end": opinion_span[1],
        "category": opinion.category if opinion else None,
        # A wish without an opinion asks for something that is not there: counted as unmet.
        "polarity": str(opinion.polarity) if opinion else "neutral",
        "valence": opinion.valence if opinion else None,
        "need_probability": probability,
        "is_request": is_request,
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
