"""Manners of writing: how the sentences of a review are put together, with exact places kept."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from unmet.sample.banks import Bank


@dataclass(frozen=True, slots=True)
class Segment:
    """One sentence of a review; ``need_id`` is ``None`` for everything that is not planted."""

    text: str
    label: str | None = None
    need_id: str | None = None
    kind: str | None = None
    sarcastic: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A planted mention: ``text[start:end]`` is its sentence."""

    need_id: str
    kind: str
    sarcastic: bool
    start: int
    end: int


class _Page:
    """Collects pieces of text and the places of planted segments."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.spans: list[Span] = []
        self.length = 0

    def add(self, text: str) -> None:
        self.pieces.append(text)
        self.length += len(text)

    def put(self, segment: Segment) -> None:
        start = self.length
        self.add(segment.text)
        if segment.need_id is not None and segment.kind is not None:
            span = Span(segment.need_id, segment.kind, segment.sarcastic, start, self.length)
            self.spans.append(span)

    def result(self) -> tuple[str, tuple[Span, ...]]:
        return "".join(self.pieces), tuple(self.spans)


Style = Callable[[Bank, Sequence[Segment], random.Random, _Page], None]


def arrange(bank: Bank, segments: Sequence[Segment], rng: random.Random) -> tuple[str, tuple[Span, ...]]:
    """Put segments together in a random manner of the language; returns the text and its mentions."""
    styles = _STYLES[bank.language]
    if len(segments) < 2:
        styles = styles[:3]
    style = rng.choices([s for s, _ in styles], [w for _, w in styles])[0]
    page = _Page()
    style(bank, segments, rng, page)
    return page.result()


def shouted(segment: Segment) -> Segment:
    """The segment in capitals (English)."""
    return replace(segment, text=segment.text.upper())


def capital(segment: Segment) -> Segment:
    """The segment with a capital first letter."""
    return replace(segment, text=segment.text[:1].upper() + segment.text[1:])


def _good_then_bad(left: Segment, right: Segment) -> bool:
    return left.kind == "praise" and right.kind in ("complaint", "request")


# Chinese -----------------------------------------------------------------------------------------


def _zh_sentences(bank: Bank, segments: Sequence[Segment], rng: random.Random, page: _Page) -> None:
    full_stop = rng.choice(("。", "。", "。", "！", "."))
    if rng.random() < 0.08:
        page.add(rng.choice(bank.style["opening_dialect"]))
    for index, segment in enumerate(segments):
        if index:
            if _good_then_bad(segments[index - 1], segment):
                page.add(rng.choice(bank.style["contrast"]))
            else:
                page.add(full_stop if rng.random() < 0.6 else "，")
        page.put(segment)
    page.add(rng.choice((full_stop, full_stop, "", "！", "……")))


def _zh_loose(bank: Bank, segments: Sequence[Segment], rng: random.Random, page: _Page) -> None:
    joint = rng.choice(("，", "，", " ", ",", "；"))
    for index, segment in enumerate(segments):
        if index:
            page.add(joint)
        page.put(segment)


def _zh_chatty(bank: Bank, segments: Sequence[Segment], rng: random.Random, page: _Page) -> None:
    if rng.random() < 0.25:
        page.add(rng.choice(bank.style["opening_dialect"]))
    for index, segment in enumerate(segments):
        if index:
            page.add(rng.choice(("，", "。", "～", "!", "...", "，然后")))
        page.put(segment)
        if rng.random() < 0.3 and segment.text[-1] not in "了吗呢吧啊":
            page.add(rng.choice(bank.style["tail"]))


def _zh_numbered(bank: Bank, segments: Sequence[Segment], rng: random.Random, page: _Page) -> None:
    mark = rng.choice(("{}、", "{}.", "({})", "{}，"))
    joint = rng.choice(("\n", "；", "。", " "))
    for index, segment in enumerate(segments):
        if index:
            page.add(joint)
        page.add(mark.format(index + 1))
        page.put(segment)


def _zh_labelled(bank: Bank, segments: Sequence[Segment], rng: random.Random, page: _Page) -> None:
    joint = rng.choice(("\n", "。", "；"))
    for index, segment in enumerate(segments):
        if index:
            page.add(joint)
        if segment.label is not None:
            page.add(segment.label + rng.choice(("：", "：", ":")))
        elif rng.random() < 0.3:
            page.add(rng.choice(("其他：", "其它方面：", "补充：")))
        page.put(segment)


def _zh_pros_cons(bank: Bank, segments: Sequence[Segment], rng: random.Random, page: _Page) -> None:
    _pros_cons(
        segments, page, rng.choice((("优点：", "缺点："), ("好的：", "不好的："), ("👍", "👎"))), "，", "。"
    )


def _pros_cons(
    segments: Sequence[Segment], page: _Page, heads: tuple[str, str], joint: str, stop: str
) -> None:
    rest = [segment for segment in segments if segment.kind is None]
    good = [segment for segment in segments if segment.kind == "praise"]
    bad = [segment for segment in segments if segment.kind in ("complaint", "request")]
    groups = [("", rest), (heads[0], good), (heads[1], bad)]
    for position, (head, group) in enumerate([entry for entry in groups if entry[1]]):
        if position:
            page.add(stop)
        page.add(head)
        for index, segment in enumerate(group):
            if index:
                page.add(joint)
            page.put(segment)


# English -----------------------------------------------------------------------------------------


def _en_sentences(bank: Bank, segments: Sequence[Segment], rng: random.Random, page: _Page) -> None:
    opened = rng.random() < 0.08
    if opened:
        page.add(rng.choice(bank.style["opening_dialect"]))
    fresh = not opened
    for index, segment in enumerate(segments):
        if index:
            if _good_then_bad(segments[index - 1], segment):
                page.add(rng.choice(bank.style["contrast"]) + " ")
                fresh = False
            else:
                page.add(rng.choice((". ", ". ", ". ", "! ", "... ")))
                fresh = True
        page.put(capital(segment) if fresh else segment)
    page.add(rng.choice((".", ".", ".", "!", "")))


def _en_lower(bank: Bank, segments: Sequence[Segment], rng: random.Random, page: _Page) -> None:
    joint = rng.choice((". ", ", ", " ... ", " and ", "\n"))
    for index, segment in enumerate(segments):
        if index:
            page.add(joint)
        page.put(segment)


def _en_chatty(bank: Bank, segments: Sequence[Segment], rng: random.Random, page: _Page) -> None:
    if rng.random() < 0.25:
        page.add(rng.choice(bank.style["opening_dialect"]))
    for index, segment in enumerate(segments):
        if index:
            page.add(rng.choice((". ", "! ", ", ", " - ")))
        page.put(segment)
        if rng.random() < 0.25:
            tail = rng.choice(bank.style["tail"])
            page.add(tail if tail[0] == "!" else " " + tail.strip())


def _en_bullets(bank: Bank, segments: Sequence[Segment], rng: random.Random, page: _Page) -> None:
    mark = rng.choice(("- ", "* ", "• ", "{}. ", "{}) "))
    for index, segment in enumerate(segments):
        if index:
            page.add("\n")
        page.add(mark.format(index + 1))
        page.put(capital(segment))


def _en_labelled(bank: Bank, segments: Sequence[Segment], rng: random.Random, page: _Page) -> None:
    joint = rng.choice(("\n", ". ", "; "))
    for index, segment in enumerate(segments):
        if index:
            page.add(joint)
        if segment.label is not None:
            page.add(segment.label + ": ")
        page.put(segment)


def _en_pros_cons(bank: Bank, segments: Sequence[Segment], rng: random.Random, page: _Page) -> None:
    heads = rng.choice((("Pros: ", "Cons: "), ("Good: ", "Bad: "), ("The good - ", "The bad - ")))
    _pros_cons(segments, page, heads, ", ", rng.choice((". ", "\n")))


def _en_shouting(bank: Bank, segments: Sequence[Segment], rng: random.Random, page: _Page) -> None:
    loud = rng.randrange(len(segments))
    changed = [shouted(segment) if i == loud else capital(segment) for i, segment in enumerate(segments)]
    for index, segment in enumerate(changed):
        if index:
            page.add(rng.choice((". ", "!! ", "! ")))
        page.put(segment)
    page.add(rng.choice(("!!!", "!", ".")))


# The first three also suit a single sentence.
_STYLES: dict[str, tuple[tuple[Style, float], ...]] = {
    "zh": (
        (_zh_sentences, 0.42), (_zh_loose, 0.26), (_zh_chatty, 0.14),
        (_zh_numbered, 0.05), (_zh_labelled, 0.08), (_zh_pros_cons, 0.05),
    ),
    "en": (
        (_en_sentences, 0.50), (_en_lower, 0.18), (_en_chatty, 0.10), (_en_shouting, 0.04),
        (_en_bullets, 0.05), (_en_labelled, 0.06), (_en_pros_cons, 0.07),
    ),
}  # fmt: skip
