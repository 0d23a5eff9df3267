"""The list of methods. Each takes an encoder and gives it back prepared; heads are always trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from unmet.core.config import FinetuneConfig
from unmet.core.errors import InputError
from unmet.training.methods import bitfit, bottleneck_adapters, low_rank, virtual_tokens


@dataclass(frozen=True, slots=True)
class Method:
    """How an encoder is prepared.

    Attributes:
        prepare: encoder, settings and number of optimizer steps → prepared encoder.
        learning_rate: used unless the user gives one.
        merge: prepared encoder → plain encoder of the base's architecture, or ``None`` if the method
            adds parts that cannot be folded in.
    """

    prepare: Callable[[nn.Module, FinetuneConfig, int], nn.Module]
    learning_rate: float
    merge: Callable[[Any], nn.Module] | None


def _everything(encoder: nn.Module, config: FinetuneConfig, n_steps: int) -> nn.Module:
    return encoder


def _same(encoder: Any) -> nn.Module:
    plain: nn.Module = encoder
    return plain


METHODS: dict[str, Method] = {
    "full": Method(_everything, 3e-4, _same),
    "lora": Method(low_rank.lora, 2e-3, low_rank.merged),
    "adalora": Method(low_rank.adalora, 2e-3, low_rank.merged),
    "adapter": Method(bottleneck_adapters.prepare, 2e-3, None),
    "prefix": Method(virtual_tokens.prefix, 5e-3, None),
    "prompt": Method(virtual_tokens.prompt, 5e-3, None),
    "bitfit": Method(bitfit.prepare, 2e-3, _same),
}


def find_method(name: str) -> Method:
    """A method by name.

    Raises:
        InputError: there is none of that name.
    """
    if name not in METHODS:
        raise InputError(f"no method {name!r}", hint=f"Use one of {', '.join(METHODS)}.")
    return METHODS[name]


def n_trained(module: nn.Module) -> int:
    """Number of trained weights."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)
