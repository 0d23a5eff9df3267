"""Strength of sentiment: valence and arousal (1–9) by ridge regression on linear scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmet.core.errors import ModelError
from unmet.models.classifier import N_EXTRA, Classifier, Columns, columns_from
from unmet.models.package import load_package

Floats = NDArray[np.float32]
LOWEST, HIGHEST = 1.0, 9.0


@dataclass(frozen=True, slots=True)
class IntensityModel:
    """Own columns beside the scores of the sentiment model, read by one linear map per axis."""

    version: str
    columns: Columns
    sentiment: Classifier
    read_out: Floats  # (own features + sentiment features + 3, 2)

    def predict(self, texts: Sequence[str]) -> Floats:
        """Valence and arousal, shape ``(n, 2)``, clipped to 1–9."""
        features = intensity_features(self.columns, self.sentiment, texts)
        # In double precision: single-precision products differ with the number of rows on some processors.
        exact = features.astype(np.float64) @ self.read_out
        result: Floats = np.clip(exact, LOWEST, HIGHEST).astype(np.float32)
        return result


def intensity_features(columns: Columns, sentiment: Classifier, texts: Sequence[str]) -> Floats:
    """Own features, sentiment features and sentiment probabilities side by side."""
    scores, probabilities = sentiment.read(texts)
    return np.concatenate([columns.features(texts), scores, probabilities], axis=1)


def load_intensity_model(folder: Path, sentiment: Classifier) -> IntensityModel:
    """Load the intensity package; it was fitted on the scores of one sentiment version.

    Raises:
        ModelError: missing or damaged package, or another sentiment version.
    """
    package = load_package(folder)
    needed = package.manifest.get("sentiment")
    if package.manifest["task"] != "intensity" or needed != sentiment.version:
        raise ModelError(
            f"The intensity package was fitted on {needed}, here is {sentiment.version}.",
            where=str(folder),
            hint="Train both again (benchmarks/train_classifiers.py).",
        )
    columns = columns_from(package, str(folder))
    read_out = package.arrays.get("read_out")
    n_rows = len(columns.weights) + len(sentiment.columns.weights) + 2 * N_EXTRA + len(sentiment.labels)
    if read_out is None or read_out.shape != (n_rows, 2):
        raise ModelError("The read-out does not fit the columns.", where=str(folder))
    return IntensityModel(package.version, columns, sentiment, read_out.astype(np.float32))
