"""Spans of the starter tier: an encoder's spans as they stand, and what its aspect head says of pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from unmet.core.records import Entity, GivenAspect, Opinion, Polarity
from unmet.models.encoder_outputs import ScoredSpan
from unmet.models.tags import whole_words


def sure_spans(
    texts: Sequence[str], spans: Sequence[Sequence[ScoredSpan]], threshold: float
) -> list[list[ScoredSpan]]:
    """Spans of each text that are sure enough, widened to whole words, without overlaps."""
    found = []
    for text, own in zip(texts, spans, strict=True):
        kept: list[ScoredSpan] = []
        for span in own:
            if span.probability < threshold:
                continue
            start, end = whole_words(text, span.start, span.end)
            if not kept or start >= kept[-1].end:
                kept.append(span._replace(start=start, end=end))
        found.append(kept)
    return found


def entities_of(texts: Sequence[str], spans: Sequence[Sequence[ScoredSpan]]) -> list[list[Entity]]:
    """Entities that spans of each text mean; white space names nothing."""
    return [
        [
            Entity(text[s.start : s.end], s.type, (s.start, s.end))
            for s in own
            if text[s.start : s.end].strip()
        ]
        for text, own in zip(texts, spans, strict=True)
    ]


def with_polarity(opinions: list[Opinion], said: list[GivenAspect]) -> list[Opinion]:
    """Opinions with what was said of their aspects; ``said`` follows the opinions that name one."""
    answers = iter(said)
    changed = []
    for opinion in opinions:
        given = next(answers) if opinion.aspect is not None else None
        if given is None or given.polarity == opinion.polarity:
            changed.append(opinion)
            continue
        changed.append(replace(opinion, polarity=given.polarity, valence=_on_side(given)))
    return changed


def _on_side(given: GivenAspect) -> float:
    """Valence on the side of the neutral point that the polarity names."""
    low, high = {Polarity.NEGATIVE: (1.0, 5.0), Polarity.POSITIVE: (5.0, 9.0)}.get(given.polarity, (1.0, 9.0))
    return float(np.clip(given.valence, low, high))
