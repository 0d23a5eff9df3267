"""What private data looks like, one rule per way of writing it.

Patterns read a *view* of the text of the same length in which full-width and circled characters are
plain ASCII (``privacy.mask`` makes it). Where a pattern has a group ``v``, only that group is
private; the cue before it ("order no.") stays. Rules are tried in order and the first to claim a
stretch of text keeps it, so named forms stand before bare shapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address

from unmet.ingest.checksums import is_citizen_number, is_luhn, is_moment

Check = Callable[[re.Match[str]], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """A way of writing one kind of private data; ``check`` may refuse a match."""

    kind: str
    pattern: re.Pattern[str]
    check: Check | None = None


HAN = "\u3400-\u9fff"
_N = "0-9零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖两"  # a digit, also written in Chinese
_TLD = "com|cn|net|org|edu|gov|co|uk|de|jp|fr|io|me|info|cc|hk|tw|us|ca|au|vip|top|xyz|ru|eu"
_STATE = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK"
    "|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|DC|NSW|VIC|QLD|ON|BC|QC|AB"
)
_IS = r"\s*(?:(?:号码|號碼|编号|編號|账号|号|號|是|为|為|number|num|no\b\.?|nr\.?|id|code|is|was|of|[:#=,.\-(\"'])\s*){0,4}"


def _digits(match: re.Match[str]) -> str:
    return re.sub(r"\D", "", _value(match))


def _value(match: re.Match[str]) -> str:
    return match["v"] if "v" in match.re.groupindex else match.group()


# ASCII: a Chinese character next to a Latin word or a digit is a boundary ("打phone").
def _rule(kind: str, pattern: str, check: Check | None = None, flags: int = re.IGNORECASE) -> Rule:
    return Rule(kind, re.compile(pattern, flags | re.ASCII), check)


# --- e-mail ---------------------------------------------------------------------------------------

_LOCAL = r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63}"
_LABEL = r"[A-Za-z0-9][A-Za-z0-9\-]{0,62}"
_AT = r"\s{0,2}(?:@|[(\[{<]\s?(?:at|@|a)\s?[)\]}>]|艾特|圈a|#)\s{0,2}"
_DOT = r"(?:\s?\.\s?|\s?[(\[{<]\s?(?:\.|dot|点)\s?[)\]}>]\s?|\s?点\s?|。|\sdot\s)"
EMAIL = (
    _rule("EMAIL", rf"{_LOCAL}@{_LABEL}(?:\.{_LABEL})+"),
    _rule("EMAIL", rf"{_LOCAL}{_AT}{_LABEL}(?:{_DOT}{_LABEL}){{0,2}}{_DOT}(?:{_TLD})(?![A-Za-z0-9])"),
    _rule("EMAIL", rf"{_LOCAL}\s+at\s+{_LABEL}(?:\s+dot\s+{_LABEL}){{0,2}}\s+dot\s+(?:{_TLD})\b"),
    _rule("EMAIL", rf"{_LOCAL}{_AT}(?:qq|163|126|139|189|gmail|sina|hotmail|outlook|yahoo|foxmail|icloud)(?:com)?\b"),
)

# --- orders and parcels ---------------------------------------------------------------------------


def _is_order(match: re.Match[str]) -> bool:
    value = _digits(match)
    return len(value) >= 5 and not (is_moment(value) and len(value) == 8)


def _is_long_number(match: re.Match[str]) -> bool:
    """A run of ten or more digits that is no date, book number, counting row or repetition."""
    number = match.group()
    if len(set(number)) <= 2 or is_moment(number):
        return False
    if len(number) == 13 and number.startswith(("978", "979")):
        return False
    return number not in "12345678901234567890" and number not in "01234567890123456789"


_ORDER_CUE_ZH = (
    "(?:订单|訂單|运单|運單|快递|快遞|物流|流水|发票|發票|交易|退款|退货|售后|工单|服务单|包裹|ems)(?:编|編|尾)?(?:单|單)?(?:号|號)?(?:码|碼)?"
    "|(?:单|單)(?:号|號)|取件码|提货码"
)
_ORDER_CUE_EN = (
    r"\b(?:order|tracking|invoice|rma|confirmation|reference|ref|case|ticket|waybill|shipment|consignment|transaction|return|receipt"
    r"|claim|parcel)s?(?:\s+(?:number|num|no\b\.?|id|code|#|ref(?:erence)?))?"
)
ORDER = (
    _rule("ORDER", r"(?<![A-Z0-9])(?P<v>1Z[0-9A-Z]{16})(?![A-Z0-9])"),
    _rule("ORDER", r"(?<!\d)\d{3}-\d{7}-\d{7}(?!\d)"),
    _rule("ORDER", r"(?<![A-Za-z0-9])(?:SF|YT|JD|JDV[A-Z]?|JDX|JDK|JT|ZTO|STO|ZT|EMS|YD|YZ|DPK|DB|LP|TBA|UUS|HTKY|CN)[0-9]{9,20}(?![0-9])"),
    _rule("ORDER", r"(?<![A-Za-z0-9])[A-Z]{2}\d{9}[A-Z]{2}(?![A-Za-z0-9])", None, 0),
    _rule("ORDER", rf"(?:{_ORDER_CUE_ZH}){_IS}(?P<v>[A-Z]{{0,4}}-?\d[A-Z0-9\-]{{4,30}})(?![元块件天分%])", _is_order),
    _rule("ORDER", rf"{_ORDER_CUE_EN}{_IS}(?P<v>[A-Z]{{0,4}}-?\d(?:[A-Z0-9]|[- ](?=\d)){{4,36}})(?!\s?(?:dollars|usd|times|mm))", _is_order),
)
LONG_NUMBER = (_rule("ORDER", r"(?<![\dA-Za-z.])\d{10,40}(?![\d])(?!\.\d)", _is_long_number),)

# --- identity papers and cards --------------------------------------------------------------------


def _is_citizen(match: re.Match[str]) -> bool:
    return is_citizen_number(re.sub(r"[^\dXx]", "", match.group()))


def _is_card(match: re.Match[str]) -> bool:
    number = _digits(match)
    return 13 <= len(number) <= 19 and number[0] in "3456" and len(set(number)) > 2 and is_luhn(number)


def _has_digits(least: int) -> Check:
    return lambda match: len(_digits(match)) >= least


_ID_CUE = (
    r"身份证|身份證|身分證|证件|護照|护照|通行证|通行證|回乡证|台胞证|驾驶证|驾照|社保卡?|军官证|居住证|passport|ssn|social security"
    r"|driver'?s? licen[sc]e|driving licen[sc]e|national insurance|ni number|id card|id number|id no|chinese id|tax id|national id"
)
IDENTITY = (
    _rule("ID", rf"(?:{_ID_CUE}){_IS}(?P<v>(?:[A-Z]{{1,2}}\s?)?\d(?:[ \-]?\d){{5,17}}\s?[XA-D]?)(?![A-Z0-9])", _has_digits(6)),
    _rule("ID", r"(?<![\dA-Za-z])[1-8]\d{5}[ \-]?(?:19|20)\d{2}[ \-]?[01]\d[0-3]\d[ \-]?\d{3}[\dX](?![\dA-Za-z])", _is_citizen),
)
_CARD_CUE = (
    r"卡号|卡號|银行卡|銀行卡|信用卡|借记卡|储蓄卡|工资卡|账号|帐号|賬號|帳號|账户|户头|(?:credit |debit |bank )?card(?: (?:number|no\.?|ending in))?"
    r"|visa|mastercard|amex|bank account|account(?: (?:number|no\.?))?|支付宝"
)
CARD = (
    _rule("CARD", r"\b(?:IBAN\s*:?\s*)?(?P<v>[A-Z]{2}\d{2}\s?(?:[A-Z]{4}\s?)(?:\d{4}\s?){3,5}\d{0,2})\b"),
    _rule("CARD", rf"(?:{_CARD_CUE}){_IS}(?P<v>\d(?:[ \-]?\d){{11,18}})(?![\dA-Za-z])", _has_digits(12)),
    _rule("CARD", r"(?<![\dA-Za-z.])\d{4}([ \-])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?(?![\dA-Za-z])", _has_digits(16)),
    _rule("CARD", r"(?<![\dA-Za-z.])\d(?:[ \-]?\d){12,18}(?![\dA-Za-z])", _is_card),
)

# --- phones ---------------------------------------------------------------------------------------


def _is_phone_like(match: re.Match[str]) -> bool:
    number = _digits(match)
    return 7 <= len(number) <= 15 and not is_moment(number) and len(set(number)) > 2


def _is_international(match: re.Match[str]) -> bool:
    return (9 if match.group().startswith("0") else 8) <= len(_digits(match)) <= 16


_SEP = r"(?: ?[\-.—–_/*·] ?|-{2}|—{2}| {1,2})"
_COUNTRY = r"(?:(?:\+|00|\()?\s?86\s?\)?[\s\-]{0,2})?"
_EXTENSION = r"(?:\s?(?:转|轉|分机|ext\.?|x|#)\s?\d{2,6})?"
_FIRST3 = rf"[1一壹幺][3-9三四五六七八九叁肆伍陆柒捌玖][{_N}]"
_PHONE_CUE = (
    r"电话|電話|手机号码?|手機號?碼?|手机|手機|联系方式|聯繫方式|致电|拨打|回电|打给|座机|热线|热線|号码|號碼"
    r"|\b(?:phone|tel|telephone|call(?:ed|ing)?|text(?:ed)?|cell|mobile|fax|contact|hotline|whatsapp)(?: (?:number|no\.?|me|us|them|him|her))?(?: (?:at|on))?"
)
PHONE = (
    _rule("PHONE", rf"(?<![\d.]){_COUNTRY}{_FIRST3}[{_N}]{{8}}(?![{_N}])(?!\.\d)"),
    _rule(
        "PHONE",
        rf"(?<![\d.]){_COUNTRY}{_FIRST3}(?:(?P<s>{_SEP})(?:[{_N}]{{4}}(?P=s)[{_N}]{{4}}|[{_N}]{{5}}(?P=s)[{_N}]{{3}}|[{_N}]{{3}}(?P=s)[{_N}]{{5}}"
        rf"|[{_N}]{{8}})|[{_N}](?P<s2>{_SEP})[{_N}]{{4}}(?P=s2)[{_N}]{{3}}|[{_N}]{{4}}{_SEP}[{_N}]{{4}}|[{_N}]{{2}}{_SEP}[{_N}]{{6}})(?![{_N}])",
    ),
    _rule("PHONE", rf"(?<![\d.])[1一壹幺](?P<s>[ \-.,_/*]{{1,2}})[3-9三四五六七八九](?:(?P=s)[{_N}]){{9}}(?![{_N}])"),
    _rule("PHONE", rf"(?<![\d.\-])\(?0(?:10|2\d|[3-9]\d{{2}})\)?[\s\-—]{{0,2}}[2-8]\d{{2,3}}[\s\-]?\d{{4}}{_EXTENSION}(?!\d)"),
    _rule("PHONE", rf"\+\s?86[\s\-]?\d{{2,3}}[\s\-]?\d{{3,4}}[\s\-]?\d{{4}}{_EXTENSION}(?!\d)"),
    _rule("PHONE", r"(?<![\d.])[48]00[\- ]?(?:\d{3}[\- ]?\d{4}|\d{4}[\- ]?\d{3})(?![\d])"),
    _rule("PHONE", rf"(?<![\d.])(?:\+?1[\-. ]?)?(?:\([2-9]\d{{2}}\)[\- ]?|[2-9]\d{{2}}(?P<s>[\-. ]))\d{{3}}[\-. ]\d{{4}}{_EXTENSION}(?![\d])"),
    _rule("PHONE", r"(?<![\d.])0(?:7\d{3}[ \-]?\d{3}[ \-]?\d{3}|2\d[ \-]?\d{4}[ \-]?\d{4}|1\d{2,3}[ \-]?\d{3}[ \-]?\d{3,4})(?![\d])"),
    _rule("PHONE", r"(?:(?<![\w.])\+|(?<![\d.])00)[1-9]\d{0,2}[ \-.]?(?:\(?\d{1,5}\)?[ \-.]?){1,5}\d{2,4}(?!\d)", _is_international),
    _rule("PHONE", rf"(?:{_PHONE_CUE})[^\d\w\n]{{0,4}}(?:是|为|number|is|at|on|to)?[^\d\w\n]{{0,3}}(?P<v>\d{{7,12}}|\d{{3,4}}-\d{{3,4}}(?:-\d{{3,4}})?)(?![\d元块\-.])(?!mah|毫安)", _is_phone_like),
    _rule("PHONE", r"\bnumber\s?(?:is|:|was)?\s*(?P<v>[2-9]\d{9})(?!\d)", _is_phone_like),
)

# --- handles --------------------------------------------------------------------------------------

_NICK = r"(?:[A-Za-z][A-Za-z0-9_.\-]{3,24}[A-Za-z0-9_]|\d{5,12})"
_NICK_WITH_DIGIT = r"(?:(?=[A-Za-z_.\-]*\d|[A-Za-z0-9]*_)[A-Za-z][A-Za-z0-9_.\-]{2,24}[A-Za-z0-9_]|\d{5,12})"
_APPS_ZH = (
    r"微信|薇信|威信|徽信|徵信|微❤|微x|v信|v❤|weixin|wei信|vx|v x|wx|w x|薇|qq|q q|扣扣|企鹅|球球|抖音|快手|小红书|旺旺|微博|陌陌|b站|公众号|加v|加q|加微|加薇|加我v|加我q|飞信"
)
_APPS_EN = r"wechat|telegram|tg|instagram|insta|ig|snapchat|snap|skype|line id|line|whatsapp|facebook|fb|twitter|discord|tiktok|kik|viber|signal|youtube"
_NOT_HANDLE = "amazon|jd|taobao|tmall|ebay|walmart|bestbuy|apple|home|work|night|school|all|least|most|first|the|this|that|its|京东|客服"


def _is_handle(match: re.Match[str]) -> bool:
    return len(set(_value(match))) > 2 and not is_moment(_digits(match))


HANDLE = (
    _rule("HANDLE", rf"(?:{_APPS_ZH})\s?(?:群|号|號|帐号|账号|id|号码)?\s?(?:是|为|加|搜)?\s?[:;,=+]\s?@?(?P<v>{_NICK})(?![A-Za-z0-9])", _is_handle),
    _rule("HANDLE", rf"(?:加v|vx|加薇|薇信|加q|加我v|v信|微❤|威信|徽信)\s?(?:号|是|为)?\s?(?P<v>{_NICK})(?![A-Za-z0-9])", _is_handle),
    _rule("HANDLE", rf"(?:{_APPS_ZH})\s?(?:群|号|號|帐号|账号|id|号码)?\s?(?:是|为|加|搜)?\s?@?(?P<v>{_NICK_WITH_DIGIT})(?![A-Za-z0-9])", _is_handle),
    _rule("HANDLE", rf"(?:微博|抖音|快手|小红书|b站)\s?(?P<v>@[{HAN}\w\-]{{2,20}})"),
    _rule("HANDLE", r"(?:t\.me|wa\.me|(?:facebook|instagram|twitter|tiktok|weibo|x)\.com|discord\.gg)/(?P<v>@?[\w.\-]{2,40})"),
    _rule("HANDLE", rf"\b(?:{_APPS_EN})(?:\s(?:id|handle|name|username|user))?\s?(?:is|:|=|\s@|@)\s?@?(?P<v>{_NICK})(?:#\d{{4}})?", _is_handle),
    _rule("HANDLE", rf"\b(?:{_APPS_EN})(?:\s(?:id|handle|name|username|user))?\s@?(?P<v>{_NICK_WITH_DIGIT}(?:#\d{{4}})?)(?![A-Za-z0-9])", _is_handle),
    _rule("HANDLE", rf"(?<![\w.@])@(?!(?:{_NOT_HANDLE})\b)[A-Za-z_][A-Za-z0-9_.\-]{{1,28}}[A-Za-z0-9_](?![A-Za-z0-9@])"),
    _rule("HANDLE", rf"(?<![\w.@])@(?!{_NOT_HANDLE})[{HAN}A-Za-z0-9_\-]{{2,15}}(?=[\s,，。!！:：]|$)"),
)

# --- addresses ------------------------------------------------------------------------------------

_C = r"[A-Za-z]?\d{1,4}[A-Za-z]?"
_CN = r"[一二三四五六七八九十百]{1,4}"
_ADMIN = rf"(?:[{HAN}]{{2,10}}?(?:省|自治区|自治州|特别行政区|市|盟|区|區|县|縣|旗|镇|鎮|乡|鄉|街道|新区|开发区|村)\s?){{1,6}}"
_ROAD = rf"[{HAN}]{{1,9}}?(?:路|街|大街|大道|巷|胡同|道|弄|马路|條|条)(?:[东南西北中段一二三四五六]{{1,3}}段?)?"
_DOOR = rf"(?:{_C}|{_CN})(?:[\-—]\d{{1,4}})?\s?(?:号院|号楼|號樓|号宿舍楼?|号|號|弄|栋|幢|棟|座|单元|單元|楼|樓|层|層|室|房|组|期|排|户)"
_BUILD = rf"(?:{_C}|{_CN}|[A-Z])\s?(?:号楼|號樓|号宿舍楼?|栋|幢|棟|座)"
_UNIT = rf"(?:{_C}|{_CN})\s?(?:单元|單元|门|梯)"
_TAIL = rf"(?:[\s,，附]{{0,2}}{_DOOR}){{0,5}}(?:\s?\d{{2,4}}(?:室|房|号|號)?(?!\d|[元块天年月个]))?"
_ESTATE = r"(?:小区|花园|花苑|苑|园|府|庭|湾|城|里|公寓|大厦|广场|家园|社区|宿舍|学院|大学|学部|校区|公馆|新村|山庄|大院|科技园|园区|南区|北区|东区|西区|中心|国际)"
_DATE_VERB = re.compile(r"\s?(?:到|买|下单|收|发|送|才|晚|早|上午|下午|拍|付|安装|就|开始|之前|之后|左右|修|的|号)")
_LEAD = re.compile(r".{0,12}?(?:住在|寄到|送到|发到|送去|运到|地址是|地址为|地址|位于|家在|搬到|来自|快递到|就在|配送到|[在到是于往])[:：\s]{0,2}(?=.{4})")


def _is_door(match: re.Match[str]) -> bool:
    """Not "on that road, on the 5th": a lone small number followed by a word of time."""
    last = re.search(r"(\d+)\s?[号號]$", match.group())
    if last is None or int(last[1]) > 31 or re.search("[省市区县镇區縣]", match.group()):
        return True
    return _DATE_VERB.match(match.string, match.end()) is None


_STREET = (
    r"Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Circle|Cir|Place|Pl|Terrace|Ter|Way|Square|Sq|Highway|Hwy"
    r"|Parkway|Pkwy|Close|Crescent|Gardens|Mews|Trail|Trl"
)
_NOT_STREET = (
    r"(?!(?:star|inch|inches|pack|minutes?|hours?|days?|weeks?|years?|months?|miles?|way|pieces?|pcs?|gb|tb|mb|flash|hard|disk|disc|usb|door|wheel"
    r"|feet|foot|ft|lbs?|oz|of|the|and|or|to|in|on|for|more|other|different|small|large|good|great|times?)\b)"
)
_COMPASS = r"(?:(?:N|S|E|W|NE|NW|SE|SW)\.?\s|(?:North|South|East|West)\s)?"
_NAME_WORD = r"(?:\d{1,3}(?:st|nd|rd|th)|[A-Z][A-Za-z'\-]+)"
_AFTER = rf"(?:,?\s+(?:NE|NW|SE|SW|N|S|E|W)\b\.?)?(?:,?\s*(?:[Aa]pt|[Aa]partment|[Uu]nit|[Ss]uite|[Ss]te|#)\.?\s*\w{{1,5}})?(?:,?\s+[A-Z][a-z]+(?:\s[A-Z][a-z]+)?,?\s+(?:(?:{_STATE})\b(?:\s+\d{{5}}(?:-\d{{4}})?)?|[A-Z]{{1,2}}\d[A-Z\d]?\s\d[A-Z]{{2}}\b))?"
ADDRESS = (
    _rule("ADDRESS", rf"{_ADMIN}(?:[{HAN}A-Za-z0-9 ]{{0,16}}?{_ROAD}\s?{_DOOR}|[{HAN}]{{0,14}}?{_ESTATE}?\s?{_BUILD}|[{HAN}]{{0,10}}\d{{1,3}}组\s?\d{{1,4}}[号號]){_TAIL}", _is_door),
    _rule("ADDRESS", rf"[{HAN}]{{2,9}}?(?:路|街|大街|大道|巷|胡同|弄)(?:[东南西北中一二三四五六]{{1,2}}[段路街])?\s?{_C}(?:[\-—]\d{{1,4}})?\s?(?:号院|号楼|号|號|弄)(?!线|机|色|电池|字|码|手|球|键){_TAIL}", _is_door),
    _rule("ADDRESS", rf"[{HAN}]{{2,12}}?{_ESTATE}\s?(?:{_C}期|{_CN}期)?\s?{_BUILD}{_TAIL}"),
    _rule("ADDRESS", rf"{_BUILD}\s?{_UNIT}\s?(?:\d{{2,4}}(?:室|号|房)?)?"),
    _rule("ADDRESS", rf"(?:\b(?:Apt|Flat|Unit|Suite|Apartment)\.?\s\w{{1,5}},\s)?(?<![\d.$#\w])\d{{1,5}}[A-Za-z]?(?:-\d+)?\s{_COMPASS}{_NOT_STREET}(?:{_NAME_WORD}\s){{1,3}}(?:{_STREET})\b(?!\s[a-z]*(?:bays?|drives?|dogs?|bernard)\b)\.?{_AFTER}", None, 0),
    _rule("ADDRESS", rf"(?<![\d.$#\w])\d{{2,5}}[a-z]?\s(?:[nsew]\.?\s)?{_NOT_STREET}(?:[a-z']+\s|\d{{1,3}}(?:st|nd|rd|th)\s){{1,2}}(?:street|st|avenue|ave|road|rd|blvd|boulevard)\b\.?"),
    _rule("ADDRESS", r"\bP\.?\s?O\.?\s?Box\s#?\d{1,6}"),
    _rule("ADDRESS", rf"\b[A-Z][a-z]+(?:\s[A-Z][a-z]+)?,?\s(?:{_STATE}),?\s\d{{5}}(?:-\d{{4}})?(?!\d)", None, 0),
    _rule("ADDRESS", rf"\b(?:zip(?:\s?code)?|post\s?code|postal code|邮编|郵編|邮政编码){_IS}(?P<v>[A-Z]{{1,2}}\d[A-Z\d]?\s?\d[A-Z]{{2}}|\d{{5,6}}(?:-\d{{4}})?)(?![A-Z0-9])"),
)

# --- plates, network addresses, names -------------------------------------------------------------

_PROVINCE = "京津沪渝冀豫辽黑湘皖鲁苏浙赣鄂桂甘晋蒙陕吉闽粤川琼滬魯蘇贛粵陝閩遼"


def _is_plate(match: re.Match[str]) -> bool:
    return len(_digits(match)) >= 3


_PLATE_BODY = r"[·•・\s\-]?[A-HJ-NP-Z0-9]{5,6}(?![A-Za-z0-9])"
PLATE = (
    _rule("PLATE", rf"[{_PROVINCE}][A-HJ-NP-Z]{_PLATE_BODY}", _is_plate),
    _rule("PLATE", rf"(?:[云新青宁藏贵][A-HJ-NP-Z][·•・][A-HJ-NP-Z0-9]{{5,6}}|(?:车牌|牌照|車牌)号?\s?[:是为]?\s?(?P<v>[{HAN}][A-Z]{_PLATE_BODY}))"),
    _rule("PLATE", r"\b(?:licen[sc]e plate|number plate|plate (?:number|no\.?)|plates?|registration number|reg no\.?)" + _IS + r"(?P<v>(?=[A-Z\- ]{0,6}\d)[A-Z0-9]{1,4}[\- ]?[A-Z0-9]{2,4}(?:[\- ][A-Z0-9]{1,3})?)\b", lambda match: len(_digits(match)) >= 2),
)


def _is_ip(match: re.Match[str]) -> bool:
    parts = [int(part) for part in match["v"].split(":")[0].split(".")]
    before = match.string[max(0, match.start() - 12) : match.start()].lower()
    if max(parts) > 255 or re.search(r"(?:version|ver\.?|v|版本|系统|固件|firmware|os|驱动|driver)[\s:号是]*$", before):
        return False
    return parts[0] >= 10 or bool(re.search(r"ip|address|地址|dns", before))


def _is_ip6(match: re.Match[str]) -> bool:
    number = match.group()
    try:
        IPv6Address(number)
    except AddressValueError:
        return False
    return len(number) > 6


IP = (
    _rule("IP", r"(?<![\w.])(?P<v>\d{1,3}(?:\.\d{1,3}){3}(?::\d{2,5})?)(?![\w]|\.\d)", _is_ip),
    _rule("IP", r"(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])", _is_ip6),
    _rule("IP", r"(?<![\w:])(?:[0-9a-f]{2}[:\-]){5}[0-9a-f]{2}(?![\w:])"),
)

_SURNAME = (
    "欧阳|上官|司马|诸葛|[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
    "張劉陳楊趙黃吳孫羅鄭謝韓馮許蕭鄧葉]"
)
_GIVEN = rf"[{HAN}]{{1,2}}?"
_NAME_END = r"(?=[\s,，。.!！;；、)）?？]|$|\d)"
NAME = (
    _rule("NAME", rf"(?:联系人|聯繫人|收货人|收貨人|收件人|签收人|寄件人|姓名|我叫|我是|本人|户主)\s?[:是]?\s?(?P<v>(?:{_SURNAME}){_GIVEN}){_NAME_END}"),
    _rule("NAME", rf"(?:联系人|聯繫人|收货人|收貨人|收件人|签收人|寄件人)\s?[:是]\s?(?P<v>[{HAN}]{{2,4}}){_NAME_END}"),
    _rule("NAME", rf"(?:客户|客戶|顾客|师傅|用户|找|联系|收件人|收货人|我是|订单)(?P<v>(?:{_SURNAME})[{HAN}]{{0,2}}?)(?:先生|女士|小姐|师傅)"),
    _rule("NAME", rf"(?<![{HAN}])(?P<v>(?:{_SURNAME})[{HAN}]{{1,2}})(?:先生|女士|小姐){_NAME_END}"),
    _rule("NAME", r"\b(?:[Mm]y name is|[Rr]ecipient\s?:|[Nn]ame\s?:|[Cc]ontact (?:person|name)\s?:?|[Aa]ttn\.?\s?:?|[Ss]igned by|[Cc]/o)\s(?P<v>[A-Z][a-z]+(?:\s[A-Z]\.)?\s(?:[A-Z]')?[A-Z][a-z]+)", None, 0),
)

RULES: tuple[Rule, ...] = (*EMAIL, *ORDER, *IDENTITY, *CARD, *IP, *HANDLE, *PLATE, *PHONE, *ADDRESS, *NAME, *LONG_NUMBER)
"""All rules in order of precedence."""


def trim_lead(view: str, start: int, end: int) -> int:
    """Start of an address without the words before it ("我住在…")."""
    lead = _LEAD.match(view, start, end)
    return lead.end() if lead else start
