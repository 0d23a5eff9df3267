"""A model package on disk: ``manifest.json`` + ``weights.npz`` (+ ``CARD.md``), never pickle.

The manifest is a plain dict. Keys every package carries: ``name``, ``version``, ``task``, ``labels``,
``training_data``; ``sha256`` (of the arrays, name by name) and ``format`` are filled in here.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.core.errors import ModelError
from unmet.core.files import atomic_path, write_json

FORMAT = 1
"""Version of the folder layout; a package of a newer format is refused."""

MANIFEST_FILE = "manifest.json"
WEIGHTS_FILE = "weights.npz"
REQUIRED_KEYS = ("name", "version", "task", "labels", "training_data")

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Package:
    """A verified package: its manifest and its arrays by name."""

    manifest: Mapping[str, Any]
    arrays: Mapping[str, Array]

    @property
    def version(self) -> str:
        """``name@version``, as written into runs."""
        return f"{self.manifest['name']}@{self.manifest['version']}"


def arrays_hash(arrays: Mapping[str, Array]) -> str:
    """SHA-256 over names, types, shapes and bytes of the arrays, in order of name."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}\x1f{array.dtype.str}\x1f{arrays[name].shape}\x1f".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def save_package(directory: Path, manifest: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write a package folder; the arrays' hash and the format number are added to the manifest.

    Args:
        directory: made if missing; existing files of the package are replaced.
        manifest: JSON-ready; must hold :data:`REQUIRED_KEYS`.
        arrays: numeric, boolean or fixed-width text arrays (no objects).

    Raises:
        ModelError: a required key is missing or an array would need pickle.
    """
    missing = [key for key in REQUIRED_KEYS if key not in manifest]
    if missing:
        raise ModelError(f"The manifest lacks {', '.join(missing)}.", where=str(directory))
    objects = [name for name, array in arrays.items() if array.dtype.hasobject]
    if objects:
        raise ModelError(f"Arrays of objects cannot be saved: {', '.join(objects)}.", where=str(directory))
    directory.mkdir(parents=True, exist_ok=True)
    with (
        atomic_path(directory / WEIGHTS_FILE) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
    ):
        for name in sorted(arrays):
            # A fixed date keeps the bytes of equal packages equal.
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.ascontiguousarray(arrays[name]), allow_pickle=False)
    write_json(directory / MANIFEST_FILE, {**manifest, "format": FORMAT, "sha256": arrays_hash(arrays)})


def load_package(directory: Path) -> Package:
    """Read and verify a package folder.

    Raises:
        ModelError: a file is missing or unreadable, the format is newer than this code, a required
            key is missing, or the arrays do not match the hash in the manifest.
    """
    manifest = read_manifest(directory)
    path = directory / WEIGHTS_FILE
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise damaged(directory, f"{WEIGHTS_FILE} is missing.") from None
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise damaged(directory, f"{WEIGHTS_FILE} cannot be read ({error}).") from error
    if arrays_hash(arrays) != manifest.get("sha256"):
        raise damaged(directory, f"{WEIGHTS_FILE} does not match the hash in {MANIFEST_FILE}.")
    return Package(manifest, arrays)


def package_version(directory: Path) -> str:
    """``name@version`` from the manifest alone, without reading the weights."""
    manifest = read_manifest(directory)
    return f"{manifest['name']}@{manifest['version']}"


def read_manifest(directory: Path) -> dict[str, Any]:
    """The manifest of a package folder.

    Raises:
        ModelError: it is missing, unreadable, lacks a required key or has another format.
    """
    path = directory / MANIFEST_FILE
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise damaged(directory, f"{MANIFEST_FILE} is missing: this is no model package.") from None
    except (OSError, ValueError) as error:
        raise damaged(directory, f"{MANIFEST_FILE} cannot be read ({error}).") from error
    missing = [key for key in REQUIRED_KEYS if not isinstance(manifest, dict) or key not in manifest]
    if missing:
        raise damaged(directory, f"{MANIFEST_FILE} lacks {', '.join(missing)}.")
    if manifest.get("format") != FORMAT:
        raise ModelError(
            f"The package has format {manifest.get('format')}, this version reads format {FORMAT}.",
            where=str(directory),
            hint="Update unmet or export the package again.",
        )
    return dict(manifest)


def damaged(directory: Path, what: str) -> ModelError:
    """The error of a package that cannot be used."""
    return ModelError(what, where=str(directory), hint="Install the package again or check the path.")
