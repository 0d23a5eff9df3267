"""One way of writing one kind of private data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Check = Callable[[re.Match[str]], bool]

HAN = "\u3400-\u9fff"
"""Inside of a character class that matches Chinese characters."""

IS = r"\s*(?:(?:号码|號碼|编号|編號|账号|号|號|是|为|為|number|num|no\b\.?|nr\.?|id|code|is|was|of|[:#=,.\-(\"'])\s*){0,4}"
"""What may stand between a cue ("order") and its value."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern and an optional check that may refuse a match.

    Where the pattern has a group ``v``, only that group is private and the cue before it stays.
    """

    kind: str
    pattern: re.Pattern[str]
    check: Check | None = None


# ASCII: a Chinese character next to a Latin word or a digit is a boundary ("打phone").
def rule(kind: str, *parts: str, check: Check | None = None, flags: int = re.IGNORECASE) -> Rule:
    """Compile a rule from the parts of its pattern."""
    return Rule(kind, re.compile("".join(parts), flags | re.ASCII), check)


def value(match: re.Match[str]) -> str:
    """The private part of a match."""
    return match["v"] if "v" in match.re.groupindex else match.group()


def digits(match: re.Match[str]) -> str:
    """The ASCII digits of the private part."""
    return re.sub(r"[^0-9]", "", value(match))


def at_least(n: int) -> Check:
    """Check that the private part holds at least ``n`` digits."""
    return lambda match: len(digits(match)) >= n
