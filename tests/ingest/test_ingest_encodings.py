from __future__ import annotations

from pathlib import Path

import pytest

from unmet.core.errors import InputError
from unmet.ingest.encodings import detect_encoding, open_text
from unmet.ingest.sources import open_sources

ZH = [
    "很好",
    "质量不错，物流也快",
    "这款手机运行速度很快，拍照清晰，就是电池不耐用。",
    "垃圾，别买！",
    "还行",
]
EN = ["It’s fine", "café style", "naïve – but “good”", "costs £5 more than déjà vu", "señor approved"]


def decided(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    return detect_encoding(open_sources([path])[0]).name


@pytest.mark.parametrize("line", ZH)
def test_short_chinese_is_gb18030(tmp_path: Path, line: str) -> None:
    assert decided(tmp_path, f"text,rating\n{line},5\n".encode("gb18030")) == "gb18030"


@pytest.mark.parametrize("line", EN)
def test_short_english_is_cp1252(tmp_path: Path, line: str) -> None:
    assert decided(tmp_path, f"text,rating\n{line},5\n".encode("cp1252")) == "cp1252"


@pytest.mark.parametrize("line", ZH + EN)
def test_utf8(tmp_path: Path, line: str) -> None:
    assert decided(tmp_path, f"text,rating\n{line},5\n".encode()) == "utf-8"


def test_non_ascii_text_late_in_the_file_counts(tmp_path: Path) -> None:
    head = b"text,rating\n" + b"plain text here,5\n" * 100_000
    assert decided(tmp_path, head + "质量不错，物流也快,5\n".encode("gb18030") * 5) == "gb18030"


def test_a_bad_line_does_not_change_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("text,rating\n很好用,5\n".encode() * 20 + b"\xff\xfe bad,1\n")
    source = open_sources([path])[0]
    encoding = detect_encoding(source)
    assert (encoding.name, encoding.n_bad_lines) == ("utf-8", 1)
    with open_text(source, "utf-8") as stream:
        assert "\udcff" in stream.read()


def test_unknown_encodings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not recognised.*UTF-8"):
        decided(tmp_path, ("text\n" + "とても良い商品でした\n" * 20).encode("shift-jis"))
