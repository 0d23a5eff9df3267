"""A second set, written by hand after the patterns: the private part stands between « and ».

It was scored once before anything was changed; docs/privacy.md gives that first score.
"""

from __future__ import annotations

HANDWRITTEN = """
phone 客服说留下«136 0011 2233»会给我回电话，一周了没消息
phone 电话打到«一三九 零零一一 二二三三»都没人接
phone 我电话«137-00112233»，下午在家
phone 售后电话:«(010)5512-3388»
phone 让我打«95338»转人工？不，打的是«0571-85110999-2»
phone 手机号«１８６　００１１　２２３３»
phone 麻烦联系«13600112233/13700112233»
phone 有需要的联系«l36-0011-2233»
phone 电话：«136.0011.2233»（微信同号）
phone 请打«86 136 0011 2233»
phone You can reach me on «(555) 010-4477 ext. 12»
phone ring «0161 496 0123» after 6pm
phone My cell is «555 010 4477», call any time
phone call «+33 6 12 34 56 78» or email
phone Phone «1 (800) 555-0199» is always busy
phone text «5550104477» for a discount
phone WhatsApp me: «+55 11 91234-5678»
email 邮箱是«lin_mei2001@foxmail.com»，请发教程
email 邮箱«lin.mei AT 163 DOT com»
email 发我«88991122 at qq.com»可以吗
email reach me: «k.brown (at) example (dot) org»
email mail «support-me@mail.shop.example.com», thanks
email 请发«linmei＃qq．com（＃换@）»
id 身份证«11010119900307 721X»被泄露
id 实名用的«440305198801011234»总是失败
id 护照«EA1234567»过不了关
id my passport, «X1234567», was photographed
id SSN: «219-09-9999»
card 卡号是«6222 0200 1234 5678 901»的那张
card 退到«6217-0012-3456-7890-123»建行卡
card my card ending... full number «4111 1111 1111 1111» was stored
card 建行«6227001234567890128»
order 京东订单«298112233445»还没发
order 单号：«YT8812345678901»三天没动
order 顺丰«SF1402233445566»派送中
order 我的订单编号为«2023 1112 2200 1234 5678»
order Order «#402-1234567-7654321» arrived broken
order UPS «1Z12345E0205271688» says delivered
order Invoice: «INV-2023-00871»
order tracking no «LX123456789CN»
order order # is «W123456789»
address 我家在«海淀区学院路37号»，送货师傅找不到
address 寄到«苏州市工业园区星湖街328号创意产业园5栋»就行
address «江南水都3区12栋2单元802»没人送
address 住«三环新城6号院9号楼1505»
address 东西送到«福建省泉州市晋江市陈埭镇岸兜村南区15号»
address 地址：«新北市板橋區文化路一段188巷5號3樓»
address They shipped it to «48 Willow Creek Rd» by mistake
address our place at «2210 NE 45th Ave, Portland, OR 97213»
address Send to «Suite 300, 99 Queen Street West»
address deliver to «15 Rose Gardens, York YO1 7HH»
address «P O Box 77»
handle 加薇«lin-mei-88»领红包
handle 威♥«linmei2001»
handle 扣«88991122»，备注返现
handle 有问题➕微«linmei_01»
handle 本人vx同手机号，QQ«88991122»
handle 小红书搜«@林妹妹的厨房»
handle ins：«lin.mei.88»
handle my insta is «lin_mei88»
handle Telegram «@linmei_shop»
handle find me on FB: «linmei.shop»
handle kik me «linmei88»
plate 我的车«粤B·F12345»
plate 车牌«苏E 88X66»被拍
ip 摄像头连到«203.0.113.77»这个陌生地址
name 收件人«欧阳晓丹»，麻烦改一下
name 联系人«陈先生»
name 我叫«林美玲»，第一次来这家店
name My name is «Linda Mae Brown» and I am upset
name Attn: «Karen O'Neil»
""".strip().splitlines()


def handwritten() -> list[tuple[str, str, list[tuple[int, int]]]]:
    """``(kind, text, spans of the private parts)`` of each case."""
    result = []
    for line in HANDWRITTEN:
        kind, marked = line.split(" ", 1)
        spans: list[tuple[int, int]] = []
        text, start = "", 0
        for character in marked:
            if character == "«":
                start = len(text)
            elif character == "»":
                spans.append((start, len(text)))
            else:
                text += character
        result.append((kind, text, spans))
    return result


def share_hidden(spans: list[tuple[int, int]], edits: tuple[tuple[int, int, int, int], ...]) -> float:
    """Share of the private letters and digits that the edits replace."""
    hidden = {position for _, _, first, last in edits for position in range(first, last)}
    places = [position for first, last in spans for position in range(first, last)]
    return sum(position in hidden for position in places) / len(places)
