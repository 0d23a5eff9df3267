"""Easy data augmentation (EDA, Wei & Zou 2019) without synonyms: swap, delete, insert.

Words are those of the text's language, so Chinese is edited word by word. Inserted words are drawn from the
training texts as often as they occur there; a thesaurus is not needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from unmet.training.augmentation.pieces import Pieces, Word, cut_pieces, language_of
from unmet.training.tasks import Span

EDITS = ("swap", "delete", "insert")


class Edits:
    """Edits texts.

    Args:
        texts: from which inserted words are drawn.
        share: of the words that an edit touches; at least one.
    """

    def __init__(self, texts: Sequence[str], share: float) -> None:
        self.share = share
        self._words: dict[str, tuple[list[str], NDArray[np.float64]]] = {}
        for language in ("zh", "en"):
            own = [text for text in texts if language_of(text) == language]
            counts = Counter(word.text for text in own for word in cut_pieces(text).words)
            words = sorted(counts)
            total = sum(counts.values())
            self._words[language] = (words, np.array([counts[w] / max(total, 1) for w in words]))

    def __call__(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]], rng: np.random.Generator
    ) -> list[tuple[str, list[Span]]]:
        """Each text with one kind of edit, drawn at random; labelled spans are moved along, never broken."""
        found = []
        for text, own in zip(texts, spans, strict=True):
            pieces = cut_pieces(text, own)
            kind = EDITS[int(rng.integers(len(EDITS)))]
            n = max(1, round(self.share * len(pieces.words)))
            for _ in range(n):
                pieces = self._edited(pieces, kind, language_of(text), rng)
            found.append(pieces.joined())
        return found

    def _edited(self, pieces: Pieces, kind: str, language: str, rng: np.random.Generator) -> Pieces:
        words, gaps = list(pieces.words), list(pieces.gaps)
        if kind == "swap" and len(words) > 1:
            a, b = rng.choice(len(words), 2, replace=False)
            words[a], words[b] = words[b], words[a]
        elif kind == "delete":
            free = [i for i, word in enumerate(words) if not word.spans]
            if free and len(words) > 1:
                place = int(rng.choice(free))
                del words[place]
                left, right = gaps.pop(place), gaps[place]
                gaps[place] = left if left.strip() and not right.strip() else right
        elif kind == "insert" and self._words[language][0]:
            known, chances = self._words[language]
            place = int(rng.integers(len(words) + 1))
            words.insert(place, Word(str(rng.choice(known, p=chances))))
            space = " " if language == "en" else ""
            gaps.insert(place + 1 if place < len(words) - 1 else place, space)
        return Pieces(words, gaps)
