"""Word weights by occlusion: on a model whose reasons are known, and on the shipped tier."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from unmet.evaluate.explanations import Weighed, faithfulness, mean_interval, random_control
from unmet.ingest.preparing import prepare
from unmet.models import attribution
from unmet.models.attribution import (
    MAX_PIECES,
    explain_prepared,
    explain_texts,
    intensity_score,
    pieces_of,
    word_weights,
)
from unmet.models.catalog import load_models
from unmet.sample import make_small_shop
from unmet.text.language import detect_languages


class Counting:
    """Sentiment by a count of words: good +, bad −, each .2; remembers what it read."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def only(self, task: str) -> Counting:
        assert task == "sentiment"
        return self

    def sentiment(self, texts: Sequence[str]) -> np.ndarray:
        self.calls.append(list(texts))
        rows = []
        for text in texts:
            positive = 0.1 + 0.2 * len(re.findall(r"good|很好|👍", text))
            negative = 0.1 + 0.2 * len(re.findall(r"bad|失望", text))
            rows.append((negative, 1 - positive - negative, positive))
        return np.array(rows)


def by_word(text: str, models: Any = None) -> dict[str, float]:
    words = word_weights(models or Counting(), [text])[0]
    return {text[word.start : word.end]: round(word.weight, 9) for word in words}


def test_a_word_weighs_what_the_sentiment_loses_without_it() -> None:
    assert by_word("good sound, bad strap") == {"good": 0.2, "sound": 0.0, "bad": -0.2, "strap": 0.0}
    assert by_word("屏幕很好，电池失望")["失望"] == -0.2


def test_emoji_are_weighed_and_a_text_without_words_is_one_piece() -> None:
    assert by_word("screen 👍👍") == {"screen": 0.0, "👍👍": 0.4}
    assert by_word(" !? ") == {"!?": 0.0}
    assert word_weights(Counting(), ["", " \n"]) == [[], []]


@pytest.mark.parametrize(
    "before", ["&lt;b&gt;", "<p>", "打13812345678联系我，", "ＡＢＣ ", "\u200b&amp;", "哈哈哈哈哈哈哈！！！"]
)
def test_offsets_point_into_the_text_that_was_given(before: str) -> None:
    text = f"{before}good strap 失望"
    words = word_weights(Counting(), [text])[0]
    assert [text[w.start : w.end] for w in words if w.weight > 0.1] == ["good"]
    assert [text[w.start : w.end] for w in words if w.weight < -0.1] == ["失望"]
    assert all(a.end <= b.start for a, b in itertools.pairwise(words))


def test_many_texts_are_one_call_of_the_model() -> None:
    models = Counting()
    word_weights(models, ["good sound", "bad", "很好"])
    assert len(models.calls) == 1
    assert models.calls[0][:3] == ["good sound", " sound", "good "]


def test_long_texts_are_weighed_in_groups_of_neighbouring_words() -> None:
    models = Counting()
    text = "plain " * 400 + "good " + "plain " * 400
    words = word_weights(models, [text])[0]
    assert len(words) <= MAX_PIECES
    assert len(models.calls[0]) == len(words) + 1
    heavy = [text[w.start : w.end] for w in words if w.weight]
    assert len(heavy) == 1
    assert "good" in heavy[0]
    assert words[0].start == 0
    assert text[words[-1].start : words[-1].end].endswith("plain")


def test_very_long_texts_get_fewer_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribution, "TEXT_CHARACTERS", 10_000)
    models = Counting()
    assert len(word_weights(models, ["plain " * 200])[0]) <= 9  # 1,200 characters, read 8 times
    assert sum(map(len, models.calls[0])) <= 10_000 + 1_200


def test_blocks_of_a_batch_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["good sound", "bad strap", "很好", "", "plain"]
    whole = explain_texts(Counting(), texts)
    monkeypatch.setattr(attribution, "BATCH_CHARACTERS", 15)
    models = Counting()
    assert explain_texts(models, texts) == whole
    assert len(models.calls) > 2


def test_strength_is_share_of_weight_times_probability() -> None:
    found = explain_texts(Counting(), ["good good strap", "bad strap", "plain", "good bad"])
    assert [round(e.strength, 6) for e in found] == [0.5, -0.3, 0.0, 0.0]


def test_strength_stays_within_its_ends() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        weights = rng.normal(size=rng.integers(0, 9)).tolist()
        assert -1 <= intensity_score(weights, rng.dirichlet((0.2, 0.2, 0.2))) <= 1
    assert intensity_score([0.1, 2.0], [0.0, 0.0, 1.0]) == 1.0
    assert intensity_score([-0.1], [1.0, 0.0, 0.0]) == -1.0
    assert intensity_score([], [0.2, 0.2, 0.6]) == 0.0


def test_the_linear_tier_names_the_words_a_reader_would() -> None:
    models = load_models("linear")
    text = "物流很快，就是噪音太大"
    weights = by_word(text, models)
    assert max(weights, key=lambda word: weights[word]) == "很快"
    assert min(weights, key=lambda word: weights[word]) == "噪音"
    strengths = [
        explain_texts(models, [t])[0].strength for t in ("用了三天就坏了，垃圾", text, "质量很好，非常喜欢")
    ]
    assert strengths == sorted(strengths)
    assert strengths[0] < -0.5 < 0.5 < strengths[2]


def test_the_words_it_names_decide_more_than_random_words() -> None:
    """The claim of benchmarks/explanations.py on made-up reviews."""
    models = load_models("linear")
    reviews = make_small_shop().reviews["text"]
    prepared = [prepare(text) for text in reviews if text and 20 < len(text) < 200][:120]
    languages = detect_languages([item.text for item in prepared])
    found = explain_prepared(models, prepared, languages)
    rows = []
    for item, language, own in zip(prepared, languages, found, strict=True):
        side = 1 if own.strength >= 0 else -1
        importance = [side * word.weight for word in own.words]
        rows.append(Weighed(item.text, pieces_of(item, language), importance, 1 + side))
    assert {"zh", "en"} <= set(languages)
    named = faithfulness(models.sentiment, rows, 0.2)
    chance = random_control(models.sentiment, rows, 0.2, seed=0)
    needed = [mean_interval(f.comprehensiveness) for f in (named, chance)]
    enough = [mean_interval(f.sufficiency) for f in (named, chance)]
    assert needed[0].low > needed[1].high + 0.1
    assert enough[0].high < enough[1].low - 0.1
