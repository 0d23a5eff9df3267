"""Made-up contents of needs.json, quality.json and manifest.json in the shape the run folder has them."""

from __future__ import annotations

import math
import random
from typing import Any

HOSTILE = (
    "</script><img src=x onerror=\"alert('x')\"><script>alert(1)</script>",
    '"><svg onload=alert(2)> {{ 7*7 }} {% raw %}',
    '=HYPERLINK("http://evil.example","click")|cmd\' /C calc\'!A0',
    "<!-- <script> & ]]> &lt;b&gt; javascript:alert(3)",
    "\u202eright-to-left override \u200bzero\u200dwidth \u2028 line separator",
    "هذا المنتج سيئ جدا والبطارية لا تدوم",
    "battery 🔋🔥👨‍👩‍👧‍👦 dead 😡😡😡 nul\x00 bell\x07",
    "x" * 600,
)

EN = (
    ("battery life", "Battery that lasts the whole day", "drains fast", "lasts long"),
    ("screen", "Screen that stays readable outdoors", "too dim", "bright"),
    ("delivery", "Parcel that arrives on the promised day", "late", "quick"),
    ("hinge", "Hinge that does not break", "snapped", "solid"),
    ("fan noise", "Quiet at night", "too loud", "silent"),
    ("charging port", "Charging plug that holds", "loose", "firm"),
    ("sizing", "Fit that matches the size chart", "runs small", "true to size"),
    ("customer service", "Someone who answers when things go wrong", "no reply", "helpful"),
    ("setup", "Ready to use without reading a manual", "confusing", "easy"),
    ("packaging", "Packaging that protects what is inside", "crushed", "sturdy"),
)
ZH = (
    ("电池", "电池能用一整天", "掉电快", "耐用"),
    ("屏幕", "屏幕在阳光下也看得清", "太暗", "清晰"),
    ("物流", "包裹按承诺的日期送到", "太慢", "很快"),
    ("噪音", "晚上运行时安静", "太吵", "安静"),
    ("安装", "安装收费透明、不乱加价", "乱收费", "专业"),
    ("制冷", "房间很快凉下来", "不凉", "制冷快"),
    ("客服", "出了问题有人负责", "不理人", "热情"),
    ("包装", "包装能保护好里面的东西", "破损", "结实"),
    ("遥控器", "遥控器反应灵敏", "失灵", "灵敏"),
    ("做工", "做工细致、没有毛刺", "粗糙", "精致"),
)
CATEGORIES = {"en": ("Laptops", "Phones", "Dresses"), "zh": ("空调", "手机", "平板")}


def estimate(value: float, half: float, low: float = -99.0, high: float = 99.0) -> dict[str, float]:
    return {"value": value, "low": max(value - half, low), "high": min(value + half, high)}


def make_quote(
    index: int, language: str, text: str, polarity: str, *, rated: bool, dated: bool
) -> dict[str, Any]:
    return {
        "document_id": f"d{index:016x}",
        "text_hash": f"{index:064x}",
        "start": 3,
        "end": 3 + len(text),
        "text": text,
        "polarity": polarity,
        "rating": {"negative": 2.0, "positive": 5.0}.get(polarity, 3.5) if rated else None,
        "created_at": f"2025-{index % 12 + 1:02d}-17T00:00:00" if dated else None,
        "product": ("Aurora 14 laptop" if language == "en" else "极光 14 笔记本") if index % 3 else None,
    }


def make_trend(rng: random.Random, months: int, share: float) -> list[dict[str, Any]]:
    points = []
    for i in range(months):
        documents = 0 if months > 8 and i == 5 else rng.randint(60, 400)
        value = max(0.0, min(1.0, share * (0.7 + 0.6 * i / months + rng.uniform(-0.25, 0.25))))
        mentioning = round(value * documents)
        value = mentioning / documents if documents else 0.0
        half = 1.64 * math.sqrt(max(value * (1 - value), 0.001) / documents) if documents else 1.0
        points.append(
            {
                "month": f"{2024 + i // 12}-{i % 12 + 1:02d}",
                "documents": documents,
                "mentioning": mentioning,
                "share": estimate(value, half, 0.0, 1.0),
            }
        )
    return points


def make_need(
    rng: random.Random, rank: int, language: str, *, rated: bool = True, months: int = 24, total: int = 5000
) -> dict[str, Any]:
    bank = (EN if language == "en" else ZH)[(rank - 1) % 10]
    aspect, statement, complaint, praise = bank
    documents = max(12, round(total * 0.12 / rank**0.7))
    negative = round(documents * rng.uniform(0.1, 0.9))
    positive = documents - negative
    satisfaction = 10 * positive / documents
    penalty, reward = -rng.uniform(0.2, 1.9), rng.uniform(0.0, 0.9)
    importance = min(10 * (reward - penalty) / 4, 10)
    opportunity = importance + max(importance - satisfaction, 0)
    polarities = ["negative", "negative", "positive", "neutral", "negative"]
    texts = [
        f"{aspect} {complaint}, I had to send it back after a week."
        if language == "en"
        else f"{aspect}{complaint}，用了一周就退了。",
        f"Honestly the {aspect} is {complaint}" if language == "en" else f"说实话{aspect}真的{complaint}",
        f"{aspect} {praise}, would buy again" if language == "en" else f"{aspect}{praise}，还会再买",
        f"What about the {aspect}?" if language == "en" else f"{aspect}怎么样？",
        f"Wish the {aspect} were better, it is {complaint} compared with my old one that I had for years "
        "in the same room."
        if language == "en"
        else f"希望{aspect}改进一下，跟我用了四年的旧款相比实在{complaint}，同一个房间同样的用法。",
    ]
    mood = "negative" if satisfaction < 34 / 10 else "positive" if satisfaction > 66 / 10 else "mixed"
    trend = make_trend(rng, months, documents / total) if months else None
    word = rng.choice(["rising", "falling", "steady", "unclear"])
    extra: dict[str, Any] = {
        "unmet_documents": negative,
        "unmet_share": estimate(negative / total, 0.004, 0, 1),
        "interval_by": "author",
    }
    if trend:
        extra |= {"trend": word, "trend_slope": estimate(0.02, 0.01)}
    share = estimate(documents / total, 1.64 * math.sqrt(documents) / total, 0, 1)
    return {
        "id": f"need-{rank:012x}",
        "rank": rank,
        "statement": statement if rank <= 10 else f"{statement} ({rank})",
        "language": language,
        "polarity": mood,
        "aspect_terms": [{"value": aspect, "mentions": documents, "share": 0.8}],
        "complaints": [{"value": complaint, "mentions": negative, "share": negative / documents}],
        "praises": [{"value": praise, "mentions": positive, "share": positive / documents}],
        "segment": {
            "products": [
                {
                    "value": "Aurora 14 laptop" if language == "en" else "极光 14 笔记本",
                    "mentions": 9,
                    "share": 0.4,
                }
            ],
            "categories": [{"value": CATEGORIES[language][rank % 3], "mentions": 30, "share": 0.7}],
            "rating_bands": [
                {"value": "1-2", "mentions": 30, "share": 0.6},
                {"value": "4-5", "mentions": 9, "share": 0.3},
            ]
            if rated
            else [],
            "languages": [{"value": language, "mentions": documents, "share": 1.0}],
        },
        "quotes": [
            make_quote(100 * rank + i, language, text, polarity, rated=rated, dated=bool(months))
            for i, (text, polarity) in enumerate(zip(texts, polarities, strict=True))
        ],
        "mentions": documents + 7,
        "documents": documents,
        "negative_documents": negative,
        "positive_documents": positive,
        "requests": 4,
        "share": share,
        "satisfaction": estimate(satisfaction, 0.6, 0, 10),
        "importance": estimate(importance, 0.7, 0, 10) if rated else None,
        "impact": {"penalty": estimate(penalty, 0.25), "reward": estimate(reward, 0.2)} if rated else None,
        "opportunity": estimate(opportunity, 1.1, 0, 20) if rated else None,
        "trend": trend,
        "data_as_of": "2025-12-30" if months else None,
        "models": {"sentiment": "linear-sentiment@1", "aspects": "linear-opinions@1"},
        "notes": []
        if rated and months
        else [*([] if rated else ["no_rating"]), *([] if months else ["no_time"])],
        "previous_id": None,
        "extra": extra,
    }


def make_needs(
    count: int = 12,
    *,
    languages: tuple[str, ...] = ("en", "zh"),
    rated: bool = True,
    months: int = 24,
    seed: int = 1,
) -> dict[str, Any]:
    rng = random.Random(seed)
    needs = [
        make_need(rng, i + 1, languages[i % len(languages)], rated=rated, months=months) for i in range(count)
    ]
    key = "opportunity" if rated else "share"
    needs.sort(key=lambda need: -need[key]["low"])
    for rank, need in enumerate(needs, start=1):
        need["rank"] = rank
    example = make_quote(
        9,
        languages[0],
        "good" if languages[0] == "en" else "不错",
        "positive",
        rated=rated,
        dated=bool(months),
    )
    return {
        "schema_version": 1,
        "data_as_of": "2025-12-30" if months else None,
        "seed": 0,
        "confidence_level": 0.9,
        "documents": 5000,
        "mentions": 9000,
        "needs": needs,
        "unclustered": {
            "mentions": 1500,
            "share": 1500 / 9000,
            "reasons": {"overall_judgement": 900, "small_group": 600},
            "examples": [example],
        },
    }


def make_hostile(count: int = 8) -> dict[str, Any]:
    """Every place that customer text can reach holds something hostile."""
    needs = make_needs(count)
    for need, text in zip(needs["needs"], HOSTILE, strict=True):
        need["statement"] = text
        need["aspect_terms"][0]["value"] = text
        need["complaints"][0]["value"] = need["praises"][0]["value"] = text
        for group in ("products", "categories"):
            need["segment"][group][0]["value"] = text
        for quote in need["quotes"]:
            quote["text"] = quote["product"] = text
    needs["unclustered"]["examples"][0]["text"] = HOSTILE[0]
    return needs


def make_quality(*, hostile: bool = False) -> dict[str, Any]:
    text = HOSTILE[0] if hostile else "此用户没有填写评价"
    return {
        "rows_in": 6200,
        "kept": 5000,
        "rejected_rows": 1200,
        "sources": {
            "reviews.csv": {"rows_in": 6000, "kept": 4900},
            "more.jsonl.gz": {"rows_in": 200, "kept": 100},
        },
        "rejected": {
            "boilerplate": {
                "count": 800,
                "share": 800 / 6200,
                "examples": [{"source": "reviews.csv", "row": 17, "detail": "filler", "text": text}],
            },
            "duplicate": {"count": 400, "share": 400 / 6200, "examples": []},
        },
        "private_items_masked": {"PHONE": 12, "EMAIL": 3},
        "languages": {"en": 2600, "zh": 2400},
        "ratings": {"1.0": 700, "2.0": 300, "3.0": 500, "4.0": 1100, "5.0": 2400},
        "months": {f"{2024 + i // 12}-{i % 12 + 1:02d}": 150 + 9 * i for i in range(24)},
        "warnings": [text if hostile else "8% of the rows have no readable time"],
    }


def make_manifest() -> dict[str, Any]:
    return {
        "inputs": [{"name": "/data/in/reviews.csv", "sha256": "ab" * 32, "size_bytes": 10}],
        "models": {"sentiment": "linear-sentiment@1", "aspects": "linear-opinions@1"},
        "versions": {"unmet": "0.1.0", "polars": "2.1.0"},
    }
