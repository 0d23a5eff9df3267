"""The manifest of a run folder: reading it, its hash, and what differs between two."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unmet.core.errors import RunFolderError
from unmet.core.files import dump_json
from unmet.core.hashing import text_hash

MANIFEST = "manifest.json"
SCHEMA_VERSION = 1


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a run folder.

    Raises:
        RunFolderError: it is missing, damaged or of another schema version.
    """
    file = path / MANIFEST
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RunFolderError(
            "no manifest.json here, so this is not a run folder",
            where=str(path),
            hint="Give the folder named by `unmet mine --out`.",
        ) from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RunFolderError(f"the manifest is damaged: {error}", where=str(file)) from error
    if not isinstance(manifest, dict) or manifest.get("schema_version") != SCHEMA_VERSION:
        raise RunFolderError(
            "the manifest is of another version", where=str(file), hint="Use --overwrite to replace the run."
        )
    missing = [key for key in _KEYS if not isinstance(manifest.get(key), _KEYS[key])]
    if missing:
        raise RunFolderError(f"the manifest is damaged: no usable {', '.join(missing)}", where=str(file))
    return manifest


_KEYS: dict[str, type] = {
    "status": str,
    "inputs": list,
    "config": dict,
    "versions": dict,
    "models": dict,
    "counts": dict,
    "stages": list,
    "outputs": dict,
}


def manifest_hash(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of everything in a manifest but this hash, so that a changed byte shows."""
    rest = {key: value for key, value in manifest.items() if key != "manifest_sha256"}
    return text_hash(dump_json(rest))


def first_difference(old: Any, new: Any, place: str) -> str | None:
    """First place where two plain structures differ, in words; ``None`` if they are equal.

    >>> first_difference({"a": [1, 2]}, {"a": [1, 3]}, "config")
    'config.a[1] was 2, is 3'
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            found = first_difference(old.get(key), new.get(key), f"{place}.{key}")
            if found:
                return found
        return None
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return next((d for i, (a, b) in pairs if (d := first_difference(a, b, f"{place}[{i}]"))), None)
    if isinstance(old, list) and isinstance(new, list):
        return f"{place} had {len(old)} entries, has {len(new)}"
    return None if old == new else f"{place} was {old!r}, is {new!r}"
