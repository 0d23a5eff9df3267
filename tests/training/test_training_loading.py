"""A fine-tuned folder gives back the model that was saved, for every method and kind of head."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from inference_fixtures import HEADS, TEXTS, TINY, predicted, tiny_model
from training_fixtures import Prepared

from unmet.core.errors import InputError, ModelError
from unmet.training.loading import load_finetuned
from unmet.training.methods.catalog import METHODS
from unmet.training.saving import save_finetuned


@pytest.mark.parametrize("method", list(METHODS))
def test_outputs_are_those_before_saving(prepared: Prepared, tmp_path: Path, method: str) -> None:
    config = replace(TINY, method=method)
    model = tiny_model(prepared.reader, config, disturb=True)
    save_finetuned(model, HEADS, prepared.reader, config, tmp_path, {"measures": {}})
    loaded = load_finetuned(tmp_path)
    assert loaded.tasks == HEADS
    assert loaded.config == config
    assert loaded.reader.encode_batch(TEXTS)[0].ids == prepared.reader.encode_batch(TEXTS)[0].ids
    for task in HEADS:
        before = predicted(model, task, prepared.reader, config)
        after = predicted(loaded.model, task, loaded.reader, loaded.config)
        if task.kind == "tags":
            assert before == after
        else:
            assert np.array_equal(before, after), task.name


def test_what_a_method_added_takes_part(prepared: Prepared, tmp_path: Path) -> None:
    """Otherwise the test above could pass on parts that are never read."""
    for method in METHODS:
        config = replace(TINY, method=method)
        plain, disturbed = (tiny_model(prepared.reader, config, disturb=d) for d in (False, True))
        first, second = (predicted(m, HEADS[0], prepared.reader, config) for m in (plain, disturbed))
        assert not np.allclose(first, second, atol=1e-6), method


@pytest.fixture
def saved(prepared: Prepared, tmp_path: Path) -> Path:
    save_finetuned(tiny_model(prepared.reader, TINY), HEADS, prepared.reader, TINY, tmp_path, {})
    return tmp_path


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")


def test_a_damaged_folder_says_what_is_wrong(saved: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(ModelError, match="no fine-tuned model"):
        load_finetuned(tmp_path_factory.mktemp("empty"))
    edit(saved / "finetune.json", config={**asdict(TINY), "magic": 1})
    with pytest.raises(ModelError, match="unknown settings magic"):
        load_finetuned(saved)
    edit(saved / "finetune.json", config=asdict(replace(TINY, method="lora")))
    with pytest.raises(ModelError, match="does not fit"):
        load_finetuned(saved)
    (saved / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="does not fit"):
        load_finetuned(saved)
    (saved / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="is missing"):
        load_finetuned(saved)
    for name in ("encoder.json", "encoder/config.json"):
        (saved / name).unlink()
    with pytest.raises(ModelError, match=r"encoder\.json is missing"):
        load_finetuned(saved)
    edit(saved / "finetune.json", config=asdict(TINY), tasks=[{"name": "x", "magic": 1}])
    with pytest.raises(ModelError, match="task cannot be read"):
        load_finetuned(saved)
    (saved / "finetune.json").write_text("{", "utf-8")
    with pytest.raises(ModelError, match="cannot be read"):
        load_finetuned(saved)


def test_a_head_is_found_by_name(saved: Path) -> None:
    loaded = load_finetuned(saved)
    assert loaded.task("need").kind == "flag"
    assert loaded.segments
    assert not any(module.training for module in loaded.model.modules())
    assert all(p.device == torch.device("cpu") for p in loaded.model.parameters())
    with pytest.raises(InputError, match="no task 'mood'"):
        loaded.task("mood")
