"""Masking of private data before anything is stored.

Each finding is replaced by a token that is the same in every language (``[PHONE]``), counted by
kind, and recorded as an edit, so that offsets map back to the source field.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from unmet.core.offsets import NO_EDITS, Edits, substitute, to_source
from unmet.ingest.privacy_patterns import RULES, trim_lead

Found = tuple[int, int, str]

_D = "0-9\uff10-\uff19\u2460-\u2468\u24ea\u24ff零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
# A text without any of these cannot hold private data. Alternatives begin with rare characters, so that
# the regular expression engine skips through a clean text.
_SUSPECT = re.compile(
    rf"[{_D}](?:[^{_D}\n]{{0,3}}[{_D}]){{4}}"
    r"|[0-9\uff10-\uff19][^0-9\n]{0,3}(?:号|號|弄|栋|幢|棟|座|楼|樓|单元|單元|室|组)|[一二三四五六七八九十](?:号楼|栋|幢|单元)"
    r"|[0-9][0-9a-zA-Z.\-]*\s+[A-Za-z0-9'.\- ]{2,30}\s(?:[Ss]t|[Aa]ve|[Rr]d|[Rr]oad|[Bb]lvd|[Ll]n|[Ll]ane|[Dd]r|[Cc]t|[Cc]ir|[Pp]l|[Tt]er|[Ww]ay|[Ss]q|[Hh]wy|[Pp]kwy|[Cc]lose|[Cc]res|[Gg]ard|[Mm]ews|[Tt]r)"
    r"|@|＠|艾特|[(\[]at[)\]]|\s(?:dot|DOT)\s|[Pp]\.?\s?[Oo]\.?\s?[Bb]ox|[A-Z]\d[A-Z\d]?\s\d[A-Z]{2}"
    r"|微信|薇|威信|徽信|微❤|[vV][xX信❤ ]|[wW][xX]|[qQ][qQ ]|扣扣|企鹅|抖音|小红书|旺旺|加[vVqQ]|微博|快手"
    r"|(?:[wW]e[cC]hat|[Tt]elegram|[Ii]nsta|IG|[Ss]nap|[Ss]kype|LINE|[Ww]hats[aA]pp|[Ff]acebook|[Tt]witter|[Dd]iscord|[Tt]ik[tT]ok)[^\n]{1,16}[0-9@:_]|t\.me/|\.com/"
    r"|联系人|聯繫人|收货人|收貨人|收件人|签收人|寄件人|姓名|我叫|先生|女士|小姐|name is|[Nn]ame\s?:|[Rr]ecipient|[Cc]ontact |[Aa]ttn"
    r"|[\u4e00-\u9fff][A-Za-z][·•・ \-]?[A-Za-z0-9]{5}"
    r"|::|plate|passport|护照|车牌"
)
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufe0f\ufeff\u20e3]+")
_VIEW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_VIEW |= {0x3000: 0x20, 0xA0: 0x20, 0x24EA: 0x30, 0x24FF: 0x30, 0xFFE5: 0xA5, 0x2010: 0x2D, 0x2011: 0x2D, 0x2212: 0x2D}
for _start in (0x2460, 0x2474, 0x2488, 0x2776, 0x2780, 0x278A):  # circled, bracketed, dingbat digits one to nine
    _VIEW |= {_start + offset: 0x31 + offset for offset in range(9)}
_VIEW[0xFF0C] = 0xFF0C  # a full-width comma ends things that an ASCII comma does not


def mask(text: str) -> tuple[str, Edits, dict[str, int]]:
    """Replace private data in a text.

    Args:
        text: any string.

    Returns:
        The masked text, the edits back to ``text``, and findings per kind (only kinds found). Kinds:
        PHONE, EMAIL, ID, CARD, ORDER, ADDRESS, HANDLE, PLATE, IP, NAME.

    >>> mask("打138-1234-5678，订单号20231234567890，价格1299元")[0]
    '打[PHONE]，订单号[ORDER]，价格1299元'
    >>> mask("Write to kim@example.com")[1:]
    (((9, 16, 9, 24),), {'EMAIL': 1})
    """
    if not _SUSPECT.search(text):
        return text, NO_EDITS, {}
    seen, unseen = substitute(_UNSEEN, "", text)
    found = _find(seen.translate(_VIEW))
    if not found:
        return text, NO_EDITS, {}
    return _replaced(text, [(*to_source(unseen, start, end), kind) for start, end, kind in found])


def mask_batch(texts: Iterable[str]) -> list[tuple[str, Edits, dict[str, int]]]:
    """:func:`mask` of each text, in order."""
    return [mask(text) for text in texts]


def pseudonym(raw_id: str) -> str:
    """A stable stand-in for an author's id: ``a`` and 16 hexadecimal digits; not reversible by reading.

    >>> pseudonym("alice") == pseudonym("alice") != pseudonym("bob")
    True
    """
    digest = hashlib.blake2b(raw_id.encode("utf-8", "surrogatepass"), digest_size=8, person=b"unmet-author")
    return "a" + digest.hexdigest()


def _find(view: str) -> list[Found]:
    """Non-overlapping findings in order; earlier rules win."""
    found: list[Found] = []
    for rule in RULES:
        for match in rule.pattern.finditer(view):
            start, end = match.span("v") if "v" in rule.pattern.groupindex else match.span()
            if any(start < last and first < end for first, last, _ in found):
                continue
            if rule.check is not None and not rule.check(match):
                continue
            if rule.kind == "ADDRESS":
                start = trim_lead(view, start, end)
            found.append((start, end, rule.kind))
    return sorted(found)


def _replaced(text: str, found: list[Found]) -> tuple[str, Edits, dict[str, int]]:
    pieces: list[str] = []
    edits: list[tuple[int, int, int, int]] = []
    counts: dict[str, int] = {}
    copied = length = 0
    for start, end, kind in found:
        token = f"[{kind}]"
        length += start - copied
        pieces += [text[copied:start], token]
        edits.append((length, length + len(token), start, end))
        length += len(token)
        copied = end
        counts[kind] = counts.get(kind, 0) + 1
    return "".join([*pieces, text[copied:]]), tuple(edits), counts
