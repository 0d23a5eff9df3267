"""Product texts as vectors: sparse for neighbours, dense for fitted models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from unmet.text.folding import fold

Floats = NDArray[np.float64]

# A run of letters and digits is a word; every Chinese character is a token of its own.
_TOKENS = r"(?u)[\u3400-\u4dbf\u4e00-\u9fff]|[^\W_\u3400-\u4dbf\u4e00-\u9fff]+"


@dataclass(frozen=True, slots=True)
class TextVectors:
    """Vectors of product texts, one row each.

    Attributes:
        sparse: TF-IDF of character 2–4-grams and token 1–2-grams, rows of length 1 (0 without text).
        dense: shape ``(n, k)``, its truncated SVD (latent semantic analysis, Deerwester et al. 1990).
    """

    sparse: sparse.csr_matrix
    dense: Floats

    def rows(self, index: NDArray[np.int64]) -> TextVectors:
        """The vectors of some rows."""
        return TextVectors(self.sparse[index], self.dense[index])


class TextSpace:
    """A space of texts fitted on known products; new ones are placed into it.

    Args:
        texts: texts of known products, Chinese or English; empty ones are allowed.
        n_dimensions: of the dense vectors, fewer where the texts do not span as many.
        seed: of the SVD.
    """

    def __init__(self, texts: Sequence[str], *, n_dimensions: int, seed: int) -> None:
        rare = 2 if len(texts) >= 50 else 1
        folded = [fold(text) for text in texts]
        shared: dict[str, Any] = {"min_df": rare, "sublinear_tf": True, "lowercase": True}
        candidates = (
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), **shared),
            TfidfVectorizer(token_pattern=_TOKENS, ngram_range=(1, 2), **shared),
        )
        self._counted = [vectorizer for vectorizer in candidates if _fitted(vectorizer, folded)]
        matrix = self._sparse(folded)
        rank = min(n_dimensions, min(matrix.shape) - 1)
        self._svd = TruncatedSVD(rank, random_state=seed) if rank >= 1 and matrix.nnz else None
        if self._svd is not None:
            with np.errstate(
                invalid="ignore", divide="ignore"
            ):  # texts that are all alike have no variance to explain
                self._svd.fit(matrix)

    def vectors(self, texts: Sequence[str]) -> TextVectors:
        """Place texts; a text whose n-grams are all unknown is the zero vector."""
        matrix = self._sparse([fold(text) for text in texts])
        dense = self._svd.transform(matrix) if self._svd is not None else np.zeros((len(texts), 0))
        return TextVectors(matrix, np.asarray(dense, dtype=np.float64))

    def _sparse(self, folded: Sequence[str]) -> sparse.csr_matrix:
        if not self._counted:
            return sparse.csr_matrix((len(folded), 1))
        parts = [vectorizer.transform(folded) for vectorizer in self._counted]
        return sparse.csr_matrix(normalize(sparse.hstack(parts)))


def _fitted(vectorizer: TfidfVectorizer, texts: Sequence[str]) -> bool:
    """Fit; False where no n-gram occurs often enough (all texts empty, or none shares a word)."""
    try:
        vectorizer.fit(texts)
    except ValueError:  # scikit-learn's word for an empty vocabulary
        return False
    return True
