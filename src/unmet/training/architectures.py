"""Models to pretrain: new ones at three sizes, or any Hugging Face folder or name to continue from.

Shapes follow Turc et al., "Well-read students learn better" (2019): heads of 64, inner layer four times
as wide.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from unmet.core.config import PretrainConfig
from unmet.core.errors import InputError, ModelError
from unmet.training.tokenizing import Reader


@dataclass(frozen=True, slots=True)
class Size:
    """Layers and width of a transformer."""

    layers: int
    width: int


SIZES = {"tiny": Size(2, 128), "small": Size(4, 256), "base": Size(12, 768)}
OBJECTIVES = ("mlm", "mlm+nsp", "clm")
_HEAD = 64


def new_model(config: PretrainConfig, reader: Reader, max_tokens: int) -> nn.Module:
    """A model with random weights drawn with the run's seed.

    Raises:
        InputError: no such size or objective.
    """
    check_objective(config.objective)
    if config.size not in SIZES:
        raise InputError(f"no size {config.size!r}", hint=f"Use one of {', '.join(SIZES)}.")
    size = SIZES[config.size]
    torch.manual_seed(config.seed)
    if config.objective == "clm":
        return _new_gpt(size, config, reader, max_tokens)
    return _new_bert(size, config, reader, max_tokens)


def _new_bert(size: Size, config: PretrainConfig, reader: Reader, max_tokens: int) -> nn.Module:
    from transformers import BertConfig, BertForMaskedLM, BertForPreTraining

    shape = BertConfig(
        vocab_size=reader.size,
        hidden_size=size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.width // _HEAD,
        intermediate_size=4 * size.width,
        max_position_embeddings=max_tokens,
        hidden_dropout_prob=config.dropout,
        attention_probs_dropout_prob=config.dropout,
        pad_token_id=reader.pad,
    )
    made: nn.Module = (BertForPreTraining if config.objective == "mlm+nsp" else BertForMaskedLM)(shape)
    return made


def _new_gpt(size: Size, config: PretrainConfig, reader: Reader, max_tokens: int) -> nn.Module:
    from transformers import GPT2Config, GPT2LMHeadModel

    shape = GPT2Config(
        vocab_size=reader.size,
        n_embd=size.width,
        n_layer=size.layers,
        n_head=size.width // _HEAD,
        n_positions=max_tokens,
        resid_pdrop=config.dropout,
        embd_pdrop=config.dropout,
        attn_pdrop=config.dropout,
        bos_token_id=reader.start,
        eos_token_id=reader.end,
        pad_token_id=reader.pad,
    )
    made: nn.Module = GPT2LMHeadModel(shape)
    return made


def load_model(source: str, objective: str) -> nn.Module:
    """A Hugging Face model, from a folder or, with network, by name.

    Raises:
        ModelError: it cannot be loaded.
    """
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForPreTraining

    check_objective(objective)
    loader: Any = {
        "mlm": AutoModelForMaskedLM,
        "mlm+nsp": AutoModelForPreTraining,
        "clm": AutoModelForCausalLM,
    }[objective]
    try:
        model: nn.Module = loader.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"no model can be loaded: {_first_line(error)}", where=source, hint=_where_models_are(source)
        ) from error
    return model


def check_objective(objective: str) -> None:
    """Refuse an objective that does not exist."""
    if objective not in OBJECTIVES:
        raise InputError(f"no objective {objective!r}", hint=f"Use one of {', '.join(OBJECTIVES)}.")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _where_models_are(source: str) -> str:
    if Path(source).exists():
        return "The folder needs config.json, model.safetensors and tokenizer.json."
    return "Give a folder with config.json and model.safetensors; a name needs network access to its hub."
