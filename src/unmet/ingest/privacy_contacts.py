"""E-mail addresses and social handles, also in the disguises that advertisers use."""

from __future__ import annotations

import re

from unmet.ingest.checksums import is_moment
from unmet.ingest.privacy_rule import HAN, digits, rule, value

_TLD = "com|cn|net|org|edu|gov|co|uk|de|jp|fr|io|me|info|cc|hk|tw|us|ca|au|vip|top|xyz|ru|eu|nl|it|es|ch|in|kr|br"
_LOCAL = r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63}"
_LABEL = r"[A-Za-z0-9][A-Za-z0-9\-]{0,62}"
_AT = r"\s{0,2}(?:@|[(\[{<]\s?(?:at|@|a)\s?[)\]}>]|艾特|圈a|#)\s{0,2}"
_DOT = r"(?:\s?\.\s?|\s?[(\[{<]\s?(?:\.|dot|点)\s?[)\]}>]\s?|\s?点\s?|。|\sdot\s)"
_PROVIDER = "qq|163|126|139|189|gmail|sina|hotmail|outlook|yahoo|foxmail|icloud"
EMAIL = (
    rule("EMAIL", rf"{_LOCAL}@{_LABEL}(?:\.{_LABEL})+"),
    rule("EMAIL", rf"{_LOCAL}{_AT}{_LABEL}(?:{_DOT}{_LABEL}){{0,2}}{_DOT}(?:{_TLD})(?![A-Za-z0-9])"),
    rule("EMAIL", rf"{_LOCAL}\s+at\s+{_LABEL}(?:\s+dot\s+{_LABEL}){{0,2}}\s+dot\s+(?:{_TLD})\b"),
    rule("EMAIL", rf"{_LOCAL}\s+at\s+(?:{_PROVIDER})\s?(?:\.|dot)\s?(?:com|net|cn)\b"),
    rule(
        "EMAIL",
        rf"{_LOCAL}{_AT}(?:{_PROVIDER})(?:com)?\b",
    ),
)

_NICK = r"(?:[A-Za-z][A-Za-z0-9_.\-]{3,24}[A-Za-z0-9_]|[0-9]{5,12})"
_NICK_WITH_DIGIT = (
    r"(?:(?=[A-Za-z_.\-]*[0-9]|[A-Za-z0-9]*_)[A-Za-z][A-Za-z0-9_.\-]{2,24}[A-Za-z0-9_]|[0-9]{5,12})"
)
_APPS_ZH = (
    r"(?:微信|薇信|威信|徽信|徵信|微❤|微♥|威❤|威♥|微x|薇|扣扣|企鹅|球球|抖音|快手|小红书|旺旺|微博|陌陌|公众号|飞信|[加➕+]微|[加➕+]薇"
    r"|(?<![A-Za-z])(?:v信|v❤|weixin|wei信|vx|v x|wx|w x|qq|q q|b站)|加我?[vq]|扣(?=\s?[0-9]{6}))"
)
_AS_ZH = r"\s?(?:群|号|號|帐号|账号|id|号码)?\s?(?:是|为|加|搜)?\s?"
_APPS_EN = (
    r"\b(?:wechat|telegram|tg|instagram|insta|ins|ig|snapchat|snap|skype|line id|whatsapp|facebook|fb|twitter|discord"
    r"|tiktok|kik|viber)(?:\sme)?(?:\s(?:id|handle|name|username|user))?"
)
_NOT_PERSON = "amazon|jd|taobao|tmall|ebay|walmart|bestbuy|apple|home|work|night|school|all|least|most|first|the|this|that|its"


def _is_handle(match: re.Match[str]) -> bool:
    return len(set(value(match))) > 2 and not is_moment(digits(match))


HANDLE = (
    rule("HANDLE", rf"{_APPS_ZH}{_AS_ZH}[:;,=+]\s?@?(?P<v>{_NICK})(?![A-Za-z0-9])", check=_is_handle),
    rule(
        "HANDLE",
        rf"(?:加v|(?<![A-Za-z])vx|加薇|薇信|加q|加我v|(?<![A-Za-z])v信|微❤|威信|徽信)\s?(?:号|是|为)?\s?(?P<v>{_NICK})",
        r"(?![A-Za-z0-9])",
        check=_is_handle,
    ),
    rule("HANDLE", rf"{_APPS_ZH}{_AS_ZH}@?(?P<v>{_NICK_WITH_DIGIT})(?![A-Za-z0-9])", check=_is_handle),
    rule("HANDLE", rf"(?:微博|抖音|快手|小红书|b站)\s?(?P<v>@[{HAN}\w\-]{{2,20}})"),
    rule(
        "HANDLE",
        r"(?:t\.me|wa\.me|(?:facebook|instagram|twitter|tiktok|weibo|x)\.com|discord\.gg)/(?P<v>@?[\w.\-]{2,40})",
    ),
    rule("HANDLE", rf"{_APPS_EN}\s?(?::|=|@)\s?@?(?P<v>{_NICK})(?:#[0-9]{{4}})?", check=_is_handle),
    rule(
        "HANDLE",
        rf"{_APPS_EN}(?:\sis)?\s@?(?P<v>{_NICK_WITH_DIGIT}(?:#[0-9]{{4}})?)(?![A-Za-z0-9])",
        check=_is_handle,
    ),
    rule(
        "HANDLE",
        rf"(?<![\w.@])@(?!(?:{_NOT_PERSON})\b)[A-Za-z_][A-Za-z0-9_.\-]{{1,28}}[A-Za-z0-9_](?![A-Za-z0-9@])",
    ),
    rule(
        "HANDLE",
        rf"(?<![\w.@])@(?!{_NOT_PERSON}|京东|客服)[0-9]{{0,4}}[{HAN}A-Za-z][{HAN}A-Za-z0-9_\-]{{1,15}}(?=[\s,，。!！:：]|$)",
    ),
)
