"""Search of settings: a bad rate loses, a killed search goes on, the best settings are trained again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from training_fixtures import QUICK, labelled, opinions

from unmet.core.config import FinetuneConfig, TuneConfig
from unmet.core.errors import InputError, ModelError
from unmet.training import tuning
from unmet.training.tuning import SPACE, tune

SHORT = replace(QUICK, epochs=2)
HOW = TuneConfig(trials=6, search=("learning_rate", "batch_rows"), unpruned_trials=3)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    return {"mood": labelled(tmp_path / "mood.jsonl", opinions(150, 5))}


def test_the_best_trial_is_written_and_trained_again(
    opinion_base: Path, files: dict[str, Path], tmp_path: Path
) -> None:
    config = replace(SHORT, epochs=1, learning_rate=2e-4)
    done = tune(opinion_base, files, tmp_path / "out", config=config, how=HOW)
    scores = [t["score"] for t in done.trials if t["state"] == "complete"]
    assert len([t for t in done.trials if t["state"] in ("complete", "pruned")]) == 6
    assert done.score == max(scores) > min(t["score"] for t in done.trials)
    assert done.model.measures["mood"]["macro_f1"] == done.score  # the same split, the same steps
    told = json.loads((tmp_path / "out/tuning.json").read_text())
    assert told["best"]["settings"]["learning_rate"] == pytest.approx(done.best.learning_rate, abs=1e-6)
    assert (
        json.loads((tmp_path / "out/finetune.json").read_text())["config"]["batch_rows"]
        == done.best.batch_rows
    )


def test_a_killed_search_asks_the_same_trial_again(
    opinion_base: Path, files: dict[str, Path], tmp_path: Path, monkeypatch: Any
) -> None:
    real, seen = tuning.train_heads, []

    def stopped(encoder: Any, reader: Any, rows: Any, config: FinetuneConfig, **rest: Any) -> Any:
        seen.append(config.learning_rate)
        if len(seen) == 3:
            raise SystemExit  # as from a signal: the trial stays under way
        return real(encoder, reader, rows, config, **rest)

    monkeypatch.setattr(tuning, "train_heads", stopped)
    with pytest.raises(SystemExit):
        tune(opinion_base, files, tmp_path / "out", config=SHORT, how=replace(HOW, trials=4))
    done = tune(opinion_base, files, tmp_path / "out", config=SHORT, how=replace(HOW, trials=4))
    assert seen[3] == seen[2]
    assert len(seen) == 5  # two before, one twice, one after
    assert [t["state"] for t in done.trials].count("fail") == 1


def test_a_trial_that_falls_behind_is_pruned(
    opinion_base: Path, files: dict[str, Path], tmp_path: Path, monkeypatch: Any
) -> None:
    def by_number(trial: Any, config: FinetuneConfig) -> float:
        trial.suggest_float("r", 0, 1)
        return 2e-3 if getattr(trial, "number", 0) < 3 else 1e-9

    monkeypatch.setitem(SPACE, "learning_rate", by_number)
    how = replace(HOW, trials=4, search=("learning_rate",))
    done = tune(opinion_base, files, tmp_path / "out", config=replace(SHORT, epochs=4, patience=4), how=how)
    assert [t["state"] for t in done.trials] == ["complete", "complete", "complete", "pruned"]
    assert done.trials[-1]["epochs"] < 4


@pytest.mark.parametrize(
    ("change", "message"),
    [({"search": ("magic",)}, "cannot search magic"), ({"pruner": "magic"}, "no pruner")],
)
def test_unknown_choices_are_refused(
    opinion_base: Path, files: dict[str, Path], tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        tune(opinion_base, files, tmp_path / "out", config=SHORT, how=replace(HOW, **change))


def test_another_search_in_the_same_folder_is_refused(
    opinion_base: Path, files: dict[str, Path], tmp_path: Path, monkeypatch: Any
) -> None:
    def unsuited(*_: Any, **__: Any) -> Any:
        raise ModelError("does not suit")

    monkeypatch.setattr(tuning, "train_heads", unsuited)
    how = replace(HOW, trials=2)
    with pytest.raises(ModelError, match="no trial came to an end"):
        tune(opinion_base, files, tmp_path / "out", config=SHORT, how=how)
    with pytest.raises(InputError, match="something else"):
        tune(opinion_base, files, tmp_path / "out", config=replace(SHORT, epochs=9), how=how)
    with pytest.raises(InputError, match="something else"):
        tune(opinion_base, {"mood": labelled(tmp_path / "b.jsonl", opinions(50, 6))}, tmp_path / "out",
             config=SHORT, how=how)  # fmt: skip
