"""Offset maps against a character-by-character oracle."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unmet.core.offsets import (
    NO_EDITS,
    Edits,
    compose,
    dump_edits,
    load_edits,
    merge_adjacent,
    substitute,
    to_source,
)

ALPHABET = st.sampled_from("ab。 手1")
TEXT = st.text(ALPHABET, max_size=14)


PIECES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.text(st.sampled_from("xyz"), max_size=3)), max_size=5
)


@st.composite
def changes(draw: st.DrawFn, source: str | None = None) -> tuple[str, str, Edits]:
    """A source text, a changed text, and the edits between them, touching edits included."""
    source = draw(TEXT) if source is None else source
    target, at = "", 0
    edits: list[tuple[int, int, int, int]] = []
    for keep, gone, new in draw(PIECES):
        target += source[at : at + keep]
        at = min(len(source), at + keep)
        gone_here = min(gone, len(source) - at)
        if gone_here or new:
            edits.append((len(target), len(target) + len(new), at, at + gone_here))
        target += new
        at += gone_here
    return source, target + source[at:], merge_adjacent(edits)


def oracle(edits: Edits, source: str, target: str, start: int, end: int) -> tuple[int, int]:
    """Source positions touched by a target slice, one character at a time."""
    origins: list[tuple[int, int]] = []
    at = position = 0
    for first, last, source_first, source_last in edits:
        while position < first:
            origins.append((at, at + 1))
            position, at = position + 1, at + 1
        assert at == source_first
        origins += [(source_first, source_last)] * (last - first)
        position, at = last, source_last
    while position < len(target):
        origins.append((at, at + 1))
        position, at = position + 1, at + 1
    assert at == len(source)
    touched = origins[start:end]
    return min(first for first, _ in touched), max(last for _, last in touched)


@given(changes())
def test_slices_map_as_the_oracle_says(change: tuple[str, str, Edits]) -> None:
    source, target, edits = change
    for start in range(len(target)):
        for end in range(start + 1, len(target) + 1):
            assert to_source(edits, start, end) == oracle(edits, source, target, start, end)


@given(changes())
def test_text_between_edits_is_identical(change: tuple[str, str, Edits]) -> None:
    assert_unchanged_between(*change)


def assert_unchanged_between(source: str, target: str, edits: Edits) -> None:
    ends = [(0, 0), *[(last, source_last) for _, last, _, source_last in edits]]
    starts = [*[(first, source_first) for first, _, source_first, _ in edits], (len(target), len(source))]
    for (a, c), (b, d) in zip(ends, starts, strict=True):
        assert target[a:b] == source[c:d]


@given(changes())
def test_slices_are_monotone_and_inside(change: tuple[str, str, Edits]) -> None:
    source, target, edits = change
    spans = [to_source(edits, at, at + 1) for at in range(len(target))]
    assert all(0 <= first <= last <= len(source) for first, last in spans)
    assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(spans))


@given(changes())
def test_an_empty_slice_maps_to_an_empty_slice(change: tuple[str, str, Edits]) -> None:
    source, target, edits = change
    for at in range(len(target) + 1):
        first, last = to_source(edits, at, at)
        assert first == last <= len(source)


@settings(max_examples=300)
@given(st.data())
def test_composition_equals_stepwise(data: st.DataObject) -> None:
    source, middle, inner = data.draw(changes())
    _, target, outer = data.draw(changes(source=middle))
    both = compose(outer, inner)
    assert_unchanged_between(source, target, both)
    crossing = any(a < d and c < b for _, _, a, b in outer for c, d, _, _ in inner if (a, b) != (c, d))
    for start in range(len(target)):
        for end in range(start + 1, len(target) + 1):
            direct = to_source(both, start, end)
            stepwise = to_source(inner, *to_source(outer, start, end))
            assert direct[0] <= stepwise[0], (both, start, end)
            assert direct[1] >= stepwise[1], (both, start, end)
            if not crossing and start != end and _is_plain(outer) and _is_plain(inner):
                assert direct == stepwise, (both, start, end)


def _is_plain(edits: Edits) -> bool:
    """No edit is a pure insertion (which touches nothing in the source)."""
    return all(source_last > source_first for _, _, source_first, source_last in edits)


@given(changes())
def test_dump_and_load(change: tuple[str, str, Edits]) -> None:
    edits = change[2]
    assert load_edits(dump_edits(edits)) == edits
    assert (dump_edits(edits) is None) == (edits == NO_EDITS)


@given(TEXT, st.sampled_from(["a", "ab", "1+", "。", r"\s", "手|b"]), st.sampled_from(["", "x", "xyz"]))
def test_substitute_equals_sub(text: str, pattern: str, new: str) -> None:
    compiled = re.compile(pattern)
    changed, edits = substitute(compiled, new, text)
    assert changed == compiled.sub(new, text)
    if changed:
        first, last = to_source(edits, 0, len(changed))
        left = text[:first] + text[last:]
        assert compiled.sub("", left) == ""  # what is outside was deleted at the ends


def test_a_replacement_that_changes_nothing_is_no_edit() -> None:
    assert substitute(re.compile("a"), lambda match: match.group(), "aba") == ("aba", NO_EDITS)


def test_touching_replacements_stay_apart() -> None:
    _, edits = substitute(re.compile("[ＡＢ]"), lambda match: chr(ord(match.group()) - 0xFEE0), "ＡＢ好")
    assert [to_source(edits, at, at + 1) for at in range(3)] == [(0, 1), (1, 2), (2, 3)]


@pytest.mark.parametrize("cell", [None, ""])
def test_no_cell_is_no_edits(cell: str | None) -> None:
    assert load_edits(cell) == NO_EDITS
