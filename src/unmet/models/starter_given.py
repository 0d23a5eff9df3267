"""Given aspects of the starter tier: what the encoder says of text and aspect, and its join with n-grams.

Valence and arousal may be read from both models by one linear layer per language:

    [valence, arousal] = x · W + b
    x = encoder's valence and arousal for text and aspect, n-grams' for the clauses that name it,
        P(positive) − P(negative) by both
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.core.errors import ModelError
from unmet.core.records import POLARITIES
from unmet.models.encoder import EncoderModel
from unmet.models.given_aspects import Answer, clauses_with
from unmet.models.heads import in_order
from unmet.models.intensity import HIGHEST, LOWEST
from unmet.models.linear import LinearModels
from unmet.models.tier_file import HEADS_OF
from unmet.text.language import detect_languages

Floats = NDArray[np.float32]
N_INPUTS = 6
LANGUAGES = ("zh", "en")
_POLAR = tuple(str(polarity) for polarity in POLARITIES)
_SCORES = ("valence", "arousal")


@dataclass(frozen=True, slots=True)
class GivenJoin:
    """Read-out of valence and arousal.

    Attributes:
        weights: language → shape ``(N_INPUTS, 2)``; a language that is not there is read as the first.
        bias: language → shape ``(2,)``.
    """

    weights: Mapping[str, NDArray[np.float64]]
    bias: Mapping[str, NDArray[np.float64]]

    def values(self, inputs: Floats, languages: Sequence[str]) -> Floats:
        """Valence and arousal of pairs, shapes ``(n, N_INPUTS)`` → ``(n, 2)``, not yet within 1–9."""
        exact, found = inputs.astype(np.float64), np.zeros((len(inputs), 2))
        known = list(self.weights)
        own = np.array([language if language in known else known[0] for language in languages])
        for language in known:
            rows = own == language
            found[rows] = exact[rows] @ self.weights[language] + self.bias[language]
        return found.astype(np.float32)


def join_inputs(deep: Floats, deep_polar: Floats, linear: Floats, linear_polar: Floats) -> Floats:
    """What a join reads, shape ``(n, N_INPUTS)``.

    Args:
        deep, linear: valence and arousal by each model, shape ``(n, 2)``.
        deep_polar, linear_polar: probabilities of negative, neutral, positive, shape ``(n, 3)``.
    """
    leans = [polar[:, 2:] - polar[:, :1] for polar in (deep_polar, linear_polar)]
    return np.concatenate([deep, linear, *leans], axis=1)


def read_given_join(told: Mapping[str, Any], where: str) -> GivenJoin:
    """A join of given aspects as written in ``tier.json``: ``weights`` and ``bias`` by language.

    Raises:
        ModelError: they are missing or have another shape.
    """
    try:
        weights = {str(k): np.array(v, dtype=np.float64) for k, v in dict(told["weights"]).items()}
        bias = {str(k): np.array(v, dtype=np.float64) for k, v in dict(told["bias"]).items()}
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"a join of given aspects cannot be read ({error})", where=where) from error
    right = all(w.shape == (N_INPUTS, 2) for w in weights.values())
    if not weights or not right or dict.fromkeys(weights, (2,)) != {k: b.shape for k, b in bias.items()}:
        raise ModelError(
            f"a join of given aspects needs weights ({N_INPUTS}, 2) and a bias (2,) per language", where=where
        )
    return GivenJoin(weights, bias)


def about_aspects(
    encoder: EncoderModel,
    linear: LinearModels,
    texts: Sequence[str],
    aspects: Sequence[str],
    *,
    join: GivenJoin | None = None,
    sure_from: float = 0.0,
) -> list[Answer]:
    """Polarity, valence and arousal of pairs of text and aspect.

    Args:
        encoder: answers what it has a head for.
        linear: answers the rest.
        texts, aspects: the pairs.
        join: reads valence and arousal from both models.
        sure_from: probability of the polarity from which an answer is sure.
    """
    heads = [name for name in HEADS_OF["given_aspects"] if name in encoder.heads]
    read = encoder.run(encoder.around(texts, aspects), aspects, heads)
    ordered = {
        name: in_order(read[name], encoder.heads[name].task.labels, labels)
        for name, labels in zip(HEADS_OF["given_aspects"], (_POLAR, _SCORES), strict=True)
        if name in read
    }
    answers = linear.about(texts, aspects) if len(heads) < 2 else [("", 0.0, 0.0, True)] * len(texts)
    labels, values = [a[0] for a in answers], np.array([a[1:3] for a in answers], np.float32)
    sure = [True] * len(texts)
    if "given_aspect" in ordered:
        polar = ordered["given_aspect"]
        labels = [_POLAR[k] for k in polar.argmax(axis=1).tolist()]
        sure = (polar.max(axis=1) >= sure_from).tolist()
    if "given_intensity" in ordered:
        values = ordered["given_intensity"]
    if join is not None:
        clauses = clauses_with(texts, aspects)
        said, leaning = linear.intensity(clauses), linear.sentiment(clauses)
        inputs = join_inputs(ordered["given_intensity"], ordered["given_aspect"], said, leaning)
        values = join.values(inputs, detect_languages(list(texts)))
    bounded = np.clip(values, LOWEST, HIGHEST).tolist()
    return [(label, v, a, s) for label, (v, a), s in zip(labels, bounded, sure, strict=True)]
