"""Wide and deep by late fusion: n-grams and encoder vote (after Cheng et al., "Wide & deep", 2016).

Both models are trained apart; one linear layer on their log probabilities joins them:

    logits = [log p_linear ; log p_encoder] · W + b,    p = softmax(logits / temperature)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.core.errors import ModelError
from unmet.models.calibration import softmax

Floats = NDArray[np.float32]
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Join:
    """Weights of one task with ``K`` classes.

    Attributes:
        weights: shape ``(2 K, K)``; linear model first.
        bias: shape ``(K,)``.
        temperature: above 0.
        bias_share: how much of the linear model's label biases counts when a label is decided, 0–2.
    """

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    temperature: float = 1.0
    bias_share: float = 0.0

    def probabilities(self, linear: Floats, encoder: Floats) -> Floats:
        """Joined probabilities, shapes ``(n, K)``, ``(n, K)`` → ``(n, K)``."""
        # Double precision: single-precision products differ with the number of rows on some processors.
        return softmax((_logs(linear, encoder) @ self.weights + self.bias) / self.temperature)


def _logs(linear: Floats, encoder: Floats) -> NDArray[np.float64]:
    both = np.concatenate([linear, encoder], axis=1).astype(np.float64)
    logs: NDArray[np.float64] = np.log(np.maximum(both, _LEAST))
    return logs


def read_join(told: Mapping[str, Any], n_classes: int, where: str) -> Join:
    """A join as written in ``tier.json``.

    Raises:
        ModelError: the weights are missing or have another shape.
    """
    try:
        weights = np.array(told["weights"], dtype=np.float64)
        bias = np.array(told["bias"], dtype=np.float64)
        temperature, bias_share = float(told.get("temperature", 1.0)), float(told.get("bias_share", 0.0))
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"a join cannot be read ({error})", where=where) from error
    if weights.shape != (2 * n_classes, n_classes) or bias.shape != (n_classes,) or not temperature > 0:
        raise ModelError(
            f"a join of {n_classes} classes needs weights ({2 * n_classes}, {n_classes}), "
            f"bias ({n_classes},) and a temperature above 0; "
            f"here are {weights.shape}, {bias.shape}, {temperature}",
            where=where,
        )
    if not 0 <= bias_share <= 2:
        raise ModelError(f"bias_share is {bias_share}, not 0–2", where=where)
    return Join(weights, bias, temperature, bias_share)


def fit_join(linear: Floats, encoder: Floats, truth: NDArray[np.int64], strength: float = 1e-3) -> Join:
    """Weights with the least log loss on held-out texts, drawn towards the mean of both models.

    Args:
        linear, encoder: probabilities of texts that neither model was trained on, shape ``(n, K)``.
        truth: class numbers, shape ``(n,)``.
        strength: of the pull towards ``W = [½ I ; ½ I]``, per text.
    """
    from scipy.optimize import minimize

    inputs, n_classes = _logs(linear, encoder), linear.shape[1]
    start = np.concatenate([np.tile(0.5 * np.eye(n_classes), (2, 1)), np.zeros((1, n_classes))])
    target = np.eye(n_classes)[truth]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        table = flat.reshape(start.shape)
        logits = inputs @ table[:-1] + table[-1]
        shifted = logits - logits.max(axis=1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        apart = (np.exp(logs) - target) / len(truth)
        pull = strength * (table - start)
        slope = np.concatenate([inputs.T @ apart, apart.sum(axis=0, keepdims=True)]) + 2 * pull
        return float(-(logs * target).sum() / len(truth) + (pull * (table - start)).sum()), slope.ravel()

    best = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B").x.reshape(start.shape)
    return Join(best[:-1], best[-1])


def join_told(join: Join) -> dict[str, Any]:
    """A join as it stands in ``tier.json``."""
    return {
        "by": "join",
        "weights": join.weights.tolist(),
        "bias": join.bias.tolist(),
        "temperature": join.temperature,
        "bias_share": join.bias_share,
    }
