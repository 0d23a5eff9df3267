"""The benchmark of methods runs: what it asks of the training code is still there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
from training_fixtures import opinions

ROOT = Path(__file__).resolve().parents[2]


def test_methods_are_compared_on_a_small_file(opinion_base: Path, tmp_path: Path) -> None:
    for name, n, seed in (("train", 64, 1), ("test", 60, 2)):
        rows = opinions(n, seed)
        table = pl.DataFrame(
            {"text": [t for t, _ in rows], "label": ["bad good".split()[y] for _, y in rows]}
        )
        table.write_csv(tmp_path / f"{name}.csv")
    done = subprocess.run(
        [
            sys.executable, str(ROOT / "benchmarks/method_comparison.py"), "--base", str(opinion_base),
            "--labels", str(tmp_path / "train.csv"), "--test", str(tmp_path / "test.csv"), "--sizes", "16",
            "--methods", "full", "lora", "--seeds", "1",
        ],
        capture_output=True, text=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert not done.stderr, done.stderr
    head, _, *rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines()]
    assert head == ["method", "trained weights", "minutes at 16", "peak MB at 16", "accuracy at 16"]
    assert [row[0] for row in rows] == ["full", "lora"]
    assert "(100.0%)" in rows[0][1]
    assert "(100.0%)" not in rows[1][1]
    assert all(json.loads(row[-1]) > 0.5 for row in rows)  # the base knows the language
