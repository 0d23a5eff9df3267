"""`unmet pretrain` and `unmet finetune` from the command line: a model from two files, and clear refusals."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from unmet.sample import make_small_shop

pytest.importorskip("torch", reason="training needs the extra: pip install 'unmet[train]'")


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "unmet.cli.main", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_from_reviews_to_a_model_with_two_heads(unmet: Any, tmp_path: Path) -> None:
    reviews = make_small_shop(seed=2).reviews
    rows = [(t, r) for t, r in reviews.select("text", "rating").iter_rows() if t and r]
    texts = tmp_path / "reviews.jsonl"
    texts.write_text("".join(json.dumps({"text": t}) + "\n" for t, _ in rows), "utf-8")
    rows = rows[:300]
    labels = tmp_path / "labels.jsonl"
    labels.write_text("".join(json.dumps({"text": t, "label": int(r >= 4)}) + "\n" for t, r in rows), "utf-8")
    stars = tmp_path / "stars.jsonl"
    stars.write_text("".join(json.dumps({"text": t, "stars": float(r)}) + "\n" for t, r in rows), "utf-8")
    size = ("--size", "tiny", "--steps", 20, "--max-tokens", 48, "--vocabulary", 800, "--threads", 1)
    done = command("pretrain", "--corpus", texts, "--out", tmp_path / "lm", *size)
    assert done.returncode == 0, done.stderr
    assert "perplexity" in done.stdout
    tasks = ("--task", f"happy={labels}", "--task", f"stars={stars}")
    heads = tmp_path / "heads"
    rest = ("--epochs", 1, "--threads", 1, "--out", heads, "--json")
    done = command("finetune", "--base", tmp_path / "lm", *tasks, *rest)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told["measures"]) == {"happy", "stars"}
    assert "LOAD REPORT" not in done.stderr
    assert (heads / "encoder" / "config.json").is_file()

    def told_by(*arguments: object) -> dict[str, Any]:
        """In this process, which has loaded torch already."""
        code, out, err = unmet(*arguments, "--epochs", 1, "--threads", 1, "--json")
        assert code == 0, err
        found: dict[str, Any] = json.loads(out)
        return found

    found = ("--trials", 1, "--search", "dropout")
    told = told_by("tune", "--base", tmp_path / "lm", *tasks[:2], "--out", tmp_path / "tuned", *found)
    assert set(told["settings"]) == {"dropout"}
    few = ("--size", "tiny", "--task", f"happy={labels}", "--unlabelled", texts)
    told = told_by("distill", "--teacher", heads, *few, "--out", tmp_path / "student")
    assert set(told["measures"]) == {"happy"}
    bare = ("--size", "tiny", "--unlabelled", texts)
    told = told_by("distill", "--teacher", tmp_path / "lm", *bare, "--out", tmp_path / "v")
    assert set(told["measures"]["vectors"]) == {"cosine", "spearman"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pretrain", "--corpus", "none.csv", "--out", "x"), "none.csv"),
        (("finetune", "--base", "none", "--task", "a", "--out", "x"), "NAME=FILE"),
        (
            ("finetune", "--base", "none", "--task", "a=b.csv", "--dev", "c=d.csv", "--out", "x"),
            "names no task",
        ),
        (("distill", "--teacher", "none", "--out", "x"), "no texts to learn"),
        (
            ("distill", "--teacher", "none", "--task", "a=b.csv", "--parallel", "c.csv", "--out", "x"),
            "no tasks",
        ),
    ],
)
def test_bad_arguments_get_a_message(
    unmet: Any, arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    code, _, said = unmet(*[str(tmp_path / a) if a == "x" else a for a in arguments])
    assert code == 2
    assert message in said
    assert "Traceback" not in said
