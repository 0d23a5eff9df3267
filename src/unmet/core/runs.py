"""Run folders: a manifest, atomic stage outputs, and resuming a run that was killed.

    folder = RunFolder(path)
    folder.start(config, describe_inputs(paths))
    if not folder.stage_done("clean"):
        with folder.stage("clean", ["documents.parquet", "rejected.parquet"]):
            ...  # write them below folder.path, or below folder.work if only later stages need them
    folder.finish(models=models, counts=counts)

The manifest is rewritten after every stage, so a killed run knows what it has. Outputs below ``work/``
serve resuming only and go away with :meth:`RunFolder.finish`.
"""

from __future__ import annotations

import json
import platform
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from unmet.core.config import MineConfig
from unmet.core.errors import RunFolderError
from unmet.core.files import write_json
from unmet.core.hashing import file_hash
from unmet.core.manifest import MANIFEST, SCHEMA_VERSION, first_difference, manifest_hash, read_manifest
from unmet.core.memory import peak_memory_bytes, reset_peak_memory

WORK = "work"
LIBRARIES = ("unmet", "numpy", "polars", "scipy", "scikit-learn")
"""Packages whose versions can change a number; they must match for a run to resume."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """One input as the user named it (``-`` for standard input), with its content hash."""

    name: str
    sha256: str
    size_bytes: int


def describe_inputs(paths: Iterable[str | Path]) -> list[InputFile]:
    """Hash input files; a folder stands for the files in it, sorted.

    Raises:
        OSError: a file cannot be read.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        files += sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return [InputFile(str(path), file_hash(path), path.stat().st_size) for path in files]


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that numbers depend on."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "absent"
    return found


class RunFolder:
    """One run on disk. ``path`` is the folder; ``manifest`` mirrors ``manifest.json``."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.manifest: dict[str, Any] = {}

    @classmethod
    def open(cls, path: str | Path) -> RunFolder:
        """Open a complete run.

        Raises:
            RunFolderError: no run is there, it is unfinished, or its manifest is damaged.
        """
        folder = cls(path)
        folder.manifest = read_manifest(folder.path)
        if folder.manifest["status"] != "complete":
            raise RunFolderError(
                "this run is not finished", where=str(path), hint="Run the same `unmet mine` again."
            )
        return folder

    @property
    def work(self) -> Path:
        """Place for tables that only later stages of the same run need."""
        return self.path / WORK

    def start(
        self, config: MineConfig, inputs: Sequence[InputFile], *, overwrite: bool = False
    ) -> tuple[str, ...]:
        """Begin a run, or take up the one in the folder if inputs, config and versions are the same.

        Returns:
            Names of the stages that are finished already.

        Raises:
            RunFolderError: the folder holds another run (the first difference is named) or other files.
        """
        fresh = _fresh_manifest(config, inputs)
        if overwrite:
            self._clear()
        elif (self.path / MANIFEST).exists():
            self.manifest = read_manifest(self.path)
            self._refuse_other_run(fresh)
            return tuple(stage["name"] for stage in self.manifest["stages"])
        elif self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise RunFolderError(
                "the folder is not empty and holds no run", where=str(self.path), hint="Name another --out."
            )
        self.path.mkdir(parents=True, exist_ok=True)
        self.manifest = fresh
        self._save()
        return ()

    def stage_done(self, name: str) -> bool:
        """Whether a stage finished earlier and its outputs are still what it wrote.

        Passing outputs of a complete run are gone; they are missed only if a later stage must run again.
        """
        stages = self.manifest["stages"]
        names = [stage["name"] for stage in stages]
        if name not in names:
            return False
        later = stages[names.index(name) :]
        if not self._intact(later[0], passing=False):
            return False
        if self._intact(later[0], passing=True):
            return True
        complete = self.manifest["status"] == "complete"
        return complete and all(self._intact(stage, passing=False) for stage in later)

    @contextmanager
    def stage(self, name: str, outputs: Sequence[str]) -> Iterator[None]:
        """Run one stage: on success its outputs are hashed and it counts as finished.

        Args:
            name: name of the stage.
            outputs: files it writes, relative to ``path`` (``work/…`` for passing ones).
        """
        names = [stage["name"] for stage in self.manifest["stages"]]
        if name in names:  # done again: whatever came after it is stale
            del self.manifest["stages"][names.index(name) :]
        self.manifest["status"] = "running"
        self._save()
        reset_peak_memory()
        begin = time.perf_counter()
        yield
        record = {
            "name": name,
            "seconds": round(time.perf_counter() - begin, 3),
            "peak_memory_bytes": peak_memory_bytes(),
            "outputs": {file: self._hash(file) for file in outputs},
        }
        self.manifest["stages"].append(record)
        self._save()

    def finish(self, *, models: Mapping[str, str], counts: Mapping[str, Any]) -> None:
        """Mark the run complete.

        Args:
            models: task → model name and version.
            counts: at least ``rows_by_source`` (source → input rows), ``rows``, ``documents``,
                ``rejected``, ``mentions`` and ``needs``.
        """
        outputs: dict[str, str] = {}
        for stage in self.manifest["stages"]:
            outputs.update({f: digest for f, digest in stage["outputs"].items() if not _passing(f)})
        self.manifest.update(
            status="complete",
            finished_at=_now(),
            models=dict(models),
            counts=dict(counts),
            outputs=dict(sorted(outputs.items())),
        )
        self._save()
        shutil.rmtree(self.work, ignore_errors=True)

    def record_output(self, name: str) -> None:
        """Take the present content of an output (a redrawn report) as the right one."""
        digest = self._hash(name)
        self.manifest["outputs"][name] = digest
        for stage in self.manifest["stages"]:
            if name in stage["outputs"]:
                stage["outputs"][name] = digest
        self._save()

    def _refuse_other_run(self, fresh: Mapping[str, Any]) -> None:
        for key in ("inputs", "config", "versions"):
            found = first_difference(self.manifest.get(key), fresh[key], key)
            if found:
                raise RunFolderError(
                    f"the folder holds another run: {found}",
                    where=str(self.path),
                    hint="Use --overwrite to replace it, or another --out.",
                )

    def _clear(self) -> None:
        """Remove what an earlier run wrote, and nothing else."""
        if not (self.path / MANIFEST).exists():
            return
        try:
            earlier = read_manifest(self.path)
        except RunFolderError:
            earlier = {"stages": []}
        files = {file for stage in earlier["stages"] for file in stage["outputs"]}
        for file in [*sorted(files), MANIFEST]:
            target = self.path / file
            if target.resolve().is_relative_to(self.path.resolve()):
                target.unlink(missing_ok=True)
        shutil.rmtree(self.work, ignore_errors=True)

    def _intact(self, stage: Mapping[str, Any], *, passing: bool) -> bool:
        for file, digest in stage["outputs"].items():
            target = self.path / file
            if _passing(file) == passing and not (target.is_file() and file_hash(target) == digest):
                return False
        return True

    def _hash(self, file: str) -> str:
        target = self.path / file
        if not target.is_file():
            raise RunFolderError("a stage did not write its output", where=str(target))
        return file_hash(target)

    def _save(self) -> None:
        self.manifest["manifest_sha256"] = manifest_hash(self.manifest)
        write_json(self.path / MANIFEST, self.manifest)


def _fresh_manifest(config: MineConfig, inputs: Sequence[InputFile]) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "status": "running",
        "started_at": _now(),
        "finished_at": None,
        "seed": config.seed,
        "inputs": [asdict(file) for file in inputs],
        "config": json.loads(json.dumps(config.to_dict())),
        "versions": versions(),
        "models": {},
        "counts": {},
        "stages": [],
        "outputs": {},
    }


def _passing(file: str) -> bool:
    return file.startswith(f"{WORK}/")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
