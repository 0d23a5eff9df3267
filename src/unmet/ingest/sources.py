"""Inputs → sources: files, folders, patterns, archives' members, sheets and standard input."""

from __future__ import annotations

import glob
import os
import stat
import sys
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from unmet.core.errors import InputError
from unmet.core.hashing import file_hash
from unmet.ingest.compression import archive_members, peek
from unmet.ingest.signatures import READABLE_SUFFIXES, Format, recognise

STANDARD_INPUT = "-"
MAX_FOLDER_FILES = 10_000


@dataclass(frozen=True, slots=True)
class Source:
    """One table of rows: a file, a member of an archive or a sheet of a workbook.

    ``name`` is unique within one call of :func:`open_sources`. ``size`` (bytes) and ``sha256`` are
    those of the file on disk, so members of one archive share them.
    """

    name: str
    path: Path
    size: int
    sha256: str
    format: Format
    compression: str | None = None  # gzip or zip
    member: str | None = None  # in a zip archive
    sheet: str | None = None  # in a workbook


_SPOOLED: weakref.WeakKeyDictionary[Any, Path] = weakref.WeakKeyDictionary()


def open_sources(inputs: Sequence[str | Path]) -> list[Source]:
    """Find and identify every source, in the order given (folders and patterns sorted by path).

    Args:
        inputs: files, folders (read recursively), glob patterns, ``archive.zip!member``,
            ``book.xlsx!Sheet`` or ``-`` for standard input.

    Raises:
        InputError: nothing to read, or a file that is missing, unreadable, empty, encrypted or of a
            kind that is no table; the message names the file and the next step.
    """
    if isinstance(inputs, (str, Path)):
        inputs = [inputs]
    if not inputs:
        raise InputError("no input given", hint="Name a file, a folder, a pattern or - for standard input.")
    found: list[Source] = []
    seen: set[tuple[str, str | None]] = set()
    for item in inputs:
        for path, label, selected in _expand(item):
            key = (os.path.realpath(path), selected)
            if key in seen:
                continue
            seen.add(key)
            found.extend(_identify(path, label, selected))
    return _with_unique_names(found)


def _expand(item: str | Path) -> list[tuple[Path, str, str | None]]:
    text = os.fspath(item)
    if "\0" in text or not text:
        raise InputError(f"{text!r} is not a file name", hint="Name a file, a folder or a pattern.")
    if text == STANDARD_INPUT:
        return [(_spool(sys.stdin), "stdin", None)]
    path = Path(text)
    try:
        if path.is_dir():
            return [(file, label, None) for file, label in _walk(path)]
        if os.path.lexists(path):
            return [(path, path.name, None)]
    except OSError as error:
        raise InputError(f"cannot be opened ({error.strerror})", where=text) from error
    for place, character in enumerate(text):
        if character == "!" and Path(text[:place]).is_file():
            return [(Path(text[:place]), Path(text[:place]).name, text[place + 1 :])]
    if glob.has_magic(text):
        matches = sorted(Path(match) for match in glob.glob(text, recursive=True))
        files = [match for match in matches if match.is_file()]
        if not files:
            raise InputError("the pattern matches no file", where=text, hint="Check the folder and spelling.")
        return [(file, file.name, None) for file in files]
    raise InputError("there is no such file or folder", where=text, hint="Check the path and spelling.")


def _walk(folder: Path) -> list[tuple[Path, str]]:
    """Readable files below ``folder``; linked folders are not entered, so loops cannot occur."""
    readable: list[tuple[Path, str]] = []
    others: list[str] = []

    def refuse(error: OSError) -> None:
        raise InputError(
            f"the folder cannot be listed ({error.strerror})", where=str(error.filename or folder)
        ) from error

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith((".", "~$")):
                continue
            path = Path(parent) / name
            label = path.relative_to(folder).as_posix()
            if name.lower().endswith(READABLE_SUFFIXES):
                readable.append((path, label))
            else:
                others.append(label)
    if not readable:
        seen = f"only {', '.join(others[:5])}{' …' if len(others) > 5 else ''}" if others else "it is empty"
        raise InputError(
            f"the folder has no file that can be read ({seen})",
            where=str(folder),
            hint=f"Readable: {', '.join(READABLE_SUFFIXES)}, each also as .gz or .zip.",
        )
    if len(readable) > MAX_FOLDER_FILES:
        raise InputError(
            f"the folder has {len(readable)} files, more than {MAX_FOLDER_FILES}", where=str(folder)
        )
    return sorted(readable, key=lambda pair: pair[1])


def _identify(path: Path, label: str, selected: str | None) -> list[Source]:
    size = _checked_size(path)
    plain = Source(label, path, size, file_hash(path), Format.DELIMITED)
    found: list[Source] = []
    for member, shown, compression in archive_members(path):
        if selected is not None and shown is not None and selected.split("!")[0] != shown:
            continue
        name = label if shown is None else f"{label}!{shown}"
        head = peek(path, compression, member, where=name)
        source = replace(
            plain,
            name=name,
            compression=compression,
            member=member,
            format=recognise(head, member or path.name, where=name),
        )
        found.extend(_sheets(source) if source.format is Format.WORKBOOK else [source])
    if selected is not None:
        found = [s for s in found if s.name == f"{label}!{selected}"]
        if not found:
            raise InputError(f"has no member or sheet named {selected!r}", where=str(path))
    return found


def _checked_size(path: Path) -> int:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise InputError("is not a regular file", where=str(path), hint="Save its content to a file.")
        with path.open("rb") as stream:
            stream.read(1)
    except OSError as error:
        raise InputError(
            f"cannot be opened ({error.strerror})", where=str(path), hint="Check that it may be read."
        ) from error
    if status.st_size == 0:
        raise InputError("the file is empty", where=str(path), hint="Export it again.")
    return status.st_size


def _sheets(source: Source) -> list[Source]:
    from unmet.ingest.spreadsheets import sheet_names

    return [replace(source, name=f"{source.name}!{sheet}", sheet=sheet) for sheet in sheet_names(source)]


def _with_unique_names(sources: list[Source]) -> list[Source]:
    """Two files of one name get as much of their folders' names as tells them apart."""
    named: list[Source] = []
    taken: dict[str, Path] = {}
    for source in sources:
        name, parents = source.name, list(source.path.absolute().parents)
        while name in taken and parents and parents[0].name:
            name = f"{parents.pop(0).name}/{name}"
        number = 2
        base = name
        while name in taken:
            name, number = f"{base} ({number})", number + 1
        taken[name] = source.path
        named.append(replace(source, name=name))
    return named


def _spool(stream: IO[str]) -> Path:
    """Copy standard input to a temporary file once; the file goes when the process ends."""
    if stream in _SPOOLED:
        return _SPOOLED[stream]
    raw = getattr(stream, "buffer", None)
    handle, name = tempfile.mkstemp(prefix="unmet-stdin-")
    path = Path(name)
    weakref.finalize(stream, path.unlink, missing_ok=True)
    with os.fdopen(handle, "wb") as target:
        if raw is None:
            target.write(stream.read().encode("utf-8", "surrogatepass"))
        else:
            while block := raw.read(1 << 20):
                target.write(block)
    if not path.stat().st_size:
        raise InputError("standard input is empty", hint="Pipe a table into it, for example < reviews.csv")
    _SPOOLED[stream] = path
    return path
