"""A linear classifier on hashed n-grams: integer weight columns and a calibrated read-out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.core.errors import ModelError
from unmet.models.calibration import MixtureHead, biased_argmax
from unmet.models.ngrams import Grams, NgramConfig, hashed_blocks
from unmet.models.package import Package, load_package
from unmet.models.piece_scores import PieceReadOut

Floats = NDArray[np.float32]
N_EXTRA = 2
"""Features beside the columns: log of the number of distinct n-grams, and the constant 1."""


@dataclass(frozen=True, slots=True)
class Columns:
    """``C`` linear scores of a text: ``scale · Σ weights / sqrt(distinct n-grams)``.

    Weights are 8-bit integers, summed as integers: a score is the same in every batch.
    """

    config: NgramConfig
    weights: tuple[NDArray[np.int8], ...]  # C arrays, each 2**k long, k at most config.bits
    scale: Floats  # (C,)

    def only(self, numbers: Sequence[int]) -> Columns:
        """Some of the columns, in the given order."""
        return Columns(self.config, tuple(self.weights[i] for i in numbers), self.scale[list(numbers)])

    def scores(self, texts: Sequence[str]) -> Floats:
        """Scores alone, shape ``(n, C)``."""
        return self.features(texts)[:, : len(self.weights)]

    def features(self, texts: Sequence[str]) -> Floats:
        """Scores, log count and constant, shape ``(n, C + N_EXTRA)``; 0 scores for a text of blanks."""
        result = np.ones((len(texts), len(self.weights) + N_EXTRA), dtype=np.float32)
        first = 0
        for grams in hashed_blocks(texts, self.config):
            last = first + grams.n_texts
            self._fill(grams, result[first:last])
            first = last
        return result

    def _fill(self, grams: Grams, rows: Floats) -> None:
        counts = grams.counts
        filled = np.flatnonzero(counts)
        starts = grams.indptr[:-1][filled]
        length = np.sqrt(np.maximum(counts, 1)).astype(np.float32)
        rows[:, : len(self.weights)] = 0.0
        # A shorter column is read by the leading bits of the bucket; columns of one length share the places.
        places: dict[int, NDArray[np.intp]] = {}
        for index, (column, scale) in enumerate(zip(self.weights, self.scale, strict=True)):
            if filled.size:
                shift = self.config.bits - (len(column).bit_length() - 1)
                if shift not in places:
                    places[shift] = (grams.indices >> shift).astype(np.intp)
                sums = np.add.reduceat(column.take(places[shift]), starts, dtype=np.int32)
                rows[filled, index] = sums * scale / length[filled]
        rows[:, -2] = np.log1p(counts)


@dataclass(frozen=True, slots=True)
class Classifier:
    """Columns, read-out and decision rule of one task."""

    version: str
    labels: tuple[str, ...]
    columns: Columns
    head: MixtureHead
    bias: Floats  # (E, K) per register, added to log probabilities before the argmax
    threshold: float  # decision threshold of a two-class task
    pieces: PieceReadOut | None = None  # reads one register from pieces of the text too

    def read(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """Features ``(n, F)`` and calibrated class probabilities ``(n, K)``."""
        features = self.columns.features(texts)
        if self.pieces is None:
            return features, self.head.probabilities(features)
        pooled = self.columns.only(self.pieces.columns.tolist())
        return features, self.pieces.probabilities(self.head, texts, features, pooled.scores)

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Calibrated class probabilities, shape ``(n, K)``."""
        return self.read(texts)[1]

    def decide(self, texts: Sequence[str]) -> tuple[Floats, NDArray[np.int64]]:
        """Probabilities ``(n, K)`` and decided classes ``(n,)``, by the rule of each text's register."""
        probabilities, registers = self.with_registers(texts)
        return probabilities, biased_argmax(probabilities, registers @ self.bias)

    def with_registers(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """Probabilities ``(n, K)``, and each text's shares of the registers ``(n, E)``."""
        features, probabilities = self.read(texts)
        return probabilities, self.head.registers(features)


def columns_from(package: Package, where: str) -> Columns:
    """Weight columns of a package (arrays ``column_0 …`` and ``scale``)."""
    manifest, arrays = package.manifest, package.arrays
    try:
        settings: dict[str, Any] = dict(manifest["features"])
        config = NgramConfig(
            tuple(settings["orders"]),
            bool(settings["skip_pairs"]),
            int(settings["bits"]),
            bool(settings["borders"]),
        )
        scale = arrays["scale"].astype(np.float32)
        weights = tuple(arrays[f"column_{index}"] for index in range(len(scale)))
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"The package lacks a part of its features ({error}).", where=where) from error
    for column in weights:
        if column.dtype != np.int8 or column.ndim != 1 or len(column) & (len(column) - 1):
            raise ModelError("A weight column is not int8 or not a power of two long.", where=where)
    return Columns(config, weights, scale)


def load_classifier(folder: Path, task: str) -> Classifier:
    """Load a classifier package.

    Raises:
        ModelError: missing or damaged package, another task, or parts that do not fit.
    """
    package = load_package(folder)
    manifest, arrays = package.manifest, package.arrays
    where = str(folder)
    if manifest["task"] != task:
        raise ModelError(f"The package is for the task {manifest['task']!r}, not {task!r}.", where=where)
    columns = columns_from(package, where)
    labels = tuple(str(label) for label in manifest["labels"])
    try:
        head = MixtureHead(arrays["gate"].astype(np.float32), arrays["experts"].astype(np.float32))
        bias = arrays["label_bias"].astype(np.float32)
        threshold = float(manifest["threshold"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"The package lacks a part of its read-out ({error}).", where=where) from error
    n_features = len(columns.weights) + N_EXTRA
    n_registers = head.gate.shape[1]
    shapes = ((n_features, n_registers), (n_registers, n_features, len(labels)), (n_registers, len(labels)))
    if (head.gate.shape, head.experts.shape, bias.shape) != shapes:
        raise ModelError("The read-out does not fit the columns.", where=where)
    pieces = _pieces_from(package, head, where)
    return Classifier(package.version, labels, columns, head, bias, threshold, pieces)


def _pieces_from(package: Package, head: MixtureHead, where: str) -> PieceReadOut | None:
    """The read-out on pieces, if the package has one (arrays ``piece_columns`` and ``piece_read_out``)."""
    manifest, arrays = package.manifest, package.arrays
    if "piece_register" not in manifest:
        return None
    try:
        register = list(manifest["registers"]).index(manifest["piece_register"])
        columns = arrays["piece_columns"].astype(np.intp)
        weights = arrays["piece_read_out"].astype(np.float32)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"The package lacks a part of its read-out on pieces ({error}).", where=where
        ) from error
    n_features, n_classes = head.experts.shape[1:]
    fits = columns.ndim == 1 and weights.shape == (n_features + 2 * len(columns) + 1, n_classes)
    if not fits or not ((columns >= 0) & (columns < n_features - N_EXTRA)).all():
        raise ModelError("The read-out on pieces does not fit the columns.", where=where)
    return PieceReadOut(register, columns, weights)
