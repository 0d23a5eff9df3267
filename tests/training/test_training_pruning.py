"""Pruning: neurons that do nothing go first, and a model that lost only those answers as before."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from inference_fixtures import HEADS, TINY, predicted, tiny_model
from training_fixtures import Prepared

from unmet.core.errors import InputError, ModelError
from unmet.training.exporting import export_model
from unmet.training.finetuning import finetune
from unmet.training.loading import load_finetuned
from unmet.training.multitask import MultiTaskModel
from unmet.training.pruning import MULTIPLE, feed_forward_layers, prune
from unmet.training.saving import save_finetuned
from unmet.training.tuned_models import load_tuned

TASKS = tuple(task for task in HEADS if task.name in ("sentiment", "intensity"))
USED = 2 * MULTIPLE


def labelled(folder: Path) -> dict[str, Path]:
    words = ("差", "一般", "好")
    classes = [f"{words[n % 3]}的屏幕 {n},{('negative', 'neutral', 'positive')[n % 3]}" for n in range(48)]
    scores = [f"battery {words[n % 3]} {n},{1 + 4 * (n % 3)},{3 + n % 5}" for n in range(48)]
    files = {"sentiment": ["text,label", *classes], "intensity": ["text,valence,arousal", *scores]}
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    return {name: folder / f"{name}.csv" for name in files}


def with_idle_neurons(prepared: Prepared, folder: Path, kind: str = "bert") -> Path:
    """A model in which only some neurons of each layer, drawn at random, reach the next layer."""
    whole = tiny_model(prepared.reader, TINY, kind=kind, disturb=True)
    model = MultiTaskModel(whole.encoder, 128, TASKS, 0.0)
    if kind == "bert":
        for _, outer in feed_forward_layers(model.encoder):
            idle = np.random.default_rng(3).permutation(outer.in_features)[USED:]
            with torch.no_grad():
                outer.weight[:, torch.as_tensor(idle)] = 0.0
    save_finetuned(model, TASKS, prepared.reader, TINY, folder, {})
    return folder


def test_idle_neurons_go_and_answers_stay(prepared: Prepared, tmp_path: Path) -> None:
    folder, files = with_idle_neurons(prepared, tmp_path / "model"), labelled(tmp_path)
    before = load_finetuned(folder)
    neurons = feed_forward_layers(before.model.encoder)[0][0].out_features
    done = prune(folder, files, tmp_path / "small", keep=USED / neurons)
    assert (done.before, done.after) == (neurons, USED)
    assert done.importance_kept == pytest.approx(1.0)
    assert done.score_after == pytest.approx(done.score_before, abs=1e-6)
    after = load_finetuned(tmp_path / "small")
    for task in TASKS:
        first, second = (predicted(m.model, task, prepared.reader, TINY) for m in (before, after))
        assert np.allclose(first, second, atol=1e-5)
    told = json.loads((tmp_path / "small" / "finetune.json").read_text("utf-8"))
    assert told["pruned"]["to"] == USED


def test_a_random_choice_would_not_do(prepared: Prepared, tmp_path: Path) -> None:
    folder, files = with_idle_neurons(prepared, tmp_path / "model"), labelled(tmp_path)
    neurons = feed_forward_layers(load_finetuned(folder).model.encoder)[0][0].out_features
    half = prune(folder, files, tmp_path / "less", keep=0.5 * USED / neurons)
    assert 0.5 < half.importance_kept < 0.99  # the better half of what is used, and not all of it


def test_what_is_left_is_tuned_on_and_exported(prepared: Prepared, tmp_path: Path) -> None:
    folder, files = with_idle_neurons(prepared, tmp_path / "model"), labelled(tmp_path)
    prune(folder, files, tmp_path / "small", keep=0.5)
    said: list[str] = []
    config = replace(TINY, epochs=1)
    finetune(tmp_path / "small", files, tmp_path / "tuned", config=config, report=said.append)
    assert "heads kept: sentiment, intensity" in said
    package = export_model(
        tmp_path / "tuned", tmp_path / "package", precision="int8", training_data={"made": 3}
    )
    manifest = json.loads((package.folder / "manifest.json").read_text("utf-8"))
    assert manifest["shape"]["intermediate_size"] == 128


def test_lora_is_merged_before_neurons_are_weighed(prepared: Prepared, tmp_path: Path) -> None:
    base, files = with_idle_neurons(prepared, tmp_path / "base"), labelled(tmp_path)
    finetune(
        base, files, tmp_path / "model", config=replace(TINY, method="lora", epochs=2, learning_rate=1e-2)
    )
    neurons = feed_forward_layers(load_tuned(tmp_path / "model").model.encoder)[0][0].out_features
    done = prune(tmp_path / "model", files, tmp_path / "small", keep=USED / neurons)
    assert done.score_after == pytest.approx(done.score_before, abs=1e-5)  # only idle neurons went
    before, after = load_tuned(tmp_path / "model"), load_finetuned(tmp_path / "small")
    assert after.config.method == "full"
    for task in TASKS:
        first, second = (predicted(m.model, task, prepared.reader, TINY) for m in (before, after))
        assert np.allclose(first, second, atol=1e-4)


@pytest.mark.parametrize("keep", [0.0, 1.0, 0.99])
def test_a_share_that_cuts_nothing_or_all_is_refused(prepared: Prepared, tmp_path: Path, keep: float) -> None:
    folder, files = with_idle_neurons(prepared, tmp_path / "model"), labelled(tmp_path)
    with pytest.raises(InputError):
        prune(folder, files, tmp_path / "small", keep=keep)
    assert not (tmp_path / "small").exists()


def test_tasks_and_encoders_that_do_not_fit_are_refused(prepared: Prepared, tmp_path: Path) -> None:
    files = labelled(tmp_path)
    folder = with_idle_neurons(prepared, tmp_path / "model")
    with pytest.raises(InputError, match="no rows for the task intensity"):
        prune(folder, {"sentiment": files["sentiment"]}, tmp_path / "small", keep=0.5)
    with pytest.raises(InputError, match="no task 'mood'"):
        prune(folder, {**files, "mood": files["sentiment"]}, tmp_path / "small", keep=0.5)
    other = with_idle_neurons(prepared, tmp_path / "modern", kind="modernbert")
    with pytest.raises(ModelError, match="built like BERT"):
        prune(other, files, tmp_path / "small", keep=0.5)
