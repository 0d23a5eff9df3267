"""A register read from the pieces of a text as well as from the whole.

In a long post most pieces take no side, and one that does drowns in the sum. So the read-out of a
register may also see, of some columns, the highest and the lowest score that a piece of the text has
(pooling over instances as in multiple-instance learning: Dietterich et al. 1997).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmet.models.calibration import Instead, MixtureHead, softmax

Floats = NDArray[np.float32]
PieceScores = Callable[[Sequence[str]], Floats]
"""Pieces → scores of the pooled columns, shape ``(n, P)``."""
PIECE = re.compile(r"[^，,。！!？?；;、~～…\s]+")
LEAST_SHARE = 0.02
"""Texts with a smaller share of the register are spared the work: it would move no probability by more."""


@dataclass(frozen=True, slots=True)
class PieceReadOut:
    """The read-out of one register on ``F`` features of the text and ``2 P + 1`` of its pieces."""

    register: int
    columns: NDArray[np.intp]  # (P,) columns whose scores are pooled
    weights: Floats  # (F + 2 P + 1, K)

    def table(self, texts: Sequence[str], features: Floats, scores_of: PieceScores) -> Floats:
        """Class probabilities in this register, shape ``(n, K)``."""
        pooled = pooled_scores(texts, scores_of)
        seen = np.concatenate([features, pooled], axis=1).astype(np.float64)
        return softmax(seen @ self.weights)

    def probabilities(
        self, head: MixtureHead, texts: Sequence[str], features: Floats, scores_of: PieceScores
    ) -> Floats:
        """What ``head`` says, with this read-out in the place of its register's own, shape ``(n, K)``."""
        rows = np.flatnonzero(head.registers(features)[:, self.register] >= LEAST_SHARE)
        if not rows.size:
            return head.probabilities(features)
        table = self.table([texts[row] for row in rows.tolist()], features[rows], scores_of)
        return head.probabilities(features, Instead(self.register, rows, table))


def pieces_of(texts: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """Pieces between punctuation marks and blanks, and where those of each text begin, shape ``(n,)``.

    A text without any is a piece itself.
    """
    pieces: list[str] = []
    starts = np.zeros(len(texts), dtype=np.int64)
    for index, text in enumerate(texts):
        starts[index] = len(pieces)
        pieces += PIECE.findall(text) or [text]
    return pieces, starts


def pooled_scores(texts: Sequence[str], scores_of: PieceScores) -> Floats:
    """Highest and lowest piece score of each column and log of the number of pieces, ``(n, 2 P + 1)``."""
    pieces, starts = pieces_of(texts)
    return pool(scores_of(pieces), starts)


def pool(scores: Floats, starts: NDArray[np.int64]) -> Floats:
    """The same from scores at hand, shape ``(pieces, P)``."""
    counts = np.diff(starts, append=len(scores))
    highest = np.maximum.reduceat(scores, starts, axis=0)
    lowest = np.minimum.reduceat(scores, starts, axis=0)
    return np.concatenate([highest, lowest, np.log(counts)[:, None]], axis=1).astype(np.float32)
