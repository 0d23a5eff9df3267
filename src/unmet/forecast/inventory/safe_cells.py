"""Texts in CSV files that spreadsheets must not run: ``=``, ``+``, ``-``, ``@`` begin a formula there.

The usual cure (OWASP, CSV injection): an apostrophe before such a text. Texts that begin with an apostrophe
before such a sign get one more, so that every text can be read back as it was. Numbers are left alone.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from unmet.core.files import atomic_path

_RISKY = r"^'*\s*[=+\-@\t\r|%＝＋－＠]"
_ESCAPED = r"^'('*\s*[=+\-@\t\r|%＝＋－＠])"


def guarded(column: pl.Expr) -> pl.Expr:
    """A text column with an apostrophe before everything that a spreadsheet could take for a formula."""
    return pl.when(column.str.contains(_RISKY)).then(pl.lit("'") + column).otherwise(column)


def restored(column: pl.Expr) -> pl.Expr:
    """The texts that :func:`guarded` was given."""
    return column.str.replace(_ESCAPED, "$1")


def write_safe_csv(path: Path, table: pl.DataFrame) -> None:
    """Write a table atomically, texts guarded, numbers without more than six decimals, lists joined."""
    texts = [name for name, dtype in table.schema.items() if dtype == pl.String]
    floats = [name for name, dtype in table.schema.items() if dtype.is_float()]
    safe = table.with_columns(
        *(guarded(pl.col(name)).alias(name) for name in texts), *(pl.col(name).round(6) for name in floats)
    )
    with atomic_path(path) as temporary:
        safe.write_csv(temporary)
