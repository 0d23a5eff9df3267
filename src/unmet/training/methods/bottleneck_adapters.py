"""Bottleneck adapters (Houlsby et al. 2019), after the feed-forward part as in Pfeiffer et al. 2021."""

from __future__ import annotations

import torch
from torch import nn

from unmet.core.config import FinetuneConfig
from unmet.core.errors import ModelError


class Adapter(nn.Module):
    """``x + up(gelu(down(x)))``; begins as the identity because ``up`` begins at zero."""

    def __init__(self, width: int, bottleneck: int) -> None:
        super().__init__()
        self.down = nn.Linear(width, bottleneck)
        self.up = nn.Linear(bottleneck, width)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Same shape in and out."""
        added: torch.Tensor = self.up(nn.functional.gelu(self.down(states)))
        return states + added


class AdaptedOutput(nn.Module):
    """A dense layer followed by an adapter, in the place of the dense layer."""

    def __init__(self, dense: nn.Linear, bottleneck: int) -> None:
        super().__init__()
        self.dense = dense
        self.adapter = Adapter(dense.out_features, bottleneck)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """What the layer gives, adapted."""
        adapted: torch.Tensor = self.adapter(self.dense(states))
        return adapted


def prepare(encoder: nn.Module, config: FinetuneConfig, n_steps: int) -> nn.Module:
    """Freeze the encoder and put an adapter behind the feed-forward part of every layer.

    Raises:
        ModelError: the encoder is not built like BERT.
    """
    for weight in encoder.parameters():
        weight.requires_grad_(False)
    outputs = [
        module
        for name, module in encoder.named_modules()
        if name.endswith(".output") and ".attention." not in name and hasattr(module, "dense")
    ]
    if not outputs:
        raise ModelError("adapters need an encoder built like BERT", hint="Use --method lora.")
    for output in outputs:
        output.dense = AdaptedOutput(output.dense, config.bottleneck)
    return encoder
