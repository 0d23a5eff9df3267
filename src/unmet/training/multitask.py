"""One encoder, one forward, a head per task.

Sentence heads read [CLS] beside the mean of all tokens; tag heads read each token. Following BERT
(Devlin et al. 2019) a head is one linear layer, and MT-DNN (Liu et al. 2019) in sharing the encoder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from unmet.training.tasks import Task

TEMPERATURE = 0.05
"""Of InfoNCE (Gao, Yao & Chen, "SimCSE", 2021)."""


class MultiTaskModel(nn.Module):
    """An encoder with heads.

    Args:
        encoder: any module that gives ``last_hidden_state`` of shape ``(n, tokens, width)``.
        width: of the encoder.
        tasks: declared heads.
        dropout: before each head.
    """

    def __init__(self, encoder: nn.Module, width: int, tasks: Sequence[Task], dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.width = width
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleDict(
            {
                task.name: nn.Linear(width if task.kind == "tags" else 2 * width, task.n_outputs)
                for task in tasks
                if task.n_outputs
            }
        )

    def states(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """Token states, shape ``(n, tokens, width)``; tokens that a method adds in front are cut off."""
        hidden: torch.Tensor = self.encoder(**inputs).last_hidden_state
        return hidden[:, hidden.shape[1] - inputs["attention_mask"].shape[1] :]

    def forward(self, task: Task, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """Outputs of one head: ``(n, outputs)``; ``(n, tokens, tags)`` for tags; unit vectors for vectors."""
        return self.read(task, self.states(inputs), inputs["attention_mask"])

    def read(self, task: Task, states: torch.Tensor, attention: torch.Tensor) -> torch.Tensor:
        """What one head makes of token states."""
        if task.kind == "tags":
            return self.heads[task.name](self.dropout(states))  # type: ignore[no-any-return]
        mean = mean_state(states, attention)
        if task.kind == "vectors":
            return functional.normalize(mean, dim=1)
        pooled = torch.cat([states[:, 0], mean], dim=1)
        return self.heads[task.name](self.dropout(pooled))  # type: ignore[no-any-return]


def mean_state(states: torch.Tensor, attention: torch.Tensor) -> torch.Tensor:
    """Mean of the states of real tokens, shape ``(n, width)``."""
    weights = attention.unsqueeze(2).to(states.dtype)
    return (states * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1.0)


def vector_loss(own: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Squared distance of unit vectors, mean over rows; 0–4."""
    return (own.float() - teacher.float()).square().sum(dim=1).mean()


def task_loss(
    task: Task,
    outputs: torch.Tensor,
    targets: torch.Tensor,
    *,
    smoothing: float = 0.0,
    class_weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Mean loss of a batch.

    Args:
        task: the head.
        outputs: see :meth:`MultiTaskModel.forward`; for vectors the first half are the texts and the
            second half their neighbours.
        targets: class numbers or probabilities, scaled scores, or tag numbers with -100 where there is none.
        smoothing: of labels (Szegedy et al. 2016), 0–1.
        class_weights: one per class, or ``None``.
    """
    if task.kind == "scores":
        return functional.mse_loss(outputs, targets)
    if task.kind == "vectors":
        first, second = outputs.chunk(2)
        similar = first @ second.T / TEMPERATURE
        own = torch.arange(len(first), device=outputs.device)
        return (functional.cross_entropy(similar, own) + functional.cross_entropy(similar.T, own)) / 2
    flat = outputs.reshape(-1, outputs.shape[-1])
    wanted = targets if targets.is_floating_point() else targets.reshape(-1)
    return functional.cross_entropy(
        flat, wanted, weight=class_weights, label_smoothing=smoothing, ignore_index=-100
    )


def balanced_weights(targets: NDArray[Any], n_classes: int) -> torch.Tensor:
    """Weights with which every class counts the same, mean 1 over the rows (King & Zeng 2001)."""
    if targets.ndim == 2:
        counts = np.nansum(targets, axis=0, dtype=np.float64)
    else:
        counts = np.bincount(targets[targets >= 0], minlength=n_classes).astype(np.float64)
    weights = counts.sum() / np.maximum(counts, 1.0) / n_classes
    return torch.tensor(weights, dtype=torch.float32)
