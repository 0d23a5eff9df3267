"""Labelled texts → windows of tokens with their targets. A long text is read in several windows, none is cut.

Every window of a text carries the text's label in training; at prediction the windows' outputs are
averaged by their number of tokens. Two texts that do not fit together lose the end of the longer one,
and how many did is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.training.tasks import Examples, Span, Task
from unmet.training.token_store import cut_windows, token_flags
from unmet.training.tokenizing import Reader

Ints = NDArray[np.int64]
NO_TAG = -100


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of all texts of a task.

    Attributes:
        ids: token ids of each window with special tokens.
        segments: 0 or 1 per token.
        example: number of the text each window is of, shape ``(n_windows,)``.
        places: ``(start, end)`` in the text of each token, for tags; special tokens have (0, 0).
        tags: tag numbers per token, for tags.
        n_shortened: pairs of which a part was cut off.
    """

    ids: list[Ints]
    segments: list[Ints]
    example: Ints
    places: list[Ints]
    tags: list[Ints]
    n_shortened: int

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def lengths(self) -> Ints:
        """Tokens of each window."""
        return np.array([len(ids) for ids in self.ids], dtype=np.int64)


def make_windows(task: Task, examples: Examples, reader: Reader, max_tokens: int) -> Windows:
    """Tokenize the examples of a task.

    For vectors, the second texts follow the first ones: text ``i`` and ``i + n`` are neighbours.
    """
    if examples.seconds and task.kind != "vectors":
        return _pair_windows(examples, reader, max_tokens)
    texts = examples.texts + (examples.seconds if task.kind == "vectors" else [])
    ids, example, places, tags = [], [], [], []
    for number, (text, encoding) in enumerate(zip(texts, reader.encode_batch(texts), strict=True)):
        tokens = np.asarray(encoding.ids, dtype=np.int64)
        offsets = np.asarray(encoding.offsets, dtype=np.int64).reshape(-1, 2)
        labels = tag_tokens(offsets, examples.spans[number], task) if task.kind == "tags" else None
        for start, length in _cuts(reader.view(text), encoding, max_tokens - 2):
            window = slice(start, start + length)
            ids.append(np.concatenate([[reader.start], tokens[window], [reader.end]]))
            places.append(np.concatenate([[[0, 0]], offsets[window], [[0, 0]]]))
            if labels is not None:
                tags.append(np.concatenate([[NO_TAG], labels[window], [NO_TAG]]))
            example.append(number)
    segments = [np.zeros(len(window), dtype=np.int64) for window in ids]
    return Windows(ids, segments, np.array(example, dtype=np.int64), places, tags, 0)


def _cuts(text: str, encoding: Any, longest: int) -> list[tuple[int, int]]:
    if len(encoding.ids) <= longest:
        return [(0, len(encoding.ids))]
    language = "en" if text.isascii() else "zh"
    return [(int(a), int(b)) for a, b in cut_windows(token_flags(text, language, encoding), longest)]


def _pair_windows(examples: Examples, reader: Reader, max_tokens: int) -> Windows:
    ids, segments, n_shortened = [], [], 0
    firsts, seconds = reader.encode_batch(examples.texts), reader.encode_batch(examples.seconds)
    for first, second in zip(firsts, seconds, strict=True):
        a, b = list(first.ids), list(second.ids)
        n_shortened += len(a) + len(b) > max_tokens - 3
        while len(a) + len(b) > max_tokens - 3:
            (a if len(a) > len(b) else b).pop()
        ids.append(np.array([reader.start, *a, reader.end, *b, reader.end], dtype=np.int64))
        segments.append(np.array([0] * (len(a) + 2) + [1] * (len(b) + 1), dtype=np.int64))
    return Windows(ids, segments, np.arange(len(ids)), [], [], n_shortened)


def tag_tokens(offsets: Ints, spans: list[Span], task: Task) -> Ints:
    """BIO tags (Ramshaw & Marcus 1995): 0 outside, ``1 + 2k`` begins and ``2 + 2k`` continues type ``k``.

    Where spans overlap, the earlier and then the longer one wins.
    """
    tags = np.zeros(len(offsets), dtype=np.int64)
    for start, end, kind in sorted(spans, key=lambda span: (span[0], -span[1]), reverse=True):
        inside = np.flatnonzero((offsets[:, 0] < end) & (offsets[:, 1] > start))
        if len(inside):
            tags[inside] = 2 + 2 * task.labels.index(kind)
            tags[inside[0]] -= 1
    return tags


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


@dataclass(frozen=True, slots=True)
class WindowBatch:
    """Padded windows: ``ids``, ``attention``, ``segments`` of shape ``(n, longest)``."""

    numbers: Ints
    ids: Ints
    attention: Ints
    segments: Ints


def pad_windows(windows: Windows, numbers: Ints, pad: int) -> WindowBatch:
    """Some windows as one batch."""
    longest = max(len(windows.ids[n]) for n in numbers)
    shape = (len(numbers), longest)
    ids = np.full(shape, pad, dtype=np.int64)
    attention, segments = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for row, number in enumerate(numbers):
        length = len(windows.ids[number])
        ids[row, :length] = windows.ids[number]
        segments[row, :length] = windows.segments[number]
        attention[row, :length] = 1
    return WindowBatch(numbers, ids, attention, segments)


def by_length(windows: Windows, rows: int) -> Iterator[Ints]:
    """Window numbers in batches of similar length, for prediction."""
    order = np.argsort(windows.lengths, kind="stable")
    for first in range(0, len(order), rows):
        yield order[first : first + rows]
