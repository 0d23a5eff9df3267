"""Mentions → groups → needs: the part of a run that looks at the whole corpus.

Tables stay on disk. Grouping and measuring each load the few columns they read and let go of them again, so
that the peak is that of the greedier of the two and not of both together.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from unmet.core.config import MineConfig
from unmet.core.files import atomic_path
from unmet.core.tables import MENTIONS, positions_of, slices
from unmet.mining.topics import READ_COLUMNS, group_mentions
from unmet.needs.cards import COUNTED_DOCUMENTS, measure_needs
from unmet.needs.group_words import words_of_groups
from unmet.needs.identity import FOUNDING_DOCUMENTS, Match, Statement, assign_ids, match_previous
from unmet.needs.needsfile import to_json
from unmet.needs.statements import write_statement

_GROUPED_DOCUMENTS = ("document_id", "language", "text", "product", "category")
_SET = (
    "aspect",
    "aspect_start",
    "aspect_end",
    "polarity",
    "need_id",
    "unclustered_reason",
    "typicality",
)
"""Mention columns that grouping sets; the others stay as they were read from the texts."""


@dataclass(frozen=True, slots=True)
class _Grouped:
    """What grouping found: SET columns of every mention in table order, and the wording by ``need_id``."""

    mentions: pl.DataFrame
    statements: dict[str, Statement]


def build_cards(
    documents: Path,
    mentions: Path,
    *,
    out: Path,
    work: Path,
    config: MineConfig,
    models: dict[str, str],
    previous: Path | None = None,
) -> dict[str, Any]:
    """Group the mentions, name the groups, keep the ids of an earlier run and measure every need.

    Args:
        documents: DOCUMENTS table.
        mentions: MENTIONS table before grouping.
        out: receives the MENTIONS table with needs. Replaced atomically.
        work: folder for a passing table.
        config: the run's configuration.
        models: task → model name and version.
        previous: folder of an earlier run whose ids to keep.

    Returns:
        The content of ``needs.json``.
    """
    grouped = work / "grouped.parquet"
    statements = _group(documents, mentions, grouped, config)
    match = Match({})
    if previous is not None:
        match = match_previous(_matched(grouped), _matched(previous / "mentions.parquet"))
    counted = pl.read_parquet(documents, columns=list(COUNTED_DOCUMENTS))
    texts = pl.scan_parquet(documents)
    measured = measure_needs(
        counted,
        pl.scan_parquet(grouped),
        statements=statements,
        config=config,
        models=models,
        previous=match.ids,
        lineage=match.lineage,
        texts=texts,
    )
    with atomic_path(out) as temporary:
        measured.mentions.sink_parquet(temporary, maintain_order=True)
    settled = pl.scan_parquet(out)
    return to_json(measured.needs, documents=counted, mentions=settled, config=config, texts=texts)


def _matched(mentions: Path) -> pl.DataFrame:
    return pl.read_parquet(mentions, columns=["document_id", "need_id", "aspect"])


def _group(documents: Path, mentions: Path, out: Path, config: MineConfig) -> dict[str, Statement]:
    """Write the mentions with their need ids; return the wording of every need."""
    found = _groups(documents, mentions, config)
    taken = pl.scan_parquet(mentions).drop(_SET)
    whole = pl.concat([taken, found.mentions.lazy()], how="horizontal").select(
        pl.col(column).cast(dtype) for column, dtype in MENTIONS.items()
    )
    with atomic_path(out) as temporary:
        whole.sink_parquet(temporary, maintain_order=True)
    return found.statements


def _groups(documents: Path, mentions: Path, config: MineConfig) -> _Grouped:
    """A function of its own, so that the texts held for grouping are freed before anything is written."""
    corpus = pl.read_parquet(documents, columns=list(_GROUPED_DOCUMENTS)).sort("document_id")
    grouped = group_mentions(_numbered(mentions, corpus["document_id"]), corpus, config=config)
    statements = {
        group: Statement(
            text=write_statement(words),
            language=words.language,
            aspect_terms=tuple(name for name, _ in words.names),
        )
        for group, words in words_of_groups(grouped.mentions, grouped.sentences).items()
    }
    ids = assign_ids(_founders(grouped.mentions, corpus["document_id"]), statements)
    need = pl.col("group").replace_strict(ids, default=None, return_dtype=pl.String())
    return _Grouped(
        grouped.mentions.with_columns(need.alias("need_id")).select(_SET),
        {ids[group]: statement for group, statement in statements.items()},
    )


def _numbered(mentions: Path, ids: pl.Series) -> pl.DataFrame:
    """The columns that grouping reads, with numbers for document ids and short integers for offsets."""
    columns = ["document_id", *(column for column in READ_COLUMNS if column != "position")]
    offsets = pl.col(pl.Int64).cast(pl.Int32)
    parts = [
        part.with_columns(positions_of(part["document_id"], ids), offsets).drop("document_id")
        for part in slices(pl.scan_parquet(mentions).select(columns))
    ]
    return pl.concat(parts, rechunk=True)


def _founders(mentions: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
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
    return first.select("need_id", ids.gather(first["position"]).alias("document_id"))
