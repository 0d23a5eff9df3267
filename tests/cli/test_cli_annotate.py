"""The output contract of `annotate`: one object per row, in order, spans into the field as it stood."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

BODIES = (
    "屏幕太暗了，物流很快，希望增加静音模式。",
    "電池不耐用，客服態度很差，建議改進一下。",
    "The battery life is terrible but the screen is great. Please add a louder alarm.",
    "华为P40的屏幕不错，就是价格太贵",
)
AROUND = (
    "", "&lt;b&gt;", "<p>真的<br/>", "打13812345678联系我，", "mail me at someone.else@example.com! ",
    "😀👩‍👩‍👧 ",
    "𠮷野家𩸽 ", "\u200b\u202e", "ＡＢＣ１２３ ", "&amp;&nbsp;&#128512; ", "身份证110101199003077774，",
    "哈哈哈哈哈哈哈！！！！！", "\ufeff",
)  # fmt: skip
TASKS = {"sentiment", "intensity", "aspects", "entities", "need"}


def annotated(unmet: Any, tmp_path: Any, texts: list[Any], *options: str) -> list[dict[str, Any]]:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = [text if isinstance(text, bytes) else json.dumps({"text": text}).encode() for text in texts]
    source.write_bytes(b"\n".join(lines) + b"\n")
    code, _, err = unmet("annotate", source, "--out", target, *options)
    assert code == 0, err
    return [json.loads(line) for line in target.read_text("utf-8").splitlines()]


def test_every_span_is_a_slice_of_the_field_as_it_stood(unmet, tmp_path) -> None:
    texts = [
        before + body + after for before, after in itertools.product(AROUND, AROUND[:6]) for body in BODIES
    ]
    marks = annotated(unmet, tmp_path, texts)
    assert [mark["row"] for mark in marks] == list(range(len(texts)))
    seen = dict.fromkeys(("aspect", "opinion", "entity", "need"), 0)
    for text, mark in zip(texts, marks, strict=True):
        assert mark["rejected"] is None
        for found in mark["aspects"]:
            for side in ("aspect", "opinion"):
                span = found[f"{side}_span"]
                assert (span is None) == (found[side] is None)
                if span is not None:
                    assert text[slice(*span)] == found[side], (text, found)
                    seen[side] += 1
        for entity in mark["entities"]:
            assert text[slice(*entity["span"])] == entity["text"], (text, entity)
            seen["entity"] += 1
        for sentence in mark["need"]["sentences"]:
            start, end = sentence["span"]
            assert 0 <= start < end <= len(text)
            assert text[start:end].strip()
            seen["need"] += 1
    assert all(count > 50 for count in seen.values()), seen


@pytest.mark.parametrize("body", BODIES)
def test_what_stands_before_only_shifts_the_spans(unmet, tmp_path, body) -> None:
    before = "<p>&nbsp;</p>"
    plain, shifted = annotated(unmet, tmp_path, [body, before + body], "--tasks", "aspects")
    assert plain["aspects"]
    moved = [[value + len(before) for value in found["aspect_span"] or []] for found in plain["aspects"]]
    assert [list(found["aspect_span"] or []) for found in shifted["aspects"]] == moved


def test_shape_of_an_object(unmet, tmp_path) -> None:
    (mark,) = annotated(unmet, tmp_path, [BODIES[0]])
    assert list(mark)[:3] == ["row", "rejected", "language"]
    assert set(mark) - {"row", "rejected", "language", "source"} == TASKS
    probabilities = mark["sentiment"]["probabilities"]
    assert set(probabilities) == {"negative", "neutral", "positive"}
    assert mark["sentiment"]["label"] in probabilities
    assert sum(probabilities.values()) == pytest.approx(1, abs=2e-4)
    assert 1 <= mark["intensity"]["valence"] <= 9
    assert 1 <= mark["intensity"]["arousal"] <= 9
    assert set(mark["aspects"][0]) == {
        "aspect", "aspect_span", "opinion", "opinion_span", "category", "polarity", "valence",
    }  # fmt: skip
    assert {entity["type"] for entity in mark["entities"]} <= {"product", "brand", "model"}
    assert isinstance(mark["need"]["label"], bool)


def test_unreadable_and_empty_rows_keep_their_place(unmet, tmp_path) -> None:
    texts = ["很好用", b"{broken", "", "太差了", b"[1]", "   ", b'{"text": ["a"]}', b'{"text": null}', "fine"]
    marks = annotated(unmet, tmp_path, texts, "--tasks", "sentiment")
    assert [mark["row"] for mark in marks] == list(range(len(texts)))
    assert [mark["rejected"] is None for mark in marks] == [
        True,
        False,
        False,
        True,
        False,
        False,
        False,
        False,
        True,
    ]
    assert all(mark["rejected"] or "sentiment" in mark for mark in marks)
    assert all("sentiment" not in mark for mark in marks if mark["rejected"])


def test_only_the_tasks_asked_for(unmet, tmp_path) -> None:
    (mark,) = annotated(unmet, tmp_path, ["很好用"], "--tasks", "need,sentiment")
    assert set(mark) & TASKS == {"need", "sentiment"}


def test_two_files_follow_each_other(unmet, tmp_path) -> None:
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_text(f"text,rating\nfine {name},5\nbroke,1\n", encoding="utf-8")
    _, out, _ = unmet("annotate", tmp_path / "b.csv", tmp_path / "a.csv", "--tasks", "sentiment")
    marks = [json.loads(line) for line in out.splitlines()]
    assert [(mark["source"][-5:], mark["row"]) for mark in marks] == [
        ("b.csv", 0), ("b.csv", 1), ("a.csv", 0), ("a.csv", 1),
    ]  # fmt: skip


def test_given_aspects_come_back_in_their_order(unmet, tmp_path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.jsonl"
    cells = ['"[""屏幕"", ""物流""]"', "电池", "", '"[]"', '"[""屏幕"""', '"[1]"']
    rows = ["屏幕太暗了，物流很快。", "電池不耐用，屏幕很好", "很好", "很好", "屏幕太暗了", "屏幕太暗了"]
    lines = [f"{text},{cell}" for text, cell in zip(rows, cells, strict=True)]
    source.write_text("\n".join(["text,about", *lines]), encoding="utf-8")
    code, _, err = unmet("annotate", source, "--out", target, "--aspect-column", "about", "--tasks", "need")
    assert code == 0
    assert "2 rows have aspects that cannot be read" in err
    marks = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    given = [mark["given_aspects"] for mark in marks]
    assert [[item["aspect"] for item in own] for own in given] == [["屏幕", "物流"], ["电池"], [], [], [], []]
    assert [item["polarity"] for item in given[0]] == ["negative", "positive"]
    assert given[1][0]["polarity"] == "negative"
    assert given[0][0]["valence"] < given[0][1]["valence"]
    assert set(given[0][0]) == {"aspect", "polarity", "valence", "arousal"}
    assert ["aspect_problem" in mark for mark in marks] == [False] * 4 + [True] * 2


def test_aspects_as_json_lists_of_json_lines(unmet, tmp_path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [
        {"text": "The battery is terrible. The screen is great.", "aspects": ["screen", "battery"]},
        {"text": "ok"},
    ]
    source.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    code, _, err = unmet("annotate", source, "--out", target, "--aspect-column", "aspects")
    assert code == 0, err
    first, second = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert [item["polarity"] for item in first["given_aspects"]] == ["positive", "negative"]
    assert second["given_aspects"] == []


def test_an_aspect_column_that_is_not_there_is_named(unmet, reviews) -> None:
    code, _, err = unmet("annotate", reviews, "--aspect-column", "about")
    assert code == 2
    assert "there is no column 'about'" in err
    assert "评论内容" in err


def test_rows_without_the_option_stay_as_they_were(unmet, tmp_path) -> None:
    assert "given_aspects" not in annotated(unmet, tmp_path, ["很好"])[0]
