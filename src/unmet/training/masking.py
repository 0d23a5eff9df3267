"""Dynamic whole-word masking.

Masks are drawn anew for every batch (Liu et al., "RoBERTa", 2019) and hide whole words (Cui et al.,
"Pre-training with whole word masking for Chinese BERT", 2021). Of the hidden tokens 80% become [MASK],
10% a random token, 10% stay (Devlin et al., "BERT", 2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmet.training.batching import Batch

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Masked:
    """A batch with hidden tokens.

    Attributes:
        ids: what the model reads, shape ``(n, longest)``.
        rows, columns: places of the hidden tokens, shape ``(n_hidden,)``.
        targets: the tokens that were there, shape ``(n_hidden,)``.
    """

    ids: Ints
    rows: Ints
    columns: Ints
    targets: Ints


def mask_words(
    batch: Batch, share: float, mask_id: int, n_tokens: int, n_special: int, rng: np.random.Generator
) -> Masked:
    """Hide about ``share`` of the tokens of every row, whole words at a time, at least one word a row.

    Args:
        batch: padded sequences.
        share: 0–1.
        mask_id: id of [MASK].
        n_tokens: size of the vocabulary.
        n_special: ids below this are never put in as random tokens.
        rng: draws words and replacements.
    """
    hidden = np.zeros(batch.ids.shape, dtype=bool)
    # Words are numbered through the whole batch; a token belongs to the last word begun before it.
    word = np.cumsum(batch.word_starts.ravel()).reshape(batch.ids.shape) - 1
    n_words = int(batch.word_starts.sum())
    if n_words:
        chosen = _choose(batch, word, n_words, share, rng)
        hidden = chosen[np.maximum(word, 0)] & batch.ordinary & (word >= 0)
    rows, columns = np.nonzero(hidden)
    targets = batch.ids[rows, columns]
    ids = batch.ids.copy()
    draw = rng.random(len(rows))
    replaced = np.where(
        draw < 0.8,
        mask_id,
        np.where(draw < 0.9, rng.integers(n_special, n_tokens, len(rows)), targets),
    )
    ids[rows, columns] = replaced
    return Masked(ids, rows, columns, targets)


def _choose(
    batch: Batch, word: Ints, n_words: int, share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Which words are hidden: in random order within each row until the row's share is reached."""
    inside = batch.ordinary & (word >= 0)
    sizes = np.bincount(word[inside], minlength=n_words)
    row_of_word = np.repeat(np.arange(len(batch.ids)), batch.word_starts.sum(axis=1))
    budget = np.maximum(share * batch.ordinary.sum(axis=1), 1.0)
    # Chance decides the fraction of a token, so that the share holds on average in short rows too.
    budget = np.maximum(np.floor(budget + rng.random(len(budget))), 1.0)
    order = np.lexsort((rng.random(n_words), row_of_word))
    before = np.cumsum(sizes[order]) - sizes[order]
    first_of_row = np.searchsorted(row_of_word[order], row_of_word[order])
    taken = before - before[first_of_row]
    chosen = np.zeros(n_words, dtype=bool)
    chosen[order] = taken < budget[row_of_word[order]]
    return chosen
