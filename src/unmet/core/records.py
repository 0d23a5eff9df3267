"""The records that stages exchange. All are frozen; offsets are Python code points, end exclusive."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple


class Kind(StrEnum):
    """What one input row is."""

    REVIEW = "review"
    QUERY = "query"
    CHAT = "chat"
    PRODUCT = "product"
    INTERACTION = "interaction"
    ORDER = "order"


class Polarity(StrEnum):
    """Direction of an opinion."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


POLARITIES: tuple[Polarity, ...] = (Polarity.NEGATIVE, Polarity.NEUTRAL, Polarity.POSITIVE)
"""Column order of every sentiment probability array."""

Span = tuple[int, int]
"""``(start, end)``."""


class WordWeight(NamedTuple):
    """What a word does to the sentiment of its text, −2 to 2; positive where it makes the text more positive.

    ``weight`` is in units of "probability of positive minus probability of negative".
    """

    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Sentiment:
    """Sentiment of a whole text; probabilities are calibrated and sum to 1 (order: POLARITIES).

    ``words`` and ``strength`` (−1 to 1) are set where an explanation was asked for
    (:mod:`unmet.models.attribution`).
    """

    label: Polarity
    probabilities: tuple[float, float, float]
    words: tuple[WordWeight, ...] | None = None
    strength: float | None = None


@dataclass(frozen=True, slots=True)
class Intensity:
    """Strength of sentiment: valence and arousal, both 1 (lowest) to 9 (highest)."""

    valence: float
    arousal: float


@dataclass(frozen=True, slots=True)
class Opinion:
    """One aspect–opinion pair found in a text. Implicit sides are ``None``; never both."""

    aspect: str | None
    aspect_span: Span | None
    opinion: str | None
    opinion_span: Span | None
    category: str | None
    polarity: Polarity
    valence: float


@dataclass(frozen=True, slots=True)
class GivenAspect:
    """What a text says of an aspect that the caller named; valence and arousal are 1 to 9.

    ``sure`` is false where the model would rather not have answered.
    """

    aspect: str
    polarity: Polarity
    valence: float
    arousal: float
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Entity:
    """A named thing: ``type`` is ``product``, ``brand`` or ``model``."""

    text: str
    type: str
    span: Span


@dataclass(frozen=True, slots=True)
class NeedSentence:
    """A sentence that states a need, wish or suggestion, with its probability."""

    span: Span
    probability: float


@dataclass(frozen=True, slots=True)
class NeedFlag:
    """Whether a text states a need, wish or suggestion, and in which sentences."""

    label: bool
    probability: float
    sentences: tuple[NeedSentence, ...]


@dataclass(frozen=True, slots=True)
class Annotation:
    """Everything read from one text in one pass. Fields of tasks not asked for are ``None``.

    ``abstained`` names tasks whose model is not sure enough to stand by its answer: less than its abstention
    threshold. The field then holds the best guess.
    """

    row: int
    rejected: str | None = None
    language: str = "und"
    sentiment: Sentiment | None = None
    intensity: Intensity | None = None
    aspects: tuple[Opinion, ...] | None = None
    entities: tuple[Entity, ...] | None = None
    need: NeedFlag | None = None
    given_aspects: tuple[GivenAspect, ...] | None = None
    abstained: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain dict in the output contract's order; tasks not asked for are left out."""
        result: dict[str, Any] = {"row": self.row, "rejected": self.rejected, "language": self.language}
        if self.sentiment is not None:
            result["sentiment"] = _sentiment_dict(self.sentiment)
        if self.intensity is not None:
            result["intensity"] = {
                "valence": round(self.intensity.valence, 3),
                "arousal": round(self.intensity.arousal, 3),
            }
        if self.aspects is not None:
            result["aspects"] = [_opinion_dict(opinion) for opinion in self.aspects]
        if self.entities is not None:
            result["entities"] = [
                {"text": e.text, "type": e.type, "span": list(e.span)} for e in self.entities
            ]
        if self.need is not None:
            result["need"] = {
                "label": self.need.label,
                "probability": round(self.need.probability, 4),
                "sentences": [
                    {"span": list(s.span), "probability": round(s.probability, 4)}
                    for s in self.need.sentences
                ],
            }
        if self.given_aspects is not None:
            result["given_aspects"] = [
                {
                    "aspect": given.aspect,
                    "polarity": str(given.polarity),
                    "valence": round(given.valence, 3),
                    "arousal": round(given.arousal, 3),
                }
                for given in self.given_aspects
            ]
        if self.abstained:
            result["abstained"] = list(self.abstained)
        return result


def _sentiment_dict(sentiment: Sentiment) -> dict[str, Any]:
    pairs = zip(POLARITIES, sentiment.probabilities, strict=True)
    result: dict[str, Any] = {
        "label": str(sentiment.label),
        "probabilities": {str(label): round(p, 4) for label, p in pairs},
    }
    if sentiment.words is not None:
        result["words"] = [[word.start, word.end, round(word.weight, 4)] for word in sentiment.words]
    if sentiment.strength is not None:
        result["strength"] = round(sentiment.strength, 4)
    return result


def _opinion_dict(opinion: Opinion) -> dict[str, Any]:
    return {
        "aspect": opinion.aspect,
        "aspect_span": list(opinion.aspect_span) if opinion.aspect_span else None,
        "opinion": opinion.opinion,
        "opinion_span": list(opinion.opinion_span) if opinion.opinion_span else None,
        "category": opinion.category,
        "polarity": str(opinion.polarity),
        "valence": round(opinion.valence, 3),
    }


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval (level in ``needs.json``: ``confidence_level``)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Quote:
    """Verbatim evidence: ``text == documents[document_id].text[start:end]``, byte for byte."""

    document_id: str
    text_hash: str
    start: int
    end: int
    text: str
    polarity: str
    rating: float | None
    created_at: str | None
    product: str | None


@dataclass(frozen=True, slots=True)
class Count:
    """How often a value occurs among a need's mentions (``share`` of them, 0–1)."""

    value: str
    mentions: int
    share: float


@dataclass(frozen=True, slots=True)
class Segment:
    """Who and what a need is about. Empty where the input has no such column."""

    products: tuple[Count, ...]
    categories: tuple[Count, ...]
    rating_bands: tuple[Count, ...]
    languages: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One month (``YYYY-MM``): documents in it, documents that mention the need, their share."""

    month: str
    documents: int
    mentioning: int
    share: Estimate


@dataclass(frozen=True, slots=True)
class Impact:
    """Effect on the rating, in stars on the 1–5 scale, from one joint regression.

    ``penalty`` is the change of rating where the need is mentioned with displeasure (negative when
    it costs stars), ``reward`` where it is mentioned with pleasure, each against no mention.
    """

    penalty: Estimate
    reward: Estimate


@dataclass(frozen=True, slots=True)
class Need:
    """A need card. ``None`` numbers are explained in ``notes`` (codes such as ``no_rating``)."""

    id: str
    rank: int
    statement: str
    language: str
    polarity: str
    aspect_terms: tuple[Count, ...]
    complaints: tuple[Count, ...]
    praises: tuple[Count, ...]
    segment: Segment
    quotes: tuple[Quote, ...]
    mentions: int
    documents: int
    negative_documents: int
    positive_documents: int
    requests: int
    share: Estimate
    satisfaction: Estimate | None
    importance: Estimate | None
    impact: Impact | None
    opportunity: Estimate | None
    trend: tuple[TrendPoint, ...] | None
    data_as_of: str | None
    models: dict[str, str]
    notes: tuple[str, ...] = ()
    previous_id: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)
