"""Redraw the report of a finished run."""

from __future__ import annotations

from pathlib import Path

from unmet.core.errors import InputError
from unmet.report.page import write_report

LANGUAGES = ("zh", "en")


def check_report_language(language: str | None) -> str | None:
    """Return the language if it is one the report speaks.

    Raises:
        InputError: it is not.
    """
    if language is not None and language not in LANGUAGES:
        raise InputError(f"no report language {language!r}", hint="Use --lang zh or --lang en.")
    return language


def redraw_report(run: Path, language: str | None) -> Path:
    """Draw report.html again and record its new hash in the manifest, so that `verify` still holds."""
    from unmet.core.runs import RunFolder

    check_report_language(language)
    folder = RunFolder.open(run)
    path = write_report(run, language)
    folder.record_output(path.name)
    return path
