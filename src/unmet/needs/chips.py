"""The phrases on a card: what exactly is complained of and praised, without bare judgements.

"太差", "good" and fragments of stories say nothing that could be acted on, so they are no chips; "太慢了" and
"慢" are one chip. A phrase whose mentions within the need lie on the other side as often is none either.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import lru_cache

import polars as pl

from unmet.core.records import Count
from unmet.mining.states import side_of_phrase
from unmet.mining.terms import canonical_opinion
from unmet.needs import phrases_en, phrases_zh
from unmet.needs.identity import normal_terms

TOP_CHIPS = 5
LEAST_MENTIONS = 2
ONE_SIDED = 0.7
"""Share of a phrase's complaints and praises within the need that must lie on its side."""
LOOKED_AT = 400
"""Most common spellings per need that are read; rarer ones cannot become one of five chips."""
LONGEST = {"zh": 12, "en": 40}


def chips_of(mentions: pl.DataFrame) -> tuple[tuple[Count, ...], tuple[Count, ...]]:
    """Complaints and praises of one need, the most frequent first, with their share of its mentions.

    Args:
        mentions: the need's mentions with ``opinion`` and ``polarity``.
    """
    said = mentions.select(normal_terms(pl.col("opinion")).alias("opinion"), "polarity").drop_nulls("opinion")
    spelled = said.group_by("opinion", "polarity").len()
    common = spelled.sort(["len", "opinion", "polarity"], descending=[True, False, False]).head(LOOKED_AT)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for opinion, polarity, count in common.iter_rows():
        chip = chip_of(opinion)
        if chip is not None:
            counts[chip][polarity] += count
    return tuple(_chosen(counts, side, other, mentions.height) for side, other in _SIDES)  # type: ignore[return-value]


_SIDES = (("negative", "positive"), ("positive", "negative"))


def _chosen(counts: dict[str, Counter[str]], side: str, other: str, total: int) -> tuple[Count, ...]:
    sign = 1 if side == "positive" else -1
    kept = [
        (chip, of[side])
        for chip, of in counts.items()
        if of[side] >= max(LEAST_MENTIONS, ONE_SIDED * (of[side] + of[other]))
        and side_of_phrase(chip, "en" if chip.isascii() else "zh") != -sign
    ]
    kept.sort(key=lambda pair: (-pair[1], pair[0]))
    return tuple(Count(chip, n, n / total) for chip, n in kept[:TOP_CHIPS])


@lru_cache(maxsize=200_000)
def chip_of(opinion: str) -> str | None:
    """The phrase without intensifiers, ``None`` where it is a bare judgement or no phrase.

    >>> chip_of("太慢了"), chip_of("太差了"), chip_of("very easy to read"), chip_of("great")
    ('慢', None, 'easy to read', None)
    """
    if opinion.isascii():
        phrase = phrases_en.normal(opinion)
        told = (
            phrases_en.speakable(phrase)
            and not phrases_en.judgement(phrase)
            and not phrases_en.hanging(phrase)
        )
        return phrase if told and len(phrase) <= LONGEST["en"] else None
    phrase = canonical_opinion(opinion, "zh") or opinion
    if len(phrase) == 1 and "够" + phrase in opinion:
        phrase = "够" + phrase
    told = phrases_zh.readable(phrase) and not phrases_zh.judgement(phrase)
    return phrase if told and len(phrase) <= LONGEST["zh"] else None
