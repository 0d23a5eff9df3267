"""HTML in a text field: tags and entities to plain text, with the exact map back.

Only names that HTML defines count as tags, so "<3", "a<b" and "<京小店>" stay what the customer wrote.
Every scan is linear in the length of the text, also for thousands of unclosed tags.
"""

from __future__ import annotations

import html as standard_html
import re

from unmet.core.offsets import NO_EDITS, Edits, compose, merge_adjacent, substitute

_BREAKING_NAMES = (
    "address article aside blockquote br center dd dialog div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tbody td tfoot th thead tr ul"
)
_HIDDEN_NAMES = "script style template noscript title head textarea"
_INLINE_NAMES = (
    "a abbr acronym applet area audio b base basefont bdi bdo big body button canvas caption cite code col "
    "colgroup data datalist del details dfn em embed font frame frameset html i iframe img input ins kbd "
    "label legend link map mark marquee math menu meta meter object optgroup option output param path "
    "picture progress q rp rt ruby s samp select slot small source span strike strong sub summary sup svg "
    "time track tt u use var video wbr"
)
_BREAKING = frozenset(_BREAKING_NAMES.split())
_HIDDEN = frozenset(_HIDDEN_NAMES.split())
_INLINE = frozenset(_INLINE_NAMES.split())
_KNOWN = _BREAKING | _HIDDEN | _INLINE

_TAG = re.compile(r"<!--|<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})(?=[\s/>])[^<>]*>|<![a-zA-Z][^<>]*>")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
# What is left of "<br />" where a shop deleted the angle brackets; only behind the end of a clause.
_REMNANT = re.compile(r"(?<=[.!?:;,)…。！？：；，）])\s?(?:br ?/ ?)+")
_MAX_PASSES = 3  # "&amp;lt;br&amp;gt;" needs three

HTML_HINT = r"<[a-zA-Z/!]|&[a-zA-Z#][a-zA-Z0-9]*;|br ?/"
"""Pattern (valid in ``re`` and in Rust's regex) without which a text holds no HTML."""


def strip_html(text: str) -> tuple[str, Edits]:
    """Return ``text`` without HTML, and the edits.

    Scripts, styles and comments vanish with their content; block tags become a line break; entities
    become their character. Text that was escaped twice is unescaped twice, so that no tag survives
    behind ``&lt;``.
    """
    edits: Edits = NO_EDITS
    for _ in range(_MAX_PASSES):
        without_tags, removed = _strip_tags(text) if "<" in text else (text, NO_EDITS)
        plain, decoded = (
            substitute(_ENTITY, _decode, without_tags) if "&" in without_tags else (without_tags, NO_EDITS)
        )
        if not removed and not decoded:
            break
        edits = compose(decoded, compose(removed, edits))
        text = plain
    if "br" in text:
        text, broken = substitute(_REMNANT, "\n", text)
        edits = compose(broken, edits)
    return text, edits


def _decode(match: re.Match[str]) -> str:
    return standard_html.unescape(match.group())


def _strip_tags(text: str) -> tuple[str, Edits]:
    pieces: list[str] = []
    edits: list[tuple[int, int, int, int]] = []
    never_closed: set[str] = set()  # names whose closing tag was searched in vain: keeps the scan linear
    copied = length = position = 0
    while (match := _TAG.search(text, position)) is not None:
        first, last = match.span()
        replacement, last = _replacement(text, match, last, never_closed)
        position = last
        if replacement is None:
            continue
        pieces += (text[copied:first], replacement)
        length += first - copied
        edits.append((length, length + len(replacement), first, last))
        length += len(replacement)
        copied = last
    if not edits:
        return text, NO_EDITS
    pieces.append(text[copied:])
    return "".join(pieces), merge_adjacent(edits)


def _replacement(
    text: str, match: re.Match[str], last: int, never_closed: set[str]
) -> tuple[str | None, int]:
    """What stands for the tag (``None``: it is no tag) and where the removed part ends."""
    if match.group().startswith("<!"):
        if match.group() != "<!--":
            return "", last
        return _hidden_end(text, "-->", last, never_closed, unclosed=None)
    name = match.group(2).lower()
    if name not in _KNOWN:
        return None, last
    if name in _HIDDEN and not match.group(1):
        return _hidden_end(text, f"</{name}", last, never_closed, unclosed="")
    return ("\n" if name in _BREAKING else ""), last


def _hidden_end(
    text: str, closing: str, start: int, never_closed: set[str], *, unclosed: str | None
) -> tuple[str | None, int]:
    if closing in never_closed:
        return unclosed, start
    found = re.compile(re.escape(closing), re.IGNORECASE).search(text, start)
    if found is None:
        never_closed.add(closing)
        return unclosed, start
    if closing == "-->":
        return "", found.end()
    end = text.find(">", found.end())
    return "\n", len(text) if end < 0 else end + 1
