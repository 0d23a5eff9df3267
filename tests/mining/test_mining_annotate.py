from __future__ import annotations

import pytest

from unmet.core.errors import InputError
from unmet.mining.annotate import TASKS, annotate_texts

TEXTS = [
    "屏幕太暗。希望加个指纹。",
    "The screen was dim but <b>Acme</b> battery is great &amp; light",
    "",
    "打我电话13800138000，物流很慢",
    "好",
]


def test_one_annotation_per_text_in_order(rule_models):
    marks = annotate_texts(TEXTS, rule_models, first_row=10)
    assert [mark.row for mark in marks] == [10, 11, 12, 13, 14]
    assert [mark.rejected for mark in marks] == [None, None, "empty_text", None, None]


def test_spans_point_into_the_text_as_given(rule_models):
    for text, mark in zip(TEXTS, annotate_texts(TEXTS, rule_models), strict=True):
        for opinion in mark.aspects or ():
            if opinion.aspect_span:
                assert text[slice(*opinion.aspect_span)] == opinion.aspect
            assert text[slice(*opinion.opinion_span)] == opinion.opinion
        for entity in mark.entities or ():
            assert text[slice(*entity.span)] == entity.text
        for sentence in mark.need.sentences if mark.need else ():
            assert text[slice(*sentence.span)].strip()


def test_html_before_a_span_does_not_move_it(rule_models):
    mark = annotate_texts([TEXTS[1]], rule_models)[0]
    assert [opinion.aspect for opinion in mark.aspects] == ["screen", "battery"]
    assert [entity.text for entity in mark.entities] == ["Acme"]


def test_a_private_number_is_not_read_and_does_not_move_spans(rule_models):
    mark = annotate_texts([TEXTS[3]], rule_models)[0]
    assert mark.aspects[0].aspect == "物流"
    assert TEXTS[3][slice(*mark.aspects[0].aspect_span)] == "物流"


def test_a_text_states_a_need_when_one_sentence_does(rule_models):
    mark = annotate_texts([TEXTS[0]], rule_models)[0]
    assert mark.need.label
    assert [TEXTS[0][slice(*s.span)] for s in mark.need.sentences] == ["希望加个指纹。"]


def test_batch_equals_one_by_one(rule_models):
    together = annotate_texts(TEXTS, rule_models)
    alone = [annotate_texts([text], rule_models, first_row=i)[0] for i, text in enumerate(TEXTS)]
    assert together == alone


def test_only_asked_tasks_are_in_the_output(rule_models):
    plain = annotate_texts(TEXTS[:1], rule_models, tasks=["sentiment"])[0].to_dict()
    assert set(plain) == {"row", "rejected", "language", "sentiment"}
    assert list(annotate_texts(TEXTS[:1], rule_models)[0].to_dict())[3:] == list(TASKS)


def test_unknown_task_is_an_error_that_lists_the_tasks(rule_models):
    with pytest.raises(InputError, match="sentiment, intensity"):
        annotate_texts(TEXTS, rule_models, tasks=["mood"])


def test_no_texts(rule_models):
    assert annotate_texts([], rule_models) == []


def test_an_explanation_names_words_of_the_text_as_given(rule_models):
    marks = annotate_texts(TEXTS, rule_models, tasks=["sentiment"], explain=True)
    words = [mark.sentiment.words for mark in marks if mark.rejected is None]
    assert marks[2].sentiment is None
    heavy = [TEXTS[3][w.start : w.end] for w in marks[3].sentiment.words if w.weight < 0]
    assert heavy == ["慢"]
    assert all(words)
    plain = marks[3].to_dict()["sentiment"]
    assert plain["words"] == [[w.start, w.end, round(w.weight, 4)] for w in marks[3].sentiment.words]
    assert plain["strength"] == round(marks[3].sentiment.strength, 4) < 0


def test_without_asking_there_is_no_explanation(rule_models):
    assert set(annotate_texts(TEXTS[:1], rule_models)[0].to_dict()["sentiment"]) == {"label", "probabilities"}


def test_an_explanation_needs_the_sentiment(rule_models):
    with pytest.raises(InputError, match="explain the sentiment"):
        annotate_texts(TEXTS, rule_models, tasks=["need"], explain=True)


def test_an_unsure_answer_stays_and_is_named(rule_models):
    rule_models.unsure_below = {"need": 0.95, "sentiment": 0.5}
    marks = annotate_texts(TEXTS, rule_models)
    assert [mark.abstained for mark in marks] == [("need",), ("need",), (), ("need",), ("need",)]
    assert marks[0].need.label
    assert marks[0].to_dict()["abstained"] == ["need"]
    rule_models.unsure_below = {}
    assert all("abstained" not in mark.to_dict() for mark in annotate_texts(TEXTS, rule_models))
