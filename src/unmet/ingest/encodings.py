"""Which encoding a file is in: decided from all of its bytes, never by trying until nothing fails.

Method: a byte-order mark decides; else strict UTF-8 decides (other encodings hardly ever form valid
UTF-8 by chance); else a first line of known Chinese column names is GB18030; else lines that are not
UTF-8 are scored as GB18030 (share of byte pairs that are everyday Chinese) and as cp1252 (share of high
bytes that stand alone between ASCII letters, as accents and curly quotes do). What is neither is refused,
with a guess from charset-normalizer.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from unmet.core.errors import InputError
from unmet.ingest.compression import open_bytes
from unmet.ingest.headers import n_known_names
from unmet.ingest.rows import UNDECODABLE
from unmet.ingest.sources import Source

MAX_LINE_BYTES = 64 << 20
"""A longer line is refused: it would have to be held in memory whole."""

_EVIDENCE_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 20
_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_ENOUGH_NAMES = 2  # bytes of another encoding do not form two column names by chance
_HIGH = re.compile(rb"[\x80-\xff]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_EVERYDAY_PAIR = re.compile(rb"[\xa1-\xa9\xb0-\xf7][\xa1-\xfe]")
# The commonest characters of Chinese reviews; random bytes read as GB18030 rarely hit them.
_COMMON = frozenset(
    "的了是不我有一很好这在就人也都个没还用到东西可以买说要大给看时后下上来们他质量和快"
    "机子服务物流货价格便宜差评真太小多感觉最开电会对然去自己发样非常点但什么得能着过为因所家那起"
    "错喜欢包装手装卖客第次天而且道现知情问题里面中出地想只被比较应该再吃店送味钱书本房间酒前台新色"
    "，。！？、：；“”（）…～"
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """The decided encoding, why, and how many lines hold bytes that are not valid in it."""

    name: str
    why: str
    n_bad_lines: int = 0


@dataclass(slots=True)
class _Evidence:
    """What one pass over the bytes saw."""

    n_high_lines_utf8: int = 0
    n_high_lines_other: int = 0
    other: bytes = b""  # lines that are not UTF-8, up to _EVIDENCE_BYTES


def detect_encoding(source: Source) -> Encoding:
    """Decide the encoding of a text source by reading it through once.

    Raises:
        InputError: damaged compression, a line above MAX_LINE_BYTES, binary content, or an encoding
            that is not recognised (Shift-JIS, EUC-KR … would become mojibake).
    """
    with open_bytes(source.path, source.compression, source.member, where=source.name) as stream:
        head = stream.read(_BLOCK_BYTES)
        for mark, name in _MARKS:
            if head.startswith(mark):
                evidence = _scan(stream, head, source.name)
                n_bad = evidence.n_high_lines_other if name == "utf-8-sig" else 0
                return Encoding(name, "byte-order mark", n_bad)
        wide = _without_mark(head)
        if wide:
            return Encoding(wide, "every other byte is NUL")
        if head.count(0) > 0.05 * len(head):
            raise InputError(
                "is binary, not a table of text", where=source.name, hint="Give CSV, JSON, Parquet or XLSX."
            )
        return _decide(_scan(stream, head, source.name), source.name)


def _without_mark(head: bytes) -> str | None:
    """UTF-16 without a mark: ASCII delimiters and line ends put NULs on one side only."""
    half = len(head) // 2
    if half < 2:
        return None
    even, odd = head[: 2 * half : 2].count(0), head[1 : 2 * half : 2].count(0)
    for name, many, few in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if many > 0.05 * half and few < 0.1 * many:
            try:
                text = codecs.getincrementaldecoder(name)("strict").decode(head[: 2 * half])
            except UnicodeDecodeError:
                continue
            if "\n" in text or "\r" in text or many > 0.5 * half:
                return name
    return None


def _scan(stream: IO[bytes], head: bytes, where: str) -> _Evidence:
    evidence = _Evidence()
    others: list[bytes] = []
    rest, block, n_kept = b"", head, 0
    while block:
        complete, newline, tail = (rest + block).rpartition(b"\n")
        rest = tail if newline else rest + block
        if len(rest) > MAX_LINE_BYTES:
            raise InputError(
                f"has a line longer than {MAX_LINE_BYTES >> 20} MiB",
                where=where,
                hint="Check that it is a table of text; JSON of that size must be JSON Lines.",
            )
        block = stream.read(_BLOCK_BYTES)
        text = complete + newline if block else complete + newline + rest
        if text.isascii() or _is_utf8(text):
            evidence.n_high_lines_utf8 += 0 if text.isascii() else max(text.count(b"\n"), 1)
            continue
        for line in text.splitlines(keepends=True):
            if line.isascii():
                continue
            if _is_utf8(line):
                evidence.n_high_lines_utf8 += 1
                continue
            evidence.n_high_lines_other += 1
            if n_kept < _EVIDENCE_BYTES:
                others.append(line[:_EVIDENCE_BYTES])
                n_kept += len(others[-1])
    evidence.other = b"".join(others)
    return evidence


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decide(evidence: _Evidence, where: str) -> Encoding:
    n_bad, n_good = evidence.n_high_lines_other, evidence.n_high_lines_utf8
    if not n_bad:
        return Encoding("utf-8", "every byte is valid UTF-8")
    # A share of lines that are UTF-8 by accident is tiny, so a tenth of them settles it.
    if n_good >= max(n_bad / 9, 1):
        return Encoding("utf-8", f"{n_good} lines with non-ASCII text are UTF-8, {n_bad} are not", n_bad)
    first = evidence.other.split(b"\n", 1)[0].decode("gb18030", "replace")
    if (n_names := n_known_names(first)) >= _ENOUGH_NAMES:
        return Encoding("gb18030", f"the first line has {n_names} known column names as GB18030")
    chinese, western = chinese_score(evidence.other), western_score(evidence.other)
    if chinese >= 0.5 and chinese > western:
        return Encoding("gb18030", f"everyday Chinese as GB18030 (score {chinese:.2f})")
    if western >= 0.5:
        return Encoding("cp1252", f"single accented letters and quotes (score {western:.2f})")
    raise InputError(
        f"the encoding is not recognised{_guess(evidence.other)}",
        where=where,
        hint="Save it as UTF-8 (in Excel: “CSV UTF-8”).",
    )


def chinese_score(data: bytes) -> float:
    """How much ``data`` (lines with high bytes) looks like Chinese in GB18030, 0–1."""
    text = data.decode("gb18030", "replace")
    outside = [c for c in text if c >= "\x80"]
    if not outside:
        return 0.0
    n_broken = text.count("\ufffd")
    runs = b" ".join(_HIGH_RUN.findall(data))
    pairs = _PAIR.findall(data)
    everyday = sum(1 for pair in pairs if _EVERYDAY_PAIR.fullmatch(pair)) / max(len(pairs), 1)
    common = sum(1 for c in outside if c in _COMMON) / len(outside)
    # Traditional Chinese in Big5 and Korean in EUC-KR decode too, but into rare characters.
    familiar = min(1.0, common / 0.25) if len(outside) >= 8 else 1.0
    if not runs:
        return 0.0
    return max(0.0, everyday * familiar - 5 * n_broken / len(outside))


def western_score(data: bytes) -> float:
    """How much ``data`` looks like Western European text in cp1252, 0–1."""
    n_high = len(_HIGH.findall(data))
    if not n_high:
        return 0.0
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "ignore")
    expected = sum(
        1 for c in text if c >= "\x80" and ((c.isalpha() and c in _WESTERN_LETTERS) or c in _QUOTES)
    )
    n_single = sum(1 for run in _HIGH_RUN.findall(data) if len(run) == 1)
    n_letters = len(re.findall(rb"[A-Za-z ]", data))
    latin = min(1.0, n_letters / max(2 * n_high, 1))
    return expected / n_high * min(1.0, n_single / max(0.6 * len(_HIGH_RUN.findall(data)), 1)) * latin


_WESTERN_LETTERS = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßœšžÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŒŠŽŸ")
_QUOTES = frozenset("‘’“”–—…•€£¥™®©°½¼¾´·«»¡¿§±²³×\xa0†‚„‹›¢")


def _guess(data: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:65_536]).best()
    return f" (it may be {best.encoding})" if best is not None else ""


def _mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return UNDECODABLE, error.end


@contextmanager
def open_text(source: Source, encoding: str) -> Iterator[IO[str]]:
    """The source as text with line ends untouched; invalid bytes become ``UNDECODABLE``."""
    codecs.register_error("unmet-mark", _mark_undecodable)
    with open_bytes(source.path, source.compression, source.member, where=source.name) as stream:
        text = io.TextIOWrapper(stream, encoding=encoding, errors="unmet-mark", newline="")
        try:
            yield text
        finally:
            text.detach()
