"""`unmet evaluate`, `unmet models` and `unmet export`: measures with intervals, of every kind of model."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from inference_fixtures import shared_folder, shared_package, shared_tier

ROWS = [
    ("质量太差，用了一天就坏了", "negative"),
    ("很好用，非常满意", "positive"),
    ("Terrible. It broke.", "negative"),
    ("The strap is great and I love it", "positive"),
    ("物流很快，包装很好", "positive"),
    ("屏幕太暗了，很失望", "negative"),
    ("好", "negative"),
    ("The battery is good", "positive"),
]


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.jsonl"
    path.write_text("\n".join(json.dumps({"text": t, "label": y}) for t, y in ROWS), encoding="utf-8")
    return path


def model_paths() -> dict[str, str]:
    package = shared_package()
    return {
        "linear": "linear",
        "tier": str(shared_tier()),
        "encoder": str(package),
        "finetuned": str(shared_folder() / "built" / "model"),
    }


@pytest.mark.parametrize("kind", ["linear", "tier", "encoder", "finetuned"])
def test_every_kind_of_model_is_measured(unmet, labelled, kind) -> None:
    model = model_paths()[kind]
    code, out, err = unmet("evaluate", model, labelled, "--task", "sentiment", "--json")
    assert code == 0, err
    found = json.loads(out)
    assert found["rows"] == len(ROWS)
    assert "@" in found["model"]
    accuracy = found["measures"]["accuracy"]
    assert 0 <= accuracy["low"] <= accuracy["value"] <= accuracy["high"] <= 1
    assert accuracy["low"] < accuracy["high"]
    if kind in ("linear", "tier"):
        assert accuracy["value"] >= 0.75
    code, out, _ = unmet("evaluate", model, labelled, "--task", "sentiment")
    assert code == 0
    assert "macro_f1" in out


def test_package_and_its_source_agree(unmet, labelled) -> None:
    values = [
        json.loads(unmet("evaluate", model_paths()[kind], labelled, "--task", "sentiment", "--json")[1])
        for kind in ("encoder", "finetuned")
    ]
    first, second = (value["measures"]["brier"]["value"] for value in values)
    assert first == pytest.approx(second, abs=0.05)


def test_what_cannot_be_measured_is_said(unmet, labelled, tmp_path) -> None:
    cases = {
        ("evaluate", "linear", labelled): "several tasks",
        ("evaluate", "linear", labelled, "--task", "mood"): "no task 'mood'",
        ("evaluate", "linear", labelled, "--task", "intensity"): "unknown to the task",
        ("evaluate", "linear", labelled, "--task", "given_aspect"): "no labels for given_aspect",
        ("evaluate", "linear", labelled, "--task", "opinions"): "unknown to the task",
        ("evaluate", "linear", tmp_path / "gone.csv", "--task", "need"): "no such file",
    }
    for arguments, message in cases.items():
        code, _, err = unmet(*arguments)
        assert code == 2, arguments
        assert message in err, err
    assert "no folder 'nowhere'" in unmet("evaluate", "nowhere", labelled)[2]


def test_the_other_tasks_of_a_tier(unmet, tmp_path) -> None:
    tables = {
        "need": [{"text": "希望增加静音模式。", "label": 1}, {"text": "很好", "label": 0}],
        "intensity": [{"text": t, "valence": v, "arousal": 5.0} for t, v in (("很好", 7.5), ("太差了", 2.0))],
        "opinions": [{"text": "屏幕太暗了", "spans": json.dumps([[0, 2, "ASPECT"], [2, 4, "OPINION"]])}],
        "entities": [{"text": "小米 14 手机壳", "spans": json.dumps([[0, 2, "brand"]])}],
        "given_aspect": [
            {"text_a": "屏幕很好，就是电池太差。", "text_b": "电池", "label": "negative"},
            {"text_a": "屏幕很好，就是电池太差。", "text_b": "屏幕", "label": "positive"},
        ],
        "given_intensity": [
            {"text_a": "屏幕很好。", "text_b": "屏幕", "valence": 7.0, "arousal": 5.0},
            {"text_a": "电池太差。", "text_b": "电池", "valence": 2.0, "arousal": 6.0},
        ],
    }
    main = {"need": "f1_at_threshold", "given_aspect": "accuracy"}
    for task, rows in tables.items():
        path = tmp_path / f"{task}.jsonl"
        path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
        code, out, err = unmet("evaluate", "linear", path, "--task", task, "--json")
        assert code == 0, err
        measures = json.loads(out)["measures"]
        if task in main:
            assert measures[main[task]]["value"] > 0.5, task
        assert ("ece" in measures) == (task == "need"), task


def test_stress_tells_what_every_change_costs(unmet, labelled) -> None:
    code, out, err = unmet("evaluate", "linear", labelled, "--task", "sentiment", "--stress", "--json")
    assert code == 0, err
    stress = json.loads(out)["stress"]
    assert set(stress["changes"]) == {"typo", "homophone", "emoji", "traditional", "whitespace", "code_mix"}
    assert stress["changes"]["emoji"]["rows"] == len(ROWS)
    # The linear tier folds traditional characters, so nothing may change.
    assert stress["changes"]["traditional"]["difference"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert stress["changes"]["traditional"]["rows"] > 0
    assert stress["negation"]["rows"] > 0
    assert set(stress["bias"]) == {"gender", "region", "age"}
    for found in stress["bias"].values():
        assert found["gap"]["low"] <= found["gap"]["value"] <= found["gap"]["high"]
    lines = unmet("evaluate", "linear", labelled, "--task", "sentiment", "--stress")[1]
    assert "gender swap" in lines


def test_models_are_listed_shown_and_removed(unmet, tmp_path) -> None:
    folder = Path(shutil.copytree(shared_package(), tmp_path / "all" / "mine"))
    shutil.copytree(shared_tier(), tmp_path / "all" / "tier")
    listed = json.loads(unmet("models", "list", tmp_path / "all", "--json")[1])
    assert [entry["kind"] for entry in listed if str(tmp_path) in entry["where"]] == ["encoder", "tier"]
    assert listed[0]["model"].startswith("linear@")
    shown = json.loads(unmet("models", "show", folder, "--json")[1])
    assert shown["model"] == "tiny@3"
    assert {head["name"] for head in shown["heads"]} >= {"sentiment", "need"}
    assert "tiny@3" in unmet("models", "show", tmp_path / "all" / "tier")[1]
    assert json.loads(unmet("models", "show", "linear", "--json")[1])["versions"]["need"].startswith("need")
    assert json.loads(unmet("models", "remove", folder, "--json")[1])["removed"] is False
    assert folder.is_dir()
    assert unmet("models", "remove", folder, "--yes")[0] == 0
    assert not folder.exists()


def test_only_models_are_removed(unmet, tmp_path) -> None:
    from unmet.models.catalog import PACKAGES

    (tmp_path / "photos").mkdir()
    for path, message in (
        (tmp_path / "photos", "no model"),
        (PACKAGES / "linear", "belongs to the installation"),
    ):
        code, _, err = unmet("models", "remove", path, "--yes")
        assert code == 2
        assert message in err
    assert (tmp_path / "photos").is_dir()
    assert (PACKAGES / "linear").is_dir()


def test_models_are_compared_on_the_same_rows(unmet, labelled) -> None:
    code, out, err = unmet(
        "models", "compare", "linear", shared_package(), "--data", labelled, "--task", "sentiment", "--json"
    )
    assert code == 0, err
    first, second = json.loads(out)
    assert first["gain"] is None
    main = first["main"]
    gap = second["measures"][main]["value"] - first["measures"][main]["value"]
    assert second["gain"]["value"] == pytest.approx(gap)
    assert second["gain"]["low"] <= second["gain"]["value"] <= second["gain"]["high"]
    assert unmet("models", "compare", "linear", "--data", labelled)[0] == 2


def test_export_prints_both_precisions(unmet, labelled, tmp_path) -> None:
    source, out = model_paths()["finetuned"], tmp_path / "out"
    code, text, err = unmet("export", source, "--out", out, "--calibrate", f"sentiment={labelled}")
    assert code == 0, err
    for part in ("fp32  raw", "fp32  calibrated", "int8  raw", "int8  calibrated", "abstains below", "ece"):
        assert part in text
    marks = tmp_path / "marks.jsonl"
    assert unmet("annotate", labelled, "--tier", out, "--tasks", "sentiment", "--out", marks)[0] == 0
    assert len(marks.read_text("utf-8").splitlines()) == len(ROWS)


def test_tiers_are_run_and_measured_without_torch(labelled) -> None:
    code = f"""
import sys
sys.modules["torch"] = None
sys.modules["transformers"] = None
sys.argv = ["unmet", "evaluate", {str(shared_tier())!r}, {str(labelled)!r}, "--task", "sentiment"]
from unmet.cli.main import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "accuracy" in done.stdout


def test_a_tier_takes_the_better_model_of_each_task(unmet, labelled, tmp_path) -> None:
    intensity = tmp_path / "intensity.jsonl"
    values = {"negative": 2.5, "positive": 7.0}
    rows = [{"text": t, "valence": values[y], "arousal": 5.0 + 0.1 * n} for n, (t, y) in enumerate(ROWS)]
    intensity.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    folder = tmp_path / "tier"
    given = ("--data", f"sentiment={labelled}", "--data", f"intensity={intensity}", "--out", folder)
    code, out, err = unmet("models", "join", shared_package(), *given, "--json")
    assert code == 0, err
    for choice in json.loads(out):
        assert set(choice["values"]) == {"linear", "encoder", "join"}
        best = max(choice["values"].values())
        assert choice["values"][choice["by"]] == best
        assert choice["gain"]["value"] >= -1e-9 or choice["by"] == "linear"
    told = json.loads((folder / "tier.json").read_text("utf-8"))
    assert set(told["tasks"]) == {"sentiment", "intensity"}
    # A random encoder is no better than n-grams that know the texts.
    assert told["tasks"]["sentiment"]["by"] in ("linear", "join")
    assert ("abstain_below" in told["tasks"]["sentiment"]) == (told["tasks"]["sentiment"]["by"] == "join")
    code, out, err = unmet("evaluate", folder, labelled, "--task", "sentiment", "--json")
    assert code == 0, err
    assert json.loads(out)["measures"]["accuracy"]["value"] >= 0.75
    assert unmet("models", "join", shared_package(), "--data", f"mood={labelled}", "--out", folder)[0] == 2
