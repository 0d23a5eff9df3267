"""The form of a text under which copies are equal: no case, width, space, punctuation or invisible marks."""

from __future__ import annotations

import unicodedata

import polars as pl
import regex

# Letters, digits, marks and pictures (So: emoji) stay; the rest does not make two texts different.
_DROPPED = r"[\p{P}\p{Z}\p{C}\p{Sm}\p{Sc}\p{Sk}\x{fe0e}\x{fe0f}]"
_DROPPED_PYTHON = regex.compile(_DROPPED.replace(r"\x{fe0e}\x{fe0f}", "\ufe0e\ufe0f"))


def fold(text: str) -> str:
    """Return the folded form of one text.

    >>> fold("很 好，Ｇｏｏｄ！")
    '很好good'
    """
    return _DROPPED_PYTHON.sub("", unicodedata.normalize("NFKC", text).lower())


def fold_column(texts: pl.Series) -> pl.Series:
    """:func:`fold` of a whole column."""
    return texts.str.normalize("NFKC").str.to_lowercase().str.replace_all(_DROPPED, "")
