"""BitFit (Ben Zaken, Ravfogel & Goldberg 2022): only the biases are trained."""

from __future__ import annotations

from torch import nn

from unmet.core.config import FinetuneConfig


def prepare(encoder: nn.Module, config: FinetuneConfig, n_steps: int) -> nn.Module:
    """Freeze everything but the biases."""
    for name, weight in encoder.named_parameters():
        weight.requires_grad_(name.endswith("bias"))
    return encoder
