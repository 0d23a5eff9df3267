"""Need cards: every number of a need, from documents and mentions alone.

The same tables, statements, configuration and seed give the same cards whatever the order of rows, so
``verifying`` can compute them again and compare.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from unmet.core.config import MineConfig
from unmet.core.records import Need, Quote, TrendPoint
from unmet.core.tables import MENTIONS
from unmet.needs.bootstrap import Clusters, choose_clusters
from unmet.needs.chips import chips_of
from unmet.needs.identity import Statement, final_ids
from unmet.needs.impact import Effects, estimate_effects, rating_problem
from unmet.needs.opportunity import Scores, satisfaction_of, score_need
from unmet.needs.quotes import MIN_QUOTES, TOO_FEW_QUOTES, choose_quotes, pool_of, with_texts
from unmet.needs.ranking import rank_bounds, rank_order, says_something
from unmet.needs.shares import wilson
from unmet.needs.statistics import Evidence, aspect_counts, line_up, mood_of, segment_of
from unmet.needs.trends import Calendar, calendar_of, mentioning_per_month, slope_of, trend_points

Lineage = Mapping[str, Mapping[str, list[str]]]
COUNTED_DOCUMENTS = (
    "document_id",
    "language",
    "rating",
    "created_at",
    "product_id",
    "product",
    "category",
    "author_id",
)
"""Document columns that numbers are computed from. Texts are looked up for quotes only."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Cards by rank, and the mentions as they must be stored: final ids, too small needs unclustered.

    The mentions are a plan, so that a table on disk is settled piece by piece.
    """

    needs: list[Need]
    mentions: pl.LazyFrame


def build_needs(
    documents: pl.DataFrame,
    mentions: pl.DataFrame | pl.LazyFrame,
    *,
    statements: Mapping[str, Statement],
    config: MineConfig,
    models: dict[str, str],
    previous: Mapping[str, str] | None = None,
    lineage: Lineage | None = None,
) -> list[Need]:
    """Cards sorted by rank; see :func:`measure_needs`, which also returns the settled mentions."""
    return measure_needs(
        documents,
        mentions,
        statements=statements,
        config=config,
        models=models,
        previous=previous,
        lineage=lineage,
    ).needs


def measure_needs(
    documents: pl.DataFrame,
    mentions: pl.DataFrame | pl.LazyFrame,
    *,
    statements: Mapping[str, Statement],
    config: MineConfig,
    models: dict[str, str],
    previous: Mapping[str, str] | None = None,
    lineage: Lineage | None = None,
    texts: pl.LazyFrame | None = None,
) -> Measured:
    """Measure every need that ``mentions`` assigns.

    Args:
        documents: table DOCUMENTS; COUNTED_DOCUMENTS are enough if ``texts`` are given.
        mentions: table MENTIONS; ``need_id`` null where unclustered. Only mentions of needs are loaded.
        statements: wording by ``need_id`` as in ``mentions``.
        config: seed, level, replicates, numbers of quotes and months.
        models: task → model name and version, copied to every card.
        previous: new id → id of the same need in the previous run.
        lineage: final id → ``split_from`` / ``merged_from``, copied to ``Need.extra``.
        texts: where ``text`` and ``text_hash`` of a document are looked up for quotes; by default in
            ``documents``.

    Returns:
        Cards and mentions. A need with fewer than three distinct quotes is not a card: its mentions
        come back without need and with reason ``too_few_quotes``.
    """
    given = mentions.lazy().select(pl.col("need_id").drop_nulls().unique()).collect()
    names = final_ids(given["need_id"].to_list(), previous)
    wording = {names[need]: statements[need] for need in names}
    settled = mentions.lazy().with_columns(
        pl.col("need_id").replace_strict(names, default=None, return_dtype=pl.String())
    )
    evidence = line_up(documents.select(COUNTED_DOCUMENTS), settled)
    quotes = _all_quotes(evidence, texts if texts is not None else documents.lazy(), config)
    small = [need for need, found in quotes.items() if len(found) < MIN_QUOTES]
    if small:
        settled, evidence = _uncluster(settled, small), evidence.without(small)
    settled = settled.select(MENTIONS.keys())
    if not evidence.need_ids:
        return Measured([], settled)
    kept = set((previous or {}).values())
    cards = _Cards(evidence, config)
    needs = []
    for index, need in enumerate(evidence.need_ids):
        card = cards.card(index, wording[need], quotes[need])
        origin = {key: list(ids) for key, ids in (lineage or {}).get(need, {}).items()}
        previous_id = need if need in kept else None
        needs.append(
            replace(card, models=dict(models), previous_id=previous_id, extra={**card.extra, **origin})
        )
    order = rank_order(cards.bounds, cards.unmet_shares, evidence.need_ids)
    return Measured([replace(needs[i], rank=rank) for rank, i in enumerate(order, start=1)], settled)


def data_as_of(documents: pl.DataFrame) -> str | None:
    """Date of the latest document (``YYYY-MM-DD``), or ``None`` without times."""
    latest = documents["created_at"].max()
    return latest.date().isoformat() if isinstance(latest, datetime) else None


def _uncluster(mentions: pl.LazyFrame, needs: list[str]) -> pl.LazyFrame:
    dropped = pl.col("need_id").is_in(needs).fill_null(False)
    return mentions.with_columns(
        pl.when(dropped)
        .then(pl.lit(TOO_FEW_QUOTES))
        .otherwise("unclustered_reason")
        .alias("unclustered_reason"),
        pl.when(dropped).then(None).otherwise("typicality").alias("typicality"),
        pl.when(dropped).then(None).otherwise("need_id").alias("need_id"),
    )


def _all_quotes(evidence: Evidence, texts: pl.LazyFrame, config: MineConfig) -> dict[str, tuple[Quote, ...]]:
    """Quotes of every need; texts are looked up for the few documents that may be quoted."""
    pools = {index: pool_of(mentions) for index, mentions in evidence.parts().items()}
    if not pools:
        return {}
    positions = pl.concat([pool.select("position") for pool in pools.values()]).unique()
    documents = evidence.documents.join(positions, on="position", how="semi")
    documents = with_texts(documents, texts)
    limit = max(config.needs.quotes_per_need, MIN_QUOTES)
    return {
        evidence.need_ids[index]: choose_quotes(pool, documents, mood=_mood(evidence, index), limit=limit)
        for index, pool in pools.items()
    }


def _mood(evidence: Evidence, need: int) -> str:
    unmet, positive = (len(evidence.positions(need, side)) for side in ("unmet", "positive"))
    return mood_of(unmet, positive)


class _Cards:
    """What all cards of a run share: the regression, the draws, the calendar."""

    def __init__(self, evidence: Evidence, config: MineConfig) -> None:
        self.evidence = evidence
        self.config = config
        self.level = config.needs.confidence_level
        self.mentions = evidence.parts()
        self.clusters: Clusters = choose_clusters(evidence.documents)
        self.problem = rating_problem(evidence.documents)
        self.effects: Effects = estimate_effects(evidence, self.clusters)
        draws = np.random.Generator(np.random.PCG64(config.seed))
        self.normals = draws.standard_normal((config.needs.bootstrap_replicates, 3))
        # Bound of each need for the order of cards; without rating there is none.
        self.bounds: list[float | None] = [None] * len(evidence.need_ids)
        if not self.problem:
            counts = [len(evidence.positions(i)) for i in range(len(evidence.need_ids))]
            self.bounds = [*rank_bounds(self.effects, counts, config.needs, self.normals)]
        self.calendar: Calendar | None = calendar_of(evidence.documents)
        self.data_as_of = data_as_of(evidence.documents)
        self.unmet_shares = [
            wilson(len(evidence.positions(i, "unmet")), evidence.documents.height, self.level)
            for i in range(len(evidence.need_ids))
        ]

    def card(self, index: int, statement: Statement, quotes: tuple[Quote, ...]) -> Need:
        """The card of one need, still without rank, models and origin."""
        mentions, level = self.mentions[index], self.level
        documents, total = len(self.evidence.positions(index)), self.evidence.documents.height
        sides = {
            side: len(self.evidence.positions(index, side)) for side in ("negative", "positive", "unmet")
        }
        complaints, praises = chips_of(mentions)
        scores = self._scores(index, documents)
        if scores and not says_something(statement.mentions, sides["unmet"]):
            self.bounds[index] = 0.0
        mean, variance = float(self.effects.value[index, 2]), float(self.effects.covariance[index, 2, 2])
        trend, trend_extra, trend_note = self._trend(index)
        notes = [self.problem] if self.problem else list(scores.notes if scores else ())
        return Need(
            id=self.evidence.need_ids[index],
            rank=0,
            statement=statement.text,
            language=statement.language,
            polarity=mood_of(sides["unmet"], sides["positive"]),
            aspect_terms=aspect_counts(mentions, statement.aspect_terms),
            complaints=complaints,
            praises=praises,
            segment=segment_of(mentions, self.evidence.documents),
            quotes=quotes,
            mentions=mentions.height,
            documents=documents,
            negative_documents=sides["negative"],
            positive_documents=sides["positive"],
            requests=int(mentions["is_request"].sum()),
            share=wilson(documents, total, level),
            satisfaction=satisfaction_of(mean, variance, documents, level),
            importance=scores.importance if scores else None,
            impact=scores.impact if scores else None,
            opportunity=scores.opportunity if scores else None,
            trend=trend,
            data_as_of=self.data_as_of,
            models={},
            notes=tuple(notes + ([trend_note] if trend_note else [])),
            extra={
                "unmet_documents": sides["unmet"],
                "unmet_share": asdict(self.unmet_shares[index]),
                "rank_bound": self.bounds[index],
                "statement_mentions": statement.mentions,
                "interval_by": self.clusters.unit,
                **trend_extra,
            },
        )

    def _scores(self, index: int, documents: int) -> Scores | None:
        if self.problem:
            return None
        return score_need(self.effects, index, documents, self.config.needs, self.normals)

    def _trend(self, index: int) -> tuple[tuple[TrendPoint, ...] | None, dict[str, Any], str | None]:
        """Points, entries for ``Need.extra`` and the note that explains missing points."""
        if self.calendar is None:
            return None, {}, "no_time"
        if self.calendar.months_with_data < self.config.needs.min_months:
            return None, {}, "too_few_months"
        mentioning = mentioning_per_month(self.calendar, self.evidence.positions(index))
        slope = slope_of(self.calendar, mentioning, self.level)
        extra = {"trend_slope": asdict(slope.estimate), "trend": slope.word}
        return trend_points(self.calendar, mentioning, self.config.needs), extra, None
