"""Few-shot methods beat a plain head that has the same labels."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from training_fixtures import QUICK, labelled, misleading, opinions, write_rows

from unmet.core.config import FewShotConfig
from unmet.core.errors import InputError
from unmet.training.few_shot.contrast_training import contrast_pairs, finetune_by_contrast, logistic_head
from unmet.training.few_shot.pattern_training import finetune_with_patterns
from unmet.training.few_shot.patterns import fill_pattern, read_pattern, read_verbalizer
from unmet.training.finetuning import finetune
from unmet.training.tasks import Examples
from unmet.training.tokenizing import load_reader
from unmet.training.tuned_models import load_tuned

HOW = FewShotConfig(gap_steps=20)
WORDS = {"good": ["好", "good"], "bad": ["差", "bad"]}
PATTERNS = ["{text} 总之 [MASK]", "{text} overall [MASK]"]


def few(path: Path, per_class: int) -> dict[str, Path]:
    return {"mood": labelled(path / "few.jsonl", misleading(per_class))}


def accuracy(folder: Path) -> float:
    model = load_tuned(folder)
    rows = opinions(300, 99)
    truth = np.array([y for _, y in rows])
    found = model.predict(model.task("mood"), Examples([t for t, _ in rows], [], truth, []))
    return float((found.argmax(axis=1) == truth).mean())


@pytest.fixture(scope="module")
def plain(opinion_base: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The plain head, with the better of two lengths of training."""
    folder = tmp_path_factory.mktemp("plain")
    files = few(folder, 8)
    scores = []
    for epochs in (10, 30):
        config = replace(QUICK, epochs=epochs, patience=epochs, batch_rows=4)
        finetune(opinion_base, files, folder / str(epochs), config=config, dev_files=files)
        scores.append(accuracy(folder / str(epochs)))
    return {"files": files, "accuracy": max(scores)}


def test_patterns_beat_a_plain_head_on_the_same_labels(
    opinion_base: Path, plain: dict[str, Any], tmp_path: Path
) -> None:
    texts = [t for t, _ in opinions(300, 31)]
    done = finetune_with_patterns(
        opinion_base, plain["files"], tmp_path, patterns=PATTERNS, words=WORDS, unlabelled=texts,
        config=QUICK, how=HOW, dev_files=plain["files"],
    )  # fmt: skip
    assert accuracy(tmp_path) > plain["accuracy"] + 0.05
    told = json.loads((done.folder / "finetune.json").read_text())
    assert [p["pattern"] for p in told["few_shot"]["patterns"]] == PATTERNS
    assert told["config"]["method"] == "full"  # it runs like any other model


def test_contrast_beats_a_plain_head_on_the_same_labels(
    opinion_base: Path, plain: dict[str, Any], tmp_path: Path
) -> None:
    said: list[str] = []
    finetune_by_contrast(
        opinion_base, plain["files"], tmp_path, config=QUICK, how=HOW, dev_files=plain["files"],
        report=said.append,
    )  # fmt: skip
    assert accuracy(tmp_path) > plain["accuracy"] + 0.05
    assert said[0].startswith("640 pairs of 16 texts")


def test_the_gap_is_where_the_pattern_says(opinion_base: Path) -> None:
    reader = load_reader(opinion_base)
    for written in ("{text} 总之 [MASK] 。", "[MASK] : {text}"):
        pattern = read_pattern(written, reader)
        encodings = reader.encode_batch(["电池 很好", "屏幕 " * 40])
        batch, gaps, n_cut = fill_pattern(pattern, encodings, reader, 20)
        assert (batch.ids[[0, 1], gaps] == reader.mask).all()
        assert (batch.ids == reader.mask).sum() == 2
        assert batch.attention.sum(axis=1).max() == 20
        assert n_cut == 1


@pytest.mark.parametrize(
    ("pattern", "words", "message"),
    [
        ("no gap {text}", WORDS, "needs one"),
        ("{text} [MASK] {text}", WORDS, "needs one"),
        (PATTERNS[0], {"good": ["很好"]}, "not one token"),
        (PATTERNS[0], {"great": ["好"]}, "no label great"),
        (PATTERNS[0], {"good": ["好"], "bad": ["好"]}, "two labels"),
    ],
)
def test_patterns_and_words_that_cannot_be_used(
    opinion_base: Path, pattern: str, words: dict[str, list[str]], message: str
) -> None:
    reader = load_reader(opinion_base)

    def read() -> None:
        read_pattern(pattern, reader)
        read_verbalizer(words, ("bad", "good"), reader)

    with pytest.raises(InputError, match=message):
        read()


def test_tasks_that_have_no_classes_are_refused(opinion_base: Path, tmp_path: Path) -> None:
    rows = [{"text": t, "stars": float(y)} for t, y in opinions(30, 1)]
    files = {"stars": write_rows(tmp_path / "stars.jsonl", rows)}
    with pytest.raises(InputError, match="kind scores"):
        finetune_by_contrast(opinion_base, files, tmp_path / "out", config=QUICK, how=HOW)
    with pytest.raises(InputError, match="no label"):
        finetune_with_patterns(
            opinion_base, few(tmp_path, 8), tmp_path / "out", patterns=PATTERNS, words=WORDS,
            unlabelled=[], config=QUICK, how=HOW,
        )  # fmt: skip


def test_pairs_are_balanced_and_true() -> None:
    targets = np.array([0, 0, 1, 1, 2])
    pairs = contrast_pairs(targets, 3, seed=0)
    assert (pairs[:, 2] == (targets[pairs[:, 0]] == targets[pairs[:, 1]])).all()
    assert (pairs[:, 0] != pairs[:, 1]).all()
    assert len(pairs) == 5 * 3 + 4 * 3  # the only text of its class has no partner


@pytest.mark.parametrize("n_labels", [2, 3])
def test_the_folded_regression_gives_its_own_probabilities(n_labels: int) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(0)
    vectors = rng.normal(3, 2, size=(60, 5)).astype(np.float32)
    targets = rng.integers(0, n_labels, 60)
    weights, biases = logistic_head(vectors, targets, n_labels, 0)
    found = torch.softmax(torch.tensor(vectors @ weights.T + biases), dim=1).numpy()
    scaled = StandardScaler().fit_transform(vectors)
    expected = LogisticRegression(max_iter=1_000, random_state=0).fit(scaled, targets).predict_proba(scaled)
    assert np.allclose(found, expected, atol=1e-4)
