"""The intensity model's recipe: ridge regression on DimABSA, beside the sentiment model's scores.

A text's valence and arousal are the means over its quadruplets (train) or aspects (dev).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from corpora_sentiment import DATA, _json_lines
from fit_columns import Floats, fold_numbers, matrix_of, quantise
from unmet.models.classifier import Classifier, Columns
from unmet.models.intensity import intensity_features
from unmet.models.ngrams import NgramConfig

CONFIG = NgramConfig(orders=(1, 2, 3), bits=18, borders=True)
SEED = 22
SETS = ("eng_laptop", "eng_restaurant", "zho_laptop", "zho_restaurant")
COLUMN_RIDGE = 1.0
READ_OUT_RIDGE = 10.0


@dataclass(frozen=True)
class IntensityRows:
    """Texts with mean valence and arousal, and the set of each."""

    texts: list[str]
    values: NDArray[np.float64]  # (n, 2)
    sets: list[str]


def _mean(pairs: Iterable[str]) -> list[float]:
    return np.array([[float(x) for x in pair.split("#")] for pair in pairs]).mean(axis=0).tolist()


def load_rows(part: str) -> IntensityRows:
    """DimABSA ``train`` or ``dev``."""
    texts, values, sets = [], [], []
    for name in SETS:
        file = f"train/{name}_train_alltasks.jsonl" if part == "train" else f"dev/{name}_dev_task1.jsonl"
        for row in _json_lines(DATA / "opinions_dim" / file):
            marks = row.get("Quadruplet") or row.get("Aspect_VA") or []
            pairs = [str(mark["VA"]) for mark in marks]  # type: ignore[attr-defined]
            if pairs:
                texts.append(str(row["Text"]))
                values.append(_mean(pairs))
                sets.append(name)
    return IntensityRows(texts, np.array(values), sets)


def _ridge_columns(matrix: sp.csr_matrix, values: NDArray[np.float64]) -> list[Floats]:
    """One weight column per axis; the mean is left to the read-out."""
    model = Ridge(alpha=COLUMN_RIDGE, solver="lsqr", tol=1e-4)
    model.fit(matrix, values)
    return [row.astype(np.float32) for row in model.coef_]


def train(rows: IntensityRows, sentiment: Classifier, *, n_folds: int = 5) -> tuple[Columns, Floats]:
    """Quantised columns and the read-out, shape ``(F, 2)``."""
    matrix = matrix_of(rows.texts, CONFIG)
    folds = fold_numbers(rows.texts, n_folds, SEED)
    pairs = [quantise(column) for column in _ridge_columns(matrix, rows.values)]
    columns = Columns(CONFIG, tuple(w for w, _ in pairs), np.array([s for _, s in pairs], dtype=np.float32))
    features = intensity_features(columns, sentiment, rows.texts)
    for fold in range(n_folds):
        held_out = folds == fold
        for axis, column in enumerate(_ridge_columns(matrix[~held_out], rows.values[~held_out])):
            features[held_out, axis] = matrix[held_out] @ column
    spread = features.std(axis=0)
    spread[spread == 0] = 1.0
    middle = features.mean(axis=0)
    model = Ridge(alpha=READ_OUT_RIDGE).fit((features - middle) / spread, rows.values)
    read_out = (model.coef_ / spread).T
    read_out[-1 - len(sentiment.labels)] += model.intercept_ - (middle / spread) @ model.coef_.T
    return columns, read_out.astype(np.float32)
