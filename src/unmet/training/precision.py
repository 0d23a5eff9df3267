"""Device and number format of a training run: 32 bits, or mixed precision (Micikevicius et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

import torch

from unmet.core.errors import InputError

NAMES = ("no", "bf16", "fp16")


def training_device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Precision:
    """Forward, backward and step in one number format.

    Args:
        name: ``no`` (32 bits), ``bf16`` or ``fp16``; with fp16 losses are scaled so that small gradients
            do not vanish.

    Raises:
        InputError: no such format, or fp16 without a GPU.
    """

    def __init__(self, name: str) -> None:
        self.device = training_device()
        if name not in NAMES:
            raise InputError(f"no precision {name!r}", hint=f"Use one of {', '.join(NAMES)}.")
        if name == "fp16" and self.device.type == "cpu":
            raise InputError("fp16 needs a GPU", hint="Use --precision bf16, or leave it out.")
        self._type = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(name)
        self._scaler = torch.amp.GradScaler(self.device.type, enabled=name == "fp16")

    def forward(self) -> AbstractContextManager[None]:
        """Inside, matrix products are computed in the short format."""
        return torch.autocast(self.device.type, dtype=self._type, enabled=self._type is not None)

    def backward(self, loss: torch.Tensor) -> None:
        """Add the gradients of a loss."""
        scaled: torch.Tensor = self._scaler.scale(loss)
        scaled.backward()  # type: ignore[no-untyped-call]

    def step(self, optimizer: torch.optim.Optimizer, longest: float) -> None:
        """One step along gradients of at most the given length; a step that overflowed is left out."""
        self._scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(_weights(optimizer), longest)
        self._scaler.step(optimizer)
        self._scaler.update()


def _weights(optimizer: torch.optim.Optimizer) -> Iterable[torch.Tensor]:
    return [weight for group in optimizer.param_groups for weight in group["params"]]
