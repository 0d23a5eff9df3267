"""Masking of private data before anything is stored.

Each finding is replaced by a token that is the same in every language (``[PHONE]``), counted by
kind, and recorded as an edit, so that offsets map back to the source field.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from unmet.core.offsets import NO_EDITS, Edits, substitute, to_source
from unmet.ingest.privacy_patterns import GROUPS, Glance
from unmet.ingest.privacy_places import trim_lead
from unmet.ingest.privacy_rule import Rule

Found = tuple[int, int, str]

_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufe0f\ufeff\u20e3]+")
_VIEW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_VIEW |= {
    0x3000: 0x20,
    0xA0: 0x20,
    0x24EA: 0x30,
    0x24FF: 0x30,
    0xFFE5: 0xA5,
    0x2010: 0x2D,
    0x2011: 0x2D,
    0x2212: 0x2D,
}
for _start in (
    0x2460,
    0x2474,
    0x2488,
    0x2776,
    0x2780,
    0x278A,
):  # circled, bracketed, dingbat digits one to nine
    _VIEW |= {_start + offset: 0x31 + offset for offset in range(9)}
for _kept in (0xFF0C, 0xFF01, 0xFF1F):  # full-width ，！？ end things that their ASCII twins may not
    del _VIEW[_kept]
_FOLDED = re.compile(f"[{''.join(map(chr, _VIEW))}]")


def mask(text: str) -> tuple[str, Edits, dict[str, int]]:
    """Replace private data in a text.

    Args:
        text: any string.

    Returns:
        The masked text, the edits back to ``text``, and findings per kind (only kinds found). Kinds:
        PHONE, EMAIL, ID, CARD, ORDER, ADDRESS, HANDLE, PLATE, IP, NAME.

    >>> mask("打138-1234-5678，订单号20231234567890，价格1299元")[0]
    '打[PHONE]，订单号[ORDER]，价格1299元'
    >>> mask("Write to kim@example.com")[1:]
    (((9, 16, 9, 24),), {'EMAIL': 1})
    """
    seen, unseen = substitute(_UNSEEN, "", text) if _UNSEEN.search(text) else (text, NO_EDITS)
    found = _find(seen.translate(_VIEW) if _FOLDED.search(seen) else seen)
    if not found:
        return text, NO_EDITS, {}
    return _replaced(text, [(*to_source(unseen, start, end), kind) for start, end, kind in found])


def mask_batch(texts: Iterable[str]) -> list[tuple[str, Edits, dict[str, int]]]:
    """:func:`mask` of each text, in order."""
    return [mask(text) for text in texts]


def pseudonym(raw_id: str) -> str:
    """A stable stand-in for an author's id: ``a`` and 16 hexadecimal digits; not reversible by reading.

    >>> pseudonym("alice") == pseudonym("alice") != pseudonym("bob")
    True
    """
    digest = hashlib.blake2b(raw_id.encode("utf-8", "surrogatepass"), digest_size=8, person=b"unmet-author")
    return "a" + digest.hexdigest()


def _find(view: str) -> list[Found]:
    """Non-overlapping findings in order; earlier rules win."""
    found: list[Found] = []
    glance = Glance(view)
    for gate, rules in GROUPS:
        if gate(glance):
            for rule in rules:
                _apply(rule, view, found)
    return sorted(found)


def _apply(rule: Rule, view: str, found: list[Found]) -> None:
    for match in rule.pattern.finditer(view):
        start, end = match.span("v") if "v" in rule.pattern.groupindex else match.span()
        if any(start < last and first < end for first, last, _ in found):
            continue
        if rule.check is not None and not rule.check(match):
            continue
        if rule.kind == "ADDRESS":
            start = trim_lead(view, start, end)
        found.append((start, end, rule.kind))


def _replaced(text: str, found: list[Found]) -> tuple[str, Edits, dict[str, int]]:
    pieces: list[str] = []
    edits: list[tuple[int, int, int, int]] = []
    counts: dict[str, int] = {}
    copied = length = 0
    for start, end, kind in found:
        token = f"[{kind}]"
        length += start - copied
        pieces += [text[copied:start], token]
        edits.append((length, length + len(token), start, end))
        length += len(token)
        copied = end
        counts[kind] = counts.get(kind, 0) + 1
    return "".join([*pieces, text[copied:]]), tuple(edits), counts
