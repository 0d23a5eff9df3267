"""What an English phrase is: a judgement, a state, a thing, a whole phrase or a piece of a story."""

from __future__ import annotations

import re
from functools import lru_cache

from unmet.mining.concepts import concepts
from unmet.mining.lexicon import en_term, judges_only
from unmet.mining.states import read_lists, side_of_word
from unmet.text.word_lists import word_set
from unmet.text.words import stem_english, tag_words

LONGEST = 5
"""Words of a wish."""
_PLAIN = re.compile(r"[a-z][a-z' -]*")
UNSPOKEN = frozenset(
    "i you he she we me my your his her their us our mine yours someone anyone everyone".split()
)
_STRANGE = frozenset(
    "would could should might may if when where what why how which because unless until although wish hope had have"
    " one two three four five six seven eight nine ten hundred".split()
)


@lru_cache(maxsize=1)
def lists() -> dict[str, frozenset[str]]:
    """The lists of ``wording_en.txt`` by name."""
    return {name: frozenset(words) for name, words in read_lists("unmet.needs", "wording_en.txt").items()}


@lru_cache(maxsize=1)
def opposites() -> dict[str, str]:
    """Bad state → the good one customers name when they have it."""
    return dict(pair.split(":") for pair in sorted(lists()["opposites"]))


@lru_cache(maxsize=100_000)
def normal(opinion: str) -> str:
    """An opinion in plain lower case, without hedges around it.

    >>> normal("It's really very easy to read for me!"), normal("Not too small")
    ('easy to read', 'not too small')
    """
    text = opinion.lower().replace("\u2019", "'")
    text = text.replace("-friendly", " friendly")
    words = [w.strip(' ,.!?;:"()*~') for w in text.split()]
    words = re.sub(
        r" (?:at (?:times|first|all)|any more|(?:all )?the time)$", "", " ".join(w for w in words if w)
    ).split()
    heads, tails = lists()["head"], lists()["tail"]
    while (
        len(words) > 1
        and words[0] in heads
        and not (
            words[0] in ("has", "does", "did", "do", "could", "would", "is", "was") and words[1] == "not"
        )
    ):
        words.pop(0)
    while len(words) > 1 and words[-1] in tails:
        words.pop()
    return " ".join(words)


def judgement(phrase: str) -> bool:
    """Whether a phrase judges without saying what is good or bad.

    >>> judgement("very good"), judgement("not worth it"), judgement("easy to read")
    (True, True, False)
    """
    words = [word for word in phrase.split() if word not in ("not", "too", "no", "very")]
    judging = lists()["judging"]
    if any(word in lists()["relative"] and word not in judging for word in words):
        return False
    return judges_only(en_term(phrase), "en") or all(w in judging or w in lists()["tail"] for w in words)


def speakable(phrase: str) -> bool:
    """Whether a phrase is short plain words about the thing, not about the writer."""
    words = phrase.split()
    return bool(
        words
        and len(words) <= LONGEST + 2
        and _PLAIN.fullmatch(phrase)
        and not UNSPOKEN & set(words)
        and not _STRANGE & set(words) - {"have", "had", "would", "could"}
    )


def states(phrase: str) -> bool:
    """Whether a phrase is adjectives only: "bright", "clear and bright", "kid friendly", "not too tight"."""
    words = phrase.split()
    if not words or len(words) > 3 or words[-1] in ("and", "or"):
        return False
    tags = [tag for _, tag, _, _ in tag_words(phrase, "en")]
    if len(tags) != len(words):
        return False
    if words[-1].endswith(("friendly", "proof", "resistant", "free")):
        return len(words) <= 2
    known = [
        tag == "a" or w in lists()["relative"] or (side_of_word(w, "en") != 0 and tag not in ("n", "v"))
        for w, tag in zip(words, tags, strict=True)
    ]
    glue = [word in ("and", "or", "too", "not") for word in words]
    judged = [word in lists()["judging"] for word in words]
    return all(k or g for k, g in zip(known, glue, strict=True)) and not any(judged) and any(known)


def things(phrase: str) -> bool:
    """Whether a phrase ends with a noun."""
    tags = [tag for _, tag, _, _ in tag_words(phrase, "en")]
    return 0 < len(tags) <= 3 and tags[-1] == "n"


def names_thing(name: str) -> bool:
    """Whether a name ends with a noun that is no state: "charging port", not "durable" or "not work".

    >>> names_thing("charging port"), names_thing("kid friendly"), names_thing("ads"), names_thing("navigate")
    (True, False, True, False)
    """
    words = name.split()
    if (
        not words
        or len(words) > 3
        or {"not", "no", "too", "don't", "many"} & set(words)
        or words[-1].endswith("friendly")
    ):
        return False
    last, tag = words[-1], tag_words(name, "en")[-1][1]
    if last in lists()["judging"] or last in lists()["events"] or last in lists()["no things"] or tag == "a":
        return False
    known = en_term(name) in concepts().names["en"] and not states(name)
    if (
        len(words) > 1
        and stem_english(words[0]) != words[0]
        and tag_words(name, "en")[0][1] == "v"
        and not words[0].endswith("ing")
    ):
        return False
    noun = tag == "n" or last.endswith("ing") or last in word_set("nouns that are also verbs")
    return known or (noun and last not in lists()["relative"])


def relative(text: str) -> bool:
    """Whether a wish says something only of a named thing: "not too big"."""
    return set(text.split()) - {"not", "too", "and", "or"} <= lists()["sizes"]


def gerund(name: str) -> str:
    """A verb as the name of what is done; other words as they are.

    >>> gerund("charge"), gerund("navigate"), gerund("run"), gerund("screen")
    ('charging', 'navigating', 'running', 'screen')
    """
    words = name.split()
    lemma = stem_english(words[0]) if len(words) == 1 else ""
    if not lemma or lemma not in word_set("verbs") | lists()["no things"]:
        return name
    if lemma.endswith("e") and not lemma.endswith(("ee", "oe")):
        return lemma[:-1] + "ing"
    doubled = re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", lemma)
    return f"{lemma}{lemma[-1] if doubled else ''}ing"


def event(name: str) -> str | None:
    """The verb of a name that is a way of failing: "shrunk" → "shrink"."""
    return (
        stem_english(name) if name in lists()["events"] or stem_english(name) in lists()["events"] else None
    )


def contrary(first: str, second: str) -> bool:
    """Whether two wishes turn down both ends of a scale: "not too small", "not too big"."""
    ends = {tuple(pair.split(":")) for pair in lists()["ends"]}
    pair = (first.removeprefix("not too "), second.removeprefix("not too "))
    return pair in ends


def doing(name: str) -> str | None:
    """The verb of a name that is what is done.

    >>> doing("navigating"), doing("charge"), doing("screen")
    ('navigate', 'charge', None)
    """
    lemma = stem_english(name)
    if " " in name or lemma not in lists()["done"]:
        return None
    return lemma


def bad(name: str) -> bool:
    """Whether a name is bad itself, so that nothing is wished of it: "noise" is not to be "quiet"."""
    return side_of_word(name.rsplit(maxsplit=1)[-1], "en") < 0


def hanging(phrase: str) -> bool:
    """Whether a phrase is cut off or says only that something was: "to return", "a", "did not"."""
    words = phrase.split()
    return (
        words[0] == "to"
        or words[-1] in lists()["head"] | {"not", "no"}
        or words[-1].endswith("n't")
        or len(phrase) < 3
        or bool(lists()["tales"] & set(words))
    )


def third_person(lemma: str) -> str:
    """The third person of a verb.

    >>> third_person("charge"), third_person("wash"), third_person("dry"), third_person("have")
    ('charges', 'washes', 'dries', 'has')
    """
    if lemma in ("have", "be"):
        return {"have": "has", "be": "is"}[lemma]
    if re.search(r"(?:s|x|z|ch|sh|o)$", lemma):
        return lemma + "es"
    return lemma[:-1] + "ies" if re.search(r"[^aeiou]y$", lemma) else lemma + "s"


def adverb(word: str) -> bool:
    """Whether a word can be no verb."""
    return tag_words(word, "en")[0][1] in ("d", "a", "p", "c", "u", "r", "m") or word.endswith("ly")
