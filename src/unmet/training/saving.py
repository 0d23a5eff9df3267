"""Fine-tuned models on disk."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import nn

from unmet.core.config import FinetuneConfig
from unmet.core.files import write_json
from unmet.models.heads import SETTINGS_FILE
from unmet.training.methods.catalog import METHODS
from unmet.training.multitask import MultiTaskModel
from unmet.training.quiet import quietly
from unmet.training.tasks import Task
from unmet.training.tokenizing import READING, Reader

ENCODER = "encoder.json"
"""Configuration of the encoder before the method added its parts."""


def save_finetuned(
    model: MultiTaskModel,
    tasks: Sequence[Task],
    reader: Reader,
    config: FinetuneConfig,
    out: Path,
    told: dict[str, Any],
) -> None:
    """Write the model: ``encoder/`` in Hugging Face's layout where the method can be folded in, all
    weights in ``model.safetensors``, tasks and settings in ``finetune.json``, the shape of the plain
    encoder in ``encoder.json``; :func:`unmet.training.loading.load_finetuned` reads them."""
    from safetensors.torch import save_file

    out.mkdir(parents=True, exist_ok=True)
    state = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    save_file(state, str(out / "model.safetensors"))
    reader.tokenizer.save(str(out / "tokenizer.json"))
    write_json(out / READING, {"folds": reader.folds})
    write_json(
        out / SETTINGS_FILE, {"tasks": [asdict(task) for task in tasks], "config": asdict(config), **told}
    )
    plain_config(model.encoder).to_json_file(str(out / ENCODER))
    merge = METHODS[config.method].merge
    if merge is not None:
        plain: Any = merge(copy.deepcopy(model.encoder))
        with quietly():
            plain.save_pretrained(str(out / "encoder"))
        for name in ("tokenizer.json", READING):
            shutil.copyfile(out / name, out / "encoder" / name)


def plain_config(encoder: nn.Module) -> Any:
    """Configuration of the transformer inside a prepared encoder."""
    from transformers import PreTrainedModel

    return next(module.config for module in encoder.modules() if isinstance(module, PreTrainedModel))
