"""Labelled texts of the opinion recipe, and what is tidied in them for training."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from corpora_spans import (
    AMAZON_TRAINED,
    LabelledText,
    Pair,
    read_amazon,
    read_aspect_polarity,
    read_cosmetics,
    read_dimabsa,
    read_farm,
    read_laptop_clauses,
    read_semeval,
)


def training_texts(language: str) -> list[LabelledText]:
    """All labelled texts of a language: train parts only."""
    if language == "zh":
        texts = [
            *read_dimabsa("zho_laptop"),
            *read_dimabsa("zho_restaurant"),
            *read_cosmetics(),
            *read_farm(),
        ]
    else:
        texts = [*read_dimabsa("eng_laptop"), *read_dimabsa("eng_restaurant")]
        for domain in AMAZON_TRAINED:
            texts += read_amazon(domain, "train")
        for name in ("Laptop14", "Restaurant14"):
            texts += read_semeval(name, "train")
    return texts


def drop_final_marks(texts: Sequence[LabelledText], share: float = 0.35) -> list[LabelledText]:
    """The texts, a share of them without the mark at their end: customers often leave it out."""
    chooser = random.Random(3)
    result = []
    for t in texts:
        ends = max((span[1] for p in t.pairs for span in (p.aspect, p.opinion) if span), default=0)
        bare = t.text.rstrip(" 。.!！~？?")
        shorten = chooser.random() < share and ends <= len(bare)
        result.append(replace(t, text=bare) if shorten else t)
    return result


_CLAUSE_MARK = re.compile(r"[，。！!,;；~～\s]+")


def tidy_farm(texts: Sequence[LabelledText], min_count: int = 10) -> list[LabelledText]:
    """Farm labels with slips undone (training only): opinions over several clauses are cut at the marks,
    and an opinion without aspect that begins with a word often labelled as aspect is split after it.
    """
    counts = Counter(t.text[slice(*p.aspect)] for t in texts for p in t.pairs if p.aspect)
    names = frozenset(name for name, n in counts.items() if n >= min_count)
    return [
        replace(t, pairs=tuple(q for p in t.pairs for q in _tidy_pair(t.text, p, names)))
        if t.source == "farm"
        else t
        for t in texts
    ]


def _tidy_pair(text: str, pair: Pair, names: frozenset[str]) -> list[Pair]:
    if pair.opinion is None:
        return [pair]
    start, end = pair.opinion
    pieces, place = [], start
    for mark in [*_CLAUSE_MARK.finditer(text, start, end), None]:
        stop = mark.start() if mark else end
        if stop > place:
            pieces.append((place, stop))
        place = mark.end() if mark else end
    return [_split_subject(text, replace(pair, opinion=piece), names) for piece in pieces]


def _split_subject(text: str, pair: Pair, names: frozenset[str]) -> Pair:
    if pair.aspect or pair.opinion is None:
        return pair
    start, end = pair.opinion
    for size in range(min(5, end - start - 1), 1, -1):
        if text[start : start + size] in names:
            return replace(pair, aspect=(start, start + size), opinion=(start + size, end))
    return pair


def attribute_texts(language: str) -> list[LabelledText]:
    """Further texts that label polarity or category without all spans."""
    if language == "en":
        return []
    clauses = [
        LabelledText(
            t.source, "zh", t.text, tuple(Pair(None, (0, len(t.text)), p.category) for p in t.pairs), False
        )
        for t in read_laptop_clauses()
    ]
    sets = [t for name in ("phone", "camera", "car", "notebook") for t in read_aspect_polarity(name)]
    return clauses + sets
