"""Self-training gains from texts without labels; ensembles and soups do better than their members."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training_fixtures import QUICK, labelled, opinions, write_rows

from unmet.core.config import SelfTrainConfig
from unmet.core.errors import InputError, ModelError
from unmet.evaluate.splits import text_key
from unmet.training.combining import combine
from unmet.training.finetuning import finetune
from unmet.training.self_training import choose, self_train
from unmet.training.tasks import Examples, Task
from unmet.training.tuned_models import load_tuned


def accuracy(folder: Path) -> float:
    model = load_tuned(folder)
    rows = opinions(300, 99)
    truth = np.array([y for _, y in rows])
    found = model.predict(model.task("mood"), Examples([t for t, _ in rows], [], truth, []))
    return float((found.argmax(axis=1) == truth).mean())


def test_texts_without_labels_make_the_model_better(opinion_base: Path, tmp_path: Path) -> None:
    few = opinions(14, 8)
    files = {"mood": labelled(tmp_path / "few.jsonl", few)}
    dev = {"mood": labelled(tmp_path / "dev.jsonl", opinions(200, 6))}
    config = replace(QUICK, epochs=6, patience=6, batch_rows=4, dropout=0.1)
    finetune(opinion_base, files, tmp_path / "plain", config=config, dev_files=dev)
    texts = [t for t, _ in opinions(300, 7)]
    how = SelfTrainConfig(rounds=1, confidence=0.9)
    done = self_train(
        opinion_base, files, [*texts, *texts[:5], few[0][0]], tmp_path / "more",
        config=config, how=how, dev_files=dev,
    )  # fmt: skip
    errors = {name: 1 - accuracy(tmp_path / name) for name in ("plain", "more")}
    assert errors["plain"] > 0.01
    assert errors["more"] < 0.6 * errors["plain"]
    seen = {text_key(t) for t, _ in few + opinions(200, 6)}
    told = json.loads((done.folder / "finetune.json").read_text())["self_training"]
    assert told["n_texts"] == sum(text_key(t) not in seen for t in set(texts))
    first, second = told["rounds"][:2]
    assert set(first) == {"round", "held_out"}
    assert second["taken"]["mood"] == sum(second["by_class"]["mood"].values()) > 0
    assert 0.9 <= second["confidence"]["mood"] <= 1
    assert second["changed"]["mood"] == 0  # nothing had another label before
    best = max(r["held_out"] for r in told["rounds"] if "held_out" in r)
    assert done.measures["mood"]["macro_f1"] == pytest.approx(best, abs=1e-6)


class Answers:
    """Stands for a tuned model with given probabilities."""

    def __init__(self, probabilities: Any) -> None:
        self.run = self
        self.reader, self.config = _Reader(), QUICK
        self._probabilities = np.array(probabilities)

    def predict(self, *_: Any) -> Any:
        return self._probabilities


class _Reader:
    start = end = 0

    def encode_batch(self, texts: list[str]) -> list[Any]:
        return []


@pytest.mark.parametrize(("balance", "rows"), [(0, [0, 1, 2, 3, 4]), (2, [0, 1, 4])])
def test_only_sure_texts_are_taken_and_no_class_runs_away(
    balance: float, rows: list[int], monkeypatch: Any
) -> None:
    monkeypatch.setattr("unmet.training.self_training.make_windows", lambda *_: None)
    sure = [[0.99, 0.01], [0.98, 0.02], [0.97, 0.03], [0.96, 0.04], [0.05, 0.95], [0.6, 0.4]]
    task = Task("mood", "classes", ("bad", "good"))
    taken = choose(Answers(sure), task, [""] * 6, SelfTrainConfig(balance=balance))  # type: ignore[arg-type]
    assert taken.rows.tolist() == rows
    assert taken.labels.tolist() == [0] * (len(rows) - 1) + [1]


def test_self_training_needs_classes_and_new_texts(opinion_base: Path, tmp_path: Path) -> None:
    rows = opinions(30, 1)
    stars = {"stars": write_rows(tmp_path / "s.jsonl", [{"text": t, "stars": float(y)} for t, y in rows])}
    mood = {"mood": labelled(tmp_path / "m.jsonl", rows)}
    for files, message in ((stars, "whose texts have labels"), (mood, "among the labelled")):
        with pytest.raises(InputError, match=message):
            self_train(opinion_base, files, [t for t, _ in rows], tmp_path / "out", config=QUICK,
                       how=SelfTrainConfig())  # fmt: skip


@pytest.fixture(scope="module")
def members(opinion_base: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three models of few labels from different seeds, and one that has learnt the contrary."""
    folder = tmp_path_factory.mktemp("members")
    for seed in (1, 2, 3):
        files = {"mood": labelled(folder / f"{seed}.jsonl", opinions(16, seed))}
        config = replace(QUICK, seed=seed, epochs=4, patience=4, batch_rows=4)
        finetune(opinion_base, files, folder / str(seed), config=config, dev_files=files)
    wrong = [(t, 1 - y) for t, y in opinions(40, 4)]
    files = {"mood": labelled(folder / "wrong.jsonl", wrong)}
    finetune(opinion_base, files, folder / "wrong", config=QUICK, dev_files=files)
    return [folder / name for name in ("1", "2", "3", "wrong")]


@pytest.mark.parametrize("how", ["ensemble", "soup"])
def test_a_combination_beats_the_mean_of_its_members(members: list[Path], tmp_path: Path, how: str) -> None:
    files = {"mood": labelled(tmp_path / "dev.jsonl", opinions(200, 50))}
    done = combine(members[:3], files, tmp_path / "out", how=how)
    single = [found["mood"]["accuracy"] for found in done.single.values()]
    assert done.measures["mood"]["accuracy"] > np.mean(single)
    if how == "soup":
        found = load_tuned(tmp_path / "out")
        weights = [load_tuned(m).model.heads["mood"].weight for m in members[:3]]
        mean = sum(weights) / 3
        assert np.allclose(found.model.heads["mood"].weight.detach(), mean.detach(), atol=1e-6)
    else:
        told = json.loads((tmp_path / "out/ensemble.json").read_text())
        assert len(told["members"]) == 3


def test_a_greedy_soup_leaves_out_who_spoils_it(members: list[Path], tmp_path: Path) -> None:
    files = {"mood": labelled(tmp_path / "dev.jsonl", opinions(200, 50))}
    done = combine(members, files, tmp_path / "out", how="greedy-soup")
    assert members[3] not in done.members
    best = max(found["mood"]["macro_f1"] for found in done.single.values())
    assert done.measures["mood"]["macro_f1"] >= best


def test_what_cannot_be_combined_is_refused(members: list[Path], tmp_path: Path) -> None:
    files = {"mood": labelled(tmp_path / "dev.jsonl", opinions(20, 50))}
    with pytest.raises(InputError, match="no combination"):
        combine(members[:1], files, tmp_path / "out", how="soup")
    with pytest.raises(InputError, match="no way"):
        combine(members[:2], files, tmp_path / "out", how="magic")
    from unmet.core.config import DistillConfig
    from unmet.training.distilling import distill

    distill([members[0]], None, files, tmp_path / "other", config=replace(QUICK, max_tokens=16),
            how=DistillConfig(), size="small")  # fmt: skip
    with pytest.raises(ModelError, match="different bases"):
        combine([members[0], tmp_path / "other"], files, tmp_path / "out", how="soup")
