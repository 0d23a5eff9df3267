"""Quotes with their words shaded by what they do to the sentiment of the quote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from unmet.core.records import WordWeight
from unmet.models.attribution import word_weights
from unmet.models.linear import TextModels
from unmet.report.wording import Plain, Words, inset, printable

MAX_QUOTES = 1_000
"""Different quotes that are shaded, first cards first: about a second on the linear tier."""
FLOOR, STRONG_FLOOR = 0.08, 0.2
"""Weights (of 2 at most) below which a word is not shaded, not shaded strongly."""
WEAK, STRONG = 0.25, 0.6
"""The same as shares of the heaviest word's weight in the quote."""
SPOKEN_CHARACTERS = 40

Weights = Mapping[str, Sequence[WordWeight]]
"""Text of a quote → the weights of its words."""


def weigh_quotes(needs: Plain, models: TextModels) -> dict[str, list[WordWeight]]:
    """Word weights of the quotes on the cards, by text; see :func:`unmet.models.attribution.word_weights`.

    Args:
        needs: content of ``needs.json``.
        models: the tier that read the texts.
    """
    quotes = (str(quote["text"]) for need in needs["needs"] for quote in need["quotes"])
    texts = list(dict.fromkeys(quotes))[:MAX_QUOTES]
    return dict(zip(texts, word_weights(models, texts), strict=True))


def shaded(text: str, weights: Sequence[WordWeight]) -> list[dict[str, str]]:
    """A quote as pieces in order: ``text``, and ``kind`` such as ``pos strong``; empty where not shaded."""
    pieces: list[dict[str, str]] = []
    done = 0
    for word, kind in _kinds(weights):
        pieces += [{"text": text[done : word.start], "kind": ""}]
        pieces += [{"text": text[word.start : word.end], "kind": kind}]
        done = word.end
    pieces.append({"text": text[done:], "kind": ""})
    return [{**piece, "text": printable(piece["text"])} for piece in pieces if piece["text"]]


def _kinds(weights: Sequence[WordWeight]) -> Iterator[tuple[WordWeight, str]]:
    heaviest = max((abs(word.weight) for word in weights), default=0.0)
    for word in weights:
        size = abs(word.weight)
        if size >= max(FLOOR, WEAK * heaviest):
            strength = "strong" if size >= max(STRONG_FLOOR, STRONG * heaviest) else "weak"
            yield word, f"{'pos' if word.weight > 0 else 'neg'} {strength}"


def spoken(pieces: Sequence[Mapping[str, Any]], words: Words) -> str:
    """The shading in words, for readers who do not see it."""
    sides = []
    for side in ("neg", "pos"):
        found = dict.fromkeys(
            inset(str(p["text"]), SPOKEN_CHARACTERS) for p in pieces if str(p["kind"]).startswith(side)
        )
        if found:
            sides.append(str(words[f"words_{side}"]).format(words=words["comma"].join(found)))
    return " ".join(sides)
