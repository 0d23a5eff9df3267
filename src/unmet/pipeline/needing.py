"""Mentions → groups → needs: the part of a run that looks at the whole corpus."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from unmet.core.config import MineConfig
from unmet.core.tables import MENTIONS, conform
from unmet.mining.topics import group_mentions
from unmet.needs.cards import Measured, measure_needs
from unmet.needs.group_words import words_of_groups
from unmet.needs.identity import Match, Statement, assign_ids, match_previous
from unmet.needs.statements import write_statement

MEASURED_COLUMNS = (
    "document_id",
    "text",
    "text_hash",
    "language",
    "rating",
    "created_at",
    "product_id",
    "product",
    "category",
    "author_id",
)
"""Document columns that grouping and cards are computed from."""


def build_cards(
    documents: pl.DataFrame,
    mentions: pl.DataFrame,
    *,
    config: MineConfig,
    models: dict[str, str],
    previous: Path | None = None,
) -> Measured:
    """Group the mentions, name the groups, keep the ids of an earlier run and measure every need.

    Args:
        documents: DOCUMENTS table.
        mentions: MENTIONS table before grouping.
        config: the run's configuration.
        models: task → model name and version.
        previous: folder of an earlier run whose ids to keep.
    """
    provisional, statements = _group(documents, mentions, config)
    del mentions
    ids = assign_ids(provisional, statements)
    named = provisional.with_columns(
        pl.col("need_id").replace_strict(ids, default=None, return_dtype=pl.String())
    )
    del provisional
    match = Match({})
    if previous is not None:
        match = match_previous(named, pl.read_parquet(previous / "mentions.parquet"))
    return measure_needs(
        documents,
        named,
        statements={ids[group]: statement for group, statement in statements.items()},
        config=config,
        models=models,
        previous=match.ids,
        lineage=match.lineage,
    )


def _group(
    documents: pl.DataFrame, mentions: pl.DataFrame, config: MineConfig
) -> tuple[pl.DataFrame, dict[str, Statement]]:
    """Mentions with their group as provisional need id, and the wording of every group.

    A function of its own, so that the sentences held for grouping are freed before the numbers are computed.
    """
    columns = ["document_id", "language", "text", "product", "category"]
    grouped = group_mentions(mentions, documents.select(columns), config=config).mentions
    statements = {
        group: Statement(
            text=write_statement(found),
            language=found.language,
            aspect_terms=tuple(name for name, _ in found.names),
        )
        for group, found in words_of_groups(grouped).items()
    }
    provisional = grouped.with_columns(pl.col("group").alias("need_id")).select(MENTIONS.keys())
    return conform(provisional, MENTIONS, name="mentions"), statements
