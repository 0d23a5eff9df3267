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
from unmet.training.quiet import quietly
from unmet.training.tokenizing import Reader


@dataclass(frozen=True, slots=True)
class Size:
    """Layers and width of a transformer."""

    layers: int
    width: int


SIZES = {"tiny": Size(2, 128), "small": Size(4, 256), "base": Size(12, 768)}
ARCHITECTURES = ("bert", "modernbert")
OBJECTIVES = ("mlm", "mlm+nsp", "clm")
_HEAD = 64


def new_model(config: PretrainConfig, reader: Reader, max_tokens: int) -> nn.Module:
    """A model with random weights drawn with the run's seed.

    Raises:
        InputError: no such size or objective.
    """
    check_objective(config.objective)
    for what, chosen, known in (
        ("size", config.size, SIZES),
        ("architecture", config.architecture, ARCHITECTURES),
    ):
        if chosen not in known:
            raise InputError(f"no {what} {chosen!r}", hint=f"Use one of {', '.join(known)}.")
    size = SIZES[config.size]
    torch.manual_seed(config.seed)
    if config.objective == "clm":
        return _new_gpt(size, config, reader, max_tokens)
    if config.architecture == "modernbert":
        return _new_modernbert(size, config, reader, max_tokens)
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


def _new_modernbert(size: Size, config: PretrainConfig, reader: Reader, max_tokens: int) -> nn.Module:
    """ModernBERT (Warner et al. 2024): normalisation before each part, rotary positions, gated units.

    The gated inner layer is 2.5 times as wide, which gives as many weights as BERT's of 4 times.
    """
    from transformers import ModernBertConfig, ModernBertForMaskedLM

    if config.objective != "mlm":
        raise InputError("modernbert has no second segment", hint="Use --architecture bert.")
    shape = ModernBertConfig(
        vocab_size=reader.size,
        hidden_size=size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.width // _HEAD,
        intermediate_size=size.width * 5 // 2,
        max_position_embeddings=max_tokens,
        layer_types=["full_attention"] * size.layers,
        attention_dropout=config.dropout,
        embedding_dropout=config.dropout,
        mlp_dropout=config.dropout,
        pad_token_id=reader.pad,
        bos_token_id=reader.start,
        cls_token_id=reader.start,
        eos_token_id=reader.end,
        sep_token_id=reader.end,
    )
    made: nn.Module = ModernBertForMaskedLM(shape)
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
        with quietly():
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
