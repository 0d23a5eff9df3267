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

Gate = Callable[[str], object]

_DIGIT = "0-9零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
FIVE_DIGITS = re.compile(rf"[{_DIGIT}](?:[\s\-.,—–_/*·()+]{{0,3}}[{_DIGIT}]){{4}}").search
_AT = re.compile(r"[@#艾圈]|[(\[{][aA ]").search
_NETWORK = re.compile(r"[0-9a-fA-F:][0-9]{0,2}(?:\.[0-9]{1,3}\.[0-9]|:[0-9a-fA-F]{0,4}:[0-9a-fA-F:])").search
_HANDLE_ZH = re.compile(
    "[微薇威徽徵扣企抖球旺快陌公飞加小](?:信|❤|♥|x|[0-9A-Za-z]|博|扣|鹅|音|球|旺|手|陌|众|微|薇|我?[vVqQ]|红书)"
).search
_HANDLE_LATIN = re.compile(r"[vwqVWQbB@](?:[ xXqQ信❤站]|[A-Za-z0-9_]{2}|[\u4e00-\u9fff])").search
_MARKS = re.compile(r"[0-9_@:=]").search
_DOOR_ZH = re.compile(
    r"[0-9一二三四五六七八九十A-Z][0-9A-Za-z十]{0,4}(?:[\-—][0-9]+)?\s?(?:号|號|弄|巷|栋|幢|棟|座|楼|樓|单元|單元|组)"
).search
_DOOR_EN = re.compile(r"[0-9][0-9A-Da-d\-]{0,6}\s[A-Za-z0-9'.\- ]{2,30}").search
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
_STREET = re.compile(
    r" (?:st|street|ave|avenue|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|circle|cir|place|pl|terrace|ter|way"
    r"|square|sq|highway|hwy|parkway|pkwy|close|crescent|gardens|mews|trail|trl)\b",
    re.IGNORECASE,
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


def _email(view: str) -> object:
    return _AT(view) or (" at " in (lowered := view.lower()) and (" dot " in lowered or ".com" in lowered))


def _handle(view: str) -> object:
    if _MARKS(view) and not view.isascii() and (_HANDLE_ZH(view) or _HANDLE_LATIN(view)):
        return True
    if not view.isascii() and _HANDLE_ZH(view) and re.search("[A-Za-z]{4}", view):
        return True
    if "@" in view:
        return True
    if not _MARKS(view):
        return False
    lowered = view.lower()
    return any(cue in lowered for cue in _APPS)


def _address(view: str) -> object:
    if not view.isascii() and _DOOR_ZH(view):
        return True
    lowered = view.lower()
    if any(cue in lowered for cue in _PLACES) and _MARKS(view):
        return True
    return FIVE_DIGITS(view) or (_DOOR_EN(view) and _STREET(view))


def _plate(view: str) -> object:
    lowered = view.lower()
    return _PLATE(view) or "plate" in lowered or "reg" in lowered


def _name(view: str) -> object:
    if not view.isascii() and _NAME_ZH(view):
        return True
    lowered = view.lower()
    return any(cue in lowered for cue in _NAMES)


GROUPS: tuple[tuple[Gate, tuple[Rule, ...]], ...] = (
    (_email, contacts.EMAIL),
    (FIVE_DIGITS, (*numbers.ORDER, *numbers.IDENTITY, *numbers.CARD)),
    (_NETWORK, numbers.IP),
    (_handle, contacts.HANDLE),
    (_plate, numbers.PLATE),
    (FIVE_DIGITS, numbers.PHONE),
    (_address, places.ADDRESS),
    (_name, places.NAME),
    (FIVE_DIGITS, numbers.LONG_NUMBER),
)
