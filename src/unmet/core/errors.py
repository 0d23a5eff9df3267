"""The error tree. Every message says what is wrong, where, and what to do next.

UnmetError                 anything this package raises on purpose (exit code 1)
├── InputError             the user's data or arguments (exit code 2)
│   └── MappingError       columns that could not be recognised
├── RunFolderError         a run folder that is missing, incomplete or damaged
└── ModelError             a model package that is missing or does not fit
"""

from __future__ import annotations


class UnmetError(Exception):
    """Base of all errors raised on purpose.

    Args:
        what: what is wrong, one plain sentence.
        where: file, row, column or id, if there is one.
        hint: the next step for the user.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        stop = "" if self.what.endswith((".", "!", "?", "。")) else "."
        advice = f"{stop} {self.hint}" if self.hint else ""
        return f"{place}{self.what}{advice}"


class InputError(UnmetError):
    """The user's data or arguments cannot be used."""

    exit_code = 2


class MappingError(InputError):
    """The columns of an input could not be recognised, or a named column is not there."""


class RunFolderError(UnmetError):
    """A run folder is missing, incomplete or damaged."""


class ModelError(UnmetError):
    """A model package is missing, damaged or does not fit the task."""
