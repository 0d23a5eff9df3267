"""What is said of a group: its opinion phrases, on which side, of which part, whole or cut off."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import polars as pl

from unmet.mining.lexicon import generic_aspects
from unmet.mining.sentences import Sentences
from unmet.needs.phrases_en import normal
from unmet.needs.said import Said
from unmet.text.words import stem_english, tag_words

SETTLED = 0.25
"""Vote (−1 to 1) of a repeated pair from which its mentions count for a side in the wording."""
SUBJECT_SHARE, AGREED_SHARE = 0.2, 0.4
"""Share of a phrase's mentions, and of those that name a part, that must name the same one."""
GROUNDED = 0.05
"""Least share of sentences with a phrase that hold one of the group's most common names."""
COMMON_PHRASES = 40
"""Phrases of a group that are looked at, most common first."""
READ_MENTIONS = 500
"""Mentions of a phrase whose sentences are read (an even sample of more)."""
SHORT_STATE = 2
"""Characters of an opinion up to which its inferred aspect is its subject; longer ones name their own."""
_CLAUSE_START = re.compile(r".*[,，。.!！?？;；~～…、:：\s]", re.DOTALL)
_CLOSES = re.compile(r"^(?:了|的|啊|呢|吧|呀|哦)*[\s,，。.!！?？;；~～…、:：)）]|^(?:了|的)*$")
"""What follows a phrase that is whole: the end of its clause."""


def opinion_shares(rows: pl.DataFrame) -> dict[tuple[str, str], float]:
    """Share of each opinion among all opinions of its language."""
    counted = rows.drop_nulls("opinion_term").group_by("language", "opinion_term").len()
    totals = dict(counted.group_by("language").agg(pl.col("len").sum()).iter_rows())
    return {(language, term): n / totals[language] for language, term, n in counted.iter_rows()}


def said_of(
    part: pl.DataFrame,
    sentences: Sentences,
    called: Sequence[str],
    language: str,
    everywhere: Mapping[tuple[str, str], float],
) -> tuple[Said, ...]:
    """The opinion phrases of a group in one language, the most common first.

    Args:
        part: the group's mentions in that language (columns as in ``group_words.words_of_groups``).
        sentences: cuts their sentences.
        called: what the group is called, the most common first.
        language: ``zh`` or ``en``.
        everywhere: result of :func:`opinion_shares` over all groups.
    """
    rows = part.drop_nulls("opinion_term").with_columns(
        pl.when(pl.col("is_request") & (pl.col("polarity") == "neutral"))
        .then(pl.lit("request"))
        .when(pl.col("pair_vote").abs() < SETTLED)
        .then(pl.lit("unsure"))
        .when(pl.col("polarity") == "neutral")
        .then(pl.lit("unsure"))
        .otherwise("polarity")
        .alias("side")
    )
    total = max(rows.height, 1)
    ranked = rows["opinion_term"].value_counts().sort(["count", "opinion_term"], descending=[True, False])
    found = []
    for term, count in ranked.head(COMMON_PHRASES).iter_rows():
        own = rows.filter(pl.col("opinion_term") == term)
        read = sentences.added_to(own.gather_every(-(-own.height // READ_MENTIONS)))
        sides = Counter(own["side"].to_list())
        if not _grounded(read, called):
            continue
        found.append(
            Said(
                phrase=_enough(term, own) if language == "zh" else common(_plain(own), 1)[0][0],
                complaints=sides["negative"],
                praises=sides["positive"],
                requests=sides["request"],
                unsure=sides["unsure"],
                subject=_subject(read, language),
                closed=_closed(read),
                lift=(count / total) / everywhere[language, term],
            )
        )
    return tuple(found)


def _grounded(own: pl.DataFrame, called: Sequence[str]) -> bool:
    """Whether enough sentences with a phrase name what the group is about.

    An opinion that a guess brought into the group (粘 among words about standby) is told of something else.
    """
    named = own["sentence"].str.to_lowercase().str.contains_any(list(called)).mean()
    return isinstance(named, float) and named >= GROUNDED


def _enough(term: str, own: pl.DataFrame) -> str:
    """够用 stays 够用: its canonical form 用 says nothing."""
    enough = own["opinion"].str.contains("够" + term, literal=True).mean()
    return "够" + term if len(term) == 1 and isinstance(enough, float) and enough > 0.5 else term


def _plain(own: pl.DataFrame) -> list[str]:
    return [normal(opinion) for opinion in own["opinion"].to_list()]


def _subject(own: pl.DataFrame, language: str) -> str | None:
    """The part that most mentions of a phrase name or mean, as written."""
    names = []
    chosen = own.select("aspect", "aspect_term", "opinion_term", "term", "aspect_end", "opinion_start")
    for aspect, aspect_term, opinion_term, term, end, start in chosen.iter_rows():
        if aspect and aspect_term == term and end is not None and end <= start:
            names.append(" ".join(aspect.lower().split()))
        elif language == "zh" and term and term not in opinion_term and len(opinion_term) <= SHORT_STATE:
            names.append(term)
    if not names and language == "zh":
        names = _before(own)
    if not names:
        return None
    heads = common([_head(name, language) for name in names], 1)[0]
    name = common([name for name in names if _head(name, language) == heads[0]], 1)[0][0]
    agreed = heads[1] >= max(2, SUBJECT_SHARE * own.height, AGREED_SHARE * len(names))
    return name if agreed and name not in generic_aspects() else None


def _head(name: str, language: str) -> str:
    """What "arm holes" and "hole", 安装师傅 and 师傅 have in common."""
    return name[-2:] if language == "zh" else stem_english(name.rsplit(maxsplit=1)[-1])


def _before(own: pl.DataFrame) -> list[str]:
    """The noun right before a phrase that names no part: 电话 in "打了三次电话没人接"."""
    names = []
    for sentence, begin, start in own.select("sentence", "opinion_start", "start").iter_rows():
        words = tag_words(_CLAUSE_START.sub("", sentence[: begin - start])[-6:], "zh")
        if words and words[-1][1] in ("n", "l") and len(words[-1][0]) > 1:
            names.append(words[-1][0])
    return names


def _closed(own: pl.DataFrame) -> float:
    ends = (own["opinion_end"] - own["start"]).to_list()
    after = [sentence[end:] for sentence, end in zip(own["sentence"].to_list(), ends, strict=True)]
    return sum(bool(_CLOSES.match(rest)) for rest in after) / max(len(after), 1)


def common(words: Sequence[str], top: int) -> tuple[tuple[str, int], ...]:
    """The most common words with their counts, ties in order of the word."""
    return tuple(sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0]))[:top])
