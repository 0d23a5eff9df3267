"""Geometry: trend lines, range bars, names on the map."""

from __future__ import annotations

import math
import random
from itertools import combinations, pairwise

import pytest
from report_fixtures import make_hostile, make_needs

from unmet.report.figures import month_ticks, nice_ceiling, range_bar, trend_picture
from unmet.report.labels import Box, Circle, place_names, spread_out
from unmet.report.needmap import draw_map, quadrants
from unmet.report.wording import load_words


def point(month: str, documents: int, value: float) -> dict:
    return {
        "month": month,
        "documents": documents,
        "share": {"value": value, "low": value / 2, "high": value * 2},
    }


def test_month_without_documents_cuts_the_line() -> None:
    trend = [
        point("2025-01", 9, 0.1),
        point("2025-02", 9, 0.2),
        point("2025-03", 0, 0),
        point("2025-04", 9, 0.1),
    ]
    picture = trend_picture(trend, width=300, height=100)
    assert picture["top"] == pytest.approx(0.2)
    assert picture["lines"] == ["M0 50L100 0"]
    assert picture["dots"] == [(300.0, 50.0)]


def test_months_with_few_documents_are_left_out_where_others_have_enough() -> None:
    months = [
        point("2025-01", 1, 1.0),
        *(point(f"2025-0{i}", 200, 0.1) for i in (2, 3)),
        point("2025-04", 2, 0.9),
    ]
    picture = trend_picture([*months, point("2025-05", 200, 0.1)], width=300, height=100)
    assert (picture["first"], picture["last"]) == ("2025-02", "2025-05")
    assert picture["top"] == pytest.approx(0.2)
    assert len(picture["lines"]) == len(picture["dots"]) == 1


def test_circles_on_one_spot_part_and_stay_inside() -> None:
    frame = Box(0, 0, 300, 200)
    circles = spread_out([Circle(295, 5, 10)] * 8, frame)
    assert all(c.box.within(frame) for c in circles)
    assert all(math.hypot(a.x - b.x, a.y - b.y) > 10 for a, b in combinations(circles, 2))
    assert spread_out([Circle(50, 50, 10), Circle(90, 50, 10)], frame)[0] == Circle(50, 50, 10)


@pytest.mark.parametrize("value", [1e-4, 0.02, 0.021, 0.99, 3, 7.3, 123])
def test_nice_ceiling_is_just_above(value: float) -> None:
    assert value <= nice_ceiling(value) <= 2.5 * value


def test_range_bar_stays_inside() -> None:
    assert range_bar(-1, 0.5, 9, 2) == {"left": "0.0%", "width": "100.0%", "point": "25.0%"}


def test_month_ticks_do_not_crowd() -> None:
    months = [f"{2000 + i // 12}-{i % 12 + 1:02d}" for i in range(240)]
    ticks = month_ticks(months, 400 / 239, 400)
    assert all(b["x"] - a["x"] >= 40 for a, b in pairwise(ticks))
    assert ticks[0]["label"] == "2000"


def test_names_never_cover_names_or_circles() -> None:
    rng = random.Random(3)
    circles = [Circle(rng.uniform(20, 480), rng.uniform(20, 280), 9) for _ in range(60)]
    placed = place_names([f"name {i}" for i in range(60)], circles, Box(0, 0, 500, 300), size=12)
    boxes = [place.box for place in placed if place]
    assert len(boxes) > 10
    assert not any(a.meets(b) for a, b in combinations(boxes, 2))
    assert not any(box.meets(circle.box) for box in boxes for circle in circles)


@pytest.mark.parametrize(
    ("importance", "satisfaction", "expected"),
    [(8, 2, "fix"), (8, 8, "keep"), (1, 2, "watch"), (1, 8, "fine")],
)
def test_quadrants(importance: float, satisfaction: float, expected: str) -> None:
    needs = make_needs(3)["needs"]
    for need, value in zip(needs, (importance, 4, 4.5), strict=True):
        need["importance"]["value"] = value
    needs[0]["satisfaction"]["value"] = satisfaction
    assert quadrants(needs)[needs[0]["id"]] == expected


def test_map_without_numbers_is_none_and_hostile_names_fit() -> None:
    words = load_words("en")
    assert draw_map([], words) is None
    drawing = draw_map(make_hostile()["needs"], words)["drawings"][0]
    assert all(len(p["label"]["text"]) <= 20 for p in drawing["points"] if p["label"])


def test_satisfaction_axis_holds_all_values_and_the_middle() -> None:
    needs = make_needs(4)["needs"]
    for need, value in zip(needs, (8.2, 9.1, 9.9, 7.7), strict=True):
        need["satisfaction"]["value"] = value
    drawing = draw_map(needs, load_words("en"))["drawings"][0]
    assert [tick["label"] for tick in drawing["x_ticks"]] == ["4", "5", "6", "7", "8", "9", "10"]
    assert drawing["area"]["left"] < drawing["middle"]["x"] < min(p["x"] for p in drawing["points"])
