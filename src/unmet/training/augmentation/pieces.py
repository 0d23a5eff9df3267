"""A text as words between gaps; labelled spans stay whole and are found again after an edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unmet.text.words import split_words
from unmet.training.tasks import Span


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or a stretch of text with labelled spans that no edit may break.

    Attributes:
        text: as written.
        spans: labelled spans, counted from the word's start.
    """

    text: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Pieces:
    """``gaps[0] words[0] gaps[1] … words[-1] gaps[-1]`` is the text."""

    words: list[Word]
    gaps: list[str]

    def joined(self) -> tuple[str, list[Span]]:
        """The text, and its spans where they are now."""
        parts, spans, length = [self.gaps[0]], [], len(self.gaps[0])
        for word, gap in zip(self.words, self.gaps[1:], strict=True):
            spans += [(start + length, end + length, kind) for start, end, kind in word.spans]
            parts += [word.text, gap]
            length += len(word.text) + len(gap)
        return "".join(parts), spans


def language_of(text: str) -> str:
    """``en`` for a text of ASCII only, else ``zh``."""
    return "en" if text.isascii() else "zh"


def cut_pieces(text: str, spans: Sequence[Span] = ()) -> Pieces:
    """Words of a text; words that a labelled span touches become one.

    >>> cut_pieces("电池很好。", [(0, 2, "part")]).words
    [Word(text='电池', spans=((0, 2, 'part'),)), Word(text='很', spans=()), Word(text='好', spans=())]
    """
    stretches: list[tuple[int, int]] = []
    for start, end in sorted([*split_words(text, language_of(text)), *((a, b) for a, b, _ in spans)]):
        if stretches and start < stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(end, stretches[-1][1]))
        elif end > start:
            stretches.append((start, end))
    words = [
        Word(text[a:b], tuple((s - a, e - a, kind) for s, e, kind in spans if a <= s and e <= b and s < e))
        for a, b in stretches
    ]
    ends = [0, *(b for _, b in stretches)]
    starts = [*(a for a, _ in stretches), len(text)]
    return Pieces(words, [text[a:b] for a, b in zip(ends, starts, strict=True)])
