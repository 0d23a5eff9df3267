"""Sentences and clauses as spans of the text.

Spans are in order, do not overlap, carry no white space at their ends, and together hold every
character that is not white space. Rules, not a model: review punctuation is too irregular for the
newspaper conventions that trained splitters expect, and the rules run at regular-expression speed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from unmet.core.records import Span
from unmet.text.emoji import EMOJI_CLASS
from unmet.text.word_lists import word_set

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_CLOSERS = "\"'”’」』）)】》〉］\\]"
_EMOJI_RUN = rf"[{EMOJI_CLASS}\ufe0f\u200d]+"

# A Chinese sentence ends at 。！？；…~ and line breaks, at ". " or "." between Chinese characters
# (typed with a Latin keyboard), after a run of emoji, and after a closing sticker such as [怒].
_END_ZH = re.compile(
    rf"(?:[。！？!?；;…～~⋯]|\.{{2,}}|(?<=[{_HAN}\w）)])\.(?![\w.])|(?<=[{_HAN}])\.(?=[{_HAN}]))"
    rf"[。！？!?；;…～~⋯.]*[{_CLOSERS}]*(?:\s*{_EMOJI_RUN})?"
    rf"|{_EMOJI_RUN}(?![。！？!?；;…～~.])|[\n\r\u2028\u2029\x0b\x0c\x85]+"
)
# White space or a comma between Chinese characters: weaker than an end, used where ends are missing.
_PAUSE_ZH = re.compile(rf"(?:[，、]|[,：](?![0-9]))+[{_CLOSERS}]*|(?<=[{_HAN}”）]) +(?=[{_HAN}“（])")
_GAP_ZH = re.compile(rf"(?<=[{_HAN}”）]) +(?=[{_HAN}“（])")
_CLAUSE_ZH = re.compile(rf"(?:，|[,：](?![0-9]))+[{_CLOSERS}]*|(?<=[{_HAN}”）]) +(?=[{_HAN}“（])")

_END_EN = re.compile(
    rf"[.!?。！？…]+[{_CLOSERS}]*(?:\s*{_EMOJI_RUN})?|{_EMOJI_RUN}(?=\s+[A-Z])|[\n\r\u2028\u2029\x0b\x0c\x85]+\s*"
    r"|(?<=[a-z0-9)])\s*;(?=\s)"
)
_CLAUSE_EN = re.compile(
    r"[,:](?=\s+(?:but|and|so|because|although|though|however|yet|while|which|who|if|when|since|i|it|the|this|that|they|we"
    r"|my|you|he|she|not|no|very|great|good|also|just|then|there|these|those|overall|unfortunately)\b)"
    r"|\s(?=(?:but|however|although|though|because|whereas|except that|until|unless|so that)\s)|\s[-–—]+(?=\s)|--+|—|;",
    re.IGNORECASE,
)
_LAST_WORD = re.compile(r"[A-Za-z](?:[A-Za-z]|\.(?=[A-Za-z]))*$")
_LIST_NUMBER = re.compile(r"(?:^|[\s(])(?:\d{1,2}|[A-Za-z])$")
_WEB_END = re.compile(r"(?:https?://|www\.|@)\S*$")

_LONG_SENTENCE = 80
"""Characters: a Chinese sentence longer than this is divided at its pauses …"""
_PIECE = 30
"""… into pieces of at least this many characters."""


def split_sentences(text: str, language: str = "zh") -> list[Span]:
    """Sentences of a text.

    Args:
        text: any string.
        language: ``en`` uses English rules, everything else Chinese ones.

    >>> [text[a:b] for text in ["屏幕很好。电池3.5小时!就是贵"] for a, b in split_sentences(text)]
    ['屏幕很好。', '电池3.5小时!', '就是贵']
    >>> [text[a:b] for text in ["Dr. Lee likes it.I don't! v2.5 is bad."] for a, b in split_sentences(text, "en")]
    ['Dr. Lee likes it.', "I don't!", 'v2.5 is bad.']
    """
    if language == "en":
        return _trimmed(text, _ends_en(text))
    spans = _trimmed(text, [match.end() for match in _END_ZH.finditer(text)])
    return [piece for span in spans for piece in _shorter(text, span)]


def split_clauses(text: str, language: str = "zh") -> list[Span]:
    """Clauses of a text: its sentences divided further at commas (zh) or clause words (en).

    >>> [text[a:b] for text in ["屏幕很好，就是贵 物流快"] for a, b in split_clauses(text)]
    ['屏幕很好，', '就是贵', '物流快']
    >>> [text[a:b] for text in ["Red, blue and green but it broke"] for a, b in split_clauses(text, "en")]
    ['Red, blue and green', 'but it broke']
    """
    pattern = _CLAUSE_EN if language == "en" else _CLAUSE_ZH
    spans: list[Span] = []
    for first, last in split_sentences(text, language):
        cuts = [match.end() for match in pattern.finditer(text, first, last)]
        spans += _trimmed(text, cuts, first, last) if cuts else [(first, last)]
    return spans


def _trimmed(text: str, cuts: list[int], first: int = 0, last: int | None = None) -> list[Span]:
    """Spans between cuts, white space trimmed; pieces with no letter or digit join the one before."""
    last = len(text) if last is None else last
    spans: list[Span] = []
    for cut in (*cuts, last):
        piece = text[first:cut]
        core = piece.strip()
        if core:
            start = first + piece.index(core)
            end = start + len(core)
            if spans and not _has_content(core):
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        first = cut
    return _lead_joined(text, spans)


def _has_content(piece: str) -> bool:
    return any(map(str.isalnum, piece)) or any(ord(character) > 0x25FF for character in piece)


def _lead_joined(text: str, spans: list[Span]) -> list[Span]:
    """A first piece of mere punctuation joins the one after it."""
    if len(spans) > 1 and not _has_content(text[spans[0][0] : spans[0][1]]):
        return [(spans[0][0], spans[1][1]), *spans[2:]]
    return spans


def _shorter(text: str, span: Span) -> Iterator[Span]:
    """Divide a Chinese sentence at gaps; a very long one at pauses as well."""
    first, last = span
    is_long = last - first > _LONG_SENTENCE
    pattern = _PAUSE_ZH if is_long else _GAP_ZH
    if not is_long and text.find(" ", first, last) < 0:
        yield span
        return
    smallest = _PIECE if is_long else 4
    cuts = []
    start = first
    for match in pattern.finditer(text, first, last):
        if match.end() - start >= smallest:
            cuts.append(match.end())
            start = match.end()
    yield from _trimmed(text, cuts, first, last) if cuts else [span]


def _ends_en(text: str) -> list[int]:
    return [match.end() for match in _END_EN.finditer(text) if _is_end_en(text, match)]


def _is_end_en(text: str, match: re.Match[str]) -> bool:
    """Whether a run of end marks ends an English sentence."""
    sign, start, end = match.group(), match.start(), match.end()
    if sign[0] != "." or "!" in sign or "?" in sign:
        return True  # ! and ? end; line breaks and emoji matched only where they do
    after = text[end : end + 2]
    if not after:
        return True
    gap = after[0].isspace()
    follower = text[end:].lstrip()[:1] if gap else after[0]
    if sign.startswith(".."):
        return gap and not follower.islower()
    before = text[max(0, start - 40) : start]
    if not gap:
        return _is_end_without_space(before, after)
    word = _LAST_WORD.search(before)
    last = word.group().lower() if word else ""
    if (
        last in word_set("never end a sentence")
        or (last == "no" and follower.isdigit())
        or _LIST_NUMBER.search(before[-4:])
    ):
        return False
    if last in word_set("abbreviations") or (len(last) == 1 and last != "i"):
        return follower.isupper() and last not in ("u.s", "u.k")
    return True


def _is_end_without_space(before: str, after: str) -> bool:
    """``great.I love``: a lower-case word before, a capital after, and no web address around."""
    if not after[0].isupper() or _WEB_END.search(before):
        return False
    word = _LAST_WORD.search(before)
    last = word.group() if word else ""
    return (
        len(last) >= 2
        and last[-1].islower()
        and "." not in last
        and last.lower() not in word_set("never end a sentence")
    )
