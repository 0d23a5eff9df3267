"""Methods from the command line: few labels, self-training, combining, stages, selecting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="training needs the extra: pip install 'unmet[train]'")

WORDS = {"bad": "太差 坏了 难看 awful broken".split(), "good": "很好 耐用 漂亮 great sturdy".split()}
ROWS = [
    {"text": f"{part} {word} {end}", "label": label}
    for label, words in WORDS.items()
    for word in words
    for part in ("电池", "屏幕", "battery", "strap")
    for end in ("。", "ok")
]
QUICK = ("--epochs", 1, "--learning-rate", 1e-3, "--max-tokens", 24, "--json")


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base with random weights, labels, and texts without labels."""
    from unmet.core.config import CorpusConfig, PretrainConfig
    from unmet.training.architectures import new_model
    from unmet.training.preparing import prepare
    from unmet.training.pretraining import save_model

    place = tmp_path_factory.mktemp("methods")
    texts = write(place / "texts.jsonl", [{"text": f"{row['text']} 总之 好 差"} for row in ROWS])
    write(place / "labels.jsonl", ROWS)
    write(place / "other.jsonl", [{**row, "text": f"嗯 {row['text']}"} for row in ROWS])
    config = CorpusConfig(max_tokens=24, vocabulary=400, min_frequency=1, held_out_share=0.1)
    _, reader = prepare([texts], place / "base", base=None, never=(), mapping={}, config=config)
    save_model(new_model(PretrainConfig(size="tiny"), reader, 24), place / "base")
    return place


@pytest.fixture
def mood(unmet: Any, folder: Path) -> Path:
    out = folder / "heads"
    if not out.exists():
        task = f"mood={folder / 'labels.jsonl'}"
        code, _, said = unmet("finetune", "--base", folder / "base", "--task", task, "--out", out, *QUICK)
        assert code == 0, said
    return out


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--method", "setfit"), {"few_shot": "setfit"}),
        (
            ("--method", "pet", "--pattern", "{text} 总之 [MASK]", "--verbalizer", "good=好", "--verbalizer",
             "bad=差", "--unlabelled", "{other}"),
            {"few_shot": "pet"},
        ),
        (("--unlabelled", "{other}", "--confidence", "0.5", "--rounds", "1"), {"self_training": 0.5}),
        (("--augment", "eda", "--average-epochs", "2", "--precision", "bf16"), {}),
        (("--augment", "mlm", "--augment-model", "{base}", "--augment-copies", "2"), {}),
    ],
)  # fmt: skip
def test_ways_to_fine_tune(
    unmet: Any, folder: Path, tmp_path: Path, given: Any, told: dict[str, Any]
) -> None:
    places = {"other": folder / "other.jsonl", "base": folder / "base"}
    words = [w if "{text}" in w else w.format(**places) for w in given]
    task = f"mood={folder / 'labels.jsonl'}"
    code, out, said = unmet(
        "finetune", "--base", folder / "base", "--task", task, "--out", tmp_path, *words, *QUICK
    )
    assert code == 0, said
    assert set(json.loads(out)["measures"]) == {"mood"}
    written = json.loads((tmp_path / "finetune.json").read_text("utf-8"))
    for key, value in told.items():
        assert value in (written[key].get("method"), written[key].get("confidence"))


def test_vectors_are_taught_across_languages(unmet: Any, folder: Path, tmp_path: Path) -> None:
    rows = [{"zh": f"嗯 {row['text']}", "en": row["text"]} for row in ROWS]
    pairs = write(tmp_path / "pairs.jsonl", [*rows, {"zh": "", "en": "left out"}])
    given = ("distill", "--teacher", folder / "base", "--parallel", pairs, "--out", tmp_path / "out", *QUICK)
    code, out, said = unmet(*given, "--columns", "en,zh")
    assert code == 0, said
    assert set(json.loads(out)["measures"]["vectors"]) == {"cosine", "spearman", "translation_top1"}
    for columns, message in (("en", "not two columns"), ("en,de", "no text column")):
        code, _, said = unmet(*given, "--columns", columns)
        assert code == 2
        assert message in said


def test_models_are_combined(unmet: Any, folder: Path, mood: Path, tmp_path: Path) -> None:
    task = ("--task", f"mood={folder / 'other.jsonl'}")
    code, out, said = unmet(
        "combine", mood, mood, *task, "--how", "soup", "--out", tmp_path / "soup", "--json"
    )
    assert code == 0, said
    found = json.loads(out)
    assert found["measures"]["mood"] == found["single"][str(mood)]["mood"]  # the mean of a model and itself
    code, out, _ = unmet("combine", mood, mood, *task, "--how", "ensemble", "--out", tmp_path / "both")
    assert code == 0
    assert "ensemble.json" in out


def test_stages_are_learnt_in_order(unmet: Any, folder: Path, tmp_path: Path) -> None:
    stages = ("--stage", f"a={folder / 'labels.jsonl'}", "--stage", f"b={folder / 'other.jsonl'}")
    given = ("continual", "--base", folder / "base", *stages, "--out", tmp_path, *QUICK)
    code, out, said = unmet(*given)
    assert code == 0, said
    found = json.loads(out)
    assert found["stages"] == ["a", "b"]
    assert len(found["matrix"]) == 3
    code, out, _ = unmet(*given[:-1], "--own-heads")
    assert code == 0
    assert "backward transfer" in out


def test_texts_to_label_are_selected(unmet: Any, folder: Path, mood: Path, tmp_path: Path) -> None:
    given = ("select", "--model", mood, "--task", "mood", "--pool", folder / "other.jsonl", "--n", 5,
             "--labelled", folder / "labels.jsonl", "--out", tmp_path)  # fmt: skip
    code, out, said = unmet(*given, "--json")
    assert code == 0, said
    assert json.loads(out)["stop"] is None
    code, out, _ = unmet(*given)
    assert code == 0
    assert "to_label-002.csv" in out
    assert "go on" in out


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("--method", "pet"), "label texts that have no label"),
        (("--method", "setfit", "--unlabelled", "{other}"), "no use for"),
        (("--pattern", "x"), "belong to --method pet"),
        (("--method", "pet", "--verbalizer", "good"), "not LABEL=WORD"),
        (("--augment", "back-translation"), "no model to translate with"),
        (("--precision", "int3"), "no precision"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    unmet: Any, folder: Path, tmp_path: Path, given: Any, message: str
) -> None:
    words = [w.format(other=folder / "other.jsonl") for w in given]
    task = f"mood={folder / 'labels.jsonl'}"
    code, _, said = unmet("finetune", "--base", folder / "base", "--task", task, "--out", tmp_path, *words)
    assert code == 2
    assert message in said
    assert "Traceback" not in said
