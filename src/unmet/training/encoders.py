"""Encoders to fine-tune: any Hugging Face folder, a name where there is network, or one pretrained here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unmet.core.config import FinetuneConfig
from unmet.core.errors import ModelError
from unmet.models.heads import SETTINGS_FILE
from unmet.training.quiet import quietly
from unmet.training.tokenizing import Reader, load_reader

DROPOUTS = (
    "hidden_dropout_prob", "attention_probs_dropout_prob",
    "embedding_dropout", "mlp_dropout", "attention_dropout", "dropout",
)  # fmt: skip
"""Shares that a model drops in training, as BERT, ModernBERT and DistilBERT name them."""


def base_folder(base: str | Path) -> str | Path:
    """The encoder inside a fine-tuned folder; any other base as it is.

    Raises:
        ModelError: the folder's method cannot be folded into an encoder.
    """
    folder = Path(base)
    if not (folder / SETTINGS_FILE).is_file():
        return base
    if (folder / "encoder").is_dir():
        return folder / "encoder"
    raise ModelError(
        "tuning cannot go on from a model whose method stays beside its encoder",
        where=str(base),
        hint="Begin at its base again, or use a method that can be merged.",
    )


def without_pooler(shape: Any) -> dict[str, bool]:
    """What keeps an encoder from making the pooling layer that no head here reads."""
    return {"add_pooling_layer": False} if shape.model_type in ("bert", "roberta") else {}


def load_encoder(base: str | Path, config: FinetuneConfig) -> tuple[Any, Reader]:
    """Encoder and tokenizer of a base model.

    Raises:
        ModelError: they cannot be loaded.
    """
    from transformers import AutoConfig, AutoModel

    folder = _local(str(base))
    try:
        with quietly():
            shape: Any = AutoConfig.from_pretrained(folder)
            for name in DROPOUTS:
                if isinstance(getattr(shape, name, None), int | float):
                    setattr(shape, name, config.dropout)
            encoder = AutoModel.from_pretrained(folder, config=shape, **without_pooler(shape))
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
