"""LoRA (Hu et al. 2022) and AdaLoRA (Zhang et al. 2023), through peft."""

from __future__ import annotations

from typing import Any

from torch import nn

from unmet.core.config import FinetuneConfig
from unmet.core.errors import ModelError
from unmet.training.quiet import quietly

_ATTENTION = ("query", "value", "q_lin", "v_lin", "q_proj", "v_proj", "c_attn", "Wqkv")
"""Names of attention projections in BERT, RoBERTa, DistilBERT, Llama, GPT-2 and ModernBERT."""


def lora(encoder: nn.Module, config: FinetuneConfig, n_steps: int) -> nn.Module:
    """Freeze the encoder and add products of two thin matrices to its attention projections."""
    from peft import LoraConfig, get_peft_model

    settings = LoraConfig(
        r=config.rank, lora_alpha=2 * config.rank, lora_dropout=0.0, target_modules=attention_of(encoder)
    )
    with quietly():
        return get_peft_model(encoder, settings)


def adalora(encoder: nn.Module, config: FinetuneConfig, n_steps: int) -> nn.Module:
    """LoRA whose rank is taken from where it helps least: from 1.5 × rank down to the rank."""
    from peft import AdaLoraConfig, get_peft_model

    settings = AdaLoraConfig(
        init_r=config.rank + config.rank // 2,
        target_r=config.rank,
        lora_alpha=2 * config.rank,
        target_modules=attention_of(encoder),
        total_step=max(n_steps, 10),
        tinit=max(n_steps // 10, 1),
        tfinal=max(n_steps // 4, 1),
        deltaT=max(n_steps // 50, 1),
    )
    with quietly():
        return get_peft_model(encoder, settings)


def merged(encoder: Any) -> nn.Module:
    """The encoder with the products added to its own matrices: nothing is left to pay at inference."""
    with quietly():
        plain: nn.Module = encoder.merge_and_unload()
    return plain


def attention_of(encoder: nn.Module) -> list[str]:
    """Names of the projections that this encoder has.

    Raises:
        ModelError: none is known.
    """
    names = {name.rpartition(".")[2] for name, _ in encoder.named_modules()}
    found = [name for name in _ATTENTION if name in names]
    if not found:
        raise ModelError(f"no attention projections found in {type(encoder).__name__}")
    return found
