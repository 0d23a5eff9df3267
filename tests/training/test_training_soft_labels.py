"""Soft labels are learned as they are told, by those who can; encoders of every kind can be a base."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from inference_fixtures import tiny_encoder
from training_fixtures import QUICK as LONGER
from training_fixtures import Prepared, labelled, opinions, write_rows

from unmet.core.config import FewShotConfig, ReplayConfig, SelfTrainConfig
from unmet.core.errors import InputError
from unmet.training.continual import learn_in_stages
from unmet.training.encoders import load_encoder
from unmet.training.few_shot.contrast_training import finetune_by_contrast
from unmet.training.finetuning import finetune
from unmet.training.self_training import self_train
from unmet.training.tasks import Examples
from unmet.training.tuned_models import load_tuned

QUICK = replace(LONGER, epochs=2, max_tokens=24)


def base_of(prepared: Prepared, folder: Path, kind: str = "bert") -> Path:
    tiny_encoder(prepared.reader, kind).save_pretrained(folder)
    for name in ("tokenizer.json", "reading.json"):
        shutil.copyfile(prepared.folder / name, folder / name)
    return folder


def soft_rows(path: Path) -> Path:
    rows = [{"text": t, "label": "good", "p:good": 0.7, "p:bad": 0.3} for t, _ in opinions(240, 7)]
    return write_rows(path, [*rows, {"text": "坏", "label": "bad", "p:good": None, "p:bad": None}])


@pytest.mark.parametrize("kind", ["bert", "modernbert"])
def test_encoders_of_either_kind_are_tuned_with_the_dropout_asked_for(
    prepared: Prepared, tmp_path: Path, kind: str
) -> None:
    base = base_of(prepared, tmp_path / "base", kind)
    encoder, _ = load_encoder(base, replace(QUICK, dropout=0.37))
    shares = {module.p for module in encoder.modules() if isinstance(module, torch.nn.Dropout)}
    assert shares == {0.37}
    rows = labelled(tmp_path / "mood.jsonl", opinions(800, 1))
    done = finetune(base, {"mood": rows}, tmp_path / "heads", config=QUICK)
    assert done.measures["mood"]["macro_f1"] > 0.8


def test_soft_labels_are_learned_as_they_are(prepared: Prepared, tmp_path: Path) -> None:
    path = soft_rows(tmp_path / "soft.jsonl")
    base = base_of(prepared, tmp_path / "base")
    config = replace(QUICK, epochs=12, patience=12)
    finetune(base, {"mood": path}, tmp_path / "heads", config=config, dev_files={"mood": path})
    loaded = load_tuned(tmp_path / "heads")
    task = loaded.task("mood")
    texts = [text for text, _ in opinions(60, 8)]
    told = loaded.predict(task, Examples(texts, [], np.zeros(60), []))
    assert abs(float(told[:, task.labels.index("good")].mean()) - 0.7) < 0.08


def test_who_cannot_learn_from_soft_labels_says_so(prepared: Prepared, tmp_path: Path) -> None:
    path, out = soft_rows(tmp_path / "soft.jsonl"), tmp_path / "heads"
    base = base_of(prepared, tmp_path / "base")
    files = {"mood": path}
    with pytest.raises(InputError, match="self-training cannot learn from probabilities"):
        self_train(base, files, ["很好"], out, config=QUICK, how=SelfTrainConfig())
    with pytest.raises(InputError, match="few-shot method cannot learn from probabilities"):
        finetune_by_contrast(base, files, out, config=QUICK, how=FewShotConfig())
    with pytest.raises(InputError, match="continual learning cannot learn from probabilities"):
        learn_in_stages(base, {"a": path, "b": path}, out, config=QUICK, how=ReplayConfig())
    assert not out.exists()
