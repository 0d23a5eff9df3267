"""The starter tier: who answers what, joined numbers, one reading per batch, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inference_fixtures import shared_package, shared_tier, tier_entries, write_tiny_tier

from unmet.core.errors import ModelError
from unmet.mining.annotate import annotate_texts
from unmet.models.catalog import PACKAGES, load_models
from unmet.models.encoder import load_encoder
from unmet.models.late_fusion import fit_join, join_told, read_join
from unmet.models.linear import LinearModels
from unmet.models.starter import StarterModels, load_tier
from unmet.models.tags import whole_words

TEXTS = ["屏幕太暗了，希望亮一点。", "The zipper broke, but the strap is sturdy.", "很好", "", "电池 ok"]


def tier(package: Path, folder: Path, **changes: Any) -> Path:
    folder.mkdir()
    return write_tiny_tier(package, folder, {**tier_entries(), **changes})


def loaded(folder: Path) -> StarterModels:
    models = load_models(str(folder))
    assert isinstance(models, StarterModels)
    return models


@pytest.fixture(scope="module")
def tiny_package() -> Path:
    return shared_package()


@pytest.fixture(scope="module")
def tiny_tier() -> Path:
    return shared_tier()


@pytest.fixture(scope="module")
def models(tiny_tier: Path) -> StarterModels:
    return loaded(tiny_tier)


def test_joined_probabilities_are_the_formula(models: StarterModels) -> None:
    linear = load_models("linear")
    deep = models.encoder.run(TEXTS, None, ["sentiment", "intensity"])
    logits = np.log(linear.sentiment(TEXTS)) + 0.02 * np.log(deep["sentiment"])
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.allclose(models.sentiment(TEXTS), expected, atol=1e-5)
    assert not np.allclose(models.sentiment(TEXTS), linear.sentiment(TEXTS), atol=1e-5)
    share = np.array([0.25, 0.5])
    mean = share * deep["intensity"] + (1 - share) * linear.intensity(TEXTS)
    assert np.allclose(models.intensity(TEXTS), mean, atol=1e-5)
    assert models.need_threshold == 0.4


def test_labels_follow_the_linear_biases_as_far_as_the_join_says(tiny_tier: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_tier, tmp_path / "tier"))
    texts = [
        *TEXTS,
        "油耗 8 个油,还行吧",
        "It runs a bit large, but the fabric is okay.",
        "The battery dies after two hours.",
    ]
    linear = load_models("linear")
    assert isinstance(linear, LinearModels)
    decided = {}
    for share in (0.0, 2.0):
        told = json.loads((folder / "tier.json").read_text("utf-8"))
        told["tasks"]["sentiment"]["bias_share"] = share
        (folder / "tier.json").write_text(json.dumps(told), "utf-8")
        probabilities, labels = load_models(str(folder)).sentiment_with_labels(texts)
        biases = linear.sentiment_biases(linear.sentiment_with_registers(texts)[1])
        wanted = (np.log(probabilities) + share * biases).argmax(axis=1)
        assert labels == [("negative", "neutral", "positive")[k] for k in wanted]
        decided[share] = labels
    assert decided[0.0] != decided[2.0]


def test_versions_name_who_answered(models: StarterModels) -> None:
    assert models.name == "tiny-tier@2"
    linear = load_models("linear").versions
    assert models.versions["sentiment"] == f"{linear['sentiment']}+tiny@3"
    assert models.versions["aspects"] == "tiny@3"
    assert set(models.versions) == set(linear)


def test_all_tasks_of_a_batch_cost_one_reading(tiny_tier: Path) -> None:
    models = loaded(tiny_tier)
    texts = [f"{text} {n}" for n in range(3) for text in TEXTS]
    for read in (models.sentiment, models.intensity, models.opinions, models.entities):
        read(list(texts))
    # Opinions also ask about their aspects, which is a reading of pairs.
    single = models.encoder.n_forwards
    models.sentiment(texts)
    models.entities(texts)
    assert models.encoder.n_forwards == single
    assert len(models._kept) == 1
    for n in range(4):
        models.sentiment([f"{n}"])
    assert len(models._kept) == 2


def test_annotating_runs_the_encoder_once_per_batch(tiny_package: Path, tmp_path: Path) -> None:
    folder = tier(tiny_package, tmp_path / "t", given_aspects={"by": "linear"}, need={"by": "linear"})
    models, alone = loaded(folder), loaded(folder)
    alone.sentiment(["屏幕太暗了。", "很好"])
    annotate_texts(["屏幕太暗了。", "很好"], models)
    assert models.encoder.n_forwards == alone.encoder.n_forwards > 0


def test_tasks_left_to_the_linear_tier_are_its_own(tiny_package: Path, tmp_path: Path) -> None:
    folder = tmp_path / "t"
    folder.mkdir()
    models, linear = loaded(write_tiny_tier(tiny_package, folder, {})), load_models("linear")
    assert models.versions == linear.versions
    assert np.array_equal(models.sentiment(TEXTS), linear.sentiment(TEXTS))
    assert models.sentiment_with_labels(TEXTS)[1] == linear.sentiment_with_labels(TEXTS)[1]
    assert np.array_equal(models.need(TEXTS), linear.need(TEXTS))
    assert np.array_equal(models.intensity(TEXTS), linear.intensity(TEXTS))
    assert models.opinions(TEXTS) == linear.opinions(TEXTS)
    assert models.entities(TEXTS) == linear.entities(TEXTS)
    named = [["屏幕"], ["strap", "zipper"], [], ["x"], ["电池"]]
    assert models.given_aspects(TEXTS, named) == linear.given_aspects(TEXTS, named)
    assert models.need_threshold == linear.need_threshold
    assert models.encoder.n_forwards == 0


def test_an_encoder_package_answers_as_far_as_its_heads_go(tiny_package: Path) -> None:
    models = loaded(tiny_package)
    assert models.name == "tiny@3"
    assert set(models.versions.values()) == {"tiny@3"}
    deep = models.encoder.run(TEXTS, None, ["sentiment", "need"])
    assert np.array_equal(models.sentiment(TEXTS), deep["sentiment"])
    assert np.array_equal(models.need(TEXTS), deep["need"][:, 1])


def test_heads_that_do_not_fit_leave_their_task_to_the_linear_tier(
    tiny_package: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_package, tmp_path / "p"))
    path = folder / "manifest.json"
    told = json.loads(path.read_text("utf-8"))
    for head in told["heads"]:
        if head["name"] == "sentiment":
            head["labels"] = ["bad", "fine", "good"]
    path.write_text(json.dumps(told), "utf-8")
    models, linear = loaded(folder), load_models("linear")
    assert models.versions["sentiment"] == linear.versions["sentiment"]
    assert np.array_equal(models.sentiment(TEXTS), linear.sentiment(TEXTS))


def test_opinions_are_the_spans_of_the_encoder(models: StarterModels) -> None:
    spans = models.encoder.run(TEXTS, None, ["opinions"])["opinions"]
    known = {(s.type, *whole_words(TEXTS[1], s.start, s.end)) for s in spans[1]}
    found = models.opinions(TEXTS)[1]
    assert found
    for opinion in found:
        if opinion.aspect_span:
            assert ("ASPECT", *opinion.aspect_span) in known
        if opinion.opinion_span:
            assert ("OPINION", *opinion.opinion_span) in known


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ({"mood": {"by": "linear"}}, "no task 'mood'"),
        ({"sentiment": {"by": "magic"}}, "answered by 'magic'"),
        ({"aspects": {"by": "join"}}, "join of spans cannot be read"),
        ({"aspects": {"by": "join", "weights": {"zh": 9}}}, "not 0–5"),
        (
            {"entities": {"by": "join", "weights": {"en": 1}, "thresholds": {"en": {"brand": 2}}}},
            "threshold brand for en is 2.0, not 0–1",
        ),
        ({"aspects": {"by": "encoder", "polarity": "both"}}, "not linear or encoder"),
        ({"given_aspects": {"by": "join", "weights": {"zh": [[1]]}, "bias": {"zh": [1]}}}, "per language"),
        ({"given_aspects": {"by": "join"}}, "join of given aspects cannot be read"),
        ({"need": {"by": "encoder", "abstain_below": 7}}, "abstain_below of need is 7, not 0–1"),
        ({"sentiment": {"by": "join"}}, "join cannot be read"),
        ({"need": {"by": "join", "weights": [[1]], "bias": [0]}}, "needs weights"),
        (
            {
                "sentiment": {
                    "by": "join",
                    "weights": np.zeros((6, 3)).tolist(),
                    "bias": [0] * 3,
                    "bias_share": 3,
                }
            },
            "not 0–2",
        ),
        ({"intensity": {"by": "join", "encoder_share": 2}}, "not 0–1"),
    ],
)
def test_a_wrong_tier_file_is_refused(
    tiny_package: Path, tmp_path: Path, tasks: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        load_models(str(write_tiny_tier(tiny_package, tmp_path, tasks)))


def test_a_damaged_package_is_refused(tiny_package: Path, tmp_path: Path) -> None:
    for name in ("model.onnx", "tokenizer.json"):
        folder = Path(shutil.copytree(tiny_package, tmp_path / name))
        with (folder / name).open("ab") as stream:
            stream.write(b" ")
        with pytest.raises(ModelError, match="does not match the hash"):
            load_encoder(folder)
        (folder / name).unlink()
        with pytest.raises(ModelError, match="is missing"):
            load_encoder(folder)
    with pytest.raises(ModelError, match=r"tier\.json is missing"):
        load_tier(tiny_package, LinearModels(PACKAGES / "linear"))


def test_a_tier_whose_encoder_lacks_a_head_is_refused(tiny_tier: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_tier, tmp_path / "t"))
    path = folder / "encoder" / "manifest.json"
    told = json.loads(path.read_text("utf-8"))
    told["heads"] = [head for head in told["heads"] if head["name"] != "opinions"]
    path.write_text(json.dumps(told), "utf-8")
    with pytest.raises(ModelError, match="aspects needs the head 'opinions'"):
        load_models(str(folder))


def test_weights_of_a_join_are_found(models: StarterModels) -> None:
    draw = np.random.default_rng(0)
    truth = draw.integers(0, 3, 600)
    right = np.eye(3)[truth] * 0.8 + 0.2 / 3
    noise = draw.dirichlet(np.ones(3), 600)
    join = fit_join(noise.astype(np.float32), right.astype(np.float32), truth)
    found = join.probabilities(noise.astype(np.float32), right.astype(np.float32))
    assert (found.argmax(axis=1) == truth).all()
    assert np.abs(join.weights[3:]).sum() > 3 * np.abs(join.weights[:3]).sum()
    again = read_join(json.loads(json.dumps(join_told(join))), 3, "here")
    assert np.array_equal(again.weights, join.weights)


def test_a_join_learns_which_model_to_believe_in_which_register() -> None:
    draw = np.random.default_rng(1)
    truth = draw.integers(0, 3, 900)
    right = (np.eye(3)[truth] * 0.8 + 0.2 / 3).astype(np.float32)
    noise = draw.dirichlet(np.ones(3), 900).astype(np.float32)
    first = (np.arange(900) % 2 == 0)[:, None]
    linear, encoder = np.where(first, right, noise), np.where(first, noise, right)
    registers = np.concatenate([first, ~first], axis=1).astype(np.float32)
    alike = fit_join(linear, encoder, truth)
    apart = fit_join(linear, encoder, truth, registers=registers)
    found = apart.probabilities(linear, encoder, registers)
    assert (found.argmax(axis=1) == truth).mean() > 0.97
    assert (alike.probabilities(linear, encoder).argmax(axis=1) == truth).mean() < 0.9
    again = read_join(json.loads(json.dumps(join_told(apart))), 3, "here")
    assert np.array_equal(again.probabilities(linear, encoder, registers), found)
    with pytest.raises(ModelError, match="2 registers, here are 3"):
        apart.probabilities(linear, encoder, np.ones((900, 3), np.float32) / 3)
    with pytest.raises(ModelError, match="here are none"):
        apart.probabilities(linear, encoder)
    with pytest.raises(ModelError, match="by_register"):
        read_join({**join_told(apart), "by_register": [[1.0]]}, 3, "here")


def test_a_tier_joins_each_text_by_its_registers(tiny_tier: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_tier, tmp_path / "tier"))
    told = json.loads((folder / "tier.json").read_text("utf-8"))
    linear = load_models("linear")
    assert isinstance(linear, LinearModels)
    said, registers = linear.sentiment_with_registers(TEXTS)
    extra = np.zeros((registers.shape[1], 7, 3))
    extra[:, 6, 1] = 5.0 * np.arange(registers.shape[1])  # neutral is the likelier the later the register
    told["tasks"]["sentiment"] |= {"by_register": extra.tolist(), "bias_share": 0.5}
    (folder / "tier.json").write_text(json.dumps(told), "utf-8")
    before, after = loaded(tiny_tier), loaded(folder)
    logs = np.log(before.sentiment(TEXTS)) + registers @ extra[:, 6]
    wanted = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)
    assert np.allclose(after.sentiment(TEXTS), wanted, atol=1e-5)
    probabilities, labels = after.sentiment_with_labels(TEXTS)
    assert np.array_equal(probabilities, after.sentiment(TEXTS))
    decided = (np.log(wanted) + 0.5 * linear.sentiment_biases(registers)).argmax(axis=1)
    assert labels == [("negative", "neutral", "positive")[k] for k in decided]
    assert said.shape == probabilities.shape


def test_needs_may_be_joined_by_register_too(tiny_tier: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_tier, tmp_path / "tier"))
    told = json.loads((folder / "tier.json").read_text("utf-8"))
    linear = load_models("linear")
    assert isinstance(linear, LinearModels)
    said, registers = linear.need_with_registers(TEXTS)
    assert np.allclose(said[:, 1], linear.need(TEXTS))
    extra = np.zeros((registers.shape[1], 5, 2))
    extra[1:, 4, 1] = 2.0  # asked for the more, the more English a text is
    told["tasks"]["need"]["by_register"] = extra.tolist()
    (folder / "tier.json").write_text(json.dumps(told), "utf-8")
    before, after = loaded(tiny_tier).need(TEXTS), loaded(folder).need(TEXTS)
    odds = before / (1 - before) * np.exp(2.0 * registers[:, 1:].sum(axis=1))
    assert np.allclose(after, odds / (1 + odds), atol=1e-5)
    assert np.abs(after - before).max() > 0.02
