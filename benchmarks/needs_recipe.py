"""The need model's recipe: columns and read-outs for Chinese, English forums and English reviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpora_needs import (
    NeedRows,
    app_reviews,
    civic,
    headlines,
    join,
    speaker_needs,
    suggestions,
    weak_chinese,
    weak_english,
)
from fit_columns import (
    Column,
    ColumnRecipe,
    Floats,
    features_of,
    fit_softmax,
    fold_numbers,
    matrix_of,
    out_of_fold,
    quantise,
)
from unmet.models.calibration import MixtureHead
from unmet.models.ngrams import NgramConfig

CONFIG = NgramConfig(orders=(1, 2, 3), skip_pairs=True, bits=20, borders=True)
SEED = 21
HIDDEN_REQUEST, FALSE_MATCH = 0.35, 0.02
"""Out-of-fold probabilities beyond which a weak label is not believed."""
FORUM = ("software_train", "app_reviews", "speaker_needs")
REVIEWS = ("weak_en",)
REGISTERS = ("zh", "en_forum", "en_review")
JUDGED_ON = ("weak_zh", "software_train", "weak_en")
"""Per register: the source that its read-out is fitted on."""
NEARLY = 0.003
"""F1 by which a lower threshold may fall short of the best."""


def load_rows() -> NeedRows:
    """All training sentences; test parts are not among them."""
    english = [suggestions("software_train"), app_reviews(), speaker_needs(), weak_english()]
    return join([*english, weak_chinese(), civic(), headlines()])


@dataclass(frozen=True)
class FittedNeeds:
    """Columns in floating point, read-out, threshold and out-of-fold probabilities."""

    names: tuple[str, ...]
    columns: list[Floats]
    head: MixtureHead
    threshold: float
    probabilities: Floats  # out of fold, of all rows
    rows: NeedRows


def train(rows: NeedRows, *, n_folds: int = 5) -> FittedNeeds:
    """The whole recipe on the given rows: fit, clean the weak labels by the fit, fit again."""
    first = _fit(rows, n_folds)
    probability = first.probabilities[:, 1]
    weak = rows.of("weak_zh", "weak_en")
    hidden_request = weak & (rows.labels == 0) & (probability > HIDDEN_REQUEST)
    false_match = weak & (rows.labels == 1) & (probability < FALSE_MATCH)
    return _fit(rows.take(np.flatnonzero(~hidden_request & ~false_match)), n_folds)


def _fit(rows: NeedRows, n_folds: int) -> FittedNeeds:
    matrix = matrix_of(rows.texts, CONFIG)
    forum, reviews = rows.of(*FORUM), rows.of(*REVIEWS)
    english = forum | reviews
    positive = rows.labels == 1
    plan = [
        Column(ColumnRecipe("need_forum"), np.flatnonzero(forum), positive, rows.weights),
        Column(ColumnRecipe("need_advice"), np.flatnonzero(reviews), positive, rows.weights),
        Column(ColumnRecipe("need_zh"), np.flatnonzero(~english), positive, rows.weights),
        Column(ColumnRecipe("gate_reviews", 15), np.flatnonzero(english), reviews, rows.weights),
        Column(ColumnRecipe("gate_en", 12), np.arange(len(rows)), english, rows.weights),
    ]
    folds = fold_numbers(rows.texts, n_folds, SEED)
    columns, features = out_of_fold(matrix, plan, np.zeros(len(rows), int), folds)
    registers = np.where(forum, 1, np.where(reviews, 2, 0))
    # Sentences with weak labels weigh less here too: a doubtful sentence is read by what people labelled.
    gate = fit_softmax(features, registers, len(REGISTERS), weights=rows.weights)
    experts = np.stack([_expert(features, rows, name) for name in JUDGED_ON])
    head = MixtureHead(gate, experts)
    probabilities = head.probabilities(features)
    threshold = best_threshold(rows, probabilities)
    names = tuple(column.recipe.name for column in plan)
    return FittedNeeds(names, columns, head, threshold, probabilities, rows)


def _expert(features: Floats, rows: NeedRows, name: str) -> Floats:
    """Read-out of one register, from the source whose labels were given by people or come nearest to that."""
    mask = rows.of(name)
    return fit_softmax(features[mask], rows.labels[mask], 2)


def best_threshold(rows: NeedRows, probabilities: Floats) -> float:
    """One threshold for all registers: the lowest that is nearly best on the sentences labelled by people.

    Weak labels follow wording, so they say nothing about where to cut. In a new domain wording is
    less familiar and every probability lower, so of equals the lowest threshold is taken.
    """
    mask = rows.of("software_train")
    if not mask.any():
        return 0.5
    truth, found = rows.labels[mask] == 1, {}
    for candidate in np.arange(0.1, 0.75, 0.01):
        decided = probabilities[mask, 1] >= candidate
        found[round(float(candidate), 2)] = 2 * (decided & truth).sum() / max(decided.sum() + truth.sum(), 1)
    return lowest_nearly_best(found)


def lowest_nearly_best(found: dict[float, float]) -> float:
    """The lowest threshold whose F1 is nearly the best."""
    return min(t for t, score in found.items() if score >= max(found.values()) - NEARLY)


def quantised(fitted: FittedNeeds) -> tuple[list[NDArray[np.int8]], Floats]:
    """8-bit columns and their scales."""
    pairs = [quantise(column) for column in fitted.columns]
    return [weights for weights, _ in pairs], np.array([scale for _, scale in pairs], dtype=np.float32)


def predict(fitted: FittedNeeds, texts: Sequence[str]) -> Floats:
    """Probability of a need through the quantised columns, shape ``(n,)``."""
    columns = [w.astype(np.float32) * s for w, s in zip(*quantised(fitted), strict=True)]
    return fitted.head.probabilities(features_of(matrix_of(texts, CONFIG), columns))[:, 1]
