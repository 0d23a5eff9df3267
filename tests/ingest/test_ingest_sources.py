from __future__ import annotations

import gzip
import io
import sys
import zipfile
from pathlib import Path

import pytest

from unmet.core.errors import InputError
from unmet.core.hashing import file_hash
from unmet.ingest.reading import open_sources, read_records
from unmet.ingest.sources import Source

CSV = "text,rating\n很好用啊,5\n坏了不能用,1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "reviews.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "reviews.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "a" / "notes.md").write_text("not a table", encoding="utf-8")
    (tmp_path / ".hidden.csv").write_text("x", encoding="utf-8")
    (tmp_path / "packed.jsonl.gz").write_bytes(gzip.compress('{"text": "还行吧"}\n'.encode()))
    return tmp_path


def names(sources: list[Source]) -> list[str]:
    return [source.name for source in sources]


def test_a_folder_is_read_recursively_and_sorted(folder: Path) -> None:
    sources = open_sources([folder])
    assert names(sources) == ["a/reviews.csv", "b/reviews.csv", "packed.jsonl.gz"]
    assert sources[0].sha256 == file_hash(folder / "a" / "reviews.csv")
    assert sources[0].size == (folder / "a" / "reviews.csv").stat().st_size


def test_files_of_one_name_are_told_apart_and_one_file_is_read_once(folder: Path) -> None:
    paths = [
        folder / "a" / "reviews.csv",
        folder / "b" / "reviews.csv",
        folder / "a" / ".." / "a" / "reviews.csv",
    ]
    assert names(open_sources(paths)) == ["reviews.csv", "b/reviews.csv"]


def test_patterns(folder: Path) -> None:
    assert len(open_sources([str(folder / "*" / "*.csv")])) == 2
    assert len(open_sources([str(folder / "**" / "*.csv")])) == 2
    with pytest.raises(InputError, match="matches no file"):
        open_sources([str(folder / "*.xlsx")])


def test_missing_and_unfit_inputs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        open_sources([tmp_path / "gone.csv"])
    with pytest.raises(InputError, match="no input"):
        open_sources([])
    with pytest.raises(InputError, match="not a file name"):
        open_sources([""])
    (tmp_path / "readme.md").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match=r"only readme\.md"):
        open_sources([tmp_path])


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "locked.csv"
    path.write_text(CSV, encoding="utf-8")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match=r"locked\.csv.*Permission denied"):
        open_sources([path])


def test_archive_members_and_one_chosen(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("b.jsonl", '{"text": "还行吧"}\n')
        archive.writestr("a.csv", CSV)
    assert names(open_sources([path])) == ["all.zip!a.csv", "all.zip!b.jsonl"]
    assert names(open_sources([f"{path}!b.jsonl"])) == ["all.zip!b.jsonl"]
    assert sum(b.n_rows for b in read_records([path], mapping={})) == 3
    with pytest.raises(InputError, match="no member"):
        open_sources([f"{path}!c.csv"])


def test_names_in_archives_of_chinese_windows(tmp_path: Path) -> None:
    path = tmp_path / "old.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("AABB.csv", CSV)
    path.write_bytes(path.read_bytes().replace(b"AABB", "评论".encode("gbk")))
    assert names(open_sources([path])) == ["old.zip!评论.csv"]
    assert sum(b.n_rows for b in read_records([f"{path}!评论.csv"], mapping={})) == 2


def test_a_chosen_sheet_and_a_workbook_in_an_archive(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "评论"
    book.active.append(["评论内容", "评分"])
    book.active.append(["很好用啊", 5])
    book.create_sheet("说明").append(["只是说明文字，没有评论"])
    path = tmp_path / "book.xlsx"
    book.save(path)
    assert names(open_sources([path])) == ["book.xlsx!评论", "book.xlsx!说明"]
    (batch,) = read_records([f"{path}!评论"], mapping={})
    assert batch.records.select("text", "rating", "source").row(0) == ("很好用啊", 5.0, "book.xlsx!评论")
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, "book.xlsx")
    (batch,) = read_records([f"{packed}!book.xlsx!评论"], mapping={})
    assert batch.records["source"][0] == "packed.zip!book.xlsx!评论"


def test_standard_input_is_read_once_and_may_be_opened_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CSV.encode("gb18030"))))
    first, second = open_sources(["-"])[0], open_sources(["-"])[0]
    assert first.sha256 == second.sha256
    assert first.name == "stdin"
    (batch,) = read_records(["-"], mapping={})
    assert batch.records["text"].to_list() == ["很好用啊", "坏了不能用"]


def test_empty_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(InputError, match="standard input"):
        open_sources(["-"])
