"""Typing slips: homophones in Chinese, keyboard slips in English."""

from __future__ import annotations

import random

_HOMOPHONES = (
    ("在", "再"), ("的", "得"), ("得", "的"), ("做", "作"), ("已经", "以经"), ("那", "哪"), ("像", "象"),
    ("账", "帐"),
    ("以为", "一为"), ("真的", "真滴"), ("什么", "神马"), ("没有", "木有"),
    ("喜欢", "稀饭"), ("连", "联"), ("怎么", "肿么"),
    ("就是", "就事"), ("不知道", "不造"), ("孩子", "孩纸"), ("开始", "开使"), ("一样", "一养"),
)  # fmt: skip
_NEIGHBOURS = {
    "a": "s", "e": "r", "i": "o", "o": "p", "t": "r", "n": "m", "s": "d", "r": "t", "h": "j", "l": "k",
    "d": "f", "u": "i", "c": "v", "m": "n", "g": "h", "y": "t", "p": "o", "w": "e", "b": "v",
}  # fmt: skip


def slip(text: str, language: str, rng: random.Random) -> str:
    """Return the text with one slip, or unchanged when none fits.

    >>> slip("在家", "zh", random.Random(0))
    '再家'
    """
    return _homophone(text, rng) if language == "zh" else _keyboard(text, rng)


def _homophone(text: str, rng: random.Random) -> str:
    fitting = [pair for pair in _HOMOPHONES if pair[0] in text]
    if not fitting:
        return text
    right, wrong = rng.choice(fitting)
    return text.replace(right, wrong, 1)


def _keyboard(text: str, rng: random.Random) -> str:
    places = [i for i in range(1, len(text) - 1) if text[i - 1 : i + 2].isalpha() and text[i] in _NEIGHBOURS]
    if not places:
        return text
    at = rng.choice(places)
    manner = rng.randrange(4)
    if manner == 0:  # two letters change places
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if manner == 1:  # a letter is lost
        return text[:at] + text[at + 1 :]
    if manner == 2:  # a letter is doubled
        return text[:at] + text[at] + text[at:]
    return text[:at] + _NEIGHBOURS[text[at]] + text[at + 1 :]
