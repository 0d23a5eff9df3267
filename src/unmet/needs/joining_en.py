"""English clauses → a statement: "Screen is clear and bright, not too small; does not crack"."""

from __future__ import annotations

from collections.abc import Sequence

from unmet.needs import phrases_en
from unmet.needs.clauses import Clause
from unmet.needs.group_words import GroupWords
from unmet.text.words import stem_english


def join_en(clauses: Sequence[Clause], words: GroupWords) -> str:
    """The statement: parts with their states first, then what stands alone."""
    main = None if words.named_by_opinion else name_en(words)
    if main and (phrases_en.bad(main) or any(stem_shared(main, clause.text) for clause in clauses)):
        main = None
    if words.titled and any(phrases_en.relative(clause.text) for clause in clauses):
        main = None  # "bulky" says itself what it is of
    parts: dict[str | None, list[Clause]] = {}
    for clause in clauses:
        subject = clause.subject if clause.subject and phrases_en.names_thing(clause.subject) else main
        if subject and main and stem_english(subject) == stem_english(main):
            subject = main
        if subject and not phrases_en.names_thing(subject):
            subject = phrases_en.gerund(subject)
        if (
            clause.kind != "state"
            or not subject
            or not phrases_en.names_thing(subject)
            or phrases_en.bad(subject)
        ):
            subject = None
        if subject and stem_shared(subject, clause.text):
            subject = None
        parts.setdefault(subject, []).append(clause)
    said = [
        _part_en(subject, own) for subject, own in sorted(parts.items(), key=lambda part: part[0] is None)
    ]
    text = "; ".join(said)
    return text[:1].upper() + text[1:]


def _part_en(subject: str | None, clauses: Sequence[Clause]) -> str:
    states = [clause.text for clause in clauses if clause.kind == "state"]
    acts = _easy_joined([clause.text for clause in clauses if clause.kind != "state"])
    bad = _neither([text for text in states if text.startswith("not ")])
    good = [text for text in states if not text.startswith("not ") and not (text == "easy" and acts)]
    listed = [*([_and(good)] if good else []), *bad]
    if subject is None or not listed:
        easy = [text for text in acts if text.startswith("easy to ")]
        return ", ".join([*easy, *listed, *(text for text in acts if text not in easy)])
    plural = subject.endswith("s") and not subject.endswith("ss")
    return ", ".join([f"{subject} {'are' if plural else 'is'} {', '.join(listed)}", *acts])


def _neither(states: list[str]) -> list[str]:
    """ "not too small", "not too big" → "neither too small nor too big"."""
    for first in states:
        for second in states:
            if phrases_en.contrary(first, second):
                pair = f"neither {first.removeprefix('not ')} nor {second.removeprefix('not ')}"
                return [pair, *(text for text in states if text not in (first, second))]
    return states


def _easy_joined(states: Sequence[str]) -> list[str]:
    """ "easy to navigate", "easy to use" → "easy to navigate and use"."""
    acts = [text.removeprefix("easy to ") for text in states if text.startswith("easy to ")]
    rest = [text for text in states if not text.startswith("easy to ")]
    return [*([f"easy to {_and(acts)}"] if acts else []), *rest]


def stem_shared(subject: str, text: str) -> bool:
    """ "Comfort is comfortable", "Price is worth the price" say nothing with their subject."""
    return any(
        word[:5] == name[:5] or (len(name) >= 3 and word.startswith(name))
        for word in text.split()
        for name in subject.split()
        if len(name) > 2
    )


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def name_en(words: GroupWords) -> str | None:
    """The most common name that is a thing; its plural or a longer one if nearly as common."""
    known = dict(words.names)
    things = []
    for name, count in words.names[:1] if words.titled else words.names:
        doing = phrases_en.gerund(name)
        # "charging" where customers say so themselves: a verb is no name.
        spoken = doing if known.get(doing, 0) >= 0.3 * count else name
        if phrases_en.names_thing(spoken):
            things.append((spoken, count))
    if not things:
        return None
    top, most = things[0]
    better = [
        name
        for name, count in things[1:]
        if count >= 0.6 * most and (top in name.split() or name == top + "s")
    ]
    return better[0] if better else top
