"""Phrases of a group → clauses: the wish of each phrase, how often it is meant, and of which part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log2

from unmet.needs import phrases_zh, wording_en, wording_zh
from unmet.needs.group_words import GroupWords
from unmet.needs.said import Said

ONE_SIDED = 0.75
"""Share of a phrase's settled mentions that must lie on its side."""
CLOSED = 0.35
"""Share of a phrase's mentions after which the clause must end."""
UNMET_WEIGHT = 2.0
"""Weight of a complaint or request beside a praise in a need that is mostly unmet."""
MIN_LIFT = 2.0
"""How much commoner a phrase must be in its group than over all groups."""
SMALL_GROUP, NOISE_SHARE, MOST_FLOOR = 30, 0.015, 4
"""In a large group a phrase said twice is noise: mentions that make a group large, the share of them that a
wish must have, and the number that is always enough."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A wish with its weight, the part it speaks of and where it comes from.

    ``kind`` is how the language joins it (see ``wording_en.Wish``); ``source`` is complaint, praise or
    request.
    """

    text: str
    kind: str
    subject: str | None
    weight: float
    mentions: int
    source: str
    phrase: str


def clauses_of(words: GroupWords, phrases: Sequence[Said]) -> list[Clause]:
    """Every phrase that can be worded as a wish, equal wishes joined, the weightiest first."""
    unmet = words.n_negative + words.n_requests
    weigh = UNMET_WEIGHT if unmet >= words.n_positive else 1.0
    size = words.n_negative + words.n_positive
    floor = 2 if size < SMALL_GROUP else min(MOST_FLOOR, max(3, round(NOISE_SHARE * size)))
    liked = frozenset(
        _norm(said, words.language) for said in words.said if said.praises >= max(2, 3 * said.complaints)
    )
    found: dict[str, Clause] = {}
    for said in phrases:
        clause = _clause(_without_name(said, words), words.language, liked, weigh)
        if clause is None:
            continue
        before = found.get(clause.text)
        if before is not None:
            stronger = before if before.weight >= clause.weight else clause
            clause = replace(
                stronger, weight=before.weight + clause.weight, mentions=before.mentions + clause.mentions
            )
        found[clause.text] = clause
    enough = [clause for clause in found.values() if clause.mentions >= floor]
    return sorted(enough, key=lambda clause: (-clause.weight, clause.text))


def _without_name(said: Said, words: GroupWords) -> Said:
    """A Chinese phrase without the name it begins with: 内胆难洗 is 难洗 said of 内胆."""
    if words.language != "zh":
        return said
    for name, _ in sorted(words.names, key=lambda pair: -len(pair[0])):
        rest = said.phrase.removeprefix(name) if phrases_zh.names_thing(name) else said.phrase
        if rest != said.phrase and rest and len(name) > 1 and phrases_zh.says_something(rest):
            return replace(said, phrase=rest, subject=name)
    return said


def _norm(said: Said, language: str) -> str:
    if language == "zh":
        return wording_zh.praise_wish(said.phrase) or said.phrase
    wish = wording_en.praise_wish(said.phrase)
    return wish.text if wish else said.phrase


def _clause(said: Said, language: str, liked: frozenset[str], weigh: float) -> Clause | None:
    side = _side(said)
    if side is None or said.closed < CLOSED or said.lift < MIN_LIFT:
        return None
    text, kind = _wish(said.phrase, side, language, liked)
    if text is None:
        return None
    said_weight = weigh * (said.complaints + said.requests) + said.praises
    weight = said_weight * min(1.0, log2(said.lift) / 2)
    mentions, subject = said.complaints + said.praises + said.requests, said.subject
    if language == "zh":
        own, text = phrases_zh.split_subject(text)
        subject = own or subject
        if own and phrases_zh.judgement(text):
            return None
    if kind == "nuisance":
        if subject is None or not subject.endswith("s"):
            return None
        text, kind = f"{text} {subject}", "thing"
    return Clause(text, kind, subject, weight, mentions, side, said.phrase)


def _side(said: Said) -> str | None:
    """The side a phrase is on, ``None`` if its own mentions disagree."""
    sides = {"complaint": said.complaints, "praise": said.praises, "request": said.requests}
    side = max(sides, key=lambda name: (sides[name], name))
    total = sum(sides.values()) + said.unsure
    return side if sides[side] and sides[side] >= ONE_SIDED * total else None


def _wish(phrase: str, side: str, language: str, liked: frozenset[str]) -> tuple[str | None, str]:
    if language == "zh":
        text = (
            wording_zh.complaint_wish(phrase, liked)
            if side == "complaint"
            else wording_zh.praise_wish(phrase)
        )
        return text, "state" if text and phrases_zh.known_state(text) else "act"
    wish = wording_en.complaint_wish(phrase, liked) if side == "complaint" else wording_en.praise_wish(phrase)
    return (wish.text, wish.kind) if wish else (None, "")
