"""A forecast as a folder: written whole beside its place, then moved there in one step."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from unmet.core.errors import RunFolderError
from unmet.core.hashing import file_hash
from unmet.core.manifest import MANIFEST
from unmet.core.runs import versions

KIND = "forecast"
LIBRARIES = ("statsforecast", "mlforecast", "lightgbm", "hierarchicalforecast", "pandas")


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """An empty folder that takes the place of ``target`` when the block succeeds.

    Raises:
        RunFolderError: something that is no forecast is there.
    """
    check_place(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield work
        os.chmod(work, 0o755)
        _swap(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def check_place(target: Path) -> None:
    """Raise RunFolderError where a folder may not be written: a file, or a folder of something else."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not target.is_dir() or not is_forecast(target):
        raise RunFolderError(
            "something that is no forecast is there", where=str(target), hint="Name another --out."
        )


def is_forecast(folder: Path) -> bool:
    """Whether a folder was written by `unmet forecast`."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and manifest.get("kind") == KIND


def _swap(work: Path, target: Path) -> None:
    old = work.with_name(work.name + ".old")
    if target.exists():
        os.replace(target, old)
    try:
        os.replace(work, target)
    except OSError:
        if old.exists():
            os.replace(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def output_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder but the manifest, by name."""
    files = (path for path in sorted(folder.iterdir()) if path.is_file() and path.name != MANIFEST)
    return {path.name: file_hash(path) for path in files}


def library_versions() -> dict[str, Any]:
    """Versions of everything that can change a forecast."""
    found = versions()
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "absent"
    return found
