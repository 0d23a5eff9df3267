"""A light English tagger: closed-class lists, a small lexicon, suffixes and neighbours.

No tagger without a downloaded model exists among the dependencies. Aspects and opinions need little
more than "noun, adjective, verb, or glue", which lists and suffixes give for review English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from unmet.text.word_lists import word_list, word_set

_SUFFIXES = (
    (
        re.compile(r".{3,}(?:ness|ment|tion|sion|ity|ance|ence|ship|ism|ist|age|ture|ware|dom|ery|ology)s?$"),
        "n",
    ),
    (
        re.compile(
            r".{3,}(?:ful|less|ous|able|ible|ive|ish|ical|ic|esque|ier|iest|proof|friendly|worthy|like)$"
        ),
        "a",
    ),
    (re.compile(r".{3,}ly$"), "d"),
    (re.compile(r".{3,}(?:ize|ise|ify|ized|ised|ified|izing|ising|ifying|en)$"), "v"),
    (re.compile(r".{2,}ing$"), "v"),
    (re.compile(r".{2,}ed$"), "v"),
)
_DETERMINERS = frozenset(
    "the a an this that these those my your his her its our their some any each every no another".split()
)
_SUBJECTS = frozenset("i you he she it we they who".split())
_MODALS = frozenset(
    (
        "to can could will would shall should may might must do does did don't doesn't didn't can't couldn't won't"
        " wouldn't shouldn't not never"
    ).split()
)


@lru_cache(maxsize=1)
def _lexicon() -> dict[str, str]:
    lexicon = dict.fromkeys(word_list("verbs"), "v")
    lexicon.update(dict.fromkeys(word_list("adjectives"), "a"))
    for tag in ("m", "d", "c", "p", "r", "u"):
        lexicon.update(dict.fromkeys(word_list(f"tag {tag}"), tag))
    return lexicon


def tag_english(tokens: Sequence[str]) -> list[str]:
    """Part of speech of each token (n v a d r p c m u x); see :func:`unmet.text.words.tag_words`.

    >>> tag_english(["It", "fits", "well", ",", "nice", "fit"])
    ['r', 'v', 'd', 'x', 'a', 'n']
    """
    words = [token.lower().replace("\u2019", "'") for token in tokens]
    tags = [_alone(word) for word in words]
    for index, word in enumerate(words):
        before = words[index - 1] if index else ""
        tags[index] = _in_context(word, tags[index], before, tags, index)
    return tags


def _alone(word: str) -> str:
    lexicon = _lexicon()
    tag = lexicon.get(word)
    if tag:
        return tag
    if not word[0].isalnum():
        return "x"
    if word[0].isdigit():
        return "m"
    for ending in ("s", "es", "ed", "d", "ing"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2 and lexicon.get(stem) == "v":
            return "v"
    for pattern, suffix_tag in _SUFFIXES:
        if pattern.match(word):
            return suffix_tag
    if "-" in word and word.rsplit("-", 1)[1] in lexicon:
        return "a"
    return "n"


def _in_context(word: str, tag: str, before: str, tags: list[str], index: int) -> str:
    tag_before = tags[index - 1] if index else "x"
    tag_after = tags[index + 1] if index + 1 < len(tags) else "x"
    if tag == "v":
        if before in _SUBJECTS or before in _MODALS:
            return "v"
        if before in _DETERMINERS or tag_before in ("a", "m"):
            return "a" if tag_after == "n" and word.endswith(("ed", "ing")) else "n"
        if _links(before) and word.endswith("ed"):
            return "a"
        if _noun_too(word) and (tag_before in ("n", "p") or (tag_before == "x" and tag_after in ("u", "v"))):
            return "n"
    elif (
        tag == "a"
        and before in _DETERMINERS
        and tag_after in ("u", "v", "x")
        and word not in ("best", "worst")
    ):
        return "a" if word in _lexicon() and before not in ("the", "my", "this") else "n"
    elif word == "like" and (before in _SUBJECTS or before in _MODALS or tag_before == "d"):
        return "v"
    elif word in ("pretty", "well", "right") and _links(before) and tag_after in ("n", "x"):
        return "a"
    return tag


def _noun_too(word: str) -> bool:
    listed = word_set("nouns that are also verbs")
    return word in listed or word.removesuffix("s") in listed


def _links(word: str) -> bool:
    return word in word_set("linking verbs")
