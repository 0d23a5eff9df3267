"""Spans by two taggers at once: an encoder's tag probabilities are added to a linear tagger's label scores.

For token ``t`` of the linear tagger and label ``y``

    score(t, y) = linear(t, y) + weight · log p_encoder(y | the encoder's token at t)

and the linear tagger's transitions decode the sum (a product of experts per token, Hinton 2002). The two cut
texts differently: a linear token reads the encoder's first token that it touches. If that one began earlier
(a word piece longer than the linear token), the linear token cannot begin a span, and continues what the
piece begins or continues.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.core.errors import ModelError
from unmet.models.encoder_outputs import TokenScores

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
LEAST_LOG = -10.0
"""Log probability below which one model does not overrule the other any further."""
MOST_WEIGHT = 5.0


@dataclass(frozen=True, slots=True)
class SpanJoin:
    """How much the encoder's tags count.

    Attributes:
        weights: language (``zh``, ``en``) → weight, 0–:data:`MOST_WEIGHT`.
        thresholds: language → the joined tagger's thresholds, by the names of the linear package; those
            that are not named stay.
    """

    weights: Mapping[str, float]
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JoinedTags:
    """A join with the encoder's scores of a batch of texts.

    Attributes:
        join: weights and thresholds.
        scores: of each text.
        columns: of the encoder's tags, in the order of the linear tagger's labels.
    """

    join: SpanJoin
    scores: Sequence[TokenScores]
    columns: Sequence[int]

    def added(
        self, rows: Sequence[int], languages: Sequence[str], starts: Ints, ends: Ints, text_of: Ints
    ) -> Floats:
        """What the encoder adds to the label scores of linear tokens, shape ``(n_tokens, n_labels)``.

        Args:
            rows: texts of this batch, numbers into ``scores``.
            languages: of these texts; a language without a weight adds nothing.
            starts, ends: of every token in its text, shape ``(n_tokens,)``.
            text_of: number of each token's text in ``rows``, ascending, shape ``(n_tokens,)``.
        """
        found: Floats = np.zeros((len(starts), len(self.columns)), dtype=np.float32)
        edges = np.searchsorted(text_of, np.arange(len(rows) + 1))
        for number, (row, language) in enumerate(zip(rows, languages, strict=True)):
            weight = np.float32(self.join.weights.get(language, 0.0))
            own = slice(int(edges[number]), int(edges[number + 1]))
            if weight:
                found[own] = weight * scores_at(self.scores[row], starts[own], ends[own], self.columns)
        return found

    def thresholds(self, language: str) -> Mapping[str, float]:
        """Thresholds that the join changes."""
        return self.join.thresholds.get(language, {})


def scores_at(scores: TokenScores, starts: Ints, ends: Ints, columns: Sequence[int]) -> Floats:
    """Log probabilities of labels at tokens of another tokenizer; 0 for all where the encoder has no token.

    Args:
        scores: of one text; tags outside, then begin and inside of each type.
        starts, ends: of the other tokens, in order, shape ``(n,)``.
        columns: tag of each label; 0 is outside, odd numbers begin, even ones continue.
    """
    found: Floats = np.zeros((len(starts), len(columns)), dtype=np.float32)
    if not len(scores.places) or not len(starts):
        return found
    firsts, lasts = scores.places[:, 0], scores.places[:, 1]
    piece = np.minimum(np.searchsorted(lasts, starts, side="right"), len(lasts) - 1)
    touched = (firsts[piece] < ends) & (lasts[piece] > starts)
    logs = np.maximum(scores.logs, np.float32(LEAST_LOG))
    found[touched] = logs[piece[touched]][:, columns]
    within = np.flatnonzero(touched & (firsts[piece] < starts))
    for place, tag in enumerate(columns):
        if tag and tag % 2 == 0:
            both = np.logaddexp(logs[piece[within], tag - 1], logs[piece[within], tag])
            found[within, place] = both
            found[within, list(columns).index(tag - 1)] = LEAST_LOG
    return found


def tag_columns(labels: Sequence[str], types: Sequence[str], names: Mapping[str, str]) -> list[int]:
    """The encoder's tag of every label of a linear tagger.

    Args:
        labels: ``O``, ``B-x``, ``I-x``.
        types: span types of the encoder's head, in its order.
        names: encoder's type → the linear tagger's ``x``.

    >>> tag_columns(("O", "B-A", "I-A", "B-O", "I-O"), ("ASPECT", "OPINION"), {"ASPECT": "A", "OPINION": "O"})
    [0, 1, 2, 3, 4]
    """
    number = {names[kind]: place for place, kind in enumerate(types)}
    return [0 if label == "O" else 1 + 2 * number[label[2:]] + (label[0] == "I") for label in labels]


def read_span_join(told: Mapping[str, Any], where: str) -> SpanJoin:
    """A join of spans as written in ``tier.json``: ``weights``, and ``thresholds`` where they change.

    Raises:
        ModelError: a weight or threshold is missing or out of range.
    """
    try:
        weights = {str(name): float(value) for name, value in dict(told["weights"]).items()}
        thresholds = {
            str(language): {str(name): float(value) for name, value in dict(own).items()}
            for language, own in dict(told.get("thresholds", {})).items()
        }
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"a join of spans cannot be read ({error})", where=where) from error
    for name, value in weights.items():
        if not 0 <= value <= MOST_WEIGHT:
            raise ModelError(f"the weight for {name} is {value}, not 0–{MOST_WEIGHT:g}", where=where)
    for language, own in thresholds.items():
        for name, value in own.items():
            if not 0 <= value <= 1:
                raise ModelError(f"the threshold {name} for {language} is {value}, not 0–1", where=where)
    return SpanJoin(weights, thresholds)
