"""Exact maps between a text and the text it was made from.

A transformation that replaces parts of a string is described by its *edits*: a sorted tuple of
``(start, end, source_start, source_end)``, each saying that ``target[start:end]`` stands for
``source[source_start:source_end]``. Between edits the two texts are identical, so an unchanged
text has no edits at all and costs nothing. All offsets are Python code points.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any

Edits = tuple[tuple[int, int, int, int], ...]

NO_EDITS: Edits = ()


def to_source(edits: Edits, start: int, end: int) -> tuple[int, int]:
    """Return the smallest source slice that ``target[start:end]`` stands for.

    A slice that cuts through an edit widens to the whole edit. Source characters deleted exactly
    at a boundary stay outside.

    >>> to_source(((1, 2, 1, 5),), 1, 2)   # "a*b" made from "a1234b"
    (1, 5)
    >>> to_source(((1, 1, 1, 3),), 1, 2)   # "ab" made from "a--b"
    (3, 4)
    """
    if not edits:
        return start, end
    if start == end:
        point = _start(edits, start)
        return point, point
    return _start(edits, start), _end(edits, end)


def _start(edits: Edits, position: int) -> int:
    # Last edit that begins at or before the position decides.
    index = bisect_right(edits, position, key=lambda edit: edit[0]) - 1
    if index < 0:
        return position
    first, last, source_first, source_last = edits[index]
    if first <= position < last:
        return source_first
    return source_last + (position - last)


def _end(edits: Edits, position: int) -> int:
    # Last edit that begins strictly before the position decides.
    index = bisect_left(edits, position, key=lambda edit: edit[0]) - 1
    if index < 0:
        return position
    _, last, _, source_last = edits[index]
    if position <= last:
        return source_last
    return source_last + (position - last)


def substitute(pattern: Any, replace: str | Callable[[Any], str], text: str) -> tuple[str, Edits]:
    """Like ``pattern.sub(replace, text)``, returning the edits too.

    Args:
        pattern: compiled ``re`` or ``regex`` pattern.
        replace: literal replacement, or a function of the match. A function that returns the
            matched text unchanged makes no edit.
    """
    pieces: list[str] = []
    edits: list[tuple[int, int, int, int]] = []
    copied = length = 0
    for match in pattern.finditer(text):
        first, last = match.span()
        new = replace if isinstance(replace, str) else replace(match)
        if new == match.group():
            continue
        pieces.append(text[copied:first])
        length += first - copied
        pieces.append(new)
        edits.append((length, length + len(new), first, last))
        length += len(new)
        copied = last
    if not edits:
        return text, NO_EDITS
    pieces.append(text[copied:])
    return "".join(pieces), merge_adjacent(edits)


def merge_adjacent(edits: list[tuple[int, int, int, int]]) -> Edits:
    """Join edits that touch on both sides, so that slices at their border stay unambiguous."""
    merged: list[tuple[int, int, int, int]] = []
    for edit in edits:
        if merged and merged[-1][1] == edit[0] and merged[-1][3] == edit[2]:
            merged[-1] = (merged[-1][0], edit[1], merged[-1][2], edit[3])
        else:
            merged.append(edit)
    return tuple(merged)


def compose(outer: Edits, inner: Edits) -> Edits:
    """Return the edits of a two-step change: source → (inner) → middle → (outer) → target."""
    if not inner:
        return outer
    if not outer:
        return inner
    # Both lists cut the middle text into changed segments; overlapping or touching ones are united.
    segments = sorted(
        [(s, e, 0) for _, _, s, e in outer] + [(s, e, 1) for s, e, _, _ in inner],
        key=lambda segment: (segment[0], segment[1]),
    )
    united: list[list[int]] = []
    for first, last, _ in segments:
        if united and first <= united[-1][1]:
            united[-1][1] = max(united[-1][1], last)
        else:
            united.append([first, last])
    result: list[tuple[int, int, int, int]] = []
    for first, last in united:
        source_first, source_last = _outside(inner, first, last)
        target_first, target_last = _outside(tuple((c, d, a, b) for a, b, c, d in outer), first, last)
        result.append((target_first, target_last, source_first, source_last))
    return merge_adjacent(result)


def _outside(edits: Edits, first: int, last: int) -> tuple[int, int]:
    """Map a segment that no edit crosses, keeping edits that touch its borders inside it."""
    left = bisect_left(edits, first, key=lambda edit: edit[0]) - 1
    source_first = first if left < 0 else edits[left][3] + (first - edits[left][1])
    right = bisect_right(edits, last, key=lambda edit: edit[0]) - 1
    while right >= 0 and edits[right][1] > last:
        right -= 1
    source_last = last if right < 0 else edits[right][3] + (last - edits[right][1])
    return source_first, source_last


def dump_edits(edits: Edits) -> str | None:
    """Edits as compact JSON for a table cell; ``None`` when there are none."""
    return json.dumps(edits, separators=(",", ":")) if edits else None


def load_edits(cell: str | None) -> Edits:
    """Inverse of :func:`dump_edits`."""
    return tuple((a, b, c, d) for a, b, c, d in json.loads(cell)) if cell else NO_EDITS
