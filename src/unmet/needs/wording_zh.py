"""Chinese phrases → what customers wish for: "没人来安装" → "有人来安装", "掉漆" → "不掉漆".

The grammar knows negations, complements, antonyms and states; it knows no product. A phrase that it cannot
turn for sure is not used: silence is better than a wish for the opposite.
"""

from __future__ import annotations

import re
from collections.abc import Set

from unmet.mining.states import side_of_phrase, side_of_word
from unmet.needs.phrases_zh import (
    HAN,
    adjective,
    bad_thing,
    holds,
    judgement,
    lists,
    noun,
    opposite_words,
    opposites,
    predicate,
    readable,
    unhedged,
)
from unmet.text.words import tag_words

_DEGREE = re.compile(
    r"^(.{1,4}?)(?:的|得)(?:要命|要死|不行|厉害|离谱|不得了|很|慌|吓人|一塌糊涂|没法|受不了|夸张|明显)"
)
_EMPHATIC_NOT = re.compile(r"(?:一点儿?|一丝|完全|根本|从来|从|丝毫|并|并且)?(?:都|也|还)?(?=不|没)")
_WEAK_NOT = re.compile(r"^不(?:够|太|怎么|是很|是太|算|大)(?=.)")
_POTENTIAL = re.compile(
    r"^([^了着过都也还就]{1,2})不(上|了|到|下|进|进去|开|掉|动|起|出|住|干净|清楚|清|稳|牢|好)$"
)
_ABLE = re.compile(r"^(?:也|都|还|就)?(?:不能|无法|没法|没办法|不可以|不给|不让|不肯|不予|拒绝)(.{1,6})$")
_NOBODY = re.compile(r"^(?:也|都|还|就)?(?:没人|没有人|无人)(.{1,5})$")
_WILD = re.compile(r"^(乱|瞎|偷|强行|私自|随意|故意|规避|推脱|推卸|拖延)(.{1,4})$")
_HAVING = re.compile(r"^(?:有点|有些|有|还有|总有|老有)(.{2,4})$")
_HARD = re.compile(r"^(?:很|太|特别|非常)?难(.)$")
_CHARGED = re.compile(
    r"(?:要|另|另外|还|又|加|额外|再)收?(?:收费|收钱|加钱|要钱|付钱|付费|交钱|掏钱)$|^要钱$"
)
_MAY = re.compile(r"^(.{1,3})会(.{1,3})$")
_SOON = re.compile(
    r"^(?:刚|一用|一洗|一充|一碰|一下|一穿|一摸|买|用|洗|穿|吃|没用|半天|几天|没几天).{0,3}就.{1,3}$"
)
_EVER = re.compile(r"^(?:用|要|想|知|敢|怕|如|同|过|但|仅|止|管|论|妨|愧|说|说了|吹|黑)")
_DESCRIBED = re.compile(r"^(.{2,4}?)(?:很|非常|特别|比较|挺|真的|真|超级|超|太|十分)(.{1,3})$")


def praise_wish(phrase: str) -> str | None:
    """What customers praise, as a wish: "厚实" → "厚实".

    >>> praise_wish("不粘底"), praise_wish("漏水"), praise_wish("很好")
    ('不粘底', None, None)
    """
    bare = _plain(_EMPHATIC_NOT.sub("", unhedged(phrase)))
    if not readable(bare) or judgement(bare) or side_of_phrase(bare, "zh") < 0 or holds(bare, "zh bad"):
        return None
    if bare in lists()["relative"] or side_of_word(bare, "zh") > 0 or side_of_phrase(bare, "zh") > 0:
        return bare
    if len(bare) == 1 or bare.startswith("快就"):
        return None
    return bare if predicate(bare) else None


def _plain(phrase: str) -> str:
    """Without the adverb in the middle: 声音很小 → 声音小."""
    described = _DESCRIBED.match(phrase)
    return described.group(1) + described.group(2) if described else phrase


def complaint_wish(phrase: str, liked: Set[str] = frozenset()) -> str | None:
    """The wish that a complaint implies, or ``None`` where the words do not say it for sure.

    Args:
        phrase: the complaint.
        liked: what customers praise of the same thing; its opposite is wished for by their word.

    >>> [complaint_wish(p) for p in ("没人来安装", "不解决问题", "掉漆", "洗不干净", "慢", "不粘底")]
    ['有人来安装', '能解决问题', '不掉漆', '洗得干净', '快', None]
    """
    phrase = phrase.removesuffix("了").removesuffix("的")
    if not HAN.fullmatch(phrase) or judgement(phrase):
        return None
    degree = _DEGREE.match(phrase)
    if degree:
        return complaint_wish(degree.group(1), liked)
    bare = _plain(_EMPHATIC_NOT.sub("", unhedged(phrase)))
    if bare != phrase and bare:
        return complaint_wish(bare, liked)
    if side_of_phrase(phrase, "zh") > 0 or holds(phrase, "zh good"):
        return None  # good words counted as a complaint: a slip of the tagger
    found = _turned(phrase, liked)
    return found if found and readable(found) and not judgement(found) else None


def _turned(phrase: str, liked: Set[str]) -> str | None:
    nobody, able = _NOBODY.match(phrase), _ABLE.match(phrase)
    if nobody:
        done = re.sub("^(?:过来|前来|上门来?|来给?|给)", "", nobody.group(1))
        came = done != nobody.group(1) or done in ("安装", "维修", "修")
        return f"有人{'来' if came and done else ''}{done or '上门'}"
    if able:
        return "能" + able.group(1)
    if _CHARGED.search(phrase):
        return "不额外收费"
    potential = _POTENTIAL.match(phrase)
    if potential and (len(potential.group(1)) == 1 or not noun(potential.group(1))):
        return f"{potential.group(1)}得{potential.group(2)}"
    if phrase.startswith("不会"):
        return "会" + phrase[2:]
    if phrase.startswith("不"):
        return _without_not(_WEAK_NOT.sub("不", phrase)[1:])
    if phrase.startswith(("没有", "没", "缺少", "缺乏")):
        return _had(re.sub("^(?:没有|没|缺少|缺乏)", "", phrase))
    if _WILD.match(phrase):
        return "不" + phrase
    having = _HAVING.match(phrase)
    if having:
        return f"没有{having.group(1)}" if noun(having.group(1)) else None
    hard = _HARD.match(phrase)
    if hard:
        return "好" + hard.group(1)
    return _state_turned(phrase, liked)


def _without_not(rest: str) -> str | None:
    """What is missing where "不…" is complained of."""
    if not rest or judgement(rest) or side_of_word(rest, "zh") < 0 or _EVER.match(rest):
        return None
    verb = any(rest.startswith(word) for word in lists()["verbs"])
    if verb:
        return "能" + rest if len(rest) > 1 else None
    if side_of_word(rest, "zh") > 0 or rest in lists()["relative"] or adjective(rest):
        return rest
    return rest if rest.startswith(("是", "带", "含", "包")) and len(rest) > 2 else None


def _had(rest: str) -> str | None:
    """What is missing where "没有…" is complained of: a thing, no event and nothing bad."""
    tags = [tag for _, tag, _, _ in tag_words(rest, "zh")]
    noun = len(rest) >= 2 and set(tags) <= {"n", "nz"} and side_of_word(rest, "zh") == 0
    return "有" + rest if noun and not any(rest.startswith(word) for word in lists()["verbs"]) else None


def _state_turned(phrase: str, liked: Set[str]) -> str | None:
    opposite = opposite_words().get(phrase) or opposites().get(phrase)
    if opposite and (opposite in liked or phrase in ("慢", "旧", "脏", "乱", "模糊")):
        return opposite
    if phrase in lists()["relative"]:
        # Where customers also praise it, the complaint is of something else.
        return None if any(praised.endswith(phrase) for praised in liked) else f"不会太{phrase}"
    if side_of_word(phrase, "zh") < 0:
        return ("没有" if bad_thing(phrase) else "不") + phrase
    for size in range(2, len(phrase)):
        head, state = phrase[:size], phrase[size:]
        if not noun(head) or head in lists()["frequency"]:
            continue
        if state == "快" and side_of_word(head, "zh") < 0:
            return f"{head}不会太快"
        other = opposite_words().get(state) or opposites().get(state)
        if other and (head + other in liked or other in liked or state == "慢"):
            return head + other
        if state in lists()["relative"] and not any(praised.endswith(state) for praised in liked):
            return f"{head}不会太{state}"
        if _HARD.match(state):
            return f"{head}好{state[-1]}"
        if side_of_word(state, "zh") < 0 and len(state) <= 3:
            return f"{head}{'没有' if bad_thing(state) else '不'}{state}"
    may = _MAY.match(phrase)
    if may and side_of_word(may.group(2), "zh") < 0:
        return f"{may.group(1)}不会{may.group(2)}"
    return "不会" + phrase if _SOON.match(phrase) else None
