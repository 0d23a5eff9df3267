"""Under which key two rows are copies of each other."""

from __future__ import annotations

from datetime import time

import numpy as np
import numpy.typing as npt
import polars as pl

_SURELY_PASTED = 2
"""From this many times the length that counts as long, two authors do not write the same text at all."""

AT_ONCE_SECONDS = 600.0
"""One person rates several orders in a row, sometimes under several names."""

_MIN_DISTINCT_CHARACTERS = 6
"""A text of fewer different characters ("好好好好好好好好好好好好") is short, whatever its length."""


def is_long(folded: pl.Series, min_characters: int) -> pl.Series:
    """Whether folded texts are long enough that two customers do not write the same by chance.

    In UTF-8 a Chinese character takes three bytes and a letter one, which is about how much each says:
    twelve Chinese characters weigh as much as thirty-six letters, or seven English words.
    """
    distinct = folded.str.head(200).str.split("").list.n_unique()
    return (folded.str.len_bytes() >= 3 * min_characters) & (distinct >= _MIN_DISTINCT_CHARACTERS)


def exact_keys(
    batch: pl.DataFrame, long: pl.Series, min_characters: int
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.bool_]]:
    """A key per row under which rows are copies of each other; no key: never a copy.

    Among many reviews two customers do hit on the same sentence of a dozen characters. Where authors
    are known, such a text is a copy only if its author repeats it (or somebody within minutes, which the
    search for near copies finds); texts of twice that length always are.
    """
    pasted = long & is_pasted(batch["folded"], min_characters)
    text, author, when = pl.col("folded"), pl.col("author_id"), pl.col("created_at")
    to_the_second = when.is_not_null() & (when.dt.time() != pl.time(0, 0, 0))
    product = pl.col("product_id").fill_null("")
    key = (
        pl.when(~pl.col("comparable"))
        .then(None)
        .when(pasted | (long & batch["author_id"].is_null()))
        .then(text)
        .when(author.is_not_null())
        .then(pl.concat_str(text, pl.lit("\x1fa\x1f"), author))
        .when(to_the_second)
        .then(pl.concat_str(text, pl.lit("\x1ft\x1f"), product, pl.lit("\x1f"), when.cast(pl.String)))
    )
    frame = batch.select(key.alias("key"))
    return (
        frame["key"].hash(seed=17).to_numpy().astype(np.uint64, copy=False),
        frame["key"].is_not_null().to_numpy(),
    )


def is_pasted(folded: pl.Series, min_characters: int) -> pl.Series:
    """Whether texts are so long that no two authors write the same."""
    return folded.str.len_bytes() >= 3 * _SURELY_PASTED * min_characters


def author_keys(authors: pl.Series) -> npt.NDArray[np.uint64]:
    """A number per author; 0: unknown."""
    known = authors.is_not_null().to_numpy()
    return np.where(known, authors.fill_null("").hash(seed=17).to_numpy().astype(np.uint64) | 1, 0).astype(
        np.uint64
    )


def seconds(times: pl.Series) -> npt.NDArray[np.float64]:
    """Times that are known to the minute, in seconds; NaN: unknown, or a date alone."""
    known = times.set(times.dt.time() == time(0, 0), None)
    return known.dt.epoch("s").cast(pl.Float64).fill_null(np.nan).to_numpy()


def first_rows(keys: npt.NDArray[np.uint64], among: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """For rows in ``among`` the first of them with the same key, for all others themselves."""
    result = np.arange(len(keys))
    rows = np.flatnonzero(among)
    _, first, inverse = np.unique(keys[rows], return_index=True, return_inverse=True)
    result[rows] = rows[first[inverse]]
    return result
