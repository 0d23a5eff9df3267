"""States of a transformer's layers, caught while it reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import nn

from unmet.core.errors import ModelError

T = TypeVar("T")


class LayerStates:
    """Keeps what every layer of an encoder gave at its last forward.

    Raises:
        ModelError: the encoder keeps its layers in no place that is known.
    """

    def __init__(self, encoder: Any) -> None:
        layers = find_layers(encoder)
        self.last: list[torch.Tensor] = [torch.zeros(0)] * len(layers)
        for number, layer in enumerate(layers):
            layer.register_forward_hook(self._hook(number))

    def _hook(self, number: int) -> Any:
        def keep(module: nn.Module, given: Any, output: Any) -> None:
            self.last[number] = output[0] if isinstance(output, tuple) else output

        return keep


def find_layers(encoder: Any) -> list[nn.Module]:
    """The layers of BERT, RoBERTa, DistilBERT, ModernBERT, GPT-2 and their kin."""
    for path in (
        "encoder.layer",
        "encoder.encoder.layer",
        "layers",
        "transformer.layer",
        "h",
        "encoder.layers",
    ):
        place = encoder
        for name in path.split("."):
            place = getattr(place, name, None)
        if isinstance(place, nn.ModuleList) and len(place):
            return list(place)
    raise ModelError(f"the layers of {type(encoder).__name__} are not found")


def spread(items: Sequence[T], n: int) -> list[T]:
    """``n`` items at even distances, the last one last.

    >>> spread("abcdef", 3)
    ['b', 'd', 'f']
    """
    return [items[max(round((k + 1) * len(items) / n) - 1, 0)] for k in range(n)]
