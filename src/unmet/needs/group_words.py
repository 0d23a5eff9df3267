"""The words of each group: what it is called, what is praised, what is complained of, what comes with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from unmet.mining.concepts import LABEL, concepts
from unmet.mining.keywords import naming_tokens
from unmet.mining.leftovers import STORY
from unmet.mining.lexicon import judges_only, word_set
from unmet.mining.sentences import Sentences
from unmet.text.words import tag_words

EN_KEPT = frozenset({"not", "no", "too", "hard", "never"})
"""Words that stay at the head of an English opinion: without them it would mean something else."""
COMPANY_SENTENCES = 150
COMPANY_WORDS = 3
MIN_LIFT = 2.0
"""How much commoner an opinion must be in its group than over all groups to describe it."""
_READ = (
    "group",
    "language",
    "aspect",
    "aspect_term",
    "term",
    "opinion",
    "opinion_term",
    "polarity",
    "is_request",
    "position",
    "start",
    "end",
)


@dataclass(frozen=True, slots=True)
class GroupWords:
    """Words of one group, most common first, each with its number of mentions."""

    language: str
    names: tuple[tuple[str, int], ...]  # surface forms
    complaints: tuple[tuple[str, int], ...]  # negative opinions that tell something
    praises: tuple[tuple[str, int], ...]  # positive opinions that tell something
    company: tuple[str, ...]  # nouns and verbs that set the group's unhappy sentences apart
    n_requests: int
    n_negative: int
    n_positive: int
    named_by_opinion: bool  # the group has no aspect, only a telling opinion such as 漏水
    name_is_praise: bool  # that opinion is mostly said with pleasure


def words_of_groups(mentions: pl.DataFrame, sentences: Sentences, *, top: int = 12) -> dict[str, GroupWords]:
    """Collect each group's words.

    Args:
        mentions: grouped mentions (see ``mining.topics``): columns ``group``, ``language``, ``aspect``,
            ``aspect_term``, ``term``, ``opinion``, ``opinion_term``, ``polarity``, ``is_request``,
            ``position``, ``start``, ``end``.
        sentences: cuts their sentences.
        top: words kept per kind.
    """
    rows = mentions.select(_READ).filter(pl.col("group").is_not_null())
    parts = {str(key[0]): part for key, part in rows.group_by(["group"], maintain_order=True)}
    company = _company(parts, sentences)
    own = {group: _own_opinions(part, rows) for group, part in parts.items()}
    found = {group: _words_of(part, company[group], own[group], top) for group, part in parts.items()}
    return {group: _titled(group, words) for group, words in found.items()}


def _titled(group: str, words: GroupWords) -> GroupWords:
    """A concept that customers name by adjectives only ("durable", 新鲜) is called by its own title.

    A group of stories goes by its most telling word, which is no opinion.
    """
    if STORY in group:
        return replace(words, named_by_opinion=False)
    if not group.startswith(LABEL):
        return words
    said = words.names[0][0] if words.names else ""
    if not (
        words.named_by_opinion or said in dict((*words.praises, *words.complaints)) or _is_adjective(said)
    ):
        return words
    title = concepts().titles[group.removeprefix(LABEL), words.language]
    count = words.names[0][1] if words.names else 0
    others = tuple(pair for pair in words.names if pair[0] != title)
    return replace(words, names=((title, count), *others), named_by_opinion=False)


def _is_adjective(word: str) -> bool:
    tags = [tag for _, tag, _, _ in tag_words(word)]
    return len(tags) == 1 and tags[0] in {"a", "ad", "v", "vi"}


def _own_opinions(part: pl.DataFrame, everything: pl.DataFrame) -> frozenset[str]:
    """Opinions said of this group more than of the others: "easy to use" of a battery is a slip."""
    everywhere = dict(everything["opinion_term"].drop_nulls().value_counts().iter_rows())
    here = dict(part["opinion_term"].drop_nulls().value_counts().iter_rows())
    size, total = sum(here.values()), sum(everywhere.values())
    return frozenset(
        term for term, count in here.items() if count / size >= MIN_LIFT * everywhere[term] / total
    )


def _words_of(part: pl.DataFrame, company: tuple[str, ...], own: frozenset[str], top: int) -> GroupWords:
    counts = dict(part["polarity"].value_counts().iter_rows())
    n_requests = part.filter(pl.col("is_request") & (pl.col("polarity") == "neutral")).height
    # A group of both languages speaks the one that most of its mentions are in.
    language = _common(part["language"].to_list(), 1)[0][0]
    part = part.filter(pl.col("language") == language)
    return GroupWords(
        language=language,
        names=_common(_names(part), top),
        complaints=_common(_opinions(part, "negative", own), top),
        praises=_common(_opinions(part, "positive", own), top),
        company=company,
        n_requests=n_requests,
        n_negative=counts.get("negative", 0),
        n_positive=counts.get("positive", 0),
        named_by_opinion=_named_by_opinion(part),
        name_is_praise=_name_is_praise(part),
    )


def _named_by_opinion(part: pl.DataFrame) -> bool:
    """Whether the commonest term of the group is hardly ever an aspect."""
    top = _common(part["term"].drop_nulls().to_list(), 1)[0][0]
    own = part.filter(pl.col("term") == top)
    return own.filter(pl.col("aspect_term") == top).height < min(5, max(2, 0.1 * own.height))


def _name_is_praise(part: pl.DataFrame) -> bool:
    top = _common(part["term"].drop_nulls().to_list(), 1)[0][0]
    said = part.filter(pl.col("opinion_term") == top)["polarity"]
    source = said if len(said) else part["polarity"]
    return int((source == "positive").sum()) > int((source == "negative").sum())


def _names(part: pl.DataFrame) -> list[str]:
    """What the thing is called: the aspect as written where it carries the term, else the term."""
    names = []
    chosen = part.select("language", "aspect", "aspect_term", "opinion", "opinion_term", "term")
    for language, aspect, aspect_term, opinion, opinion_term, term in chosen.iter_rows():
        if aspect and aspect_term == term:
            names.append(" ".join(aspect.lower().split()))
        elif language == "en" and opinion and opinion_term == term:
            names.append(_plain_english(opinion))
        else:
            names.append(term)
    return [name for name in names if name]


def _opinions(part: pl.DataFrame, polarity: str, own: frozenset[str]) -> list[str]:
    language = part["language"][0]
    rows = part.filter((pl.col("polarity") == polarity) & pl.col("opinion_term").is_not_null())
    return [
        term if language == "zh" else _plain_english(opinion)
        for term, opinion in rows.select("opinion_term", "opinion").iter_rows()
        if term in own and not judges_only(term, language)
    ]


def _plain_english(opinion: str) -> str:
    """An English opinion without intensifiers at its head."""
    words = opinion.lower().split()
    while len(words) > 1 and words[0] in word_set("en_stop") and words[0] not in EN_KEPT:
        words.pop(0)
    return " ".join(words)


def _common(words: Sequence[str], top: int) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0]))[:top])


def _company(parts: dict[str, pl.DataFrame], sentences: Sentences) -> dict[str, tuple[str, ...]]:
    """Words of each group's unhappy sentences that are much rarer in the other groups' (tf–idf)."""
    counted = {group: _unhappy_words(part, sentences) for group, part in parts.items()}
    spread: Counter[str] = Counter()
    for words in counted.values():
        spread.update({word for word, n in words.items() if n >= 2})
    result = {}
    for group, words in counted.items():
        own = set(parts[group]["term"].drop_nulls().unique().to_list())
        scored = {
            word: n / (1 + spread[word])
            for word, n in words.items()
            if n >= 2 and not any(word in name or name in word for name in own)
        }
        best = sorted(scored, key=lambda word: (-scored[word], word))[:COMPANY_WORDS]
        result[group] = tuple(best)
    return result


def _unhappy_words(part: pl.DataFrame, sentences: Sentences) -> Counter[str]:
    language = _common(part["language"].to_list(), 1)[0][0]
    own = part.filter((pl.col("language") == language) & (pl.col("polarity") != "positive"))
    unhappy = sentences.added_to(own.head(COMPANY_SENTENCES))
    words: Counter[str] = Counter()
    for sentence, language in unhappy.select("sentence", "language").iter_rows():
        words.update({token.word for token in naming_tokens(sentence, language)})
    return words
