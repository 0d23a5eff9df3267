"""The words of each group: what it is called and what is said of it, on which side, of which part."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from unmet.mining.concepts import LABEL, concept_of, concepts
from unmet.mining.leftovers import STORY
from unmet.mining.lexicon import generic_aspects
from unmet.mining.sentences import Sentences
from unmet.needs import phrases_en, phrases_zh
from unmet.needs.phrases_en import normal
from unmet.needs.said import Said
from unmet.needs.telling import telling_phrases
from unmet.text.words import stem_english, tag_words

SETTLED = 0.25
"""Vote (−1 to 1) of a repeated pair from which its mentions count for a side in the wording."""
SUBJECT_SHARE, AGREED_SHARE = 0.2, 0.4
"""Share of a phrase's mentions, and of those that name a part, that must name the same one."""
GROUNDED, COMMON_NAMES = 0.05, 12
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
_READ = (
    "group",
    "language",
    "aspect",
    "aspect_term",
    "aspect_end",
    "term",
    "opinion",
    "opinion_term",
    "opinion_start",
    "opinion_end",
    "polarity",
    "pair_vote",
    "is_request",
    "position",
    "start",
    "end",
)


@dataclass(frozen=True, slots=True)
class GroupWords:
    """Words of one group."""

    language: str
    names: tuple[tuple[str, int], ...]  # surface forms and their mentions, the most common first
    said: tuple[Said, ...]
    stories: tuple[Said, ...]  # phrases of its unhappy sentences beside the opinions
    n_requests: int
    n_negative: int
    n_positive: int
    named_by_opinion: bool  # the group has no aspect, only a telling opinion such as 漏水
    titled: bool = False  # called by the title of its concept, because customers only name its states


def words_of_groups(mentions: pl.DataFrame, sentences: Sentences, *, top: int = 12) -> dict[str, GroupWords]:
    """Collect each group's words.

    Args:
        mentions: grouped mentions (see ``mining.topics``): columns ``group``, ``language``, ``aspect``,
            ``aspect_term``, ``aspect_end``, ``term``, ``opinion``, ``opinion_term``, ``opinion_start``,
            ``opinion_end``, ``polarity``, ``pair_vote``, ``is_request``, ``position``, ``start``, ``end``.
        sentences: cuts their sentences, one group at a time.
        top: names kept.
    """
    parts = _Parts(mentions.select(_READ))
    everywhere = _shares(mentions.select("group", "language", "opinion_term").drop_nulls())
    languages = _languages(mentions.select("group", "language", "term"))
    stories = telling_phrases(parts, languages, sentences)
    found = {}
    for group, part in parts.items():
        words = _words_of(_own(part, group), sentences, languages[group], everywhere, top)
        found[group] = _titled(group, replace(words, stories=stories[group]))
    return found


class _Parts(Mapping[str, pl.DataFrame]):
    """The mentions of each group, gathered when asked for: one group is held beside the corpus."""

    def __init__(self, mentions: pl.DataFrame) -> None:
        rows = mentions.select("group").with_row_index("row").drop_nulls()
        places = rows.group_by("group", maintain_order=True).agg("row")
        self._mentions = mentions
        self._rows = dict(zip(places["group"].to_list(), places["row"], strict=True))

    def __getitem__(self, group: str) -> pl.DataFrame:
        part: pl.DataFrame = self._mentions[self._rows[group]]
        return part

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def _languages(rows: pl.DataFrame) -> dict[str, str]:
    """A group of both languages speaks the one that most mentions of its own terms are in.

    Mentions that only sound like the group do not count: a group may have none of its own in their language.
    """
    counted = rows.drop_nulls().group_by("group", "language", "term").len()
    own = [_names_group(*row) for row in counted.select("group", "language", "term").iter_rows()]
    counted = counted.with_columns(pl.Series("own", own, dtype=pl.Boolean))
    kept = counted.filter(pl.col("own") | ~pl.col("own").any().over("group"))
    totals = kept.group_by("group", "language").agg(pl.col("len").sum())
    ranked = totals.sort(["len", "language"], descending=[True, False])
    return dict(
        ranked.unique("group", keep="first", maintain_order=True).select("group", "language").iter_rows()
    )


def _names_group(group: str, language: str, term: str) -> bool:
    return not group.startswith(LABEL) or concept_of(term, language) == group.removeprefix(LABEL)


def _own(part: pl.DataFrame, group: str) -> pl.DataFrame:
    """Mentions that a group's words are read from: not those that its category or its sound brought in."""
    if not group.startswith(LABEL):
        return part
    distinct = part.select("term", "language").drop_nulls().unique().iter_rows()
    named = [term for term, language in distinct if _names_group(group, language, term)]
    own = part.filter(pl.col("term").is_null() | pl.col("term").is_in(sorted(set(named))))
    return own if own.height else part


def _titled(group: str, words: GroupWords) -> GroupWords:
    """A concept that customers name by adjectives only ("durable", 新鲜) is called by its own title.

    A group of stories goes by its most telling word, which is no opinion.
    """
    if STORY in group:
        return replace(words, named_by_opinion=False)
    if not group.startswith(LABEL):
        return words
    called = words.names[0][0] if words.names else ""
    if not words.named_by_opinion and names_thing(called, words.language):
        return words
    title = concepts().titles[group.removeprefix(LABEL), words.language]
    count = words.names[0][1] if words.names else 0
    others = tuple(pair for pair in words.names if pair[0] != title)
    return replace(words, names=((title, count), *others), named_by_opinion=False, titled=True)


def names_thing(word: str, language: str) -> bool:
    """Whether a word can name what a need is about; a state or an event ("durable", 没人接) cannot."""
    return phrases_zh.names_thing(word) if language == "zh" else phrases_en.names_thing(word)


def _shares(rows: pl.DataFrame) -> dict[tuple[str, str], float]:
    """Share of each opinion among all opinions of its language."""
    counted = rows.drop_nulls("opinion_term").group_by("language", "opinion_term").len()
    totals = dict(counted.group_by("language").agg(pl.col("len").sum()).iter_rows())
    return {(language, term): n / totals[language] for language, term, n in counted.iter_rows()}


def _words_of(
    part: pl.DataFrame,
    sentences: Sentences,
    language: str,
    everywhere: dict[tuple[str, str], float],
    top: int,
) -> GroupWords:
    counts = dict(part["polarity"].value_counts().iter_rows())
    n_requests = part.filter(pl.col("is_request") & (pl.col("polarity") == "neutral")).height
    part = part.filter(pl.col("language") == language)
    return GroupWords(
        language=language,
        names=common(_names(part), top),
        said=_said(part, sentences, language, everywhere),
        stories=(),
        n_requests=n_requests,
        n_negative=counts.get("negative", 0),
        n_positive=counts.get("positive", 0),
        named_by_opinion=_named_by_opinion(part),
    )


def _named_by_opinion(part: pl.DataFrame) -> bool:
    """Whether the commonest term of the group is hardly ever an aspect."""
    top = common(part["term"].drop_nulls().to_list(), 1)[0][0]
    own = part.filter(pl.col("term") == top)
    return own.filter(pl.col("aspect_term") == top).height < min(5, max(2, 0.1 * own.height))


def _names(part: pl.DataFrame) -> list[str]:
    """What the thing is called: the aspect as written where it carries the term, else the term."""
    names = []
    chosen = part.select("language", "aspect", "aspect_term", "opinion", "opinion_term", "term")
    for language, aspect, aspect_term, opinion, opinion_term, term in chosen.iter_rows():
        if aspect and aspect_term == term:
            names.append(" ".join(aspect.lower().split()))
        elif language == "en" and opinion and opinion_term == term:
            names.append(normal(opinion))
        else:
            names.append(term)
    return [name for name in names if name]


def _said(
    part: pl.DataFrame, sentences: Sentences, language: str, everywhere: dict[tuple[str, str], float]
) -> tuple[Said, ...]:
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
    called = [name for name, _ in common(_names(part), COMMON_NAMES)]
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


def _grounded(own: pl.DataFrame, called: list[str]) -> bool:
    """Whether enough sentences with a phrase name what the group is about.

    An opinion that a guess brought into the group (粘 among words about standby) is told of something else.
    """
    named = own["sentence"].str.to_lowercase().str.contains_any(called).mean()
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
