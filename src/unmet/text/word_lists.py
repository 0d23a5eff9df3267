"""The hand-written word lists that ship with the text stage."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def _lists() -> dict[str, tuple[str, ...]]:
    content = files("unmet.text").joinpath("word_lists.txt").read_text(encoding="utf-8")
    lists: dict[str, list[str]] = {}
    name = ""
    for line in content.splitlines():
        if line.startswith("["):
            name = line[1:-1]
            lists[name] = []
        elif line and not line.startswith("#"):
            lists[name] += line.split()
    return {name: tuple(words) for name, words in lists.items()}


def word_list(name: str) -> tuple[str, ...]:
    """Words of one list, in the order of the file.

    >>> word_list("tag c")[:3]
    ('and', 'or', 'but')

    Raises:
        KeyError: there is no list of that name.
    """
    return _lists()[name]


@lru_cache(maxsize=32)
def word_set(name: str) -> frozenset[str]:
    """The words of one list as a set."""
    return frozenset(_lists()[name])


@lru_cache(maxsize=1)
def english_words() -> frozenset[str]:
    """Some six thousand common English words of customer reviews (lower case)."""
    content = files("unmet.text").joinpath("english_words.txt").read_text(encoding="utf-8")
    return frozenset(content.split())
