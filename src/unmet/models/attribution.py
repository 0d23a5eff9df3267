"""Which words make a text positive or negative: occlusion, for any tier.

A word weighs as much as the sentiment changes when it is taken away (Li, Monroe & Jurafsky 2016,
"Understanding Neural Networks through Representation Erasure"; Zeiler & Fergus 2014):
``weight_j = score(text) - score(text without word j)``, where the score is the probability of positive minus
that of negative. Nothing but ``models.sentiment`` is asked, so every tier is explained alike.

The strength of a text is the founding document's ``s = Σ_j f_j · ŷ_j`` (chapter 4.3), see
:func:`intensity_score`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import regex  # type: ignore[import-untyped]
from numpy.typing import NDArray

from unmet.core.offsets import without
from unmet.core.records import Span, WordWeight
from unmet.ingest.preparing import PreparedText, prepare
from unmet.models.linear import TextModels
from unmet.text.emoji import EMOJI_CLASS
from unmet.text.words import split_words

MAX_PIECES = 64
"""A text with more words than this is weighed in groups of neighbouring words, this many at most."""
MIN_PIECES = 8
TEXT_CHARACTERS = 100_000
"""Characters read to explain one text; a longer text gets fewer, larger groups, down to MIN_PIECES."""
BATCH_CHARACTERS = 4_000_000
"""Characters given to the model in one call, so that memory stays bounded; no weight depends on it."""
FILLER = ""
"""What stands where a word was: nothing (decision 0130)."""

_EMOJI = regex.compile(f"[{EMOJI_CLASS}][{EMOJI_CLASS}\u200d\ufe0f]*")
_NEGATIVE, _POSITIVE = 0, 2


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a text has its sentiment.

    Attributes:
        words: in text order, not overlapping; offsets into the text that was given.
        strength: −1 (all words speak for a surely negative text) to 1, see :func:`intensity_score`.
    """

    words: tuple[WordWeight, ...]
    strength: float


def word_weights(models: TextModels, texts: Sequence[str]) -> list[list[WordWeight]]:
    """Weight of every word of each text for its sentiment.

    Words are those of :func:`unmet.text.words.split_words`, and emoji; a text that has neither is one piece.
    A text of more than ``MAX_PIECES`` words is weighed in groups of neighbouring words, and every group is
    one entry: its cost is bounded, its places are coarser.

    Args:
        models: a loaded tier.
        texts: any strings; they are cleaned and masked as everywhere.

    Returns:
        Per text, in text order: offsets (code points) into the text that was given, and weights from −2 to 2,
        the same whatever the neighbours are. Empty for a text of blanks.
    """
    return [list(explained.words) for explained in explain_texts(models, texts)]


def explain_texts(models: TextModels, texts: Sequence[str]) -> list[Explained]:
    """Weights (:func:`word_weights`) and strength (:func:`intensity_score`) of each text."""
    from unmet.text.language import detect_languages

    prepared = [prepare(text) for text in texts]
    return explain_prepared(models, prepared, detect_languages([item.text for item in prepared]))


def explain_prepared(
    models: TextModels, prepared: Sequence[PreparedText], languages: Sequence[str], filler: str = FILLER
) -> list[Explained]:
    """:func:`explain_texts` of texts that are cleaned already.

    Args:
        models: a loaded tier.
        prepared: cleaned texts.
        languages: of each text, ``en`` or any other code.
        filler: what stands where a word was.
    """
    found = [pieces_of(item, language) for item, language in zip(prepared, languages, strict=True)]
    variants = _variants(prepared, found, filler)
    # Nothing else is asked of the variants, so no other head need be read.
    probabilities = _probabilities(
        models.only("sentiment"), variants, sum(len(pieces) + 1 for pieces in found)
    )
    explained, first = [], 0
    for item, pieces in zip(prepared, found, strict=True):
        own = probabilities[first : first + len(pieces) + 1]
        first += len(own)
        scores = own[:, _POSITIVE] - own[:, _NEGATIVE]
        weights = (scores[0] - scores[1:]).tolist()
        words = [WordWeight(*item.span(p), w) for p, w in zip(pieces, weights, strict=True)]
        explained.append(Explained(tuple(words), intensity_score(weights, own[0])))
    return explained


def intensity_score(weights: Sequence[float], probabilities: Sequence[float] | NDArray[np.floating]) -> float:
    """Strength of a text's sentiment, ``s = Σ_j f_j · ŷ_j``, −1 to 1.

    ``f_j = w_j / Σ_k |w_k|`` is word j's share of all weight, with its sign. ``ŷ_j`` is the probability that
    the text has the sentiment the word speaks for: that of positive where ``w_j > 0``, of negative where
    ``w_j < 0``. So s is 1 where every word speaks for positive and positive is sure, near 0 where the words
    contradict each other or the text is neutral; 0 where no word weighs anything.

    Args:
        weights: of the words, as from :func:`word_weights`.
        probabilities: negative, neutral, positive of the whole text.

    >>> round(intensity_score([0.6, -0.2], [0.1, 0.1, 0.8]), 3)  # 0.75 · 0.8 − 0.25 · 0.1
    0.575
    """
    own = np.asarray(weights, dtype=np.float64)
    total = float(np.abs(own).sum())
    if total == 0:
        return 0.0
    sure = np.where(own > 0, float(probabilities[_POSITIVE]), float(probabilities[_NEGATIVE]))
    return float((own * sure).sum()) / total


def pieces_of(item: PreparedText, language: str) -> list[Span]:
    """Slices of the cleaned text that are weighed: words, emoji, or groups of neighbouring words."""
    text = item.text
    words = split_words(text, "en" if language == "en" else "zh")
    words = _apart(sorted([*words, *(match.span() for match in _EMOJI.finditer(text))]))
    if item.edits:
        words = _same_source(words, item)
    if not words:
        stripped = text.strip()
        start = text.find(stripped)
        return [(start, start + len(stripped))] if stripped else []
    most = min(MAX_PIECES, max(MIN_PIECES, TEXT_CHARACTERS // len(text)))
    size = -(-len(words) // most)
    groups = [words[first : first + size] for first in range(0, len(words), size)]
    return [(group[0][0], group[-1][1]) for group in groups]


def _apart(spans: list[Span]) -> list[Span]:
    """Sorted spans without those that begin inside an earlier one."""
    kept: list[Span] = []
    for span in spans:
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def _same_source(spans: list[Span], item: PreparedText) -> list[Span]:
    """Words that one edit of cleaning made stand for the same given characters: they are one piece."""
    kept: list[Span] = []
    for start, end in spans:
        if kept and item.span((start, end))[0] < item.span(kept[-1])[1]:
            kept[-1] = (kept[-1][0], end)
        else:
            kept.append((start, end))
    return kept


def _variants(
    prepared: Sequence[PreparedText], found: Sequence[Sequence[Span]], filler: str
) -> Iterator[str]:
    """Each text, followed by the text without each of its pieces."""
    for item, pieces in zip(prepared, found, strict=True):
        yield item.text
        for piece in pieces:
            yield without(item.text, [piece], filler)


def _probabilities(models: TextModels, texts: Iterator[str], n_texts: int) -> NDArray[np.float64]:
    """Sentiment of very many texts, shape ``(n_texts, 3)``, a bounded number of characters at a time."""
    result = np.empty((n_texts, 3))
    done = held = 0
    waiting: list[str] = []
    for number, text in enumerate(texts, start=1):
        waiting.append(text)
        held += len(text) + 1
        if held >= BATCH_CHARACTERS or number == n_texts:
            result[done : done + len(waiting)] = models.sentiment(waiting)
            done, held, waiting = number, 0, []
    return result
