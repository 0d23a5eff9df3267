"""Sentence vectors read out of an encoder's by a linear map that was fitted after the encoder was trained.

    y = x + x·W + b,  divided by its length

A tier keeps W in 8 bits with a scale per column, beside ``tier.json``. Its own file is verified by its hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.core.errors import ModelError
from unmet.core.files import atomic_path
from unmet.core.hashing import file_hash

Floats = NDArray[np.float32]
VECTOR_FILE = "vectors.npz"
_LIMIT = 127
_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class VectorMap:
    """A map of unit vectors.

    Attributes:
        weights: what is added to a vector per number of it, shape ``(width, width)``.
        bias: shape ``(width,)``.
    """

    weights: Floats
    bias: Floats

    def __call__(self, vectors: Floats) -> Floats:
        """Unit vectors, shape ``(n, width)`` → ``(n, width)``."""
        # Double precision: single-precision products differ with the number of rows on some processors.
        exact = vectors.astype(np.float64)
        moved = exact + exact @ self.weights + self.bias
        lengths = np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), _LEAST)
        result: Floats = (moved / lengths).astype(np.float32)
        return result


def save_vector_map(folder: Path, vector_map: VectorMap) -> dict[str, str]:
    """Write ``vectors.npz`` into a tier folder.

    Returns:
        The entry ``vectors`` of ``tier.json``.
    """
    scale = np.maximum(np.abs(vector_map.weights).max(axis=0), _LEAST) / _LIMIT
    whole = np.round(vector_map.weights / scale).astype(np.int8)
    with atomic_path(folder / VECTOR_FILE) as temporary, temporary.open("wb") as stream:
        np.savez(
            stream, weights=whole, scale=scale.astype(np.float32), bias=vector_map.bias.astype(np.float32)
        )
    return {"file": VECTOR_FILE, "sha256": file_hash(folder / VECTOR_FILE)}


def read_vector_map(folder: Path, told: Mapping[str, Any], width: int) -> VectorMap:
    """The map that a tier file names.

    Args:
        folder: of the tier.
        told: entry ``vectors`` of ``tier.json``.
        width: of the encoder's vectors.

    Raises:
        ModelError: the file is missing, was changed, or does not fit the encoder.
    """
    name = str(told.get("file", ""))
    path = folder / name
    if Path(name).name != name or not path.is_file():
        raise ModelError(f"the map of vectors {name!r} is missing", where=str(folder))
    if file_hash(path) != told.get("sha256"):
        raise ModelError(f"{name} does not match the hash in tier.json", where=str(path))
    try:
        with np.load(path, allow_pickle=False) as stored:
            weights = stored["weights"].astype(np.float32) * stored["scale"]
            bias = stored["bias"].astype(np.float32)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{name} cannot be read ({error})", where=str(path)) from error
    if weights.shape != (width, width) or bias.shape != (width,):
        raise ModelError(
            f"the map is made for vectors of {weights.shape[0]} numbers, the encoder's have {width}",
            where=str(path),
        )
    return VectorMap(weights, bias)
