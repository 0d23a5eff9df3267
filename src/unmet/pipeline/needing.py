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
from unmet.needs.identity import Match, Statement, match_previous
from unmet.needs.naming import name_needs
from unmet.needs.needsfile import to_json

_GROUPED_DOCUMENTS = ("document_id", "language", "text", "product", "category")
_SET = (
    "aspect",
    "aspect_start",
    "aspect_end",
    "polarity",
    "need_id",
    "unclustered_reason",
    "typicality",
    "group",
    "term",
    "aspect_term",
    "opinion_term",
    "pair_vote",
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
    named = name_needs(grouped.mentions, grouped.sentences, corpus["document_id"])
    need = pl.col("group").replace_strict(named.ids, default=None, return_dtype=pl.String())
    return _Grouped(grouped.mentions.with_columns(need.alias("need_id")).select(_SET), named.statements)


def _numbered(mentions: Path, ids: pl.Series) -> pl.DataFrame:
    """The columns that grouping reads, with numbers for document ids and short integers for offsets."""
    columns = ["document_id", *(column for column in READ_COLUMNS if column != "position")]
    offsets = pl.col(pl.Int64).cast(pl.Int32)
    parts = [
        part.with_columns(positions_of(part["document_id"], ids), offsets).drop("document_id")
        for part in slices(pl.scan_parquet(mentions).select(columns))
    ]
    return pl.concat(parts, rechunk=True)
