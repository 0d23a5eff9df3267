"""What a Chinese phrase is: a judgement, a state, a thing, a whole phrase or a piece of a story."""

from __future__ import annotations

import re
from functools import lru_cache

from unmet.mining.concepts import concepts
from unmet.mining.lexicon import judges_only
from unmet.mining.states import read_lists, side_of_word, state_words
from unmet.text.words import tag_words

LONGEST = 8
"""Characters of a wish."""
HAN = re.compile(r"[\u4e00-\u9fff]+")
_BROKEN = re.compile(
    r"^[了的着过被把和与或而之地得也都还就又才再很太真个求表所]|[的地把被给让和与就都也很太不没在是又还说要会能向从跟把]$"
    r"|[我你您他她它咱俺们吗吧呢啊呀哦嘛哈啦哇滴哒]|(.)\1\1|不断|能[只能会再要]|[求够]出"
)
_NUMBER = re.compile(r"[一二三四五六七八九十百千万两几半]+[天个月年次块元点分钟小时]|\d")
_THING_TAGS = ("n", "vn", "an", "j", "l")
_BAD_THINGS = re.compile(
    r"[味响音痕损差刺头屑货果]$|问题|故障|毛病|缺陷|瑕疵|气泡|坏点|副作用|静电|重影|电流声|划痕|弹窗|异物|杂质"
)


@lru_cache(maxsize=1)
def lists() -> dict[str, tuple[str, ...]]:
    """The lists of ``wording_zh.txt`` by name."""
    return read_lists("unmet.needs", "wording_zh.txt")


@lru_cache(maxsize=1)
def opposites() -> dict[str, str]:
    """One-character states and their opposites, both ways."""
    pairs = {}
    for pair in lists()["opposites"]:
        pairs[pair[0]], pairs[pair[1]] = pair[1], pair[0]
    return pairs


@lru_cache(maxsize=1)
def opposite_words() -> dict[str, str]:
    """Bad state → the good one customers name when they have it."""
    return dict(pair.split(":") for pair in lists()["opposite words"])


def judgement(phrase: str) -> bool:
    """Whether a phrase judges without saying what is good or bad.

    >>> judgement("太差"), judgement("杠杠"), judgement("不粘底")
    (True, True, False)
    """
    bare = unhedged(phrase)
    listed = lists()["judging"]
    return (
        judges_only(phrase, "zh")
        or phrase in listed
        or bare in listed
        or (len(bare) == 3 and bare[1:] in listed)
    )


def unhedged(phrase: str) -> str:
    """The phrase without adverbs of frequency and degree at its head, and 了 at its end."""
    changed = True
    while changed:
        changed = False
        for adverb in sorted(lists()["frequency"], key=lambda word: -len(word)):
            if phrase.startswith(adverb) and len(phrase) > len(adverb) and phrase[0] not in "好老":
                phrase, changed = phrase[len(adverb) :], True
                break
    return phrase.removesuffix("了").removesuffix("的") or phrase


def readable(phrase: str) -> bool:
    """Whether a phrase can stand in a statement: whole words, no story, no person, no number."""
    return bool(
        HAN.fullmatch(phrase)
        and len(phrase) <= LONGEST
        and not _BROKEN.search(phrase)
        and not _NUMBER.search(phrase)
        and not any(fragment in phrase for fragment in lists()["fragments"])
    )


def holds(phrase: str, side: str) -> bool:
    """Whether a phrase holds a state of that side that it does not negate."""
    if any(negation in phrase for negation in "不没无未少"):
        return False
    return any(len(word) > 1 and word in phrase for word in state_words(side))


def bad_thing(word: str) -> bool:
    """Bad things that are had (异响, 头皮屑), not done (漏水) or been (粗糙)."""
    return bool(_BAD_THINGS.search(word)) and not word.startswith("掉")


def noun(word: str) -> bool:
    """Whether the dictionary calls a word a noun: 师傅, not 安装."""
    tags = [tag for _, tag, _, _ in tag_words(word, "zh")]
    return bool(tags) and len(word) <= 4 and all(tag.startswith(_THING_TAGS) for tag in tags)


def adjective(word: str) -> bool:
    """Whether the dictionary calls a word an adjective."""
    tags = [tag for _, tag, _, _ in tag_words(word, "zh")]
    return len(tags) == 1 and tags[0].startswith(("a", "z"))


def predicate(phrase: str) -> bool:
    """Whether a phrase says something of a thing: it holds a verb or a state, and is no bare noun."""
    tagged = tag_words(phrase, "zh")
    if any(len(word) > 1 and side_of_word(word, "zh") > 0 for word, _, _, _ in tagged):
        return True
    glue = [word for word, tag, _, _ in tagged if tag[0] in "rymqpcuoteh" and tag not in ("ul", "ud")]
    if any(word != "给" for word in glue):
        return False
    states = [word for word, tag, _, _ in tagged if tag[0] in "avilz" or side_of_word(word, "zh")]
    return bool(states) and (len(tagged) > 1 or tagged[0][1][0] in "ail")


def names_thing(word: str) -> bool:
    """Whether a word can name what a need is about: a noun of two to six characters that is no state.

    >>> names_thing("内胆"), names_thing("发烫"), names_thing("没人接")
    (True, False, False)
    """
    if not 2 <= len(word) <= 6 or not readable(word) or word[0] in "不没无有":
        return False
    if word in concepts().names["zh"] and not known_state(word) and not adjective(word):
        return True
    return bad_thing(word) or (not known_state(word) and (noun(word[-4:]) or _doing(word)))


def _doing(word: str) -> bool:
    """A verb of two characters names what is done: 充电, 安装, 退货."""
    tags = [tag for _, tag, _, _ in tag_words(word, "zh")]
    return len(word) == 2 and len(tags) == 1 and tags[0].startswith("v")


def opposite(word: str) -> str:
    """The opposite of a state, or an empty string.

    >>> opposite("大"), opposite("慢"), opposite("木")
    ('小', '快', '')
    """
    return opposites().get(word) or opposite_words().get(word, "")


def known_state(word: str) -> bool:
    """Whether a word is a state, so that it names no thing."""
    return bool(side_of_word(word, "zh")) or word in lists()["relative"] or word in state_words("zh good")


def says_something(rest: str) -> bool:
    """Whether what is left of a phrase without its subject still says something: 不粘底, 难洗, 很快."""
    bare = unhedged(rest)
    return len(bare) > 1 or known_state(bare) or judgement(bare)


def relative(word: str) -> bool:
    """Whether a state says something only of a named thing: 大, 高, 多."""
    return word.removeprefix("不会太").removeprefix("不") in lists()["relative"]


def split_subject(text: str) -> tuple[str | None, str]:
    """A wish without the thing it names itself.

    >>> split_subject("内胆不掉漆"), split_subject("声音小"), split_subject("有人来安装")
    (('内胆', '不掉漆'), ('声音', '小'), (None, '有人来安装'))
    """
    for size in range(min(4, len(text) - 1), 1, -1):
        head, rest = text[:size], text[size:]
        says = known_state(rest) or judgement(rest) or (rest[0] in "不没好" and len(rest) > 1)
        if says and names_thing(head) and head[0] not in "不没有能会好":
            return head, rest
    return None, text


def bad(text: str) -> bool:
    """Whether a subject that is bad itself would be wished for: "假货" + "是正品"."""
    little = ("小", "低", "少", "不")
    return any(text.startswith(word) and not text[len(word) :].startswith(little) for word in _bad_names())


@lru_cache(maxsize=1)
def _bad_names() -> tuple[str, ...]:
    return tuple(sorted(word for word in state_words("zh bad") if len(word) > 1 and bad_thing(word)))
