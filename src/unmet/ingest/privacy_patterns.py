"""All masking rules in order of precedence, each group behind a cheap gate.

The first rule to claim a stretch of text keeps it, so named forms ("订单号…") stand before bare
shapes. A gate is a search that a clean text fails quickly: its pattern begins with one character
class, which the regular-expression engine scans for without backtracking.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from unmet.ingest import privacy_contacts as contacts
from unmet.ingest import privacy_numbers as numbers
from unmet.ingest import privacy_places as places
from unmet.ingest.privacy_rule import Rule

_ANY_DIGIT = re.compile("[0-9]").search
_DIGIT = "0-9零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
FIVE_DIGITS = re.compile(rf"[{_DIGIT}](?:[\s\-.,—–_/*·()+]{{0,3}}[{_DIGIT}]){{4}}").search
_AT = re.compile(r"[@#艾圈]|[(\[{][aA ]").search
_IPV4 = re.compile(r"[0-9]\.[0-9]{1,3}\.[0-9]").search
_IPV6 = re.compile(r"[0-9a-fA-F:][0-9]{0,2}:[0-9a-fA-F]{0,4}:[0-9a-fA-F:]").search
_HANDLE_ZH = re.compile(
    "[微薇威徽徵扣企抖球旺快陌公飞加小](?:信|❤|♥|x|[0-9A-Za-z]|博|扣|鹅|音|球|旺|手|陌|众|微|薇|我?[vVqQ]|红书)"
).search
_HANDLE_LATIN = re.compile(r"[vwqVWQbB@](?:[ xXqQ信❤站]|[A-Za-z0-9_]{2}|[\u4e00-\u9fff])").search
_MARKS = re.compile(r"[0-9_@:=]").search
_DOOR_ZH = re.compile(
    r"[0-9一二三四五六七八九十A-Z][0-9A-Za-z十]{0,4}(?:[\-—][0-9]+)?\s?(?:号|號|弄|巷|栋|幢|棟|座|楼|樓|单元|單元|组)"
).search
_PLATE = re.compile(
    rf"[{numbers.PROVINCES}云新青宁藏贵牌][A-Za-z号][·•・ \-:是]?[A-Za-z0-9\u4e00-\u9fff]"
).search
_NAME_ZH = re.compile(
    "[联聯收签寄姓叫先女小户师](?:系人|繫人|货人|貨人|件人|收人|名|生|士|姐|主|傅|(?<=我叫))"
).search

_APPS = (
    "wechat", "ins:", "ins：", "telegram", "tg", "insta", "ig ", "ig:", "snap", "skype", "line id", "whatsapp", "facebook", "fb",
    "twitter", "discord", "tiktok", "kik", "viber", ".com/", "t.me/", "wa.me/", ".gg/", "weixin",
)  # fmt: skip
# In lower case: a house number, one to four words and a kind of street.
_DOOR_EN = re.compile(
    r"[0-9][a-d]?\s(?:[a-z0-9'.\-]{1,30}\s){1,4}(?:street|st|ave|avenue|road|rd|boulevard|blvd|lane|ln|drive|dr"
    r"|court|ct|circle|cir|place|pl|terrace|ter|way|square|sq|highway|hwy|parkway|pkwy|close|crescent|gardens|mews"
    r"|trail|trl)\b"
).search
_PLACES = ("box", "zip", "post", "邮", "郵")
_NAMES = (
    "name is",
    "name:",
    "name :",
    "recipient",
    "contact person",
    "contact name",
    "attn",
    "signed by",
    "c/o ",
)


class Glance:
    """What several gates ask about a text, looked up once."""

    __slots__ = ("digit", "five", "foreign", "lowered", "marks", "view")

    def __init__(self, view: str) -> None:
        self.view = view
        self.lowered = view.lower()
        self.foreign = not view.isascii()
        self.digit = _ANY_DIGIT(view) is not None
        self.marks = self.digit or _MARKS(view) is not None
        self.five = (self.digit or self.foreign) and FIVE_DIGITS(view) is not None


Gate = Callable[[Glance], object]


def _email(text: Glance) -> object:
    lowered = text.lowered
    return _AT(text.view) or (" at " in lowered and (" dot " in lowered or ".com" in lowered))


def _five_digits(text: Glance) -> object:
    return text.five


def _network(text: Glance) -> object:
    return (text.digit and _IPV4(text.view)) or (text.view.count(":") >= 2 and _IPV6(text.view))


def _handle(text: Glance) -> object:
    view = text.view
    if text.foreign and text.marks and (_HANDLE_ZH(view) or _HANDLE_LATIN(view)):
        return True
    if text.foreign and _HANDLE_ZH(view) and re.search("[A-Za-z]{4}", view):
        return True
    if not text.marks:
        return False
    return "@" in view or any(cue in text.lowered for cue in _APPS)


def _address(text: Glance) -> object:
    if text.five or (text.foreign and _DOOR_ZH(text.view)):
        return True
    if text.marks and any(cue in text.lowered for cue in _PLACES):
        return True
    return text.digit and _DOOR_EN(text.lowered)


def _plate(text: Glance) -> object:
    if text.foreign and _PLATE(text.view):
        return True
    return text.digit and any(cue in text.lowered for cue in ("plate", "registration number", "reg no"))


def _name(text: Glance) -> object:
    if text.foreign and _NAME_ZH(text.view):
        return True
    return any(cue in text.lowered for cue in _NAMES)


GROUPS: tuple[tuple[Gate, tuple[Rule, ...]], ...] = (
    (_email, contacts.EMAIL),
    (_five_digits, (*numbers.ORDER, *numbers.IDENTITY, *numbers.CARD)),
    (_network, numbers.IP),
    (_handle, contacts.HANDLE),
    (_plate, numbers.PLATE),
    (_five_digits, numbers.PHONE),
    (_address, places.ADDRESS),
    (_name, places.NAME),
    (_five_digits, numbers.LONG_NUMBER),
)
