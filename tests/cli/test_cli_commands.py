from __future__ import annotations

import json

import pytest

COMMANDS = ("demo", "check", "mine", "annotate", "verify", "report", "trace")
ROWS = 5


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(unmet, command):
    code, out, _ = unmet(command, "--help")
    assert code == 0
    assert f"unmet {command}" in out
    assert "Example" in out
    assert "--json" in out


def test_annotate_writes_one_object_per_row_in_order(unmet, reviews, tmp_path):
    target = tmp_path / "marks.jsonl"
    code, _, _ = unmet("annotate", reviews, "--out", target)
    assert code == 0
    marks = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert [mark["row"] for mark in marks] == list(range(ROWS))
    assert {"sentiment", "intensity", "aspects", "entities", "need"} <= set(marks[0])
    assert marks[0]["language"] == "zh"
    assert marks[3]["language"] == "en"


def test_annotate_keeps_the_place_of_unreadable_rows(unmet, tmp_path):
    source, target = tmp_path / "a.jsonl", tmp_path / "marks.jsonl"
    source.write_text('{"text": "很好用"}\n{broken\n{"text": "太差了"}\n', encoding="utf-8")
    code, _, _ = unmet("annotate", source, "--tasks", "sentiment", "--out", target)
    assert code == 0
    marks = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert [mark["row"] for mark in marks] == [0, 1, 2]
    assert [mark["rejected"] is None for mark in marks] == [True, False, True]


def test_unknown_column_is_exit_2_and_lists_the_columns(unmet, reviews):
    code, _, err = unmet("annotate", reviews, "--text-column", "review")
    assert code == 2
    assert "评论内容" in err
    assert "Traceback" not in err


def test_missing_file_is_exit_2_and_named(unmet, tmp_path):
    code, _, err = unmet("mine", tmp_path / "nothing.csv", "--out", tmp_path / "run")
    assert code == 2
    assert "nothing.csv" in err


def test_bad_map_is_exit_2(unmet, reviews, tmp_path):
    code, _, err = unmet("mine", reviews, "--map", "text:评论", "--out", tmp_path / "run")
    assert code == 2
    assert "--map" in err


def test_errors_as_json_are_json(unmet, tmp_path):
    code, _, err = unmet("verify", tmp_path, "--json")
    assert code == 1
    assert json.loads(err)["error"]["where"] == str(tmp_path)


def test_check_says_what_is_there(unmet, reviews):
    code, out, _ = unmet("check", reviews)
    assert code == 0
    assert "评论内容" in out
    assert "5 rows" in out


def test_check_json_has_sources_and_cleaning(unmet, reviews):
    code, out, _ = unmet("check", reviews, "--json")
    assert code == 0
    found = json.loads(out)
    assert found["cleaning"]["rows_in"] == ROWS
    mapping = {entry["field"]: entry["column"] for entry in found["sources"][0]["mapping"]}
    assert mapping["text"] == "评论内容"
