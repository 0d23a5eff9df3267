"""Names, statements and ids of a run made again from its stored mentions and texts.

What a mention was grouped as and how sure its side is come from models that looked at the whole corpus; they
are stored with the mention and protected by the hash of the file. All words of a card follow from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from unmet.core.errors import RunFolderError
from unmet.core.tables import positions_of, slices
from unmet.mining.sentences import Sentences
from unmet.needs.evidence_checks import Difference
from unmet.needs.group_words import WORDING_COLUMNS
from unmet.needs.identity import Statement, final_ids
from unmet.needs.naming import name_needs
from unmet.needs.quotes import TOO_FEW_QUOTES


@dataclass(frozen=True, slots=True)
class Renamed:
    """``ids``: group → need id that it must have; ``statements``: wording by that id."""

    ids: dict[str, str]
    statements: dict[str, Statement]

    @property
    def need_id(self) -> pl.Expr:
        """The right id of every mention that is in a need."""
        right = pl.col("group").replace_strict(self.ids, default=None, return_dtype=pl.String())
        return pl.when(pl.col("need_id").is_not_null()).then(right).alias("need_id")


def rename(documents: pl.LazyFrame, mentions: pl.LazyFrame, kept: Mapping[str, str]) -> Renamed:
    """Name every group again with the code that named it.

    Args:
        documents: table DOCUMENTS.
        mentions: table MENTIONS in stored order.
        kept: group → id that a card has from an earlier run, which this run's tables do not hold.

    Raises:
        RunFolderError: a mention's document is missing.
    """
    corpus = documents.select("document_id", "language", "text").collect().sort("document_id")
    named = name_needs(_read(mentions, corpus), Sentences(corpus["text"]), corpus["document_id"])
    previous = {named.ids[group]: old for group, old in kept.items() if group in named.ids}
    final = final_ids(named.ids.values(), previous)
    return Renamed(
        ids={group: final[new] for group, new in named.ids.items()},
        statements={final[new]: statement for new, statement in named.statements.items()},
    )


def groups_of_ids(mentions: pl.LazyFrame, ids: set[str]) -> dict[str, str]:
    """Group → id of the needs that are named in ``ids``."""
    wanted = pl.col("need_id").is_in(sorted(ids)) & pl.col("group").is_not_null()
    rows = mentions.filter(wanted).select("group", "need_id").unique().collect().sort("group", "need_id")
    return dict(rows.unique("need_id", keep="first").iter_rows())


def check_names(renamed: Renamed, mentions: pl.LazyFrame) -> Iterator[Difference]:
    """Every group has the id that follows from it, or as a whole none because it was too small to quote."""
    found = mentions.select("group", "need_id", "unclustered_reason").unique().collect()
    split = found.select("group", "need_id").unique().filter(pl.col("group").is_duplicated())["group"]
    halved = set(split.drop_nulls().to_list())
    for group, need, reason in found.sort("group", "need_id", "unclustered_reason").iter_rows():
        right = renamed.ids.get(group)
        small = need is None and reason == TOO_FEW_QUOTES and group not in halved
        if need != right and not small:
            yield Difference("mentions.parquet", f"need_id of group {group}", right, need)


def _read(mentions: pl.LazyFrame, corpus: pl.DataFrame) -> pl.DataFrame:
    """WORDING_COLUMNS of the mentions that have a group, a slice of the table at a time."""
    wanted = ["document_id", *(name for name in WORDING_COLUMNS if name not in ("position", "language"))]
    parts = []
    for stored in slices(mentions.select(wanted)):
        part = stored.filter(pl.col("group").is_not_null())
        position = positions_of(part["document_id"], corpus["document_id"])
        if position.null_count():
            raise RunFolderError("a mention points at a document that is not there", where="mentions.parquet")
        language = corpus["language"].gather(position).alias("language")
        own = part.drop("document_id").with_columns(pl.col(pl.Int64).cast(pl.Int32))
        parts.append(own.with_columns(position, language))
    return pl.concat(parts, rechunk=True)
