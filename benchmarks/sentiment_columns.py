"""Weight columns of the sentiment model: what each one tells apart, and from which rows it learns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from composed_texts import Made, pieces_of_reviews
from fit_columns import Column, ColumnRecipe, matrix_of
from labelled_phrases import Stated, forum_judgements, opinion_phrases
from sentiment_rows import MADE, NEGATED, PIECE_SOURCES, REGISTERS, Rows
from unmet.models.ngrams import NgramConfig

CONFIG = NgramConfig(orders=(1, 2, 3, 4), bits=20, borders=True)
PIECES = ColumnRecipe("pieces_zh")
NEGATION_WEIGHT = 4.0
"""Of made negations beside marked phrases. With 1, "不算差" (not bad) was read as a complaint; out of fold
the log loss of negations falls from .71 to .65, that of texts people wrote stays (LOG-classifiers.md)."""
CLASSES = ("negative", "neutral", "positive")
Mask = NDArray[np.bool_]
Weights = NDArray[np.float64]


def columns_for(rows: Rows, fine: NDArray[np.int64], n_folds: int) -> list[Column]:
    """All columns; ``fine`` folds serve the small sources, where each row left out is missed."""
    folds = fine % n_folds
    columns = [
        Column(recipe, np.flatnonzero(mask), positive, weight)
        for recipe, mask, positive, weight in (*_review_plan(rows), *_gate_plan(rows))
        if _learnable(mask, positive, folds)
    ]
    if rows.of("clauses").any():
        columns += _clause_columns(rows, fine)
    if rows.of("car").any():
        columns += _forum_columns(rows, fine)
    if rows.of(*PIECE_SOURCES).any():
        columns.append(_pieces_column(rows, folds))
    written = rows.sources[(rows.registers < 3) & ~rows.of(*MADE)]
    if len(np.unique(written)) > 1:  # a source alone is measured without any help
        columns += _phrase_columns(rows, folds)
    return columns


def _review_plan(rows: Rows) -> list[tuple[ColumnRecipe, Mask, Mask, Weights]]:
    """Polarity and neutrality per language, apparel."""
    registers, labels, weights = rows.registers, rows.labels, rows.weights
    chinese, english = registers < 3, registers >= 3
    polar, neutral = labels != 1, labels == 1
    starred = rows.of("farm", "conditioners", "crawled", "targeted", "composed_zh")
    # The largest source once on its own, nearly: its own habits and what all share are weighed later.
    mostly_shopping = weights * np.where(rows.of("shopping"), 1.0, 0.02)
    return [
        (ColumnRecipe("polarity_zh", c=0.2), chinese & polar, labels == 2, weights),
        (ColumnRecipe("polarity_shop", c=0.2), chinese & polar, labels == 2, mostly_shopping),
        (ColumnRecipe("polarity_en"), english & polar, labels == 2, weights),
        (ColumnRecipe("neutral_zh", 18), starred, neutral, weights),
        (ColumnRecipe("neutral_en", 19), english, neutral, weights),
        (ColumnRecipe("apparel_negative", 19), registers == 4, labels == 0, weights),
        (ColumnRecipe("apparel_positive", 19), registers == 4, labels == 2, weights),
    ]


def _gate_plan(rows: Rows) -> list[tuple[ColumnRecipe, Mask, Mask, Weights]]:
    """One column per register, for the gate."""
    registers, made, weights = rows.registers, rows.of(*MADE), rows.weights
    chinese, english = registers < 3, registers >= 3
    plan = [(ColumnRecipe("gate_apparel", 17), english, registers == 4, weights)]
    for index, name in enumerate(REGISTERS[:3]):
        plan.append((ColumnRecipe(f"gate_{name}", 18), chinese & ~made, registers == index, weights))
    return [*plan, (ColumnRecipe("gate_en", 12), np.ones(len(registers), dtype=bool), english, weights)]


def _learnable(mask: Mask, positive: Mask, folds: NDArray[np.int64]) -> bool:
    """Both classes are there whichever fold is left out."""
    kept = [positive[mask & (folds != fold)] for fold in np.unique(folds)]
    return all(part.any() and not part.all() for part in kept)


def _clause_columns(rows: Rows, fine: NDArray[np.int64]) -> list[Column]:
    own = rows.of("clauses")
    columns = []
    for label, name in enumerate(CLASSES):
        # Few short rows: every n-gram counts.
        recipe = ColumnRecipe(f"clause_{name}", 18, c=1.0, scaling="idf", min_texts=1)
        if _learnable(own, rows.labels == label, fine):
            columns.append(Column(recipe, np.flatnonzero(own), rows.labels == label, folds=fine))
    return columns


def _forum_columns(rows: Rows, fine: NDArray[np.int64]) -> list[Column]:
    own = np.flatnonzero(rows.of("car"))
    stated = forum_judgements(rows.unseen, {rows.texts[i]: int(fine[i]) for i in own})
    matrix = matrix_of(stated.texts, CONFIG)
    return [
        Column(
            ColumnRecipe(f"forum_{CLASSES[label]}", 18),
            own,
            rows.labels == label,
            outside=(matrix, stated.classes[:, label], stated.weights, stated.folds),
            folds=fine,
        )
        for label in (0, 2)
    ]


def _phrase_columns(rows: Rows, folds: NDArray[np.int64]) -> list[Column]:
    """What is said of one thing, from marked opinions and from negated judging words."""
    fold_of = dict(zip(rows.texts, folds.tolist(), strict=True))
    stated: Stated = opinion_phrases(fold_of.keys(), rows.unseen, fold_of)
    matrix = matrix_of(stated.texts, CONFIG)
    negations = np.flatnonzero(rows.of(NEGATED[0]))
    return [
        Column(
            ColumnRecipe(f"phrase_{name}", 18, c=0.2, min_texts=1),
            negations,
            rows.labels == label,
            NEGATION_WEIGHT * rows.weights,
            outside=(matrix, stated.classes[:, label], stated.weights, stated.folds),
        )
        for label, name in enumerate(CLASSES)
    ]


def _pieces_column(rows: Rows, folds: NDArray[np.int64]) -> Column:
    made = pieces(rows, folds)
    outside = (matrix_of(made.texts, CONFIG), made.labels == 2, made.weights, made.folds)
    return Column(PIECES, np.empty(0, dtype=np.int64), rows.labels == 2, outside=outside)


def pieces(rows: Rows, folds: NDArray[np.int64]) -> Made:
    """Pieces of Chinese reviews, labelled by their reviews."""
    used = np.flatnonzero(rows.of(*PIECE_SOURCES))
    known = set(rows.texts) | rows.unseen
    return pieces_of_reviews([rows.texts[i] for i in used], rows.labels[used], folds[used], known)
