"""One need as the page shows it: words, formatted numbers, range bars, and which quotes back what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from unmet.report.explaining import explanations, interval_note
from unmet.report.figures import nice_ceiling, range_bar, trend_picture
from unmet.report.shading import Weights, shaded, spoken
from unmet.report.wording import Plain, Words, decimal, named, percent, printable, shortened, signed, whole

MARKS = {"negative": "−", "positive": "+", "mixed": "±", "neutral": "·"}
OPEN_CARDS = 10
"""Cards of this rank or better start open."""
SPARKLINE = (150, 34)
SEGMENTS = ("products", "categories", "rating_bands", "languages")


@dataclass(frozen=True, slots=True)
class Setting:
    """What all cards of a page share."""

    documents: int
    confidence_level: float
    largest_loss: float  # stars: the end of the "stars lost" bars
    largest_share: float  # 0–1: the end of the share bars
    quadrants: dict[str, str]
    words: Words
    weights: Weights


def setting_of(
    needs: Sequence[Plain], documents: int, level: float, kinds: Any, words: Words, weights: Weights
) -> Setting:
    """Scales that make the bars of different cards comparable."""
    losses = [-need["impact"]["penalty"]["low"] for need in needs if need.get("impact")]
    shares = [need["share"]["high"] for need in needs]
    return Setting(
        documents=documents,
        confidence_level=level,
        largest_loss=min(nice_ceiling(max([*losses, 0.1])), 4.0),
        largest_share=min(nice_ceiling(max([*shares, 0.001])), 1.0),
        quadrants=kinds,
        words=words,
        weights=weights,
    )


def draw_card(need: Plain, setting: Setting) -> dict[str, Any]:
    """Everything the page shows of one need, as plain data."""
    words, quotes = setting.words, need["quotes"]
    quadrant = setting.quadrants.get(need["id"])
    extra = need.get("extra") or {}
    return {
        "id": need["id"],
        "rank": need["rank"],
        "rank_words": words["rank"].format(rank=need["rank"]),
        "open": need["rank"] <= OPEN_CARDS,
        "statement": printable(need["statement"]),
        "language": need["language"],
        "polarity": need["polarity"],
        "polarity_mark": MARKS.get(need["polarity"], "·"),
        "polarity_words": words.get(f"polarity_{need['polarity']}", need["polarity"]),
        "quadrant": quadrant,
        "quadrant_words": words[f"quadrant_{quadrant}"] if quadrant else None,
        "metrics": _metrics(need, setting),
        "counts": _counts(need, words),
        "trend": _trend(need, words),
        "phrases": [group for key in ("complaints", "praises") if (group := _phrases(need, key, words))],
        "segments": [group for key in SEGMENTS if (group := _segment(need, key, words))],
        "quotes": [draw_quote(quote, words, setting.weights) for quote in quotes],
        "notes": _notes(need, extra, words),
        "why": explanations(need, setting.documents, words),
        "why_interval": interval_note(need, setting.confidence_level, words),
        "why_all": words["why_all"].format(mentions=whole(need["mentions"]), id=need["id"]),
        "sort": _sort_keys(need),
        "filter_categories": [c["value"] for c in need["segment"]["categories"]],
        "filter_languages": [c["value"] for c in need["segment"]["languages"]] or [need["language"]],
    }


def draw_quote(quote: Plain, words: Words, weights: Weights) -> dict[str, Any]:
    """A quote in shaded pieces with its mark, rating, date, product and place."""
    rating = quote.get("rating")
    facts = []
    if rating is not None:
        facts.append(words["quote_rating"].format(rating=f"{rating:g}"))
    if quote.get("created_at"):
        facts.append(printable(quote["created_at"])[:10])
    pieces = shaded(quote["text"], weights.get(quote["text"], ()))
    return {
        "pieces": pieces,
        "spoken": spoken(pieces, words),
        "polarity": quote["polarity"],
        "mark": MARKS.get(quote["polarity"], "·"),
        "mark_words": words.get(f"quote_{quote['polarity']}", quote["polarity"]),
        "facts": facts,
        "product": shortened(printable(quote["product"]), 60) if quote.get("product") else None,
        "document": words["quote_document"].format(id=printable(quote["document_id"])),
        "place": f"{quote['start']}–{quote['end']}",
    }


def _metrics(need: Plain, setting: Setting) -> list[dict[str, Any]]:
    """The number tiles in reading order."""
    words, quotes = setting.words, need["quotes"]
    everything = list(range(len(quotes)))
    tiles = []
    rated = [i for i in everything if quotes[i].get("rating") is not None]
    # Which quotes are wishes is not in needs.json, so only sure complaints are marked as costing stars.
    unmet = [i for i in rated if quotes[i]["polarity"] == "negative"]
    for key, top, estimate, backing in (
        ("opportunity", 20.0, need.get("opportunity"), everything),
        ("importance", 10.0, need.get("importance"), rated),
        ("satisfaction", 10.0, need.get("satisfaction"), everything),
        ("stars", setting.largest_loss, _loss(need), unmet),
    ):
        tiles.append(_tile(key, estimate, top, backing, words))
    share = need["share"]
    tiles.append(
        {
            "key": "share",
            "label": words["share"],
            "value": percent(share["value"]),
            "unit": words["share_unit"],
            "range": words["interval"].format(low=percent(share["low"]), high=percent(share["high"])),
            "bar": range_bar(share["low"], share["value"], share["high"], setting.largest_share),
            "quotes": everything,
        }
    )
    return tiles


def _tile(key: str, estimate: Plain | None, top: float, quotes: list[int], words: Words) -> dict[str, Any]:
    tile: dict[str, Any] = {"key": key, "label": words[key], "quotes": quotes}
    if estimate is None:
        return tile | {"value": None, "unit": "", "range": words["missing_importance"], "bar": None}
    low, value, high = (estimate[side] for side in ("low", "value", "high"))
    return tile | {
        "value": decimal(value),
        "unit": words[f"{key}_unit"],
        "range": words["interval"].format(low=decimal(low), high=decimal(high)),
        "bar": range_bar(low, value, high, top),
    }


def _loss(need: Plain) -> dict[str, float] | None:
    """Stars lost when unmet: the penalty with its sign turned."""
    if not need.get("impact") or "few_unmet" in need.get("notes", ()):
        return None
    penalty = need["impact"]["penalty"]
    return {"value": -penalty["value"], "low": -penalty["high"], "high": -penalty["low"]}


def _counts(need: Plain, words: Words) -> list[dict[str, Any]]:
    quotes = need["quotes"]
    sides = {
        key: [i for i, quote in enumerate(quotes) if quote["polarity"] == side]
        for key, side in (("negative_documents", "negative"), ("positive_documents", "positive"))
    }
    everything = list(range(len(quotes)))
    rows = [
        ("mentions", "counts", everything),
        ("negative_documents", "negative_documents", sides["negative_documents"]),
        ("positive_documents", "positive_documents", sides["positive_documents"]),
        ("requests", "requests", None),  # needs.json does not say which quotes are requests
    ]
    return [
        {"key": why, "value": whole(need[name]), "label": words[name], "quotes": quotes_of}
        for name, why, quotes_of in rows
    ]


def _trend(need: Plain, words: Words) -> dict[str, Any] | None:
    trend = need.get("trend")
    if not trend:
        return None
    word = (need.get("extra") or {}).get("trend")
    picture = trend_picture(trend, width=SPARKLINE[0], height=SPARKLINE[1])
    return {
        "word": words.get(f"trend_{word}", word) if word else None,
        "direction": word or "none",
        "label": words["trend"],
        "picture": picture,
        "first": picture["first"],
        "last": picture["last"],
        "quotes": [i for i, quote in enumerate(need["quotes"]) if quote.get("created_at")],
        "rows": [
            {
                "month": point["month"],
                "documents": whole(point["documents"]),
                "mentioning": whole(point["mentioning"]),
                "share": percent(point["share"]["value"]) if point["documents"] else "–",
                "range": words["interval"].format(
                    low=percent(point["share"]["low"]), high=percent(point["share"]["high"])
                )
                if point["documents"]
                else "",
            }
            for point in trend
        ],
    }


def _phrases(need: Plain, key: str, words: Words) -> dict[str, Any] | None:
    side = "negative" if key == "complaints" else "positive"
    texts = [" ".join(quote["text"].casefold().split()) for quote in need["quotes"]]
    values = [
        {
            "text": shortened(printable(count["value"]), 40),
            "count": whole(count["mentions"]),
            "quotes": [i for i, text in enumerate(texts) if count["value"].casefold() in text],
        }
        for count in need.get(key) or ()
    ]
    return {"key": "phrase", "label": words[key], "side": side, "chips": values} if values else None


def _segment(need: Plain, key: str, words: Words) -> dict[str, Any] | None:
    values = [
        {
            "text": shortened(_segment_word(key, count["value"], words), 48),
            "count": percent(count["share"]),
            "quotes": _segment_quotes(need["quotes"], key, count["value"]),
        }
        for count in need["segment"].get(key) or ()
    ]
    return {"key": "segment", "label": words[key], "side": "neutral", "chips": values} if values else None


def _segment_word(key: str, value: str, words: Words) -> str:
    if key == "rating_bands":
        return str(words.get(f"band_{value}", value))
    if key == "languages":
        return str(words.get(f"language_{value}", value))
    return printable(value)


def _segment_quotes(quotes: Sequence[Plain], key: str, value: str) -> list[int] | None:
    """Quotes of a segment, or ``None`` where a quote does not carry that value."""
    if key == "products":
        return [i for i, quote in enumerate(quotes) if quote.get("product") == value]
    if key == "rating_bands":
        return [i for i, quote in enumerate(quotes) if _band(quote.get("rating")) == value]
    return None


def _band(rating: float | None) -> str | None:
    if rating is None:
        return None
    return "1-2" if rating < 2.5 else "3" if rating < 3.5 else "4-5"


def _notes(need: Plain, extra: Plain, words: Words) -> list[str]:
    notes = [
        str(words.get(f"note_{code}") or words["note_other"].format(code=named({}, printable(code))))
        for code in need.get("notes", ())
    ]
    for key in ("split_from", "merged_from"):
        if extra.get(key):
            notes.append(words[key].format(ids=words["comma"].join(map(printable, extra[key]))))
    return notes


def _sort_keys(need: Plain) -> dict[str, float | None]:
    """Values the page sorts by; larger comes first, missing ones last."""
    loss, satisfaction = _loss(need), need.get("satisfaction")
    slope = (need.get("extra") or {}).get("trend_slope")
    return {
        "rank": -need["rank"],
        "importance": need["importance"]["low"] if need.get("importance") else None,
        "satisfaction": -satisfaction["value"] if satisfaction else None,
        "stars": loss["low"] if loss else None,
        "documents": need["documents"],
        "slope": slope["low"] if slope else None,
    }


def stars_words(need: Plain) -> str | None:
    """Stars lost when unmet, if the data show a loss for sure."""
    loss = _loss(need)
    return signed(loss["value"]).lstrip("+") if loss and loss["low"] > 0 else None
