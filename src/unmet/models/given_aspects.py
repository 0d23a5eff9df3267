"""Polarity and intensity towards an aspect that the caller names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from unmet.core.records import GivenAspect, Polarity
from unmet.text.folding import fold
from unmet.text.language import detect_languages

Answer = tuple[str, float, float, bool]
"""Polarity, valence and arousal towards an aspect, and whether the model is sure of the polarity."""


def clauses_with(texts: Sequence[str], aspects: Sequence[str]) -> list[str]:
    """The clauses of each text that name its aspect, joined; the whole text where none does.

    Case, width and traditional characters do not matter.

    >>> clauses_with(["屏幕很好，就是電池不耐用"], ["电池"])
    ['就是電池不耐用']
    """
    from unmet.text.sentences import split_clauses

    found = []
    for text, aspect, language in zip(texts, aspects, detect_languages(list(texts)), strict=True):
        wanted, folded = fold(aspect).strip(), fold(text)
        spans = split_clauses(text, "en" if language == "en" else "zh") if wanted in folded else []
        pieces = [text[start:end] for start, end in spans if wanted and wanted in folded[start:end]]
        found.append(" ".join(pieces) or text)
    return found


def each_pair(
    texts: Sequence[str],
    aspects: Sequence[Sequence[str]],
    answer: Callable[[list[str], list[str]], list[Answer]],
) -> list[list[GivenAspect]]:
    """Answer all pairs of a batch at once and give them back per text, in the order of the aspects.

    Args:
        texts: whole texts.
        aspects: of each text, possibly none.
        answer: texts and aspects of the pairs → polarity, valence, arousal and whether it is sure, of each.
    """
    if len(texts) != len(aspects):
        raise ValueError(f"{len(texts)} texts but aspects of {len(aspects)}")
    firsts = [text for text, named in zip(texts, aspects, strict=True) for _ in named]
    seconds = [aspect for named in aspects for aspect in named]
    answers = iter(answer(firsts, seconds) if firsts else [])
    return [
        [
            GivenAspect(aspect, Polarity(label), valence, arousal, sure)
            for aspect, (label, valence, arousal, sure) in zip(named, answers, strict=False)
        ]
        for named in aspects
    ]
