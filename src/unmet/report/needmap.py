"""The map of needs: importance (or share) against satisfaction, with quadrants named in words."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from unmet.report.figures import nice_ceiling
from unmet.report.labels import Box, Circle, place_names, spread_out
from unmet.report.wording import Plain, Words, decimal, inset, percent

MIDDLE_SATISFACTION = 5.0
_PART = re.compile("[，、；;,]")
QUADRANTS = {(True, False): "fix", (True, True): "keep", (False, False): "watch", (False, True): "fine"}
"""(at or above the middle height, at or above satisfaction 5) → name."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Size of a drawing: outer pixels, margins, font size of names and the longest name."""

    width: int
    height: int
    left: int = 46
    right: int = 14
    top: int = 46  # names of the upper quadrants stand above the area, those of the lower ones below,
    bottom: int = 88  # so that no circle covers them
    size: int = 12
    longest: int = 18
    radius: tuple[float, float] = (9.0, 18.0)
    most: int = 40  # needs drawn, highest ranks first: more would cover each other

    @property
    def area(self) -> Box:
        """Where circles and names go."""
        return Box(self.left, self.top, self.width - self.right, self.height - self.bottom)


FRAMES = {
    "wide": Frame(920, 580),
    "narrow": Frame(360, 480, left=34, size=11, longest=10, radius=(7, 12), most=24),
}


def by_mentions(needs: Sequence[Plain]) -> bool:
    """Whether the map has to show shares because no need has an importance."""
    return not any(need.get("importance") for need in needs)


def heights(needs: Sequence[Plain]) -> dict[str, float]:
    """Need id → height on the map, for the needs that can be drawn."""
    shares = by_mentions(needs)
    result = {}
    for need in needs:
        if need.get("satisfaction") is None:
            continue
        if shares:
            result[need["id"]] = 100 * need["share"]["value"]
        elif need.get("importance") is not None:
            result[need["id"]] = need["importance"]["value"]
    return result


def quadrants(needs: Sequence[Plain]) -> dict[str, str]:
    """Need id → ``fix``, ``keep``, ``watch`` or ``fine``."""
    high = heights(needs)
    if not high:
        return {}
    middle = median(high.values())
    return {
        need["id"]: QUADRANTS[
            high[need["id"]] >= middle, need["satisfaction"]["value"] >= MIDDLE_SATISFACTION
        ]
        for need in needs
        if need["id"] in high
    }


def draw_map(needs: Sequence[Plain], words: Words) -> dict[str, Any] | None:
    """Both drawings of the map (wide and narrow screens), or ``None`` with nothing to draw."""
    high = heights(needs)
    if not high:
        return None
    drawn = [need for need in needs if need["id"] in high]
    suffix = "_mentions" if by_mentions(needs) else ""
    kind = quadrants(needs)
    note = str(words[f"map_note{suffix}"])
    if len(drawn) > FRAMES["narrow"].most:
        note += words["map_part"].format(wide=FRAMES["wide"].most, narrow=FRAMES["narrow"].most)
    return {
        "heading": words[f"map_heading{suffix}"],
        "note": note,
        "x_label": words["map_x"],
        "y_label": words[f"map_y{suffix}"],
        "drawings": [
            _drawing(name, frame, drawn[: frame.most], high, kind, suffix, words)
            for name, frame in FRAMES.items()
        ],
    }


def _drawing(
    name: str,
    frame: Frame,
    needs: Sequence[Plain],
    high: dict[str, float],
    kind: dict[str, str],
    suffix: str,
    words: Words,
) -> dict[str, Any]:
    area, top = frame.area, _top(high.values(), limit=100.0 if suffix else 10.0)
    middle = median(high.values())

    first, last = _satisfaction_range([need["satisfaction"]["value"] for need in needs])

    def x_of(satisfaction: float) -> float:
        along = (satisfaction - first) / (last - first)
        return round(area.left + (area.right - area.left) * along, 1)

    def y_of(height: float) -> float:
        return round(area.bottom - (area.bottom - area.top) * height / top, 1)

    radii = _radii([need["share"]["value"] for need in needs], frame.radius)
    circles = spread_out(
        [
            Circle(x_of(need["satisfaction"]["value"]), y_of(high[need["id"]]), radius)
            for need, radius in zip(needs, radii, strict=True)
        ],
        area,
    )
    captions = _captions(frame, suffix, words)
    points = _points(needs, circles, kind, frame, words)
    return {
        "name": name,
        "frame": {"width": frame.width, "height": frame.height, "size": frame.size},
        "area": {"left": area.left, "top": area.top, "right": area.right, "bottom": area.bottom},
        "middle": {"x": x_of(MIDDLE_SATISFACTION), "y": y_of(middle)},
        "x_ticks": [{"x": x_of(value), "label": str(value)} for value in range(first, last + 1)],
        "y_ticks": [{"y": y_of(top * i / 4), "label": f"{top * i / 4:g}"} for i in range(5)],
        "captions": captions,
        # Drawn from last to first rank, so that the most important circle lies on top.
        "points": points[::-1],
    }


def _points(
    needs: Sequence[Plain], circles: Sequence[Circle], kind: dict[str, str], frame: Frame, words: Words
) -> list[dict[str, Any]]:
    """Circles with what is said of them, and a name where there is room for it."""
    names = [_short_name(need, frame.longest) for need in needs]
    places = place_names(names, circles, frame.area, size=frame.size)
    return [
        {
            "id": need["id"],
            "rank": need["rank"],
            "x": circle.x,
            "y": circle.y,
            "r": circle.radius,
            "quadrant": kind[need["id"]],
            "title": _title(need, words),
            "label": None
            if place is None
            else {"text": text, "x": place.x, "y": place.y, "anchor": place.anchor},
        }
        for need, circle, text, place in zip(needs, circles, names, places, strict=True)
    ]


def _satisfaction_range(values: Sequence[float]) -> tuple[int, int]:
    """Whole numbers that the axis runs between: all values and both sides of the middle are on it."""
    return min(math.floor(min(values)), 4), max(math.ceil(max(values)), 6)


def _top(values: Any, *, limit: float) -> float:
    """A round number above all values, in whole steps of two where the scale ends at ten."""
    most = max([*values, 0.4]) * 1.05
    return min(nice_ceiling(most) if most < 4 else math.ceil(most / 2) * 2.0, limit)


def _radii(shares: Sequence[float], between: tuple[float, float]) -> list[float]:
    """Areas grow with the share; the smallest circle still holds a number."""
    most = max([*shares, 1e-9])
    low, high = between
    return [round(low + (high - low) * math.sqrt(share / most), 1) for share in shares]


def _short_name(need: Plain, longest: int) -> str:
    """The first wish of the statement if it is short, else the first name that the statement holds."""
    statement = str(need["statement"])
    opening = _PART.split(statement)[0].strip()
    if len(opening) <= longest:
        return inset(opening, longest)
    names = [term["value"] for term in need.get("aspect_terms") or ()]
    return inset(next((name for name in names if name in statement.lower()), opening), longest)


def _title(need: Plain, words: Words) -> str:
    parts = [f"{need['rank']}. {inset(need['statement'], 200)}"]
    for key in ("importance", "satisfaction", "opportunity"):
        if need.get(key):
            parts.append(f"{words[key]} {decimal(need[key]['value'])} {words[f'{key}_unit']}")
    parts.append(f"{words['share']}: {percent(need['share']['value'])}")
    return " · ".join(parts)


def _captions(frame: Frame, suffix: str, words: Words) -> list[dict[str, Any]]:
    """Names of the quadrants above and below the area, at its left and right end."""
    area, size = frame.area, frame.size + 1
    result = []
    for (important, met), name in QUADRANTS.items():
        baseline = 6 + size if important else area.bottom + 24 + size
        result.append(
            {
                "quadrant": name,
                "text": words[f"quadrant_{name}"],
                "hint": words[f"quadrant_{name}_hint{suffix}"],
                "x": area.right if met else area.left,
                "y": round(baseline, 1),
                "hint_y": round(baseline + size * 1.25, 1),
                "anchor": "end" if met else "start",
            }
        )
    return result
