"""Labelled texts → windows of tokens with their targets. A long text is read in several windows, none is cut.

Every window of a text carries the text's label in training; at prediction the windows' outputs are
averaged by their number of tokens (:mod:`unmet.models.windows`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from unmet.models.tags import read_spans
from unmet.models.windows import (
    WindowBatch,
    Windows,
    by_length,
    pad_windows,
    pair_windows,
    text_windows,
)
from unmet.training.tasks import Examples, Span, Task
from unmet.training.tokenizing import Reader

__all__ = [
    "NO_TAG",
    "WindowBatch",
    "Windows",
    "by_length",
    "make_windows",
    "pad_windows",
    "read_spans",
    "tag_tokens",
]

Ints = NDArray[np.int64]
NO_TAG = -100


def make_windows(task: Task, examples: Examples, reader: Reader, max_tokens: int) -> Windows:
    """Tokenize the examples of a task.

    For vectors, the second texts follow the first ones: text ``i`` and ``i + n`` are neighbours.
    """
    if task.reads_two:
        return pair_windows(examples.texts, examples.seconds, reader, max_tokens)
    texts = examples.texts + (examples.seconds if task.kind == "vectors" else [])
    windows = text_windows(texts, reader, max_tokens)
    if task.kind != "tags":
        return windows
    tags = []
    for number, places in zip(windows.example.tolist(), windows.places, strict=True):
        labels = tag_tokens(places[1:-1], examples.spans[number], task)
        tags.append(np.concatenate([[NO_TAG], labels, [NO_TAG]]))
    return replace(windows, tags=tags)


def tag_tokens(offsets: Ints, spans: list[Span], task: Task) -> Ints:
    """BIO tags of tokens, see :mod:`unmet.models.tags`.

    Where spans overlap, the earlier and then the longer one wins. A span that a window cuts begins anew in
    the next window.
    """
    tags = np.zeros(len(offsets), dtype=np.int64)
    for start, end, kind in sorted(spans, key=lambda span: (span[0], -span[1]), reverse=True):
        inside = np.flatnonzero((offsets[:, 0] < end) & (offsets[:, 1] > start))
        if len(inside):
            tags[inside] = 2 + 2 * task.labels.index(kind)
            tags[inside[0]] -= 1
    return tags
