"""Fine-tuned folders back into models."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from torch import nn

from unmet.core.config import FinetuneConfig
from unmet.core.errors import ModelError
from unmet.models.heads import SETTINGS_FILE, named_task
from unmet.training.encoders import tells_parts, without_pooler
from unmet.training.methods.catalog import find_method
from unmet.training.multitask import MultiTaskModel
from unmet.training.quiet import quietly
from unmet.training.saving import ENCODER
from unmet.training.tasks import Task
from unmet.training.tokenizing import Reader, load_reader

WEIGHTS = "model.safetensors"
_ANY_STEPS = 100  # AdaLoRA's schedule wants a number; a finished model no longer follows it


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A fine-tuned model, ready to predict.

    Attributes:
        model: in evaluation mode, on the CPU.
        tasks: its heads, in their order.
        reader: its tokenizer.
        config: settings it was trained with.
        encoder_config: of the plain encoder.
        told: the rest of ``finetune.json``: held-out measures, epochs.
    """

    model: MultiTaskModel
    tasks: tuple[Task, ...]
    reader: Reader
    config: FinetuneConfig
    encoder_config: Any
    told: dict[str, Any]

    @property
    def segments(self) -> bool:
        """Whether the encoder tells first and second part apart."""
        return tells_parts(self.encoder_config)

    def task(self, name: str) -> Task:
        """A head by name.

        Raises:
            InputError: the model has none of that name.
        """
        return named_task(self.tasks, name)


def load_finetuned(folder: str | Path) -> LoadedModel:
    """Read what :func:`unmet.training.saving.save_finetuned` wrote; outputs are those before saving.

    Raises:
        ModelError: a file is missing or unreadable, or the weights do not fit the settings.
    """
    path = Path(folder)
    settings = _settings(path)
    config = _config(settings, path)
    tasks = tuple(_task(entry, path) for entry in settings["tasks"])
    encoder, shape = _empty_encoder(path)
    prepared = find_method(config.method).prepare(encoder, config, _ANY_STEPS)
    model = MultiTaskModel(prepared, int(shape.hidden_size), tasks, config.dropout)
    _fill(model, path)
    told = {key: value for key, value in settings.items() if key not in ("tasks", "config")}
    return LoadedModel(model.eval(), tasks, load_reader(path), config, shape, told)


def _settings(path: Path) -> dict[str, Any]:
    try:
        settings: dict[str, Any] = json.loads((path / SETTINGS_FILE).read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        hint = "Give the folder that `unmet finetune --out` wrote."
        raise ModelError(
            f"no {SETTINGS_FILE}: this is no fine-tuned model", where=str(path), hint=hint
        ) from None
    except ValueError as error:
        raise ModelError(f"{SETTINGS_FILE} cannot be read ({error})", where=str(path)) from error
    if not isinstance(settings, dict) or not {"tasks", "config"} <= settings.keys():
        raise ModelError(f"{SETTINGS_FILE} lacks tasks or config", where=str(path))
    return settings


def _config(settings: dict[str, Any], path: Path) -> FinetuneConfig:
    known = {field.name for field in fields(FinetuneConfig)}
    unknown = sorted(set(settings["config"]) - known)
    if unknown:
        hint = "The model was made by another version of unmet."
        raise ModelError(f"unknown settings {', '.join(unknown)}", where=str(path / SETTINGS_FILE), hint=hint)
    # JSON knows lists only; settings of several values are tuples.
    told: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in settings["config"].items()}
    return FinetuneConfig(**told)


def _task(entry: dict[str, Any], path: Path) -> Task:
    try:
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()}
        return Task(**values)
    except TypeError as error:
        raise ModelError(f"a task cannot be read ({error})", where=str(path / SETTINGS_FILE)) from error


def _empty_encoder(path: Path) -> tuple[nn.Module, Any]:
    """The plain encoder with weights still to be filled in, and its configuration."""
    from transformers import AutoConfig, AutoModel

    file = next((f for f in (path / ENCODER, path / "encoder" / "config.json") if f.is_file()), None)
    if file is None:
        raise ModelError(f"{ENCODER} is missing", where=str(path), hint="Fine-tune the model again.")
    try:
        with quietly():
            shape = AutoConfig.from_pretrained(str(file))
            loader: Any = AutoModel
            return loader.from_config(shape, **without_pooler(shape)), shape
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"no encoder can be built: {str(error).splitlines()[0]}", where=str(file)) from error


def _fill(model: MultiTaskModel, path: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        model.load_state_dict(load_file(str(path / WEIGHTS)))
    except FileNotFoundError:
        raise ModelError(f"{WEIGHTS} is missing", where=str(path)) from None
    except (RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"{WEIGHTS} does not fit the settings: {str(error).splitlines()[0]}", where=str(path)
        ) from error
