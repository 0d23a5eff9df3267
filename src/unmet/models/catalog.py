"""The model tiers there are, and how to load one by name or by folder."""

from __future__ import annotations

from pathlib import Path

from unmet.core.errors import ModelError
from unmet.models.linear import LinearModels, TextModels
from unmet.models.package import MANIFEST_FILE

PACKAGES = Path(__file__).parent / "packages"
TIERS = ("linear", "starter")


def load_models(tier: str = "linear") -> TextModels:
    """Return the models of a tier; packages are read when first used.

    Args:
        tier: ``linear`` (shipped), or the path of a folder that holds packages
            (``sentiment/manifest.json`` …).

    Raises:
        ModelError: unknown tier, a tier that is not shipped yet, or a folder without packages.
    """
    if tier == "linear":
        return LinearModels(PACKAGES / "linear")
    if tier == "starter":
        raise ModelError("The starter tier is not shipped yet.", hint="Use --tier linear.")
    folder = Path(tier)
    if not folder.is_dir():
        raise ModelError(
            f"There is no model tier and no folder {tier!r}.",
            hint=f"Tiers: {', '.join(TIERS)}; or give the path of a package folder.",
        )
    if not any(folder.glob(f"*/{MANIFEST_FILE}")):
        raise ModelError(
            "The folder holds no model packages.",
            where=tier,
            hint=f"Expected TASK/{MANIFEST_FILE} inside, for example sentiment/{MANIFEST_FILE}.",
        )
    return LinearModels(folder)
