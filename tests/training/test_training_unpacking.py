"""Unpacking: an exported encoder becomes a folder that training goes on from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from inference_fixtures import HEADS, TEXTS, TINY, tiny_model
from training_fixtures import Prepared

from unmet.core.config import FinetuneConfig
from unmet.core.errors import InputError, ModelError
from unmet.models.encoder import load_encoder as load_package
from unmet.models.encoder_package import MANIFEST_FILE
from unmet.models.inventory import encoder_of
from unmet.training.encoders import load_encoder
from unmet.training.exporting import SHAPE, export_model
from unmet.training.finetuning import finetune
from unmet.training.loading import load_finetuned
from unmet.training.saving import save_finetuned
from unmet.training.unpacking import unpack, unpack_tuned


def write_package(prepared: Prepared, folder: Path, precision: str, kind: str = "bert") -> Path:
    model = tiny_model(prepared.reader, replace(TINY), kind=kind, disturb=True)
    save_finetuned(model, HEADS, prepared.reader, TINY, folder / "model", {})
    return export_model(
        folder / "model", folder / precision, precision=precision, training_data={"made": 3}
    ).folder


@pytest.fixture(scope="module")
def exported(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Package of a precision; it is made once and stands beside its ``model``."""
    return cache(lambda precision: write_package(prepared, tmp_path_factory.mktemp(precision), precision))


@pytest.mark.parametrize(("precision", "allowed"), [("fp32", 0.0), ("int8", 0.02)])
def test_weights_come_back_under_their_names(
    prepared: Prepared, exported: Callable[[str], Path], tmp_path: Path, precision: str, allowed: float
) -> None:
    package = exported(precision)
    before = load_finetuned(package.parent / "model").model.encoder.state_dict()
    encoder, reader = load_encoder(unpack(package, tmp_path / "base"), FinetuneConfig(dropout=0.0))
    after = encoder.state_dict()
    assert set(after) == set(before)
    for name, value in before.items():
        largest = float(value.abs().max()) or 1.0
        assert torch.allclose(after[name], value, atol=allowed * largest), name
    assert reader.tokenizer.to_str() == prepared.reader.tokenizer.to_str()
    assert reader.folds == prepared.reader.folds


def test_training_goes_on_from_it(exported: Callable[[str], Path], tmp_path: Path) -> None:
    base = unpack(exported("int8"), tmp_path / "base")
    rows = [
        "text,label",
        *(f"{text} {number},{number % 2}" for number, text in enumerate(["good", "bad"] * 8)),
    ]
    data = tmp_path / "task.csv"
    data.write_text("\n".join(rows), encoding="utf-8")
    finetune(base, {"mood": data}, tmp_path / "heads", config=replace(TINY, epochs=1))
    assert load_finetuned(tmp_path / "heads").task("mood").labels == ("0", "1")


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_heads_come_back_and_are_tuned_on(
    prepared: Prepared, exported: Callable[[str], Path], tmp_path: Path, precision: str
) -> None:
    before = load_finetuned(exported(precision).parent / "model")
    folder = unpack_tuned(exported(precision), tmp_path / "tuned")
    after = load_finetuned(folder)
    assert after.tasks == before.tasks
    for task in after.tasks:
        if task.name in before.model.heads:
            theirs, own = before.model.heads[task.name], after.model.heads[task.name]
            largest = float(theirs.weight.detach().abs().max())
            assert torch.allclose(own.weight, theirs.weight, atol=0.02 * largest)
            assert torch.equal(own.bias, theirs.bias)
    rows = "\n".join(f"{text} {n},{text}" for n, text in enumerate(["negative", "neutral", "positive"] * 8))
    data = tmp_path / "task.csv"
    data.write_text(f"text,label\n{rows}", encoding="utf-8")
    still = replace(TINY, epochs=1, learning_rate=1e-9)
    said: list[str] = []
    finetune(folder, {"sentiment": data}, tmp_path / "on", config=still, report=said.append)
    assert "heads kept: sentiment" in said
    kept = load_finetuned(tmp_path / "on").model.heads["sentiment"].weight
    assert torch.allclose(kept, after.model.heads["sentiment"].weight, atol=1e-6)
    finetune(folder / "encoder", {"sentiment": data}, tmp_path / "anew", config=still, report=said.append)
    new = load_finetuned(tmp_path / "anew").model.heads["sentiment"].weight
    assert not torch.allclose(new, kept, atol=1e-2)
    assert said.count("heads kept: sentiment") == 1


def test_kept_scores_keep_their_range(exported: Callable[[str], Path], tmp_path: Path) -> None:
    folder = unpack_tuned(exported("fp32"), tmp_path / "tuned")
    rows = "\n".join(f"text {n},{2 + n % 5},{3 + n % 4}" for n in range(24))
    data = tmp_path / "task.csv"
    data.write_text(f"text,valence,arousal\n{rows}", encoding="utf-8")
    finetune(folder, {"intensity": data}, tmp_path / "on", config=replace(TINY, epochs=1))
    assert load_finetuned(tmp_path / "on").task("intensity") == load_finetuned(folder).task("intensity")


def test_the_shipped_starter_can_be_unpacked(tmp_path: Path) -> None:
    folder = encoder_of("starter")
    encoder, reader = load_encoder(unpack(folder, tmp_path / "base"), FinetuneConfig(dropout=0.0))
    package = load_package(folder, threads=1)
    # The package reads a long text in windows and merges them; one reading of the whole is another vector.
    short = [text for text in TEXTS if len(text) < 100]
    assert len(short) >= 4
    theirs = np.asarray(package.run(short)["vector"])
    for text, vector in zip(short, theirs, strict=True):
        ids = [reader.start, *reader.encode_batch([text])[0].ids, reader.end]
        with torch.no_grad():
            states = encoder(input_ids=torch.tensor([ids])).last_hidden_state[0]
        own = states.mean(dim=0).numpy()
        assert float(own @ vector / np.linalg.norm(own)) > 0.995


def test_what_cannot_be_unpacked_is_refused(exported: Callable[[str], Path], tmp_path: Path) -> None:
    package = shutil.copytree(exported("fp32"), tmp_path / "fp32")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(InputError, match="not empty"):
        unpack(package, tmp_path / "full")
    manifest = json.loads((package / MANIFEST_FILE).read_text("utf-8"))
    del manifest[SHAPE]
    (package / MANIFEST_FILE).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ModelError, match="shape"):
        unpack(package, tmp_path / "base")
    with pytest.raises(ModelError, match="no exported encoder"):
        encoder_of("linear")


def test_an_encoder_without_biases_is_refused(prepared: Prepared, tmp_path: Path) -> None:
    package = write_package(prepared, tmp_path, "fp32", kind="modernbert")
    with pytest.raises(ModelError, match="no weights found"):
        unpack(package, tmp_path / "base")
