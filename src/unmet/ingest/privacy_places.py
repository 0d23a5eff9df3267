"""Street addresses and names of persons, Chinese and English."""

from __future__ import annotations

import re

from unmet.ingest.privacy_rule import HAN, IS, rule

# --- Chinese addresses: administrative chain, road and door, or estate, building and unit -----------

_C = r"[A-Za-z]?[0-9]{1,4}[A-Za-z]?"
_CN = r"[一二三四五六七八九十百]{1,4}"
# Atomic: a text of nothing but 市区县 must not send the search through all its divisions.
_ADMIN = (
    rf"(?>(?:[{HAN}]{{2,10}}?(?:省|自治区|自治州|特别行政区|市|盟|区|區|县|縣|旗|镇|鎮|乡|鄉|街道|新区|开发区|村)"
    r"\s?){1,6})"
)
_ROAD = (
    rf"[{HAN}]{{1,9}}?(?:路|街|大街|大道|巷|胡同|道|弄|马路|條|条)(?:[东南西北中段一二三四五六]{{1,3}}段?)?"
)
_DOOR = (
    rf"(?:{_C}|{_CN}|[A-Z](?=[座栋幢棟]))(?:[\-—][0-9]{{1,4}})?\s?"
    r"(?:号院|号楼|號樓|号宿舍楼?|号|號|弄|巷|栋|幢|棟|座|单元|單元|楼|樓|层|層|室|房|组|期|排|户)"
)
_BUILDING = rf"(?:{_C}|{_CN}|[A-Z])\s?(?:号楼|號樓|号宿舍楼?|栋|幢|棟|座)"
_UNIT = rf"(?:{_C}|{_CN})\s?(?:单元|單元|门|梯)"
_TAIL = rf"(?:[\s,，附]{{0,2}}{_DOOR}){{0,5}}(?:\s?[0-9]{{2,4}}(?:室|房|号|號)?(?![0-9元块天年月个]))?"
_ESTATE = (
    r"(?:小区|花园|花苑|苑|园|府|庭|湾|城|里|公寓|大厦|广场|家园|社区|宿舍|学院|大学|学部|校区|公馆|新村|山庄|大院"
    r"|科技园|园区|南区|北区|东区|西区|中心|国际)"
)
_TIME_WORD = re.compile(
    r"\s?(?:到|买|下单|收|发|送|才|晚|早|上午|下午|拍|付|安装|就|开始|之前|之后|左右|修|的)"
)
_LEAD = re.compile(
    r".{0,12}(?:住在|寄到|送到|发到|送去|运到|地址是|地址为|地址|位于|定在|家在|搬到|来自|快递到|就在|配送到|还有|拿去"
    r"|[在到是于往去了有给])[:：\s]{0,2}(?=.{4})"
)


def _is_door(match: re.Match[str]) -> bool:
    """Not "on that road, on the 5th": a lone small number followed by a word of time."""
    last = re.search(r"([0-9]+)\s?[号號]$", match.group())
    if last is None or int(last[1]) > 31 or re.search("[省市区县镇區縣]", match.group()):
        return True
    return _TIME_WORD.match(match.string, match.end()) is None


def trim_lead(view: str, start: int, end: int) -> int:
    """Start of an address without the words before it ("我住在…")."""
    lead = _LEAD.match(view, start, end)
    return lead.end() if lead else start


_ADDRESS_ZH = (
    rule(
        "ADDRESS",
        rf"{_ADMIN}(?:[{HAN}A-Za-z0-9 ]{{0,16}}?{_ROAD}\s?{_DOOR}|[{HAN}]{{0,14}}?{_ESTATE}?\s?{_BUILDING}",
        r"|(?:(?<=村)|(?<=[东西南北]区))\s?[0-9]{1,4}[号號]",
        rf"|[{HAN}]{{0,10}}[0-9]{{1,3}}组\s?[0-9]{{1,4}}[号號]){_TAIL}",
        check=_is_door,
    ),
    rule(
        "ADDRESS",
        rf"[{HAN}]{{2,9}}?(?:路|街|大街|大道|巷|胡同|弄)(?:[东南西北中一二三四五六]{{1,2}}[段路街])?\s?{_C}",
        rf"(?:[\-—][0-9]{{1,4}})?\s?(?:号院|号楼|号|號|弄|巷)(?!线|机|色|电池|字|码|手|球|键){_TAIL}",
        check=_is_door,
    ),
    rule(
        "ADDRESS",
        rf"[{HAN}]{{2,12}}?{_ESTATE}\s?(?:(?:{_C}|{_CN})(?:期|区|號院|号院)){{0,2}}\s?{_BUILDING}{_TAIL}",
    ),
    rule("ADDRESS", rf"{_BUILDING}\s?{_UNIT}\s?(?:[0-9]{{2,4}}(?:室|号|房)?)?"),
)

# --- English addresses ----------------------------------------------------------------------------

_STATE = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK"
    "|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|DC|NSW|VIC|QLD|ON|BC|QC|AB"
)
_ROAD_TYPE = r"Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Highway|Hwy|Parkway|Pkwy|Terrace|Crescent"
_LOOSE_TYPE = r"Drive|Dr|Court|Ct|Circle|Cir|Place|Pl|Way|Square|Sq|Close|Gardens|Mews|Trail|Trl"
_NOT_STREET = (
    r"(?!(?:star|inch|inches|pack|minutes?|hours?|days?|weeks?|years?|months?|miles?|mph|km|way|pieces?|pcs?|gb|tb|mb|flash"
    r"|hard|disk|disc|usb|door|wheel|feet|foot|ft|lbs?|oz|of|the|and|or|to|in|on|for|more|other|different|small|large|good"
    r"|great|times?|ultimate|original|main reason)\b)"
)
_NUMBER = r"(?<![0-9.$#\w\-])[0-9]{1,5}[A-D]?(?:-[0-9]+)?\s"
_COMPASS = r"(?:(?:N|S|E|W|NE|NW|SE|SW)\.?\s|(?:North|South|East|West)\s)?"
_WORD = r"(?:[0-9]{1,3}(?:st|nd|rd|th)|[A-Z][A-Za-z'\-]+)"
_AFTER = (
    r"\.?(?:,?\s+(?:NE|NW|SE|SW|N|S|E|W)\b\.?)?(?:,?\s*(?:[Aa]pt|[Aa]partment|[Uu]nit|[Ss]uite|[Ss]te|#)\.?\s*\w{1,5})?"
    rf"(?:,?\s+[A-Z][a-z]+(?:\s[A-Z][a-z]+)?,?\s+(?:(?:{_STATE})\b(?:\s+[0-9]{{5}}(?:-[0-9]{{4}})?)?"
    r"|[A-Z]{1,2}[0-9][A-Z0-9]?\s[0-9][A-Z]{2}\b))?"
)
_DOOR_EN = r"(?:\b(?:Apt|Flat|Unit|Suite|Apartment)\.?\s\w{1,5},\s)?"
_ADDRESS_EN = (
    rule(
        "ADDRESS",
        rf"{_DOOR_EN}{_NUMBER}{_COMPASS}{_NOT_STREET}",
        rf"(?:(?:{_WORD}\s){{1,3}}(?:{_ROAD_TYPE})|(?:{_WORD}\s){{1,2}}(?:{_LOOSE_TYPE}))\b(?!\s[a-z]*(?:bays?|dogs?)\b)(?!\.\s?Bernard)",
        _AFTER,
        flags=0,
    ),
    rule(
        "ADDRESS",
        rf"(?<![0-9.$#\w\-])[0-9]{{3,5}}[a-d]?\s(?:[nsew]\.?\s)?{_NOT_STREET}(?:[a-z']{{3,}}\s|[0-9]{{1,3}}(?:st|nd|rd|th)\s){{1,2}}",
        r"(?:street|st|avenue|ave|road|rd|blvd|boulevard)\b\.?",
    ),
    rule("ADDRESS", r"\bP\.?\s?O\.?\s?Box\s#?[0-9]{1,6}"),
    rule(
        "ADDRESS",
        rf"\b[A-Z][a-z]+(?:\s[A-Z][a-z]+)?,?\s(?:{_STATE}),?\s[0-9]{{5}}(?:-[0-9]{{4}})?(?![0-9])",
        flags=0,
    ),
    rule(
        "ADDRESS",
        rf"(?<![A-Za-z])(?:zip(?:\s?code)?|post\s?code|postal code|邮编|郵編|邮政编码){IS}",
        r"(?P<v>[A-Z]{1,2}[0-9][A-Z0-9]?\s?[0-9][A-Z]{2}|[0-9]{5,6}(?:-[0-9]{4})?)(?![A-Z0-9])",
    ),
)
ADDRESS = (*_ADDRESS_ZH, *_ADDRESS_EN)

# --- names ----------------------------------------------------------------------------------------

_SURNAME = (
    "(?:欧阳|上官|司马|诸葛|[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
    "張劉陳楊趙黃吳孫羅鄭謝韓馮許蕭鄧葉])"
)
_END = r"(?=[\s,，。.!！;；、)）?？]|$|[0-9])"
_CUE = "(?:联系人|聯繫人|收货人|收貨人|收件人|签收人|寄件人)"
NAME = (
    rule("NAME", rf"(?:{_CUE}|姓名|我叫|户主)\s?[:是]?\s?(?P<v>{_SURNAME}[{HAN}]{{1,2}}?){_END}"),
    rule("NAME", rf"{_CUE}\s?[:是]\s?(?P<v>[{HAN}]{{2,4}}){_END}"),
    rule(
        "NAME",
        rf"(?:客户|客戶|顾客|师傅|用户|找|联系|收件人|收货人|我是|订单)(?P<v>{_SURNAME}[{HAN}]{{0,2}}?)(?:先生|女士|小姐|师傅)",
    ),
    rule(
        "NAME",
        rf"(?<![{HAN}])(?!谢谢|万能|高级|金牌|方便)(?P<v>{_SURNAME}[{HAN}]{{1,2}})(?:先生|女士|小姐){_END}",
    ),
    rule(
        "NAME",
        r"\b(?:[Mm]y name is|[Rr]ecipient\s?:|[Nn]ame\s?:|[Cc]ontact (?:person|name)\s?:?|[Aa]ttn\.?\s?:?|[Ss]igned by"
        r"|[Cc]/o)\s(?P<v>[A-Z][a-z]+(?:\s[A-Z]\.|\s[A-Z][a-z]+)?\s(?:[A-Z]')?[A-Z][a-z]+)",
        flags=0,
    ),
)
