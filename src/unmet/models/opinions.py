"""Aspect–opinion pairs with category, polarity and valence, for Chinese and English reviews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.core.errors import ModelError
from unmet.core.records import POLARITIES, Opinion, Span
from unmet.models.opinion_attributes import PairPlaces, pair_attribute_features, score_pairs, softmax
from unmet.models.opinion_templates import OPINION_LABELS, OPINION_TEMPLATES
from unmet.models.package import load_package
from unmet.models.pairing import SpanTable, candidate_pairs, choose_pairs, pair_features
from unmet.models.span_join import JoinedTags
from unmet.models.span_transfer import FoundSpan, transferred
from unmet.models.tagger import FeatureTable, TaggedSpan, Tagger, tagged_spans
from unmet.models.tagger_features import Sentences, WordClasses, read_sentences
from unmet.models.viterbi import Scores
from unmet.text.language import detect_languages

OPINION_LANGUAGES = ("zh", "en")
BATCH_CHARACTERS = 400_000
"""Characters read at once: bounds memory, changes no result."""

NEUTRAL_VALENCE = 5.0
"""Middle of the valence scale."""


@dataclass(frozen=True, slots=True)
class LanguageParts:
    """Everything one language needs."""

    classes: WordClasses
    tagger: Tagger
    pairing: NDArray[np.float32]  # (N_FEATURES + 1,), bias last
    sentiment: FeatureTable  # columns: three polarities, valence
    category: FeatureTable
    thresholds: Mapping[str, float]


def table_from(arrays: Mapping[str, NDArray[Any]], prefix: str) -> FeatureTable:
    """Feature table stored as ``{prefix}_keys``, ``_weights`` (int8) and ``_scale`` (per row)."""
    scale = arrays[f"{prefix}_scale"].astype(np.float32)[:, None]
    rows = arrays[f"{prefix}_weights"].astype(np.float32) * scale
    return FeatureTable.build(arrays[f"{prefix}_keys"], rows)


def language_parts(
    language: str, arrays: Mapping[str, NDArray[Any]], thresholds: Mapping[str, float]
) -> LanguageParts:
    """Parts of one language from arrays without their language prefix."""
    tagger = Tagger(
        OPINION_LABELS,
        OPINION_TEMPLATES[language],
        table_from(arrays, "tagger"),
        arrays["tagger_transitions"],
    )
    return LanguageParts(
        WordClasses.from_arrays(arrays),
        tagger,
        np.asarray(arrays["pairing"], dtype=np.float32),
        table_from(arrays, "sentiment"),
        table_from(arrays, "category"),
        thresholds,
    )


@dataclass(frozen=True, slots=True)
class OpinionModel:
    """Extracts opinions; see :func:`load_opinion_model`."""

    version: str
    parts: Mapping[str, LanguageParts]
    categories: tuple[str, ...]

    def extract(
        self,
        texts: Sequence[str],
        languages: Sequence[str] | None = None,
        spans: Sequence[Sequence[FoundSpan]] | None = None,
        joined: JoinedTags | None = None,
    ) -> list[list[Opinion]]:
        """Opinions of each text, in order of place.

        Args:
            texts: raw texts; spans of the result are code-point offsets into them.
            languages: one of ``zh``, ``en`` per text; any other value gives no opinions. Without it
                the language of each text is detected.
            spans: aspects and opinions that another model found in each text; without them the own tagger
                finds them. Pairing, category, polarity and valence are read the same way.
            joined: what an encoder adds to the label scores of the own tagger.
        """
        if languages is not None and len(languages) != len(texts):
            raise ValueError(f"{len(texts)} texts but {len(languages)} languages")
        chosen = languages if languages is not None else detect_languages(texts)
        results: list[list[Opinion]] = [[] for _ in texts]
        for language, parts in self.parts.items():
            rows = [i for i, name in enumerate(chosen) if name == language and texts[i]]
            for batch in text_batches(rows, texts):
                own = [texts[i] for i in batch]
                sentences = read_sentences(own, language, parts.classes)
                reading, added = parts, None
                if joined is not None:
                    added = joined.added(batch, [language] * len(batch), *_token_places(sentences))
                    thresholds = {**parts.thresholds, **joined.thresholds(language)}
                    reading = replace(parts, thresholds=thresholds)
                found = (
                    find_spans(sentences, reading, added)
                    if spans is None
                    else transferred([spans[i] for i in batch], sentences)
                )
                for number, opinion in read_opinions(sentences, reading, own, self.categories, found):
                    results[batch[number]].append(opinion)
        return results


def text_batches(rows: Sequence[int], texts: Sequence[str]) -> list[list[int]]:
    """Split row numbers into batches of about BATCH_CHARACTERS; a longer text makes its own batch."""
    batches: list[list[int]] = []
    size = BATCH_CHARACTERS
    for row in rows:
        if size >= BATCH_CHARACTERS:
            batches.append([])
            size = 0
        batches[-1].append(row)
        size += len(texts[row])
    return batches


def _token_places(sentences: Sentences) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """First and last character of every token, and its text."""
    return sentences.starts, sentences.ends, np.repeat(sentences.text_of, np.diff(sentences.bounds))


def find_spans(
    sentences: Sentences, parts: LanguageParts, added: Scores | None = None
) -> tuple[list[TaggedSpan], list[TaggedSpan]]:
    """Aspect spans and opinion spans that are certain enough, in order of place.

    ``added`` is what another model adds to the label scores, shape ``(n_tokens, n_labels)``.
    """
    decoded = parts.tagger.tag(sentences.columns, sentences.types, sentences.bounds, added)
    spans = tagged_spans(decoded, OPINION_LABELS, sentences.bounds)
    aspects = [s for s in spans if s.label == "A" and s.probability >= parts.thresholds["aspect"]]
    opinions = [s for s in spans if s.label == "O" and s.probability >= parts.thresholds["opinion"]]
    return aspects, opinions


def pair_probability(features: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probability that a candidate pair belongs together, shape ``(n_candidates,)``."""
    scores = (features * weights[:-1]).sum(1) + weights[-1]
    return np.asarray(1.0 / (1.0 + np.exp(-scores.astype(np.float64))))


def pair_spans(
    sentences: Sentences, parts: LanguageParts, aspects: list[TaggedSpan], opinions: list[TaggedSpan]
) -> list[tuple[TaggedSpan | None, TaggedSpan | None]]:
    """Pairs in order of place; lone aspects stay only if their span is near certain."""
    sequence = np.repeat(np.arange(sentences.bounds.size - 1), np.diff(sentences.bounds))
    table_a, table_o = SpanTable.of(aspects, sequence), SpanTable.of(opinions, sequence)
    candidates = candidate_pairs(table_a, table_o)
    features = pair_features(sentences, table_a, table_o, candidates)
    probability = pair_probability(features, parts.pairing)
    chosen = choose_pairs(candidates, probability, len(opinions), len(aspects), parts.thresholds["pair"])
    pairs: list[tuple[TaggedSpan | None, TaggedSpan | None]] = []
    for a, o in chosen:
        aspect = aspects[a] if a is not None else None
        opinion = opinions[o] if o is not None else None
        if opinion is None and aspect is not None and aspect.probability < parts.thresholds["lone_aspect"]:
            continue
        pairs.append((aspect, opinion))
    return sorted(pairs, key=_place)


def _place(pair: tuple[TaggedSpan | None, TaggedSpan | None]) -> tuple[int, int]:
    firsts = [span.first for span in pair if span is not None]
    return min(firsts), max(firsts)


def places_of(pairs: Sequence[tuple[TaggedSpan | None, TaggedSpan | None]]) -> PairPlaces:
    """Token ranges of pairs as columns."""
    rows = [
        (a.first if a else -1, a.last if a else -1, o.first if o else -1, o.last if o else -1)
        for a, o in pairs
    ]
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return PairPlaces(columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3])


def read_opinions(
    sentences: Sentences,
    parts: LanguageParts,
    texts: Sequence[str],
    categories: Sequence[str],
    spans: tuple[list[TaggedSpan], list[TaggedSpan]] | None = None,
) -> list[tuple[int, Opinion]]:
    """Opinions of a batch as ``(text number, opinion)``, in order of place."""
    pairs = pair_spans(sentences, parts, *(spans or find_spans(sentences, parts)))
    if not pairs:
        return []
    places = places_of(pairs)
    features = pair_attribute_features(sentences, places)
    sentiment = score_pairs(parts.sentiment, features)
    polarity = softmax(sentiment[:, :3]).argmax(1).tolist()
    valence = _valence(sentiment[:, 3] + NEUTRAL_VALENCE, polarity)
    category = score_pairs(parts.category, features.inner()).argmax(1).tolist()
    sequence = np.repeat(sentences.text_of, np.diff(sentences.bounds))
    found = []
    for k, (aspect, opinion) in enumerate(pairs):
        anchor = opinion or aspect
        assert anchor is not None
        number = int(sequence[anchor.first])
        aspect_span, opinion_span = _characters(aspect, sentences), _characters(opinion, sentences)
        text = texts[number]
        record = Opinion(
            text[slice(*aspect_span)] if aspect_span else None,
            aspect_span,
            text[slice(*opinion_span)] if opinion_span else None,
            opinion_span,
            categories[category[k]],
            POLARITIES[polarity[k]],
            float(valence[k]),
        )
        found.append((number, record))
    return found


def _valence(raw: NDArray[np.float32], polarity: Sequence[int]) -> list[float]:
    """Valence on the side of the neutral point that the polarity names, within 1–9."""
    side = np.array(polarity) - 1
    low = np.where(side > 0, NEUTRAL_VALENCE, 1.0)
    high = np.where(side < 0, NEUTRAL_VALENCE, 9.0)
    return [float(v) for v in np.clip(raw, low, high)]


def _characters(span: TaggedSpan | None, sentences: Sentences) -> Span | None:
    if span is None:
        return None
    if span.place is not None:
        return span.place
    return int(sentences.starts[span.first]), int(sentences.ends[span.last - 1])


def load_opinion_model(folder: Path) -> OpinionModel:
    """Load the opinion package of a folder.

    Raises:
        ModelError: the package is missing, damaged or made for another task.
    """
    package = load_package(folder)
    if package.manifest["task"] != "opinions":
        raise ModelError(
            f"The package is made for {package.manifest['task']!r}, not for opinions.", where=str(folder)
        )
    parts = {}
    for language in package.manifest["languages"]:
        prefix = f"{language}_"
        arrays = {k.removeprefix(prefix): v for k, v in package.arrays.items() if k.startswith(prefix)}
        parts[language] = language_parts(language, arrays, package.manifest["thresholds"][language])
    return OpinionModel(package.version, parts, tuple(package.manifest["categories"]))
