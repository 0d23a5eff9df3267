"""Which models there are: tiers of this installation, and whatever lies below a folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from unmet.core.errors import InputError, ModelError
from unmet.models.catalog import PACKAGES, TIERS, load_models
from unmet.models.encoder_package import ENCODER_TASK
from unmet.models.heads import SETTINGS_FILE
from unmet.models.linear import TASK_FOLDERS
from unmet.models.package import MANIFEST_FILE, package_version, read_manifest
from unmet.models.tier_file import TIER_FILE, TIER_TASKS, read_tier


def kind_of(folder: Path) -> str | None:
    """What a folder holds: ``tier``, ``encoder``, ``package``, ``finetuned`` or nothing of ours."""
    if (folder / TIER_FILE).is_file():
        return "tier"
    if (folder / MANIFEST_FILE).is_file():
        try:
            task = read_manifest(folder).get("task")
        except ModelError:
            return None
        return "encoder" if task == ENCODER_TASK else "package"
    if (folder / SETTINGS_FILE).is_file():
        return "finetuned"
    named = [name for name in TASK_FOLDERS.values() if (folder / name / MANIFEST_FILE).is_file()]
    return "tier" if named else None


def tiers() -> list[dict[str, Any]]:
    """The tiers that this installation has."""
    return [_entry(PACKAGES / name, "tier", name) for name in TIERS if kind_of(PACKAGES / name)]


def models_below(root: Path) -> list[dict[str, Any]]:
    """Every model below a folder, by path; a model's own parts are not told again."""
    found = []
    for folder, kind in _walk(root):
        found.append(_entry(folder, kind, str(folder)))
    return found


def _walk(root: Path) -> Iterator[tuple[Path, str]]:
    for place, folders, _ in os.walk(root):
        kind = kind_of(Path(place))
        folders.sort()
        if kind is not None:
            folders.clear()
            yield Path(place), kind


def _entry(folder: Path, kind: str, where: str) -> dict[str, Any]:
    return {"model": _name(folder, kind), "kind": kind, "where": where, "bytes": _bytes(folder)}


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _name(folder: Path, kind: str) -> str:
    if kind == "finetuned":
        return f"{folder.name}@finetuned"
    if (folder / TIER_FILE).is_file():
        tier = read_tier(folder)
        return f"{tier.name}@{tier.version}"
    if kind == "tier":
        return load_models("linear" if folder == PACKAGES / "linear" else str(folder)).name
    return package_version(folder)


def _place(model: str) -> Path:
    return PACKAGES / model if model in TIERS and kind_of(PACKAGES / model) else Path(model).expanduser()


def described(model: str) -> dict[str, Any]:
    """What a model is, as a plain dict.

    Raises:
        ModelError: there is no such model.
    """
    folder = _place(model)
    kind = kind_of(folder)
    if kind is None:
        load_models(model)  # says what there is instead
        raise ModelError("the folder holds no model", where=model)
    told: dict[str, Any] = _entry(folder, kind, model)
    if kind == "finetuned":
        settings = json.loads((folder / SETTINGS_FILE).read_text("utf-8"))
        return told | {"tasks": settings["tasks"], "measures": settings.get("measures", {})}
    if kind == "tier":
        if (folder / TIER_FILE).is_file():
            tier = read_tier(folder)
            told["answered_by"] = {task: tier.by(task) for task in TIER_TASKS}
        return told | {"versions": load_models(model).versions}
    manifest = read_manifest(folder)
    shown = ("task", "labels", "precision", "max_tokens", "training_data", "measures", "made_with", "heads")
    return told | {key: manifest[key] for key in shown if key in manifest}


def card_of(model: str) -> str:
    """The card of a package, or of a tier's encoder; empty where there is none."""
    folder = _place(model)
    places = [folder / "CARD.md"]
    if (folder / TIER_FILE).is_file():
        places.append(read_tier(folder).encoder / "CARD.md")
    return next((path.read_text("utf-8") for path in places if path.is_file()), "")


def encoder_of(model: str) -> Path:
    """The encoder package of a tier, or the package itself.

    Raises:
        ModelError: there is no such model, or no encoder in it.
    """
    folder = _place(model)
    if kind_of(folder) == "encoder":
        return folder
    if (folder / TIER_FILE).is_file():
        return read_tier(folder).encoder
    raise ModelError(
        "no exported encoder is there", where=model, hint="Name a tier or package with an encoder."
    )


def removable(folder: Path) -> Path:
    """The folder, if it holds a model that may be removed.

    Raises:
        InputError: it holds none, belongs to the installation, or is a link.
    """
    if not folder.is_dir() or kind_of(folder) is None:
        raise InputError("the folder holds no model", where=str(folder))
    if folder.is_symlink():
        raise InputError("this is a link", where=str(folder), hint="Remove the link itself.")
    inside = folder.resolve()
    if inside.is_relative_to(PACKAGES.resolve()) or PACKAGES.resolve().is_relative_to(inside):
        raise InputError("this model belongs to the installation", where=str(folder))
    return folder
