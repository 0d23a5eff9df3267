"""Made-up private data as customers write it: the recall test of privacy masking.

Written before the patterns and from no real person's data. Every kind has *formats* (how the secret
is written) and *contexts* (the sentence around it). One third of each is held out: cases that use a
held-out format or context are scored apart and were not looked at while the patterns were written.
"""

# ruff: noqa: E501, PLC3002 - one way of writing per line, however long

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

Random = random.Random
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
HAN = str.maketrans("0123456789", "零一二三四五六七八九")
YAO = str.maketrans("0123456789", "〇幺二三四五六七八九")
BANK = str.maketrans("0123456789", "零壹贰叁肆伍陆柒捌玖")
CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")


@dataclass(frozen=True)
class Case:
    """``text[start:start + len(secret)]`` holds the secret, with its cue where the format has one."""

    kind: str
    text: str
    secret: str
    start: int
    held_out: bool


def is_masked(case: Case, edits: tuple[tuple[int, int, int, int], ...]) -> bool:
    """Whether what is left of the secret no longer gives it away."""
    hidden = {position for _, _, first, last in edits for position in range(first, last)}
    left = "".join(c for i, c in enumerate(case.secret, case.start) if i not in hidden)
    if case.kind == "name":
        return not any(c in SURNAMES for c in left) and not any(
            f in left or g in left for f, g in zip(FIRST, LAST, strict=True)
        )
    if case.kind == "address":
        return not re.search(r"\d", left) and len(left) <= max(9, len(case.secret) // 3)
    if case.kind == "email":
        return len(re.sub(r"[^A-Za-z0-9]", "", left)) <= len("mailto")
    if case.kind == "handle":
        handle = re.search(r"[^\s：:@/]+$", re.sub(r"^(?:[^\x00-\x7f]+|vx|V信|wx|QQ|qq群)", "", case.secret))
        return handle is None or handle.group().lstrip("是信群号") not in left
    return len(re.findall(r"[0-9０-９①-⑨⓪零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]", left)) <= 2


def digits(r: Random, n: int, first: str = "0123456789") -> str:
    return r.choice(first) + "".join(r.choice("0123456789") for _ in range(n - 1))


def mobile(r: Random) -> str:
    return r.choice(["13", "15", "17", "18", "19"]) + digits(r, 9)


def group(number: str, sizes: tuple[int, ...], separator: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at : at + size])
        at += size
    return separator.join(part for part in parts if part)


def luhn(r: Random, prefix: str, length: int) -> str:
    body = prefix + digits(r, length - len(prefix) - 1)
    total = 0
    for index, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if index % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


def citizen(r: Random) -> str:
    area = r.choice(["110105", "310104", "440305", "330106", "510107", "420106", "610113"])
    body = f"{area}{r.randint(1950, 2008)}{r.randint(1, 12):02d}{r.randint(1, 28):02d}{digits(r, 3)}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11]


def old_citizen(r: Random) -> str:
    return f"{r.choice(['110105', '320102'])}{r.randint(50, 85)}{r.randint(1, 12):02d}{r.randint(1, 28):02d}{digits(r, 3)}"


def nick(r: Random) -> str:
    stem = r.choice(
        ["lucky", "sunny", "wangxm", "zhao_li", "mr.chen", "kate", "lijie", "tom_w", "xiaoyu", "bluecat"]
    )
    return stem + r.choice(["", "_", ""]) + digits(r, r.choice([2, 3, 4]), "123456789")


def mailbox(r: Random) -> tuple[str, str]:
    user = r.choice(
        ["li.na", "wang_fang88", "tommy.w", "j-smith", "zhangwei1990", "amy+shop", "123456789", "kevin99"]
    )
    return user, r.choice(
        ["163.com", "qq.com", "gmail.com", "outlook.com", "126.com", "mail.example.co.uk", "sina.com.cn"]
    )


SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
)
GIVEN = [
    "伟",
    "芳",
    "娜",
    "秀英",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "军",
    "洋",
    "勇",
    "艳",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "秀兰",
    "霞",
    "建国",
    "志强",
    "小红",
    "子涵",
]
FIRST = ["John", "Emily", "Michael", "Sarah", "David", "Laura", "James", "Anna", "Robert", "Linda"]
LAST = ["Smith", "Carter", "Johnson", "Brown", "Miller", "Davis", "Wilson", "O'Brien", "Garcia", "Lee"]
STREETS = [
    "Maple",
    "Oak",
    "Evergreen",
    "Sunset",
    "Baker",
    "Washington",
    "Lincoln",
    "Cedar Hill",
    "Park",
    "Lake View",
]
CITIES = [("Springfield", "IL"), ("Austin", "TX"), ("Portland", "OR"), ("Denver", "CO"), ("Tampa", "FL")]

Format = Callable[[Random], str]

PHONE: list[Format] = [
    mobile,
    lambda r: group(mobile(r), (3, 4, 4), " "),
    lambda r: group(mobile(r), (3, 4, 4), "-"),
    lambda r: group(mobile(r), (3, 4, 4), "."),
    lambda r: group(mobile(r), (3, 5, 3), " "),
    lambda r: mobile(r).translate(WIDE),
    lambda r: "+86 " + mobile(r),
    lambda r: "+86-" + group(mobile(r), (3, 4, 4), "-"),
    lambda r: "86" + mobile(r),
    lambda r: "(86)" + mobile(r),
    lambda r: mobile(r).translate(HAN),
    lambda r: mobile(r).translate(YAO),
    lambda r: mobile(r).translate(BANK),
    lambda r: mobile(r)[:3] + "—" + digits(r, 4) + "—" + digits(r, 4),
    lambda r: " ".join(mobile(r)),
    lambda r: mobile(r).translate(CIRCLED),
    lambda r: mobile(r)[:3] + digits(r, 4).translate(HAN) + digits(r, 4),
    lambda r: group(mobile(r), (3, 4, 4), "/"),
    lambda r: group(mobile(r), (7, 4), " "),
    lambda r: "".join(d + "\ufe0f\u20e3" for d in mobile(r)),
    lambda r: group(mobile(r), (3, 4, 4), "*"),
    lambda r: r.choice(["010", "021", "020"]) + "-" + digits(r, 8, "2345678"),
    lambda r: f"({r.choice(['0755', '0571', '0512'])}){digits(r, 4, '2345678')} {digits(r, 4)}",
    lambda r: r.choice(["0755", "0571", "0512"]) + " " + digits(r, 8, "2345678"),
    lambda r: "021" + digits(r, 8, "56"),
    lambda r: "+86 21 " + group(digits(r, 8, "56"), (4, 4), " "),
    lambda r: r.choice(["010", "021"]) + "-" + digits(r, 8, "2345678") + "转" + digits(r, 3, "123456789"),
    lambda r: "400-" + digits(r, 3) + "-" + digits(r, 4),
    lambda r: "400" + digits(r, 7),
    lambda r: f"({digits(r, 3, '23456789')}) {digits(r, 3, '23456789')}-{digits(r, 4)}",
    lambda r: f"{digits(r, 3, '23456789')}-{digits(r, 3, '23456789')}-{digits(r, 4)}",
    lambda r: f"{digits(r, 3, '23456789')}.{digits(r, 3, '23456789')}.{digits(r, 4)}",
    lambda r: f"+1 {digits(r, 3, '23456789')} {digits(r, 3, '23456789')} {digits(r, 4)}",
    lambda r: f"1-{digits(r, 3, '23456789')}-{digits(r, 3, '23456789')}-{digits(r, 4)}",
    lambda r: f"{digits(r, 3, '23456789')} {digits(r, 3, '23456789')} {digits(r, 4)}",
    lambda r: digits(r, 3, "23456789") + digits(r, 3, "23456789") + digits(r, 4),
    lambda r: f"+1({digits(r, 3, '23456789')}){digits(r, 3, '23456789')}-{digits(r, 4)}",
    lambda r: "07" + digits(r, 3) + " " + digits(r, 6),
    lambda r: "+44 7" + digits(r, 3) + " " + digits(r, 6),
    lambda r: "020 7" + digits(r, 3) + " " + digits(r, 4),
    lambda r: "+61 4" + digits(r, 2) + " " + digits(r, 3) + " " + digits(r, 3),
    lambda r: "+852 9" + digits(r, 3) + " " + digits(r, 4),
    lambda r: "+886-9" + digits(r, 2) + "-" + digits(r, 3) + "-" + digits(r, 3),
    lambda r: "0049 170 " + digits(r, 7),
    lambda r: "+49170" + digits(r, 7),
]
PHONE_IN = [
    "质量太差了，有事打我电话{}，谢谢", "我的手机号是{}", "联系电话：{} 随时可以", "客服请回电{}！！", "tel:{}",
    "打{}没人接，差评", "电话{}", "手機：{}，請回覆", "有问题加我{}", "快递员给我的号码是{}让我自己去拿",
    "Please call me at {} to arrange the return.", "My number is {}.", "phone: {}", "Contact {} for a refund!!",
    "I called {} three times and nobody answered", "text me on {} thanks", "Cell {}",
]  # fmt: skip
EMAIL: list[Format] = [
    lambda r: "@".join(mailbox(r)),
    lambda r: "@".join(mailbox(r)).upper(),
    lambda r: " @ ".join(mailbox(r)),
    lambda r: "＠".join(mailbox(r)),
    lambda r: (lambda u, d: f"{u}(at){d}")(*mailbox(r)),
    lambda r: (lambda u, d: f"{u} [at] {d.replace('.', ' [dot] ')}")(*mailbox(r)),
    lambda r: (lambda u, d: f"{u} at {d.replace('.', ' dot ')}")(*mailbox(r)),
    lambda r: (lambda u, d: f"{u} AT {d.replace('.', ' DOT ')}")(*mailbox(r)),
    lambda r: (lambda u, d: f"{u}#{d}（#换成@）")(*mailbox(r)),
    lambda r: (lambda u, d: f"{u}#{d} 把#改成@")(*mailbox(r)),
    lambda r: (lambda u, d: f"{u}艾特{d}")(*mailbox(r)),
    lambda r: (lambda u, d: f"{u}[@]{d.replace('.', '[.]')}")(*mailbox(r)),
    lambda r: (lambda u, d: f"{u}@{d}".translate(WIDE).replace(".", "．"))(*mailbox(r)),
    lambda r: (lambda u, d: f"{u}@{d.replace('.', ' . ')}")(*mailbox(r)),
    lambda r: (lambda u, d: f"{u}(@){d}")(*mailbox(r)),
    lambda r: (lambda u, d: f"{u}@{d.replace('.', '点')}")(*mailbox(r)),
    lambda r: (lambda u, d: f"<{u}@{d}>")(*mailbox(r)),
    lambda r: (lambda u, d: f"mailto:{u}@{d}")(*mailbox(r)),
    lambda r: (lambda u, d: f"{u} (at) {d.replace('.', ' (dot) ')}")(*mailbox(r)),
]
EMAIL_IN = [
    "发票请发到邮箱{}谢谢", "我的邮箱：{}", "有问题写信给 {} 就行", "邮件 {}，等回复", "把资料发我{}吧", "E-mail：{}",
    "Write to me: {}", "My email is {} and nobody replied.", "contact {} for details", "Email {}!", "sent it to {} twice",
]  # fmt: skip
ID: list[Format] = [
    citizen,
    lambda r: citizen(r).lower(),
    lambda r: group(citizen(r), (6, 8, 4), " "),
    lambda r: group(citizen(r), (6, 8, 4), "-"),
    lambda r: citizen(r).translate(WIDE),
    old_citizen,
    lambda r: citizen(r)[:6] + " " + citizen(r)[6:14] + citizen(r)[14:],
    lambda r: group(citizen(r), (6, 4, 4, 4), " "),
]
ID_IN = [
    "海关要我上传身份证{}，真麻烦", "身份证号码：{}", "实名认证 身份证号{}", "我的身份证是{}泄露了怎么办", "证件号 {} 请核对", "清关用的身份证：{}。",
    "ID number: {}", "They asked for my Chinese ID {} at customs",
]  # fmt: skip
NAMED_ID: list[Format] = [
    lambda r: "护照号 E" + digits(r, 8),
    lambda r: "护照：G" + digits(r, 8),
    lambda r: "passport no. " + digits(r, 9),
    lambda r: "passport number: C" + digits(r, 8),
    lambda r: "港澳通行证C" + digits(r, 8),
    lambda r: f"SSN {digits(r, 3, '123456')}-{digits(r, 2)}-{digits(r, 4)}",
    lambda r: f"social security number is {digits(r, 3, '123456')} {digits(r, 2)} {digits(r, 4)}",
    lambda r: "driver's license D" + digits(r, 7),
    lambda r: "驾驶证号" + citizen(r),
    lambda r: f"national insurance number QQ {digits(r, 2)} {digits(r, 2)} {digits(r, 2)} C",
    lambda r: "身份证 " + digits(r, 18, "123456"),
]
NAMED_ID_IN = [
    "{}",
    "他们还要我的{}，不合理",
    "客服问我要{}",
    "They wanted my {} for a refund.",
    "I gave them {} and regret it",
]
CARD: list[Format] = [
    lambda r: luhn(r, r.choice(["4", "51", "6222"]), 16),
    lambda r: group(luhn(r, r.choice(["4", "51", "6222"]), 16), (4, 4, 4, 4), " "),
    lambda r: group(luhn(r, r.choice(["4", "51"]), 16), (4, 4, 4, 4), "-"),
    lambda r: group(luhn(r, "6222", 19), (4, 4, 4, 4, 3), " "),
    lambda r: luhn(r, "6217", 19),
    lambda r: group(luhn(r, "37", 15), (4, 6, 5), " "),
    lambda r: luhn(r, "34", 15),
    lambda r: luhn(r, "6228", 19).translate(WIDE),
    lambda r: group(luhn(r, "6225", 16), (6, 10), " "),
    lambda r: "卡号" + digits(r, 19, "6"),
    lambda r: "银行卡号：" + group(digits(r, 19, "6"), (4, 4, 4, 4, 3), " "),
    lambda r: "card number " + group(digits(r, 16, "45"), (4, 4, 4, 4), " "),
    lambda r: "IBAN GB" + digits(r, 2) + " NWBK " + group(digits(r, 14), (4, 4, 4, 2), " "),
    lambda r: "账号 " + digits(r, 16, "6"),
    lambda r: "信用卡" + group(luhn(r, "5", 16), (4, 4, 4, 4), "－"),
]
CARD_IN = ["退款请打到{}", "我的银行卡{}，工商银行", "转到 {} 就好了", "扣了我{}的钱", "支付用的是{}", "They charged my card {} twice.", "refund to {} please", "Visa {} was declined"]  # fmt: skip
ORDER: list[Format] = [
    lambda r: "订单号" + digits(r, 12, "123456789"),
    lambda r: "订单编号：" + digits(r, 18, "123456789"),
    lambda r: "单号SF" + digits(r, 13, "1"),
    lambda r: "快递单号 YT" + digits(r, 13),
    lambda r: "运单号是JD" + digits(r, 13),
    lambda r: "JDVA" + digits(r, 11),
    lambda r: "SF" + digits(r, 13, "1"),
    lambda r: "订单 " + digits(r, 11, "23456789"),
    lambda r: "物流单号:" + digits(r, 13, "7"),
    lambda r: "订单尾号" + digits(r, 6),
    lambda r: "訂單編號 " + digits(r, 10, "23456789"),
    lambda r: "order #" + digits(r, 8),
    lambda r: f"order number {digits(r, 3, '1')}-{digits(r, 7)}-{digits(r, 7)}",
    lambda r: f"{digits(r, 3, '1')}-{digits(r, 7)}-{digits(r, 7)}",
    lambda r: "Order ID: AB-" + digits(r, 6),
    lambda r: "order no. " + digits(r, 9, "23456789"),
    lambda r: "tracking number 1Z" + digits(r, 3) + "AA" + digits(r, 11),
    lambda r: "1Z999AA1" + digits(r, 10),
    lambda r: "tracking # 9400" + digits(r, 18),
    lambda r: "RMA #" + digits(r, 7),
    lambda r: "confirmation number " + digits(r, 9, "23456789"),
    lambda r: "invoice no " + digits(r, 8),
    lambda r: "EMS单号EA" + digits(r, 9) + "CN",
    lambda r: digits(r, 20, "23456789"),
    lambda r: "ZTO" + digits(r, 12, "7"),
    lambda r: "our order was " + digits(r, 10, "23456789"),
    lambda r: "流水号" + digits(r, 16, "2"),
    lambda r: "case number " + digits(r, 8),
]
ORDER_IN = ["{}一直没发货", "差评！{}，请处理", "查了{}还在仓库", "这是{}", "{} 什么时候到", "My {} never arrived.", "see {} for details", "{} - still waiting", "Refused to help with {}!"]  # fmt: skip
ADDRESS: list[Format] = [
    lambda r: f"浙江省杭州市西湖区文三路{r.randint(2, 900)}号",
    lambda r: f"北京市朝阳区建国路{r.randint(2, 99)}号院{r.randint(1, 9)}号楼{r.randint(101, 2804)}室",
    lambda r: f"上海市徐汇区漕溪北路{r.randint(10, 999)}弄{r.randint(1, 30)}号{r.randint(101, 909)}室",
    lambda r: f"阳光花园{r.randint(1, 30)}栋{r.randint(1, 4)}单元{r.randint(101, 1804)}",
    lambda r: f"翠湖小区{r.randint(1, 30)}幢{r.randint(101, 909)}室",
    lambda r: f"河南省周口市太康县城关镇王庄村{r.randint(1, 9)}组{r.randint(1, 99)}号",
    lambda r: f"中关村大街{r.randint(2, 99)}号",
    lambda r: f"广东省深圳市南山区科技园南区{r.choice('ABCD')}座{r.randint(5, 30)}楼",
    lambda r: f"台北市大安區忠孝東路四段{r.randint(10, 300)}號{r.randint(2, 12)}樓",
    lambda r: f"武汉大学信息学部{r.randint(1, 9)}号宿舍楼{r.randint(101, 606)}",
    lambda r: f"成都市高新区天府{r.choice('一二三四五')}街{r.randint(10, 900)}号{r.randint(1, 9)}栋",
    lambda r: f"江苏 南京 鼓楼区 中山北路 {r.randint(10, 300)} 号",
    lambda r: f"幸福里小区{r.choice('一二三四五六')}号楼{r.choice('一二三四')}单元{r.randint(101, 909)}室",
    lambda r: f"重庆市渝北区龙溪街道红锦大道{r.randint(10, 300)}号附{r.randint(1, 9)}号",
    lambda r: f"人民东路{r.randint(10, 300)}-{r.randint(1, 9)}号",
    lambda r: f"万科城{r.randint(1, 9)}期{r.randint(1, 20)}号楼{r.randint(101, 2501)}",
    lambda r: f"内蒙古呼和浩特市赛罕区大学西街{r.randint(100, 300)}号",
    lambda r: (
        f"广西壮族自治区南宁市青秀区民族大道{r.randint(100, 300)}号{r.choice('AB')}座{r.randint(1001, 2804)}"
    ),
    lambda r: f"{r.randint(100, 9999)} {r.choice(STREETS)} Street",
    lambda r: (
        f"{r.randint(100, 9999)} {r.choice(STREETS)} Ave, {r.choice(CITIES)[0]}, {r.choice(CITIES)[1]} {digits(r, 5, '123456789')}"
    ),
    lambda r: f"{r.randint(10, 999)}{r.choice('AB')} {r.choice(STREETS)} Road",
    lambda r: f"PO Box {r.randint(100, 9999)}",
    lambda r: f"P.O. Box {r.randint(10, 9999)}",
    lambda r: f"{r.randint(10, 999)} W {r.randint(11, 99)}th St, Apt {r.randint(1, 20)}{r.choice('ABC')}",
    lambda r: f"{r.randint(10, 999)} N. {r.choice(STREETS)} Blvd.",
    lambda r: f"Flat {r.randint(1, 20)}, {r.randint(2, 99)} {r.choice(STREETS)} Lane, London E1 6AN",
    lambda r: (
        f"{r.randint(1000, 9999)} {r.choice(STREETS)} Drive Apt {r.randint(1, 99)}, {r.choice(CITIES)[0]} {r.choice(CITIES)[1]}"
    ),
    lambda r: f"{r.randint(1, 99)} {r.choice(STREETS)} Ct",
    lambda r: f"{r.randint(100, 999)} {r.choice(STREETS).lower()} st",
    lambda r: f"Unit {r.randint(1, 9)}, {r.randint(2, 99)} {r.choice(STREETS)} Close, Leeds LS1 4DY",
    lambda r: f"zip code {digits(r, 5, '123456789')}",
    lambda r: f"{r.choice(CITIES)[0]}, {r.choice(CITIES)[1]} {digits(r, 5, '123456789')}",
    lambda r: f"postcode SW1A {r.randint(1, 9)}AA",
]
ADDRESS_IN_ZH = [
    "我住在{}，快递不送上门",
    "收货地址：{}",
    "地址是{}，请尽快发货",
    "寄到{}了",
    "送到{}都没人管，差评",
]
ADDRESS_IN_EN = [
    "I live at {} and it never came.",
    "Ship it to {} please",
    "address: {}",
    "left the parcel at {}, not my house",
    "delivered to {}",
]
HANDLE: list[Format] = [
    lambda r: "微信" + nick(r),
    lambda r: "微信号：" + nick(r),
    lambda r: "vx:" + nick(r),
    lambda r: "VX " + nick(r),
    lambda r: "V信" + nick(r),
    lambda r: "加v " + nick(r),
    lambda r: "加我wx" + digits(r, 8, "123456789"),
    lambda r: "薇信 " + nick(r),
    lambda r: "加薇" + nick(r),
    lambda r: "威信：" + nick(r),
    lambda r: "wechat: " + nick(r),
    lambda r: "WeChat ID " + nick(r),
    lambda r: "微❤" + nick(r),
    lambda r: "QQ" + digits(r, 9, "123456789"),
    lambda r: "QQ：" + digits(r, 6, "123456789"),
    lambda r: "qq群" + digits(r, 9, "123456789"),
    lambda r: "扣扣" + digits(r, 8, "123456789"),
    lambda r: "加Q" + digits(r, 9, "123456789"),
    lambda r: "企鹅号 " + digits(r, 9, "123456789"),
    lambda r: "Q Q " + digits(r, 9, "123456789"),
    lambda r: "QQ号是" + digits(r, 9, "123456789").translate(WIDE),
    lambda r: "抖音号" + nick(r),
    lambda r: "小红书号：" + digits(r, 9, "123456789"),
    lambda r: "微博@" + r.choice(["爱吃鱼的猫咪", "小王同学2020", "阳光灿烂每一天"]),
    lambda r: "旺旺号 " + nick(r),
    lambda r: "telegram @" + nick(r),
    lambda r: "t.me/" + nick(r),
    lambda r: "instagram: " + nick(r),
    lambda r: "IG @" + nick(r),
    lambda r: "@" + nick(r),
    lambda r: "twitter @" + nick(r),
    lambda r: "snapchat " + nick(r),
    lambda r: "skype: " + nick(r),
    lambda r: "LINE ID: " + nick(r),
    lambda r: "facebook.com/" + nick(r),
    lambda r: "discord " + nick(r) + "#" + digits(r, 4),
    lambda r: "insta " + nick(r),
    lambda r: "whatsapp " + digits(r, 11, "123456789"),
    lambda r: "徽信" + nick(r),
    lambda r: "TikTok @" + nick(r),
]
HANDLE_IN_ZH = [
    "需要的{}",
    "返现请{}联系",
    "想要优惠{}，量大从优",
    "有兴趣可以{}",
    "{}，备注京东",
    "好评返5元，{}",
]
HANDLE_IN_EN = [
    "Add me {} for deals",
    "my {} if you want pics",
    "follow {}!",
    "Message {} please",
    "contact us on {} for more",
]
PLATE: list[Format] = [
    lambda r: r.choice("京沪粤浙苏鲁川") + r.choice("ABCDEF") + digits(r, 5),
    lambda r: (
        r.choice("京沪粤浙苏鲁川")
        + r.choice("ABCDEF")
        + "·"
        + digits(r, 2)
        + r.choice("QWERT")
        + digits(r, 2)
    ),
    lambda r: r.choice("京沪粤浙苏鲁川") + r.choice("ABCDEF") + r.choice("DF") + digits(r, 5),
    lambda r: r.choice("京沪粤浙苏鲁川") + r.choice("ABCDEF") + " " + digits(r, 5),
    lambda r: (
        r.choice("京沪粤浙苏鲁川") + r.choice("abcdef") + digits(r, 3) + r.choice("QWERT") + digits(r, 1)
    ),
    lambda r: "license plate " + r.choice(["ABC", "KZT", "HXR"]) + "-" + digits(r, 4),
    lambda r: "plate number " + digits(r, 1) + "ABC" + digits(r, 3),
    lambda r: "licence plate AB" + digits(r, 2) + " CDE",
    lambda r: "车牌号" + r.choice("京沪粤") + r.choice("ABC") + "-" + digits(r, 5),
]
PLATE_IN = [
    "送货的车{}撞了我家门",
    "我的车牌是{}",
    "车是{}，装上刚好",
    "The van with {} hit my fence",
    "my {} is on the photo",
]
IP: list[Format] = [
    lambda r: (
        f"{r.choice([10, 172, 192, 58, 223])}.{r.randint(0, 255)}.{r.randint(0, 255)}.{r.randint(1, 254)}"
    ),
    lambda r: f"192.168.{r.randint(0, 9)}.{r.randint(2, 254)}:8080",
    lambda r: f"2001:db8:{digits(r, 4, '123')}::{digits(r, 3, '123')}",
    lambda r: f"fe80::1ff:fe23:{digits(r, 4, '123')}:890a",
]
IP_IN = ["路由器地址{}打不开", "登录IP是{}，不是我", "my IP {} got blocked", "set it to {} and it works"]
NAME: list[Format] = [
    lambda r: "联系人：" + r.choice(SURNAMES) + r.choice(GIVEN),
    lambda r: "收货人" + r.choice(SURNAMES) + r.choice(GIVEN),
    lambda r: "收件人: " + r.choice(SURNAMES) + r.choice(GIVEN),
    lambda r: "我叫" + r.choice(SURNAMES) + r.choice(GIVEN),
    lambda r: "姓名：" + r.choice(SURNAMES) + r.choice(GIVEN),
    lambda r: "签收人 " + r.choice(SURNAMES) + r.choice(GIVEN),
    lambda r: "客户" + r.choice(SURNAMES) + r.choice(["先生", "女士"]),
    lambda r: r.choice(SURNAMES) + r.choice(GIVEN) + r.choice(["先生", "女士", "小姐"]),
    lambda r: "my name is " + r.choice(FIRST) + " " + r.choice(LAST),
    lambda r: "recipient: " + r.choice(FIRST) + " " + r.choice(LAST),
    lambda r: "name: " + r.choice(FIRST) + " " + r.choice(LAST),
    lambda r: "contact person " + r.choice(FIRST) + " " + r.choice(LAST),
    lambda r: "attn: " + r.choice(FIRST) + " " + r.choice(LAST),
]
NAME_IN_ZH = ["{}，请尽快处理", "{}。东西没收到", "订单{}，退货"]
NAME_IN_EN = ["{}, please reply.", "Hi, {} and I want a refund"]

PREFIXES = (
    "",
    "",
    "",
    "东西不错，",
    "用了三天就坏了！",
    "Not happy. ",
    "五星好评～ ",
    "Bought in 2023 for $39.99. ",
)


def cases(seed: int = 20261124, per_format: int = 5) -> list[Case]:
    """All cases of every kind: about ``per_format`` for each format."""
    r = random.Random(seed)
    result = []
    for kind, formats, contexts in (
        ("phone", PHONE, PHONE_IN),
        ("email", EMAIL, EMAIL_IN),
        ("id", ID, ID_IN),
        ("id", NAMED_ID, NAMED_ID_IN),
        ("card", CARD, CARD_IN),
        ("order", ORDER, ORDER_IN),
        ("address", ADDRESS[:18], ADDRESS_IN_ZH),
        ("address", ADDRESS[18:], ADDRESS_IN_EN),
        ("handle", HANDLE[:25], HANDLE_IN_ZH),
        ("handle", HANDLE[25:], HANDLE_IN_EN),
        ("plate", PLATE, PLATE_IN),
        ("ip", IP, IP_IN),
        ("name", NAME[:8], NAME_IN_ZH),
        ("name", NAME[8:], NAME_IN_EN),
    ):
        for index, make in enumerate(formats):
            for _ in range(per_format):
                where = r.randrange(len(contexts))
                secret = make(r)
                before, after = contexts[where].split("{}")
                before = r.choice(PREFIXES) + before
                is_held = index % 6 == 5 or where % 5 == 4
                result.append(Case(kind, before + secret + after, secret, len(before), is_held))
    return result


CLEAN = """格力空调KFR-72LW/A390-X1 制冷很快
iPhone 11 A2223 128GB 用了2年
i7-12700H 16GB+512GB RTX3060，跑分1234567
12900H处理器，1080P屏幕，2560x1600分辨率
价格3999元，比双11便宜了200
2020-11-11买的，2020年11月13日到货
2019.10.11 12:30:45 发货，20201112收到
20000mAh的充电宝，实际13800毫安
身高175，体重140斤，穿XL，尺码42.5
好评666666666
2333333333笑死我了
5201314
买给老婆的，520快乐
用微信支付的，方便
微信联系客服不回
QQ音乐打不开，微信也卡
加v领红包都是骗人的
加微信返现5元，太烦了
扣扣索索的商家
电话打不通，手机号都不留一个
电话客服态度好
订单号都查不到
快递单号没有更新
在3号线旁边的店买的
1号店的东西，5号到的，7号坏了
离公司就两条路，南京路的店也有
小区门口就有卖
第二单元的题很难，第3章不错
一单元两户都装了这个
邮箱收不到验证码
李先生这本书写得好吗不知道
先生用的，女士也可以
小姐姐态度很好
一三五上班穿，二四六休息
一二三四五六七八九都学会了
零零散散八九十个零件
9787115428028 这本书
ISBN 978-7-115-42802-8
京东A级商品，苏A苏B都有
宽60 高180 深55，1.8m*2.0m
3:30到的，4:15装好，9:00-18:00
256G 8核 5G手机 4K电视 120Hz
1000/1000Mbps 10Gbps
99.9%的好评，4.8分，5星
版本号 V2.3.1.1024，系统11.0.6
MIUI12.5.8.0 更新失败
买了100个，每个1.5元，共150.00元
The KFR-35GW/NhGc1B is fine
Model WH-1000XM4, firmware 2.5.0
I paid $1299.99 in 2021, down from $1,499.00
Bought 3 of these on 11/12/2016 at 10:30 am
The 65-inch 4K TV weighs 55.5 lbs
Dimensions 120 x 60 x 75 cm
RTX 3080 10GB, 3200MHz DDR4, 1000W
12 inch place mats and 2 flash drives
It is a 20 minute drive from here
This is a one way street to disappointment
I am 5'4" 125 lbs, size 6, 34C
Great for kids 8 to 12, 5 stars
100% cotton, 400 thread count
I bought 2 @ $15 each
5 at home and 3 at work
Sat on the phone for 45 minutes
I ordered 2 and order 3 more
My order arrived in 2 days
They lost my order twice
Add me to the list of happy customers
The name is misleading
My name is on the box but wrong size
Contact paper sticks well
address the issue please
In line 3 of the manual
snapchat works great on this phone
I use WhatsApp and Instagram daily
USB 3.0, HDMI 2.1, 802.11ac, Bluetooth 5.0.1
Works from 100 to 240 volts 50/60Hz
I have 2 St. Bernard dogs
5 Star Drive bays are not enough
Version 10.0.19044 works
Amp draws 1.5A at 120V, part #4312
Runs 24/7 for 365 days, 8760 hours
ISO 9001 and EN 60335-1
Kindle Fire HD 8 (2016) 16 GB
It cost me 1000000 VND
1234567890 times better""".splitlines()
"""Texts with numbers and cue words but nothing private: masking must leave them as they are."""
