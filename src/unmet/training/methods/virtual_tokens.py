"""Prompt tuning (Lester et al. 2021) and prefix tuning (Li & Liang 2021).

Both freeze the encoder and learn vectors that stand before the text: prompt tuning at the input only,
prefix tuning in every layer (as in P-tuning v2, Liu et al. 2022). Prefixes are added as extra keys and
values of each attention, here as extra positions whose states are set anew before every layer; that
needs no key–value cache, which encoders do not have.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from unmet.core.config import FinetuneConfig
from unmet.core.errors import ModelError


class VirtualTokens(nn.Module):
    """An encoder that reads learnt vectors before the text.

    Args:
        encoder: BERT-like, frozen by the caller.
        n_tokens: learnt vectors.
        every_layer: set them anew before every layer (prefix) or at the input only (prompt).
    """

    def __init__(self, encoder: Any, n_tokens: int, every_layer: bool) -> None:
        super().__init__()
        self.encoder = encoder
        self.n_tokens = n_tokens
        table = encoder.get_input_embeddings().weight
        layers = layers_of(encoder)
        n_sets = len(layers) if every_layer else 1
        # Vectors of real tokens are a better start than noise (Lester et al., figure 3b).
        rows = torch.linspace(5, len(table) - 1, n_sets * n_tokens).long()
        self.vectors = nn.Parameter(table.detach()[rows].view(n_sets, n_tokens, -1).clone())
        if every_layer:
            for number, layer in enumerate(layers):
                layer.register_forward_pre_hook(self._hook(number), with_kwargs=True)

    def _hook(self, number: int) -> Any:
        def put_vectors(module: nn.Module, args: Any, kwargs: Any) -> Any:
            states = args[0] if args else kwargs["hidden_states"]
            front = self.vectors[number].expand(len(states), -1, -1).to(states.dtype)
            changed = torch.cat([front, states[:, self.n_tokens :]], dim=1)
            return ((changed, *args[1:]), kwargs) if args else (args, {**kwargs, "hidden_states": changed})

        return put_vectors

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, **rest: torch.Tensor) -> Any:
        """Like the encoder's, with ``n_tokens`` more states in front."""
        words = self.encoder.get_input_embeddings()(input_ids)
        front = self.vectors[0].expand(len(words), -1, -1).to(words.dtype)
        ones = attention_mask.new_ones((len(words), self.n_tokens))
        if "token_type_ids" in rest:
            rest["token_type_ids"] = torch.cat([ones * 0, rest["token_type_ids"]], dim=1)
        return self.encoder(
            inputs_embeds=torch.cat([front, words], dim=1),
            attention_mask=torch.cat([ones, attention_mask], dim=1),
            # The text keeps its positions; the vectors share the first one.
            position_ids=self._positions(input_ids),
            **rest,
        )

    def _positions(self, ids: torch.Tensor) -> torch.Tensor:
        own = torch.arange(ids.shape[1], device=ids.device)
        front = torch.zeros(self.n_tokens, dtype=own.dtype, device=ids.device)
        return torch.cat([front, own]).unsqueeze(0)


def prompt(encoder: nn.Module, config: FinetuneConfig, n_steps: int) -> nn.Module:
    """Learn vectors before the text."""
    return VirtualTokens(_frozen(encoder), config.virtual_tokens, every_layer=False)


def prefix(encoder: nn.Module, config: FinetuneConfig, n_steps: int) -> nn.Module:
    """Learn vectors before the text in every layer."""
    return VirtualTokens(_frozen(encoder), config.virtual_tokens, every_layer=True)


def _frozen(encoder: nn.Module) -> nn.Module:
    for weight in encoder.parameters():
        weight.requires_grad_(False)
    return encoder


def layers_of(encoder: Any) -> list[nn.Module]:
    """The transformer layers of a BERT-like encoder.

    Raises:
        ModelError: it has none in the usual place.
    """
    stack = getattr(getattr(encoder, "encoder", None), "layer", None)
    if stack is None:
        raise ModelError("virtual tokens need an encoder built like BERT", hint="Use --method lora.")
    return list(stack)
