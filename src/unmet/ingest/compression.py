"""Opening plain, gzip and zip content with limits, so that a small file cannot fill memory or disk."""

from __future__ import annotations

import gzip
import io
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from unmet.core.errors import InputError

if TYPE_CHECKING:
    from unmet.ingest.sources import Source

MAX_UNPACKED_BYTES = 16 << 30
"""No source may unpack to more than this (16 GiB)."""

MAX_EXPANSION = 250
"""Unpacked ÷ packed size above which content counts as a bomb (reviews pack 3–20 times)…"""

FREE_UNPACKED_BYTES = 100 << 20
"""…once it has also passed this many unpacked bytes (100 MiB)."""

MAX_MEMBERS = 1_000
HEAD_BYTES = 1 << 16
_DAMAGE = (EOFError, OSError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)


class _Guarded(io.RawIOBase):
    """Unpacked stream that stops at the limits and turns damage into an input error."""

    def __init__(self, stream: IO[bytes], n_packed: int, where: str) -> None:
        self._stream, self._n_packed, self._where = stream, max(n_packed, 1), where
        self._n_read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            block = self._stream.read(len(buffer))
        except _DAMAGE as error:
            raise InputError(
                f"the compressed file is damaged or cut off ({error})",
                where=self._where,
                hint="Copy or export it again; nothing of it was used.",
            ) from error
        self._n_read += len(block)
        check_expansion(self._n_read, self._n_packed, self._where)
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self._stream.close()
        super().close()


def check_expansion(n_unpacked: int, n_packed: int, where: str) -> None:
    """Raise InputError where unpacked content grows beyond the limits."""
    suspicious = n_unpacked > FREE_UNPACKED_BYTES and n_unpacked > MAX_EXPANSION * n_packed
    if suspicious or n_unpacked > MAX_UNPACKED_BYTES:
        raise InputError(
            f"unpacks to more than {n_unpacked:,} bytes from {n_packed:,}, which no export does",
            where=where,
            hint="Unpack it yourself and check what it holds.",
        )


def archive_members(path: Path) -> list[tuple[str | None, str | None, str | None]]:
    """``(member, shown name, compression)`` of every table in ``path``; other files have one, unnamed.

    Raises:
        InputError: a zip archive that is damaged, encrypted, empty or of too many members.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if head.startswith(b"\x1f\x8b"):
        return [(None, None, "gzip")]
    if head.startswith(b"PK\x05\x06"):
        raise InputError("the archive is empty", where=str(path), hint="Pack the tables again.")
    if not head.startswith(b"PK\x03\x04"):
        return [(None, None, None)]
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except _DAMAGE as error:
        raise InputError(
            f"the archive is damaged or cut off ({error})", where=str(path), hint="Copy or pack it again."
        ) from error
    if any(info.filename in ("xl/workbook.xml", "xl/workbook.bin") for info in members):
        check_expansion(sum(info.file_size for info in members), path.stat().st_size, str(path))
        return [(None, None, None)]
    return [(info.filename, _shown_name(info), "zip") for info in _table_members(members, path)]


def _shown_name(info: zipfile.ZipInfo) -> str:
    """A member's name as its author wrote it: old zip programs on Chinese Windows stored GBK."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def _table_members(members: list[zipfile.ZipInfo], path: Path) -> list[zipfile.ZipInfo]:
    files = [
        info
        for info in members
        if not info.is_dir()
        and not info.filename.startswith("__MACOSX/")
        and not info.filename.rsplit("/", 1)[-1].startswith(".")
    ]
    if not files:
        raise InputError("the archive holds no file", where=str(path), hint="Pack the tables again.")
    if len(files) > MAX_MEMBERS:
        raise InputError(f"the archive holds {len(files)} files, more than {MAX_MEMBERS}", where=str(path))
    for info in files:
        if info.flag_bits & 1:
            raise InputError(
                "the archive is protected by a password",
                where=f"{path}!{info.filename}",
                hint="Unpack it, or pack it without password.",
            )
    if len({info.filename for info in files}) < len(files):
        raise InputError("the archive holds two files of one name", where=str(path), hint="Rename one.")
    return sorted(files, key=lambda info: info.filename)


@contextmanager
def open_bytes(path: Path, compression: str | None, member: str | None, *, where: str) -> Iterator[IO[bytes]]:
    """The unpacked bytes of a source, buffered, under the limits."""
    with ExitStack() as opened:
        try:
            stream = _opened(opened, path, compression, member, where)
        except _DAMAGE as error:
            raise InputError(
                f"cannot be read ({error})", where=where, hint="Copy or export it again."
            ) from error
        yield stream


def _opened(
    stack: ExitStack, path: Path, compression: str | None, member: str | None, where: str
) -> IO[bytes]:
    if compression == "gzip":
        packed = cast("IO[bytes]", stack.enter_context(gzip.open(path, "rb")))  # noqa: SIM115
        return _buffered(packed, path.stat().st_size, where)
    if compression == "zip":
        archive = stack.enter_context(zipfile.ZipFile(path))
        info = archive.getinfo(cast("str", member))
        return _buffered(stack.enter_context(archive.open(info)), info.compress_size, where)
    return stack.enter_context(path.open("rb"))


def _buffered(stream: IO[bytes], n_packed: int, where: str) -> IO[bytes]:
    return cast("IO[bytes]", io.BufferedReader(_Guarded(stream, n_packed, where), HEAD_BYTES))


def peek(path: Path, compression: str | None, member: str | None, *, where: str) -> bytes:
    """The first unpacked bytes of a source."""
    with open_bytes(path, compression, member, where=where) as stream:
        return stream.read(HEAD_BYTES)


@contextmanager
def on_disk(source: Source) -> Iterator[Path]:
    """A path with the source's unpacked content, for readers that must seek in a real file."""
    if source.compression is None:
        yield source.path
        return
    with tempfile.TemporaryDirectory(prefix="unmet-") as folder:
        target = Path(folder) / "content"
        with (
            open_bytes(source.path, source.compression, source.member, where=source.name) as stream,
            target.open("wb") as copy,
        ):
            while block := stream.read(1 << 20):
                copy.write(block)
        yield target
