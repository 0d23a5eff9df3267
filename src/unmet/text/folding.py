"""Length-preserving folding: the view of a text that models read.

``len(fold(text)) == len(text)`` always, so a span found in the folded text is a span of the text.
Folded are: letter case, full width → half width, traditional → simplified characters (one to one,
by OpenCC's character table), and typographic quotes and dashes.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_LAST_FOLDED = 0x2FA1F  # end of the CJK compatibility supplement: nothing above is folded
_CJK_RANGES = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF))
_PUNCTUATION = {
    "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-",
    "\u3000": " ", "\u00a0": " ", "\u200b": " ", "\ufeff": " ", "\u3002": "。",
}  # fmt: skip


@lru_cache(maxsize=1)
def folding_table() -> NDArray[np.uint32]:
    """Lookup table: code point → folded code point, shape ``(0x2FA20,)``."""
    table = np.arange(_LAST_FOLDED + 1, dtype=np.uint32)
    for code in (*range(0x80, 0x2000), *range(0x3000, 0x3400), *range(0xF900, 0xFFF0)):
        table[code] = _fold_compatible(chr(code))
    for code in range(ord("A"), ord("Z") + 1):
        table[code] = code + 32
    for traditional, simple in _simplifying().items():
        table[traditional] = simple
    for character, plain in _PUNCTUATION.items():
        table[ord(character)] = ord(plain)
    table.flags.writeable = False
    return table


@lru_cache(maxsize=1)
def _simplifying() -> dict[int, int]:
    """Traditional → simplified code points, for ``str.translate`` and the folding table."""
    from opencc import OpenCC

    characters = [chr(code) for first, last in _CJK_RANGES for code in range(first, last + 1)]
    # One call: a line break between characters keeps phrase rules from firing.
    simplified = OpenCC("t2s").convert("\n".join(characters)).split("\n")
    pairs = zip(characters, simplified, strict=True)
    return {ord(old): ord(new) for old, new in pairs if old != new and len(new) == 1}


def fold_characters(text: str) -> str:
    """Traditional → simplified characters only, one to one; nothing else changes.

    >>> fold_characters("螢幕 OK，Ａ")
    '萤幕 OK，Ａ'
    """
    return text if text.isascii() else text.translate(_simplifying())


def _fold_compatible(character: str) -> int:
    """Compatibility and case folding where the result is one character."""
    folded = unicodedata.normalize("NFKC", character)
    if len(folded) != 1:
        folded = character
    lowered = folded.lower()
    return ord(lowered) if len(lowered) == 1 else ord(folded)


def fold_codes(codes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Fold an array of code points, shape ``(n,)`` → ``(n,)``."""
    table = folding_table()
    if codes.size and int(codes.max()) > _LAST_FOLDED:
        folded = codes.copy()
        low = codes <= _LAST_FOLDED
        folded[low] = table[codes[low]]
        return folded
    return table[codes]


def to_codes(text: str) -> NDArray[np.uint32]:
    """Code points of a text as ``uint32``, shape ``(len(text),)``; lone surrogates are kept."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def fold(text: str) -> str:
    """Folded text of the same length.

    >>> fold("ＡＢＣ 螢幕很大，GOOD")
    'abc 萤幕很大,good'
    """
    if text.isascii():
        return text.lower()
    return fold_codes(to_codes(text)).tobytes().decode("utf-32-le", "surrogatepass")
