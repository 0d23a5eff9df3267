"""Mentions without a group join the group they sound like; so do groups that only the corpus named.

"Hardly any, keys end up in one pile" names no pocket, but other customers say the same of pockets. The words
around the mentions of every group say which group a clause belongs to (multinomial naive Bayes on damped,
weighted and length-normalised counts, after Rennie et al. 2003). Mentions without a group are a class of
their own, so that what resembles no group stays where it is: a stray is moved only if a group wins clearly
against the strays of the other half of the corpus. A group that the corpus named joins another if its
mentions mostly would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.mining.concepts import LABEL
from unmet.mining.sentences import Sentences
from unmet.mining.vectors import Floats, sentence_tokens

N_BUCKETS = 1 << 15
SMOOTHING = 0.05
PLACED_PROBABILITY = 0.8
"""Posterior of one group from which a stray joins it."""
JOINED_SHARE, AGREED_SHARE = 0.33, 0.67
"""Share of a group's mentions, and of those that sound like any other group, that must agree on one."""
MAX_MENTIONS = 20_000
"""Mentions per language that the words of groups are learned from, and as many strays (an even sample)."""
MIN_GROUPS = 2
_READ = (
    "group",
    "language",
    "position",
    "start",
    "end",
    "aspect_start",
    "aspect_end",
    "opinion_start",
    "opinion_end",
    "category",
    "term",
    "aspect_term",
    "opinion_term",
)


def place_strays(frame: pl.DataFrame, sentences: Sentences) -> pl.DataFrame:
    """Join corpus groups that sound like another group, then set ``group`` of strays that clearly do.

    Args:
        frame: grouped mentions with ``language``, ``group``, ``term``, ``unclustered_reason``.
        sentences: cuts their sentences.

    Returns:
        The frame with ``group``, ``term`` and ``unclustered_reason`` set. A stray keeps its own term or
        gets its opinion as one: it says what the group is about, never what the group is called.
    """
    for language in ("zh", "en"):
        rows = frame.select(_READ).with_row_index("_index").filter(pl.col("language") == language)
        grouped, strays = (_sample(rows.filter(kind)) for kind in (_GROUPED, ~_GROUPED))
        if grouped["group"].n_unique() < MIN_GROUPS or strays.is_empty():
            continue
        known, unknown = (_counts(sentences.added_to(part), language) for part in (grouped, strays))
        joined = _joined(known, grouped["group"].to_list(), unknown, language)
        frame = frame.with_columns(pl.col("group").replace(joined))
        labels = [joined.get(group, group) for group in grouped["group"].to_list()]
        frame = _placed(frame, strays, _best_groups(known, labels, unknown, strays["position"].to_numpy()))
    return frame


_GROUPED = pl.col("group").is_not_null()


def _sample(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.gather_every(max(1, -(-rows.height // MAX_MENTIONS)))


@dataclass(frozen=True, slots=True)
class _Words:
    """Log probabilities of words per class, shape ``(classes, N_BUCKETS)``; the last class is no group."""

    classes: tuple[str, ...]
    log_words: Floats
    log_prior: Floats

    def scores(self, counts: Any) -> Floats:
        """Joint log probability per row and class, shape ``(n, classes)``."""
        return np.asarray(counts @ self.log_words.T + self.log_prior, dtype=np.float32)


def _learn(known: Any, labels: Sequence[str], unknown: Any) -> _Words:
    from scipy.sparse import csr_matrix, vstack

    classes = tuple(sorted(set(labels)))
    place = {group: number for number, group in enumerate(classes)}
    codes = np.r_[[place[label] for label in labels], np.full(unknown.shape[0], len(classes))].astype(
        np.int64
    )
    rows = np.arange(codes.size)
    member = csr_matrix(
        (np.ones(codes.size, np.float32), (codes, rows)), shape=(len(classes) + 1, codes.size)
    )
    words = np.asarray((member @ vstack([known, unknown])).todense(), dtype=np.float32) + SMOOTHING
    sizes = np.bincount(codes, minlength=len(classes) + 1)
    with np.errstate(divide="ignore"):  # a half without strays has a class that nothing can win
        prior = np.log(sizes / codes.size)
    return _Words(classes, np.log(words) - np.log(words.sum(axis=1, keepdims=True)), prior.astype(np.float32))


def _joined(known: Any, labels: Sequence[str], unknown: Any, language: str) -> dict[str, str]:
    """Corpus group → the group it joins. A group that takes another one in stays."""
    words = _learn(known, labels, unknown)
    scores = words.scores(known)
    place = {group: number for number, group in enumerate(words.classes)}
    codes = np.array([place[label] for label in labels])
    scores[np.arange(codes.size), codes] = -np.inf
    best = scores.argmax(axis=1)
    sizes = np.bincount(codes, minlength=len(words.classes))
    moves: dict[str, str] = {}
    for code in np.argsort(sizes, kind="stable").tolist():
        group = words.classes[code]
        if group.startswith(LABEL) or group in moves.values() or not group.startswith(language + ":"):
            continue
        votes = np.bincount(best[codes == code], minlength=len(words.classes) + 1)[:-1]
        target = int(votes.argmax())
        enough = votes[target] >= max(JOINED_SHARE * sizes[code], AGREED_SHARE * votes.sum(), 1)
        if enough and words.classes[target] not in moves and sizes[target] >= sizes[code]:
            moves[group] = words.classes[target]
    return moves


def _best_groups(
    known: Any, labels: Sequence[str], unknown: Any, positions: NDArray[np.integer[Any]]
) -> list[str | None]:
    """The group that each stray joins, if one wins clearly.

    The strays of one half of the documents are judged by words that the other half's strays taught.
    """
    found: list[str | None] = [None] * unknown.shape[0]
    for half in (0, 1):
        own = np.flatnonzero(positions % 2 == half)
        if not own.size:
            continue
        words = _learn(known, labels, unknown[np.flatnonzero(positions % 2 != half)])
        scores = words.scores(unknown[own])
        scores -= scores.max(axis=1, keepdims=True)
        probability = np.exp(scores)
        probability /= probability.sum(axis=1, keepdims=True)
        best = probability.argmax(axis=1)
        sure = (best < len(words.classes)) & (probability.max(axis=1) >= PLACED_PROBABILITY)
        for row in np.flatnonzero(sure).tolist():
            found[own[row]] = words.classes[best[row]]
    return found


def _placed(frame: pl.DataFrame, strays: pl.DataFrame, groups: list[str | None]) -> pl.DataFrame:
    table = strays.select("_index", pl.Series("_group", groups, dtype=pl.String)).drop_nulls("_group")
    filled = frame.select("group", "term", "aspect_term", "opinion_term", "unclustered_reason")
    joined = filled.with_row_index("_index").join(table, on="_index", how="left", maintain_order="left")
    moved = pl.col("_group").is_not_null()
    settled = joined.select(
        pl.coalesce("_group", "group").alias("group"),
        pl.when(moved)
        .then(pl.coalesce("term", "aspect_term", "opinion_term"))
        .otherwise("term")
        .alias("term"),
        pl.when(moved).then(None).otherwise("unclustered_reason").alias("unclustered_reason"),
    )
    return frame.with_columns(settled.get_columns())


def _counts(rows: pl.DataFrame, language: str) -> Any:
    """Sparse unit rows of damped counts weighted by rarity, shape ``(n, N_BUCKETS)``."""
    from scipy.sparse import diags_array
    from sklearn.feature_extraction import FeatureHasher

    hasher = FeatureHasher(n_features=N_BUCKETS, input_type="string", dtype=np.float32, alternate_sign=False)
    counts = hasher.transform(_tokens(rows, language))
    counts.data = np.log1p(counts.data)
    frequency = np.bincount(counts.indices, minlength=N_BUCKETS)
    weighted = counts.multiply(np.log((1 + rows.height) / (1 + frequency)) + 1).tocsr()
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return diags_array(1 / np.maximum(lengths, 1e-9)) @ weighted


def _tokens(rows: pl.DataFrame, language: str) -> list[list[str]]:
    spans = ("start", "aspect_start", "aspect_end", "opinion_start", "opinion_end", "category")
    tokens = []
    for sentence, start, *inner, category in rows.select("sentence", *spans).iter_rows():
        offsets = [offset - start for offset in inner if offset is not None]
        said = sentence_tokens(_around(sentence, offsets, language), language)
        tokens.append([*said, f"category:{category}"] if category else said)
    return tokens


def _around(sentence: str, offsets: list[int], language: str) -> str:
    """The clauses that hold an opinion with one clause before and after; all of it without an opinion."""
    from unmet.text.sentences import split_clauses

    if not offsets:
        return sentence
    clauses = split_clauses(sentence, language)
    held = [i for i, (start, end) in enumerate(clauses) if start < max(offsets) and end > min(offsets)]
    if not held:
        return sentence
    first, last = clauses[max(held[0] - 1, 0)], clauses[min(held[-1] + 1, len(clauses) - 1)]
    return sentence[first[0] : last[1]]
