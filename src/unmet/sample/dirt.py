"""Dirt as shops export it, each piece with its label: filler, copies, spam, private data, HTML, nothing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from unmet.sample.banks import Bank
from unmet.sample.composing import Written
from unmet.sample.grammar import Slots, draw, draw_any, slot_names

DIRT_SHARES: dict[str, float] = {
    "boilerplate": 0.02,
    "copy": 0.012,
    "near_copy": 0.012,
    "spam": 0.012,
    "empty": 0.005,
    "private": 0.015,
    "html": 0.015,
}
"""Share of rows per kind. The first five should be dropped, the last two cleaned and kept."""

DROPPED_KINDS = ("boilerplate", "copy", "near_copy", "spam", "empty")
PRIVATE_KINDS = {"phone": "phone", "email": "email", "order": "order", "house": "address"}
MIN_COPIED = {"zh": 16, "en": 40}  # characters; shorter texts may honestly be the same
_HTML = ("<br/>", "<br />", "&nbsp;", "&nbsp;&nbsp;", "<p></p>", "&quot;", "<span>", "&amp;")


@dataclass(frozen=True, slots=True)
class PrivatePlace:
    """Private data in a text: ``text[start:end]`` is the value; kind phone, email, order, address."""

    kind: str
    start: int
    end: int


def insert(written: Written, at: int, token: str) -> Written:
    """Insert a token at a place outside all mentions; later mentions move."""
    moved = tuple(
        replace(span, start=span.start + len(token), end=span.end + len(token)) if span.start >= at else span
        for span in written.spans
    )
    return Written(written.text[:at] + token + written.text[at:], moved)


def add_html(written: Written, rng: random.Random) -> Written:
    """Leave HTML remnants at borders of sentences, or around the whole text."""
    if rng.random() < 0.35:
        head, tail = rng.choice((("<p>", "</p>"), ("<div class='content'>", "</div>"), ("<b>", "</b>")))
        whole = insert(written, 0, head)
        return Written(whole.text + tail, whole.spans)
    borders = [
        len(written.text),
        *(span.end for span in written.spans),
        *(span.start for span in written.spans),
    ]
    return insert(written, rng.choice(borders), rng.choice(_HTML))


def add_private(
    written: Written, bank: Bank, slots: Slots, rng: random.Random
) -> tuple[Written, tuple[PrivatePlace, ...]]:
    """Append a sentence with made-up private data; returns its exact place too."""
    pattern = rng.choice(bank.dirt["private"])
    slot = next(name for name in PRIVATE_KINDS if name in slot_names(pattern))
    ended = written.text[-1:] in ".!?。！…"
    joint = ("" if ended else "，") if bank.language == "zh" else (" " if ended else ". ")
    before = written.text + joint
    if slot == "house":
        sentence = draw(pattern, slots, rng)
        # The address begins where its street or city is named, after the asking words.
        begin = next(
            (sentence.index(mark) for mark in ("江苏省", "浙江省") if mark in sentence),
            len("send the replacement to "),
        )
        place = PrivatePlace("address", len(before) + begin, len(before) + len(sentence))
    else:
        value = draw_any(slots[slot], slots, rng)
        sentence = draw(pattern, {**slots, slot: ((value,),)}, rng)
        begin = len(before) + sentence.index(value)
        place = PrivatePlace(PRIVATE_KINDS[slot], begin, begin + len(value))
    return Written(before + sentence, written.spans), (place,)


def near_copy(written: Written, bank: Bank, rng: random.Random) -> Written:
    """The same text with a small change at its end."""
    tails = bank.dirt["near_tail"]
    tail = draw_any(tails, bank.slots, rng)
    joint = " " if bank.language == "en" and tail[0].isalpha() else ""
    return Written(written.text + joint + tail, written.spans)


def find_original(written: Sequence[Written | None], language: str, rng: random.Random) -> int | None:
    """Pick an earlier clean text of this language long enough to be a suspicious copy."""
    for _ in range(60):
        at = rng.randrange(len(written)) if written else 0
        original = written[at] if written else None
        if original is not None and len(original.text) >= MIN_COPIED[language]:
            return at
    return None
