"""Orders and parcels, identity papers, cards, phones, network addresses and licence plates."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address

from unmet.ingest.checksums import is_citizen_number, is_luhn, is_moment
from unmet.ingest.privacy_rule import HAN, IS, at_least, digits, rule

_N = "0-9零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"  # a digit, also written in Chinese
_NOT_PART = r"(?<![0-9A-Za-z./=_\-])"  # not inside a web address, a decimal or a model name

# --- orders and parcels ---------------------------------------------------------------------------


def _is_order(match: re.Match[str]) -> bool:
    number = digits(match)
    return len(number) >= 5 and not (is_moment(number) and len(number) == 8)


def _is_long_number(match: re.Match[str]) -> bool:
    """A run of ten or more digits that is no date, book or bar code, counting row or repetition."""
    number = match.group()
    if len(set(number)) <= 2 or is_moment(number):
        return False
    if len(number) == 13 and number.startswith(("978", "979")):
        return False
    if number in "12345678901234567890" or number in "01234567890123456789":
        return False
    before = match.string[max(0, match.start() - 8) : match.start()].lower()
    return not re.search(r"(?:isbn|upc|ean|asin|sku|条码|货号|型号|书号)[\s:号是]*$", before)


_ORDER_CUE_ZH = (
    "(?:订单|訂單|运单|運單|快递|快遞|物流|流水|发票|發票|交易|退款|退货|售后|工单|服务单|包裹|ems)"
    "(?:编|編|尾)?(?:单|單)?(?:号|號)?(?:码|碼)?|(?:单|單)(?:号|號)|取件码|提货码"
)
_ORDER_CUE_EN = (
    r"\b(?:order|tracking|invoice|rma|confirmation|reference|ref|case|ticket|waybill|shipment|consignment"
    r"|transaction|return|receipt|claim|parcel)s?(?:\s+(?:number|num|no\b\.?|id|code|#|ref(?:erence)?))?"
)
ORDER = (
    rule("ORDER", r"(?<![A-Z0-9])(?P<v>1Z[0-9A-Z]{16})(?![A-Z0-9])"),
    rule("ORDER", r"(?<![0-9])[0-9]{3}-[0-9]{7}-[0-9]{7}(?![0-9])"),
    rule(
        "ORDER",
        r"(?<![A-Za-z0-9])(?:SF|YT|JD|JDV[A-Z]?|JDX|JDK|JT|ZTO|STO|ZT|EMS|YD|YZ|DPK|DB|LP|TBA|UUS|HTKY|CN)",
        r"[0-9]{9,20}(?![0-9])",
    ),
    rule("ORDER", r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{9}[A-Z]{2}(?![A-Za-z0-9])", flags=0),
    rule(
        "ORDER",
        rf"(?:{_ORDER_CUE_ZH}){IS}(?P<v>[A-Z]{{0,4}}-?[0-9][A-Z0-9\-]{{4,30}})(?![元块件天分%])",
        check=_is_order,
    ),
    rule(
        "ORDER",
        rf"{_ORDER_CUE_EN}{IS}(?P<v>[A-Z]{{0,4}}-?[0-9](?:[A-Z0-9]|[- ](?=[0-9])){{4,36}})",
        r"(?!\s?(?:dollars|usd|times|mm))",
        check=_is_order,
    ),
)
LONG_NUMBER = (
    rule("ORDER", _NOT_PART, r"[0-9]{10,40}(?![0-9个次倍遍])(?!\.[0-9])(?! times)", check=_is_long_number),
)

# --- identity papers and cards --------------------------------------------------------------------


def _is_citizen(match: re.Match[str]) -> bool:
    return is_citizen_number(re.sub(r"[^0-9Xx]", "", match.group()))


def _is_card(match: re.Match[str]) -> bool:
    number = digits(match)
    return 13 <= len(number) <= 19 and number[0] in "3456" and len(set(number)) > 2 and is_luhn(number)


_ID_CUE = (
    r"身份证|身份證|身分證|证件|護照|护照|通行证|通行證|回乡证|台胞证|驾驶证|驾照|社保卡?|军官证|居住证|passport|ssn"
    r"|social security|driver'?s? licen[sc]e|driving licen[sc]e|national insurance|ni number|id card|id number|id no"
    r"|chinese id|tax id|national id"
)
IDENTITY = (
    rule(
        "ID",
        rf"(?:{_ID_CUE}){IS}(?P<v>(?:[A-Z]{{1,2}}\s?)?[0-9](?:[ \-]?[0-9]){{5,17}}\s?[XA-D]?)(?![A-Z0-9])",
        check=at_least(6),
    ),
    rule(
        "ID",
        r"(?<![0-9A-Za-z])[1-8][0-9]{5}[ \-]?(?:19|20)[0-9]{2}[ \-]?[01][0-9][0-3][0-9][ \-]?[0-9]{3}[0-9X]",
        r"(?![0-9A-Za-z])",
        check=_is_citizen,
    ),
)
_CARD_CUE = (
    r"卡号|卡號|银行卡|銀行卡|信用卡|借记卡|储蓄卡|工资卡|账号|帐号|賬號|帳號|账户|户头|支付宝|visa|mastercard|amex"
    r"|(?:credit |debit |bank )?card(?: (?:number|no\.?|ending in))?|(?:bank )?account(?: (?:number|no\.?))?"
)
CARD = (
    rule("CARD", r"\b(?:IBAN\s*:?\s*)?(?P<v>[A-Z]{2}[0-9]{2}\s?[A-Z]{4}\s?(?:[0-9]{4}\s?){3,5}[0-9]{0,2})\b"),
    rule(
        "CARD", rf"(?:{_CARD_CUE}){IS}(?P<v>[0-9](?:[ \-]?[0-9]){{11,18}})(?![0-9A-Za-z])", check=at_least(12)
    ),
    rule(
        "CARD",
        r"(?<![0-9A-Za-z.])[0-9]{4}([ \-])[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{1,3})?(?![0-9A-Za-z])",
    ),
    rule("CARD", _NOT_PART, r"[0-9](?:[ \-]?[0-9]){12,18}(?![0-9A-Za-z])", check=_is_card),
)

# --- phones ---------------------------------------------------------------------------------------


def _is_phone_like(match: re.Match[str]) -> bool:
    number = digits(match)
    return 7 <= len(number) <= 15 and not is_moment(number) and len(set(number)) > 2


def _is_international(match: re.Match[str]) -> bool:
    return (9 if match.group().startswith("0") else 8) <= len(digits(match)) <= 16


_BARE = r"(?<![0-9.=])(?<![A-Za-z]/)"
_SEP = r"(?: ?[\-.—–_/*·] ?|-{2}|—{2}| {1,2})"
_COUNTRY = r"(?:(?:\+|00|\()?\s?86\s?\)?[\s\-]{0,2})?"
_EXTENSION = r"(?:\s?(?:转|轉|分机|ext\.?|x|#)\s?[0-9]{2,6})?"
_FIRST3 = rf"[1一壹幺][3-9三四五六七八九叁肆伍陆柒捌玖][{_N}]"
_GROUPS = (
    rf"(?P<s>{_SEP})(?:[{_N}]{{4}}(?P=s)[{_N}]{{4}}|[{_N}]{{5}}(?P=s)[{_N}]{{3}}|[{_N}]{{3}}(?P=s)[{_N}]{{5}}|[{_N}]{{8}})"
    rf"|[{_N}](?P<s2>{_SEP})[{_N}]{{4}}(?P=s2)[{_N}]{{3}}|[{_N}]{{4}}{_SEP}[{_N}]{{4}}|[{_N}]{{2}}{_SEP}[{_N}]{{6}}"
)
_PHONE_CUE = (
    r"电话|電話|手机号码?|手機號?碼?|手机|手機|联系方式|聯繫方式|致电|拨打|回电|打给|座机|热线|热線|号码|號碼"
    r"|\b(?:phone|tel|telephone|call(?:ed|ing)?|text(?:ed)?|cell|mobile|fax|contact|hotline|whatsapp)"
    r"(?: (?:number|no\.?|me|us|them|him|her))?(?: (?:at|on))?"
)
PHONE = (
    rule("PHONE", rf"{_BARE}{_COUNTRY}{_FIRST3}[{_N}]{{8}}(?![{_N}])(?!\.[0-9])"),
    rule("PHONE", rf"{_BARE}(?<![A-Za-z]){_COUNTRY}(?:{_FIRST3}|[lI][3-9][0-9])(?:{_GROUPS})(?![{_N}])"),
    rule(
        "PHONE",
        rf"{_BARE}[1一壹幺](?P<s>[ \-.,_/*]{{1,2}})[3-9三四五六七八九](?:(?P=s)[{_N}]){{9}}(?![{_N}])",
    ),
    rule(
        "PHONE",
        r"(?<![0-9./=\-])\(?0(?:10|2[0-9]|[3-9][0-9]{2})\)?[\s\-—]{0,2}[2-8][0-9]{2,3}[\s\-]?[0-9]{4}",
        rf"{_EXTENSION}(?![0-9])",
    ),
    rule("PHONE", rf"\+\s?86[\s\-]?[0-9]{{2,3}}[\s\-]?[0-9]{{3,4}}[\s\-]?[0-9]{{4}}{_EXTENSION}(?![0-9])"),
    rule("PHONE", rf"{_BARE}[48]00[\- ]?(?:[0-9]{{3}}[\- ]?[0-9]{{4}}|[0-9]{{4}}[\- ]?[0-9]{{3}})(?![0-9])"),
    rule(
        "PHONE",
        rf"{_BARE}(?:\+?1[\-. ]?)?(?:\([2-9][0-9]{{2}}\)[\- ]?|[2-9][0-9]{{2}}(?P<s>[\-. ]))[0-9]{{3}}[\-. ][0-9]{{4}}",
        rf"{_EXTENSION}(?![0-9])",
    ),
    rule(
        "PHONE",
        rf"{_BARE}0(?:7[0-9]{{3}}[ \-]?[0-9]{{3}}[ \-]?[0-9]{{3}}|2[0-9][ \-]?[0-9]{{4}}[ \-]?[0-9]{{4}}",
        r"|1[0-9]{2,3}[ \-]?[0-9]{3}[ \-]?[0-9]{3,4})(?![0-9])",
    ),
    rule(
        "PHONE",
        rf"(?:(?<![\w.])\+|{_BARE}00)[1-9][0-9]{{0,2}}[ \-.]?(?:\(?[0-9]{{1,5}}\)?[ \-.]?){{1,5}}[0-9]{{2,4}}(?![0-9])",
        check=_is_international,
    ),
    rule(
        "PHONE",
        rf"(?:{_PHONE_CUE})[^0-9\w\n]{{0,4}}(?:是|为|number|is|at|on|to)?[^0-9\w\n]{{0,3}}",
        r"(?P<v>[0-9]{7,12}|[0-9]{3,4}-[0-9]{3,4}(?:-[0-9]{3,4})?)(?![0-9元块\-.])(?!mah|毫安)",
        check=_is_phone_like,
    ),
    rule("PHONE", r"\bnumber\s?(?:is|:|was)?\s*(?P<v>[2-9][0-9]{9})(?![0-9])", check=_is_phone_like),
)

# --- network addresses and plates -----------------------------------------------------------------

_VERSION_CUE = re.compile(r"(?:version|ver\.?|v|版本|系统|固件|firmware|os|驱动|driver)[\s:号是]*$")
_ADDRESS_CUE = re.compile(r"ip|address|地址|dns|登录")


def _is_ip(match: re.Match[str]) -> bool:
    """Four numbers below 256 that are no software version; a first number below 10 needs a cue."""
    parts = [int(part) for part in match["v"].split(":")[0].split(".")]
    before = match.string[max(0, match.start() - 12) : match.start()].lower()
    if max(parts) > 255 or _VERSION_CUE.search(before):
        return False
    return parts[0] >= 10 or _ADDRESS_CUE.search(before) is not None


def _is_ip6(match: re.Match[str]) -> bool:
    try:
        IPv6Address(match.group())
    except AddressValueError:
        return False
    return len(match.group()) > 6


IP = (
    rule(
        "IP", r"(?<![\w.])(?P<v>[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]{2,5})?)(?![\w]|\.[0-9])", check=_is_ip
    ),
    rule("IP", r"(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])", check=_is_ip6),
    rule("IP", r"(?<![\w:])(?:[0-9a-f]{2}[:\-]){5}[0-9a-f]{2}(?![\w:])"),
)

PROVINCES = "京津沪渝冀豫辽黑湘皖鲁苏浙赣鄂桂甘晋蒙陕吉闽粤川琼滬魯蘇贛粵陝閩遼"
_RARE_PROVINCES = "云新青宁藏贵"  # also ordinary words before a model: 全新Y7000P
_PLATE_BODY = r"[·•・\s\-]?[A-HJ-NP-Z0-9]{5,6}(?![A-Za-z0-9])"


def _is_plate(match: re.Match[str]) -> bool:
    return len(digits(match)) >= (3 if match.group()[:2].upper() == match.group()[:2] else 4)


PLATE = (
    rule("PLATE", rf"[{PROVINCES}][A-HJ-NP-Z]{_PLATE_BODY}", check=_is_plate),
    rule("PLATE", rf"[{_RARE_PROVINCES}][A-HJ-NP-Z][·•・][A-HJ-NP-Z0-9]{{5,6}}"),
    rule("PLATE", rf"(?:车牌|牌照|車牌)号?\s?[:是为]?\s?(?P<v>[{HAN}][A-Z]{_PLATE_BODY})"),
    rule(
        "PLATE",
        rf"\b(?:licen[sc]e plate|number plate|plate (?:number|no\.?)|registration number|reg no\.?){IS}",
        r"(?P<v>(?=[A-Z\- ]{0,6}[0-9])[A-Z0-9]{1,4}[\- ]?[A-Z0-9]{2,4}(?:[\- ][A-Z0-9]{1,3})?)\b",
        check=at_least(2),
    ),
)
