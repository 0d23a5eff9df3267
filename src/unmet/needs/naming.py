"""Names, statements and ids of groups: made the same way when a run is mined and when it is verified."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from unmet.mining.sentences import Sentences
from unmet.needs.group_words import GroupWords, words_of_groups
from unmet.needs.identity import FOUNDING_DOCUMENTS, Statement, assign_ids
from unmet.needs.statements import Wording, word_need


@dataclass(frozen=True, slots=True)
class NamedNeeds:
    """``ids``: group → need id as it follows from the content; ``statements``: wording by that id."""

    ids: dict[str, str]
    statements: dict[str, Statement]


def name_needs(mentions: pl.DataFrame, sentences: Sentences, documents: pl.Series) -> NamedNeeds:
    """Word every group and give it its id.

    Args:
        mentions: grouped mentions in the order of the table, ``group_words.WORDING_COLUMNS``.
        sentences: cuts their sentences.
        documents: ids of the corpus in order; ``position`` counts in it.
    """
    statements = {
        group: Statement(
            wording.text, words.language, tuple(name for name, _ in words.names), wording.support
        )
        for group, (words, wording) in worded_groups(mentions, sentences).items()
    }
    ids = assign_ids(_founders(mentions, documents), statements)
    return NamedNeeds(ids, {ids[group]: statement for group, statement in statements.items()})


def worded_groups(mentions: pl.DataFrame, sentences: Sentences) -> dict[str, tuple[GroupWords, Wording]]:
    """Words and wording of every group, in the language that words it better.

    That is the one whose phrases in the wording are said in more mentions; a plain frame has none. Of
    equals the language of most texts.
    """
    found = {}
    for group, candidates in words_of_groups(mentions, sentences).items():
        worded = [(words, word_need(words)) for words in candidates]
        found[group] = max(worded, key=lambda pair: pair[1].support)  # the first of equals
    return found


def _founders(mentions: pl.DataFrame, documents: pl.Series) -> pl.DataFrame:
    """Group (as ``need_id``) and ``document_id`` of the first documents of every group."""
    first = (
        mentions.lazy()
        .select(pl.col("group").alias("need_id"), "position")
        .drop_nulls("need_id")
        .unique()
        .group_by("need_id")
        .agg(pl.col("position").bottom_k(FOUNDING_DOCUMENTS))
        .explode("position")
        .collect()
    )
    return first.select("need_id", documents.gather(first["position"]).alias("document_id"))
