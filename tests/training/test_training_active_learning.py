"""Active learning finds a rare class sooner than chance, and says when to stop."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from training_fixtures import QUICK, labelled, misleading, opinions, write_rows

from unmet.core.config import SelectConfig
from unmet.core.errors import InputError
from unmet.training.active_learning import (
    STRATEGIES,
    choose,
    farthest_first,
    lead,
    one_per_cluster,
    reason_to_stop,
    select_texts,
)
from unmet.training.finetuning import finetune


def pool_with_a_rare_class(seed: int) -> tuple[Any, Any]:
    """2,000 points: 2% belong to a rare class that lies in five places outside the common one."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(1_960, 8))
    places = np.zeros((5, 8))
    places[np.arange(5), np.arange(5)] = 4.5
    rare = places[rng.integers(0, 5, 40)] + 0.5 * rng.normal(size=(40, 8))
    order = rng.permutation(2_000)
    return np.concatenate([common, rare])[order], np.repeat([0, 1], [1_960, 40])[order]


def f1_after_rounds(strategy: str, seed: int) -> float:
    """F1 of the rare class on fresh points after 6 rounds of 15 labels, from 40 random ones."""
    from sklearn.metrics import f1_score
    from sklearn.svm import SVC

    vectors, truth = pool_with_a_rare_class(seed)
    known = list(np.random.default_rng(seed).permutation(2_000)[:40])
    known += [int(np.flatnonzero(truth == 1)[0])]  # at least one of the class has been seen

    def model() -> Any:
        return SVC(class_weight="balanced", C=3.0).fit(vectors[known], truth[known])

    for step in range(6):
        rest = np.setdiff1d(np.arange(2_000), known)
        second = 1 / (1 + np.exp(-2 * model().decision_function(vectors[rest])))
        probabilities = np.stack([1 - second, second], axis=1)
        rows = choose(probabilities, vectors[rest], 15, strategy, labelled=vectors[known], seed=step)
        assert len(set(rows.tolist())) == 15
        known += rest[rows].tolist()
    fresh, wanted = pool_with_a_rare_class(seed + 1_000)
    return float(f1_score(wanted, model().predict(fresh)))


def test_uncertainty_and_diversity_beat_chance_on_a_rare_class() -> None:
    seeds = range(6)
    found = {
        s: np.mean([f1_after_rounds(s, seed) for seed in seeds])
        for s in ("random", "entropy", "margin", "mixed")
    }
    for strategy in ("entropy", "margin", "mixed"):
        assert found[strategy] > found["random"] + 0.1, found


def test_diverse_choices_cover_every_cluster() -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(scale=20, size=(6, 4))
    group = np.repeat(np.arange(6), [300, 3, 3, 3, 3, 3])
    vectors = centres[group] + rng.normal(size=(len(group), 4))
    for rows in (farthest_first(vectors, 6), one_per_cluster(vectors, np.ones(len(group)), 6, seed=0)):
        assert sorted(group[rows].tolist()) == [0, 1, 2, 3, 4, 5]
    labelled_points = vectors[group < 4]
    assert set(group[farthest_first(vectors, 2, labelled_points)].tolist()) == {4, 5}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_choice_is_repeatable_has_no_row_twice_and_takes_what_there_is(strategy: str) -> None:
    rng = np.random.default_rng(3)
    probabilities, vectors = rng.dirichlet(np.ones(3), 50), rng.normal(size=(50, 4))
    rows = choose(probabilities, vectors, 12, strategy)
    assert rows.tolist() == choose(probabilities, vectors, 12, strategy).tolist()
    assert len(set(rows.tolist())) == 12
    assert sorted(choose(probabilities, vectors, 99, strategy).tolist()) == list(range(50))
    with pytest.raises(InputError, match="no strategy"):
        choose(probabilities, vectors, 12, "magic")


def test_margin_takes_the_smallest_lead() -> None:
    probabilities = np.array([[0.5, 0.45, 0.05], [0.9, 0.05, 0.05], [0.4, 0.3, 0.3]])
    assert lead(probabilities) == pytest.approx([0.05, 0.85, 0.1])
    assert choose(probabilities, np.zeros((3, 1)), 2, "margin").tolist() == [0, 2]


def rounds(scores: list[float], agreements: list[float | None]) -> list[dict[str, Any]]:
    return [{"held_out": s, "agreement": a} for s, a in zip(scores, agreements, strict=True)]


@pytest.mark.parametrize(
    ("scores", "agreements", "reason"),
    [
        ([0.5, 0.6, 0.7, 0.8], [None, 0.8, 0.9, 0.9], None),
        ([0.5, 0.8, 0.8, 0.801], [None, 0.8, 0.9, 0.9], None),  # risen from the first to the second
        ([0.5, 0.8, 0.8, 0.79, 0.8], [None, 0.8, 0.9, 0.9, 0.9], "no gain of 0.005 in 3"),
        ([0.5, 0.6, 0.7, 0.8], [None, 0.995, 0.99, 1.0], "kept their class for 3 rounds"),
        ([0.5, 0.6, 0.7], [None, 0.995, 0.99], None),
    ],
)
def test_reasons_to_stop(scores: list[float], agreements: list[float | None], reason: str | None) -> None:
    found = reason_to_stop(rounds(scores, agreements), SelectConfig())
    assert (found is None) if reason is None else (found is not None and reason in found)


def test_rounds_write_files_to_label_and_never_ask_twice(opinion_base: Path, tmp_path: Path) -> None:
    few = misleading(8)
    files = {"mood": labelled(tmp_path / "few.jsonl", few)}
    finetune(opinion_base, files, tmp_path / "heads", config=replace(QUICK, epochs=4, batch_rows=4))
    pool = [t for t, _ in opinions(150, 5)]
    how = SelectConfig(n=10)
    known = [t for t, _ in few]
    first = select_texts(tmp_path / "heads", "mood", pool, tmp_path / "rounds", how=how, labelled=known)
    second = select_texts(tmp_path / "heads", "mood", pool, tmp_path / "rounds", how=how, labelled=known)
    tables = [pl.read_csv(done.file) for done in (first, second)]
    assert [len(table) for table in tables] == [10, 10]
    assert not set(tables[0]["text"]) & set(tables[1]["text"])
    assert not set(tables[0]["text"]) & set(known)
    assert tables[0].columns == ["text", "label", "guess", "probability"]
    assert (first.agreement, second.agreement, first.stop) == (None, 1.0, None)
    assert second.n_pool == first.n_pool - 10
    assert len(json.loads((tmp_path / "rounds/rounds.json").read_text())) == 2
    with pytest.raises(InputError, match="no text of the pool"):
        select_texts(tmp_path / "heads", "mood", known, tmp_path / "rounds", how=how, labelled=known)
    stars = write_rows(tmp_path / "s.jsonl", [{"text": t, "stars": float(y)} for t, y in opinions(40, 1)])
    finetune(opinion_base, {"stars": stars}, tmp_path / "stars", config=replace(QUICK, epochs=1))
    with pytest.raises(InputError, match="no classes to be unsure of"):
        select_texts(tmp_path / "stars", "stars", pool, tmp_path / "other", how=how)
