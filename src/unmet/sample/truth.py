"""The ground truth of a sample shop, and the fair question: which planted need is a card about?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from unmet.sample.banks import load_bank
from unmet.sample.planted import LANGUAGES, PlantedNeed

if TYPE_CHECKING:
    from unmet.sample.shop import Shop

QuotePlace = tuple[str, int, int, int]
"""``(source, row, start, end)`` in the source field (not in a masked text)."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything that is known about a shop because it was planted.

    Attributes:
        seed, with_effects: how the shop was made.
        needs: the planted needs.
        rows: one row per review: ``source, row, language, dirt`` (null when clean), ``dropped``
            (cleaning should reject it), ``copy_of`` (row in the same source).
        mentions: ``source, row, need_id, kind, polarity, is_request, sarcastic, start, end``;
            offsets are code points in the source field. Rows that are copies have mentions too.
        private: ``source, row, kind, start, end`` of private data.
        effects: ``need_id, language`` (zh, en, all), ``kind, documents, effect``: average
            change of the expected recorded rating in those documents because of the mention, after
            clamping to 1–5, over rows that are not dropped. Stars.
        months: ``need_id, month, documents`` (reviews of its categories and languages),
            ``complaining``.
        demand: ``need_id, effect_per_10_points`` of log weekly orders, ``lag_weeks``.
        queries, chats: ``row, need_id`` of searches and chats that voice a planted need.
    """

    seed: int
    with_effects: bool
    needs: tuple[PlantedNeed, ...]
    rows: pl.DataFrame
    mentions: pl.DataFrame
    private: pl.DataFrame
    effects: pl.DataFrame
    months: pl.DataFrame
    demand: pl.DataFrame
    queries: pl.DataFrame
    chats: pl.DataFrame

    def need_ids(self, role: str) -> tuple[str, ...]:
        """Ids of the planted needs with a role, such as ``quiet_costly``."""
        return tuple(need.need_id for need in self.needs if need.role == role)

    def to_dict(self) -> dict[str, Any]:
        """Plain dict for ``truth.json``."""
        tables = ("rows", "mentions", "private", "effects", "months", "demand", "queries", "chats")
        return {
            "seed": self.seed,
            "with_effects": self.with_effects,
            "needs": [_need_dict(need) for need in self.needs],
            **{name: getattr(self, name).to_dict(as_series=False) for name in tables},
        }


def _need_dict(need: PlantedNeed) -> dict[str, Any]:
    words = {language: load_bank(language).needs[need.need_id] for language in LANGUAGES}
    return {
        **asdict(need),
        "statement": {language: w.statement for language, w in words.items()},
        "aspects": {language: list(w.aspects) for language, w in words.items()},
        "opinions": {language: list(w.opinions) for language, w in words.items()},
    }


def match_by_quotes(quotes: Iterable[QuotePlace], truth: Truth) -> tuple[str | None, float]:
    """Which planted need a card is about, judged by where its quotes come from.

    A quote votes for the planted mention it overlaps most; a quote that overlaps none votes for
    nothing and lowers the purity.

    Returns:
        The need with most votes (ties: the one voted for first) and its share of all quotes (0–1);
        ``(None, 0.0)`` when no quote touches a planted mention.
    """
    quotes = list(quotes)
    wanted = {(source, row) for source, row, _, _ in quotes}
    planted: dict[tuple[str, int], list[tuple[str, int, int]]] = {}
    columns = truth.mentions.select("source", "row", "need_id", "start", "end")
    if wanted:
        rows = sorted({row for _, row in wanted})
        columns = columns.filter(pl.col("row").is_in(rows))
    for source, row, need_id, start, end in columns.iter_rows():
        if (source, row) in wanted:
            planted.setdefault((source, row), []).append((need_id, start, end))
    votes: Counter[str] = Counter()
    for source, row, start, end in quotes:
        overlaps = [
            (min(end, last) - max(start, first), need_id)
            for need_id, first, last in planted.get((source, row), [])
        ]
        best = max(overlaps, key=lambda pair: pair[0], default=(0, ""))
        if best[0] > 0:
            votes[best[1]] += 1
    if not votes:
        return None, 0.0
    need_id, count = votes.most_common(1)[0]
    return need_id, count / len(quotes)


def match_need(need_terms: Sequence[str], shop: Shop) -> str | None:
    """Which planted need a card's words speak of: a rough check where quotes are not at hand.

    Each term scores for needs whose aspect (2 points) or opinion words (1 point) it equals, or half
    of that when one contains the other. Words shared by several needs are divided among them.

    Returns:
        The best need, or ``None`` when nothing matches or two needs tie.
    """
    owners = _cue_owners(shop.truth.needs)
    scores: Counter[str] = Counter()
    for term in (term.strip().lower() for term in need_terms):
        for cue, (weight, need_ids) in owners.items():
            if not term or not (cue in term or term in cue):
                continue
            points = weight if cue == term else weight / 2
            for need_id in need_ids:
                scores[need_id] += points / len(need_ids)  # type: ignore[assignment]
    ranked = scores.most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


def _cue_owners(needs: Sequence[PlantedNeed]) -> dict[str, tuple[float, list[str]]]:
    owners: dict[str, tuple[float, list[str]]] = {}
    for need in needs:
        for language in LANGUAGES:
            words = load_bank(language).needs[need.need_id]
            for cues, weight in ((words.aspects, 2.0), (words.opinions, 1.0)):
                for cue in {cue.lower() for cue in cues}:
                    _, ids = owners.setdefault(cue, (weight, []))
                    if need.need_id not in ids:
                        ids.append(need.need_id)
    return owners
