"""Mentions → groups, with no silent outlier bucket: what joins no group says why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl

from unmet.core.config import MineConfig
from unmet.core.tables import positions_of
from unmet.mining.attaching import attach_bare_sentences
from unmet.mining.concepts import LABEL, concept_of, concepts, split_head
from unmet.mining.keywords import product_words
from unmet.mining.leftovers import place_leftovers
from unmet.mining.lexicon import en_words
from unmet.mining.polarity import harmonise
from unmet.mining.sentences import Sentences
from unmet.mining.strays import place_strays
from unmet.mining.term_groups import MAX_TERMS, TermEvidence, group_terms
from unmet.mining.terms import AMBIGUOUS, OVERALL, add_terms
from unmet.mining.vectors import fit_space
from unmet.text.folding import fold

SMALL, NO_TERM, BEYOND = "small_group", "no_known_term", "beyond_max_needs"
CONTEXT_MENTIONS = 60
"""Mentions per term that its context is read from."""
FLOOR_SHARE, LARGEST_FLOOR = 0.003, 30
COMMON_TERM = 10
"""Mentions from which a term counts as a thing of its own."""
READ_COLUMNS = (
    "position",
    "start",
    "end",
    "aspect",
    "aspect_start",
    "aspect_end",
    "opinion",
    "opinion_start",
    "opinion_end",
    "category",
    "polarity",
    "sentence_sentiment",
    "is_request",
)
"""Mention columns that grouping reads or sets: all that :func:`group_mentions` has to be given."""
PROJECT_ROWS = 50_000
TYPICAL_MENTIONS = 4_000
PRAISE_WEIGHT = 0.3
"""Where there are more groups than cards, unmet texts weigh more than all texts that mention a group."""


@dataclass(frozen=True, slots=True)
class GroupedMentions:
    """Mentions with ``group`` (``concept:battery_life`` or ``zh:17``, null if none), reason and typicality.

    Extra columns beside the MENTIONS contract: ``position``, ``language``, ``term``, ``aspect_term``,
    ``opinion_term``, ``group``. ``sentences`` cuts the sentences of any of them.
    """

    mentions: pl.DataFrame
    sentences: Sentences


def group_mentions(mentions: pl.DataFrame, documents: pl.DataFrame, *, config: MineConfig) -> GroupedMentions:
    """Group mentions by what they are about.

    Args:
        mentions: MENTIONS contract, before grouping; READ_COLUMNS are enough, with ``position`` (the number
            of the document in the order of ids) or ``document_id``.
        documents: needs ``document_id``, ``language``, ``text``, ``product``, ``category``.
        config: seed, ``min_mentions`` and ``max_needs`` are used.
    """
    documents = documents.sort("document_id")
    sentences = Sentences(documents["text"])
    if "position" not in mentions.columns:
        mentions = mentions.with_columns(positions_of(mentions["document_id"], documents["document_id"]))
    languages = documents["language"].gather(mentions["position"])
    frame = mentions.select(READ_COLUMNS).with_columns(languages)
    # Row order is kept, so the columns that grouping never reads come back as they were.
    rest = mentions.drop(READ_COLUMNS)
    del mentions
    named = _product_words(documents)
    frame = add_terms(frame, named=named)
    frame = attach_bare_sentences(frame, sentences, named=named, min_mentions=config.needs.min_mentions)
    frame = harmonise(frame)
    frame = frame.with_columns(_labels(frame, sentences).alias("group"))
    frame = _by_category(_keep_large(frame, documents.height, config))
    floor = smallest_group(documents.height, config)
    frame = place_leftovers(frame, sentences, floor=floor, seed=config.seed, named=named)
    frame = place_strays(frame, sentences)
    frame = frame.with_columns(_typicality(frame, sentences, config.seed))
    rest = rest.select(column for column in rest.columns if column not in frame.columns)
    return GroupedMentions(pl.concat([frame, rest], how="horizontal"), sentences)


def _product_words(documents: pl.DataFrame) -> dict[str, frozenset[str]]:
    products, categories = (
        sorted(documents[column].drop_nulls().unique().to_list()) for column in ("product", "category")
    )
    return {language: product_words(products, categories, language) for language in ("zh", "en")}


def _labels(frame: pl.DataFrame, sentences: Sentences) -> pl.Series:
    """Group label of every mention's term: its concept, else its cluster (``zh:17``); null without term."""
    frame = frame.select("language", "term", "opinion_term", "category", "position", "start", "end")
    distinct = frame.group_by("language", "term", maintain_order=True).len().drop_nulls()
    common = {(language, term) for language, term, count in distinct.iter_rows() if count >= COMMON_TERM}
    labels: dict[tuple[str, str], str] = {}
    of_thing: dict[tuple[str, str], tuple[str, str]] = {}
    for language, term, _ in distinct.iter_rows():
        concept = concept_of(term, language)
        _, modifier = split_head(term, language)
        if concept in concepts().vague and modifier != term and (language, modifier) in common:
            of_thing[language, term] = (language, modifier)  # "pot quality" goes where "pot" goes
        elif concept is not None:
            labels[language, term] = LABEL + concept
    for language in ("zh", "en"):
        rest = frame.filter((pl.col("language") == language) & pl.col("term").is_not_null())
        known = [term for own, term in (*labels, *of_thing) if own == language]
        rest = rest.filter(~pl.col("term").is_in(known))
        for term, group in _groups_of(rest, sentences, language).items():
            labels[language, term] = f"{language}:{group}"
    labels.update({term: labels[thing] for term, thing in of_thing.items() if thing in labels})
    table = pl.DataFrame(
        {
            "language": [language for language, _ in labels],
            "term": [term for _, term in labels],
            "group": list(labels.values()),
        },
        schema={"language": pl.String, "term": pl.String, "group": pl.String},
    )
    return frame.select("language", "term").join(
        table, on=["language", "term"], how="left", maintain_order="left"
    )["group"]


def _by_category(frame: pl.DataFrame) -> pl.DataFrame:
    """Mentions that no group took join the concept their category stands for, if that is a group."""
    kept = frame["group"].drop_nulls().unique()
    places = {c: LABEL + name for c, name in concepts().default_of.items() if LABEL + name in set(kept)}
    taken = pl.col("unclustered_reason").is_in([SMALL, BEYOND, AMBIGUOUS])
    label = pl.col("category").replace_strict(places, default=None, return_dtype=pl.String)
    moved = taken & label.is_not_null()
    return frame.with_columns(
        pl.when(moved).then(label).otherwise("group").alias("group"),
        pl.when(moved).then(None).otherwise("unclustered_reason").alias("unclustered_reason"),
    )


def _groups_of(rows: pl.DataFrame, sentences: Sentences, language: str) -> dict[str, int]:
    """Clusters of the terms that no concept names."""
    if rows.is_empty():
        return {}
    counts = rows.group_by("term").len().sort(["len", "term"], descending=[True, False])
    terms = counts["term"].to_list()
    position = {term: i for i, term in enumerate(terms)}
    contexts: list[Counter[str]] = [Counter() for _ in terms]
    categories: list[Counter[str]] = [Counter() for _ in terms]
    # Rarer terms are grouped by their looks alone, so nobody reads their contexts.
    frequent = rows.filter(pl.col("term").is_in(terms[:MAX_TERMS]))
    sampled = sentences.added_to(frequent.group_by("term", maintain_order=True).head(CONTEXT_MENTIONS))
    for term, opinion, category, sentence in sampled.select(
        "term", "opinion_term", "category", "sentence"
    ).iter_rows():
        context = contexts[position[term]]
        if opinion and opinion != term:
            context["opinion:" + opinion] += 2
        for word in _words(sentence, language):
            if word not in term:
                context[word] += 1
        if category:
            categories[position[term]][category] += 1
    evidence = TermEvidence(tuple(terms), tuple(counts["len"].to_list()), tuple(contexts), tuple(categories))
    return group_terms(evidence, language=language)


def _words(sentence: str, language: str) -> list[str]:
    from unmet.text.words import split_words

    folded = fold(sentence)
    if language != "zh":
        return en_words(folded)
    return [folded[s:e] for s, e in split_words(folded, "zh") if e - s >= 2]


def smallest_group(n_documents: int, config: MineConfig) -> int:
    """Texts that must mention a group: ``min_mentions``, more in a larger corpus (0.3%, at most 30)."""
    return max(config.needs.min_mentions, min(LARGEST_FLOOR, round(FLOOR_SHARE * n_documents)))


def _keep_large(frame: pl.DataFrame, n_documents: int, config: MineConfig) -> pl.DataFrame:
    unmet = (pl.col("polarity") == "negative") | pl.col("is_request")
    sizes = (
        frame.filter(pl.col("group").is_not_null())
        .group_by("group")
        .agg(
            pl.col("position").n_unique().alias("size"),
            pl.col("position").filter(unmet).n_unique().alias("unmet"),
        )
        .with_columns((pl.col("unmet") + PRAISE_WEIGHT * pl.col("size")).alias("weight"))
        .sort(["weight", "group"], descending=[True, False])
    )
    large = sizes.filter(pl.col("size") >= smallest_group(n_documents, config))["group"].to_list()
    kept, beyond = large[: config.needs.max_needs], large[config.needs.max_needs :]
    reason = (
        pl.when(pl.col("group").is_in(kept))
        .then(None)
        .when(pl.col("group").is_in(beyond))
        .then(pl.lit(BEYOND))
        .when(pl.col("group").is_not_null())
        .then(pl.lit(SMALL))
        .when(pl.col("aspect").is_null() & pl.col("opinion").is_null())
        .then(pl.lit(NO_TERM))
        .otherwise(pl.coalesce("term_reason", pl.lit(OVERALL)))
    )
    return frame.with_columns(
        reason.alias("unclustered_reason"),
        pl.when(pl.col("group").is_in(kept)).then(pl.col("group")).alias("group"),
    )


def _typicality(frame: pl.DataFrame, sentences: Sentences, seed: int) -> pl.Series:
    """Cosine of a grouped mention's sentence to the centre of its group, 0–1.

    Of a group with more than TYPICAL_MENTIONS mentions an even sample is measured: enough to choose
    quotes from, and the cost stops growing with the corpus.
    """
    if frame["group"].null_count() == frame.height:
        return pl.Series("typicality", [None], dtype=pl.Float64).new_from_index(0, frame.height)
    step = (pl.len().over("group") - 1) // TYPICAL_MENTIONS + 1
    sampled = (
        frame.select("group", "language", "position", "start", "end")
        .with_row_index("index")
        .filter(pl.col("group").is_not_null())
        .filter(pl.int_range(pl.len()).over("group") % step == 0)
    )
    texts, languages = sentences.of(sampled).to_list(), sampled["language"].to_list()
    space = fit_space(texts, languages, seed=seed)
    codes = sampled["group"].rank("dense").to_numpy().astype(np.int64) - 1
    blocks = range(0, len(texts), PROJECT_ROWS)
    vectors = np.concatenate(
        [space.project(texts[b : b + PROJECT_ROWS], languages[b : b + PROJECT_ROWS]) for b in blocks]
    )
    centres = np.zeros((int(codes.max()) + 1, vectors.shape[1]), dtype=np.float64)
    np.add.at(centres, codes, vectors)
    centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
    near = [
        np.einsum("ij,ij->i", vectors[b : b + PROJECT_ROWS], centres[codes[b : b + PROJECT_ROWS]])
        for b in blocks
    ]
    cosine = np.clip(np.concatenate(near), 0.0, 1.0).round(6)
    measured = np.full(frame.height, np.nan)
    measured[sampled["index"].to_numpy()] = cosine
    return pl.Series("typicality", measured, nan_to_null=True)
