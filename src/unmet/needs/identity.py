"""Stable ids of needs, and matching them to the needs of an earlier run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.hashing import text_hash

FOUNDING_DOCUMENTS = 5
FOUNDING_TERMS = 3
MATCH_THRESHOLD = 0.30
"""Least similarity for a need to keep its old id (see :func:`match_previous`)."""
LINEAGE_SHARE = 0.30
"""Least share of shared documents for a need to be called part of a split or a merge."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A need in plain words, its language, and the terms that name what it is about.

    ``mentions`` stand behind the phrases of the text; ``None`` if it was not put together from mentions.
    """

    text: str
    language: str
    aspect_terms: tuple[str, ...] = ()
    mentions: int | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """Which new needs are old needs.

    ``ids`` maps new id → old id, one to one; ``lineage`` maps final id → ``split_from`` and
    ``merged_from`` (old ids), only where a need was split or merged.
    """

    ids: dict[str, str]
    lineage: dict[str, dict[str, list[str]]] = field(default_factory=dict)


def normal_term(term: str) -> str:
    """Form under which terms and phrases are counted as equal: single blanks, lower case."""
    return " ".join(term.split()).lower()


def normal_terms(terms: pl.Expr) -> pl.Expr:
    """:func:`normal_term` of a column."""
    return terms.str.replace_all(r"\s+", " ").str.strip_chars().str.to_lowercase()


def assign_ids(mentions: pl.DataFrame, statements: Mapping[str, Statement]) -> dict[str, str]:
    """Give every provisional need id in ``mentions`` its permanent one.

    The id is ``need-`` and 12 hex digits of the hash of the language, the first aspect terms
    (sorted) and the smallest document ids of the members, so it depends on content only.
    """
    founding = (
        _members(mentions)
        .sort("need_id", "document_id")
        .group_by("need_id", maintain_order=True)
        .agg(pl.col("document_id").head(FOUNDING_DOCUMENTS))
    )
    result: dict[str, str] = {}
    taken: set[str] = set()
    for old, documents in founding.iter_rows():
        statement = statements[old]
        terms = sorted({normal_term(term) for term in statement.aspect_terms[:FOUNDING_TERMS]})
        parts = [statement.language, *terms, "\x1e", *documents]
        result[old] = _free_id("\x1f".join(parts), taken)
        taken.add(result[old])
    return result


def _free_id(seed: str, taken: Iterable[str]) -> str:
    identifier = f"need-{text_hash(seed)[:12]}"
    return _free_id(seed + "\x1e", taken) if identifier in taken else identifier


def final_ids(new_ids: Iterable[str], previous: Mapping[str, str] | None) -> dict[str, str]:
    """Final id of every new id: the matched old id, else itself (never one that is taken)."""
    previous = previous or {}
    names = sorted(set(new_ids))
    matched = {name: previous[name] for name in names if name in previous}
    if len(set(matched.values())) != len(matched):
        raise ValueError("two needs are matched to the same previous id")
    taken = set(matched.values())
    result = dict(matched)
    for name in names:
        if name not in result:
            result[name] = name if name not in taken else _free_id(name, taken)
            taken.add(result[name])
    return result


def match_previous(
    mentions: pl.DataFrame, previous_mentions: pl.DataFrame, *, threshold: float = MATCH_THRESHOLD
) -> Match:
    """Match needs one to one with those of an earlier run (Hungarian assignment on similarity).

    Similarity is 0.7 × Jaccard of member documents, counted over documents that carry a need in
    both runs (so growth of the data costs nothing), + 0.3 × cosine of the aspect-term counts.
    Where two needs have no chance to share documents, because the runs share none, the cosine
    alone decides, against twice the threshold.

    Args:
        mentions: MENTIONS of this run, ``need_id`` set.
        previous_mentions: MENTIONS of the earlier run, with its final ids.
    """
    from scipy.optimize import linear_sum_assignment

    common = _documents(mentions).join(_documents(previous_mentions), on="document_id", how="inner")
    new, old = _members(mentions), _members(previous_mentions)
    if new.is_empty() or old.is_empty():
        return Match({})
    new_ids, old_ids = sorted(new["need_id"].unique()), sorted(old["need_id"].unique())
    new, old = new.join(common, on="document_id", how="semi"), old.join(common, on="document_id", how="semi")
    shared = np.zeros((len(new_ids), len(old_ids)))
    both = (
        new.join(old, on="document_id", how="inner", suffix="_old").group_by("need_id", "need_id_old").len()
    )
    for new_id, old_id, count in both.iter_rows():
        shared[new_ids.index(new_id), old_ids.index(old_id)] = count
    new_sizes, old_sizes = _sizes(new, new_ids), _sizes(old, old_ids)
    united = new_sizes[:, None] + old_sizes[None, :] - shared
    terms = _term_similarity(mentions, new_ids, previous_mentions, old_ids)
    jaccard = np.divide(shared, united, out=np.zeros_like(shared), where=united > 0)
    similarity = np.where(united > 0, 0.7 * jaccard + 0.3 * terms, terms / 2)
    rows, columns = linear_sum_assignment(-similarity)
    pairs = [(r, c) for r, c in zip(rows, columns, strict=True) if similarity[r, c] >= threshold]
    ids = {new_ids[r]: old_ids[c] for r, c in pairs}
    return Match(ids, _lineage(new_ids, old_ids, shared, old_sizes, ids))


def _documents(mentions: pl.DataFrame) -> pl.DataFrame:
    return mentions.select("document_id").unique()


def _sizes(members: pl.DataFrame, ids: list[str]) -> NDArray[np.float64]:
    counts = dict(members["need_id"].value_counts(name="n").iter_rows())
    return np.array([counts.get(need, 0) for need in ids], dtype=np.float64)


def _members(mentions: pl.DataFrame) -> pl.DataFrame:
    """One row per need and document."""
    return mentions.select("need_id", "document_id").drop_nulls("need_id").unique()


def _term_similarity(
    mentions: pl.DataFrame, new_ids: list[str], previous: pl.DataFrame, old_ids: list[str]
) -> NDArray[np.float64]:
    new_counts, old_counts = _term_counts(mentions), _term_counts(previous)
    vocabulary = sorted({t for counts in (new_counts, old_counts) for c in counts.values() for t in c})
    place = {term: index for index, term in enumerate(vocabulary)}

    def matrix(counts: dict[str, dict[str, int]], ids: list[str]) -> NDArray[np.float64]:
        table = np.zeros((len(ids), len(vocabulary)))
        for row, need in enumerate(ids):
            for term, count in counts.get(need, {}).items():
                table[row, place[term]] = count
        length: NDArray[np.float64] = np.sqrt((table**2).sum(axis=1, keepdims=True))
        return table / np.maximum(length, 1.0)

    return np.asarray(matrix(new_counts, new_ids) @ matrix(old_counts, old_ids).T, dtype=np.float64)


def _term_counts(mentions: pl.DataFrame) -> dict[str, dict[str, int]]:
    grouped = (
        mentions.filter(pl.col("need_id").is_not_null() & pl.col("aspect").is_not_null())
        .group_by("need_id", normal_terms(pl.col("aspect")))
        .len()
    )
    counts: dict[str, dict[str, int]] = {}
    for need, term, count in grouped.iter_rows():
        counts.setdefault(need, {})[term] = count
    return counts


def _lineage(
    new_ids: list[str],
    old_ids: list[str],
    shared: NDArray[np.float64],
    sizes: NDArray[np.float64],
    ids: Mapping[str, str],
) -> dict[str, dict[str, list[str]]]:
    """A need that took a good part of an old one's documents without its id was split from it;
    an old need that went mostly into a new one under another id was merged into it.
    """
    final = final_ids(new_ids, ids)
    result: dict[str, dict[str, list[str]]] = {}
    kept = set(ids.values())
    for column, old in enumerate(old_ids):
        for row, new in enumerate(new_ids):
            if ids.get(new) == old or not shared[row, column]:
                continue
            if old in kept and shared[row, column] >= LINEAGE_SHARE * sizes[column]:
                result.setdefault(final[new], {}).setdefault("split_from", []).append(old)
            elif old not in kept and shared[row, column] >= 0.5 * sizes[column]:
                result.setdefault(final[new], {}).setdefault("merged_from", []).append(old)
    return result
