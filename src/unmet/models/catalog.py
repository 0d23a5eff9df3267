"""The model tiers there are, and how to load one by name or by folder."""

from __future__ import annotations

from multiprocessing import parent_process
from pathlib import Path

from unmet.core.errors import ModelError
from unmet.models.encoder_package import is_encoder_package
from unmet.models.heads import SETTINGS_FILE
from unmet.models.linear import LinearModels, TextModels
from unmet.models.package import MANIFEST_FILE
from unmet.models.tier_file import TIER_FILE

PACKAGES = Path(__file__).parent / "packages"
TIERS = ("linear", "starter")


def load_models(tier: str = "linear") -> TextModels:
    """Return the models of a tier; packages are read when first used.

    Args:
        tier: ``linear`` or ``starter``, or the path of a folder: one with a ``tier.json``, an encoder
            package (`unmet export`), or one that holds linear packages (``sentiment/manifest.json`` …).

    Raises:
        ModelError: unknown tier, a tier that is not installed, or a folder without packages.
    """
    if tier == "linear":
        return LinearModels(PACKAGES / "linear")
    if tier == "starter":
        return _starter()
    folder = Path(tier)
    if not folder.is_dir():
        raise ModelError(
            f"There is no model tier and no folder {tier!r}.",
            hint=f"Tiers: {', '.join(TIERS)}; or give the path of a package folder.",
        )
    return _from_folder(folder)


def _starter() -> TextModels:
    folder = PACKAGES / "starter"
    if not (folder / TIER_FILE).is_file():
        raise ModelError("The starter tier is not part of this installation.", hint="Use --tier linear.")
    from unmet.models.starter import load_tier

    return load_tier(folder, LinearModels(PACKAGES / "linear"), _threads())


def _threads() -> int:
    """One where other processes share the machine, else ONNX Runtime's choice; no result depends on it."""
    return 0 if parent_process() is None else 1


def _from_folder(folder: Path) -> TextModels:
    linear = LinearModels(PACKAGES / "linear")
    if (folder / TIER_FILE).is_file():
        from unmet.models.starter import load_tier

        return load_tier(folder, linear, _threads())
    if is_encoder_package(folder):
        from unmet.models.starter import load_package_tier

        return load_package_tier(folder, linear, _threads())
    if (folder / SETTINGS_FILE).is_file():
        raise ModelError(
            "This is a fine-tuned model; running it without torch needs a package.",
            where=str(folder),
            hint=f"Run: unmet export {folder} --out PACKAGE",
        )
    if not any(folder.glob(f"*/{MANIFEST_FILE}")):
        raise ModelError(
            "The folder holds no model packages.",
            where=str(folder),
            hint=f"Expected {TIER_FILE}, {MANIFEST_FILE} of an encoder, or TASK/{MANIFEST_FILE} inside.",
        )
    return LinearModels(folder)
