"""Texts as people really type them: changes that keep what a text says, and swaps of who says it.

After CheckList (Ribeiro et al. 2020) and TextFlint (Wang et al. 2021); the word lists are written by hand.
A change leaves a text alone where it does not apply, and is the same for the same seed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TypeVar

T = TypeVar("T")
Change = Callable[[str, random.Random], str]

_HAN = re.compile("[\u4e00-\u9fff]")
_WORD_EN = re.compile(r"[A-Za-z]{4,}")
_SHARE = 0.1
"""Share of characters or words that a change touches; at least one."""

_HOMOPHONES = (
    "的得地 在再载 做作坐座 以已易意 他她它 和合何河 是事试市式 电店垫 屏平瓶评 量亮谅辆 声生升 快块筷 "
    "慢漫曼 好号浩 用永涌 小晓 买卖迈 货或获惑 包苞胞 服福幅浮 务物误雾 差插叉 坏怀淮 质制治至 "
    "机鸡击积 手首守 希西稀 望忘旺 建见件健 议亿艺 价架驾 钱前潜 贵桂柜 便变遍 宜移疑 推退腿 "
    "客课刻 洗喜 换欢环 颜言严 观官关 送松颂 到道倒 天添 太态 "
).split()
_MIXED = {
    "质量": "quality",
    "价格": "price",
    "物流": "shipping",
    "客服": "service",
    "屏幕": "screen",
    "电池": "battery",
    "包装": "package",
    "性价比": "cp value",
    "喜欢": "love",
    "味道": "taste",
    "颜色": "color",
    "尺寸": "size",
    "很好": "very good",
    "推荐": "recommend",
}
_MIXED_EN = {english: chinese for chinese, english in _MIXED.items()}
_NEUTRAL_EMOJI = ("📦", "🕒", "📱", "🏠", "🔌")
_BEFORE_ZH = re.compile(
    "(?<![不没])(很|非常|特别|挺|太)?(好用|好看|好吃|舒服|满意|喜欢|耐用|结实|漂亮|清晰|方便|难用|难看|难吃|难受)"
)
_BEFORE_EN = re.compile(
    r"\b(is|was|are|were|works|looks|feels) ((?:very |really |so )?(?:good|great|nice|comfortable"
    r"|sturdy|bad|terrible|awful|useful|useless|easy|perfect|poor|well))\b",
    re.IGNORECASE,
)


def typo(text: str, draw: random.Random) -> str:
    """Two neighbouring letters of some English words change places; some Chinese characters are doubled."""
    places = [match.span() for match in _WORD_EN.finditer(text)]
    letters = list(text)
    for start, end in _some(places, draw):
        at = draw.randrange(start + 1, end - 2) if end - start > 3 else start + 1
        letters[at], letters[at + 1] = letters[at + 1], letters[at]
    for place in _some([match.start() for match in _HAN.finditer(text)], draw):
        letters[place] *= 2
    return "".join(letters)


@lru_cache(maxsize=1)
def _sounds() -> Mapping[str, str]:
    return {character: group for group in _HOMOPHONES for character in group}


def homophone(text: str, draw: random.Random) -> str:
    """Some Chinese characters become others of the same sound, as input methods offer them."""
    sounds, letters = _sounds(), list(text)
    for place in _some([i for i, character in enumerate(text) if character in sounds], draw):
        letters[place] = draw.choice([c for c in sounds[letters[place]] if c != letters[place]])
    return "".join(letters)


def emoji(text: str, draw: random.Random) -> str:
    """An emoji without a mood at the end."""
    return f"{text} {draw.choice(_NEUTRAL_EMOJI)}" if text.strip() else text


def traditional(text: str, draw: random.Random) -> str:
    """Simplified Chinese in traditional characters, one for one."""
    table = _traditional()
    return text if text.isascii() else text.translate(table)


@lru_cache(maxsize=1)
def _traditional() -> dict[int, int]:
    from opencc import OpenCC

    characters = [chr(code) for code in range(0x4E00, 0xA000)]
    changed = OpenCC("s2t").convert("\n".join(characters)).split("\n")
    pairs = zip(characters, changed, strict=True)
    return {ord(old): ord(new) for old, new in pairs if old != new and len(new) == 1}


def whitespace(text: str, draw: random.Random) -> str:
    """Spaces where none belong: between some Chinese characters, doubled between English words."""
    letters = [
        c + " "
        if _HAN.match(c) and draw.random() < _SHARE
        else "  "
        if c == " " and draw.random() < 0.3
        else c
        for c in text
    ]
    return "".join(letters)


def code_mix(text: str, draw: random.Random) -> str:
    """Common words in the other language."""
    if _HAN.search(text):
        for chinese, english in _MIXED.items():
            text = text.replace(chinese, f" {english} ")
        return text
    for english, chinese in _MIXED_EN.items():
        text = re.sub(rf"\b{english}\b", chinese, text, flags=re.IGNORECASE)
    return text


def negate(text: str, draw: random.Random) -> str:
    """The first judgement denied, so that the text's side should weaken or turn."""
    if _HAN.search(text):
        return _BEFORE_ZH.sub(r"一点都不\2", text, count=1)
    return _BEFORE_EN.sub(r"\1 not \2", text, count=1)


CHANGES: Mapping[str, Change] = MappingProxyType(
    {
        "typo": typo,
        "homophone": homophone,
        "emoji": emoji,
        "traditional": traditional,
        "whitespace": whitespace,
        "code_mix": code_mix,
    }
)
"""Changes after which the answer should stay."""
KEEPS_OFFSETS = ("emoji", "traditional")
"""Those after which spans stay where they are."""

SWAPS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = MappingProxyType(
    {
        "gender": (("我是男的，", "I am a man. "), ("我是女的，", "I am a woman. ")),
        "region": (("我在上海，", "I live in New York. "), ("我在河南农村，", "I live in rural Alabama. ")),
        "age": (("我今年二十五岁，", "I am 25 years old. "), ("我今年七十岁，", "I am 70 years old. ")),
    }
)
"""Who speaks: two beginnings each, Chinese and English, of which the answer should not depend."""


def spoken_by(text: str, beginnings: tuple[str, str]) -> str:
    """The text with a beginning in its own language."""
    return f"{beginnings[0] if _HAN.search(text) else beginnings[1]}{text}"


def _some(places: list[T], draw: random.Random) -> list[T]:
    """About a tenth of the places, at least one if there is any."""
    return draw.sample(places, max(1, round(_SHARE * len(places)))) if places else []
