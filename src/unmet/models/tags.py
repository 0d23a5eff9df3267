"""BIO tags (Ramshaw & Marcus 1995): 0 outside, ``1 + 2k`` begins and ``2 + 2k`` continues type ``k``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unmet.models.heads import Span, Task

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


def best_tags(scores: Floats, lengths: Ints) -> Ints:
    """The best-scored sequences of tags in which nothing continues what has not begun.

    Viterbi (1967) with forbidden steps only; a sequence of best single tags that breaks no rule is the
    answer at once. All sequences that need it are searched side by side.

    Args:
        scores: of every tag at every token (logits), shape ``(n, n_tokens, 1 + 2 · types)``.
        lengths: tokens of each sequence, shape ``(n,)``.

    Returns:
        Tag numbers, shape ``(n, n_tokens)``, 0 after a sequence's end.
    """
    inside = np.arange(scores.shape[1])[None, :] < lengths[:, None]
    tags: Ints = np.where(inside, scores.argmax(axis=2), 0).astype(np.int64)
    broken = np.flatnonzero(~_are_legal(tags))
    if broken.size:
        tags[broken] = np.where(inside[broken], _searched(scores[broken], lengths[broken]), 0)
    return tags


def _searched(scores: Floats, lengths: Ints) -> Ints:
    rows, n_tokens, n_tags = np.arange(len(scores)), scores.shape[1], scores.shape[2]
    allowed = _steps(n_tags)
    total = np.where(_begins(n_tags), scores[:, 0], -np.inf)
    back = np.zeros(scores.shape, dtype=np.int64)
    for place in range(1, n_tokens):
        candidates = np.where(allowed, total[:, :, None], -np.inf)
        back[:, place] = candidates.argmax(axis=1)
        longer = (place < lengths)[:, None]
        total = np.where(longer, candidates.max(axis=1) + scores[:, place], total)
    tags = np.empty((len(scores), n_tokens), dtype=np.int64)
    current = total.argmax(axis=1)
    for place in range(n_tokens - 1, -1, -1):
        tags[:, place] = current
        if place:
            current = np.where(place < lengths, back[rows, place, current], current)
    return tags


def _are_legal(tags: Ints) -> NDArray[np.bool_]:
    """Whether every inside tag follows a tag of its own type, for each sequence, shape ``(n,)``."""
    before = np.concatenate([np.zeros((len(tags), 1), np.int64), tags[:, :-1]], axis=1)
    inside = (tags > 0) & (tags % 2 == 0)
    legal: NDArray[np.bool_] = (~inside | (before == tags) | (before == tags - 1)).all(axis=1)
    return legal


def _begins(n_tags: int) -> NDArray[np.bool_]:
    numbers = np.arange(n_tags)
    begins: NDArray[np.bool_] = (numbers == 0) | (numbers % 2 == 1)
    return begins


def _steps(n_tags: int) -> NDArray[np.bool_]:
    """Whether tag ``j`` may follow tag ``i``, shape ``(n_tags, n_tags)``."""
    before, after = np.arange(n_tags)[:, None], np.arange(n_tags)[None, :]
    own = (before == after) | (before == after - 1)
    allowed: NDArray[np.bool_] = _begins(n_tags)[None, :] | (own & (after > 0))
    return allowed


def read_spans(tags: Ints, offsets: Ints, task: Task) -> list[Span]:
    """Spans that a sequence of tags means; an inside tag without a beginning begins one."""
    found: list[Span] = []
    kind = -1
    for tag, (start, end) in zip(tags.tolist(), offsets.tolist(), strict=True):
        own = (tag - 1) // 2 if tag > 0 else -1
        if tag > 0 and (tag % 2 == 1 or own != kind):
            found.append((start, end, task.labels[own]))
        elif tag > 0:
            found[-1] = (found[-1][0], end, found[-1][2])
        kind = own
    return found


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """A span widened to the Latin words and numbers that it cuts; taggers of word pieces sometimes do.

    >>> whole_words("the zipper broke", 4, 7)
    (4, 10)
    >>> whole_words("买了iPhone 14", 2, 7), whole_words("电池不耐用", 0, 1)
    ((2, 8), (0, 1))
    """
    while 0 < start < len(text) and _joined(text[start - 1], text[start]):
        start -= 1
    while 0 < end < len(text) and _joined(text[end - 1], text[end]):
        end += 1
    return start, end


def _joined(left: str, right: str) -> bool:
    """Whether no word ends between two characters."""
    return (
        left.isascii()
        and right.isascii()
        and ((left.isalpha() and right.isalpha()) or (left.isdigit() and right.isdigit()))
    )
