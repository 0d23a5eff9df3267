"""Labelled files become tasks and windows; what cannot be read is refused with file and row."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_fixtures import Prepared

from unmet.core.errors import InputError
from unmet.training.tasks import Examples, Task, read_task, scaled, unscaled
from unmet.training.windows import NO_TAG, make_windows, pad_windows, read_spans, tag_tokens


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_tell_the_kind(tmp_path: Path) -> None:
    files = {
        "flag": "text,label\n希望有小号,1\n很好,0\n",
        "classes": "review,label\n好,positive\n差,negative\n一般,neutral\n",
        "pairs": "text_a,text_b,label\n怎么退货,如何退款,1\n怎么退货,几点发货,0\n",
        "scores": "text,valence,arousal\n好,7.5,5\n差,2.0,6\n",
        "vectors": "text_a,text_b\n电池,battery\n屏幕,screen\n",
        "tags": 'text,spans\n电池耐用,"[[0, 2, ""aspect""]]"\n很好,[]\n',
    }
    for kind, text in files.items():
        task, examples = read_task(kind, written(tmp_path / f"{kind}.csv", text))
        assert task.kind == kind
        assert len(examples) == text.count("\n") - 1


def test_packed_json_lines_read_like_csv(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress('{"text": "好", "label": "p"}\n{"text": "差", "label": "n"}\n'.encode()))
    task, examples = read_task("sentiment", path)
    assert task.labels == ("n", "p")
    assert examples.targets.tolist() == [1, 0]


def test_labels_may_be_soft(tmp_path: Path) -> None:
    text = "text,label,p:good,p:bad\n好,good,0.8,0.2\n差,bad,,\n行,good,0.4,0.6\n"
    task, examples = read_task("mood", written(tmp_path / "a.csv", text))
    assert task.labels == ("bad", "good")
    assert np.allclose(examples.targets, [[0.2, 0.8], [1, 0], [0.6, 0.4]])
    assert examples.truth(task).tolist() == [1, 0, 0]
    assert examples.take(np.array([2])).targets.shape == (1, 2)


@pytest.mark.parametrize(
    ("row", "message"),
    [("0.8,0.1", "sum to 1"), ("1.2,-0.2", "sum to 1"), ("0.8,", "sum to 1"), (None, "no column 'p:bad'")],
)
def test_soft_labels_that_are_none_are_refused(tmp_path: Path, row: str | None, message: str) -> None:
    columns = "text,label,p:good" if row is None else "text,label,p:good,p:bad"
    path = written(
        tmp_path / "a.csv", f"{columns}\n差,bad{',' * columns.count('p:')}\n好,good,{row or 1.0}\n"
    )
    with pytest.raises(InputError, match=message) as caught:
        read_task("mood", path)
    assert row is None or "row 2" in str(caught.value.where)


def test_scores_are_scaled_and_back(tmp_path: Path) -> None:
    text = "text,valence,arousal\n好,7.5,5\n差,2.0,6\n中,5,5.5\n"
    task, examples = read_task("intensity", written(tmp_path / "a.csv", text))
    assert (task.lowest, task.highest) == ((2.0, 5.0), (7.5, 6.0))
    assert examples.targets.min() == 0
    assert examples.targets.max() == 1
    back = unscaled(examples.targets, task)
    assert np.allclose(back, [[7.5, 5], [2, 6], [5, 5.5]])
    assert np.allclose(scaled(back, task), examples.targets)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text,label\n好,p\n差,strange\n", "row 2.*unknown"),
        ("nothing,label\n好,p\n", "no text column"),
        ("text,weird\n好,x\n", "no label found"),
        ("text,valence\n好,7\n差,\n", "row 2.*missing"),
        ('text,spans\n好,"[[0]]"\n', "row 1.*spans"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, text: str, message: str) -> None:
    like = Task("s", "classes", ("n", "p")) if "strange" in text else None
    with pytest.raises(InputError, match=r"(?s)" + message.rsplit(".*", maxsplit=1)[-1]) as caught:
        read_task("s", written(tmp_path / "a.csv", text), like)
    if ".*" in message:
        assert message.split(".*", maxsplit=1)[0] in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_task("s", tmp_path / "none.csv")


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(1, 4), st.sampled_from("ab")), max_size=6))
def test_spans_survive_tags(raw: list[tuple[int, int, str]]) -> None:
    task = Task("t", "tags", ("a", "b"))
    offsets = np.array([[i, i + 1] for i in range(24)])
    spans, end = [], -1
    for start, length, kind in sorted(raw):
        if start > end:
            spans.append((start, start + length, kind))
            end = start + length - 1
    assert read_spans(tag_tokens(offsets, spans, task), offsets, task) == spans


def test_an_inside_tag_without_beginning_begins_a_span() -> None:
    task = Task("t", "tags", ("a", "b"))
    offsets = np.array([[0, 1], [1, 2], [2, 3], [3, 4]])
    assert read_spans(np.array([2, 2, 4, 0]), offsets, task) == [(0, 2, "a"), (2, 3, "b")]


def test_long_texts_are_read_whole_in_windows(prepared: Prepared) -> None:
    text = "电池很耐用，充一次电可以用两天。" * 12
    task = Task("t", "tags", ("aspect",))
    examples = Examples([text, "好"], [], np.zeros(0), [[(0, 2, "aspect")], []])
    windows = make_windows(task, examples, prepared.reader, 32)
    own = [n for n in range(len(windows)) if windows.example[n] == 0]
    assert len(own) > 3
    inner = [i for n in own for i in windows.ids[n][1:-1]]
    assert inner == prepared.reader.encode_batch([text])[0].ids
    assert max(windows.lengths) <= 32
    assert all(tags[0] == tags[-1] == NO_TAG for tags in windows.tags)


def test_pairs_that_do_not_fit_are_counted(prepared: Prepared) -> None:
    task = Task("m", "pairs", ("0", "1"))
    examples = Examples(["短", "很长的一句话" * 20], ["也短", "对应的另一句话" * 20], np.array([1, 0]), [])
    windows = make_windows(task, examples, prepared.reader, 40)
    assert windows.n_shortened == 1
    assert max(windows.lengths) <= 40
    batch = pad_windows(windows, np.arange(2), prepared.reader.pad)
    assert batch.segments.max() == 1
    assert batch.attention.sum(axis=1).tolist() == windows.lengths.tolist()
