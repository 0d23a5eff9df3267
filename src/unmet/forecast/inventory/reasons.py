"""Why an order is what it is, in plain words of either language."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

_STRINGS = Path(__file__).parents[1] / "strings"
LANGUAGES = ("en", "zh")


@cache
def words(language: str, part: str = "") -> dict[str, str]:
    """The stage's own words, or those of a part of it; the keys are the same in all languages.

    Args:
        language: one of :data:`LANGUAGES`.
        part: ``drivers``, ``told`` or the stage itself.

    Raises:
        ValueError: there is no table for the language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no language {language!r}")
    name = f"{part}_{language}.json" if part else f"{language}.json"
    table: dict[str, str] = json.loads((_STRINGS / name).read_text(encoding="utf-8"))
    return table


def short_number(value: float) -> str:
    """A quantity as people say it.

    >>> short_number(1234.56), short_number(3.14), short_number(12.0)
    ('1,235', '3.1', '12')
    """
    return f"{value:,.0f}" if abs(value) >= 100 or abs(value - round(value)) < 0.05 else f"{value:,.1f}"


def percent(share: float) -> str:
    """A share in hundredths, with a decimal near 0 and 100, where it matters.

    >>> percent(0.95), percent(0.9976), percent(0.001), percent(1.0)
    ('95', '99.8', '0.1', '100')
    """
    value = 100 * share
    return f"{value:.1f}" if 0 < value < 1 or 99 < value < 100 else f"{value:.0f}"


def weeks_of_cover(weeks: float | None) -> str:
    """How long stock lasts; beyond ten years it does not matter how much.

    >>> weeks_of_cover(8.0), weeks_of_cover(None)
    ('8', '> 520')
    """
    return "> 520" if weeks is None or weeks > 520 else short_number(weeks)


def reason(line: dict[str, Any], language: str) -> str:
    """One or more sentences about an order line (a row of table ORDERS)."""
    said = words(language)
    until = (line["lead_time_days"] + line["review_days"]) / 7
    numbers = {
        "weeks": short_number(until),
        "mean": short_number(line["demand_mean"]),
        "low": short_number(line["demand_p10"]),
        "high": short_number(line["demand_p90"]),
        "hand": short_number(line["on_hand"]),
        "coming": short_number(line["on_order"]),
        "owed": short_number(line["backorders"]),
        "level": short_number(line["order_up_to"]),
        "share": percent(line["target_share"] or 0.0),
        "quantity": short_number(line["order_quantity"]),
        "wanted": short_number(line["wanted_quantity"]),
        "packs": short_number(line["packs"]),
        "pack": short_number(line["pack_size"]),
        "risk": percent(line["stockout_chance_without"]),
        "left": percent(line["stockout_chance_with"]),
    }
    parts = [said["reason_demand"]]
    parts.append(said["reason_stock_owed" if line["backorders"] else "reason_stock"])
    if line["limit"] not in ("enough", "not_worth"):
        parts.append(said["reason_level"])
    parts.append(said[f"reason_{line['limit']}"])
    return said["sentence_gap"].join(part.format(**numbers) for part in parts)


def with_reasons(orders: pl.DataFrame, language: str) -> pl.DataFrame:
    """Order lines with a column ``reason``."""
    said = [reason(line, language) for line in orders.iter_rows(named=True)]
    return orders.with_columns(pl.Series("reason", said, pl.String))
