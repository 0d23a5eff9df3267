"""Short texts whose class people marked inside longer ones: opinion phrases, judging words of forum posts.

The opinion sets mark what is said of what in each text, and the car set names the word that decided a
post's label. Learning from such rationales takes fewer labels than learning from whole texts (Zaidan, Eisner
and Piatko 2007, "Using annotator rationales"). Texts of test parts are left out, and so is every phrase that
is itself a text of a training or test part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from composed_texts import NEGATIVE, NEUTRAL, POSITIVE
from corpora_sentiment import DATA
from corpora_spans import LabelledText, read_cosmetics, read_dimabsa, read_farm
from unmet.models.piece_scores import PIECE

CLASS_OF = {"negative": NEGATIVE, "neutral": NEUTRAL, "positive": POSITIVE}
ALWAYS = -1
"""Fold of a row that no row to be read out can leak from: every fit may learn from it."""
OPINION_SETS: dict[str, Callable[[], list[LabelledText]]] = {
    "dim_zho_laptop": lambda: read_dimabsa("zho_laptop"),
    "cosmetics": read_cosmetics,
    "farm": read_farm,
}
"""Restaurant opinions are left out: food delivery stays a kind of review that nothing was learned from."""
LONGEST_CLAUSE, LONGEST_SILENT = 30, 24


@dataclass(frozen=True)
class Stated:
    """Texts that are only trained on.

    ``classes[i, k]``: text ``i`` shows class ``k`` (a post on several subjects may show several).
    """

    texts: list[str]
    classes: NDArray[np.bool_]  # (n, 3)
    folds: NDArray[np.int64]
    weights: NDArray[np.float64]


def _stated(rows: list[tuple[str, Collection[int], int, float]]) -> Stated:
    classes = np.zeros((len(rows), 3), dtype=bool)
    for index, row in enumerate(rows):
        classes[index, list(row[1])] = True
    return Stated(
        [row[0] for row in rows],
        classes,
        np.array([row[2] for row in rows], dtype=np.int64),
        np.array([row[3] for row in rows], dtype=np.float64),
    )


def opinion_phrases(known: Collection[str], unseen: Collection[str], fold_of: Mapping[str, int]) -> Stated:
    """Opinions, aspects with opinions, and clauses, each with its polarity; clauses that judge nothing.

    Args:
        known: texts with labels of their own; a phrase equal to one is left out.
        unseen: texts of test parts; nothing is taken from them, and no phrase equals one.
        fold_of: fold of each training text; phrases of other texts belong to no fold.
    """
    counts: dict[tuple[str, str, int, str], list[int]] = {}
    for name, read in OPINION_SETS.items():
        for labelled in read():
            if labelled.text.strip("\ufeff \n\t") in unseen:
                continue
            fold = fold_of.get(labelled.text.strip("\ufeff \n\t"), ALWAYS)
            for kind, phrase, label in (*_judged(labelled), *_silent(labelled)):
                if phrase and phrase not in known and phrase not in unseen:
                    counts.setdefault((name, kind, fold, phrase), [0, 0, 0])[label] += 1
    rows: list[tuple[str, Collection[int], int, float]] = []
    for (_, _, fold, phrase), found in counts.items():
        for label, count in enumerate(found):
            if count:
                rows.append((phrase, (label,), fold, count / sum(found) * min(count**0.5, 3.0)))
    return _stated(rows)


def _judged(labelled: LabelledText) -> Iterator[tuple[str, str, int]]:
    text = labelled.text
    of_clause: dict[str, set[int]] = {}
    for pair in labelled.pairs:
        if pair.opinion is None or pair.polarity is None:
            continue
        label, opinion = CLASS_OF[pair.polarity], text[slice(*pair.opinion)]
        yield "opinion", opinion, label
        if pair.aspect is not None:
            yield "aspect and opinion", text[slice(*pair.aspect)] + opinion, label
        clause = next((m.group() for m in PIECE.finditer(text) if _overlap(m, pair.opinion)), opinion)
        of_clause.setdefault(clause, set()).add(label)
    for clause, labels in of_clause.items():
        if len(labels) == 1 and len(clause) <= LONGEST_CLAUSE:
            yield "clause", clause, min(labels)


def _silent(labelled: LabelledText) -> Iterator[tuple[str, str, int]]:
    """Clauses of a fully labelled text that touch no aspect and no opinion."""
    if not labelled.pairs or any(pair.opinion is None for pair in labelled.pairs):
        return
    marked = [span for pair in labelled.pairs for span in (pair.aspect, pair.opinion) if span is not None]
    for match in PIECE.finditer(labelled.text):
        if 2 <= len(match.group()) <= LONGEST_SILENT and not any(_overlap(match, span) for span in marked):
            yield "clause without opinion", match.group(), NEUTRAL


def _overlap(match: re.Match[str], span: tuple[int, int]) -> bool:
    return match.start() < span[1] and span[0] < match.end()


def forum_judgements(unseen: Collection[str], fold_of: Mapping[str, int]) -> Stated:
    """Of the car posts: the words that decided a label, and posts that take different sides on two subjects.

    A word counts alone and behind its subject ("高", "价格高"). Posts with several labels are in no part that
    is measured; here they show each of their classes.
    """
    posts: dict[str, set[int]] = {}
    words: list[tuple[str, str, int, str]] = []
    table = pl.read_csv(DATA / "reviews_zh/car_3class.csv")
    columns = table.select("content", "subject", "sentiment_value", "sentiment_word")
    for content, subject, value, word in columns.iter_rows():
        text = content.strip("\ufeff \n\t")
        if text not in unseen:
            posts.setdefault(text, set()).add(value + 1)
            if word:
                words.append((word, subject, value + 1, text))
    rows: list[tuple[str, Collection[int], int, float]] = []
    for text, labels in posts.items():
        if len(labels) > 1:
            rows.append((text, labels, ALWAYS, 1.0))
    for word, subject, label, text in words:
        for phrase in (word, subject + word):
            rows.append((phrase, (label,), fold_of.get(text, ALWAYS), 1.0))
    return _stated(rows)
