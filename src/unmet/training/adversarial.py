"""Adversarial training: the loss under small, worst-case shifts of the word embeddings.

| name | steps | source |
|---|---|---|
| fgm | one, of full size | Miyato, Dai & Goodfellow 2017 |
| pgd | three, projected back into the ball | Madry et al. 2018 |
| freelb | three, and the gradients of all of them are used | Zhu et al. 2020 |

Sizes are relative to the length of an average embedding, so one setting serves encoders of any scale.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from unmet.core.errors import InputError

NAMES = ("none", "fgm", "pgd", "freelb")
_STEPS = 3

LossNow = Callable[[], torch.Tensor]
"""Loss of the batch with the embeddings as they are."""


def check_adversarial(name: str) -> None:
    """Refuse a name that does not exist."""
    if name not in NAMES:
        raise InputError(f"no adversarial training {name!r}", hint=f"Use one of {', '.join(NAMES)}.")


def add_attacked_gradients(
    name: str,
    table: torch.nn.Parameter,
    size: float,
    loss_now: LossNow,
    backward: Callable[[torch.Tensor], None],
) -> None:
    """Add the gradient of a batch under attack to that of the clean batch (which is there already).

    Args:
        name: ``none``, ``fgm``, ``pgd`` or ``freelb``.
        table: the word embeddings, shape ``(vocabulary, width)``, with the clean gradient.
        size: of the attack, in units of the mean length of an embedding.
        loss_now: see :data:`LossNow`.
        backward: adds the gradient of a loss to all weights.
    """
    if name == "none" or table.grad is None:
        return
    clean = table.detach().clone()
    radius = size * float(clean.norm(dim=1).mean())
    gradient = table.grad.detach().clone()
    n_steps = 1 if name == "fgm" else _STEPS
    for step in range(n_steps):
        stride = radius if name == "fgm" else radius / 2
        _put(table, clean + within(table.detach() - clean + stride * unit(gradient), radius))
        if name == "freelb":
            before = table.grad.detach().clone()
            backward(loss_now() / n_steps)
            gradient = table.grad.detach() - before
        elif step < n_steps - 1:  # inner steps only look for the attack
            (gradient,) = torch.autograd.grad(loss_now(), table)
        else:
            backward(loss_now())
    _put(table, clean)


def unit(gradient: torch.Tensor) -> torch.Tensor:
    """Each row divided by the length of the longest one: rare tokens are not blown up."""
    scaled: torch.Tensor = gradient / gradient.norm(dim=1).max().clamp(min=1e-12)
    return scaled


def within(moved: torch.Tensor, radius: float) -> torch.Tensor:
    """Rows shortened to the radius."""
    length = moved.norm(dim=1, keepdim=True).clamp(min=1e-12)
    shortened: torch.Tensor = moved * (radius / length).clamp(max=1.0)
    return shortened


def _put(table: torch.nn.Parameter, value: torch.Tensor) -> None:
    with torch.no_grad():
        table.copy_(value)
