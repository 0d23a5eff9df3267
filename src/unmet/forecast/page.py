"""Pages of a forecast and of stock orders: one HTML file each, no script, nothing loaded from anywhere."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from unmet.core.files import atomic_path
from unmet.forecast.drivers_page import drivers_section
from unmet.forecast.inventory.folder import ForecastFolder, read_forecast_folder
from unmet.forecast.inventory.reasons import percent, reason, short_number, weeks_of_cover, words
from unmet.forecast.plots import DemandPicture, draw
from unmet.forecast.told_page import told_sections

if TYPE_CHECKING:
    from unmet.forecast.inventory.restock import Restock

MAX_ORDERS, MAX_PICTURES = 200, 24
"""Lines of the table and pictures of a page; the CSV files hold everything."""

_TEMPLATES = Path(__file__).parent / "templates"
_UNPRINTABLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"


def write_restock_page(path: Path, result: Restock, language: str) -> None:
    """Write the page of stock orders: facts, orders with reasons, overstock, pictures, what was left out."""
    said = words(language)
    counts = result.counts
    facts = [
        (short_number(counts["orders"]), said["fact_orders"]),
        (short_number(counts["units"]), said["fact_units"]),
        (f"{counts['money']:,.0f}", said["fact_money"]),
        (short_number(counts["overstock"]), said["fact_overstock"]),
        (f"{counts['money_tied_up']:,.0f}", said["fact_tied"]),
        (short_number(counts["left_out"]), said["fact_left_out"]),
    ]
    over = clean(result.overstock).head(MAX_ORDERS)
    rows = clean(result.orders).filter(pl.col("order_quantity") > 0)
    pictured = [
        (place, row)
        for place, row in enumerate(clean(result.orders).iter_rows(named=True))
        if row["order_quantity"] > 0 or row["stockout_chance_without"] > 0.2
    ][:MAX_PICTURES]
    pasts = histories(result.folder, [row["series_id"] for _, row in pictured])
    pictures = []
    for place, row in pictured:
        index = result.folder.ids.index(result.orders["series_id"][place])
        past = pasts.get(result.orders["series_id"][place], ([], np.empty(0)))
        picture = DemandPicture(
            title_of(row), past[1], past[0], result.folder.starts, result.folder.quantiles[index],
            result.risk_without[place], result.risk_with[place],
        )  # fmt: skip
        pictures.append(draw(picture))
    _write(
        path,
        title=said["page_title"], words=said, facts=facts, as_of=_as_of(result.folder, said),
        orders=[_order(row, language) for row in rows.head(MAX_ORDERS).iter_rows(named=True)],
        n_more=max(rows.height - MAX_ORDERS, 0),
        overstock=[_over(row, said) for row in over.iter_rows(named=True)],
        left_out=_left_out(result.left_out), pictures=pictures, n_series=result.orders.height,
        with_orders=True,
    )  # fmt: skip


def write_forecast_page(folder_path: Path, path: Path, language: str, *, level: str | None = None) -> None:
    """Write the page of a forecast folder: the largest series with history and fan.

    Args:
        folder_path: folder of `unmet forecast`.
        path: page to write.
        language: zh or en.
        level: only series of this level; None draws all levels.
    """
    said = words(language)
    folder = read_forecast_folder(folder_path, level=level)
    largest = np.argsort(-folder.means.sum(axis=1), kind="stable")[:MAX_PICTURES]
    names = {row["series_id"]: row for row in clean(folder.series).iter_rows(named=True)}
    pasts = histories(folder, [folder.ids[i] for i in largest])
    pictures = []
    for index in largest:
        name = folder.ids[index]
        days, past = pasts.get(name, ([], np.empty(0)))
        title = title_of(names.get(name, {"series_id": name, "name": name}))
        pictures.append(draw(DemandPicture(title, past, days, folder.starts, folder.quantiles[index])))
    titles = {name: title_of(row) for name, row in names.items()}
    drivers = drivers_section(folder_path, [folder.ids[i] for i in largest], titles, language)
    facts = [
        (short_number(len(folder.ids)), said["fact_series"]),
        (short_number(len(folder.starts)), said["fact_periods"]),
    ]
    _write(
        path,
        title=said["page_forecast_title"], words=said, facts=facts, as_of=_as_of(folder, said), orders=[],
        n_more=0, overstock=[], left_out=[], pictures=pictures, n_series=len(folder.ids), with_orders=False,
        drivers=drivers, **told_sections(folder_path, language),
    )  # fmt: skip


def histories(folder: ForecastFolder, ids: list[str]) -> dict[str, tuple[list[date], np.ndarray[Any, Any]]]:
    """Period starts and quantities of some series."""
    wanted = folder.demand.filter(pl.col("series_id").is_in(ids))
    return {
        str(key[0]): (part["period_start"].to_list(), part["quantity"].to_numpy())
        for key, part in wanted.group_by(["series_id"], maintain_order=True)
    }


def clean(table: pl.DataFrame) -> pl.DataFrame:
    """Texts without control characters and marks that turn the reading direction; ids included, for show
    only.
    """
    texts = [name for name, dtype in table.schema.items() if dtype == pl.String]
    return table.with_columns(pl.col(name).str.replace_all(_UNPRINTABLE, "\ufffd") for name in texts)


def title_of(row: dict[str, Any]) -> str:
    """Name and id of a series as shown over its picture."""
    name = row["name"] or row["series_id"]
    return str(name) if name == row["series_id"] else f"{name} · {row['series_id']}"


def _as_of(folder: ForecastFolder, said: dict[str, str]) -> str:
    return said["as_of"].format(start=folder.starts[0], data=folder.data_as_of or "–")


def _order(row: dict[str, Any], language: str) -> dict[str, str]:
    def money(value: float | None, sign: str = "") -> str:
        return "–" if value is None else f"{value:{sign},.2f}"

    return {
        "name": row["name"],
        "id": "" if row["name"] == row["series_id"] else row["series_id"],
        "order": short_number(row["order_quantity"]),
        "packs": f"{short_number(row['packs'])} × {short_number(row['pack_size'])}"
        if row["pack_size"] != 1
        else "",
        "money": money(row["money"]),
        "stock": short_number(row["position"]),
        "demand": short_number(row["demand_mean"]),
        "range": f"{short_number(row['demand_p10'])}–{short_number(row['demand_p90'])}",
        "risk": f"{percent(row['stockout_chance_without'])}% → {percent(row['stockout_chance_with'])}%",
        "wrong": f"{money(row['cost_if_demand_p10'])} / {money(row['cost_if_demand_p90'])}",
        "pack": f"{money(row['pack_less'], '+')} / {money(row['pack_more'], '+')}",
        "why": reason(row, language),
    }


def _over(row: dict[str, Any], said: dict[str, str]) -> dict[str, str]:
    return {
        "name": row["name"],
        "id": "" if row["name"] == row["series_id"] else row["series_id"],
        "stock": short_number(row["on_hand"] + row["on_order"]),
        "cover": weeks_of_cover(row["cover_weeks"]),
        "last": str(row["last_sale"] or said["new_product"]),
        "excess": short_number(row["excess_units"]),
        "tied": "–" if row["money_tied_up"] is None else f"{row['money_tied_up']:,.0f}",
        "action": said[f"action_{row['action']}"],
    }


def _left_out(table: pl.DataFrame) -> list[dict[str, Any]]:
    rows = clean(table).to_dicts()
    counts = Counter(row["reason"] for row in rows)
    first = {row["reason"]: row for row in reversed(rows)}
    return [
        {"reason": code, "count": number, "example": f"{first[code]['product']}: {first[code]['detail']}"}
        for code, number in counts.most_common()
    ]


def _write(path: Path, **context: Any) -> None:
    text = _template().render(style=(_TEMPLATES / "forecast.css").read_text(encoding="utf-8"), **context)
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="replace", newline="\n")


@cache
def _template() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("forecast.html.j2")
