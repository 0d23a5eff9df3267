"""The shipped opinion package: contract, plain cases, hostile text; pairing and attribute parts alone."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from unmet.core.errors import ModelError
from unmet.core.records import POLARITIES
from unmet.models.opinion_attributes import CATEGORIES, PairFeatures, score_pairs, softmax
from unmet.models.opinions import load_opinion_model
from unmet.models.package import save_package
from unmet.models.pairing import Candidates, SpanTable, candidate_pairs, choose_pairs
from unmet.models.tagger import FeatureTable

FOLDER = Path(str(files("unmet.models") / "packages" / "linear" / "opinions"))
TEXTS = [
    "屏幕很清晰，但是电池不耐用。客服态度差！",
    "The screen is great but the battery died after two weeks.",
    "",
    "   ",
    "螢幕很漂亮，價格太貴",
    "包装很简陋，物流太慢了。味道不错",
    "ok",
    "非常好" * 300,
    "Love the color. Terrible customer service, would not recommend.",
]
LANGUAGES = ["zh", "en", "zh", "en", "zh", "zh", "en", "zh", "en"]


@pytest.fixture(scope="module")
def model():
    return load_opinion_model(FOLDER)


def test_contract_of_every_opinion(model):
    for text, opinions in zip(TEXTS, model.extract(TEXTS, LANGUAGES), strict=True):
        for o in opinions:
            assert o.aspect_span or o.opinion_span
            for piece, span in ((o.aspect, o.aspect_span), (o.opinion, o.opinion_span)):
                assert (piece is None) == (span is None)
                if span:
                    assert text[span[0] : span[1]] == piece
                    assert piece.strip() == piece != ""
            assert o.polarity in POLARITIES
            assert 1.0 <= o.valence <= 9.0
            assert o.category in CATEGORIES
        firsts = [min(s[0] for s in (o.aspect_span, o.opinion_span) if s) for o in opinions]
        assert firsts == sorted(firsts)


def test_batch_equals_one_by_one_in_any_order(model):
    together = model.extract(TEXTS, LANGUAGES)
    alone = [model.extract([t], [lang])[0] for t, lang in zip(TEXTS, LANGUAGES, strict=True)]
    backwards = model.extract(TEXTS[::-1], LANGUAGES[::-1])[::-1]
    assert together == alone == backwards


@pytest.mark.parametrize(
    ("text", "language", "aspect", "opinion", "polarity"),
    [
        ("物流太慢了", "zh", "物流", "太慢", "negative"),
        ("质量很好", "zh", "质量", "很好", "positive"),
        ("價格太貴了", "zh", "價格", "太貴", "negative"),
        ("服务态度差", "zh", "服务态度", "差", "negative"),
        ("The battery died after two weeks.", "en", "battery", "died", "negative"),
        ("The screen is great", "en", "screen", "great", "positive"),
    ],
)
def test_plain_opinions_are_found(model, text, language, aspect, opinion, polarity):
    found = model.extract([text], [language])[0]
    assert any(
        o.aspect == aspect and o.opinion and o.opinion.startswith(opinion) and o.polarity == polarity
        for o in found
    ), found


def test_implicit_aspect_is_none(model):
    found = model.extract(["太贵了，不值"], ["zh"])[0]
    assert found
    assert all(o.aspect is None for o in found)


def test_languages_are_detected_and_others_give_nothing(model):
    texts = ["质量很好", "The screen is great", "Muy buen producto, la pantalla es excelente", "12345"]
    found = model.extract(texts)
    assert found[:2] == model.extract(texts[:2], ["zh", "en"])
    assert found[2:] == [[], []]
    assert model.extract(["质量很好"], ["fr"]) == [[]]


def test_wrong_number_of_languages_is_refused(model):
    with pytest.raises(ValueError, match="2 texts but 1 languages"):
        model.extract(["a", "b"], ["en"])


def test_hostile_texts_are_read(model):
    texts = [
        "\x00屏幕\ud800很大\udfff",
        "<script>alert('屏幕很好')</script>",
        "差" * 5000,
        "\u202e很好\u200b",
        "😀" * 99,
    ]
    for text, opinions in zip(texts, model.extract(texts, ["zh"] * 5), strict=True):
        for o in opinions:
            assert o.opinion_span is None or text[slice(*o.opinion_span)] == o.opinion


def test_input_is_not_modified(model):
    texts, languages = list(TEXTS), list(LANGUAGES)
    model.extract(texts, languages)
    assert (texts, languages) == (TEXTS, LANGUAGES)


def test_a_package_of_another_task_is_refused(tmp_path):
    manifest = {"name": "x", "version": "1", "task": "sentiment", "labels": [], "training_data": []}
    save_package(tmp_path, manifest, {"a": np.zeros(1)})
    with pytest.raises(ModelError, match="not for opinions"):
        load_opinion_model(tmp_path)


def test_candidates_stay_in_their_sentence_and_near():
    aspects = SpanTable(np.array([0, 1]), np.array([0, 50]), np.array([1, 51]))
    opinions = SpanTable(np.array([0, 0, 1]), np.array([2, 40, 52]), np.array([3, 41, 53]))
    pairs = candidate_pairs(aspects, opinions)
    assert list(zip(pairs.aspect.tolist(), pairs.opinion.tolist(), strict=True)) == [(0, 0), (1, 2)]


def test_choose_pairs_takes_the_best_and_brings_lone_aspects_along():
    pairs = Candidates(np.array([0, 1, 0]), np.array([0, 0, 1]))
    chosen = choose_pairs(pairs, np.array([0.9, 0.6, 0.2]), n_opinions=2, n_aspects=3, threshold=0.5)
    assert chosen == [(0, 0), (None, 1), (1, 0), (2, None)]


def test_score_pairs_sums_known_rows_only():
    table = FeatureTable.build(np.array([3, 9], np.uint32), np.array([[1.0], [10.0]], np.float32))
    features = PairFeatures(np.array([9, 3, 3, 77], np.uint32), np.array([1, 0, 1, 2]), 4, 2)
    assert score_pairs(table, features)[:, 0].tolist() == [1.0, 11.0, 0.0, 0.0]
    assert score_pairs(table, features.inner())[:, 0].tolist() == [1.0, 10.0, 0.0, 0.0]


def test_softmax_sums_to_one():
    values = softmax(np.array([[1000.0, 0.0], [0.0, 0.0]], np.float32))
    np.testing.assert_allclose(values, [[1.0, 0.0], [0.5, 0.5]])


@pytest.mark.real_data
@pytest.mark.parametrize(("domain", "floor"), [("electronics", 0.25), ("grocery", 0.20)])
def test_pairs_of_amazon_reviews_reach_the_floor(model, monkeypatch, domain, floor):
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "benchmarks"))
    from corpora_spans import data_folder, read_amazon

    if not (data_folder() / "opinions_en").is_dir():
        pytest.skip("public data not found: set UNMET_DATA")
    texts = read_amazon(domain, "dev")
    found = [
        {(o.aspect_span, o.opinion_span) for o in row}
        for row in model.extract([t.text for t in texts], ["en"] * len(texts))
    ]
    gold = [{(p.aspect, p.opinion) for p in t.pairs} for t in texts]
    right = sum(len(f & g) for f, g in zip(found, gold, strict=True))
    assert 2 * right / sum(len(f) + len(g) for f, g in zip(found, gold, strict=True)) >= floor
