"""Files of `unmet restock`: orders, overstock, what was left out, and a page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unmet.forecast.inventory.reasons import short_number, weeks_of_cover, with_reasons
from unmet.forecast.inventory.restock import Restock
from unmet.forecast.inventory.safe_cells import write_safe_csv
from unmet.forecast.page import write_restock_page

SHOWN = 10
"""Lines that are printed."""


def write_restock(result: Restock, out: Path, language: str) -> dict[str, Path]:
    """Write ``out`` and, beside it, ``overstock.csv``, ``left_out.csv`` and the page, each atomically.

    The names of the other files begin with the name of ``out`` where that is not ``orders.csv``.

    Returns:
        Name → path.
    """
    prefix = "" if out.stem == "orders" else f"{out.stem}_"
    files = {
        "orders": out,
        "overstock": out.with_name(f"{prefix}overstock.csv"),
        "left_out": out.with_name(f"{prefix}left_out.csv"),
        "page": out.with_name(f"{prefix}orders.html" if not prefix else f"{out.stem}.html"),
    }
    write_safe_csv(files["orders"], with_reasons(result.orders, language))
    write_safe_csv(files["overstock"], result.overstock)
    write_safe_csv(files["left_out"], result.left_out)
    write_restock_page(files["page"], result, language)
    return files


def line_in_words(row: Mapping[str, Any]) -> list[str]:
    """An order line (with its reason) as lines of text."""
    money = "" if row["money"] is None else f", {row['money']:,.2f}"
    quantity = short_number(row["order_quantity"])
    lines = [f"  {_shown(row['name'])} ({_shown(row['series_id'])}): order {quantity}{money}"]
    lines.append(f"      {row['reason']}")
    if row["pack_less"] is not None and row["cost_if_demand_p10"] is not None:
        lines.append(
            f"      expected cost with one pack less {row['pack_less']:+,.2f}, one more "
            f"{row['pack_more']:+,.2f}; cost {row['cost_if_demand_p10']:,.2f} if demand is low, "
            f"{row['cost_if_demand_p90']:,.2f} if high"
        )
    return lines


def overstock_in_words(row: Mapping[str, Any], said: Mapping[str, str]) -> str:
    """A product with too much stock as a line of text."""
    cover = weeks_of_cover(row["cover_weeks"])
    tied = "" if row["money_tied_up"] is None else f", {row['money_tied_up']:,.2f}"
    action = said[f"action_{row['action']}"]
    return (
        f"  {_shown(row['name'])} ({_shown(row['series_id'])}): {said['col_cover']} {cover}{tied} – {action}"
    )


def _shown(text: str) -> str:
    """A text of a file that cannot steer a terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
