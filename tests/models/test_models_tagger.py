"""Feature tables, shared feature keys of training and run time, spans and their probabilities."""

from __future__ import annotations

import numpy as np

from unmet.models.tagger import (
    FeatureTable,
    Tagger,
    feature_keys,
    one_per_slot,
    tagged_spans,
)
from unmet.models.tagger_features import NO_CLASSES, WordClasses, mix, read_sentences, stable_hash
from unmet.models.viterbi import Decoded

TEMPLATES = (
    (("one", 0),),
    (("word", 0),),
    (("word", -1),),
    (("tag", 0),),
    (("word", 0), ("word", 1)),
    (("word", -1), ("tag", 0), ("word", 1)),
)


def test_table_gives_unknown_keys_nothing_even_in_a_taken_slot():
    keys = np.array([5, 900], dtype=np.uint32)
    table = FeatureTable.build(keys, np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32))
    same_slot = np.uint32(5 + (1 << 20))
    rows = table.rows[table.lookup(np.array([5, same_slot, 900, 7], dtype=np.uint32))]
    assert rows.tolist() == [[1.0, 2.0], [0.0, 0.0], [3.0, 4.0], [0.0, 0.0]]


def test_one_per_slot_keeps_the_strongest():
    keys = np.array([7, 7 + (1 << 20), 3], dtype=np.uint32)
    assert one_per_slot(keys, np.array([0.1, 0.9, 0.5])).tolist() == [2, 1]


def test_emissions_equal_the_sum_over_training_keys():
    texts = ["屏幕很大，电池不耐用。客服态度差", "噪音大", "", "ok"]
    sentences = read_sentences(texts, "zh", NO_CLASSES)
    args = (sentences.columns, sentences.types, sentences.bounds)
    keys = feature_keys(TEMPLATES, *args)
    weights = {int(k): np.random.default_rng(int(k)).normal(size=3) for k in np.unique(keys)}
    table = FeatureTable.build(
        np.array(list(weights), dtype=np.uint32), np.array(list(weights.values()), dtype=np.float32)
    )
    tagger = Tagger(("O", "B-A", "I-A"), TEMPLATES, table, np.zeros((3, 3), np.float32))
    expected = [sum(weights[int(k)] for k in row) for row in keys]
    np.testing.assert_allclose(tagger.emissions(*args), expected, atol=1e-4)


def test_mix_separates_templates_and_order():
    a, b = np.array([11], np.uint32), np.array([12], np.uint32)
    assert len({int(mix(s, p)[0]) for s, p in ((0, [a, b]), (0, [b, a]), (1, [a, b]), (0, [a]))}) == 4


def test_token_offsets_cover_the_original_text():
    text = "螢幕很大！Screen IS great, ３天 壞了…"
    for language in ("zh", "en"):
        sentences = read_sentences([text], language, NO_CLASSES)
        pieces = [text[s:e] for s, e in zip(sentences.starts, sentences.ends, strict=True)]
        assert "".join(pieces).replace(" ", "") == text.replace(" ", ""), language


def test_sentences_split_but_keep_every_token():
    texts = ["好。。坏！", "x " * 500, "", " \n ", "Fine. v2.0 is\nslow... ok"]
    sentences = read_sentences(texts, "en", NO_CLASSES)
    assert sentences.text_of.tolist() == [0, 0, 1, 1, 1, 1, 4, 4, 4, 4]
    assert np.diff(sentences.bounds).max() <= 160
    pieces = [texts[4][s:e] for s, e in zip(sentences.starts[505:], sentences.ends[505:], strict=True)]
    assert pieces == ["Fine", ".", "v", "2.0", "is", "slow", ".", ".", ".", "ok"]
    assert sentences.bounds[-5:].tolist() == [505, 507, 510, 514, 515]


def test_empty_input_gives_no_sentences():
    for language in ("zh", "en"):
        sentences = read_sentences(["", " "], language, NO_CLASSES)
        assert sentences.types.size == 0
        assert sentences.bounds.tolist() == [0]


def test_glued_dictionary_words_are_read_apart():
    keys = np.array(sorted([stable_hash("价格"), stable_hash("便宜")]), dtype=np.uint32)
    is_aspect = keys == stable_hash("价格")
    classes = WordClasses.from_arrays(
        {
            "class_keys": keys,
            "class_aspect": np.where(is_aspect, 6, 1),
            "class_opinion": np.where(is_aspect, 1, 7),
        }
    )
    text = "价格便宜，价格便宜"
    pieces = {}
    for known in (NO_CLASSES, classes):
        sentences = read_sentences([text, "便宜"], "zh", known)
        pieces[known is classes] = [
            (text if k < sentences.types.size - 1 else "便宜")[s:e]
            for k, (s, e) in enumerate(zip(sentences.starts, sentences.ends, strict=True))
        ]
    assert pieces[False] == ["价格便宜", "，", "价格便宜", "便宜"]
    assert pieces[True] == ["价格", "便宜", "，", "价格", "便宜", "便宜"]


def test_hostile_text_is_cut_without_error():
    text = "a\x00b\ud800c屏幕\u202e很大\ufffe"
    for language in ("zh", "en"):
        sentences = read_sentences([text], language, NO_CLASSES)
        assert sentences.ends.max() <= len(text)


def test_spans_and_probabilities():
    labels = ("O", "B-A", "I-A", "B-O", "I-O")
    tags = np.array([1, 2, 0, 3, 3, 4, 4], dtype=np.int8)
    marginals = np.full((7, 5), 0.1, np.float32)
    marginals[np.arange(7), tags] = 0.6
    stays = np.full((7, 5), 0.05, np.float32)
    stays[np.arange(7), tags] = 0.8
    spans = tagged_spans(Decoded(tags, marginals, stays), labels, np.array([0, 5, 7]))
    found = [(s.label, s.first, s.last) for s in spans]
    # token 5 starts a new sequence, so its I-O starts a span
    assert found == [("A", 0, 2), ("O", 3, 4), ("O", 4, 5), ("O", 5, 7)]
    np.testing.assert_allclose(
        [s.probability for s in spans], [0.6 * 0.8 * 0.95, 0.6 * 0.95, 0.6, 0.6 * 0.8], rtol=1e-5
    )
