"""The form of a text under which copies are equal: no case, width, space, punctuation or invisible marks."""

from __future__ import annotations

import polars as pl

# Letters, digits, marks and pictures (So: emoji) stay; the rest does not make two texts different.
_DROPPED = r"[\p{P}\p{Z}\p{C}\p{Sm}\p{Sc}\p{Sk}\x{fe0e}\x{fe0f}]"


def fold(text: str) -> str:
    """Return the folded form of one text.

    >>> fold("很 好，Ｇｏｏｄ！")
    '很好good'
    """
    return fold_column(pl.Series([text.encode("utf-8", "replace").decode("utf-8")])).item()  # type: ignore[no-any-return]


def fold_column(texts: pl.Series) -> pl.Series:
    """:func:`fold` of a whole column."""
    return texts.str.normalize("NFKC").str.to_lowercase().str.replace_all(_DROPPED, "")
