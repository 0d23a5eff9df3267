"""Encoders to fine-tune: any Hugging Face folder, a name where there is network, or one pretrained here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from unmet.core.config import FinetuneConfig
from unmet.core.errors import ModelError
from unmet.training.quiet import quietly
from unmet.training.tokenizing import Reader, load_reader


def load_encoder(base: str | Path, config: FinetuneConfig) -> tuple[Any, Reader]:
    """Encoder and tokenizer of a base model.

    Raises:
        ModelError: they cannot be loaded.
    """
    from transformers import AutoModel

    folder = _local(str(base))
    try:
        with quietly():
            encoder = AutoModel.from_pretrained(
                folder,
                **({"add_pooling_layer": False} if _is_bert(Path(folder)) else {}),
                hidden_dropout_prob=config.dropout,
                attention_probs_dropout_prob=config.dropout,
            )
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(
            f"no encoder can be loaded: {str(error).splitlines()[0]}", where=str(base)
        ) from error
    return encoder, load_reader(Path(folder))


def _local(base: str) -> str:
    """The folder of a model; a name is fetched from its hub where there is network."""
    if Path(base).is_dir():
        return base
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return str(snapshot_download(base, allow_patterns=["*.json", "*.safetensors", "*.txt"]))
    except (OSError, HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as error:
        raise ModelError("no such folder, and no hub was reached", where=base) from error


def has_segments(model: Any) -> bool:
    """Whether an encoder, or a model with one, tells first and second part apart."""
    return tells_parts(model.config)


def tells_parts(shape: Any) -> bool:
    """The same, by the configuration alone."""
    return int(getattr(shape, "type_vocab_size", 0) or 0) > 1


def longest_window(encoder: Any, wanted: int) -> int:
    """Tokens of a window: as many as wanted, but no more than the encoder has positions for."""
    positions = int(getattr(encoder.config, "max_position_embeddings", wanted))
    if encoder.config.model_type in ("roberta", "xlm-roberta", "camembert"):
        positions -= 2  # these count from the padding position on
    return min(wanted, positions)


def _is_bert(folder: Path) -> bool:
    path = folder / "config.json"
    return path.is_file() and json.loads(path.read_text("utf-8")).get("model_type") in ("bert", "roberta")
