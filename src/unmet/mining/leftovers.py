"""Unhappy sentences that no term groups: clustered as whole sentences, so that a story still counts.

"淋了场雨包里全湿了" names no aspect and shares its opinion word with nobody, yet many customers tell the same
story. Average-linkage clusters of the leftover sentences' vectors join the group they resemble, or become a
group of their own that is called by its most telling word.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.mining.concepts import LABEL, concept_of
from unmet.mining.keywords import naming_tokens
from unmet.mining.sentences import Sentences
from unmet.mining.vectors import Floats, fit_space

MAX_SENTENCES = 3_000
"""Leftover sentences per language that are clustered (an even sample of more)."""
CLUSTER_DISTANCE = 0.70
"""Average cosine distance up to which sentences are joined."""
JOIN_SIMILARITY = 0.60
"""Cosine of centres from which a cluster joins an existing group."""
STORY = ":story"
"""What labels of groups of their own contain."""
NAMED_SHARE = 0.25
"""Share of a cluster's sentences that must hold the word it is called by."""


@dataclass(frozen=True, slots=True)
class _Cluster:
    rows: NDArray[np.int64]  # positions in the leftover table
    centre: Floats
    word: str


def place_leftovers(
    frame: pl.DataFrame,
    sentences: Sentences,
    *,
    floor: int,
    seed: int,
    named: Mapping[str, Set[str]] = MappingProxyType({}),
) -> pl.DataFrame:
    """Fill ``group`` and ``term`` of unhappy mentions that have no group.

    Args:
        frame: grouped mentions with ``language``, ``group``, ``term``, ``unclustered_reason``.
        sentences: cuts their sentences.
        floor: documents a new group needs.
        seed: of the sentence space.
        named: language → words that name the product itself, which name no need.
    """
    unhappy = (pl.col("polarity") == "negative") | pl.col("is_request")
    read = frame.lazy().with_row_index("_index").filter(unhappy)
    rows = read.select("_index", "language", "position", "start", "end", "group").collect()
    placed = []
    for language in ("zh", "en"):
        own = rows.filter(pl.col("language") == language)
        left = own.filter(pl.col("group").is_null()).unique(
            ["position", "start", "end"], keep="first", maintain_order=True
        )
        step = -(-left.height // MAX_SENTENCES)
        left = left.gather_every(step) if step > 1 else left
        if left.height >= 2 * floor:
            taken = own.filter(pl.col("group").is_not_null()).gather_every(max(1, own.height // 10_000))
            left, taken = sentences.added_to(left), sentences.added_to(taken)
            placed += _place(left, taken, language, floor, seed, named.get(language, frozenset()))
    if not placed:
        return frame
    table = pl.DataFrame(
        placed, schema={"_index": pl.UInt32, "_group": pl.String, "_term": pl.String}, orient="row"
    ).with_columns(pl.col("_index").cast(rows.schema["_index"]))
    filled = frame.select("group", "term", "unclustered_reason").with_row_index("_index")
    joined = filled.join(table, on="_index", how="left", maintain_order="left")
    moved = pl.col("_group").is_not_null()
    settled = joined.select(
        pl.coalesce("_group", "group").alias("group"),
        pl.coalesce("_term", "term").alias("term"),
        pl.when(moved).then(None).otherwise("unclustered_reason").alias("unclustered_reason"),
    )
    return frame.with_columns(settled.get_columns())


def _place(
    left: pl.DataFrame, taken: pl.DataFrame, language: str, floor: int, seed: int, named: Set[str]
) -> list[tuple[int, str, str]]:
    sentences, known = left["sentence"].to_list(), taken["sentence"].to_list()
    space = fit_space([*sentences, *known], [language] * (len(sentences) + len(known)), seed=seed)
    vectors = space.project(sentences, [language] * len(sentences))
    groups, centres = _centres(space.project(known, [language] * len(known)), taken["group"].to_list())
    documents, index = left["position"].to_numpy(), left["_index"].to_list()
    placed = []
    for number, cluster in enumerate(_clusters(vectors, sentences, language, named)):
        similarity = centres @ cluster.centre if len(groups) else np.zeros(0)
        concept = concept_of(cluster.word, language)
        if similarity.size and similarity.max() >= JOIN_SIMILARITY:
            group = groups[int(similarity.argmax())]
        elif concept is not None and LABEL + concept in groups:
            group = LABEL + concept
        elif len(set(documents[cluster.rows])) >= floor:
            group = f"{language}{STORY}{number}"
        else:
            continue
        placed += [(index[row], group, cluster.word) for row in cluster.rows]
    return placed


def _clusters(vectors: Floats, sentences: list[str], language: str, named: Set[str]) -> list[_Cluster]:
    """Clusters that have a word to be called by, the largest first."""
    from scipy.cluster.hierarchy import fcluster, linkage

    usable = np.flatnonzero(np.linalg.norm(vectors, axis=1) > 0)
    if usable.size < 2:
        return []
    tree = linkage(np.round(vectors[usable], 6).astype(np.float64), method="average", metric="cosine")
    members: dict[int, list[int]] = defaultdict(list)
    for row, label in zip(
        usable.tolist(), fcluster(tree, t=CLUSTER_DISTANCE, criterion="distance"), strict=True
    ):
        members[int(label)].append(row)
    words = [{token.word for token in naming_tokens(sentence, language)} - named for sentence in sentences]
    spread = Counter(word for found in words for word in found)
    clusters = []
    for rows in sorted(members.values(), key=lambda rows: (-len(rows), rows[0])):
        word = _word_of([words[row] for row in rows], spread, len(sentences))
        if word is not None:
            centre = vectors[rows].mean(axis=0)
            clusters.append(_Cluster(np.array(rows), centre / max(float(np.linalg.norm(centre)), 1e-9), word))
    return clusters


def _word_of(found: list[set[str]], spread: Counter[str], total: int) -> str | None:
    counts = Counter(word for words in found for word in words)
    telling = {
        w: n * float(np.log(total / spread[w])) for w, n in counts.items() if n >= NAMED_SHARE * len(found)
    }
    return min(telling, key=lambda word: (-telling[word], word)) if telling and len(found) > 1 else None


def _centres(vectors: Floats, labels: list[str]) -> tuple[list[str], Floats]:
    groups = sorted(set(labels))
    place = {group: position for position, group in enumerate(groups)}
    centres = np.zeros((len(groups), vectors.shape[1] if groups else 0), dtype=np.float32)
    if groups:
        np.add.at(centres, [place[label] for label in labels], vectors)
        centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
    return groups, centres
