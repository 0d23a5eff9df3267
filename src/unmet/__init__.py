"""unmet: from raw customer text to verified need cards.

The public names are loaded when first used, so that ``import unmet`` stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from unmet.api import Run, annotate, load, mine
    from unmet.core.errors import InputError, UnmetError
    from unmet.core.records import Annotation, Need

__all__ = ["Annotation", "InputError", "Need", "Run", "UnmetError", "__version__", "annotate", "load", "mine"]

_HOMES = {
    "Annotation": "unmet.core.records",
    "InputError": "unmet.core.errors",
    "Need": "unmet.core.records",
    "Run": "unmet.api",
    "UnmetError": "unmet.core.errors",
    "annotate": "unmet.api",
    "load": "unmet.api",
    "mine": "unmet.api",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'unmet' has no attribute {name!r}")
