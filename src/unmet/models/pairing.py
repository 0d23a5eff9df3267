"""Which opinion belongs to which aspect: a small logistic model over distance and what lies between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmet.models.tagger import TaggedSpan
from unmet.models.tagger_features import Sentences, stable_hash

Integers = NDArray[np.int64]

_COMMA_KEYS = np.array(sorted({stable_hash(c) for c in ",，、/~～()（）:：-"}), dtype=np.uint32)
_GAP_EDGES = np.array([1, 2, 3, 5, 9])
N_FEATURES = 24
MAX_GAP = 25
"""Tokens between the two spans of a candidate pair."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """All aspect–opinion pairs of one sentence each: positions into the two span lists."""

    aspect: Integers
    opinion: Integers


@dataclass(frozen=True, slots=True)
class SpanTable:
    """Spans of one kind as columns: sequence number and token range, in order of place."""

    sequence: Integers
    first: Integers
    last: Integers

    @staticmethod
    def of(spans: Sequence[TaggedSpan], sequence_of_token: Integers) -> SpanTable:
        """Columns of spans; ``sequence_of_token`` has shape ``(n_tokens,)``."""
        first = np.array([span.first for span in spans], dtype=np.int64)
        last = np.array([span.last for span in spans], dtype=np.int64)
        return SpanTable(sequence_of_token[first] if first.size else first, first, last)


def candidate_pairs(aspects: SpanTable, opinions: SpanTable) -> Candidates:
    """Every aspect with every opinion of the same sentence within MAX_GAP tokens."""
    low = np.searchsorted(aspects.sequence, opinions.sequence)
    high = np.searchsorted(aspects.sequence, opinions.sequence, side="right")
    counts = high - low
    opinion = np.repeat(np.arange(opinions.first.size), counts)
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    aspect = np.repeat(low, counts) + offset
    gap = np.maximum(
        opinions.first[opinion] - aspects.last[aspect], aspects.first[aspect] - opinions.last[opinion]
    )
    near = gap <= MAX_GAP
    return Candidates(aspect[near], opinion[near])


def pair_features(
    sentences: Sentences, aspects: SpanTable, opinions: SpanTable, pairs: Candidates
) -> NDArray[np.float32]:
    """Features of candidates, shape ``(n_candidates, N_FEATURES)``: order × gap, commas, spans between."""
    n_tokens = sentences.types.size
    a_first, a_last = aspects.first[pairs.aspect], aspects.last[pairs.aspect]
    o_first, o_last = opinions.first[pairs.opinion], opinions.last[pairs.opinion]
    aspect_leads = a_first < o_first
    left = np.where(aspect_leads, a_last, o_last)
    right = np.maximum(np.where(aspect_leads, o_first, a_first), left)
    gap = right - left
    comma = np.isin(sentences.columns["word"][sentences.types], _COMMA_KEYS)

    def between(flags: NDArray[np.bool_]) -> Integers:
        total = np.concatenate([[0], np.cumsum(flags)])
        counts: Integers = total[right] - total[left]
        return counts

    starts_aspect = np.zeros(n_tokens, dtype=bool)
    starts_aspect[aspects.first] = True
    starts_opinion = np.zeros(n_tokens, dtype=bool)
    starts_opinion[opinions.first] = True
    commas, other_aspects = between(comma), between(starts_aspect)
    other_opinions = between(starts_opinion)
    features = np.zeros((gap.size, N_FEATURES), dtype=np.float32)
    row = np.arange(gap.size)
    features[row, np.searchsorted(_GAP_EDGES, gap, side="right") + 6 * aspect_leads] = 1.0
    features[row, 12 + np.minimum(commas, 2) + 3 * aspect_leads] = 1.0
    features[:, 18] = (other_aspects > 0) & aspect_leads
    features[:, 19] = (other_aspects > 0) & ~aspect_leads
    features[:, 20] = (other_opinions > 0) & aspect_leads
    features[:, 21] = (other_opinions > 0) & ~aspect_leads
    features[:, 22] = (commas > 0) & (other_opinions > 0)
    features[:, 23] = np.minimum(gap, 20) / 20.0
    return features


def choose_pairs(
    pairs: Candidates, probability: NDArray[np.float64], n_opinions: int, n_aspects: int, threshold: float
) -> list[tuple[int | None, int | None]]:
    """Pairs ``(aspect, opinion)``: each opinion takes its best aspect above the threshold, or none.

    An aspect that no opinion took brings its best opinion along if that pair is above the threshold
    ("screen and keyboard are great"), otherwise it stays alone.
    """
    best_of_opinion: dict[int, tuple[float, int]] = {}
    best_of_aspect: dict[int, tuple[float, int]] = {}
    for a, o, p in zip(pairs.aspect.tolist(), pairs.opinion.tolist(), probability.tolist(), strict=True):
        if p >= threshold:
            if p > best_of_opinion.get(o, (0.0, 0))[0]:
                best_of_opinion[o] = (p, a)
            if p > best_of_aspect.get(a, (0.0, 0))[0]:
                best_of_aspect[a] = (p, o)
    chosen: list[tuple[int | None, int | None]] = []
    taken = set()
    for o in range(n_opinions):
        aspect = best_of_opinion[o][1] if o in best_of_opinion else None
        chosen.append((aspect, o))
        taken.add(aspect)
    for a in range(n_aspects):
        if a not in taken:
            chosen.append((a, best_of_aspect[a][1] if a in best_of_aspect else None))
    return chosen
