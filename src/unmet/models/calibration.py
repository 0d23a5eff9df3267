"""From raw linear scores to calibrated probabilities: a small mixture of softmax read-outs.

"Neutral" means another thing in a forum post than in a star rating, so one additive score cannot
serve all registers. A gate (softmax over registers) mixes one multinomial read-out per register
(Jacobs et al. 1991). Each read-out is fitted on out-of-fold scores, which makes it at the same time
the calibration (vector scaling, Guo et al. 2017).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Instead:
    """Class probabilities of one register for some rows, read by something better than its expert."""

    register: int
    rows: NDArray[np.intp]  # (m,)
    table: Floats  # (m, K), rows sum to 1


@dataclass(frozen=True, slots=True)
class MixtureHead:
    """``E`` registers, ``F`` features (the last is the constant 1), ``K`` classes."""

    gate: Floats  # (F, E)
    experts: Floats  # (E, F, K)

    def registers(self, features: Floats) -> Floats:
        """Share of each register in each text, shape ``(n, F)`` → ``(n, E)``, rows sum to 1."""
        return softmax(features.astype(np.float64) @ self.gate)

    def probabilities(self, features: Floats, instead: Instead | None = None) -> Floats:
        """Class probabilities, shape ``(n, F)`` → ``(n, K)``, rows sum to 1.

        Args:
            features: shape ``(n, F)``.
            instead: what one register says of some rows, in the place of its expert.
        """
        shares = self.registers(features)
        # Single-precision products differ with the number of rows on some processors; a text must not.
        exact = features.astype(np.float64)
        result = np.zeros((len(features), self.experts.shape[2]), dtype=np.float32)
        for index, expert in enumerate(self.experts):
            table = softmax(exact @ expert)
            if instead is not None and instead.register == index:
                table[instead.rows] = instead.table
            result += shares[:, index : index + 1] * table
        result /= result.sum(axis=1, keepdims=True)
        return result


def softmax(logits: NDArray[np.floating]) -> Floats:
    """Row-wise softmax, shape ``(n, K)``, safe for large values."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: Floats = (shifted / shifted.sum(axis=1, keepdims=True)).astype(np.float32)
    return result


def biased_argmax(probabilities: NDArray[np.floating], bias: NDArray[np.floating]) -> NDArray[np.int64]:
    """Class with the largest ``log p + bias``, shape ``(n, K)`` → ``(n,)``; bias ``(K,)`` or ``(n, K)``."""
    decided: NDArray[np.int64] = np.argmax(np.log(np.maximum(probabilities, 1e-9)) + bias, axis=1)
    return decided
