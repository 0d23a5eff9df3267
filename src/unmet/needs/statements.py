"""The sentence on a card: what customers want, in words taken from what they wrote.

Praise is kept as it is said, a complaint is turned into the wish it implies, a request stands as wished. The
phrases of a group that tell most are joined with the part they speak of. A statement names no solution and
every word of it but the frame comes from the group's own mentions, so it can be checked against its quotes.
Where no phrase can be worded for sure, the statement says plainly what customers speak of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from unmet.needs import phrases_en, phrases_zh
from unmet.needs.choosing import chosen_clauses
from unmet.needs.clauses import Clause, clauses_of
from unmet.needs.group_words import GroupWords
from unmet.needs.joining_en import join_en, name_en, stem_shared
from unmet.needs.joining_zh import join_zh, name_zh
from unmet.needs.said import Said

LONGEST = {"zh": 24, "en": 84}
"""Characters of a statement."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A statement and the clauses it is made of; none where only the plain frame is left."""

    text: str
    clauses: tuple[Clause, ...]

    @property
    def support(self) -> int:
        """Mentions behind the phrases that are used."""
        return sum(clause.mentions for clause in self.clauses)


def write_statement(words: GroupWords) -> str:
    """The group's statement in the language of its words."""
    return word_need(words).text


def word_need(words: GroupWords) -> Wording:
    """The group's statement with its parts."""
    candidates = clauses_of(words, words.said)
    known = {clause.text for clause in candidates}
    candidates += [c for c in clauses_of(words, _phrases(words.stories)) if c.text not in known]
    candidates.sort(key=lambda clause: (-clause.weight, clause.text))
    candidates = candidates or clauses_of(words, words.stories)
    if words.language == "en":
        candidates = [_as_act(clause, words) for clause in candidates]
    clauses = chosen_clauses(_similes(candidates, words), words)
    join = join_zh if words.language == "zh" else join_en
    if words.language == "en" and len(clauses) == 1 and _bare_en(clauses[0], words):
        clauses = []
    while clauses:
        text = join(clauses, words)
        if len(text) <= LONGEST[words.language]:
            return Wording(text, tuple(clauses))
        clauses = clauses[:-1]
    return Wording(_plain_frame(words), ())


def _bare_en(clause: Clause, words: GroupWords) -> bool:
    """ "Fast" alone is no need: a state needs its thing, or a group that is called by such states."""
    alone = clause.kind == "state" and clause.subject is None and not words.named_by_opinion
    title = words.names[0][0] if words.titled and words.names else ""
    return (
        alone
        and name_en(words) is None
        and not stem_shared(title, clause.text)
        and not phrases_en.relative(clause.text)
    )


def _phrases(stories: Sequence[Said]) -> list[Said]:
    """Stories of more than a word; a single bad word tells only where nothing else does."""
    return [
        said
        for said in stories
        if " " in said.phrase
        or (not said.phrase.isascii() and len(said.phrase) > 2 and not phrases_zh.known_state(said.phrase))
    ]


def _as_act(clause: Clause, words: GroupWords) -> Clause:
    """What is said of something done is worded as doing it: "charges fast"."""
    name = clause.subject or name_en(words) or (words.names[0][0] if words.names else None)
    verb = phrases_en.doing(name) if name else None
    if verb is None:
        return clause
    if clause.kind == "state" and clause.text in ("fast", "easy"):
        text = f"{phrases_en.third_person(verb)} fast" if clause.text == "fast" else f"easy to {verb}"
        return replace(clause, text=text, kind="act", subject=None)
    if clause.text.startswith("does not ") and len(clause.text.split()) == 3 and not words.titled:
        return replace(clause, text=f"{clause.text} while {phrases_en.gerund(verb)}", subject=None)
    return clause


def _similes(clauses: list[Clause], words: GroupWords) -> list[Clause]:
    """Where the name itself is the complaint ("like a tent"), that is the need."""
    likened = [c for c in clauses if any(f"like a {name}" in c.text for name, _ in words.names)]
    return likened[:1] or clauses


def _plain_frame(words: GroupWords) -> str:
    """What customers speak of, where their phrases do not say what they want of it."""
    unhappy = words.n_negative + words.n_requests > words.n_positive
    said = words.names[0][0] if words.names else ""
    if words.language == "zh":
        name = name_zh(words)
        if name is None:
            return f"减少“{said}”这类抱怨" if unhappy else f"保持“{said}”这类好评"
        return f"减少对{name}的抱怨" if unhappy else f"保持对{name}的好评"
    name = name_en(words)
    event = phrases_en.event(name or said)
    if event and unhappy:
        return f"Does not {event}"
    if name is None:
        return f"Fewer complaints like “{said}”" if unhappy else f"Keep customers saying “{said}”"
    return f"Fewer complaints about {name}" if unhappy else f"Keep customers happy with {name}"
