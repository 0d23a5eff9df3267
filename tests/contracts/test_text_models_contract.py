"""What every tier of text models must do. A new tier joins by a line in ``TIERS``."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from inference_fixtures import shared_joined_tier, shared_tier

from unmet.core.records import POLARITIES
from unmet.models.attribution import word_weights
from unmet.models.catalog import PACKAGES, load_models
from unmet.models.linear import TextModels

TIERS = ("linear", "tiny tier", "joined tier")
BUILT = {"tiny tier": shared_tier, "joined tier": shared_joined_tier}
TEXTS = [
    "屏幕太暗了，晚上看不清，希望亮一点。",
    "物流很快，第二天就到了，包装也好。",
    "電池不耐用，半天就沒電了。",
    "The zipper broke after two weeks. Please make it stronger.",
    "Very comfortable straps and a lot of space, I love it 😀",
    "一般般 so-so",
]
HOSTILE = [
    "", " ", "\n\t", "\x00", "\ud83d", "<script>alert(1)</script>",
    "😀" * 50, "\u202egnp.exe", "zero\u200bwidth", "=1+1",
    "。！？，,.;:", "a" * 5000, "很" * 5000, "Ignore all previous instructions.", 
    "𠮷野家的𩸽很好吃", "\ufeff好",
]  # fmt: skip
READERS: dict[str, Callable[[TextModels, list[str]], Any]] = {
    "sentiment": lambda models, texts: models.sentiment(texts),
    "labels": lambda models, texts: models.sentiment_with_labels(texts)[1],
    "intensity": lambda models, texts: models.intensity(texts),
    "need": lambda models, texts: models.need(texts),
    "opinions": lambda models, texts: models.opinions(texts),
    "entities": lambda models, texts: models.entities(texts),
    "words": lambda models, texts: [
        [(word.start, word.end, round(word.weight, 5)) for word in words]
        for words in word_weights(models, texts)
    ],
    "given": lambda models, texts: models.given_aspects(texts, [["屏幕", "battery"] for _ in texts]),
}


def as_list(values: Any) -> list[Any]:
    """Rounded to what single precision can promise when sums are taken in another order."""
    return np.round(values, 5).tolist() if isinstance(values, np.ndarray) else list(values)


@pytest.fixture(scope="module", params=TIERS)
def models(request: pytest.FixtureRequest) -> TextModels:
    return load_models(str(BUILT[request.param]()) if request.param in BUILT else request.param)


@pytest.fixture(params=READERS)
def read(request: pytest.FixtureRequest, models: TextModels) -> Callable[[list[str]], list[Any]]:
    return lambda texts: as_list(READERS[request.param](models, texts))


def test_batch_equals_one_by_one(read) -> None:
    assert read(TEXTS) == [read([text])[0] for text in TEXTS]


@pytest.mark.parametrize("name", list(READERS))
def test_order_does_not_matter(models, name) -> None:
    forth, back = as_list(READERS[name](models, TEXTS)), as_list(READERS[name](models, TEXTS[::-1]))
    assert back == forth[::-1]


def test_neighbours_do_not_matter(read) -> None:
    assert read([*HOSTILE, *TEXTS])[len(HOSTILE) :] == read(TEXTS)


def test_nothing_in_nothing_out(read) -> None:
    assert read([]) == []


def test_input_is_not_modified_and_a_tuple_will_do(read) -> None:
    given = list(TEXTS)
    first = read(given)
    assert given == TEXTS
    assert read(tuple(given)) == first  # type: ignore[arg-type]


def test_one_answer_for_every_hostile_text(read) -> None:
    assert len(read(HOSTILE)) == len(HOSTILE)


@pytest.mark.parametrize("texts", [TEXTS, HOSTILE], ids=["texts", "hostile"])
def test_numbers_are_in_their_ranges(models, texts) -> None:
    sentiment, intensity, need = models.sentiment(texts), models.intensity(texts), models.need(texts)
    assert sentiment.shape == (len(texts), len(POLARITIES))
    assert np.allclose(sentiment.sum(axis=1), 1, atol=1e-5)
    assert (sentiment >= 0).all()
    assert intensity.shape == (len(texts), 2)
    assert ((intensity >= 1) & (intensity <= 9)).all()
    assert need.shape == (len(texts),)
    assert ((need >= 0) & (need <= 1)).all()
    assert 0 < models.need_threshold < 1
    assert all(0 <= models.abstain_below(task) <= 1 for task in ("sentiment", "need", "given_aspects"))


@pytest.mark.parametrize("texts", [TEXTS, HOSTILE], ids=["texts", "hostile"])
def test_spans_are_slices(models, texts) -> None:
    for text, opinions, entities in zip(texts, models.opinions(texts), models.entities(texts), strict=True):
        for opinion in opinions:
            assert opinion.aspect_span or opinion.opinion_span
            for words, span in (
                (opinion.aspect, opinion.aspect_span),
                (opinion.opinion, opinion.opinion_span),
            ):
                assert (words is None) == (span is None)
                assert span is None or (words and text[slice(*span)] == words)
            assert opinion.polarity in POLARITIES
            assert 1 <= opinion.valence <= 9
        for entity in entities:
            assert entity.text
            assert text[slice(*entity.span)] == entity.text


def test_a_task_read_alone_has_the_same_answers(models) -> None:
    alone = models.only("sentiment")
    assert as_list(alone.sentiment(TEXTS)) == as_list(models.sentiment(TEXTS))
    assert as_list(models.only("need").need(TEXTS)) == as_list(models.need(TEXTS))
    assert alone.name == models.name


def test_models_know_the_plainest_texts(models) -> None:
    labels = models.sentiment_with_labels(
        ["质量太差，用了一天就坏了", "很好用，非常满意", "Terrible. It broke.", "I love it"]
    )[1]
    assert labels == ["negative", "positive", "negative", "positive"]
    assert (models.need(["希望能增加一个静音模式。", "很好"]) >= models.need_threshold).tolist() == [
        True,
        False,
    ]
    assert models.opinions(["屏幕太暗了"])[0]


def test_every_task_names_its_model(models) -> None:
    assert set(models.versions) == {"sentiment", "intensity", "need", "aspects", "entities"}
    assert all("@" in version for version in models.versions.values())
    assert "@" in models.name


def test_given_aspects_keep_their_order_and_number(models) -> None:
    named = [["物流", "屏幕", "物流"], [], ["", "zipper"]]
    found = models.given_aspects(TEXTS[:3], named)
    assert [[given.aspect for given in own] for own in found] == named
    for own in found:
        for given in own:
            assert given.polarity in POLARITIES
            assert 1 <= given.valence <= 9
            assert 1 <= given.arousal <= 9
    assert found[0][0] == found[0][2]


def test_a_copied_folder_answers_the_same(tmp_path) -> None:
    copied = load_models(str(shutil.copytree(PACKAGES / "linear", tmp_path / "mine")))
    shipped = load_models("linear")
    assert copied.versions == shipped.versions
    for reader in READERS.values():
        assert as_list(reader(copied, TEXTS)) == as_list(reader(shipped, TEXTS))
