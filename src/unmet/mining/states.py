"""Which side a state is on by itself, and what a negation makes of it.

漏水, 粘 or "overheat" are bad whatever they are said of, so "不粘底" and "never overheats" are good.
A tagger that learned from "不好" and "not good" reads a negation as a complaint; the words decide better.
Words such as 大 or "small" are on no side here: the corpus says what they mean of each thing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

_ZH_NOT = re.compile(
    r"(?:(?:一点|一丝|完全|从来|从|根本|丝毫)?(?:儿)?(?:都|也|还)?"
    r"(?:不会|不太|不怎么|不是很|不容易|不易|没有任何|没有什么|没什么|没啥|没有|没|无|未|不))"
)
_ZH_NO_CLAIM = re.compile(
    r"是不是|有没有|会不会|能不能|不能不|说是|号称|宣传|以为|希望|要是|如果|不知|不止|不仅|不得不|不断|不错过|不光"
)
"""What makes a negation no statement of fact: questions, promises, wishes, "not only"."""
_EN_NOT = re.compile(r"^(?:not|no|never|without|nothing|nor)$|n't$|^cannot$")
_EN_BETWEEN = frozenset(
    "a an any at all be been been being even ever feel get gets getting go going have had is it look looks"
    " so that the too to very"
    " really yet single one too overly seem".split()
)
_EN_NO_CLAIM = frozenset("only could would should wish if as enough".split())
_LONGEST_TAIL = 2
"""Characters that may follow a stem: 粘底, 粘锅底."""


@lru_cache(maxsize=8)
def read_lists(package: str, name: str) -> dict[str, tuple[str, ...]]:
    """Word lists of a text file of a package: ``[list]`` lines, then words; ``#`` begins a comment."""
    lists: dict[str, list[str]] = {}
    title = ""
    for line in files(package).joinpath(name).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            title = line.strip("[]")
            lists[title] = []
        elif line and not line.startswith("#"):
            lists[title] += line.split()
    return {key: tuple(words) for key, words in lists.items()}


@lru_cache(maxsize=1)
def _lists() -> dict[str, frozenset[str]]:
    return {key: frozenset(words) for key, words in read_lists("unmet.mining", "states.txt").items()}


def state_words(name: str) -> frozenset[str]:
    """One list of ``states.txt``."""
    return _lists()[name]


def side_of_word(word: str, language: str) -> int:
    """−1 for a state that is bad by itself, 1 for a good one, 0 where the thing decides.

    >>> side_of_word("粘底", "zh"), side_of_word("大", "zh"), side_of_word("sturdy", "en")
    (-1, 0, 1)
    """
    lists = _lists()
    if word in lists[f"{language} bad"]:
        return -1
    if word in lists[f"{language} good"]:
        return 1
    if language == "en":
        root = root_of(word)
        return side_of_word(root, "en") if root != word else 0
    if 1 <= len(word) <= 1 + _LONGEST_TAIL and not word.startswith(_barred()):
        return -1 if word[:1] in lists["zh bad stems"] else 0
    return 0


@lru_cache(maxsize=50_000)
def root_of(word: str) -> str:
    """The listed form of an English state or way of failing: overheating → overheat, leaks → leak."""
    lists = _lists()
    listed = lists["en bad"] | lists["en good"]
    for ending in ("ing", "ed", "es", "s") if word not in listed else ():
        base = word.removesuffix(ending)
        for form in (base, base + "e"):
            if base != word and len(base) > 2 and form in listed:
                return form
    return word


@lru_cache(maxsize=1)
def _barred() -> tuple[str, ...]:
    return tuple(sorted(_lists()["zh not from stems"]))


@lru_cache(maxsize=200_000)
def side_of_phrase(phrase: str, language: str) -> int:
    """The side of a phrase that its words settle, 0 where they do not.

    A negated bad state is good, a negated good state bad; a state without negation keeps its side.

    >>> side_of_phrase("内胆不粘底", "zh"), side_of_phrase("一点不漏", "zh"), side_of_phrase("不专业", "zh")
    (1, 1, -1)
    >>> side_of_phrase("does not overheat", "en"), side_of_phrase("is that not", "en")
    (1, 0)
    """
    return _zh_side(phrase) if language == "zh" else _en_side(phrase)


def negated(phrase: str, language: str) -> bool:
    """Whether the words of a phrase settle its side through a negation."""
    if language == "zh":
        return _zh_negated(phrase) is not None
    return _en_negated(phrase.lower().split()) is not None


def _zh_side(phrase: str) -> int:
    core = _zh_negated(phrase)
    if core is not None:
        return -side_of_word(core, "zh")
    return 0 if _ZH_NOT.search(phrase) else side_of_word(phrase, "zh")


def _zh_negated(phrase: str) -> str | None:
    """The state that the phrase negates; ``None`` if it negates none that has a side."""
    if _ZH_NO_CLAIM.search(phrase):
        return None
    found = list(_ZH_NOT.finditer(phrase))
    if len(found) != 1:
        return None
    core = phrase[found[0].end() :].removesuffix("了").removesuffix("的")
    # 没 before one character is as often a verb of its own (没卡, 没坏水).
    weak = found[0].group().endswith(("没", "无", "未")) and len(core) < 2
    return core if not weak and side_of_word(core, "zh") else None


def _en_side(phrase: str) -> int:
    words = phrase.lower().split()
    core = _en_negated(words)
    if core is not None:
        return -side_of_word(core, "en")
    if any(_EN_NOT.search(word) for word in words):
        return 0
    return side_of_word(words[-1], "en") if words else 0


def _en_negated(words: list[str]) -> str | None:
    """The first state within three words after the only negation of the phrase."""
    places = [index for index, word in enumerate(words) if _EN_NOT.search(word)]
    if len(places) != 1 or _EN_NO_CLAIM.intersection(words):
        return None
    for word in words[places[0] + 1 : places[0] + 4]:
        plain = word.strip(",.!\"'")
        if side_of_word(plain, "en"):
            # "not too soft" may be praise.
            return None if "too" in words and side_of_word(plain, "en") > 0 else plain
        if plain not in _EN_BETWEEN:
            return None
    return None
