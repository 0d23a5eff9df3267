"""How commands speak: results on standard output, progress and errors on standard error."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping
from typing import Any

import typer

from unmet.core.errors import InputError, UnmetError

EXIT_FAILURE = 1
EXIT_USAGE = 2


def speak_utf8() -> None:
    """Write UTF-8 whatever the console's encoding; half a character never stops a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def say(line: str = "") -> None:
    """Print one line of result."""
    typer.echo(line)


def note(line: str) -> None:
    """Print one line of progress or remark to standard error."""
    typer.echo(line, err=True)


def emit_json(value: Any) -> None:
    """Print a result for machines."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


class Progress:
    """A progress line on standard error, silent when it is not a terminal."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._on = sys.stderr.isatty()

    def __call__(self, stage: str, rows: int | None = None) -> None:
        """Show that ``stage`` reached ``rows``."""
        if self._on:
            amount = f" {rows:,} rows" if rows else ""
            typer.echo(f"\r\x1b[K{self._label}: {stage}{amount}", nl=False, err=True)

    def end(self) -> None:
        """Clear the line."""
        if self._on:
            typer.echo("\r\x1b[K", nl=False, err=True)


def parse_mapping(text: str | None) -> dict[str, str]:
    """Read ``--map text=评论内容,rating=打分``.

    Raises:
        InputError: a part has no ``=``.
    """
    pairs: dict[str, str] = {}
    for part in filter(None, (text or "").split(",")):
        field, separator, column = part.partition("=")
        if not separator or not field.strip() or not column.strip():
            raise InputError(
                f"--map part {part!r} is not field=column", hint="Example: --map text=评论内容,rating=打分"
            )
        pairs[field.strip()] = column.strip()
    return pairs


def check_language(language: str | None) -> str | None:
    """Return a ``--language`` that texts can be in.

    Raises:
        InputError: it is neither ``zh`` nor ``en``.
    """
    if language not in (None, "zh", "en"):
        raise InputError(f"no language {language!r}", hint="Use --language zh or --language en.")
    return language


def report_error(error: UnmetError, *, as_json: bool) -> int:
    """Show an error without a trace and return the exit code."""
    if as_json:
        shape: Mapping[str, Any] = {"error": {"what": error.what, "where": error.where, "hint": error.hint}}
        typer.echo(json.dumps(shape, ensure_ascii=False), err=True)
    else:
        place = f"{error.where}: " if error.where else ""
        note(f"unmet: {place}{error.what}")
        if error.hint:
            note(f"    {error.hint}")
    return error.exit_code
