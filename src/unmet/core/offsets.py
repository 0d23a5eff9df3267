"""Exact maps between a text and the text it was made from.

A transformation that replaces parts of a string is described by its *edits*: a sorted tuple of
``(start, end, source_start, source_end)``, each saying that ``target[start:end]`` stands for
``source[source_start:source_end]``. Between edits the two texts are identical, so an unchanged
text has no edits at all and costs nothing. All offsets are Python code points.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
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


def without(text: str, spans: Iterable[tuple[int, int]], filler: str = "") -> str:
    """The text with slices taken out, each replaced by ``filler``; spans may come in any order.

    >>> without("so very good", [(8, 12), (0, 3)])
    'very '
    """
    pieces: list[str] = []
    copied = 0
    for start, end in sorted(spans):
        pieces += [text[copied:start], filler]
        copied = max(copied, end)
    return "".join(pieces) + text[copied:]


def merge_adjacent(edits: list[tuple[int, int, int, int]]) -> Edits:
    """Join touching edits where slices at their border would be ambiguous.

    That is where one of them is a pure insertion (it stands for no source of its own) or both are
    pure deletions. Touching replacements stay apart, so that ``ＡＢ`` → ``AB`` maps letter by letter.
    """
    merged: list[tuple[int, int, int, int]] = []
    for edit in edits:
        if merged and _belong_together(merged[-1], edit):
            merged[-1] = (merged[-1][0], edit[1], merged[-1][2], edit[3])
        else:
            merged.append(edit)
    return tuple(merged)


def _belong_together(left: tuple[int, int, int, int], right: tuple[int, int, int, int]) -> bool:
    if left[1] != right[0] or left[3] != right[2]:
        return False
    is_insertion = left[2] == left[3] or right[2] == right[3]
    are_deletions = left[0] == left[1] and right[0] == right[1]
    return is_insertion or are_deletions


def compose(outer: Edits, inner: Edits) -> Edits:
    """Return the edits of a two-step change: source → (inner) → middle → (outer) → target.

    Edits of the two steps that overlap in the middle text become one; the others stay as they are.
    """
    if not inner:
        return outer
    if not outer:
        return inner
    # Each edit as (first, last in the middle text, growth of the target, growth of the source).
    changes = [(s, e, (b - a) - (e - s), 0) for a, b, s, e in outer]
    changes += [(s, e, 0, (d - c) - (e - s)) for s, e, c, d in inner]
    changes.sort(key=lambda change: change[:2])
    united: list[list[int]] = []
    for first, last, target_growth, source_growth in changes:
        if united and (first < united[-1][1] or (first, last) == (united[-1][0], united[-1][1])):
            united[-1][1] = max(united[-1][1], last)
            united[-1][2] += target_growth
            united[-1][3] += source_growth
        else:
            united.append([first, last, target_growth, source_growth])
    result: list[tuple[int, int, int, int]] = []
    target_shift = source_shift = 0
    for first, last, target_growth, source_growth in united:
        starts = first + target_shift, first + source_shift
        target_shift += target_growth
        source_shift += source_growth
        result.append((starts[0], last + target_shift, starts[1], last + source_shift))
    return merge_adjacent(result)


def dump_edits(edits: Edits) -> str | None:
    """Edits as compact JSON for a table cell; ``None`` when there are none."""
    return json.dumps(edits, separators=(",", ":")) if edits else None


def load_edits(cell: str | None) -> Edits:
    """Inverse of :func:`dump_edits`."""
    return tuple((a, b, c, d) for a, b, c, d in json.loads(cell)) if cell else NO_EDITS
