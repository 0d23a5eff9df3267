"""What a file is, told from its first bytes and then from its name."""

from __future__ import annotations

import codecs
from enum import StrEnum

from unmet.core.errors import InputError

READABLE_SUFFIXES = (
    ".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".pq", ".xlsx", ".xlsm", ".xls", ".gz",
    ".zip",
)  # fmt: skip

TABLES_HINT = "Give CSV, TSV, JSON, JSONL, Parquet or XLSX (also as .gz or .zip)."


class Format(StrEnum):
    """How the rows of a source are stored."""

    DELIMITED = "delimited"
    JSON = "json"
    PARQUET = "parquet"
    WORKBOOK = "xlsx"


# First bytes of files that are no tables, or that must be unpacked first.
_REFUSED: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "a PDF document", "Export the table behind it as CSV."),
    (b"\x89PNG", "a PNG picture", TABLES_HINT),
    (b"\xff\xd8\xff", "a JPEG picture", TABLES_HINT),
    (b"GIF8", "a GIF picture", TABLES_HINT),
    (b"\x7fELF", "a program", TABLES_HINT),
    (b"MZ\x90", "a program", TABLES_HINT),
    (b"SQLite format 3", "an SQLite database", "Export the table as CSV."),
    (b"BZh", "bzip2-compressed", "Unpack it, or pack it as .gz."),
    (b"\xfd7zXZ", "xz-compressed", "Unpack it, or pack it as .gz."),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed", "Unpack it, or pack it as .gz."),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it, or pack it as .zip."),
    (b"Rar!", "a RAR archive", "Unpack it, or pack it as .zip."),
    (b"ARROW1", "an Arrow file", "Save it as Parquet."),
    (b"ORC", "an ORC file", "Save it as Parquet."),
    (b"\x80\x04\x95", "a Python pickle", "Save it as CSV or Parquet; pickles are never opened."),
    (b"\x80\x05\x95", "a Python pickle", "Save it as CSV or Parquet; pickles are never opened."),
    (b"\x1f\x8b", "a gzip file inside another archive", "Unpack the outer one first."),
)
_FEW_CONTROL_BYTES = 16  # text pasted from anywhere may hold some
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_UNICODE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")


def recognise(head: bytes, name: str, *, where: str) -> Format:
    """Format of a source whose (unpacked) content begins with ``head``.

    Args:
        head: the first bytes, as many as are at hand (65,536 are enough).
        name: file or member name; decides only where the bytes do not.

    Raises:
        InputError: the content is empty, encrypted or no table.
    """
    if not head:
        raise InputError("the file is empty", where=where, hint="Export it again.")
    if head.startswith(b"PAR1"):
        return Format.PARQUET
    if head.startswith(b"PK\x03\x04"):
        if b"xl/" in head or b"[Content_Types]" in head or name.lower().endswith((".xlsx", ".xlsm")):
            return Format.WORKBOOK
        raise InputError("is an archive inside another archive", where=where, hint="Unpack the outer one.")
    if head.startswith(_OLE2):
        if _ENCRYPTED_PACKAGE in head:
            raise InputError(
                "the workbook is protected by a password", where=where, hint="Save a copy without password."
            )
        return Format.WORKBOOK
    _refuse_other_kinds(head, where)
    suffixes = name.lower().removesuffix(".gz")
    if suffixes.endswith((".parquet", ".pq")):
        raise InputError("is not a Parquet file, or a damaged one", where=where, hint="Export it again.")
    if suffixes.endswith((".xlsx", ".xlsm", ".xls")):
        raise InputError("is not an Excel workbook, or a damaged one", where=where, hint="Save it again.")
    if suffixes.endswith((".json", ".jsonl", ".ndjson")) or _opens_like_json(head):
        return Format.JSON
    return Format.DELIMITED


def _refuse_other_kinds(head: bytes, where: str) -> None:
    for mark, what, hint in _REFUSED:
        if head.startswith(mark):
            raise InputError(f"is {what}, not a table", where=where, hint=hint)
    if head[257:262] == b"ustar":
        raise InputError("is a tar archive, not a table", where=where, hint="Unpack it, or pack it as .zip.")
    if not head.startswith(_UNICODE_MARKS):
        # Text has almost no control bytes; NULs are judged with the encoding (UTF-16 has many).
        n_control = sum(
            head.count(bytes([b])) for b in range(1, 32) if b not in (9, 10, 11, 12, 13, 27, 1, 31)
        )
        if n_control > max(_FEW_CONTROL_BYTES, 0.02 * len(head)) and not _is_utf8(head):
            raise InputError("is binary, not a table of text", where=where, hint=TABLES_HINT)


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return True


def _opens_like_json(head: bytes) -> bool:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"{"):
        return b'"' in text[:200] or text[1:2] == b"}"
    return text.startswith(b"[") and text[1:].lstrip()[:1] in (b"{", b"[", b"]", b'"')
