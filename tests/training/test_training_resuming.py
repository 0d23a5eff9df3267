"""A killed run of fine-tuning ends in the same weights; other number formats; the mean of epochs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from training_fixtures import QUICK, labelled, opinions, write_rows

from unmet.core.errors import InputError
from unmet.training import fitting
from unmet.training.batch_losses import batch_loss
from unmet.training.finetuning import finetune
from unmet.training.fitting import mean_weights


class KilledError(Exception):
    pass


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    return {"mood": labelled(tmp_path / "mood.jsonl", opinions(300, 5))}


def killed_at(monkeypatch: pytest.MonkeyPatch, last: int) -> None:
    steps = iter(range(10_000))

    def loss(*arguments: Any) -> torch.Tensor:
        if next(steps) == last:
            raise KilledError
        return batch_loss(*arguments)

    monkeypatch.setattr(fitting, "batch_loss", loss)


@pytest.mark.parametrize("method", ["full", "adalora"])
@pytest.mark.parametrize("last", [3, 25])
def test_a_killed_run_ends_in_the_same_weights(
    opinion_base: Path, files: dict[str, Path], tmp_path: Path, monkeypatch: Any, method: str, last: int
) -> None:
    config = replace(QUICK, dropout=0.1, checkpoint_every=2, average_epochs=2, method=method)
    finetune(opinion_base, files, tmp_path / "whole", config=config)
    killed_at(monkeypatch, last)
    with pytest.raises(KilledError):
        finetune(opinion_base, files, tmp_path / "killed", config=config)
    assert list((tmp_path / "killed/checkpoints").glob("step-*"))
    assert not (tmp_path / "killed/model.safetensors").exists()
    monkeypatch.setattr(fitting, "batch_loss", batch_loss)
    said: list[str] = []
    finetune(opinion_base, files, tmp_path / "killed", config=config, report=said.append)
    whole, resumed = (tmp_path / name / "model.safetensors" for name in ("whole", "killed"))
    assert whole.read_bytes() == resumed.read_bytes()
    assert any("epoch 1:" in line for line in said) == (last == 3)
    assert not (tmp_path / "killed/checkpoints").exists()


def test_a_stopped_run_with_other_settings_is_not_mixed_in(
    opinion_base: Path, files: dict[str, Path], tmp_path: Path, monkeypatch: Any
) -> None:
    killed_at(monkeypatch, 3)
    with pytest.raises(KilledError):
        finetune(opinion_base, files, tmp_path / "out", config=replace(QUICK, checkpoint_every=1))
    monkeypatch.setattr(fitting, "batch_loss", batch_loss)
    with pytest.raises(InputError, match=r"other settings.*\(dropout\)"):
        finetune(
            opinion_base, files, tmp_path / "out", config=replace(QUICK, checkpoint_every=1, dropout=0.2)
        )


def test_bf16_learns_and_differs_from_32_bits(
    opinion_base: Path, files: dict[str, Path], tmp_path: Path
) -> None:
    for precision in ("no", "bf16"):
        done = finetune(opinion_base, files, tmp_path / precision, config=replace(QUICK, precision=precision))
        assert done.measures["mood"]["accuracy"] > 0.8
    short, full = (load_file(str(tmp_path / name / "model.safetensors")) for name in ("bf16", "no"))
    assert short["heads.mood.weight"].dtype == torch.float32
    assert not torch.equal(short["heads.mood.weight"], full["heads.mood.weight"])


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize(("precision", "message"), [("fp16", "needs a GPU"), ("int3", "no precision")])
def test_formats_that_cannot_be_are_refused(
    opinion_base: Path, files: dict[str, Path], tmp_path: Path, precision: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        finetune(opinion_base, files, tmp_path / "out", config=replace(QUICK, precision=precision))


def test_shortened_pairs_are_said(opinion_base: Path, tmp_path: Path) -> None:
    rows = [
        {"text_a": a * (12 if number < 5 else 1), "text_b": a, "label": y}
        for number, (a, y) in enumerate(opinions(60, 3))
    ]
    files = {"match": write_rows(tmp_path / "pairs.jsonl", rows)}
    said: list[str] = []
    finetune(opinion_base, files, tmp_path / "out", config=replace(QUICK, epochs=1), report=said.append)
    assert any("lost the end of the longer text: match 5 of 60" in line for line in said)


def test_mean_weights_is_the_mean_of_each_number() -> None:
    a = {"w": torch.tensor([1.0, 2.0]), "n": torch.tensor([3])}
    b = {"w": torch.tensor([3.0, 6.0]), "n": torch.tensor([3])}
    mean = mean_weights([a, b])
    assert mean["w"].tolist() == [2.0, 4.0]
    assert mean["w"].dtype == torch.float32
    assert mean["n"].tolist() == [3]
