import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from unmet.core.config import MineConfig, NeedsConfig
from unmet.core.errors import RunFolderError
from unmet.core.hashing import file_hash
from unmet.core.manifest import first_difference, read_manifest
from unmet.core.runs import InputFile, RunFolder, describe_inputs

COUNTS = {"rows": 3, "rows_by_source": {"a.csv": 3}, "documents": 2, "rejected": 1, "mentions": 0, "needs": 0}


@pytest.fixture
def inputs(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("text\n好\n", encoding="utf-8")
    return describe_inputs([file])


def write(folder, name, text):
    folder.work.mkdir(exist_ok=True)
    (folder.path / name).write_text(text, encoding="utf-8")


def do(folder, name, output, text="x"):
    with folder.stage(name, [output]):
        write(folder, output, text)


def finished(path, inputs):
    folder = RunFolder(path)
    folder.start(MineConfig(), inputs)
    do(folder, "clean", "documents.parquet")
    do(folder, "read", "work/mentions.parquet")
    do(folder, "needs", "needs.json")
    folder.finish(models={"sentiment": "linear@1"}, counts=COUNTS)
    return folder


def test_manifest_says_what_ran(tmp_path, inputs):
    folder = finished(tmp_path / "run", inputs)
    manifest = json.loads((folder.path / "manifest.json").read_text("utf-8"))
    assert manifest["status"] == "complete"
    assert manifest["inputs"][0]["sha256"] == file_hash(tmp_path / "a.csv")
    assert manifest["inputs"][0]["size_bytes"] == (tmp_path / "a.csv").stat().st_size
    assert manifest["config"]["needs"]["confidence_level"] == 0.9
    assert manifest["seed"] == 0
    assert {"python", "unmet", "numpy", "polars"} <= manifest["versions"].keys()
    assert manifest["models"] == {"sentiment": "linear@1"}
    assert manifest["counts"] == COUNTS
    assert [stage["name"] for stage in manifest["stages"]] == ["clean", "read", "needs"]
    assert all(stage["seconds"] >= 0 and stage["peak_memory_bytes"] > 1e6 for stage in manifest["stages"])
    assert manifest["outputs"] == {
        name: file_hash(folder.path / name) for name in ("documents.parquet", "needs.json")
    }
    assert not folder.work.exists()
    assert RunFolder.open(folder.path).manifest == manifest


def test_a_folder_of_inputs_is_described_file_by_file(tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("b.csv", "deep/a.csv"):
        (tmp_path / "in" / name).write_text(name)
    described = describe_inputs([tmp_path / "in"])
    assert [file.size_bytes for file in described] == [5, 10]


def test_a_killed_run_resumes_at_the_last_finished_stage(tmp_path, inputs):
    """The process is really killed, in the middle of its second stage."""
    script = textwrap.dedent("""
        import os, signal, sys
        from unmet.core.config import MineConfig
        from unmet.core.runs import RunFolder, describe_inputs
        folder = RunFolder(sys.argv[1])
        folder.start(MineConfig(), describe_inputs([sys.argv[2]]))
        with folder.stage("clean", ["documents.parquet"]):
            (folder.path / "documents.parquet").write_text("done")
        with folder.stage("needs", ["needs.json"]):
            (folder.path / "needs.json").write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
    """)
    run = tmp_path / "run"
    command = [sys.executable, "-c", script, str(run), str(tmp_path / "a.csv")]
    assert subprocess.run(command, check=False, env=dict(os.environ)).returncode == -signal.SIGKILL
    with pytest.raises(RunFolderError, match="not finished"):
        RunFolder.open(run)
    folder = RunFolder(run)
    assert folder.start(MineConfig(), inputs) == ("clean",)
    assert folder.stage_done("clean")
    assert not folder.stage_done("needs")
    do(folder, "needs", "needs.json")
    folder.finish(models={}, counts=COUNTS)
    assert RunFolder.open(run).manifest["status"] == "complete"


def test_a_failed_stage_is_not_done(tmp_path, inputs):
    folder = RunFolder(tmp_path / "run")
    folder.start(MineConfig(), inputs)
    with pytest.raises(ZeroDivisionError), folder.stage("clean", ["documents.parquet"]):
        raise ZeroDivisionError
    assert not folder.stage_done("clean")
    with (
        pytest.raises(RunFolderError, match="did not write its output"),
        folder.stage("clean", ["x.parquet"]),
    ):
        pass
    assert not folder.stage_done("clean")


@pytest.mark.parametrize(
    ("config", "size", "words"),
    [
        (MineConfig(seed=1), None, "config.seed was 0, is 1"),
        (MineConfig(needs=NeedsConfig(max_needs=9)), None, "config.needs.max_needs was 80, is 9"),
        (MineConfig(), 7, "inputs[0].size_bytes was"),
    ],
)
def test_another_run_is_refused_with_the_difference(tmp_path, inputs, config, size, words):
    finished(tmp_path / "run", inputs)
    if size:
        inputs = [InputFile(inputs[0].name, inputs[0].sha256, size)]
    with pytest.raises(RunFolderError) as caught:
        RunFolder(tmp_path / "run").start(config, inputs)
    assert words in str(caught.value)
    assert "--overwrite" in str(caught.value)


def test_other_library_versions_are_refused(tmp_path, inputs, monkeypatch):
    finished(tmp_path / "run", inputs)
    monkeypatch.setattr("unmet.core.runs.versions", lambda: {"numpy": "0.1"})
    with pytest.raises(RunFolderError, match=r"versions\.numpy was .*, is '0.1'"):
        RunFolder(tmp_path / "run").start(MineConfig(), inputs)


def test_overwrite_removes_the_old_run_and_nothing_else(tmp_path, inputs):
    folder = finished(tmp_path / "run", inputs)
    (folder.path / "notes.txt").write_text("mine")
    again = RunFolder(folder.path)
    assert again.start(MineConfig(seed=5), inputs, overwrite=True) == ()
    assert not again.stage_done("clean")
    assert sorted(p.name for p in folder.path.iterdir()) == ["manifest.json", "notes.txt"]


def test_overwrite_never_follows_a_manifest_out_of_the_folder(tmp_path, inputs):
    folder = finished(tmp_path / "run", inputs)
    manifest = read_manifest(folder.path)
    manifest["stages"][0]["outputs"] = {"../a.csv": "0"}
    (folder.path / "manifest.json").write_text(json.dumps(manifest))
    RunFolder(folder.path).start(MineConfig(seed=5), inputs, overwrite=True)
    assert (tmp_path / "a.csv").exists()


def test_a_folder_with_other_files_is_refused(tmp_path, inputs):
    with pytest.raises(RunFolderError, match="holds no run"):
        RunFolder(tmp_path).start(MineConfig(), inputs)
    with pytest.raises(RunFolderError, match="holds no run"):
        RunFolder(tmp_path / "a.csv").start(MineConfig(), inputs)


def test_a_damaged_output_makes_its_stage_run_again(tmp_path, inputs):
    folder = finished(tmp_path / "run", inputs)
    again = RunFolder(folder.path)
    again.start(MineConfig(), inputs)
    assert [again.stage_done(name) for name in ("clean", "read", "needs")] == [True, True, True]
    (folder.path / "needs.json").write_text("changed")
    # The passing table that the broken stage needs is gone, so the stage before it runs again too.
    assert [again.stage_done(name) for name in ("clean", "read", "needs")] == [True, False, False]
    do(again, "read", "work/mentions.parquet")
    assert [stage["name"] for stage in again.manifest["stages"]] == ["clean", "read"]


def test_a_redrawn_output_is_recorded(tmp_path, inputs):
    folder = finished(tmp_path / "run", inputs)
    (folder.path / "needs.json").write_text("redrawn")
    RunFolder.open(folder.path).record_output("needs.json")
    assert RunFolder.open(folder.path).manifest["outputs"]["needs.json"] == file_hash(
        folder.path / "needs.json"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no manifest.json"),
        ("{", "damaged"),
        ("[]", "another version"),
        ('{"schema_version": 1}', "no usable status"),
    ],
)
def test_no_run_or_a_broken_manifest_is_a_clear_error(tmp_path, content, words):
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(RunFolderError, match=words):
        RunFolder.open(tmp_path)


def test_first_difference_names_the_place():
    assert first_difference({"a": {"b": 1}}, {"a": {"b": 1}}, "x") is None
    assert first_difference({"a": [1]}, {"a": [1, 2]}, "x") == "x.a had 1 entries, has 2"
    assert first_difference({"a": None}, {"a": 0}, "x") == "x.a was None, is 0"
