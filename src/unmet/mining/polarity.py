"""One polarity for what is said again and again.

A tagger that reads one sentence at a time calls "噪音小" good here and bad there. Over a corpus the same
words of the same thing mean the same. A ridge regression of sentence sentiment on the pairs in each
sentence gives every repeated pair its own share of the tone ("没有色差" is good because sentences with it
are better than their other parts explain); together with the tagger's votes it settles the pair.
What a negation makes of a state needs no votes: "不粘底" is praise although tagger and sentiment model, which
learned from "不好", both call it a complaint (``mining.states``).
Ratings take no part, so that the effect of a need on the rating is not built in.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.mining.states import negated, side_of_phrase

MIN_VOTES = 4
CLEAR = 0.15
"""Combined vote (−1 to 1) from which a pair counts as one-sided."""
RIDGE = 3.0
"""Pseudo-sentences of no tone added to each pair."""
TONE_WEIGHT = 1.5
"""Weight of a pair's share of the tone (scaled to −1..1) beside the tagger's mean vote."""
NEGATION_WEIGHT = 4.0
"""Weight of what a negation says: more than both together, because it is right more often."""


def harmonise(frame: pl.DataFrame) -> pl.DataFrame:
    """Set ``polarity`` of repeated term–opinion pairs to what their mentions say on the whole.

    Pairs that negate a state with a side of its own are settled even where they are not repeated.

    Args:
        frame: mentions with ``position``, ``language``, ``term``, ``opinion_term``, ``opinion`` and
            ``sentence_sentiment``.

    Returns:
        The frame with ``polarity`` set and with ``pair_vote``: −1 to 1, how sure the pair's side is; null
        where the tagger's single reading stands.
    """
    key = ["language", "term", "opinion_term"]
    own = pl.col("polarity").replace_strict({"positive": 1.0, "negative": -1.0}, default=0.0)
    pairs = (
        frame.select(*key, "opinion", "polarity")
        .filter(pl.col("term").is_not_null() & pl.col("opinion_term").is_not_null())
        .with_columns(_negation_sides(frame))
        .group_by(key)
        .agg(pl.len().alias("_votes"), own.mean().alias("_own"), pl.col("_side").mean())
        .sort(key)
    )
    repeated = pl.col("_votes") >= MIN_VOTES
    pairs = pairs.filter(repeated | (pl.col("_side") != 0)).with_row_index("_pair")
    if pairs.is_empty():
        return frame.with_columns(pl.lit(None, dtype=pl.Float32).alias("pair_vote"))
    read = ["position", "start", "end", "polarity", "sentence_sentiment", *key]
    joined = frame.select(read).join(pairs.select("_pair", *key), on=key, how="left", maintain_order="left")
    side = pairs["_side"].to_numpy()
    weight = NEGATION_WEIGHT * np.abs(side)
    evidence = pairs["_own"].to_numpy() + TONE_WEIGHT * _tones(joined, pairs.height) + NEGATION_WEIGHT * side
    vote = evidence / (1 + TONE_WEIGHT + weight)
    # Where tagger and tone pull apart and neither wins, the pair is neither praise nor complaint.
    settled = np.select([vote >= CLEAR, vote <= -CLEAR], ["positive", "negative"], "neutral")
    table = pairs.select("_pair").with_columns(
        pl.Series("_settled", settled.tolist()), pl.Series("pair_vote", vote.astype(np.float32))
    )
    settled_rows = joined.select("_pair", "polarity").join(
        table, on="_pair", how="left", maintain_order="left"
    )
    chosen = settled_rows.select(pl.coalesce("_settled", "polarity").alias("polarity"), "pair_vote")
    return frame.with_columns(chosen.get_columns())


def _negation_sides(frame: pl.DataFrame) -> pl.Expr:
    """Column ``_side``: 1 where an opinion negates a bad state, −1 where it negates a good one, else 0."""
    # Canonical English terms lack the small words that tell a wish ("could not be more …") from a fact.
    said = pl.when(pl.col("language") == "zh").then("opinion_term").otherwise("opinion")
    distinct = frame.select("language", said.alias("said")).drop_nulls().unique()
    known = {(language, said) for language, said in distinct.iter_rows() if negated(said, language)}
    sides = {said: side_of_phrase(said, language) for language, said in sorted(known)}
    return said.replace_strict(sides, default=0, return_dtype=pl.Float64).alias("_side")


def _tones(joined: pl.DataFrame, n_pairs: int) -> NDArray[np.float64]:
    """Each pair's share of the tone of its sentences, −1 to 1, shape ``(n_pairs,)``."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.linalg import lsqr

    # Mentions without a repeated pair share one column per polarity.
    rest = pl.col("polarity").replace_strict(
        {"positive": n_pairs, "negative": n_pairs + 1}, default=n_pairs + 2
    )
    rows = joined.select(
        pl.struct("position", "start", "end").rank("dense").alias("sentence") - 1,
        pl.coalesce(pl.col("_pair").cast(pl.Int64), rest.cast(pl.Int64)).alias("column"),
        pl.col("sentence_sentiment").fill_null(0.0).alias("tone"),
    )
    sentence, column = rows["sentence"].to_numpy(), rows["column"].to_numpy()
    n_sentences = int(sentence.max()) + 1
    design = csr_matrix((np.ones(rows.height), (sentence, column)), shape=(n_sentences, n_pairs + 3))
    tone = np.zeros(n_sentences)
    tone[sentence] = rows["tone"].to_numpy()
    weights = lsqr(design, tone, damp=np.sqrt(RIDGE), iter_lim=200, atol=1e-8, btol=1e-8)[0][:n_pairs]
    return np.clip(2 * weights, -1.0, 1.0)
