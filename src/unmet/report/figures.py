"""Geometry of the page's pictures: range bars, trend lines, the axes they stand on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

Point = tuple[float, float]

MIN_MONTH_DOCUMENTS = 20
"""A month with fewer documents says next to nothing about a share: it is a gap in the line."""


def nice_ceiling(value: float) -> float:
    """Smallest of 1, 2, 2.5, 5 × a power of ten that is not below ``value`` (> 0).

    >>> nice_ceiling(0.031), nice_ceiling(7)
    (0.05, 10.0)
    """
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    for step in (1, 2, 2.5, 5, 10):
        if step * power >= value * (1 - 1e-9):
            return round(step * power, 10)
    return round(10 * power, 10)


def range_bar(low: float, value: float, high: float, top: float) -> dict[str, str]:
    """A range bar on 0…``top`` as CSS percentages: where the range begins, its width, the point."""
    left, point, right = (100 * min(max(x / top, 0.0), 1.0) for x in (low, value, high))
    return {"left": f"{left:.1f}%", "width": f"{max(right - left, 0.0):.1f}%", "point": f"{point:.1f}%"}


def trend_picture(trend: Sequence[Mapping[str, Any]], *, width: int, height: int) -> dict[str, Any]:
    """Line and interval band of monthly shares, in pixels of a ``width`` × ``height`` box.

    Months with few documents leave a gap, and the axis begins and ends with a month that has enough; where
    no three months have enough, every month with a document is drawn. The top of the box is a round share
    that holds the line and, as far as it does not flatten the line, the band.

    Returns:
        ``{"width", "height", "top": share, "first": month, "last": month, "lines": [path],
        "bands": [path], "dots": [(x, y)], "ticks": [{"x", "label"}]}``; dots are months that no line reaches.
    """
    trend, least = _telling(trend)
    drawn = [point for point in trend if point["documents"] >= least]
    shares = [point["share"]["value"] for point in drawn]
    highs = sorted(point["share"]["high"] for point in drawn)
    typical = highs[(3 * (len(highs) - 1)) // 4] if highs else 0.0
    top = min(nice_ceiling(max(max(shares, default=0.0), typical)), 1.0)
    step = width / max(len(trend) - 1, 1)

    def at(index: int, share: float) -> Point:
        return round(index * step, 1), round(height * (1 - min(share, top) / top), 1)

    lines, bands, dots = [], [], []
    for run in _runs(trend, least):
        line = [at(i, trend[i]["share"]["value"]) for i in run]
        upper = [at(i, trend[i]["share"]["high"]) for i in run]
        lower = [at(i, trend[i]["share"]["low"]) for i in run]
        if len(run) == 1:
            dots.append(line[0])
            continue
        lines.append(path(line))
        bands.append(path(upper + lower[::-1]) + "Z")
    return {
        "width": width,
        "height": height,
        "top": top,
        "first": trend[0]["month"],
        "last": trend[-1]["month"],
        "lines": lines,
        "bands": bands,
        "dots": dots,
        "ticks": month_ticks([point["month"] for point in trend], step, width),
    }


def _telling(trend: Sequence[Mapping[str, Any]]) -> tuple[Sequence[Mapping[str, Any]], int]:
    """The months from the first to the last with enough documents, and how many are enough."""
    enough = [i for i, point in enumerate(trend) if point["documents"] >= MIN_MONTH_DOCUMENTS]
    if len(enough) < 3:
        return trend, 1
    return trend[enough[0] : enough[-1] + 1], MIN_MONTH_DOCUMENTS


def path(points: Sequence[Point]) -> str:
    """SVG path through points.

    >>> path([(0, 1), (2.5, 3)])
    'M0 1L2.5 3'
    """
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def month_ticks(months: Sequence[str], step: float, width: float) -> list[dict[str, Any]]:
    """Labels under a month axis: Januaries where there are several, else the first and last month."""
    label_width = 52
    januaries = [i for i, month in enumerate(months) if month.endswith("-01")]
    if len(januaries) < 2:
        chosen = [(0, months[0])] if len(months) == 1 else [(0, months[0]), (len(months) - 1, months[-1])]
    else:
        skip = math.ceil(len(januaries) * label_width / max(width, 1))
        chosen = [(i, months[i][:4]) for i in januaries[::skip]]
    ticks = []
    for i, label in chosen:
        x = round(i * step, 1)
        anchor = "start" if x < label_width / 2 else "end" if x > width - label_width / 2 else "middle"
        ticks.append({"x": x, "label": label, "anchor": anchor})
    return ticks


def _runs(trend: Sequence[Mapping[str, Any]], least: int) -> list[list[int]]:
    """Indices of months with enough documents, cut where a month has too few."""
    runs: list[list[int]] = []
    for index, point in enumerate(trend):
        if point["documents"] < least:
            continue
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs
