"""Normalising a text with an exact map back to the original.

Steps, each skipped where it has nothing to do: surrogate pairs joined and lone surrogates replaced;
control, zero-width and direction marks removed; full-width letters, digits and symbols to half width
(sentence punctuation such as ，！？ stays, it is the normal form in Chinese); Unicode NFC;
optionally traditional to simplified characters and emoji to names; white space collapsed;
repeats squeezed; ends stripped. Emoji stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import regex  # type: ignore[import-untyped]

from unmet.core.offsets import NO_EDITS, Edits, compose, substitute
from unmet.text.emoji import find_emoticons
from unmet.text.folding import fold_characters

Step = Callable[[str], tuple[str, Edits]]

_INVISIBLE = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f"
    r"\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufdd0-\ufdef\ufffe\uffff"
    r"\U000e0000-\U000e0fff"
)
_EMOJI_END = r"\u2600-\u27bf\U0001f000-\U0001faff"
_UNSEEN = re.compile(rf"[{_INVISIBLE}]+|(?<![{_EMOJI_END}\ufe0f])\u200d+|\u200d+(?![{_EMOJI_END}])")
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]")
_CLUSTER = regex.compile(r"\X")
_WIDE = re.compile("[\uff02-\uff07\uff0a\uff0b\uff0d-\uff19\uff1c-\uff1e\uff20-\uff5e\uffe0\uffe1\uffe5]")
_SPACE = re.compile(r"\s{2,}|[^\S \n]")
_RUNS = regex.compile(
    r"[!！]\K[!！]+|[?？]\K[?？]+|([~～、,，;；:：·*#=_^|\-])\K\1+"  # punctuation: one is enough
    r"|([^\d\s])\2{2}\K\2+"  # 太太太太 → 太太太, sooooo → sooo, ......: three keep the emphasis visible
)
_TOKEN_RUNS = regex.compile(
    r"([^\d\s]{2,6}?)\1{2}\K\1+"  # 好评好评好评好评 → three times
    r"|\b([^\W\d]+)(?: \2\b){2}\K(?: \2\b)+"  # very very very very → three times
)
# Gates: cheap searches that most texts fail, so that a clean text costs some 15 microseconds.
_ODD = re.compile(r"[^\n\x20-\x7e\u3001-\u303f\u3400-\u9fff\u2013-\u2026！（），：；？]").search
_ODD_SPACE = re.compile(r"\s\s|[^\S \n]|^\s|\s$").search
_DOUBLED = re.compile(r"([^\d\s])\1|[!！][!！]|[?？][?？]").search
_TOKEN_AGAIN = re.compile(r"(?=([^\d\s])[^\d\s]{1,5}\1)([^\d\s]{2,6}?)\2{3}|\b([^\W\d]++)(?: \3\b){3}").search


def normalise(text: str, *, simplify: bool = False, name_emoji: bool = False) -> tuple[str, Edits]:
    """Return the normalised text and the edits that map it back (``core.offsets.to_source``).

    Args:
        text: any string, lone surrogates and control characters included.
        simplify: also replace traditional by simplified characters (one to one).
        name_emoji: also replace emoji that have a known polarity by their English name in colons.

    >>> normalise("太太太太好了！！！！ＯＫ")
    ('太太太好了！OK', ((2, 3, 2, 4), (5, 6, 6, 10), (6, 7, 10, 11), (7, 8, 11, 12)))
    """
    edits = NO_EDITS
    if _ODD(text):
        for step in (_join_surrogates, _remove_unseen, _narrow, _compose_characters):
            text, edits = _then(step, text, edits)
    if simplify:
        text, edits = _then(_simplify, text, edits)
    if name_emoji:
        text, edits = _then(_name_emoji, text, edits)
    for gate, step in (
        (_ODD_SPACE, _collapse_space),
        (_DOUBLED, _squeeze),
        (_TOKEN_AGAIN, _squeeze_tokens),
        (_ODD_SPACE, _strip),
    ):
        if gate(text):
            text, edits = _then(step, text, edits)
    return text, edits


def _then(step: Step, text: str, edits: Edits) -> tuple[str, Edits]:
    changed, new = step(text)
    return changed, compose(new, edits)


def _join_surrogates(text: str) -> tuple[str, Edits]:
    def joined(match: re.Match[str]) -> str:
        pair = match.group()
        return pair.encode("utf-16", "surrogatepass").decode("utf-16") if len(pair) == 2 else "\ufffd"

    return substitute(_SURROGATES, joined, text)


def _remove_unseen(text: str) -> tuple[str, Edits]:
    return substitute(_UNSEEN, "", text)


def _compose_characters(text: str) -> tuple[str, Edits]:
    if unicodedata.is_normalized("NFC", text):
        return text, NO_EDITS
    return substitute(_CLUSTER, lambda match: unicodedata.normalize("NFC", match.group()), text)


def _narrow(text: str) -> tuple[str, Edits]:
    return substitute(_WIDE, lambda match: unicodedata.normalize("NFKC", match.group()), text)


def _simplify(text: str) -> tuple[str, Edits]:
    simple = fold_characters(text)
    if simple == text:
        return text, NO_EDITS
    pairs = zip(text, simple, strict=True)
    return simple, tuple((i, i + 1, i, i + 1) for i, (old, new) in enumerate(pairs) if old != new)


def _name_emoji(text: str) -> tuple[str, Edits]:
    pieces: list[str] = []
    edits: list[tuple[int, int, int, int]] = []
    copied = length = 0
    for sign in find_emoticons(text):
        if sign.polarity is None:
            continue
        name = f" :{sign.name.replace(' ', '_')}: "
        length += sign.start - copied
        pieces += [text[copied : sign.start], name]
        edits.append((length, length + len(name), sign.start, sign.end))
        length += len(name)
        copied = sign.end
    return "".join([*pieces, text[copied:]]), tuple(edits)


def _collapse_space(text: str) -> tuple[str, Edits]:
    def collapsed(match: re.Match[str]) -> str:
        return "\n" if re.search(r"[\n\r\u2028\u2029\x85]", match.group()) else " "

    return substitute(_SPACE, collapsed, text)


def _squeeze(text: str) -> tuple[str, Edits]:
    return _keep_last(_RUNS, text)


def _squeeze_tokens(text: str) -> tuple[str, Edits]:
    return _keep_last(_TOKEN_RUNS, text)


def _keep_last(pattern: regex.Pattern[str], text: str) -> tuple[str, Edits]:
    """Drop what the pattern matches; the character before it then stands for the whole run."""
    changed, edits = substitute(pattern, "", text)
    return changed, tuple((a - 1, b, c - 1, d) for a, b, c, d in edits)


def _strip(text: str) -> tuple[str, Edits]:
    core = text.strip()
    if len(core) == len(text):
        return text, NO_EDITS
    if not core:
        return "", ((0, 0, 0, len(text)),)
    first = len(text) - len(text.lstrip())
    last = first + len(core)
    edits = []
    if first:
        edits.append((0, 0, 0, first))
    if last < len(text):
        edits.append((len(core), len(core), last, len(text)))
    return core, tuple(edits)
