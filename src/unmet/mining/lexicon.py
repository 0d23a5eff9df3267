"""Words that say nothing about *what* is wanted: they judge, intensify or point at the whole product.

They are kept apart from need words, so that "很好" or "great product" never becomes a need. The lists in
``lexicon.json`` hold function and evaluation words only, no product vocabulary.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib.resources import files

_ZH_TRIM = re.compile(r"^[\W_]+|[\W_]+$")
_ZH_WEAK_NOT = re.compile(r"^(?:并不是|不是|并不|不)(?:很|太|特别|非常|那么|怎么(?!样)|是很|够|算)(?=.)")
_ZH_JUDGING = re.compile(
    "很好|不好|不错|满意|失望|喜欢|好评|差评|推荐|后悔|垃圾|不行|挺好|可以|一般|点赞|给力|踏实|放心"
)
_ZH_FILLER = "有一点的了很太就是让人没也都还真挺个这那吧呢啊要得买着用到"
"""Characters that add nothing to a judgement: "没让人失望", "有一点不好"."""
_EN_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_EN_NONE = frozenset({"no", "nothing", "without"})


@lru_cache(maxsize=1)
def _lists() -> dict[str, list[str]]:
    text = files("unmet.mining").joinpath("lexicon.json").read_text(encoding="utf-8")
    loaded: dict[str, list[str]] = json.loads(text)
    return loaded


@lru_cache(maxsize=16)
def word_set(name: str) -> frozenset[str]:
    """One list of ``lexicon.json`` as a set."""
    return frozenset(_lists()[name])


@lru_cache(maxsize=2)
def generic_aspects() -> frozenset[str]:
    """Aspect terms of both languages that name no part or property."""
    return word_set("zh_generic_aspects") | word_set("en_generic_aspects")


@lru_cache(maxsize=2)
def generic_opinions() -> frozenset[str]:
    """Opinion terms of both languages that judge without saying what is good or bad."""
    return word_set("zh_generic_opinions") | word_set("en_generic_opinions")


@lru_cache(maxsize=8)
def _longest_first(name: str) -> tuple[str, ...]:
    return tuple(sorted(_lists()[name], key=lambda word: (-len(word), word)))


def judges_only(term: str, language: str) -> bool:
    """Whether a canonical opinion judges without saying what is good or bad.

    >>> judges_only("definitely recommend", "en"), judges_only("easy to navigate", "en")
    (True, False)
    """
    if term in generic_opinions():
        return True
    if language == "zh":
        rest = _ZH_JUDGING.sub("", term)
        judged = rest != term and not rest.strip(_ZH_FILLER)
        return judged or any(term.startswith(head) for head in word_set("zh_judging_heads"))
    judging = word_set("en_judging_words") | word_set("en_stop")
    return all(word in judging for word in term.split())


def strip_affixes(term: str, heads: str, tails: str) -> str:
    """Strip heads and tails of the named lists repeatedly, never to nothing.

    >>> strip_affixes("非常的好了", "zh_intensifiers", "zh_opinion_tails")
    '好'
    """
    changed = True
    while changed:
        changed = False
        for head in _longest_first(heads):
            if term.startswith(head) and len(term) > len(head):
                term, changed = term[len(head) :], True
                break
        for tail in _longest_first(tails):
            if term.endswith(tail) and len(term) > len(tail):
                term, changed = term[: -len(tail)], True
                break
    return term


def zh_aspect(folded: str) -> str:
    """Canonical form of a Chinese aspect term."""
    return strip_affixes(_ZH_TRIM.sub("", folded).replace(" ", ""), "zh_aspect_heads", "zh_aspect_tails")


def zh_opinion(folded: str) -> str:
    """Canonical form of a Chinese opinion: intensifiers and particles removed, weak negations unified.

    >>> zh_opinion("真的不是很大"), zh_opinion("非常快")
    ('不大', '快')
    """
    bare = strip_affixes(_ZH_TRIM.sub("", folded).replace(" ", ""), "zh_intensifiers", "zh_opinion_tails")
    return _ZH_WEAK_NOT.sub("不", bare)


def en_words(folded: str) -> list[str]:
    """Content words of an English phrase, negations unified, light stems.

    >>> en_words("wasn't very comfortable straps")
    ['not', 'comfortable', 'strap']
    """
    from unmet.text.words import stem_english

    stop, negations = word_set("en_stop"), word_set("en_negations")
    words = []
    for word in _EN_WORD.findall(folded):
        if word in negations:
            words.append("no" if word in _EN_NONE else "not")
        elif word not in stop:
            words.append(stem_english(word.removesuffix("'s")))
    return words


def en_term(folded: str) -> str:
    """Canonical form of an English aspect or opinion."""
    return " ".join(en_words(folded))
