"""English phrases → what customers wish for: "won't charge" → "always charges", "too small" → "not too small".

The grammar knows negations, opposites, verbs of failing and adjectives; it knows no product. A phrase that it
cannot turn for sure is not used: silence is better than a wish for the opposite.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass

from unmet.mining.states import side_of_phrase, side_of_word
from unmet.needs.phrases_en import (
    LONGEST,
    UNSPOKEN,
    adverb,
    judgement,
    lists,
    opposites,
    speakable,
    states,
    things,
    third_person,
)
from unmet.text.word_lists import word_set
from unmet.text.words import stem_english

_NEGATED_VERB = re.compile(
    r"^(?:(?:does|do|did|will|would|could|can|is|was|has|have|had)(?: not|n't)|won't|can't|cannot|couldn't|wouldn't|never|not able to"
    r"|unable to|not|fails? to|failed to|refuses? to|stopped|stops|quit) (?:seem to |even |really |always |want to |let me |let us )?(.+)$"
)
_EASY = re.compile(
    r"^(not )?(?:that |too |so |as |very )?(easy|easier|simple|simpler|hard|harder|difficult|tough|tricky|impossible) (?:for \w+ )?to (.+)$"
)
_TOO_MANY = re.compile(r"^(?:too many|so many|lots of|a lot of|tons of|too much|constant) (.+)$")
_NOT_ENOUGH = re.compile(r"^(?:not enough|lacks?|lacking|lack of|missing|needs more|could use more|no) (.+)$")
_FIXED = re.compile(
    r"^(?:worth (?:the|every) \w+|true to \w+|well (?:made|built|designed|constructed|packed|packaged|lit|written))$"
)
_IMPRESSION = re.compile(
    r"^(looks?|feels?|tastes?|smells?|fits?|runs?) (?:a |an |like |too |so |very |a bit |a little )*(.+)$"
)
_WHEN = ("in", "after", "within", "during", "while", "off", "apart", "out", "up", "down")
_NUISANCE = ("annoying", "intrusive", "irritating", "distracting")


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish in words.

    ``kind``: ``state`` follows "is"; ``act`` and ``thing`` stand alone ("holds a charge", "no glare");
    ``nuisance`` stands before the name of what annoys ("no annoying" ads).
    """

    text: str
    kind: str


def praise_wish(phrase: str) -> Wish | None:
    """What customers praise, as a wish.

    >>> praise_wish("bright"), praise_wish("holds a charge"), praise_wish("loose")
    (Wish(text='bright', kind='state'), Wish(text='holds a charge', kind='act'), None)
    """
    phrase = _same(phrase)
    if _FIXED.match(phrase):
        return Wish(phrase, "state")
    if not speakable(phrase) or judgement(phrase) or side_of_phrase(phrase, "en") < 0:
        return None
    easy = _EASY.match(phrase)
    if easy:
        good = easy.group(2).startswith(("eas", "simpl")) and not easy.group(1)
        return _easy_to(easy.group(3)) if good else None
    if states(phrase):
        return None if phrase in lists()["extremes"] | lists()["no praise"] else Wish(phrase, "state")
    words = phrase.split()
    if words[0] in ("not", "no", "without") or words[0].endswith("n't") or words[:2] == ["does", "not"]:
        return _absent(phrase)
    return _act(words)


def _same(phrase: str) -> str:
    """The plain word for one of its forms: quickly → fast."""
    return dict(pair.split(":") for pair in sorted(lists()["same"])).get(phrase, phrase)


def complaint_wish(phrase: str, liked: Set[str] = frozenset()) -> Wish | None:
    """The wish that a complaint implies, or ``None`` where the words do not say it for sure.

    >>> complaint_wish("hard to navigate"), complaint_wish("won't charge"), complaint_wish("cracked")
    (Wish(text='easy to navigate', kind='act'), Wish(text='always charges', kind='act'), Wish(text='does not crack', kind='act'))
    """
    if not speakable(phrase) or side_of_phrase(phrase, "en") > 0:
        return None
    if judgement(phrase) and phrase not in _NUISANCE:
        return None
    easy = _EASY.match(phrase)
    if easy:
        bad = easy.group(2).startswith(("hard", "diff", "tough", "trick", "imposs")) != bool(easy.group(1))
        return _easy_to(easy.group(3)) if bad else None
    many = _TOO_MANY.match(phrase)
    if many and things(many.group(1)):
        return Wish(f"not too many {many.group(1)}", "thing")
    few = _NOT_ENOUGH.match(phrase)
    if few and things(few.group(1)) and not judgement(few.group(1)):
        return Wish(f"enough {few.group(1)}", "thing") if "enough" in phrase or "more" in phrase else None
    if phrase in ("stopped working", "stops working", "quit working", "does not work", "won't work"):
        return Wish("keeps working", "act")
    if phrase in _NUISANCE:
        return Wish(f"no {phrase}", "nuisance")
    negated = _NEGATED_VERB.match(phrase)
    if negated:
        return _restored(negated.group(1))
    return _impression(phrase) or _turned(phrase, liked)


def _impression(phrase: str) -> Wish | None:
    """ "looks cheap" → "does not look cheap"; bare "cheap" is an impression too: a low price is no complaint."""
    found = _IMPRESSION.match("feels cheap" if phrase in ("cheap", "cheaply made") else phrase)
    if not found or not (states(found.group(2)) or things(found.group(2))) or judgement(found.group(2)):
        return None
    like = " like a" if " like a " in phrase else " like" if " like " in phrase else ""
    too = (
        " too" if not like and found.group(2) in lists()["relative"] - lists()["extremes"] - {"cheap"} else ""
    )
    return Wish(f"does not {stem_english(found.group(1))}{like}{too} {found.group(2)}", "act")


def _restored(rest: str) -> Wish | None:
    """What is missing where "won't …" or "not …" is complained of."""
    rest = re.sub(r"^(?:very|too|so|as|that|really|all that|at all|be|been|being) ", "", rest)
    if judgement(rest) or side_of_phrase(rest, "en") < 0:
        return None
    if states(rest):
        return Wish(rest, "state")
    words = rest.split()
    lemma = stem_english(words[0])
    if (
        lemma.isalpha()
        and lemma not in lists()["perceiving"]
        and len(words) <= LONGEST - 1
        and not adverb(words[0])
    ):
        return _act([third_person(lemma), *words[1:]], any_verb=True)
    return None


def _turned(phrase: str, liked: Set[str]) -> Wish | None:
    words = phrase.removeprefix("too ").split()
    if len(words) == 1 and words[0] in opposites():
        good = opposites()[words[0]]
        # "unhelpful" can only mean the lack of "helpful"; else customers must name the opposite themselves.
        if (
            good in liked
            or words[0].endswith(good)
            or good == "fast"
            or (good == "easy" and words[0] == "difficult")
        ):
            return Wish(good, "state")
    bare = " ".join(words)
    if (
        words[0] in ("keeps", "keep", "kept", "constantly")
        and len(words) == 2
        and words[1] in lists()["events"]
    ):
        return Wish(f"does not keep {words[1]}", "act")
    if words[0] in lists()["events"] and words[0] not in lists()["relative"]:
        lemma = stem_english(words[0])
        if lemma in ("stop", "quit", "fail") and len(words) > 1:
            return _restored(" ".join(word for word in words[1:] if word != "to"))
        rest = words[1:]
        short = len(rest) <= 1 or (rest[0] in _WHEN and len(rest) <= LONGEST)
        return Wish(" ".join(["does not", lemma, *rest]), "act") if short and rest[-1:] != ["on"] else None
    if states(bare):
        relative = all(
            word in lists()["relative"] - lists()["extremes"] for word in words if word not in ("and", "or")
        )
        return Wish(f"not too {bare}" if relative else f"not {bare}", "state")
    if len(words) == 1 and side_of_word(words[0], "en") < 0 and things(words[0]):
        return Wish(f"no {words[0]}", "thing")
    return None


def _easy_to(rest: str) -> Wish | None:
    words = [word for word in rest.split() if word not in ("the", "my", "a")]
    while words and words[-1] in lists()["tail"]:
        words.pop()
    said = " ".join(words[:3])
    if not words or adverb(words[0]) or UNSPOKEN & set(words):
        return None
    return Wish(f"easy to {said}", "act") if len(words) <= 3 else None


def _absent(phrase: str) -> Wish | None:
    """A bad thing that customers are glad not to have."""
    if side_of_phrase(phrase, "en") <= 0:
        return None
    words = [
        word for word in phrase.split() if word not in ("any", "at", "all", "have", "has", "get", "gets")
    ]
    if words[0].endswith("n't") or words[:2] == ["does", "not"]:
        rest = words[2:] if words[0] == "does" else words[1:]
        return Wish(" ".join(["does not", *rest]), "act") if len(rest) <= 3 else None
    if words[0] == "no" and len(words) <= 3:
        return Wish(" ".join(words), "thing")
    rest = words[1:]
    return Wish("not " + " ".join(rest), "state") if words[0] == "not" and states(" ".join(rest)) else None


def _act(words: list[str], *, any_verb: bool = False) -> Wish | None:
    lemma = stem_english(words[0])
    verb = third_person(lemma)
    if len(words) > LONGEST or (
        verb not in lists()["keep"] and not (any_verb and lemma in word_set("verbs"))
    ):
        return None
    rest = " ".join(words[1:])
    judged = all(w in lists()["judging"] or w in lists()["head"] for w in words[1:])
    if rest and judged and not (rest == "well" and verb not in ("works", "does", "goes")):
        return None
    if not rest:
        return Wish(f"always {verb}", "act") if any_verb and lemma not in lists()["never alone"] else None
    if verb in ("looks", "feels", "tastes", "smells") and not states(rest):
        return None
    return Wish(f"{verb} {rest}".strip(), "act")
