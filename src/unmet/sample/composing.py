"""Writes one review: mentions of planted needs among everything else people say, in many manners.

Every mention's exact place in the finished text is kept.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from unmet.sample.banks import Bank
from unmet.sample.catalogue import CATEGORY_NAMES, Product
from unmet.sample.grammar import Slots, draw, draw_any
from unmet.sample.slips import slip
from unmet.sample.styles import Segment, Span, arrange

SARCASM_SHARE = 0.06  # of complaints
SLIP_SHARE = 0.07  # of mentions and fillers: a typing slip or homophone
CONTEXT_SHARE = 0.14  # of complaints and praises: words before it, and as often words after it
MINOR_SHARE = 0.20  # of reviews: an opinion on something that is not planted
OVERALL_SHARE = 0.15  # of reviews: a general verdict that follows the stars
EMOJI_SHARE = 0.10
FILLERS = (0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3)


@dataclass(frozen=True, slots=True)
class Written:
    """A text and the places of its planted mentions."""

    text: str
    spans: tuple[Span, ...]


def product_slots(bank: Bank, product: Product) -> Slots:
    """The bank's slots plus the words for this product."""
    zh, en = CATEGORY_NAMES[product.category]
    category, brand, model = (
        (zh, product.brand_zh, product.model_zh)
        if bank.language == "zh"
        else (en.lower(), product.brand_en, product.model_en)
    )
    return {**bank.slots, "category": ((category,),), "brand": ((brand,),), "model": ((model,),)}


def write_review(
    bank: Bank,
    slots: Slots,
    category: str,
    mentions: Sequence[tuple[str, str]],
    rating: int,
    rng: random.Random,
) -> Written:
    """Write one review.

    Args:
        bank: words of the language.
        slots: from :func:`product_slots`.
        category: the product's category.
        mentions: pairs of planted need id and kind (complaint, praise, request).
        rating: recorded stars; only the general verdict and emoji follow it.
        rng: source of all choices.
    """
    segments = [_mention(bank, slots, need_id, kind, rng) for need_id, kind in mentions]
    segments += _small_talk(bank, slots, category, rating, bool(mentions), rng)
    segments = [
        replace(segment, text=slip(segment.text, bank.language, rng))
        if rng.random() < SLIP_SHARE
        else segment
        for segment in segments
    ]
    rng.shuffle(segments)
    text, spans = arrange(bank, segments, rng)
    if rng.random() < EMOJI_SHARE:
        text += rng.choice(bank.style[f"emoji_{band(rating)}"]) * rng.choice((1, 1, 2, 3))
    return Written(text, spans)


def band(rating: int) -> str:
    """``high`` (4–5 stars), ``middle`` (3) or ``low``."""
    return "high" if rating >= 4 else "middle" if rating == 3 else "low"


def _mention(bank: Bank, slots: Slots, need_id: str, kind: str, rng: random.Random) -> Segment:
    words = bank.needs[need_id]
    sarcastic = kind == "complaint" and rng.random() < SARCASM_SHARE
    text = draw_any(words.lines["sarcasm" if sarcastic else kind], slots, rng)
    if kind != "request" and not sarcastic:
        before, after = bank.context[f"before_{kind}"], bank.context[f"after_{kind}"]
        if rng.random() < CONTEXT_SHARE:
            text = draw_any(before, slots, rng) + text
        if rng.random() < CONTEXT_SHARE:
            text += draw_any(after, slots, rng)
    return Segment(text, words.label, need_id, kind, sarcastic)


def _small_talk(
    bank: Bank, slots: Slots, category: str, rating: int, has_mentions: bool, rng: random.Random
) -> list[Segment]:
    segments: list[Segment] = []
    if rng.random() < MINOR_SHARE or (not has_mentions and rng.random() < 0.35):
        minor = bank.minor[category if rng.random() < 0.5 else "any"]
        kind = "praise" if rng.random() < 0.7 else "complaint"
        text = draw_any(minor.praise if kind == "praise" else minor.complaint, slots, rng)
        segments.append(Segment(text, None, None, kind))
    if rng.random() < OVERALL_SHARE:
        segments.append(Segment(draw_any(bank.overall[band(rating)], slots, rng)))
    n_fillers = rng.choice(FILLERS)
    if not has_mentions and not segments:
        n_fillers = max(1, n_fillers)
    # Nobody says the same thing twice in one review: at most one line of the category, others distinct.
    n_special = int(n_fillers > 0 and rng.random() < 0.45)
    patterns = [rng.choice(bank.filler[category])] * n_special
    patterns += rng.sample(bank.filler["any"], n_fillers - n_special)
    return segments + [Segment(draw(pattern, slots, rng)) for pattern in patterns]
