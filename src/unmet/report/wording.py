"""Words and number formats of the report, one table per language."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("zh", "en")

_STRINGS = Path(__file__).parent / "strings"
# Control characters that HTML forbids and lone surrogates that UTF-8 cannot hold.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

# Marks that turn the reading direction; inside a sentence of ours they would turn that as well.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")

Words = Mapping[str, Any]
Plain = Mapping[str, Any]


@cache
def load_words(language: str) -> dict[str, Any]:
    """The page's own words in one language; the keys are the same in all.

    Raises:
        ValueError: there is no table for the language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no report language {language!r}")
    table: dict[str, Any] = json.loads((_STRINGS / f"{language}.json").read_text(encoding="utf-8"))
    return table


def printable(text: object) -> str:
    """Text that may stand in a UTF-8 page; what may not becomes the replacement character.

    >>> printable("a\\x00b")
    'a\\ufffdb'
    """
    return _UNPRINTABLE.sub("\ufffd", str(text))


def whole(number: float) -> str:
    """A count with thousands separators.

    >>> whole(12345)
    '12,345'
    """
    return f"{number:,.0f}"


def decimal(number: float, places: int = 1) -> str:
    """A number with fixed decimals; never "-0.0".

    >>> decimal(-0.04), decimal(3.25, 2)
    ('0.0', '3.25')
    """
    text = f"{number:.{places}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def percent(share: float) -> str:
    """A share (0–1) in percent, with one decimal where it is needed.

    >>> percent(0.254), percent(0.0321), percent(0.0004), percent(0)
    ('25%', '3.2%', '<0.1%', '0%')
    """
    value = 100 * share
    if value == 0:
        return "0%"
    if value < 0.1:
        return "<0.1%"
    if value >= 99.95:
        return "100%"
    return f"{value:.0f}%" if 10 <= value < 99 else f"{value:.1f}%"


def signed(number: float, places: int = 1) -> str:
    """A number with its sign.

    >>> signed(0.52), signed(-1.3)
    ('+0.5', '−1.3')
    """
    text = decimal(number, places)
    return text if float(f"{number:.{places}f}") <= 0 else f"+{text}"


def shortened(text: str, limit: int) -> str:
    """Text cut to ``limit`` characters with an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def inset(text: str, limit: int) -> str:
    """Customer words for use inside our own prose: one line, cut, kept apart in reading direction.

    >>> inset("a\\n b", 9) == "\\u2068a b\\u2069"
    True
    """
    line = " ".join(_DIRECTIONS.sub("", printable(text)).split())
    return f"\u2068{shortened(line, limit)}\u2069"


def joined(parts: Sequence[str], words: Words) -> str:
    """Parts as a list in prose: "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return str(words["comma"]).join(parts[:-1]) + str(words["and"]) + parts[-1]


def named(table: Mapping[str, str], code: str) -> str:
    """The word for a code, or the code itself in readable form where the table has none."""
    return table.get(code) or table.get(code.lower()) or code.replace("_", " ")
