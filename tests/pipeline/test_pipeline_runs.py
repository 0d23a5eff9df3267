"""Whole runs: the same bytes however they were made, resumable, complete, honest about what is missing."""

from __future__ import annotations

import csv
import functools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from unmet.core.config import MineConfig, NeedsConfig
from unmet.core.errors import RunFolderError
from unmet.core.runs import RunFolder
from unmet.needs.verifying import verify_run
from unmet.pipeline import mine as mine_stage
from unmet.pipeline import reading_texts
from unmet.pipeline.mine import run_mine

STABLE = ("needs.json", "documents.parquet", "mentions.parquet", "rejected.parquet", "quality.json")


def content(run: Path, name: str = "needs.json") -> bytes:
    return (run / name).read_bytes()


def needs_of(run: Path) -> dict:
    return json.loads(content(run))


def write_table(path: Path, columns: list[str], rows: list[tuple[object, ...]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([columns, *rows])
    return path


def test_a_run_has_needs_and_verifies(run_folder) -> None:
    outcome = verify_run(run_folder)
    assert outcome.ok, [str(d) for d in outcome.differences]
    assert len(needs_of(run_folder)["needs"]) >= 5
    assert not (run_folder / "work").exists()
    RunFolder.open(run_folder)


def test_two_runs_are_the_same_bytes(run_folder, shop_files, tmp_path) -> None:
    run_mine(shop_files, tmp_path / "again", config=MineConfig(), workers=1)
    assert [name for name in STABLE if content(run_folder, name) != content(tmp_path / "again", name)] == []


def test_processes_and_chunks_change_nothing(run_folder, shop_files, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(reading_texts, "PARALLEL_FROM", 0)
    small = functools.partial(reading_texts.read_texts, chunk_documents=190)
    monkeypatch.setattr(mine_stage, "read_texts", small)
    run_mine(shop_files, tmp_path / "parallel", config=MineConfig(), workers=2)
    assert content(tmp_path / "parallel") == content(run_folder)


def test_rows_read_at_once_change_nothing_but_the_setting(run_folder, shop_files, tmp_path) -> None:
    run_mine(shop_files, tmp_path / "few", config=MineConfig(chunk_rows=64), workers=1)
    assert needs_of(tmp_path / "few")["needs"] == needs_of(run_folder)["needs"]
    for name in ("documents.parquet", "rejected.parquet"):
        assert pl.read_parquet(tmp_path / "few" / name).equals(pl.read_parquet(run_folder / name)), name


KILLED = """
import functools, os, signal, sys
from pathlib import Path
from unmet.core.config import MineConfig
from unmet.pipeline import mine, reading_texts

def progress(stage, rows=None):
    if stage == "reading" and rows >= 150:
        os.kill(os.getpid(), signal.SIGKILL)

mine.read_texts = functools.partial(reading_texts.read_texts, chunk_documents=50)
mine.run_mine(sys.argv[2:], sys.argv[1], config=MineConfig(), workers=1, progress=progress)
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_a_run_killed_while_reading_resumes(run_folder, shop_files, tmp_path, monkeypatch) -> None:
    out = tmp_path / "killed"
    done = subprocess.run([sys.executable, "-c", KILLED, out, *shop_files], check=False)
    assert done.returncode == -signal.SIGKILL
    with pytest.raises(RunFolderError, match="not finished"):
        verify_run(out)
    parts = sorted((out / "work").glob("mentions.*.parts/*.parquet"))
    assert len(parts) == 3
    told: list[tuple[str, int | None]] = []
    small = functools.partial(reading_texts.read_texts, chunk_documents=50)
    monkeypatch.setattr(mine_stage, "read_texts", small)
    run_mine(shop_files, out, config=MineConfig(), progress=lambda s, rows=None: told.append((s, rows)))
    assert "cleaning" not in [stage for stage, _ in told], "a finished stage ran again"
    assert next(rows for stage, rows in told if stage == "reading") == 200, "finished chunks were read again"
    assert content(out) == content(run_folder)
    assert verify_run(out).ok


def test_a_chunk_of_other_documents_is_never_taken_up(run_folder, tmp_path) -> None:
    documents = pl.read_parquet(run_folder / "documents.parquet")
    first, second = tmp_path / "first.parquet", tmp_path / "second.parquet"
    documents.head(40).write_parquet(first)
    documents.slice(40, 40).write_parquet(second)
    work = tmp_path / "work"
    key = reading_texts._key(first, "linear", 40)
    work.joinpath(f"m.{key}.parts").mkdir(parents=True)
    pl.DataFrame({"wrong": [1]}).write_parquet(work / f"m.{key}.parts" / f"{0:012d}.parquet")
    reading_texts.read_texts(second, work / "m.parquet", tier="linear", workers=1, chunk_documents=40)
    found = set(pl.read_parquet(work / "m.parquet")["document_id"])
    assert found
    assert found <= set(documents.slice(40, 40)["document_id"])


def test_the_same_command_again_does_nothing(run_folder, shop_files) -> None:
    before = content(run_folder, "report.html")
    told: list[str] = []
    run_mine(shop_files, run_folder, config=MineConfig(), progress=lambda s, rows=None: told.append(s))
    assert told == []
    assert content(run_folder, "report.html") == before


@pytest.mark.parametrize(
    ("config", "named"),
    [
        (MineConfig(seed=7), "seed was 0, is 7"),
        (MineConfig(needs=NeedsConfig(min_mentions=3)), "min_mentions was 8, is 3"),
        (MineConfig(language="en"), "language"),
    ],
)
def test_another_configuration_is_refused_by_name(run_folder, shop_files, config, named) -> None:
    before = content(run_folder)
    with pytest.raises(RunFolderError, match=named) as caught:
        run_mine(shop_files, run_folder, config=config)
    assert "--overwrite" in str(caught.value)
    assert content(run_folder) == before


def test_other_inputs_are_refused_by_name(run_folder, shop_files) -> None:
    with pytest.raises(RunFolderError, match="inputs"):
        run_mine(shop_files[:1], run_folder, config=MineConfig())


def test_every_input_row_is_kept_or_rejected(run_folder, shop_files) -> None:
    kept = pl.read_parquet(run_folder / "documents.parquet").select("source", "row")
    rejected = pl.read_parquet(run_folder / "rejected.parquet").select("source", "row")
    rows = pl.concat([kept, rejected])
    assert len(shop_files) == 2
    assert rows["source"].n_unique() == 2
    assert rows.is_unique().all()
    for source, found in rows.group_by("source"):
        assert sorted(found["row"]) == list(range(found.height)), source
    counts = RunFolder.open(run_folder).manifest["counts"]
    assert sum(counts["rows_by_source"].values()) == rows.height == 600
    assert counts["rows_by_source"] == dict(rows.group_by("source").len().iter_rows())


def test_need_ids_live_on_when_the_data_grow(run_folder, shop_files, tmp_path) -> None:
    folder = tmp_path / "early"
    folder.mkdir()
    # 70% of the Chinese rows, so that the whole file is about 1.4 times as long.
    lines = shop_files[1].read_text(encoding="utf-8-sig")
    rows = list(csv.reader(lines.splitlines()))
    early = write_table(
        folder / shop_files[1].name, rows[0], [tuple(row) for row in rows[1 : 1 + len(rows) * 7 // 10]]
    )
    run_mine([shop_files[0], early], tmp_path / "first", config=MineConfig(), workers=1)
    run_mine(shop_files, tmp_path / "next", config=MineConfig(previous=str(tmp_path / "first")), workers=1)
    before = {need["id"] for need in needs_of(tmp_path / "first")["needs"]}
    after = needs_of(tmp_path / "next")["needs"]
    kept = {need["id"] for need in after} & before
    assert len(kept) >= 0.7 * len(before), f"{len(kept)} of {len(before)}"
    assert {need["id"] for need in after if need["previous_id"]} == kept
    assert verify_run(tmp_path / "next").ok


TEXTS = (
    "电池不耐用，半天就没电了，第{}次充电。", "屏幕太暗了，晚上看不清，试了{}遍。",
    "The battery dies after {} hours of use.",
    "物流很快，{}天就到了。", "Please add a louder alarm, I asked {} times.",
)  # fmt: skip


def plain_rows() -> list[str]:
    return [text.format(n) for n in range(2, 18) for text in TEXTS]


@pytest.mark.parametrize("missing", ["rating", "time"])
def test_cards_say_what_the_input_does_not_have(tmp_path, missing) -> None:
    extra = {"rating": "date", "time": "rating"}[missing]
    values = {"date": lambda n: f"2024-{1 + n % 9:02d}-11", "rating": lambda n: 1 + n % 5}[extra]
    rows = [(text, values(n)) for n, text in enumerate(plain_rows())]
    source = write_table(tmp_path / "reviews.csv", ["text", extra], rows)
    summary = run_mine([source], tmp_path / "run", config=MineConfig(), workers=1)
    needs = needs_of(tmp_path / "run")["needs"]
    assert needs
    for need in needs:
        if missing == "rating":
            assert need["importance"] is None
            assert need["opportunity"] is None
            assert need["impact"] is None
            assert "no_rating" in need["notes"]
        else:
            assert need["trend"] is None
            assert need["data_as_of"] is None
            assert "no_time" in need["notes"]
    assert any("no ratings" in line or "no time" in line for line in summary["warnings"])
    assert verify_run(tmp_path / "run").ok


def test_nothing_left_after_cleaning_is_an_honest_empty_report(tmp_path) -> None:
    source = write_table(
        tmp_path / "filler.csv", ["text", "rating"], [("此用户没有填写评价。", 5), ("   ", 1), ("12345", 3)]
    )
    summary = run_mine([source], tmp_path / "run", config=MineConfig())
    assert (summary["rows_in"], summary["documents"], summary["needs"]) == (3, 0, [])
    assert sum(summary["rejected_by_reason"].values()) == 3
    assert any("no row was kept" in line for line in summary["warnings"])
    assert verify_run(tmp_path / "run").ok
    assert content(tmp_path / "run", "report.html")
