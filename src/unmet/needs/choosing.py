"""Which clauses stand in a statement: the weightiest ones that say different things."""

from __future__ import annotations

from collections.abc import Sequence

from unmet.needs import phrases_en, phrases_zh
from unmet.needs.clauses import Clause
from unmet.needs.group_words import GroupWords
from unmet.needs.joining_en import name_en, stem_shared
from unmet.needs.joining_zh import name_zh
from unmet.text.words import stem_english

MOST_CLAUSES = 3
RARE = 0.05
"""Weight below which a clause is left out, as a share of the strongest one's."""
_GLUE = frozenset("不没有会太能得人好来")
ZH_GLUE = {ord(character): None for character in _GLUE}
"""Characters that many wishes share without saying the same."""
_GLUE_EN = frozenset("not too does to no is the and easy friendly a in for all always".split())


def chosen_clauses(clauses: Sequence[Clause], words: GroupWords) -> list[Clause]:
    """The weightiest clauses that say different things; something unmet among them if the need is unmet."""
    kept: list[Clause] = []
    main = None
    if not words.named_by_opinion:
        main = name_en(words) if words.language == "en" else name_zh(words)
    for clause in clauses:
        said_again = main is not None and (
            stem_shared(main, clause.text) if words.language == "en" else main in clause.text
        )
        if kept and said_again:
            continue
        if len(kept) == MOST_CLAUSES:
            break
        if kept and clause.weight < RARE * kept[0].weight:
            continue
        if (
            _own_name(clause, words)
            or _unsaid(clause, words)
            or any(_repeats(clause, other, words.language) for other in kept)
        ):
            continue
        kept.append(clause)
    return kept


def _own_name(clause: Clause, words: GroupWords) -> bool:
    """ "有售后" of 售后 says nothing."""
    return words.language == "zh" and clause.text[0] == "有" and clause.text[1:] in dict(words.names)


def _unsaid(clause: Clause, words: GroupWords) -> bool:
    """A size or an amount says nothing unless its own mentions name the thing that has it."""
    if words.language == "zh":
        lone = len(clause.text) == 1 and words.named_by_opinion
        return clause.subject is None and (lone or phrases_zh.relative(clause.text))
    own = words.titled and bool(set(clause.text.split()) & dict(words.names).keys())
    named = own or (clause.subject is not None and phrases_en.names_thing(clause.subject))
    # "easy" says what of only with what is done; that was worded before.
    return clause.text == "easy" or (phrases_en.relative(clause.text) and not named)


def _repeats(clause: Clause, other: Clause, language: str) -> bool:
    """Whether two wishes share a word, so that the second says little."""
    return _repeats_zh(clause, other) if language == "zh" else _repeats_en(clause, other)


def _repeats_zh(clause: Clause, other: Clause) -> bool:
    text, said = clause.text, other.text
    pairs = ((clause.subject or "", said), (other.subject or "", text))
    named = any(n and (n in wish or (len(wish) == 2 and set(n) & set(wish))) for n, wish in pairs)
    sizes = phrases_zh.relative(text) and phrases_zh.relative(said) and clause.subject == other.subject
    return sizes or named or _alike_zh(text, said) or text[:2] == said[:2] == "有人"


def _repeats_en(clause: Clause, other: Clause) -> bool:
    text, said = clause.text, other.text
    sizes = phrases_en.relative(text) and phrases_en.relative(said)
    if sizes and clause.source == other.source == "praise":
        return clause.subject == other.subject
    mine, theirs = _stems(text), _stems(said) | _stems(other.subject or "")
    easy = text.startswith("easy to ") and said.startswith("easy to ")
    return (bool(mine & theirs) and not easy) or text == said or _antonyms(text, said)


def _stems(text: str) -> set[str]:
    return {stem_english(word) for word in text.split() if word not in _GLUE_EN}


def _alike_zh(text: str, other: str) -> bool:
    """One character in common for short wishes, two in a row for longer ones; 小 and 不大 are one."""
    mine, theirs = (wish.translate(ZH_GLUE) for wish in (text, other))
    if len(mine) <= 2 and len(theirs) <= 2:
        return bool(set(mine) & set(theirs)) or phrases_zh.opposite(mine) == theirs
    if set(mine) <= set(theirs) or set(theirs) <= set(mine):
        return True
    return any(mine[i : i + 2] in theirs for i in range(len(mine) - 1))


def _antonyms(text: str, other: str) -> bool:
    pairs = phrases_en.opposites()
    bare = {text.removeprefix("not ").removeprefix("too "), other.removeprefix("not ").removeprefix("too ")}
    return any(pairs.get(word) in bare for word in bare)
