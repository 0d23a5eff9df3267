"""The page's section on drivers: what moves demand, and each forecast as a waterfall of its parts."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from unmet.core.errors import RunFolderError
from unmet.forecast.decomposition import DECOMPOSITION, DRIVEN, PARTS
from unmet.forecast.folder_drivers import DECOMPOSITION_FILE, DRIVERS_FILE
from unmet.forecast.inventory.reasons import words
from unmet.forecast.inventory.safe_cells import restored

MAX_PICTURES, MAX_ROWS = 12, 12
WIDTH, LEFT, RIGHT, ROW = 380, 80, 60, 22


def driver_words(language: str) -> dict[str, str]:
    """Words of these sections (:func:`~unmet.forecast.inventory.reasons.words`)."""
    return words(language, "drivers")


def read_decomposition(folder: Path) -> pl.DataFrame | None:
    """DECOMPOSITION of a forecast folder; None where it was written before there were drivers.

    Raises:
        RunFolderError: the file is damaged.
    """
    path = folder / DECOMPOSITION_FILE
    if not path.is_file():
        return None
    try:
        table = pl.read_csv(path, schema=DECOMPOSITION)
    except pl.exceptions.PolarsError as error:
        raise RunFolderError(f"cannot be read: {str(error).splitlines()[0]}", where=str(path)) from error
    return table.with_columns(restored(pl.col("series_id")))


def drivers_section(
    folder: Path, ids: Sequence[str], titles: Mapping[str, str], language: str
) -> dict[str, Any] | None:
    """What the template shows of the drivers; None where the folder has none.

    Args:
        folder: a forecast.
        ids: series to draw, the most important first.
        titles: how to call them.
        language: zh or en.

    Raises:
        RunFolderError: a file is damaged.
    """
    table = read_decomposition(folder)
    path = folder / DRIVERS_FILE
    if table is None or not path.is_file():
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RunFolderError(f"is damaged: {error}", where=str(path)) from error
    said = driver_words(language)
    sums = table.group_by("series_id").agg(pl.col("mean", *PARTS).sum())
    parts_of = {row["series_id"]: row for row in sums.iter_rows(named=True)}
    shown = [name for name in ids if name in parts_of][:MAX_PICTURES]
    return {
        "words": said,
        "lines": sentences(told, said),
        "categories": _categories(told),
        "holidays": _holidays(told, language),
        "pictures": [waterfall(titles.get(name, name), parts_of[name], said) for name in shown],
    }


def sentences(told: Mapping[str, Any], said: Mapping[str, str]) -> list[str]:
    """One sentence per driver, with its interval or the reason why nothing can be said."""
    lines = []
    if "planned" in told:
        lines.append(said["planned"].format(n=told["planned"]["rows"], file=told["planned"]["file"]))
    price, promotion = told["price"], told["promotion"]
    if price["told"]:
        numbers = {name: with_minus(f"{value:+.2f}") for name, value in price["estimate"].items()}
        spread = f"{price['spread_between_products']:.2f}"
        lines.append(said["price"].format(**numbers, n=price["products_with_evidence"], spread=spread))
    else:
        lines.append(said["price_not"].format(why=said[f"why_{price['reason']}"]))
    if promotion["told"]:
        numbers = {
            name: with_minus(f"{math.expm1(value):+.0%}") for name, value in promotion["estimate"].items()
        }
        lines.append(said["promotion"].format(**numbers))
    else:
        lines.append(said["promotion_not"].format(why=said[f"why_{promotion['reason']}"]))
    trend, season = told["trend"], told["season"]
    change = {name: with_minus(f"{value:+.0%}") for name, value in trend["change"].items()}
    lines.append(said["trend"].format(**change, years=trend["years"]))
    if season["told"]:
        high, low = season["highest"], season["lowest"]
        lines.append(
            said["season"].format(
                high_at=high["period"], high=with_minus(f"{high['lift']['value']:+.0%}"),
                low_at=low["period"], low=with_minus(f"{low['lift']['value']:+.0%}"),
            )
        )  # fmt: skip
    else:
        lines.append(said["season_not"].format(why=said["why_history_under_15_months"]))
    if not told["holidays"]["effects"]:
        code = "no_holiday_seen" if told["holidays"]["country"] else "no_country"
        lines.append(said["holidays_not"].format(why=said[f"why_{code}"]))
    return lines


def with_minus(numbers: str) -> str:
    """Hyphens of numbers as minus signs."""
    return numbers.replace("-", "\u2212")


def _categories(told: Mapping[str, Any]) -> list[dict[str, str]]:
    prices, promotions = told["price"]["by_category"], told["promotion"]["by_category"]
    names = sorted(set(prices) | set(promotions))[:MAX_ROWS]
    return [
        {
            "name": name,
            "price": _range(prices.get(name), "{:+.1f}"),
            "promotion": _range(_lifted(promotions.get(name)), "{:+.0%}"),
        }
        for name in names
    ]


def _holidays(told: Mapping[str, Any], language: str) -> list[dict[str, str]]:
    local = language == "zh" and told["holidays"]["country"] in ("CN", "TW", "HK")
    return [
        {
            "name": effect["local_name"] if local else effect["name"],
            "times": str(effect["times_seen"]),
            "on": _range(effect["on"], "{:+.0%}"),
            "before": _range(effect["week_before"], "{:+.0%}"),
        }
        for effect in told["holidays"]["effects"][:MAX_ROWS]
    ]


def _lifted(estimate: Mapping[str, float] | None) -> dict[str, float] | None:
    return None if estimate is None else {name: math.expm1(value) for name, value in estimate.items()}


def _range(estimate: Mapping[str, float] | None, form: str) -> str:
    if estimate is None:
        return "–"
    value, low, high = (form.format(estimate[name]) for name in ("value", "low", "high"))
    return with_minus(f"{value} ({low} … {high})")


def steps_of(row: Mapping[str, float]) -> list[tuple[str, float, float, float]]:
    """Part, where its bar begins, where it ends, and its units; then the forecast from 0.

    >>> row = {"base": 10.0, "trend": 2.0, "rest": -1.0, "mean": 11.0}
    >>> steps_of(row | dict.fromkeys(("season", "holiday", "price", "promotion"), 0.0))[1]
    ('trend', 10.0, 12.0, 2.0)
    """
    found, at = [], 0.0
    for name in PARTS:
        found.append((name, at, at + row[name], row[name]))
        at += row[name]
    found.append(("mean", 0.0, row["mean"], row["mean"]))
    return found


def label_of(part: str, said: Mapping[str, str]) -> str:
    """A part's name in words."""
    return said[f"{part}_part"] if part in DRIVEN else said[part]


def waterfall(title: str, row: Mapping[str, float], said: Mapping[str, str]) -> dict[str, Any]:
    """Geometry of one series in pixels: a bar per part, each from where the last one ends.

    Args:
        title: of the picture.
        row: units of each part and ``mean``, summed over the periods.
        said: words.
    """
    steps = steps_of(row)
    low = min(0.0, *(min(begin, end) for _, begin, end, _ in steps))
    high = max(1e-9, *(max(begin, end) for _, begin, end, _ in steps))
    scale = (WIDTH - LEFT - RIGHT) / (high - low)

    def x(value: float) -> float:
        return round(LEFT + (value - low) * scale, 1)

    bars = []
    for place, (name, begin, end, units) in enumerate(steps):
        whole = name in ("base", "mean")
        bars.append(
            {
                "label": label_of(name, said),
                "kind": name if whole else ("up" if units >= 0 else "down"),
                "x": x(min(begin, end)),
                "width": max(round(abs(end - begin) * scale, 1), 0.8),
                "y": ROW * place,
                "join": x(end) if place < len(steps) - 1 else None,
                "number": units_text(units, signed=not whole),
            }
        )
    summary = ", ".join(f"{bar['label']} {bar['number']}" for bar in bars)
    return {
        "title": title, "width": WIDTH, "height": ROW * len(steps), "left": LEFT, "zero": x(0.0),
        "bars": bars, "summary": summary,
    }  # fmt: skip


def units_text(units: float, *, signed: bool) -> str:
    """Units as people write them: no decimals from 100 on.

    >>> units_text(1234.4, signed=False), units_text(-0.04, signed=True), units_text(3.25, signed=True)
    ('1,234', '0', '+3.2')
    """
    digits = 0 if abs(units) >= 100 else 1
    if round(units, digits) == 0:
        return "0"
    return with_minus(f"{units:{'+' if signed else ''},.{digits}f}")
