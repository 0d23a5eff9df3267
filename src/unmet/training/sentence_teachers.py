"""Models that give sentence vectors: any Hugging Face or sentence-transformers folder, or one of our own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from unmet.core.config import FinetuneConfig
from unmet.core.errors import ModelError
from unmet.models.heads import SETTINGS_FILE
from unmet.models.windows import pad_rows
from unmet.training.encoders import has_segments, load_encoder, longest_window
from unmet.training.multitask import mean_state
from unmet.training.precision import training_device
from unmet.training.predicting import model_inputs
from unmet.training.tokenizing import Reader

Floats = NDArray[np.float32]
POOLINGS = ("mean", "cls", "max", "lasttoken")
_LONGEST = 512


@dataclass(slots=True)
class SentenceTeacher:
    """A frozen model of sentence vectors.

    Attributes:
        encoder, reader: the model and its tokenizer.
        pooling: one of :data:`POOLINGS`: how states of tokens become a vector.
        dense: layers after that, in their order.
        max_tokens: of one text, special tokens included; longer texts are cut, as the model was trained.
        n_cut: texts that were.
    """

    encoder: Any
    reader: Reader
    pooling: str
    dense: nn.Sequential
    max_tokens: int
    n_cut: int = 0

    @torch.no_grad()
    def vectors(self, texts: list[str], rows: int = 64) -> Floats:
        """Unit vectors, shape ``(n, width)``, float32."""
        encodings = self.reader.encode_batch(texts)
        self.n_cut += sum(len(e.ids) > self.max_tokens - 2 for e in encodings)
        ids = [[self.reader.start, *e.ids[: self.max_tokens - 2], self.reader.end] for e in encodings]
        found: dict[int, Floats] = {}
        order = np.argsort([len(i) for i in ids], kind="stable")
        for first in range(0, len(order), rows):
            numbers = order[first : first + rows]
            batch = pad_rows([ids[n] for n in numbers], self.reader.pad)
            inputs = model_inputs(batch, self.encoder.device, has_segments(self.encoder))
            states = self.encoder(**inputs).last_hidden_state
            pooled = self.dense(pool(states, inputs["attention_mask"], self.pooling))
            unit = functional.normalize(pooled, dim=1).float().cpu().numpy()
            found.update(zip(numbers.tolist(), unit, strict=True))
        return np.stack([found[n] for n in range(len(texts))]) if texts else np.zeros((0, 0), np.float32)


def load_sentence_teacher(folder: Path) -> SentenceTeacher:
    """Read a folder; without a word on pooling the mean of all tokens is taken.

    Raises:
        ModelError: it cannot be loaded, or has parts that are not known or are stored as pickles.
    """
    if (folder / SETTINGS_FILE).is_file():
        if not (folder / "encoder").is_dir():
            raise ModelError("this model has no plain encoder", where=str(folder))
        folder = folder / "encoder"
    pooling, dense, inner, longest = _modules(folder)
    config = FinetuneConfig(dropout=0.0)
    encoder, reader = load_encoder(inner, config)
    device = training_device()
    longest = longest_window(encoder, longest)
    return SentenceTeacher(encoder.eval().to(device), reader, pooling, dense.eval().to(device), longest)


def pool(states: torch.Tensor, attention: torch.Tensor, how: str) -> torch.Tensor:
    """One vector per row from states of shape ``(n, tokens, width)``; padding stands at the end."""
    if how == "cls":
        return states[:, 0]
    if how == "lasttoken":
        return states[torch.arange(len(states)), attention.sum(dim=1) - 1]
    if how == "max":
        return states.masked_fill(attention.unsqueeze(2) == 0, -torch.inf).amax(dim=1)
    return mean_state(states, attention)


def _modules(folder: Path) -> tuple[str, nn.Sequential, Path, int]:
    """Pooling, layers after it, the transformer's folder and its longest text."""
    listed = folder / "modules.json"
    if not listed.is_file():
        return "mean", nn.Sequential(), folder, _LONGEST
    pooling, layers, inner = "mean", [], folder
    for module in json.loads(listed.read_text("utf-8")):
        kind, place = module["type"].rpartition(".")[2], folder / module.get("path", "")
        if kind == "Transformer":
            inner = place
        elif kind == "Pooling":
            pooling = _pooling(place)
        elif kind == "Dense":
            layers += _dense(place)
        elif kind != "Normalize":  # vectors are given with length 1 in any case
            raise ModelError(f"a module {kind} is not known", where=str(listed))
    told = inner / "sentence_bert_config.json"
    longest = json.loads(told.read_text("utf-8")).get("max_seq_length") if told.is_file() else None
    return pooling, nn.Sequential(*layers), inner, int(longest or _LONGEST)


def _pooling(place: Path) -> str:
    told: dict[str, Any] = json.loads((place / "config.json").read_text("utf-8"))
    names = {"pooling_mode_cls_token": "cls", "pooling_mode_mean_tokens": "mean",
             "pooling_mode_max_tokens": "max", "pooling_mode_lasttoken": "lasttoken"}  # fmt: skip
    chosen = [told["pooling_mode"]] if isinstance(told.get("pooling_mode"), str) else []
    chosen += [name for key, name in names.items() if told.get(key)]
    others = [k for k, v in told.items() if k.startswith("pooling_mode_") and v is True and k not in names]
    if len(chosen) != 1 or others or chosen[0] not in POOLINGS:
        raise ModelError(f"pooling {', '.join(chosen + others) or 'none'} is not known", where=str(place))
    return str(chosen[0])


def _dense(place: Path) -> list[nn.Module]:
    from safetensors.torch import load_file

    path = place / "model.safetensors"
    if not path.is_file():
        hint = "Save it again with a newer sentence-transformers: pickles are not opened."
        raise ModelError("the dense layer has no model.safetensors", where=str(place), hint=hint)
    told = json.loads((place / "config.json").read_text("utf-8"))
    name = str(told.get("activation_function", "torch.nn.modules.linear.Identity")).rpartition(".")[2]
    if name not in ("Identity", "Tanh", "ReLU", "GELU"):
        raise ModelError(f"activation {name} is not known", where=str(place))
    layer = nn.Linear(told["in_features"], told["out_features"], bias=told.get("bias", True))
    layer.load_state_dict({key.removeprefix("linear."): value for key, value in load_file(str(path)).items()})
    activation: nn.Module = getattr(nn, name)()
    return [layer, activation]
