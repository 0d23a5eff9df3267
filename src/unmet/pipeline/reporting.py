"""Redraw the report of a finished run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unmet.core.errors import InputError, ModelError, RunFolderError
from unmet.core.hashing import file_hash
from unmet.core.runs import RunFolder
from unmet.models.catalog import load_models
from unmet.models.linear import TextModels
from unmet.report.page import write_report

LANGUAGES = ("zh", "en")
SHOWN = ("needs.json", "quality.json")
"""Files that the page is drawn from, besides the manifest."""
TABLES = ("documents.parquet", "mentions.parquet")
"""And those behind the complaints of each product."""


def check_report_language(language: str | None) -> str | None:
    """Return the language if it is one the report speaks.

    Raises:
        InputError: it is not.
    """
    if language is not None and language not in LANGUAGES:
        raise InputError(f"no report language {language!r}", hint="Use --lang zh or --lang en.")
    return language


def redraw_report(run: Path, language: str | None, forecast: Path | None = None) -> Path:
    """Draw report.html again and record its new hash in the manifest, so that `verify` still holds.

    Args:
        run: folder of `unmet mine`.
        language: of the page; ``None`` is that of most texts.
        forecast: folder of `unmet forecast`, for a section on what will sell.

    Raises:
        InputError: the report does not speak ``language``, or the forecast is of other products.
        RunFolderError: there is no finished run, or what the page shows is damaged.
    """
    check_report_language(language)
    folder = RunFolder.open(run)
    for name in SHOWN if forecast is None else (*SHOWN, *TABLES):
        file = run / name
        if not file.is_file() or file_hash(file) != folder.manifest["outputs"].get(name):
            raise RunFolderError(
                "the file is damaged: it is not what the run wrote",
                where=str(file),
                hint="`unmet verify` says what changed.",
            )
    path = write_report(run, language, _models_of(folder.manifest), forecast)
    folder.record_output(path.name)
    return path


def _models_of(manifest: Mapping[str, Any]) -> TextModels | None:
    """The tier that read the run, or ``None`` if it is gone or another version is in its place.

    Another model would shade the quotes by reasons that the run never had.
    """
    try:
        models = load_models(manifest["config"]["tier"])
        same = models.versions.get("sentiment") == manifest["models"].get("sentiment")
    except ModelError:
        return None
    return models if same else None
