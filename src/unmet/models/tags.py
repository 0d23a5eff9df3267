"""BIO tags (Ramshaw & Marcus 1995): 0 outside, ``1 + 2k`` begins and ``2 + 2k`` continues type ``k``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unmet.models.heads import Span, Task

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


def best_tags(scores: Floats) -> Ints:
    """The best-scored sequence of tags in which nothing continues what has not begun.

    Viterbi (1967) with forbidden steps only; a sequence of best single tags that breaks no rule is the
    answer at once.

    Args:
        scores: of every tag at every token (logits), shape ``(n_tokens, 1 + 2 · types)``.

    Returns:
        Tag numbers, shape ``(n_tokens,)``.
    """
    single = scores.argmax(axis=1)
    if _is_legal(single):
        legal: Ints = single.astype(np.int64)
        return legal
    allowed = _steps(scores.shape[1])
    total = np.where(_begins(scores.shape[1]), scores[0], -np.inf)
    back = np.zeros(scores.shape, dtype=np.int64)
    for place in range(1, len(scores)):
        candidates = np.where(allowed, total[:, None], -np.inf)
        back[place] = candidates.argmax(axis=0)
        total = candidates.max(axis=0) + scores[place]
    tags = np.empty(len(scores), dtype=np.int64)
    tags[-1] = total.argmax()
    for place in range(len(scores) - 1, 0, -1):
        tags[place - 1] = back[place, tags[place]]
    return tags


def _is_legal(tags: NDArray[np.integer]) -> bool:
    """Whether every inside tag follows a tag of its own type."""
    before = np.concatenate([[0], tags[:-1]])
    inside = (tags > 0) & (tags % 2 == 0)
    return bool(np.all(~inside | (before == tags) | (before == tags - 1)))


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
