"""Words replaced by what a masked language model would put there (Kobayashi 2018; Kumar et al. 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from unmet.models.windows import pad_rows
from unmet.training.architectures import load_model
from unmet.training.augmentation.pieces import cut_pieces
from unmet.training.encoders import has_segments, longest_window
from unmet.training.objectives import parts_of
from unmet.training.predicting import model_inputs
from unmet.training.tasks import Span
from unmet.training.tokenizing import Reader

_LIKELY = 10
"""Tokens that a replacement is drawn from."""
_ROWS = 32
_LONGEST_WORD = 3  # tokens; longer words stay


class MaskedReplacement:
    """Replaces words.

    Args:
        base: folder of a masked language model; our own after ``unmet pretrain``, or any other.
        reader: its tokenizer.
        share: of the words that are replaced; at least one.
    """

    def __init__(self, base: str, reader: Reader, share: float) -> None:
        model: Any = load_model(base, "mlm")
        self._encoder, self._head, _ = parts_of(model.eval())
        self._reader, self._share = reader, share
        self._longest = longest_window(self._encoder, 512)
        vocabulary = reader.tokenizer.get_vocab()
        plain = [i for piece, i in vocabulary.items() if piece.removeprefix("##").isalnum()]
        self._never = torch.ones(int(model.config.vocab_size), dtype=torch.bool)
        self._never[torch.tensor(sorted(set(plain) - {reader.unknown}))] = False
        inner = sorted(i for piece, i in vocabulary.items() if piece.startswith("##"))
        self._inner = torch.zeros_like(self._never)
        self._inner[torch.tensor(inner, dtype=torch.long)] = True

    def __call__(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]], rng: np.random.Generator
    ) -> list[tuple[str, list[Span]]]:
        """Each text with some words replaced; words in labelled spans are kept, the spans moved along."""
        found: list[tuple[str, list[Span]]] = []
        for first in range(0, len(texts), _ROWS):
            part = slice(first, first + _ROWS)
            found += self._replaced(texts[part], spans[part], rng)
        return found

    def _replaced(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]], rng: np.random.Generator
    ) -> list[tuple[str, list[Span]]]:
        encodings = self._reader.encode_batch(texts)
        chosen = [self._choose(t, s, e, rng) for t, s, e in zip(texts, spans, encodings, strict=True)]
        rows = [[self._reader.start, *e.ids[: self._longest - 2], self._reader.end] for e in encodings]
        before = [list(row) for row in rows]
        for row, words in zip(rows, chosen, strict=True):
            for word in words:
                for place in word:
                    row[place + 1] = self._reader.mask
        # Token by token, so that the second character of a word knows the first.
        for turn in range(_LONGEST_WORD):
            places = [(r, word[turn] + 1) for r, ws in enumerate(chosen) for word in ws if len(word) > turn]
            if places:
                self._fill(rows, before, places, rng)
        return [
            self._written(text, own, encoding, words, row)
            for text, own, encoding, words, row in zip(texts, spans, encodings, chosen, rows, strict=True)
        ]

    def _choose(
        self, text: str, spans: Sequence[Span], encoding: Any, rng: np.random.Generator
    ) -> list[list[int]]:
        """Tokens of the words to replace."""
        offsets = np.asarray(encoding.offsets, dtype=np.int64).reshape(-1, 2)[: self._longest - 2]
        words, place = [], 0
        pieces = cut_pieces(text, spans)
        for word, gap in zip(pieces.words, pieces.gaps, strict=False):
            start = place + len(gap)
            place = start + len(word.text)
            inside = np.flatnonzero((offsets[:, 0] < place) & (offsets[:, 1] > start)).tolist()
            if not word.spans and 0 < len(inside) <= _LONGEST_WORD and offsets[inside[0], 0] == start:
                words.append(inside)
        n = max(1, round(self._share * len(pieces.words)))
        order = rng.permutation(len(words))[:n]
        return [words[i] for i in sorted(order)]

    @torch.no_grad()
    def _fill(
        self, rows: list[list[int]], before: list[list[int]], places: list[tuple[int, int]], rng: Any
    ) -> None:
        batch = pad_rows(rows, self._reader.pad)
        inputs = model_inputs(batch, torch.device("cpu"), has_segments(self._encoder))
        states = self._encoder(**inputs).last_hidden_state
        at_row, at_column = (torch.tensor(side) for side in zip(*places, strict=True))
        logits: torch.Tensor = self._head(states[at_row, at_column]).float()
        logits[:, self._never] = -torch.inf
        for number, (row, column) in enumerate(places):
            own = logits[number].clone()
            was = before[row][column]
            own[was] = -torch.inf
            own[self._inner != self._inner[was]] = -torch.inf  # the middle of a word stays the middle
            top = own.topk(min(_LIKELY, int(torch.isfinite(own).sum())))
            if not len(top.values):
                rows[row][column] = was
                continue
            chances: NDArray[Any] = top.values.double().softmax(dim=0).numpy()
            rows[row][column] = int(rng.choice(top.indices.numpy(), p=chances / chances.sum()))

    def _written(
        self, text: str, spans: Sequence[Span], encoding: Any, words: list[list[int]], row: list[int]
    ) -> tuple[str, list[Span]]:
        """The text with the new words in place of the old ones."""
        edits = []
        for word in words:
            start, end = encoding.offsets[word[0]][0], encoding.offsets[word[-1]][1]
            pieces = [str(self._reader.tokenizer.id_to_token(row[place + 1])) for place in word]
            edits.append((start, end, "".join(piece.removeprefix("##") for piece in pieces)))
        parts, at, shifts = [], 0, []
        for start, end, new in edits:
            parts += [text[at:start], new]
            at = end
            shifts.append((end, len(new) - (end - start)))
        moved = []
        for start, end, kind in spans:
            shift = sum(by for after, by in shifts if after <= start)
            moved.append((start + shift, end + shift, kind))
        return "".join([*parts, text[at:]]), moved
