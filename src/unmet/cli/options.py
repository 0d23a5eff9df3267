"""What commands of training share: short options, configurations from them, the check for torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from importlib.util import find_spec
from typing import Any, TypeVar

import typer

from unmet.core.errors import InputError

T = TypeVar("T")


def option(help_: str, *names: str, **limits: Any) -> Any:
    """An option of a command."""
    return typer.Option(*names, help=help_, **limits)


def picked(kind: type[T], given: Mapping[str, Any]) -> T:
    """A configuration from the options of the same names; every other field keeps its default."""
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in given.items() if name in names})


def day(name: str, text: str | None) -> date | None:
    """The day that an option gives.

    Raises:
        InputError: it is no day.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{name} {text!r} is no day", hint="Write it as 2024-12-31.") from error


def listed(text: str) -> tuple[str, ...]:
    """The parts of a list with commas, each once, in order."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def need_torch(*more: str, threads: int = 0) -> None:
    """Say what to install where training, or another package of its extra, is not.

    Args:
        more: further packages that the command needs.
        threads: how many threads torch may use; 0 means all.
    """
    needed = ("torch", "transformers", "accelerate", *more)
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise InputError(f"training needs {', '.join(missing)}", hint="pip install 'unmet[train]'")
    if threads:
        import torch

        torch.set_num_threads(threads)
