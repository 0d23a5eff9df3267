"""The sentence on a card: what customers want, in words taken from what they wrote.

A statement joins the thing (the group's most common name), the state customers praise or wish for, and
the state they complain of. It names no solution. Every word of it but the frame is quoted from the group's
own mentions, so a statement can be checked against its quotes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from unmet.mining.lexicon import en_term, judges_only, word_set
from unmet.needs.group_words import GroupWords

_ZH_PHRASE = re.compile(
    r"[\u4e00-\u9fff]{2,6}|[快慢贵大小高低吵响热冷硬软薄厚轻重亮暗稳脏旧新足全多少久卡烫臭香甜酸苦淡咸油干湿紧松宽窄长短]"
)
_ZH_BROKEN = re.compile(r"^[了的是着被把和与就也要]|[的了是我你他]$|[我你他她]")
_EN_PHRASE = re.compile(r"[a-z][a-z' -]{1,30}")
_ZH_WISHES = (
    ("不是很", "要"), ("不太", "要"), ("不够", "要够"), ("不怎么", "要"), ("不能", "要能"), ("不会", "要会"),
    ("无法", "要能"), ("没有", "要有"), ("没人", "要有人"), ("无人", "要有人"), ("没", "要有"), ("不", "要"),
)  # fmt: skip
"""Complaint head → wish head. Longer heads first."""


Pairs = tuple[tuple[str, int], ...]
Cleaner = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class _Parts:
    subject: str
    wanted: list[str]
    unwanted: list[str]


def write_statement(words: GroupWords) -> str:
    """The group's statement in its own language."""
    return _chinese(words) if words.language == "zh" else _english(words)


def _parts(words: GroupWords) -> _Parts:
    """Subject, wanted and unwanted states; the rarer side is kept short, contradictions fall out."""
    subject = words.names[0][0] if words.names else "?"
    clean = _clean_zh if words.language == "zh" else _clean_en
    # In a large group a phrase said twice is noise.
    floor = min(5, max(2, round(0.015 * (words.n_negative + words.n_positive))))
    up = _counted(words.praises, subject, clean, floor)
    down = _counted(words.complaints, subject, clean, floor)
    # A word used on both sides (大, fast) says what is meant only on its commoner side.
    wanted = [w for w, n in up.items() if n > 2 * down.get(w, 0)]
    unwanted = [w for w, n in down.items() if n > 2 * up.get(w, 0)]
    mostly_unmet = words.n_negative + words.n_requests >= words.n_positive
    first, second = (1, 2) if mostly_unmet else (2, 1)
    return _Parts(subject, _distinct(wanted)[:first], _distinct(unwanted)[:second])


def _counted(pairs: Pairs, subject: str, clean: Cleaner, floor: int) -> dict[str, int]:
    """Cleaned phrases that occur often enough and are not much rarer than the commonest."""
    counts: dict[str, int] = {}
    for phrase, count in pairs:
        cleaned = clean(phrase, subject)
        if cleaned:
            counts[cleaned] = counts.get(cleaned, 0) + count
    floor = max(floor, round(0.1 * max(counts.values(), default=0)))
    kept = [(phrase, count) for phrase, count in counts.items() if count >= floor]
    return dict(sorted(kept, key=lambda pair: (-pair[1], pair[0])))


def _clean_zh(phrase: str, subject: str) -> str | None:
    """The phrase without the subject in it (服务态度好 of 服务态度 → 好), if it still reads as a phrase."""
    for size in range(len(subject), 1, -1):
        if phrase.startswith(subject[:size]) and len(phrase) > size:
            phrase = phrase[size:]
            break
    phrase = phrase.removeprefix("很").removeprefix("太").removeprefix("非常")
    readable = _ZH_PHRASE.fullmatch(phrase) and not _ZH_BROKEN.search(phrase)
    return (
        phrase if readable and phrase not in subject and phrase not in {"好", "差", "不好", "很好"} else None
    )


def _clean_en(phrase: str, subject: str) -> str | None:
    own, stop = set(subject.split()), word_set("en_stop")
    words = [word for word in phrase.split() if word not in own]
    while words and words[-1] in stop:
        words.pop()
    cleaned = " ".join(words)
    # "Durability should be durable" says nothing.
    if any(word[:5] == name[:5] for word in words for name in own if len(name) > 4):
        return None
    telling = 0 < len(words) <= 4 and not judges_only(en_term(cleaned), "en")
    return cleaned if telling and _EN_PHRASE.fullmatch(cleaned) else None


def _distinct(words: list[str]) -> list[str]:
    """Drop words that repeat or contain an earlier one."""
    kept: list[str] = []
    for word in words:
        if not any(word in other or other in word for other in kept):
            kept.append(word)
    return kept


def _chinese(words: GroupWords) -> str:
    parts = _parts(words)
    unmet = words.n_negative + words.n_requests
    if words.named_by_opinion:
        return f"要{parts.subject}" if words.name_is_praise else _zh_without(parts.subject)
    wishes = [f"要{'、'.join(parts.wanted)}"] if parts.wanted else []
    # "不要慢" beside "要快" adds what hurts; "不要不快" would repeat it.
    harms = [_zh_without(w) for w in parts.unwanted if not any(w.endswith(good) for good in parts.wanted)]
    clauses = wishes + [harm for harm in harms if harm not in wishes]
    # "安装要有安装" says too little to stand beside anything else.
    clauses = [c for c in clauses if not c.endswith(parts.subject)] or clauses
    if clauses:
        return parts.subject + "，".join(clauses)
    if unmet > words.n_positive and words.company:
        return f"少遇到“{parts.subject}”的麻烦（常一起提到：{'、'.join(words.company)}）"
    return f"{parts.subject}要好" if words.n_positive >= unmet else f"{parts.subject}要让人放心"


def _zh_without(complaint: str) -> str:
    """The wish that a complaint implies: 不能用 → 要能用, 没人来 → 要有人来, 漏水 → 不要漏水."""
    for head, wish in _ZH_WISHES:
        if complaint.startswith(head) and len(complaint) > len(head):
            return wish + complaint[len(head) :]
    return "不要" + complaint


def _english(words: GroupWords) -> str:
    parts = _parts(words)
    subject = parts.subject[:1].upper() + parts.subject[1:]
    unmet = words.n_negative + words.n_requests
    if words.named_by_opinion:
        return f"{'Customers want' if words.name_is_praise else 'No more'} “{parts.subject}”"
    wishes, harms = " and ".join(parts.wanted), " or ".join(parts.unwanted)
    if (parts.wanted or parts.unwanted) and all(_is_adjective(w) for w in parts.wanted + parts.unwanted):
        if not parts.wanted:
            return f"{subject} should not be {harms}"
        return f"{subject} should be {wishes}" + (f", not {harms}" if parts.unwanted else "")
    if parts.wanted or parts.unwanted:
        sides = [f"customers want {_quoted(parts.wanted)}"] if parts.wanted else []
        sides += [f"no more {_quoted(parts.unwanted)}"] if parts.unwanted else []
        return f"{subject}: {', '.join(sides)}"
    if unmet > words.n_positive and words.company:
        return f"Less trouble with “{parts.subject}” (often named with it: {', '.join(words.company)})"
    return f"{subject} should be good" if words.n_positive >= unmet else f"{subject} should cause no trouble"


def _quoted(words: list[str]) -> str:
    return " / ".join(f"“{word}”" for word in words)


def _is_adjective(phrase: str) -> bool:
    from unmet.text.words import tag_words

    tags = [tag for _, tag, _, _ in tag_words(phrase, "en")]
    return bool(tags) and len(tags) <= 2 and tags[-1].startswith("a")
