"""Wide and deep by late fusion: n-grams and encoder vote (after Cheng et al., "Wide & deep", 2016).

Both models are trained apart; one linear layer on their log probabilities joins them:

    logits = [log p_linear ; log p_encoder] · W + b,    p = softmax(logits / temperature)

How much each of the two is to be believed depends on the kind of text. A join may therefore have additions to
``W`` and ``b`` per register of the linear model (:class:`unmet.models.calibration.MixtureHead`), in shares of
the registers that the text is of:

    W = W₀ + Σ shareₑ · Wₑ,    b = b₀ + Σ shareₑ · bₑ
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
        by_register: what each of ``E`` registers adds to the weights and, in the last row, to the bias, shape
            ``(E, 2 K + 1, K)``; ``None``: all kinds of text are joined alike.
    """

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    temperature: float = 1.0
    bias_share: float = 0.0
    by_register: NDArray[np.float64] | None = None

    def probabilities(self, linear: Floats, encoder: Floats, registers: Floats | None = None) -> Floats:
        """Joined probabilities, shapes ``(n, K)``, ``(n, K)`` → ``(n, K)``.

        Args:
            linear, encoder: what the two say.
            registers: shares, shape ``(n, E)``; read by a join that differs by register.

        Raises:
            ModelError: the join differs by register, and the shares are missing or of other registers.
        """
        # Double precision: single-precision products differ with the number of rows on some processors.
        inputs = _inputs(linear, encoder)
        logits = inputs @ np.vstack([self.weights, self.bias])
        if self.by_register is not None:
            if registers is None or registers.shape[1] != len(self.by_register):
                found = "none" if registers is None else registers.shape[1]
                raise ModelError(
                    f"the join was fitted on a linear model with {len(self.by_register)} registers, "
                    f"here are {found}",
                    hint="Fit the tier again on this linear model.",
                )
            for share, table in zip(registers.T.astype(np.float64), self.by_register, strict=True):
                logits += share[:, None] * (inputs @ table)
        return softmax(logits / self.temperature)


def _inputs(linear: Floats, encoder: Floats) -> NDArray[np.float64]:
    """Log probabilities of both models and the constant 1, shape ``(n, 2 K + 1)``."""
    both = np.concatenate([linear, encoder], axis=1).astype(np.float64)
    logs = np.log(np.maximum(both, _LEAST))
    return np.concatenate([logs, np.ones((len(logs), 1))], axis=1)


def read_join(told: Mapping[str, Any], n_classes: int, where: str) -> Join:
    """A join as written in ``tier.json``.

    Raises:
        ModelError: the weights are missing or have another shape.
    """
    try:
        weights = np.array(told["weights"], dtype=np.float64)
        bias = np.array(told["bias"], dtype=np.float64)
        temperature, bias_share = float(told.get("temperature", 1.0)), float(told.get("bias_share", 0.0))
        parts = told.get("by_register")
        by_register = None if parts is None else np.array(parts, dtype=np.float64)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"a join cannot be read ({error})", where=where) from error
    if weights.shape != (2 * n_classes, n_classes) or bias.shape != (n_classes,) or not temperature > 0:
        raise ModelError(
            f"a join of {n_classes} classes needs weights ({2 * n_classes}, {n_classes}), "
            f"bias ({n_classes},) and a temperature above 0; "
            f"here are {weights.shape}, {bias.shape}, {temperature}",
            where=where,
        )
    wanted = (2 * n_classes + 1, n_classes)
    if by_register is not None and (by_register.ndim != 3 or by_register.shape[1:] != wanted):
        raise ModelError(f"by_register is {by_register.shape}, not (registers, {wanted})", where=where)
    if not 0 <= bias_share <= 2:
        raise ModelError(f"bias_share is {bias_share}, not 0–2", where=where)
    return Join(weights, bias, temperature, bias_share, by_register)


def fit_join(
    linear: Floats,
    encoder: Floats,
    truth: NDArray[np.int64],
    strength: float = 1e-3,
    *,
    registers: Floats | None = None,
    register_strength: float = 3e-2,
) -> Join:
    """Weights with the least log loss on held-out texts, drawn towards the mean of both models.

    Args:
        linear, encoder: probabilities of texts that neither model was trained on, shape ``(n, K)``.
        truth: class numbers, shape ``(n,)``.
        strength: of the pull towards ``W = [½ I ; ½ I]``, per text.
        registers: shares of the linear model's registers, shape ``(n, E)``; ``None``: one join for all texts.
        register_strength: of the pull of every register's additions towards 0, per text.
    """
    from scipy.optimize import minimize

    inputs, n_classes = _inputs(linear, encoder), linear.shape[1]
    width = inputs.shape[1]
    shares = np.empty((len(truth), 0)) if registers is None else registers.astype(np.float64)
    # Block 0 is read by every text, block e by register e in its share.
    wide = np.concatenate([inputs, *(share[:, None] * inputs for share in shares.T)], axis=1)
    start = np.zeros((wide.shape[1], n_classes))
    start[: 2 * n_classes] = np.tile(0.5 * np.eye(n_classes), (2, 1))
    strengths = np.full((len(start), 1), register_strength)
    strengths[:width] = strength
    target = np.eye(n_classes)[truth]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        table = flat.reshape(start.shape)
        logits = wide @ table
        shifted = logits - logits.max(axis=1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        apart = (np.exp(logs) - target) / len(truth)
        pull = strengths * (table - start)
        slope = wide.T @ apart + 2 * pull
        return float(-(logs * target).sum() / len(truth) + (pull * (table - start)).sum()), slope.ravel()

    best = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B").x.reshape(start.shape)
    extra = None if registers is None else best[width:].reshape(-1, width, n_classes)
    return Join(best[: width - 1], best[width - 1], by_register=extra)


def join_told(join: Join) -> dict[str, Any]:
    """A join as it stands in ``tier.json``."""
    told: dict[str, Any] = {
        "by": "join",
        "weights": join.weights.tolist(),
        "bias": join.bias.tolist(),
        "temperature": join.temperature,
        "bias_share": join.bias_share,
    }
    if join.by_register is not None:
        told["by_register"] = join.by_register.tolist()
    return told
