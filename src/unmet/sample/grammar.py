"""A tiny phrase grammar: ``[a|b|]`` picks one alternative, ``{slot}`` picks a line of a named list.

Brackets nest. A pattern is compiled once into nested tuples and drawn many times.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(r"[\[\]|]|\{[^{}]*\}|[^\[\]|{}]+")


@dataclass(frozen=True, slots=True)
class Slot:
    """A reference to a named list of patterns."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives, each a sequence of parts."""

    options: tuple[Sequence_, ...]


Part = str | Slot | Choice
Sequence_ = tuple[Part, ...]
Slots = Mapping[str, tuple[Sequence_, ...]]


def parse(pattern: str) -> Sequence_:
    """Compile one pattern.

    Raises:
        ValueError: brackets do not balance.

    >>> parse("[a|b]c")
    (Choice(options=(('a',), ('b',))), 'c')
    """
    stack: list[list[list[Part]]] = [[[]]]
    for token in _TOKEN.findall(pattern):
        if token == "[":
            stack.append([[]])
        elif token == "|" and len(stack) > 1:
            stack[-1].append([])
        elif token == "]":
            if len(stack) == 1:
                raise ValueError(f"unbalanced ] in {pattern!r}")
            options = stack.pop()
            stack[-1][-1].append(Choice(tuple(tuple(option) for option in options)))
        elif token.startswith("{"):
            stack[-1][-1].append(Slot(token[1:-1]))
        else:
            stack[-1][-1].append(token)
    if len(stack) != 1:
        raise ValueError(f"unbalanced [ in {pattern!r}")
    return tuple(stack[0][0])


def parse_lines(block: str, *, strip: bool = True) -> tuple[Sequence_, ...]:
    """Compile every non-empty line of a block, without spaces at its ends unless ``strip`` is off."""
    lines = [line for line in block.splitlines() if line.strip()]
    return tuple(parse(line.strip() if strip else line) for line in lines)


def draw(sequence: Sequence_, slots: Slots, rng: random.Random) -> str:
    """Return one random expansion.

    >>> draw(parse("x[a|a]{s}"), {"s": parse_lines("z")}, random.Random(0))
    'xaz'
    """
    pieces: list[str] = []
    _draw_into(sequence, slots, rng, pieces)
    return "".join(pieces)


def _draw_into(sequence: Sequence_, slots: Slots, rng: random.Random, pieces: list[str]) -> None:
    for part in sequence:
        if isinstance(part, str):
            pieces.append(part)
        else:
            options = part.options if isinstance(part, Choice) else slots[part.name]
            _draw_into(options[int(rng.random() * len(options))], slots, rng, pieces)


def draw_any(sequences: Sequence[Sequence_], slots: Slots, rng: random.Random) -> str:
    """Return one expansion of one of several patterns."""
    return draw(sequences[int(rng.random() * len(sequences))], slots, rng)


def n_expansions(sequence: Sequence_, slots: Slots) -> int:
    """Number of ways to expand a pattern (an upper bound on its distinct texts)."""
    product = 1
    for part in sequence:
        if not isinstance(part, str):
            options = part.options if isinstance(part, Choice) else slots[part.name]
            product *= sum(n_expansions(option, slots) for option in options)
    return product


def slot_names(sequence: Sequence_) -> set[str]:
    """Every slot a pattern refers to, nested ones included."""
    names: set[str] = set()
    for part in sequence:
        if isinstance(part, Slot):
            names.add(part.name)
        elif isinstance(part, Choice):
            for option in part.options:
                names |= slot_names(option)
    return names
