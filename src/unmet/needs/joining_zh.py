"""Chinese clauses → a statement: each part once, followed by what is wished of it."""

from __future__ import annotations

from collections.abc import Sequence

from unmet.needs import phrases_zh
from unmet.needs.clauses import Clause
from unmet.needs.group_words import GroupWords

_GLUE = frozenset("不没有会太能得人好来")


def join_zh(clauses: Sequence[Clause], words: GroupWords) -> str:
    """The statement: parts with their wishes first, then what stands alone."""
    main = None if words.named_by_opinion else name_zh(words)
    if main and words.titled and any(set(main) & (set(clause.text) - _GLUE) for clause in clauses):
        main = None
    if main and clauses[0].subject is None and _shares_word(main, clauses[0].text):
        main = None
    parts: dict[str, list[str]] = {}
    for clause in clauses:
        parts.setdefault(_subject(clause, main), []).append(clause.text)
    bare = parts.pop("", [])
    said = []
    for subject, texts in parts.items():
        # A single character reads well only right after what it is said of.
        said.append(subject + "、".join(sorted(texts, key=lambda text: (len(text) > 1, text[0] in "不没"))))
    if len(clauses) == 1 and bare and phrases_zh.known_state(bare[0]):
        return f"足够{bare[0]}"
    return "，".join([*said, *(["、".join(bare)] if bare else [])])


def _subject(clause: Clause, main: str | None) -> str:
    """What the wish is said of; empty where it stands better alone."""
    own = clause.subject if clause.subject and phrases_zh.names_thing(clause.subject) else None
    subject = own or main
    if clause.text.startswith("有人"):
        subject = own
    alone = subject is None or clause.text.startswith("没有") or _shares_word(subject, clause.text)
    return "" if alone or phrases_zh.bad(f"{subject}{clause.text}") else str(subject)


def _shares_word(subject: str, text: str) -> bool:
    """Whether the subject says again what the wish says: 静音效果 + 安静, 价格保护 + 能价保."""
    told = set(text) - _GLUE
    pairs = {subject[i : i + 2] for i in range(len(subject) - 1)}
    return (
        text[0] in subject
        or any(pair in text for pair in pairs)
        or told <= set(subject)
        or (len(text) == 2 and bool(told & set(subject)))
    )


def name_zh(words: GroupWords) -> str | None:
    """The most common name that is a thing."""
    names = words.names[:1] if words.titled else words.names
    things = [(name, count) for name, count in names if phrases_zh.names_thing(name)]
    nouns = [name for name, count in things if count >= 0.5 * things[0][1] and phrases_zh.noun(name)]
    return nouns[0] if nouns else things[0][0] if things else None
