"""Emoji and emoticons as a polarity signal.

The lexicon is written by hand: common emoji, western emoticons, East Asian kaomoji and the bracketed
sticker names of Chinese shops. Polarity is −1 (displeasure) to 1 (pleasure). Signs that Chinese and
English writers use with opposite meaning (🙂, 🙏) stay near 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import regex  # type: ignore[import-untyped]

EMOJI_CLASS = (
    "\U0001f1e6-\U0001f1ff\U0001f300-\U0001f64f\U0001f680-\U0001f6ff\U0001f900-\U0001f9ff"
    "\U0001fa70-\U0001faff\u2600-\u27bf\u2b50\u2b55\u2705\u231a\u231b\u23e9-\u23f3"
)
"""Inside of a character class that matches the symbols people use as emoji."""

_NAMED: dict[float, str] = {
    1.0: (
        "😍 heart eyes|🥰 smiling with hearts|😘 kiss|🤩 star struck|❤ heart|💕 hearts|"
        "💖 sparkling heart|💗 growing heart|💯 hundred|👍 thumbs up|👏 clapping|🎉 party|"
        "🥳 partying|🌟 glowing star|😻 heart cat|💪 strong|🏆 trophy|🤗 hug|🫶 heart hands|"
        "🧡 orange heart|💛 yellow heart|💚 green heart|💙 blue heart|💜 purple heart|"
        "🖤 black heart|😋 delicious|👌 ok hand|✌ victory|🥇 first"
    ),
    0.7: (
        "😊 smile|😀 grin|😃 happy|😄 laughing eyes|😁 beaming|😆 laughing|☺ content|😇 angel|"
        "😎 cool|🌹 rose|🌸 blossom|✨ sparkles|⭐ star|🎁 gift|😚 kiss|😙 kiss|🤤 drooling|"
        "💐 bouquet|🍀 clover|✅ check|🙌 raised hands|😺 happy cat"
    ),
    0.2: (
        "🙂 slight smile|😂 tears of joy|🤣 rolling laugh|🙏 folded hands|😉 wink|🤭 giggle|"
        "😜 tongue|😝 tongue|😅 sweat smile"
    ),
    -0.4: (
        "😐 neutral face|😑 expressionless|🤔 thinking|😕 confused|😬 grimace|😓 sweat|"
        "😥 sad relieved|😪 sleepy|🙄 rolling eyes|😏 smirk|😶 speechless|🥲 tearful smile|"
        "😰 anxious|😨 fearful|😳 flushed|😞 disappointed|😔 pensive|☹ frown|🙁 slight frown|"
        "😟 worried|🤷 shrug"
    ),
    -1.0: (
        "😡 angry|😠 angry|🤬 swearing|😤 huffing|👎 thumbs down|💔 broken heart|🤮 vomiting|"
        "🤢 nauseated|😭 crying|😢 tear|😩 weary|😫 tired|😖 confounded|😣 persevering|💩 poo|"
        "🖕 middle finger|🚮 litter|❌ cross|🗑 bin|😱 screaming|🤡 clown|👿 demon|😾 angry cat|"
        "🙅 no gesture|⚠ warning|😒 unamused"
    ),
}
_WRITTEN: dict[float, str] = {
    0.7: (
        ":) :-) :D :-D ;) ;-) =) (: XD xD <3 ^_^ ^^ ^-^ (^o^) (≧▽≦) (*^▽^*) (*^_^*) (^_^) "
        "o(*￣︶￣*)o (≧∇≦) \\(^o^)/ ٩(๑>◡<๑)۶"
    ),
    -0.7: (
        ":( :-( :'( =( D: >:( :/ :-/ T_T T.T TAT QAQ Q_Q ;_; -_- -_-|| (╯°□°)╯ o(╥﹏╥)o "
        "(>_<) (ಥ_ಥ) ╮(╯▽╰)╭ (╥_╥)"
    ),
}
_STICKERS: dict[float, str] = {
    0.8: (
        "强 赞 爱心 鼓掌 玫瑰 心 大笑 开心 呲牙 可爱 色 憨笑 偷笑 胜利 爱你 给力 鲜花 拥抱 亲亲 good 酷 得意 嘻嘻 哈哈 太开心 比心"
    ),
    0.1: ("微笑 呵呵 笑cry 允悲 坏笑 阴险 捂脸"),
    -0.8: (
        "弱 怒 发怒 愤怒 生气 大哭 流泪 哭 难过 抓狂 吐 衰 鄙视 心碎 白眼 撇嘴 委屈 失望 泪 怒骂 咒骂 敲打 伤心 差劲 晕 裂开 炸弹 便便 刀"
    ),
}


@dataclass(frozen=True, slots=True)
class Emoticon:
    """One emoji, emoticon or sticker: its place, a plain English name, polarity −1 to 1 or ``None``."""

    start: int
    end: int
    name: str
    polarity: float | None


@lru_cache(maxsize=1)
def _lexicon() -> dict[str, tuple[str, float]]:
    entries: dict[str, tuple[str, float]] = {}
    for polarity, listed in _NAMED.items():
        for item in listed.split("|"):
            sign, name = item.split(" ", 1)
            entries[sign] = (name, polarity)
    for polarity, listed in _WRITTEN.items():
        for sign in listed.split():
            entries[sign] = ("smiley" if polarity > 0 else "frowny", polarity)
    for polarity, listed in _STICKERS.items():
        for name in listed.split():
            entries[f"[{name}]"] = (name, polarity)
    return entries


@lru_cache(maxsize=1)
def _pattern() -> regex.Pattern[str]:
    written = [sign for listed in _WRITTEN.values() for sign in listed.split()]
    # Letters on either side would make "xD", ":D" or "TAT" part of a word.
    signs = "|".join(regex.escape(sign) for sign in sorted(written, key=len, reverse=True))
    one = rf"[{EMOJI_CLASS}][\ufe0f\U0001f3fb-\U0001f3ff]*"
    emoji = rf"{one}(?:\u200d{one})*"
    return regex.compile(
        rf"{emoji}|\[[\u4e00-\u9fff]{{1,3}}(?:cry)?\]|\[good\]|(?<![A-Za-z0-9:/])(?:{signs})(?![A-Za-z0-9/])"
    )


def find_emoticons(text: str) -> list[Emoticon]:
    """Every emoji, emoticon and known bracket sticker of a text, in order.

    >>> [(e.name, e.polarity) for e in find_emoticons("手机很好👍 :( [怒]")]
    [('thumbs up', 1.0), ('frowny', -0.7), ('怒', -0.8)]
    """
    if text.isascii() and not any(sign in text for sign in "):(<_^[D/;"):
        return []
    lexicon = _lexicon()
    found = []
    for match in _pattern().finditer(text):
        sign = match.group()
        name, polarity = lexicon.get(sign) or lexicon.get(sign[0]) or ("emoji", None)
        if sign[0] == "[" and sign not in lexicon:
            continue  # an ordinary bracketed word
        found.append(Emoticon(match.start(), match.end(), name, polarity))
    return found


def emoji_polarity(text: str) -> float | None:
    """Mean polarity (−1 to 1) of a text's known emoji and emoticons; ``None`` if it has none.

    >>> emoji_polarity("不错😊😊")
    0.7
    >>> emoji_polarity("plain") is None
    True
    """
    known = [e.polarity for e in find_emoticons(text) if e.polarity is not None]
    return round(sum(known) / len(known), 4) if known else None
