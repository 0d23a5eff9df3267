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

from unmet.mining.lexicon import generic_opinions, word_set

EN_KEPT = frozenset({"not", "no", "too", "hard", "never"})
"""Words that stay at the head of an English opinion: without them it would mean something else."""


@dataclass(frozen=True, slots=True)
class GroupWords:
    """Words of one group, most common first, each with its number of mentions."""

    language: str
    aspects: tuple[tuple[str, int], ...]  # surface forms
    complaints: tuple[tuple[str, int], ...]  # canonical negative opinions that tell something
    praises: tuple[tuple[str, int], ...]  # canonical positive opinions that tell something
    n_requests: int
    n_negative: int
    n_positive: int
    named_by_opinion: bool  # the group has no aspect, only a telling opinion such as 漏水


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
            n_negative=part.filter(pl.col("polarity") == "negative").height,
            n_positive=part.filter(pl.col("polarity") == "positive").height,
            named_by_opinion=2 * part.filter(pl.col("aspect_term") == pl.col("term")).height < part.height,
        )
    return collected


def _names(part: pl.DataFrame) -> list[str]:
    """What the thing is called: the aspect as written where it carries the term, else the term."""
    names = []
    for aspect, aspect_term, term in part.select("aspect", "aspect_term", "term").iter_rows():
        names.append(" ".join(aspect.lower().split()) if aspect and aspect_term == term else term)
    return names


def _opinions(part: pl.DataFrame, polarity: str, language: str) -> list[str]:
    generic = generic_opinions()
    rows = part.filter((pl.col("polarity") == polarity) & pl.col("opinion_term").is_not_null())
    return [
        term if language == "zh" else _plain_english(opinion)
        for term, opinion in rows.select("opinion_term", "opinion").iter_rows()
        if term not in generic
    ]


def _common(words: Sequence[str], top: int) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0]))[:top])


def _plain_english(opinion: str) -> str:
    """An English opinion without intensifiers at its head."""
    words = opinion.lower().split()
    while len(words) > 1 and words[0] in word_set("en_stop") and words[0] not in EN_KEPT:
        words.pop(0)
    return " ".join(words)


def write_statement(words: GroupWords) -> str:
    """The group's statement in its own language."""
    return (_chinese if words.language == "zh" else _english)(words)


def _parts(words: GroupWords) -> tuple[str, list[str], list[str]]:
    """Subject, wanted states, unwanted states; the rarer side is kept short, contradictions fall out."""
    subject = words.aspects[0][0] if words.aspects else "?"
    mostly_negative = words.n_negative + words.n_requests >= words.n_positive
    floor = max(2, round(0.04 * max(words.n_negative, words.n_positive)))
    praises = [w for w, n in words.praises if n >= min(floor, words.praises[0][1])]
    complaints = [w for w, n in words.complaints if n >= min(floor, words.complaints[0][1])]
    both = set(praises) & set(complaints)
    # A word used on both sides (大, fast) says what is meant only on its commoner side.
    counts_up, counts_down = dict(words.praises), dict(words.complaints)
    praises = [w for w in praises if w not in both or counts_up[w] > 2 * counts_down[w]]
    complaints = [w for w in complaints if w not in both or counts_down[w] > 2 * counts_up[w]]
    if mostly_negative:
        return subject, _distinct(praises)[:1], _distinct(complaints)[:2]
    return subject, _distinct(praises)[:2], _distinct(complaints)[:1]


def _distinct(words: list[str]) -> list[str]:
    """Drop words that repeat or contain an earlier one."""
    kept: list[str] = []
    for word in words:
        if not any(word in other or other in word for other in kept):
            kept.append(word)
    return kept


def _chinese(words: GroupWords) -> str:
    subject, wanted, unwanted = _parts(words)
    if words.named_by_opinion:
        positive = words.n_positive > words.n_negative + words.n_requests
        return f"要{subject}" if positive else _zh_without(subject)
    wishes = [f"要{'、'.join(wanted)}"] if wanted else []
    # "不要慢" beside "要快" adds what hurts; "不要不快" would repeat it.
    harms = [_zh_without(w) for w in unwanted if not any(w.endswith(good) for good in wanted)]
    clauses = wishes + harms
    return subject + ("，".join(clauses) if clauses else "要好")


def _zh_without(complaint: str) -> str:
    """The wish that a complaint implies: 不能用 → 要能用, 没有说明书 → 要有说明书, 漏水 → 不要漏水."""
    for head, wish in (
        ("不能", "要能"),
        ("不会", "要会"),
        ("没有", "要有"),
        ("不够", "要够"),
        ("没", "要有"),
        ("无法", "要能"),
    ):
        if complaint.startswith(head) and len(complaint) > len(head):
            return wish + complaint[len(head) :]
    if complaint.startswith("不") and len(complaint) > 1:
        return "要" + complaint[1:]
    return "不要" + complaint


def _english(words: GroupWords) -> str:
    subject, wanted, unwanted = _parts(words)
    subject = subject[:1].upper() + subject[1:]
    if words.named_by_opinion:
        positive = words.n_positive > words.n_negative + words.n_requests
        return f"Customers want it “{subject.lower()}”" if positive else f"No more “{subject.lower()}”"
    wishes = " and ".join(wanted)
    harms = " or ".join(unwanted)
    if all(_is_adjective(w) for w in wanted + unwanted):
        if wanted and unwanted:
            return f"{subject} should be {wishes}, not {harms}"
        if wanted or unwanted:
            return f"{subject} should be {wishes}" if wanted else f"{subject} should not be {harms}"
        return f"{subject} should be good"
    quoted_wishes, quoted_harms = (" / ".join(f"“{w}”" for w in side) for side in (wanted, unwanted))
    sides = [f"customers want {quoted_wishes}"] if wanted else []
    sides += [f"no more {quoted_harms}"] if unwanted else []
    return f"{subject}: {', '.join(sides)}"


def _is_adjective(phrase: str) -> bool:
    from unmet.text.words import tag_words

    tags = [tag for _, tag, _, _ in tag_words(phrase)]
    return bool(tags) and len(tags) <= 2 and tags[-1].lower().startswith(("adj", "jj", "a"))
