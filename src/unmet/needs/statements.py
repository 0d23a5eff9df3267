"""The sentence on a card: what customers want, in words taken from what they wrote.

A statement joins the thing (the group's most common aspect), the state customers praise or wish for,
and the state they complain of. It names no solution. Praise and complaint are quoted from the group's
own opinions, so a statement can be checked against its quotes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from unmet.mining.lexicon import EN_GENERIC_OPINIONS, ZH_GENERIC_OPINIONS


@dataclass(frozen=True, slots=True)
class GroupWords:
    """Words of one group, most common first, each with its number of mentions."""

    language: str
    aspects: tuple[tuple[str, int], ...]  # surface forms
    complaints: tuple[tuple[str, int], ...]  # canonical negative opinions that tell something
    praises: tuple[tuple[str, int], ...]  # canonical positive opinions that tell something
    n_requests: int


def words_of_groups(mentions: pl.DataFrame, *, top: int = 8) -> dict[str, GroupWords]:
    """Collect each group's words.

    Args:
        mentions: grouped mentions (see ``mining.topics``): columns ``group``, ``language``, ``aspect``,
            ``term``, ``opinion``, ``opinion_term``, ``polarity``, ``is_request``.
        top: words kept per kind.
    """
    collected: dict[str, GroupWords] = {}
    rows = mentions.filter(pl.col("group").is_not_null())
    for (group,), part in rows.group_by(["group"], maintain_order=True):
        language = part["language"][0]
        collected[str(group)] = GroupWords(
            language=language,
            aspects=_common(_names(part), top),
            complaints=_common(_opinions(part, "negative", language), top),
            praises=_common(_opinions(part, "positive", language), top),
            n_requests=int(part["is_request"].sum()),
        )
    return collected


def _names(part: pl.DataFrame) -> list[str]:
    """What the thing is called: the aspect as written where it carries the term, else the term."""
    names = []
    for aspect, aspect_term, term in part.select("aspect", "aspect_term", "term").iter_rows():
        names.append(" ".join(aspect.lower().split()) if aspect and aspect_term == term else term)
    return names


def _opinions(part: pl.DataFrame, polarity: str, language: str) -> list[str]:
    generic = ZH_GENERIC_OPINIONS if language == "zh" else EN_GENERIC_OPINIONS
    rows = part.filter((pl.col("polarity") == polarity) & pl.col("opinion_term").is_not_null())
    return [
        term if language == "zh" else " ".join(opinion.lower().split())
        for term, opinion in rows.select("opinion_term", "opinion").iter_rows()
        if term not in generic
    ]


def _common(words: Sequence[str], top: int) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0]))[:top])
