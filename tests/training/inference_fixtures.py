"""Tiny models with every kind of head, and their outputs by torch."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from unmet.core.config import FinetuneConfig
from unmet.training.methods.catalog import find_method
from unmet.training.multitask import MultiTaskModel
from unmet.training.predicting import predict
from unmet.training.tasks import Examples, Task
from unmet.training.tokenizing import Reader
from unmet.training.windows import make_windows

TINY = FinetuneConfig(max_tokens=32, dropout=0.0, rank=4, bottleneck=8)
POLAR = ("negative", "neutral", "positive")
HEADS = (
    Task("sentiment", "classes", POLAR),
    Task("need", "flag", ("0", "1")),
    Task("intensity", "scores", ("valence", "arousal"), (1.0, 1.0), (9.0, 9.0)),
    Task("opinions", "tags", ("ASPECT", "OPINION")),
    Task("entities", "tags", ("brand", "model", "product")),
    Task("given_aspect", "pairs", POLAR),
    Task("given_intensity", "scores", ("valence", "arousal"), (1.0, 1.0), (9.0, 9.0), True),
    Task("vector", "vectors"),
)
LONG = "屏幕很好。" * 30 + "The battery dies after two hours, but the strap is sturdy. " * 4
TEXTS = [
    "屏幕太暗了，晚上看不清，希望亮一点。",
    "物流很快",
    "The zipper broke after two weeks.",
    LONG,
    "",
    "电池 battery ok 😀",
]
ASPECTS = ["屏幕", "物流", "zipper", "battery", "x", "电池"]


def tiny_encoder(reader: Reader, kind: str = "bert", seed: int = 0) -> Any:
    """A random encoder of two layers of 128 with lively weights, so that texts differ."""
    from transformers import BertConfig, BertModel, ModernBertConfig, ModernBertModel

    torch.manual_seed(seed)
    shape = {"vocab_size": reader.size, "hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2}
    common = {**shape, "max_position_embeddings": 64, "pad_token_id": reader.pad}
    if kind == "bert":
        made = BertModel(BertConfig(**common, intermediate_size=256), add_pooling_layer=False)
    else:
        ids = {"bos_token_id": reader.start, "eos_token_id": reader.end}
        ids |= {"cls_token_id": reader.start, "sep_token_id": reader.end}
        layers = ["full_attention"] * 2
        made = ModernBertModel(ModernBertConfig(**common, **ids, intermediate_size=160, layer_types=layers))
    with torch.no_grad():
        for weight in made.parameters():
            weight.mul_(3.0 if weight.ndim > 1 else 1.0)
    return made


def tiny_model(
    reader: Reader, config: FinetuneConfig, *, kind: str = "bert", disturb: bool = False
) -> MultiTaskModel:
    """A model of all heads; ``disturb`` moves what the method trains, which mostly begins at zero."""
    encoder = find_method(config.method).prepare(tiny_encoder(reader, kind), config, 100)
    torch.manual_seed(1)
    model = MultiTaskModel(encoder, 128, HEADS, 0.0)
    with torch.no_grad():
        for name, weight in model.heads.named_parameters():
            weight.mul_(10.0 if name.startswith(("opinions", "entities")) else 3.0)
        model.heads["opinions"].bias[0] -= 3.0  # otherwise no random model finds a span
        for weight in model.encoder.parameters():
            noise = 0.05 * torch.randn(weight.shape)
            if disturb and weight.requires_grad:
                weight.add_(noise)
    return model.eval()


def predicted(
    model: MultiTaskModel,
    task: Task,
    reader: Reader,
    config: FinetuneConfig,
    texts: list[str] = TEXTS,
    seconds: list[str] = ASPECTS,
    segments: bool = True,
) -> Any:
    """What torch says of the texts, window by window as in training."""
    none: Any = [[] for _ in texts]
    examples = Examples(texts, seconds if task.reads_two else [], np.zeros(0), none)
    windows = make_windows(task, examples, reader, config.max_tokens)
    return predict(model, task, windows, len(texts), pad=reader.pad, segments=segments)


@cache
def shared_folder() -> Path:
    """A folder that lives as long as the tests."""
    folder = tempfile.TemporaryDirectory(prefix="tiny-models-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


@cache
def shared_package() -> Path:
    """An exported 8-bit encoder package with every head, built once for all tests."""
    return write_tiny_package(shared_folder() / "built")


@cache
def shared_tier() -> Path:
    """A tier folder in which all ways of answering occur; n-grams outvote the random encoder."""
    folder = shared_folder() / "tier"
    folder.mkdir()
    return write_tiny_tier(shared_package(), folder)


@cache
def shared_joined_tier() -> Path:
    """A tier that joins spans and given aspects, maps vectors, and is seldom sure."""
    folder = shared_folder() / "joined"
    folder.mkdir()
    return write_joined_tier(shared_package(), folder)


def write_joined_tier(package: Path, folder: Path, **changes: Any) -> Path:
    """Write such a tier around a package; ``changes`` replace tasks."""
    from unmet.models.vector_map import VectorMap, save_vector_map

    layer = np.random.default_rng(0).normal(scale=0.2, size=(6, 2)).tolist()
    entries = tier_entries()
    entries["sentiment"]["abstain_below"], entries["need"]["abstain_below"] = 0.9, 0.8
    entries |= {
        "aspects": {"by": "join", "weights": {"zh": 0.2, "en": 0.1}, "polarity": "linear"},
        "entities": {"by": "join", "weights": {"zh": 0.2, "en": 0.1}, "thresholds": {"en": {"brand": 0.2}}},
        "given_aspects": {
            "by": "join",
            "weights": {"zh": layer, "en": layer},
            "bias": {"zh": [5.0, 5.0], "en": [4.0, 5.0]},
            "abstain_below": 0.5,
        },
    }
    write_tiny_tier(package, folder, {**entries, **changes})
    weights = 0.1 * np.random.default_rng(1).normal(size=(128, 128)).astype(np.float32)
    told = json.loads((folder / "tier.json").read_text("utf-8"))
    told["vectors"] = save_vector_map(folder, VectorMap(weights, np.full(128, 0.01, np.float32)))
    (folder / "tier.json").write_text(json.dumps(told), "utf-8")
    return folder


def write_tiny_package(folder: Path) -> Path:
    """Train a vocabulary, draw a model, export it; the package's folder."""
    from training_fixtures import SMALL

    from unmet.sample import make_shop
    from unmet.training.exporting import export_model
    from unmet.training.saving import save_finetuned
    from unmet.training.tokenizing import load_reader, save_reader, train_tokenizer

    texts = [text for text in make_shop(seed=3, n_reviews=600).reviews["text"] if text]
    save_reader(train_tokenizer(lambda: iter(texts), SMALL), folder / "reader", folds=True)
    reader = load_reader(folder / "reader")
    save_finetuned(tiny_model(reader, TINY), HEADS, reader, TINY, folder / "model", {})
    export_model(folder / "model", folder / "tiny", name="tiny", version="3")
    return folder / "tiny"


def tier_entries() -> dict[str, Any]:
    """Tasks of a tier in which n-grams outvote a random encoder."""
    return {
        "sentiment": {
            "by": "join",
            "weights": [*np.eye(3).tolist(), *(0.02 * np.eye(3)).tolist()],
            "bias": [0.0, 0.0, 0.0],
        },
        "need": {
            "by": "join",
            "weights": [*np.eye(2).tolist(), *(0.02 * np.eye(2)).tolist()],
            "bias": [0.0, 0.0],
            "threshold": 0.4,
        },
        "intensity": {"by": "join", "encoder_share": [0.25, 0.5]},
        "aspects": {"by": "encoder"},
        "entities": {"by": "encoder"},
        "given_aspects": {"by": "encoder"},
    }


def write_tiny_tier(package: Path, folder: Path, tasks: dict[str, Any] | None = None) -> Path:
    """A tier folder around a package."""
    told = {"format": 1, "name": "tiny-tier", "version": "2", "encoder": "encoder"}
    chosen = tier_entries() if tasks is None else tasks
    (folder / "tier.json").write_text(json.dumps({**told, "tasks": chosen}), "utf-8")
    shutil.copytree(package, folder / "encoder")
    return folder
