"""Placing names beside circles so that none covers another name or a circle."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

GAP = 3.0
"""Pixels left free around a name."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: left, top, right, bottom in pixels, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether the two share any area."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def within(self, other: Box) -> bool:
        """Whether this lies wholly inside the other."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.top >= other.top
            and self.bottom <= other.bottom
        )


@dataclass(frozen=True, slots=True)
class Circle:
    """A point of the map with its radius, all in pixels."""

    x: float
    y: float
    radius: float

    @property
    def box(self) -> Box:
        """The square around it."""
        r = self.radius
        return Box(self.x - r, self.y - r, self.x + r, self.y + r)


@dataclass(frozen=True, slots=True)
class Placed:
    """A name with its baseline point and the box it needs."""

    x: float
    y: float
    anchor: str  # start, middle or end
    box: Box


def spread_out(circles: Sequence[Circle], frame: Box, *, rounds: int = 60) -> list[Circle]:
    """Circles pushed apart, just far enough that each one's middle stays readable, inside ``frame``.

    Two circles may still overlap by a quarter; where there is no room they stay crowded.
    """
    inside = [_keep_in(c.x, c.y, frame, c.radius) for c in circles]
    xs, ys = [x for x, _ in inside], [y for _, y in inside]
    for _ in range(rounds):
        moved = False
        for i, first in enumerate(circles):
            for j in range(i + 1, len(circles)):
                wanted = 0.75 * (first.radius + circles[j].radius)
                dx, dy = xs[j] - xs[i], ys[j] - ys[i]
                distance = math.hypot(dx, dy)
                if distance >= wanted - 0.1:
                    continue
                moved = True
                # Circles on the same spot part along a direction that depends on their order only.
                ux, uy = (dx / distance, dy / distance) if distance > 0.01 else (math.cos(j), math.sin(j))
                push = (wanted - distance) / 2
                xs[i], ys[i] = _keep_in(xs[i] - ux * push, ys[i] - uy * push, frame, first.radius)
                xs[j], ys[j] = _keep_in(xs[j] + ux * push, ys[j] + uy * push, frame, circles[j].radius)
        if not moved:
            break
    return [Circle(round(x, 1), round(y, 1), c.radius) for x, y, c in zip(xs, ys, circles, strict=True)]


def _keep_in(x: float, y: float, frame: Box, radius: float) -> tuple[float, float]:
    return (
        min(max(x, frame.left + radius), frame.right - radius),
        min(max(y, frame.top + radius), frame.bottom - radius),
    )


def text_width(text: str, size: float) -> float:
    """An upper guess of a text's width in pixels at a font size, for any system font.

    >>> text_width("电池", 12)
    25.2
    """
    return round(sum(_advance(character) for character in text) * size * 1.05, 2)


def _advance(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0.0
    if not character.isascii():
        return 1.0
    if character in "mwMW@%":
        return 0.95
    return 0.72 if character.isupper() else 0.6


def place_names(
    names: Sequence[str], circles: Sequence[Circle], frame: Box, *, size: float, blocked: Sequence[Box] = ()
) -> list[Placed | None]:
    """Greedy placement in the given order: the first of eight places around a circle that is free.

    Args:
        names: one per circle, most important first; an empty name is not placed.
        circles: all circles of the map; a name covers none of them.
        frame: the area names must stay in.
        size: font size in pixels.
        blocked: areas that are taken already, such as captions.

    Returns:
        A place per name, or ``None`` where no place is free.
    """
    taken = list(blocked)
    placed: list[Placed | None] = []
    others = [circle.box for circle in circles]
    for name, circle in zip(names, circles, strict=True):
        found = None
        for candidate in _candidates(name, circle, size) if name else ():
            free = not any(candidate.box.meets(box) for box in [*taken, *others])
            if candidate.box.within(frame) and free:
                found = candidate
                taken.append(candidate.box)
                break
        placed.append(found)
    return placed


def _candidates(name: str, circle: Circle, size: float) -> list[Placed]:
    width, height = text_width(name, size), size * 1.3
    away, diagonal = circle.radius + GAP + 1, circle.radius * 0.75 + GAP
    result = []
    for anchor, dx, dy in (
        ("start", away, 0.0),
        ("end", -away, 0.0),
        ("middle", 0.0, -away - height / 2),
        ("middle", 0.0, away + height / 2),
        ("start", diagonal, -diagonal - height / 3),
        ("start", diagonal, diagonal + height / 3),
        ("end", -diagonal, -diagonal - height / 3),
        ("end", -diagonal, diagonal + height / 3),
    ):
        x, middle = circle.x + dx, circle.y + dy
        left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
        box = Box(left - 1, middle - height / 2, left + width + 1, middle + height / 2)
        result.append(Placed(round(x, 1), round(middle + size * 0.36, 1), anchor, box))
    return result
