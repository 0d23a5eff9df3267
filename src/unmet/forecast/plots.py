"""Geometry of demand pictures: history, forecast fan, chance of a shortage. Numbers in, SVG paths out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.forecast.tables import QUANTILES

Array = NDArray[np.float64]

MAX_PAST = 30
"""Periods of history that are drawn."""

WIDTH, HEIGHT, LEFT, TOP, RISK_HEIGHT, BELOW = 520, 190, 66, 10, 34, 20
_LEVELS = sorted(QUANTILES, key=QUANTILES.__getitem__)
_AT = {name: place for place, name in enumerate(_LEVELS)}


@dataclass(frozen=True, slots=True)
class DemandPicture:
    """What one picture shows.

    ``past``: units per period, shape (n_past,); ``past_starts``, ``starts``: first days of the periods;
    ``quantiles``: shape (n_periods, n_levels); risks: chance of a shortage by the end of each period, 0–1,
    shape (n_periods,), None in a picture without orders.
    """

    title: str
    past: Array
    past_starts: Sequence[date]
    starts: Sequence[date]
    quantiles: Array
    risk_without: Array | None = None
    risk_with: Array | None = None


def nice_ceiling(value: float) -> float:
    """Smallest of 1, 2, 5 × a power of ten that is not below ``value``.

    >>> nice_ceiling(34), nice_ceiling(0)
    (50.0, 1.0)
    """
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= value * (1 - 1e-9))


def draw(picture: DemandPicture) -> dict[str, Any]:
    """Paths, ticks and bars of a picture in pixels; a plain dict for the template.

    The axis ends at a round number that holds the 95% band and all but the highest fiftieth of history; what
    is higher is cut and marked, so that one large order does not flatten the rest.
    """
    past, starts = picture.past[-MAX_PAST:], list(picture.past_starts)[-MAX_PAST:]
    n_past, n_ahead = len(past), len(picture.starts)
    usual = float(np.quantile(past, 0.98)) if n_past else 0.0
    top = nice_ceiling(max(usual, float(picture.quantiles[:, _AT["p95"]].max(initial=0.0))))
    step = (WIDTH - LEFT - 8) / max(n_past + n_ahead - 1, 1)

    def at(place: int, value: float) -> tuple[float, float]:
        return round(LEFT + place * step, 1), round(TOP + HEIGHT * (1 - min(float(value), top) / top), 1)

    join = [(n_past - 1, past[-1])] if n_past else []

    def band(low: str, high: str) -> str:
        upper = [at(*p) for p in join] + [
            at(n_past + i, q[_AT[high]]) for i, q in enumerate(picture.quantiles)
        ]
        lower = [at(*p) for p in join] + [
            at(n_past + i, q[_AT[low]]) for i, q in enumerate(picture.quantiles)
        ]
        return _path(upper + lower[::-1]) + "Z"

    middle = [at(*p) for p in join] + [at(n_past + i, q[_AT["p50"]]) for i, q in enumerate(picture.quantiles)]
    return {
        "title": picture.title,
        "width": WIDTH,
        "height": TOP + HEIGHT + BELOW + (RISK_HEIGHT + 18 if picture.risk_with is not None else 0),
        "bottom": TOP + HEIGHT,
        "left": LEFT,
        "now": round(LEFT + (n_past - 0.5) * step, 1),
        "line": _path([at(i, v) for i, v in enumerate(past)]) if n_past > 1 else "",
        "dots": [at(0, past[0])] if n_past == 1 else [],
        "cut": [at(i, top)[0] for i, v in enumerate(past) if v > top],
        "band95": band("p025", "p975"),
        "band80": band("p10", "p90"),
        "middle": _path(middle),
        "levels": [{"y": at(0, top * k / 2)[1], "label": _label(top * k / 2)} for k in range(3)],
        "ticks": _ticks([*starts, *picture.starts], n_past, step),
        "bars": _bars(picture, n_past, step),
        "risk_base": TOP + HEIGHT + BELOW + RISK_HEIGHT + 10,
        "risk_top": TOP + HEIGHT + BELOW + 10,
        "summary": {
            "first": str(picture.starts[0]) if n_ahead else "",
            "p50": [float(q[_AT["p50"]]) for q in picture.quantiles],
        },
    }


def _bars(picture: DemandPicture, n_past: int, step: float) -> list[dict[str, float]]:
    """Two bars per period: chance of a shortage without and with the order."""
    if picture.risk_with is None or picture.risk_without is None:
        return []
    base, width = TOP + HEIGHT + BELOW + RISK_HEIGHT + 10, max(min(step * 0.7, 14.0), 2.0)
    bars = []
    for place, (without, ordered) in enumerate(zip(picture.risk_without, picture.risk_with, strict=True)):
        x = LEFT + (n_past + place) * step - width / 2
        tall, filled = (round(RISK_HEIGHT * float(r), 1) for r in (without, ordered))
        bars.append(
            {
                "x": round(x, 1), "width": round(width, 1), "y": round(base - tall, 1), "height": tall,
                "filled_y": round(base - filled, 1), "filled": filled,
                "without": round(100 * float(without)), "with": round(100 * float(ordered)),
            }
        )  # fmt: skip
    return bars


def _ticks(days: Sequence[date], n_past: int, step: float) -> list[dict[str, Any]]:
    """First day of history, of the forecast and of its last period, where they do not collide."""
    wanted = [(0, "start"), (n_past, "middle"), (len(days) - 1, "end")]
    ticks: list[dict[str, Any]] = []
    for place, anchor in wanted:
        x = round(LEFT + place * step, 1)
        if 0 <= place < len(days) and all(abs(x - tick["x"]) > 118 for tick in ticks):
            ticks.append({"x": x, "label": str(days[place]), "anchor": anchor})
    return ticks


def _label(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}".rstrip("0")


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
