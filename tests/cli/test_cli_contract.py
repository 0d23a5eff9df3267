"""What every command promises: exit codes 0, 1 and 2, JSON for machines, never a trace."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "unmet.cli.main"]


def first_need(run: Path) -> str:
    return json.loads((run / "needs.json").read_text("utf-8"))["needs"][0]["id"]


def test_json_of_every_command_parses(unmet, reviews, small_run, tmp_path) -> None:
    run = shutil.copytree(small_run, tmp_path / "copy")
    expected = {
        ("check", reviews): {"sources", "cleaning", "n_rows"},
        ("mine", reviews, "--out", tmp_path / "run"): {"rows_in", "documents", "rejected", "needs", "report"},
        ("annotate", reviews, "--out", tmp_path / "m.jsonl"): {"rows", "rejected", "out"},
        ("verify", run): {"ok", "checks", "differences"},
        ("report", run, "--lang", "zh"): {"report"},
        ("trace", run, first_need(run)): {"id", "needs", "mentions", "documents"},
        ("demo", "--reviews", 60, "--out", tmp_path / "demo"): {"verified", "needs", "report"},
    }
    for arguments, keys in expected.items():
        code, out, _ = unmet(*arguments, "--json")
        assert code == 0, arguments
        assert keys <= json.loads(out).keys(), arguments


def test_trace_leads_from_need_to_rows_and_back(unmet, small_run) -> None:
    need = first_need(small_run)
    down = json.loads(unmet("trace", small_run, need, "--json")[1])
    assert down["mentions"]
    texts = {document["document_id"]: document["text"] for document in down["documents"]}
    for mention in down["mentions"]:
        assert mention["need_id"] == need
        assert texts[mention["document_id"]][mention["start"] : mention["end"]] == mention["quote"]
        assert mention["source"].endswith("reviews.csv")
    for identifier in (down["mentions"][0]["mention_id"], down["mentions"][0]["document_id"]):
        up = json.loads(unmet("trace", small_run, identifier, "--json")[1])
        assert need in [found["id"] for found in up["needs"]]


@pytest.mark.parametrize(
    "arguments",
    [
        ("mine",),
        ("bogus",),
        ("check", ""),
        ("check", "gone.csv"),
        ("check", "{reviews}", "--language", "fr"),
        ("check", "{reviews}", "--map", "text"),
        ("check", "{reviews}", "--map", "nothing=评分"),
        ("annotate", "{reviews}", "--tasks", ""),
        ("annotate", "{reviews}", "--tasks", "sentimant"),
        ("annotate", "{reviews}", "--json"),
        ("mine", "{reviews}", "--out", "{tmp}/x", "--lang", "fr"),
        ("mine", "{reviews}", "--out", "{tmp}/x", "--workers", "-1"),
        ("mine", "{reviews}", "--out", "{tmp}/x", "--min-mentions", "0"),
        ("mine", "{reviews}", "--out", "{tmp}/x", "--seed", "many"),
        ("mine", "{reviews}", "--out", "{tmp}/x", "--previous", "nowhere"),
        ("demo", "--reviews", "3", "--out", "{tmp}/x"),
        ("report", "{run}", "--lang", "fr"),
        ("trace", "{run}", "d0"),
        ("trace", "{run}", "what"),
    ],
    ids=" ".join,
)
def test_what_the_user_got_wrong_is_exit_2(unmet, reviews, small_run, tmp_path, arguments) -> None:
    places = {"reviews": reviews, "run": small_run, "tmp": tmp_path}
    code, out, err = unmet(*(argument.format(**places) for argument in arguments))
    assert code == 2, err
    assert err.strip()
    assert "Traceback" not in out + err
    assert not (tmp_path / "x" / "manifest.json").exists()


@pytest.mark.parametrize("command", ["verify", "report", "trace"])
@pytest.mark.parametrize("damage", ["absent", "a file", "unfinished", "no needs", "broken manifest"])
def test_a_folder_that_is_no_run_is_exit_1_and_named(unmet, small_run, tmp_path, command, damage) -> None:
    run = tmp_path / "somewhere"
    if damage == "a file":
        run.write_text("x")
    elif damage != "absent":
        shutil.copytree(small_run, run)
        manifest = run / "manifest.json"
        if damage == "no needs":
            (run / "needs.json").unlink()
        elif damage == "unfinished":
            manifest.write_text(manifest.read_text("utf-8").replace('"complete"', '"running"'), "utf-8")
        else:
            manifest.write_text("{", "utf-8")
    code, out, err = unmet(command, run, *(["d0"] if command == "trace" else []))
    assert code == 1, (out, err)
    assert "somewhere" in out + err
    assert "Traceback" not in out + err


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("report", "needs.json"),
        ("report", "quality.json"),
        ("trace", "needs.json"),
        ("trace", "mentions.parquet"),
        ("trace", "documents.parquet"),
        ("verify", "documents.parquet"),
        ("verify", "needs.json"),
    ],
)
@pytest.mark.parametrize("content", [b"", b"garbage", b"{}"])
def test_a_damaged_file_of_a_run_is_exit_1_without_a_trace(
    unmet, small_run, tmp_path, command, file, content
) -> None:
    run = shutil.copytree(small_run, tmp_path / "damaged")
    (run / file).write_bytes(content)
    code, out, err = unmet(command, run, *([first_need(small_run)] if command == "trace" else []))
    assert code == 1, (out, err)
    assert "damaged" in err
    assert "Traceback" not in out + err
    assert "unexpected" not in err


def test_a_tampered_run_is_exit_1(unmet, small_run, tmp_path) -> None:
    run = shutil.copytree(small_run, tmp_path / "run")
    with (run / "report.html").open("ab") as stream:
        stream.write(b" ")
    code, out, _ = unmet("verify", run)
    assert code == 1
    assert "DIFFERENT  report.html" in out
    assert "not verified" in out


def test_a_place_that_cannot_be_written_is_a_message(unmet, reviews, tmp_path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, not a folder")
    for arguments in (
        ("mine", reviews, "--out", blocked / "run"),
        ("annotate", reviews, "--out", blocked / "m.jsonl"),
        ("demo", "--reviews", "50", "--out", blocked / "demo"),
    ):
        code, out, err = unmet(*arguments)
        assert code == 1, arguments
        assert "blocked" in err
        assert "Traceback" not in out + err


@pytest.mark.parametrize(
    ("raised", "said"), [(RuntimeError("boom"), "please report"), (KeyboardInterrupt, "stopped")]
)
def test_a_fault_of_ours_is_a_message_too(unmet, reviews, monkeypatch, raised, said) -> None:
    def fail(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr("unmet.pipeline.checking.check_inputs", fail)
    code, out, err = unmet("check", reviews)
    assert code == 1
    assert said in err
    assert "Traceback" not in out + err


def test_rows_come_and_go_through_pipes(reviews) -> None:
    done = subprocess.run(
        [*COMMAND, "annotate", "-", "--tasks", "sentiment"],
        input=reviews.read_bytes(), capture_output=True, check=False,
        env={"PATH": "", "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    assert [json.loads(line)["row"] for line in done.stdout.decode().splitlines()] == [0, 1, 2, 3, 4]


def test_a_reader_that_leaves_early_is_no_error(tmp_path) -> None:
    source = tmp_path / "long.jsonl"
    source.write_text('{"text": "很好用"}\n' * 3000, encoding="utf-8")
    process = subprocess.Popen(
        [*COMMAND, "annotate", str(source), "--tasks", "sentiment"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(process.stdout.readline())["row"] == 0
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 0
    assert said == b""


SMALL_CHUNKS = """
import functools
from unmet.cli.main import main
from unmet.pipeline import mine, reading_texts

if __name__ == "__main__":
    reading_texts.PARALLEL_FROM = 0
    mine.read_texts = functools.partial(reading_texts.read_texts, chunk_documents=20)
    main()
"""


def _children(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []


def _command(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("reached", ["a worker starts", "a chunk is read"])
def test_ctrl_c_stops_every_process_with_one_line(tmp_path, reached) -> None:
    script, source, run = tmp_path / "small_chunks.py", tmp_path / "reviews.jsonl", tmp_path / "run"
    script.write_text(SMALL_CHUNKS, encoding="utf-8")
    rows = [
        {"text": f"屏幕太暗了，看了{n}遍还是看不清，客服说{n * 7}天以后再来问问。", "rating": 1}
        for n in range(2000)
    ]
    source.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, str(script), "mine", str(source), "--out", str(run), "--workers", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + 90

    def there() -> bool:
        if reached == "a worker starts":
            return any(b"spawn_main" in _command(child) for child in _children(process.pid))
        return bool(list(run.glob("work/*.parts/*.parquet")))

    while process.poll() is None and time.monotonic() < deadline and not there():
        time.sleep(0.002)
    if reached == "a worker starts":
        time.sleep(0.1)  # its interpreter is up, its imports are not
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1, said
    assert said.decode() == "unmet: stopped. Run the same command again to resume.\n"
