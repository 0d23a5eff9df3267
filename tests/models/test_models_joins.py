"""Joins of spans and given aspects, the read-out of vectors, and when a tier would rather not answer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from inference_fixtures import (
    shared_joined_tier,
    shared_package,
    shared_tier,
    write_joined_tier,
    write_tiny_tier,
)

from unmet.core.errors import ModelError
from unmet.mining.annotate import annotate_texts
from unmet.models.catalog import load_models
from unmet.models.encoder_outputs import TokenScores
from unmet.models.given_aspects import clauses_with
from unmet.models.head_calibration import abstention
from unmet.models.span_join import LEAST_LOG, JoinedTags, SpanJoin, scores_at
from unmet.models.starter import StarterModels
from unmet.models.starter_given import join_inputs
from unmet.models.vector_map import VectorMap, read_vector_map, save_vector_map

TEXTS = ["屏幕太暗了，希望亮一点。", "The zipper broke, but the strap is sturdy.", "很好", "", "电池 ok"]
LOGS = np.log(np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.2, 0.1, 0.7]], dtype=np.float32))


def loaded(folder: Path) -> StarterModels:
    models = load_models(str(folder))
    assert isinstance(models, StarterModels)
    return models


def test_a_token_reads_the_first_piece_that_it_touches() -> None:
    scores = TokenScores(np.array([[0, 3], [3, 5], [6, 9]]), LOGS)
    starts, ends = np.array([0, 5, 6]), np.array([5, 6, 9])
    found = scores_at(scores, starts, ends, (0, 1, 2))
    assert np.allclose(found[0], LOGS[0])
    assert (found[1] == 0).all()  # a space: the encoder has no token there
    assert np.allclose(found[2], LOGS[2])


def test_within_a_piece_nothing_begins() -> None:
    scores = TokenScores(np.array([[0, 4]]), LOGS[1:2])
    found = scores_at(scores, np.array([0, 2]), np.array([2, 4]), (0, 1, 2))
    assert np.allclose(found[0], LOGS[1])
    assert np.allclose(found[1], [np.log(0.1), LEAST_LOG, np.log(0.9)])


def test_columns_follow_the_labels_and_weights_the_language() -> None:
    scores = TokenScores(np.array([[0, 1]]), np.log(np.array([[0.1, 0.2, 0.3, 0.25, 0.15]], np.float32)))
    join = JoinedTags(SpanJoin({"zh": 2.0}), [scores, scores], (0, 3, 4, 1, 2))
    place, end = np.array([0, 0]), np.array([1, 1])
    found = join.added([0, 1], ["zh", "en"], place, end, np.array([0, 1]))
    assert np.allclose(found[0], 2 * np.log([0.1, 0.25, 0.15, 0.2, 0.3]), atol=1e-6)
    assert (found[1] == 0).all()


def test_without_weight_the_join_is_the_linear_tier(tmp_path: Path) -> None:
    nothing = {"by": "join", "weights": {"zh": 0.0, "en": 0.0}, "polarity": "linear"}
    models, linear = (
        loaded(write_joined_tier(shared_package(), tmp_path, aspects=nothing, entities=nothing)),
        load_models(),
    )
    assert models.opinions(TEXTS) == linear.opinions(TEXTS)
    assert models.entities(TEXTS) == linear.entities(TEXTS)


def test_with_much_weight_the_encoder_decides(tmp_path: Path) -> None:
    much = {"by": "join", "weights": {"zh": 5.0, "en": 5.0}, "polarity": "linear"}
    models = loaded(write_joined_tier(shared_package(), tmp_path, aspects=much, entities=much))
    linear, alone = load_models(), loaded(shared_tier())
    both, first, second = (
        {(e.span, e.type) for own in m.entities(TEXTS) for e in own} for m in (models, linear, alone)
    )
    assert both != first
    assert len(both & second) > len(first & second)


def test_thresholds_of_a_join_replace_those_of_the_linear_tier(tmp_path: Path) -> None:
    strict = {"by": "join", "weights": {"zh": 0.1}, "thresholds": {"zh": {"aspect": 1.0, "opinion": 1.0}}}
    models = loaded(write_joined_tier(shared_package(), tmp_path, aspects=strict))
    assert load_models().opinions(TEXTS[:1]) != [[]]
    assert models.opinions(TEXTS[:1]) == [[]]


def test_given_aspects_are_one_layer_over_both_models() -> None:
    models, linear = loaded(shared_joined_tier()), load_models()
    text, aspect = TEXTS[1], "strap"
    deep = models.encoder.run([text], [aspect], ("given_intensity", "given_aspect"))
    clauses = clauses_with([text], [aspect])
    x = join_inputs(
        deep["given_intensity"], deep["given_aspect"], linear.intensity(clauses), linear.sentiment(clauses)
    )
    told = json.loads((shared_joined_tier() / "tier.json").read_text("utf-8"))["tasks"]["given_aspects"]
    wanted = np.clip(x @ np.array(told["weights"]["en"]) + told["bias"]["en"], 1, 9)[0]
    found = models.given_aspects([text], [[aspect]])[0][0]
    assert (found.valence, found.arousal) == pytest.approx(tuple(wanted), abs=1e-4)


def test_vectors_are_mapped_and_of_unit_length() -> None:
    models, plain = loaded(shared_joined_tier()), loaded(shared_tier())
    told = json.loads((shared_joined_tier() / "tier.json").read_text("utf-8"))["vectors"]
    own = read_vector_map(shared_joined_tier(), told, 128)
    raw = plain.vectors(TEXTS).astype(np.float64)
    moved = raw + raw @ own.weights + own.bias
    wanted = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    found = models.vectors(TEXTS)
    assert np.allclose(found, wanted, atol=1e-5)
    assert not np.allclose(found, raw, atol=1e-2)
    assert np.array_equal(found, np.concatenate([models.vectors([text]) for text in TEXTS]))


def test_eight_bits_of_a_map_change_little(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    exact = VectorMap(draw.normal(scale=0.1, size=(64, 64)).astype(np.float32), np.zeros(64, np.float32))
    stored = read_vector_map(tmp_path, save_vector_map(tmp_path, exact), 64)
    x = draw.normal(size=(20, 64)).astype(np.float32)
    assert 0 < np.abs(stored.weights - exact.weights).max() < 0.5 / 127
    assert ((stored(x) * exact(x)).sum(axis=1) > 0.999).all()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "vectors.npz").write_bytes(b"x"), "does not match the hash"),
        (lambda folder: (folder / "vectors.npz").unlink(), "'vectors.npz' is missing"),
        (
            lambda folder: _told(folder, save_vector_map(folder, VectorMap(np.eye(3), np.zeros(3)))),
            "made for vectors of 3 numbers, the encoder's have 128",
        ),
        (lambda folder: _told(folder, {"file": "../tier/vectors.npz", "sha256": ""}), "is missing"),
        (lambda folder: _told(folder, ["vectors.npz"]), "vectors is no object"),
    ],
)
def test_a_map_that_does_not_fit_is_refused(tmp_path: Path, damage, message: str) -> None:
    folder = Path(shutil.copytree(shared_joined_tier(), tmp_path / "tier"))
    damage(folder)
    with pytest.raises(ModelError, match=message):
        load_models(str(folder))


def _told(folder: Path, vectors: object) -> None:
    told = json.loads((folder / "tier.json").read_text("utf-8"))
    (folder / "tier.json").write_text(json.dumps({**told, "vectors": vectors}), "utf-8")


def test_thresholds_of_abstention_come_from_who_answers(tmp_path: Path) -> None:
    assert load_models().abstain_below("sentiment") == 0.0
    joined = loaded(shared_joined_tier())
    assert [joined.abstain_below(task) for task in ("sentiment", "need", "given_aspects")] == [0.9, 0.8, 0.5]
    package = Path(shutil.copytree(shared_package(), tmp_path / "p"))
    told = json.loads((package / "manifest.json").read_text("utf-8"))
    for head in told["heads"]:
        head["abstain_below"] = 0.7
    (package / "manifest.json").write_text(json.dumps(told), "utf-8")
    assert loaded(package).abstain_below("sentiment") == loaded(package).abstain_below("given_aspects") == 0.7
    folder = write_tiny_tier(package, tmp_path)
    joined = loaded(folder)
    assert joined.tier.by("need") == "join"
    assert joined.abstain_below("need") == 0.7  # the join's probabilities by the head's threshold


def test_annotating_names_the_tasks_that_are_not_sure() -> None:
    models = loaded(shared_joined_tier())
    aspects = [["屏幕"], ["zipper", "strap"], [], [], ["电池"]]
    marks = annotate_texts(TEXTS, models, tasks=["sentiment", "need"], aspects=aspects)
    for mark in marks:
        wanted = set()
        if mark.sentiment is not None and max(mark.sentiment.probabilities) < 0.9:
            wanted.add("sentiment")
        if mark.need is not None and max(mark.need.probability, 1 - mark.need.probability) < 0.8:
            wanted.add("need")
        if not all(given.sure for given in mark.given_aspects or ()):
            wanted.add("given_aspects")
        assert set(mark.abstained) == wanted
        assert mark.to_dict().get("abstained", []) == list(mark.abstained)
    assert any(mark.abstained for mark in marks)
    assert not all("sentiment" in mark.abstained for mark in marks if mark.sentiment is not None)


def test_above_the_threshold_few_answers_are_wrong() -> None:
    draw = np.random.default_rng(0)
    truth = draw.integers(0, 3, 2_000)
    probabilities = draw.dirichlet(np.ones(3), 2_000) + 0.4 * np.eye(3)[truth]
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    below, coverage = abstention(truth, probabilities, 0.05)
    sure = probabilities.max(axis=1) >= below
    wrong = probabilities.argmax(axis=1) != truth
    assert wrong[sure].mean() <= 0.05 < wrong.mean()
    assert coverage == pytest.approx(sure.mean())
    assert wrong[~sure].mean() > 0.1


def test_a_flag_is_decided_by_its_threshold() -> None:
    positive = np.concatenate([np.linspace(0.3, 0.45, 100), np.linspace(0.0, 0.2, 100)])
    both = np.stack([1 - positive, positive], axis=1)
    truth = (positive > 0.25).astype(np.int64)
    assert abstention(truth, both, 0.05, 0.25)[1] == 1.0
    assert abstention(truth, both, 0.05)[1] < 0.6  # at one half every "yes" would be missed
