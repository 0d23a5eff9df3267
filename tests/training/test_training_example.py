"""The founding example runs as a script and as a notebook, on made reviews."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from training_fixtures import opinions

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    folder = tmp_path / "data/reviews_zh"
    folder.mkdir(parents=True)
    rows = opinions(400, 1)
    table = pl.DataFrame({"cat": ["x"] * 400, "label": [y for _, y in rows], "review": [t for t, _ in rows]})
    table.write_csv(folder / "online_shopping_10_cats.csv")
    return folder / "online_shopping_10_cats.csv"


def load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown(said: str) -> dict[str, dict[str, float]]:
    """Figures of the lines ``…dev: …`` and ``test: …``."""
    found = {}
    for name, rest in re.findall(r"^(.*dev.*|test): (accuracy.*)$", said, re.MULTILINE):
        found[name] = {key: float(value) for key, value in re.findall(r"(\w+) ([\d.]+)", rest)}
    return found


@pytest.mark.slow
def test_the_script_prints_loss_and_the_four_figures(
    reviews: Path, opinion_base: Path, tmp_path: Path, capsys: Any
) -> None:
    script = load(ROOT / "examples/finetune_sentiment.py")
    given = ["--reviews", reviews, "--base", opinion_base, "--epochs", 2, "--out", tmp_path / "model"]
    script.main([str(word) for word in (*given, "--learning-rate", 1e-3)])
    said = capsys.readouterr().out
    losses = [float(x) for x in re.findall(r"epoch \d, loss ([\d.]+), dev", said)]
    assert len(losses) == 2
    assert losses[1] < losses[0]
    found = shown(said)
    assert len(found) == 4  # two epochs, the best one, test
    assert all(set(figures) == {"accuracy", "f1", "precision", "recall"} for figures in found.values())
    assert found["test"]["f1"] > 0.9
    assert (tmp_path / "model/finetune.json").is_file()


def test_parts_share_no_text_and_lose_no_row(reviews: Path, tmp_path: Path) -> None:
    script = load(ROOT / "examples/finetune_sentiment.py")
    files = script.split_reviews(reviews, tmp_path, 300)
    parts = {name: pl.read_csv(path) for name, path in files.items()}
    assert sum(len(part) for part in parts.values()) == 300
    texts = {name: set(part["text"]) for name, part in parts.items()}
    assert not texts["train"] & (texts["dev"] | texts["test"])
    assert set(parts["train"]["label"]) == {"negative", "positive"}


def test_without_data_it_says_so_and_does_nothing(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setenv("UNMET_DATA", str(tmp_path))
    load(ROOT / "examples/finetune_sentiment.py").main([])
    assert "set UNMET_DATA" in capsys.readouterr().out


@pytest.mark.slow
def test_the_notebook_is_fresh_and_its_cells_run(reviews: Path, monkeypatch: Any, capsys: Any) -> None:
    written = (ROOT / "examples/finetune_sentiment.ipynb").read_text("utf-8")
    assert written == load(ROOT / "scripts/write_notebook.py").notebook(), (
        "run: python scripts/write_notebook.py"
    )
    monkeypatch.setenv("UNMET_DATA", str(reviews.parents[1]))
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    names: dict[str, Any] = {}
    for cell in json.loads(written)["cells"]:
        if cell["cell_type"] == "code":
            code = "".join(cell["source"])
            code = re.sub(
                "ROWS, PRETRAIN_STEPS, EPOCHS = .*", "ROWS, PRETRAIN_STEPS, EPOCHS = 300, 20, 1", code
            )
            exec(compile(code, "notebook", "exec"), names)
    sys.modules.pop("finetune_sentiment", None)
    assert {"dev, best epoch", "test"} < set(shown(capsys.readouterr().out))
