"""The sentiment model's recipe: which sources, which columns, how they are read out.

The same functions train the shipped weights and, on fewer rows, every held-out figure of
``classifiers.py``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fit_columns import (
    ColumnRecipe,
    Floats,
    features_of,
    fit_column,
    fit_softmax,
    fold_numbers,
    matrix_of,
    out_of_fold,
    quantise,
)
from labelled_phrases import opinion_phrases
from sentiment_columns import CONFIG, PIECES, columns_for, pieces
from sentiment_rows import NEGATED, REGISTERS, SEED, Rows, with_composed
from unmet.evaluate.metrics import macro_f1
from unmet.models.calibration import Instead, MixtureHead, biased_argmax, softmax
from unmet.models.piece_scores import PieceReadOut, pieces_of, pool

FINE = 4
"""Fine folds to a fold: columns of small sources are fitted so many times more often."""
TOPICAL = ("zh_forum", "zh_clause")
POOLED = ("zh_forum", "car")
"""The register that is read from pieces too, and its source."""
POOLED_COLUMNS = ("forum_", "phrase_", "clause_")
POOLED_C = 0.02  # chosen on texts of no test part: .5685 against .5640 (0.1) and .5651 (0.005)
TUNED_ON = (
    ("farm", "conditioners", "crawled", "targeted"),
    ("car",),
    ("clauses",),
    ("amazon", "music"),
    ("clothing",),
)
RAW_COLUMNS = (
    ("polarity_zh", "neutral_zh", "polarity_zh"),
    ("forum_negative", "", "forum_positive"),
    ("clause_negative", "", "clause_positive"),
    ("polarity_en", "neutral_en", "polarity_en"),
    ("apparel_negative", "", "apparel_positive"),
)
"""Per register: the columns behind negative, neutral and positive."""


@dataclass(frozen=True)
class Fitted:
    """A trained sentiment model in floating point, with the out-of-fold probabilities of its rows."""

    names: tuple[str, ...]
    columns: list[Floats]
    head: MixtureHead
    bias: Floats  # (E, 3) per register, added to log probabilities before the argmax
    probabilities: Floats  # (n, 3), out of fold, of all rows
    rows: Rows
    pieces: PieceReadOut | None


def fit_head(names: Sequence[str], features: Floats, rows: Rows) -> MixtureHead:
    """One read-out per register and the gate between them, on out-of-fold features.

    Gate columns know the topic. Forum posts and clauses profit from that; the read-outs of reviews,
    which must serve kinds of product never seen, are kept from it.
    """
    # Negations are made to teach the columns; how sure a text is must come from texts people wrote.
    written = ~rows.of(*NEGATED)
    features, labels, registers = features[written], rows.labels[written], rows.registers[written]
    # Half balanced: small registers are not drowned, and a text unlike all is still read as a review.
    present = np.bincount(registers, minlength=len(REGISTERS))
    weights = np.sqrt(len(registers) / np.maximum(present, 1))[registers]
    gate = fit_softmax(features, registers, len(REGISTERS), weights=weights)
    everything = np.arange(features.shape[1])
    general = np.array([i for i in everything if i >= len(names) or not names[i].startswith("gate_")])
    experts = np.zeros((len(REGISTERS), features.shape[1], 3), dtype=np.float32)
    for register, name in enumerate(REGISTERS):
        mask = registers == register
        used = everything if name in TOPICAL else general
        if mask.any():
            experts[register][used] = fit_softmax(features[mask][:, used], labels[mask], 3)
    return MixtureHead(gate, experts)


def train(rows: Rows, *, n_folds: int = 3, seed: int = SEED) -> Fitted:
    """The whole recipe on the given rows."""
    fine = fold_numbers(rows.texts, n_folds, seed) + n_folds * fold_numbers(rows.texts, FINE, seed + 1)
    rows, fine = with_composed(rows, fine, n_folds)
    plan = columns_for(rows, fine, n_folds)
    names = tuple(column.recipe.name for column in plan)
    # Pieces are scored like rows that no column learns from, each by the fits that did not see its text.
    own = np.flatnonzero(rows.of(POOLED[1]))
    texts, starts = pieces_of([rows.texts[i] for i in own])
    scored = np.concatenate([np.arange(len(rows.texts)), np.repeat(own, np.diff(starts, append=len(texts)))])
    plan = [c if c.folds is None else replace(c, folds=c.folds[scored]) for c in plan]
    matrix = matrix_of([*rows.texts, *texts], CONFIG)
    columns, features = out_of_fold(matrix, plan, rows.sources[scored], (fine % n_folds)[scored])
    features, of_pieces = features[: len(rows.texts)], features[len(rows.texts) :]
    head = fit_head(names, features, rows)
    pieces = instead = None
    if own.size:
        pieces, instead = _fit_pieces(names, features, of_pieces, starts, rows)
    probabilities = head.probabilities(features, instead)
    return Fitted(names, columns, head, tune_bias(probabilities, rows), probabilities, rows, pieces)


def _fit_pieces(
    names: Sequence[str], features: Floats, of_pieces: Floats, starts: NDArray[np.int64], rows: Rows
) -> tuple[PieceReadOut, Instead]:
    """The read-out of forum posts on their pieces, and what it says of its own rows, all out of fold."""
    own = np.flatnonzero(rows.of(POOLED[1]))
    pooled = np.array([i for i, name in enumerate(names) if name.startswith(POOLED_COLUMNS)], dtype=np.intp)
    # fit_softmax takes the last feature for the constant, and the text's constant is not the last.
    seen = np.concatenate([features[own], pool(of_pieces[:, pooled], starts)], axis=1)
    constant = features.shape[1] - 1
    order = np.r_[0:constant, constant + 1 : seen.shape[1], constant]
    weights = np.zeros((seen.shape[1], 3), dtype=np.float32)
    weights[order] = fit_softmax(seen[:, order], rows.labels[own], 3, c=POOLED_C)
    read_out = PieceReadOut(REGISTERS.index(POOLED[0]), pooled, weights)
    return read_out, Instead(read_out.register, own, softmax(seen.astype(np.float64) @ weights))


def tune_bias(probabilities: Floats, rows: Rows) -> Floats:
    """Label bias of each register with the best mean macro-F1 over its three-class sources."""
    result = np.zeros((len(REGISTERS), 3), dtype=np.float32)
    for register, sources in enumerate(TUNED_ON):
        parts = [np.flatnonzero(mask) for name in sources if (mask := rows.of(name)).any()]
        # Plain reviews keep close to the probabilities: there is little neutral text to tune on.
        steps = np.arange(-0.3, 0.31, 0.15) if register == 0 else np.arange(-1.5, 1.51, 0.15)
        best = -1.0
        for negative, neutral in itertools.product(steps, steps) if parts else ():
            bias = np.array([negative, neutral, 0.0], dtype=np.float32)
            score = 0.0
            for part in parts:
                score += macro_f1(rows.labels[part], biased_argmax(probabilities[part], bias))
            # Ties go to the smaller bias: less is claimed.
            if score > best + 1e-4 * (np.abs(bias).sum() > np.abs(result[register]).sum()):
                best, result[register] = score, bias
    return result


def quantised_columns(fitted: Fitted) -> tuple[list[NDArray[np.int8]], Floats]:
    """8-bit columns and their scales."""
    pairs = [quantise(column) for column in fitted.columns]
    return [weights for weights, _ in pairs], np.array([scale for _, scale in pairs], dtype=np.float32)


def predict(
    fitted: Fitted, texts: Sequence[str], *, quantised: bool = True
) -> tuple[Floats, NDArray[np.int8]]:
    """Probabilities and decided labels, through the quantised columns unless said otherwise."""
    columns = fitted.columns
    if quantised:
        columns = [w.astype(np.float32) * s for w, s in zip(*quantised_columns(fitted), strict=True)]
    features = features_of(matrix_of(texts, CONFIG), columns)
    if fitted.pieces is None:
        probabilities = fitted.head.probabilities(features)
    else:
        pooled = [columns[i] for i in fitted.pieces.columns]

        def scores_of(pieces: Sequence[str]) -> Floats:
            return features_of(matrix_of(pieces, CONFIG), pooled)[:, : len(pooled)]

        probabilities = fitted.pieces.probabilities(fitted.head, texts, features, scores_of)
    bias = fitted.head.registers(features) @ fitted.bias
    return probabilities, biased_argmax(probabilities, bias).astype(np.int8)


def polarity_scores(rows: Rows, texts: Sequence[str]) -> Floats:
    """Sum of the scores by whole reviews, by pieces of reviews and, with several sources, by marked phrases.

    Centred on the first source's border.
    """
    polar, first = np.flatnonzero(rows.labels != 1), np.flatnonzero((rows.labels != 1) & (rows.sources == 0))
    matrix, positive = matrix_of([rows.texts[i] for i in polar], CONFIG), rows.labels[polar] == 2
    column = fit_column(matrix, positive, ColumnRecipe("polarity_zh", c=0.2), sources=rows.sources[polar])
    made = pieces(rows, np.zeros(len(rows.texts), np.int64))
    column += fit_column(matrix_of(made.texts, CONFIG), made.labels == 2, PIECES, weights=made.weights)
    if len(rows.names) > 1:
        column += _phrase_polarity(rows)
    # The offset of a source is thrown away with the fit, so the border is put back on training rows.
    known = matrix_of([rows.texts[i] for i in first], CONFIG) @ column
    border = np.float32(best_border(known, rows.labels[first] == 2))
    scores: Floats = matrix_of(texts, CONFIG) @ column - border
    return scores


def _phrase_polarity(rows: Rows) -> Floats:
    stated = opinion_phrases(frozenset(rows.texts), rows.unseen, {})
    sides = np.flatnonzero(~stated.classes[:, 1])
    matrix = matrix_of([stated.texts[i] for i in sides], CONFIG)
    recipe = ColumnRecipe("phrase_polarity", c=0.2)
    return fit_column(matrix, stated.classes[sides, 2], recipe, weights=stated.weights[sides])


def best_border(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """Score between the classes with the fewest errors."""
    order = np.argsort(scores)
    errors = np.cumsum(np.where(positive[order], 1, -1))
    place = int(errors.argmin())
    return float(scores[order[place : place + 2]].mean())


def uncalibrated(fitted: Fitted, texts: Sequence[str]) -> Floats:
    """Softmax of the raw column scores of each text's register: what calibration starts from."""
    features = features_of(matrix_of(texts, CONFIG), fitted.columns)
    place = {name: index for index, name in enumerate(fitted.names)}
    register = fitted.head.registers(features).argmax(axis=1)
    logits = np.zeros((len(features), 3), dtype=np.float32)
    for index, (negative, neutral, positive) in enumerate(RAW_COLUMNS):
        rows = register == index
        for column, name, sign in ((0, negative, -1), (1, neutral, 1), (2, positive, 1)):
            if name in place:
                flip = sign if name.startswith("polarity") else 1
                logits[rows, column] = flip * features[rows, place[name]]
    return softmax(logits)
