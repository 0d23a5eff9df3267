"""Sentences of mentions, cut from the stored texts only where they are read.

A corpus has about three mentions per text, and grouping reads the sentences of a few of them at a time. So
mentions carry the number of their document instead of its id and text, and a sentence exists as long as the
step that reads it.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Sentences:
    """The texts of a corpus by document number (see :func:`unmet.core.tables.positions_of`)."""

    texts: pl.Series

    def of(self, mentions: pl.DataFrame) -> pl.Series:
        """The sentence of every mention; reads ``position``, ``start`` and ``end``."""
        start, length = pl.col("start"), pl.col("end") - pl.col("start")
        spans = mentions.select("start", "end").with_columns(
            self.texts.gather(mentions["position"]).alias("text")
        )
        return spans.select(pl.col("text").str.slice(start, length).alias("sentence")).to_series()

    def added_to(self, mentions: pl.DataFrame) -> pl.DataFrame:
        """The mentions with a column ``sentence``: for the few that a step reads, never for all."""
        return mentions.with_columns(self.of(mentions))
