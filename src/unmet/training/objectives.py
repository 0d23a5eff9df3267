"""Losses of pretraining: chapter 4 of the founding document, ``L_pre = −1/N Σ ℓ(M_θ(x_i))``.

The vocabulary head, the largest matrix of a small model, is applied at the hidden places only; that
doubles the speed and changes no number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from unmet.core.errors import ModelError
from unmet.training.batching import Batch
from unmet.training.encoders import has_segments
from unmet.training.masking import Masked


@dataclass(frozen=True, slots=True)
class Loss:
    """What one batch gives.

    Attributes:
        total: mean loss per predicted token in nats, plus the mean pair loss if there are pairs.
        n_tokens: predicted tokens.
        n_right: of them, most probable token is the right one.
        token_loss: the first part of ``total``, without gradient.
    """

    total: torch.Tensor
    n_tokens: int
    n_right: int
    token_loss: float


def tensors(batch: Batch, ids: Any, device: torch.device) -> dict[str, torch.Tensor]:
    """A batch as the model's inputs."""
    return {
        "input_ids": torch.as_tensor(ids, device=device),
        "attention_mask": torch.as_tensor(batch.attention, device=device),
        "token_type_ids": torch.as_tensor(batch.segments, device=device),
    }


def masked_loss(model: nn.Module, batch: Batch, masked: Masked, device: torch.device) -> Loss:
    """Cross-entropy of the hidden tokens; with pairs, also of "the second part follows the first"."""
    inputs = tensors(batch, masked.ids, device)
    if not has_segments(model):
        del inputs["token_type_ids"]
    encoder, head, pair_head = parts_of(model)
    output = encoder(**inputs)
    rows = torch.as_tensor(masked.rows, device=device)
    columns = torch.as_tensor(masked.columns, device=device)
    logits = head(output.last_hidden_state[rows, columns]).float()
    targets = torch.as_tensor(masked.targets, device=device)
    token_loss = functional.cross_entropy(logits, targets)
    total = token_loss
    labels = torch.as_tensor(batch.pair_labels, device=device)
    if pair_head is not None and bool((labels >= 0).any()):
        # Hugging Face and BERT number the classes the other way round: 0 is next.
        pairs = functional.cross_entropy(
            pair_head(output.pooler_output).float(), torch.where(labels >= 0, 1 - labels, labels)
        )
        total = total + pairs
    right = int((logits.argmax(dim=1) == targets).sum())
    return Loss(total, len(targets), right, float(token_loss.detach()))


def next_token_loss(model: nn.Module, batch: Batch, device: torch.device) -> Loss:
    """Cross-entropy of every token given those before it."""
    inputs = tensors(batch, batch.ids, device)
    del inputs["token_type_ids"]
    logits = model(**inputs).logits[:, :-1].float()
    real = inputs["attention_mask"][:, 1:].bool()
    logits, targets = logits[real], inputs["input_ids"][:, 1:][real]
    loss = functional.cross_entropy(logits, targets)
    right = int((logits.argmax(dim=1) == targets).sum())
    return Loss(loss, len(targets), right, float(loss.detach()))


def parts_of(model: nn.Module) -> tuple[nn.Module, nn.Module, nn.Module | None]:
    """Encoder, vocabulary head and, if there is one, pair head of a masked language model.

    Raises:
        ModelError: an architecture whose parts are not known.
    """
    encoder: Any = getattr(model, "base_model", None)
    decoder: Any = getattr(model, "decoder", None)
    transform: Any = getattr(model, "head", None)
    if all(isinstance(part, nn.Module) for part in (encoder, transform, decoder)):  # ModernBERT
        return encoder, nn.Sequential(transform, decoder), None
    for name in ("cls", "lm_head"):  # BERT and its kin; RoBERTa and its kin
        head = getattr(model, name, None)
        if isinstance(head, nn.Module) and isinstance(encoder, nn.Module):
            return encoder, getattr(head, "predictions", head), getattr(head, "seq_relationship", None)
    raise ModelError(
        f"{type(model).__name__} is no masked language model that unmet can train",
        hint="BERT, ModernBERT, RoBERTa and their kin can be; use --objective clm for GPT.",
    )
