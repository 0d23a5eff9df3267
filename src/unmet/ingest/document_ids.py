"""Document ids: stable for the same content, different for every kept row."""

from __future__ import annotations

import numpy as np
import polars as pl

from unmet.core.hashing import short_hash
from unmet.ingest.key_index import ABSENT, KeyIndex

CONTENT = (
    "kind", "text", "title", "rating_raw", "rating", "created_at", "product_id", "product", "category",
    "author_id", "price", "channel",
)  # fmt: skip
"""What identifies a document. Neither file name nor row: rows appended before or after change nothing.
Text and author enter masked, so that an id gives no private data away."""


class DocumentIds:
    """Gives out ids batch by batch; equal contents are numbered by occurrence."""

    def __init__(self) -> None:
        self._first = KeyIndex()
        self._repeats: dict[int, int] = {}

    def assign(self, documents: pl.DataFrame) -> list[str]:
        """Ids of the rows: ``d`` and 16 hexadecimal digits."""
        if not len(documents):
            return []
        joined = documents.select(
            pl.concat_str([pl.col(c).cast(pl.String).fill_null("\x1e") for c in CONTENT], separator="\x1f")
        ).to_series()
        hashes = [short_hash(content) for content in joined.to_list()]
        keys = np.fromiter((int(digits, 16) for digits in hashes), dtype=np.uint64, count=len(hashes))
        seen = self._first.find(keys) != ABSENT
        _, first = np.unique(keys, return_index=True)
        fresh = np.zeros(len(keys), dtype=bool)
        fresh[first] = True
        fresh &= ~seen
        self._first.add(keys[fresh], np.zeros(int(fresh.sum()), dtype=np.int32))
        for row in np.flatnonzero(~fresh).tolist():
            occurrence = self._repeats[int(keys[row])] = self._repeats.get(int(keys[row]), 0) + 1
            hashes[row] = short_hash(hashes[row], str(occurrence))
        return ["d" + digits for digits in hashes]
