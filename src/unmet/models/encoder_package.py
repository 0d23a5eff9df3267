"""An encoder package on disk: everything that inference needs, nothing that runs code when it is read.

```
manifest.json    heads, reading, hashes of the files, versions, training data
model.onnx       one graph: input_ids, attention_mask (token_type_ids) → vector and one output per head
tokenizer.json   of the tokenizers library
CARD.md          for people
```
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from unmet.core.errors import ModelError
from unmet.core.files import atomic_path, write_json
from unmet.core.hashing import file_hash
from unmet.models.heads import KINDS, Task
from unmet.models.package import FORMAT, MANIFEST_FILE, REQUIRED_KEYS, damaged, read_manifest
from unmet.models.reading import Reader

ENCODER_TASK = "encoder"
MODEL_FILE, TOKENIZER_FILE, CARD_FILE = "model.onnx", "tokenizer.json", "CARD.md"
VECTOR = "vector"
"""Output of every package: mean state of the tokens, unit length."""

_SPECIAL = ("pad", "unknown", "start", "end", "mask")


@dataclass(frozen=True, slots=True)
class Head:
    """A head with what was fitted for it on held-out texts.

    Attributes:
        task: kind, labels and ranges.
        temperature: of its probabilities; 1 changes nothing.
        threshold: probability from which a flag is set, or a span kept.
        abstain_below: confidence below which the head would rather not answer; 0 always answers.
        half_widths: per score, half the width of an interval that held 90% of the held-out truths; empty if
            not measured.
    """

    task: Task
    temperature: float = 1.0
    threshold: float = 0.5
    abstain_below: float = 0.0
    half_widths: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class EncoderPackage:
    """A verified package.

    Attributes:
        folder: where it lies.
        manifest: as written.
        heads: by name.
    """

    folder: Path
    manifest: Mapping[str, Any]
    heads: Mapping[str, Head]

    @property
    def version(self) -> str:
        """``name@version``, as written into runs."""
        return f"{self.manifest['name']}@{self.manifest['version']}"


def is_encoder_package(folder: Path) -> bool:
    """Whether a folder says that it holds an encoder."""
    return (folder / MANIFEST_FILE).is_file() and read_manifest(folder).get("task") == ENCODER_TASK


def save_encoder_package(
    folder: Path,
    manifest: Mapping[str, Any],
    heads: Mapping[str, Head],
    model: bytes,
    reader: Reader,
    card: str,
) -> None:
    """Write a package; hashes, format, heads and reading are added to the manifest.

    Args:
        folder: made if missing.
        manifest: JSON-ready: ``name``, ``version``, ``training_data``, ``max_tokens``, ``inputs`` and more.
        heads: by name.
        model: the ONNX graph.
        reader: tokenizer and what happens before it.
        card: Markdown for people.

    Raises:
        ModelError: the manifest lacks a required key.
    """
    whole = {"task": ENCODER_TASK, "labels": list(heads), **manifest}
    missing = [key for key in (*REQUIRED_KEYS, "max_tokens", "inputs") if key not in whole]
    if missing:
        raise ModelError(f"The manifest lacks {', '.join(missing)}.", where=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_path(folder / MODEL_FILE) as temporary:
        temporary.write_bytes(model)
    with atomic_path(folder / TOKENIZER_FILE) as temporary:
        reader.tokenizer.save(str(temporary))
    with atomic_path(folder / CARD_FILE) as temporary:
        temporary.write_text(card, encoding="utf-8", newline="\n")
    whole |= {
        "reading": {"folds": reader.folds, **{name: getattr(reader, name) for name in _SPECIAL}},
        "heads": [_told(head) for head in heads.values()],
        "files": {name: file_hash(folder / name) for name in (MODEL_FILE, TOKENIZER_FILE)},
        "format": FORMAT,
    }
    # Last, so that a package that was only half written is no package.
    write_json(folder / MANIFEST_FILE, whole)


def load_encoder_package(folder: Path) -> EncoderPackage:
    """Read a package's manifest and verify its files.

    Raises:
        ModelError: a file is missing or was changed, the format is newer, or the package is no encoder.
    """
    manifest = read_manifest(folder)
    if manifest["task"] != ENCODER_TASK:
        raise ModelError(
            f"The package is for the task {manifest['task']!r}, not an encoder.", where=str(folder)
        )
    lacking = [key for key in ("heads", "files", "reading", "max_tokens", "inputs") if key not in manifest]
    if lacking:
        raise damaged(folder, f"{MANIFEST_FILE} lacks {', '.join(lacking)}.")
    for name in (MODEL_FILE, TOKENIZER_FILE):
        path = folder / name
        if not path.is_file():
            raise damaged(folder, f"{name} is missing.")
        if file_hash(path) != manifest["files"].get(name):
            raise damaged(folder, f"{name} does not match the hash in {MANIFEST_FILE}.")
    heads = [_head(entry, folder) for entry in manifest["heads"]]
    return EncoderPackage(folder, manifest, {head.task.name: head for head in heads})


def package_reader(package: EncoderPackage) -> Reader:
    """The tokenizer of a package."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(package.folder / TOKENIZER_FILE))
        told = package.manifest["reading"]
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return Reader(tokenizer, bool(told["folds"]), *(int(told[name]) for name in _SPECIAL))
    except Exception as error:  # the tokenizers library raises plain Exception
        raise damaged(package.folder, f"{TOKENIZER_FILE} cannot be used ({error}).") from error


def _told(head: Head) -> dict[str, Any]:
    told = {**asdict(head.task), **asdict(head)}
    del told["task"]
    return told


def _head(entry: Mapping[str, Any], folder: Path) -> Head:
    own = {field.name for field in fields(Head)} - {"task"}
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    try:
        task = Task(**{key: value for key, value in values.items() if key not in own})
        head = Head(task, **{key: value for key, value in values.items() if key in own})
    except TypeError as error:
        raise damaged(folder, f"a head of {MANIFEST_FILE} cannot be read ({error}).") from error
    if task.kind not in KINDS or not head.temperature > 0:
        raise damaged(folder, f"the head {task.name!r} has an unknown kind or a temperature of 0.")
    return head
