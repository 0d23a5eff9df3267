"""Spans that another model found, as spans of the linear tier's tokens, so that its pairing can read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from unmet.models.tagger import TaggedSpan
from unmet.models.tagger_features import Sentences

LABELS = {"ASPECT": "A", "OPINION": "O"}
"""Names of an encoder's span types → those of the linear tagger."""


class FoundSpan(Protocol):
    """A span in a text: code points, end exclusive."""

    @property
    def start(self) -> int:
        """First character."""
        ...

    @property
    def end(self) -> int:
        """One after the last character."""
        ...

    @property
    def type(self) -> str:
        """``ASPECT`` or ``OPINION``."""
        ...

    @property
    def probability(self) -> float:
        """How sure, 0–1."""
        ...


def transferred(
    spans: Sequence[Sequence[FoundSpan]], sentences: Sentences
) -> tuple[list[TaggedSpan], list[TaggedSpan]]:
    """Aspects and opinions on the tokens of the same texts, in order of place.

    A span covers the tokens that it touches, within the sentence it begins in; spans that touch none (a
    smiley that is no word) are left out.

    Args:
        spans: of each text.
        sentences: tokens of the same texts.
    """
    found: dict[str, list[TaggedSpan]] = {"A": [], "O": []}
    text_of = np.repeat(sentences.text_of, np.diff(sentences.bounds))
    for number, own in enumerate(spans):
        tokens = np.flatnonzero(text_of == number) if own else np.empty(0, dtype=np.int64)
        for span in own:
            inside = (sentences.starts[tokens] < span.end) & (sentences.ends[tokens] > span.start)
            touched = tokens[inside]
            if not touched.size:
                continue
            sentence = int(np.searchsorted(sentences.bounds, touched[0], side="right"))
            last = min(int(touched[-1]) + 1, int(sentences.bounds[sentence]))
            label, place = LABELS[span.type], (span.start, span.end)
            found[label].append(TaggedSpan(label, int(touched[0]), last, span.probability, place))
    for own_spans in found.values():
        own_spans.sort(key=lambda span: (span.first, span.last))
    return found["A"], found["O"]
