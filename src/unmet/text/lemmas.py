"""Light English lemmas: plural nouns and inflected verbs to the form a card can show.

Suffix rules in the manner of Porter (1980), but each result must be a known word where one is
known, so that the lemma is a word and not a stump.
"""

from __future__ import annotations

import re
from functools import lru_cache

from unmet.text.word_lists import english_words, word_list

_VOWEL = re.compile("[aeiouy]")
_DOUBLED = re.compile(r"([bdgklmnprtvz])\1$")


@lru_cache(maxsize=1)
def _irregular() -> dict[str, str]:
    forms = {word: word for word in word_list("unchanged words")}
    for pair in word_list("irregular forms"):
        word, lemma = pair.split(":")
        forms[word] = lemma
    return forms


@lru_cache(maxsize=65_536)
def stem_english(word: str) -> str:
    """Lower-case lemma of an English word.

    >>> [stem_english(w) for w in ("Batteries", "charging", "stopped", "loved", "sizes", "glass")]
    ['battery', 'charge', 'stop', 'love', 'size', 'glass']
    """
    word = word.lower().replace("\u2019", "'").removesuffix("'s").removesuffix("'")
    if word in _irregular():
        return _irregular()[word]
    if len(word) < 4 or not word.isascii():
        return word
    if word.endswith("ing"):
        return _verb_stem(word, word[:-3])
    if word.endswith("ed"):
        return word[:-3] + "y" if word.endswith("ied") and len(word) > 4 else _verb_stem(word, word[:-2])
    return _singular(word) if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _verb_stem(word: str, stem: str) -> str:
    if len(stem) < 2 or not _VOWEL.search(stem):
        return word
    known = english_words()
    undoubled = stem[:-1] if _DOUBLED.search(stem) else stem
    for candidate in (stem + "e", stem, undoubled) if undoubled == stem else (stem, undoubled, stem + "e"):
        if candidate in known:
            return candidate
    if undoubled != stem:
        return undoubled
    return stem + "e" if stem.endswith(("v", "c", "z", "u", "dg", "rg", "at", "iz", "ur")) else stem


def _singular(word: str) -> str:
    known = english_words()
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 and word[:-1] not in known else word[:-1]
    if word.endswith("es"):
        if word[:-1] in known:
            return word[:-1]
        if word.endswith(("ches", "shes", "xes", "sses", "zes", "oes")):
            return word[:-2]
    return word[:-1]
