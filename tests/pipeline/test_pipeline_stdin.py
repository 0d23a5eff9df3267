import json
import os
import subprocess
import sys

import pytest

from unmet.core.config import MineConfig
from unmet.core.errors import InputError, RunFolderError
from unmet.pipeline.mine import describe, run_mine
from unmet.sample import make_shop, write_shop


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    write_shop(make_shop(seed=3, n_reviews=200), folder)
    return folder / "reviews_zh.csv"


def mine(reviews, out):
    command = [
        sys.executable,
        "-c",
        "from unmet.cli.main import main; main()",
        "mine",
        "-",
        "--out",
        str(out),
    ]
    with reviews.open("rb") as stream:
        return subprocess.run(
            command, stdin=stream, check=False, capture_output=True, text=True, env=os.environ
        )


def test_piped_rows_make_a_run_that_the_same_pipe_resumes(reviews, tmp_path):
    first = mine(reviews, tmp_path / "run")
    assert first.returncode == 0, first.stderr
    manifest = json.loads((tmp_path / "run/manifest.json").read_text("utf-8"))
    assert [entry["name"] for entry in manifest["inputs"]] == ["-"]
    assert list(manifest["counts"]["rows_by_source"]) == ["stdin"]
    began = [stage["seconds"] for stage in manifest["stages"]]

    again = mine(reviews, tmp_path / "run")
    assert again.returncode == 0, again.stderr
    second = json.loads((tmp_path / "run/manifest.json").read_text("utf-8"))
    assert [stage["seconds"] for stage in second["stages"]] == began  # nothing was done twice
    assert second["outputs"] == manifest["outputs"]


def test_other_rows_on_the_same_pipe_are_another_run(reviews, tmp_path):
    lines = reviews.read_bytes().splitlines(keepends=True)
    shorter = tmp_path / "shorter.csv"
    shorter.write_bytes(b"".join(lines[: len(lines) // 2]))
    assert mine(shorter, tmp_path / "run").returncode == 0
    refused = mine(reviews, tmp_path / "run")
    assert refused.returncode == RunFolderError.exit_code
    assert "another run" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_patterns_and_members_are_described_by_their_files(reviews):
    described = describe([str(reviews.parent / "reviews_*.csv"), reviews])
    assert [entry.name for entry in described] == [str(reviews)]


def test_missing_input_is_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        run_mine([tmp_path / "absent.csv"], tmp_path / "run", config=MineConfig())
    assert not (tmp_path / "run").exists()
