"""The need model's recipe: one column per language, one read-out per language."""

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

CONFIG = NgramConfig(orders=(1, 2, 3), skip_pairs=True, bits=18, borders=True)
SEED = 21
HIDDEN_REQUEST, FALSE_MATCH = 0.35, 0.02
"""Out-of-fold probabilities beyond which a weak label is not believed."""
ENGLISH = ("software_train", "app_reviews", "speaker_needs", "weak_en")


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


def train(rows: NeedRows, *, n_folds: int = 3) -> FittedNeeds:
    """The whole recipe on the given rows: fit, clean the weak labels by the fit, fit again."""
    first = _fit(rows, n_folds)
    probability = first.probabilities[:, 1]
    weak = rows.of("weak_zh", "weak_en")
    hidden_request = weak & (rows.labels == 0) & (probability > HIDDEN_REQUEST)
    false_match = weak & (rows.labels == 1) & (probability < FALSE_MATCH)
    return _fit(rows.take(np.flatnonzero(~hidden_request & ~false_match)), n_folds)


def _fit(rows: NeedRows, n_folds: int) -> FittedNeeds:
    matrix = matrix_of(rows.texts, CONFIG)
    english = rows.of(*ENGLISH)
    positive = rows.labels == 1
    plan = [
        Column(ColumnRecipe("need_en", 18), np.flatnonzero(english), positive),
        Column(ColumnRecipe("need_zh", 18), np.flatnonzero(~english), positive),
        Column(ColumnRecipe("gate_en", 12), np.arange(len(rows)), english),
    ]
    folds = fold_numbers(rows.texts, n_folds, SEED)
    columns, features = out_of_fold(matrix, plan, np.zeros(len(rows), int), folds, weights=rows.weights)
    gate = fit_softmax(features, english.astype(int), 2)
    # Calibrated on the sources whose labels were given by people, or come nearest to that.
    own = [rows.of("weak_zh"), rows.of("software_train")]
    experts = [fit_softmax(features[mask], rows.labels[mask], 2) for mask in own]
    head = MixtureHead(gate, np.stack(experts))
    probabilities = head.probabilities(features)
    threshold = best_threshold(rows, probabilities)
    names = tuple(column.recipe.name for column in plan)
    return FittedNeeds(names, columns, head, threshold, probabilities, rows)


def best_threshold(rows: NeedRows, probabilities: Floats) -> float:
    """One threshold for both languages: best mean F1 of software (en) and weakly labelled (zh) folds."""
    best, threshold = -1.0, 0.5
    for candidate in np.arange(0.1, 0.75, 0.01):
        scores = []
        for name in ("software_train", "weak_zh"):
            mask = rows.of(name)
            decided, truth = probabilities[mask, 1] >= candidate, rows.labels[mask] == 1
            scores.append(2 * (decided & truth).sum() / max(decided.sum() + truth.sum(), 1))
        if np.mean(scores) > best:
            best, threshold = float(np.mean(scores)), float(candidate)
    return round(threshold, 2)


def quantised(fitted: FittedNeeds) -> tuple[list[NDArray[np.int8]], Floats]:
    """8-bit columns and their scales."""
    pairs = [quantise(column) for column in fitted.columns]
    return [weights for weights, _ in pairs], np.array([scale for _, scale in pairs], dtype=np.float32)


def predict(fitted: FittedNeeds, texts: Sequence[str]) -> Floats:
    """Probability of a need through the quantised columns, shape ``(n,)``."""
    columns = [w.astype(np.float32) * s for w, s in zip(*quantised(fitted), strict=True)]
    return fitted.head.probabilities(features_of(matrix_of(texts, CONFIG), columns))[:, 1]
