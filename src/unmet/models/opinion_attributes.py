"""Polarity, valence and category of an aspect–opinion pair: linear models over hashed pair features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmet.models.tagger import FeatureTable, pad_sequences
from unmet.models.tagger_features import Column, Sentences, mix

Integers = NDArray[np.int64]
Floats = NDArray[np.float32]

CATEGORIES = (
    "general", "quality", "price", "performance", "battery", "screen", "sound", "camera", "heat", "noise",
    "appearance", "size_fit", "weight", "material", "comfort", "function", "ease_of_use", "software",
    "connectivity", "durability", "cleanliness", "taste", "freshness", "quantity", "smell", "packaging",
    "delivery", "installation", "service", "authenticity", "effect", "location", "environment", "content",
)  # fmt: skip
"""Coarse topics of an opinion, the same for Chinese and English."""

_LEFT, _RIGHT = 4, 3


@dataclass(frozen=True, slots=True)
class PairPlaces:
    """Token ranges of pairs; an implicit side has ``first == last == -1``."""

    aspect_first: Integers
    aspect_last: Integers
    opinion_first: Integers
    opinion_last: Integers


@dataclass(frozen=True, slots=True)
class PairFeatures:
    """Feature keys of pairs laid end to end: keys of pair ``i`` are those with ``pair == i``.

    The first ``n_inner`` keys speak of the two spans themselves, the rest of the words around them.
    """

    keys: Column
    pair: Integers
    n_pairs: int
    n_inner: int

    def inner(self) -> PairFeatures:
        """Without the words around the spans (all that the category reads)."""
        return PairFeatures(self.keys[: self.n_inner], self.pair[: self.n_inner], self.n_pairs, self.n_inner)


def _ranges(first: Integers, last: Integers) -> tuple[Integers, Integers]:
    """Tokens of every range and the range each belongs to."""
    counts = np.maximum(last - first, 0)
    owner = np.repeat(np.arange(first.size), counts)
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(first, counts) + offset, owner


def pair_attribute_features(sentences: Sentences, places: PairPlaces) -> PairFeatures:
    """Keys of the words of a pair by role (aspect, opinion, left, right, between) and their conjunctions."""
    padded, place = pad_sequences(sentences.types, sentences.bounds)
    sequence = np.repeat(np.arange(sentences.bounds.size - 1), np.diff(sentences.bounds))
    has_aspect, has_opinion = places.aspect_first >= 0, places.opinion_first >= 0
    low = np.where(has_opinion, places.opinion_first, places.aspect_first)
    high = np.where(has_opinion, places.opinion_last, places.aspect_last)
    start = sentences.bounds[sequence[low]]
    stop = sentences.bounds[sequence[low] + 1]
    aspect_leads = has_aspect & has_opinion & (places.aspect_first < places.opinion_first)
    gap_low = np.where(aspect_leads, places.aspect_last, places.opinion_last)
    gap_high = np.where(aspect_leads, places.opinion_first, places.aspect_first)
    gap_high = np.where(has_aspect & has_opinion, np.minimum(gap_high, gap_low + 6), gap_low)
    roles = (
        (places.opinion_first, places.opinion_last),
        (places.aspect_first, places.aspect_last),
        (np.maximum(low - _LEFT, start), low),
        (high, np.minimum(high + _RIGHT, stop)),
        (gap_low, gap_high),
    )
    heads = _head_columns(sentences, places)
    keys = [mix(2000 + k, [heads[name] for name in names]) for k, names in enumerate(_HEAD_PARTS)]
    owners = [np.arange(low.size)] * len(keys)
    n_inner = 0
    for role, (first, last) in enumerate(roles):
        if role == 2:
            n_inner = sum(part.size for part in keys)
        tokens, owner = _ranges(first, last)
        for seed, parts in enumerate(_ROLE_PARTS):
            columns = [sentences.columns[c][padded[place[tokens] + shift]] for c, shift in parts]
            keys.append(mix(1000 + 20 * role + seed, columns))
            owners.append(owner)
    return PairFeatures(np.concatenate(keys), np.concatenate(owners), low.size, n_inner)


_ROLE_PARTS: tuple[tuple[tuple[str, int], ...], ...] = (
    (("word", 0),),
    (("word", -1), ("word", 0)),
    (("fine", 0),),
    (("polarity", 0),),
    (("head", 0),),
    (("tail", 0),),
    (("tag", -1), ("polarity", 0)),
    (("word", -1), ("polarity", 0)),
)
_HEAD_PARTS: tuple[tuple[str, ...], ...] = (
    ("one",),
    ("aspect_word", "opinion_word"),
    ("aspect_fine", "opinion_fine"),
    ("aspect_fine", "opinion_word"),
    ("aspect_tail", "opinion_word"),
    ("aspect_word", "opinion_polarity"),
    ("aspect_fine", "opinion_polarity"),
)


def _head_columns(sentences: Sentences, places: PairPlaces) -> dict[str, Column]:
    """Columns of the last word of each side; 0 where the side is implicit."""
    columns: dict[str, Column] = {"one": np.zeros(places.aspect_first.size, dtype=np.uint32)}
    for side, last in (("aspect", places.aspect_last), ("opinion", places.opinion_last)):
        types = sentences.types[np.maximum(last - 1, 0)]
        for name in ("word", "fine", "tail", "polarity"):
            values = sentences.columns[name][types]
            columns[f"{side}_{name}"] = np.where(last > 0, values, 0).astype(np.uint32)
    return columns


def score_pairs(table: FeatureTable, features: PairFeatures) -> Floats:
    """Sum of the table's rows over each pair's features, shape ``(n_pairs, n_outputs)``."""
    rows = table.lookup(features.keys)
    known = rows > 0
    result = np.zeros((features.n_pairs, table.rows.shape[1]), dtype=np.float32)
    pair, row = features.pair[known], rows[known]
    order = np.argsort(pair, kind="stable")  # one order of summing, whatever the batch
    if order.size:
        pair, row = pair[order], row[order]
        first = np.flatnonzero(np.concatenate([[True], pair[1:] != pair[:-1]]))
        result[pair[first]] = np.add.reduceat(table.rows[row], first, axis=0)
    return result


def softmax(scores: Floats) -> Floats:
    """Probabilities along the last axis."""
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return np.asarray(weights / weights.sum(-1, keepdims=True), dtype=np.float32)
