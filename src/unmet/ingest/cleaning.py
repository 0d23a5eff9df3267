"""Cleaning one source field: what a reader would not see, or should not have to.

The result is what users read as the quote, so nothing a customer wrote is changed: repeats, width, case,
punctuation and emoji stay. Gone are HTML, control characters, invisible marks and surplus white space.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from unmet.core.offsets import Edits, compose, merge_adjacent
from unmet.ingest.html import HTML_HINT, strip_html

# Written with escapes because the characters themselves are invisible. Valid in ``re`` and Rust's regex.
_CONTROL = r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
_INVISIBLE = r"\u00ad\u034f\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
_LINE = r"\n\r\x0b\x0c\x85\u2028\u2029"
_BLANK = r" \t\u00a0\u2000-\u200a\u202f\u205f\u3000"
_TAGS = ("\\U000e0000-\\U000e007f", r"\x{e0000}-\x{e007f}")  # invisible copies of ASCII: (re, Rust)
_SURROGATES = r"\ud800-\udfff"

_HIDDEN = re.compile(f"[{_CONTROL}{_INVISIBLE}{_TAGS[0]}]+")
_JOINER = re.compile("\u200d+")
_SPACE = re.compile(f"[{_BLANK}{_LINE}]+")
_LONE = re.compile(f"[{_SURROGATES}]")
_BREAKS = frozenset("\n\r\x0b\x0c\x85\u2028\u2029")


def _dirty_pattern(extra: str) -> str:
    return (
        rf"[{_CONTROL}{_INVISIBLE}\u200d{_LINE}\t\u00a0{extra}]|[{_BLANK}]{{3}}"
        rf"|^[{_BLANK}]|[{_BLANK}]$|{HTML_HINT}"
    )


_DIRTY = re.compile(_dirty_pattern(_TAGS[0] + _SURROGATES))
# The same for Rust's regex, which writes \x{...} for \u.... and whose strings hold no surrogates.
_DIRTY_RUST = re.sub(r"\\u([0-9a-f]{4})", r"\\x{\1}", _dirty_pattern(_TAGS[1]))

_JOINED = re.compile("[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]")  # what a joiner may stand between


def clean_text(text: str) -> tuple[str, Edits]:
    """Return the readable text and the edits that map it back to the field.

    Args:
        text: one source field, any length. Lone surrogates become U+FFFD.

    Returns:
        The text with HTML turned to text, control, zero-width and direction marks removed, every run
        of line breaks made one ``\\n``, runs of three or more blanks made one, edges stripped. Emoji
        stay, with the joiners that belong to them.

    >>> clean_text("<p>好用&nbsp;👍</p>")[0]
    '好用 👍'
    """
    if _DIRTY.search(text) is None:
        return text, ()
    edits: Edits = ()
    for step in (strip_html, _drop_hidden, _fold_space):
        text, made = step(text)
        edits = compose(made, edits)
    return text, edits


def clean_batch(texts: pl.Series) -> tuple[pl.Series, dict[int, Edits]]:
    """:func:`clean_text` of a whole column: the cleaned column, and edits by index where there are any."""
    dirty = texts.str.contains(_DIRTY_RUST).fill_null(False)
    indices = dirty.arg_true()
    if not len(indices):
        return texts, {}
    edits_at: dict[int, Edits] = {}
    cleaned: list[str] = []
    for index, text in zip(indices.to_list(), texts.gather(indices).to_list(), strict=True):
        plain, edits = clean_text(text)
        cleaned.append(plain)
        if edits:
            edits_at[index] = edits
    return texts.scatter(indices, cleaned), edits_at


def _drop_hidden(text: str) -> tuple[str, Edits]:
    return _replace(text, list(_hidden_spans(text)))


def _hidden_spans(text: str) -> Iterator[tuple[int, int, str]]:
    spans = [(*match.span(), "") for match in _HIDDEN.finditer(text)]
    spans += [(*match.span(), "\ufffd") for match in _LONE.finditer(text)]
    for match in _JOINER.finditer(text):
        first, last = match.span()
        between = _JOINED.match(text[first - 1 : first]) and _JOINED.match(text[last : last + 1])
        if not between:
            spans.append((first, last, ""))
    yield from sorted(spans)


def _fold_space(text: str) -> tuple[str, Edits]:
    spans = []
    for match in _SPACE.finditer(text):
        first, last = match.span()
        found = match.group()
        if first == 0 or last == len(text):
            new = ""
        elif not _BREAKS.isdisjoint(found):
            new = "\n"
        else:
            new = " " if len(found) > 2 or "\t" in found or "\u00a0" in found else found
        if new != found:
            spans.append((first, last, new))
    return _replace(text, spans)


def _replace(text: str, spans: list[tuple[int, int, str]]) -> tuple[str, Edits]:
    """Replace sorted, disjoint spans; like ``offsets.substitute`` for spans that are already known."""
    if not spans:
        return text, ()
    pieces: list[str] = []
    edits: list[tuple[int, int, int, int]] = []
    copied = length = 0
    for first, last, new in spans:
        pieces += (text[copied:first], new)
        length += first - copied
        edits.append((length, length + len(new), first, last))
        length += len(new)
        copied = last
    pieces.append(text[copied:])
    return "".join(pieces), merge_adjacent(edits)
