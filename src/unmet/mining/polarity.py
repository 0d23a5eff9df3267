"""One polarity for what is said again and again.

A tagger that reads one sentence at a time calls "噪音小" good here and bad there. Over a corpus the same
words of the same thing mean the same: the votes of all their mentions, and the sentiment of the sentences
around them, decide together. Ratings take no part, so that the effect of a need on the rating is not
built in.
"""

from __future__ import annotations

import polars as pl

MIN_VOTES = 4
CLEAR = 0.25
"""Mean vote (−1 to 1) from which a pair counts as one-sided."""
SENTENCE_WEIGHT = 1.5
"""Weight of the sentence's sentiment beside the tagger's own vote, shared by the mentions in the sentence:
a sentence that says one thing speaks about it, one that says five things hardly does."""


def harmonise(frame: pl.DataFrame) -> pl.DataFrame:
    """Set ``polarity`` of repeated term–opinion pairs to what their mentions say on the whole.

    Args:
        frame: mentions with ``language``, ``term``, ``opinion_term``, ``sentence_sentiment``.
    """
    own = (
        pl.when(pl.col("polarity") == "positive").then(1.0).when(pl.col("polarity") == "negative").then(-1.0)
    ).otherwise(0.0)
    weight = SENTENCE_WEIGHT / pl.len().over("document_id", "start", "end")
    vote = (own + weight * pl.col("sentence_sentiment").fill_null(0.0)) / (1 + weight)
    pairs = (
        frame.filter(pl.col("term").is_not_null() & pl.col("opinion_term").is_not_null())
        .with_columns(vote.alias("_vote"))
        .group_by("language", "term", "opinion_term")
        .agg(pl.len().alias("_votes"), pl.col("_vote").mean())
        .filter((pl.col("_votes") >= MIN_VOTES) & (pl.col("_vote").abs() >= CLEAR))
    )
    settled = pl.when(pl.col("_vote") > 0).then(pl.lit("positive")).otherwise(pl.lit("negative"))
    return (
        frame.join(pairs, on=["language", "term", "opinion_term"], how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col("_vote").is_not_null()).then(settled).otherwise("polarity").alias("polarity")
        )
        .drop("_votes", "_vote")
    )
