"""The words of each group: what it is called, in which languages, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from unmet.mining.concepts import LABEL, concept_of, concepts
from unmet.mining.leftovers import STORY
from unmet.mining.sentences import Sentences
from unmet.needs import phrases_en, phrases_zh
from unmet.needs.opinion_phrases import common, opinion_shares, said_of
from unmet.needs.phrases_en import normal
from unmet.needs.said import Said
from unmet.needs.telling import telling_phrases

WORDING_COLUMNS = (
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
"""Mention columns that words are made from; ``position`` and ``language`` are those of the document."""


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


def words_of_groups(
    mentions: pl.DataFrame, sentences: Sentences, *, top: int = 12
) -> dict[str, tuple[GroupWords, ...]]:
    """Collect each group's words in every language that its own terms are in, that of most texts first.

    Mentions that only sound like a group open no language: a group may have none of its own in theirs.

    Args:
        mentions: grouped mentions, WORDING_COLUMNS (see ``mining.topics`` and ``core.tables.MENTIONS``).
        sentences: cuts their sentences, one group at a time.
        top: names kept.
    """
    parts = _Parts(mentions.select(WORDING_COLUMNS))
    everywhere = opinion_shares(mentions.select("group", "language", "opinion_term").drop_nulls())
    languages = _languages(mentions.select("group", "language", "term", "position"))
    stories = telling_phrases(parts, languages, sentences)
    found = {}
    for group, part in parts.items():
        own = _own(part, group)
        found[group] = tuple(
            _titled(
                group,
                replace(
                    _words_of(own, sentences, language, everywhere, top), stories=stories[group, language]
                ),
            )
            for language in languages[group]
        )
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


def _languages(rows: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """Languages of each group's own terms, that of most texts first."""
    rows = rows.drop_nulls()
    distinct = rows.select("group", "language", "term").unique()
    own = [_names_group(*row) for row in distinct.iter_rows()]
    distinct = distinct.with_columns(pl.Series("own", own, dtype=pl.Boolean))
    kept = distinct.filter(pl.col("own") | ~pl.col("own").any().over("group"))
    texts = rows.join(kept, on=["group", "language", "term"]).group_by("group", "language")
    ranked = texts.agg(pl.col("position").n_unique().alias("texts")).sort(
        ["group", "texts", "language"], descending=[False, True, False]
    )
    grouped = ranked.group_by("group", maintain_order=True).agg("language")
    return {group: tuple(languages) for group, languages in grouped.iter_rows()}


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
    names = common(_names(part), top)
    return GroupWords(
        language=language,
        names=names,
        said=said_of(part, sentences, [name for name, _ in names], language, everywhere),
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
