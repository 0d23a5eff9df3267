"""`unmet restock`: what to order, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from unmet.cli.options import option
from unmet.cli.output import emit_json, note, parse_mapping, say
from unmet.core.errors import InputError


def restock(
    forecast: Annotated[str, typer.Argument(help="Folder of unmet forecast.")],
    stock: Annotated[
        str | None, option("Stock per product: on hand, on order, backorders; default: what the orders told.")
    ] = None,
    costs: Annotated[
        str | None, option("Costs, prices, packs, minimums per product.", "--cost", "--costs")
    ] = None,
    lead_time: Annotated[str | None, option("From order to delivery, e.g. 2w, 10d, 2w±3d.")] = None,
    review: Annotated[str | None, option("Time between orders; default: one period.")] = None,
    service_level: Annotated[float | None, option("0 to 1; default: the costs decide.")] = None,
    fill_rate: Annotated[bool, option("The level is a share of demand.", "--fill-rate")] = False,
    budget: Annotated[float | None, option("Money for all orders together.", min=0)] = None,
    lost_sales: Annotated[bool, option("Customers do not wait.", "--lost-sales")] = False,
    holding_rate: Annotated[float, option("Of the unit cost per year, where not given.", min=0)] = 0.25,
    missing_stock: Annotated[str, option("Products without a stock row: skip or zero.")] = "skip",
    map_: Annotated[str | None, option("field=column pairs.", "--map")] = None,
    out: Annotated[str, option("Order file to write; lists and a page go beside it.")] = "orders.csv",
    lang: Annotated[str, option("Language of reasons and page: zh or en.")] = "en",
    seed: Annotated[int, option("Random seed.", min=0)] = 0,
    as_json: Annotated[bool, option("Everything as JSON.", "--json")] = False,
) -> None:
    """Say how much of every product to order, why, and what being wrong would cost.

    Example: unmet restock forecast/ --stock stock.csv --lead-time 2w --cost costs.csv --out orders.csv
    """
    given = dict(locals())
    from unmet.forecast.inventory.restock import restock as make
    from unmet.forecast.inventory.writing import write_restock

    if lang not in ("zh", "en"):
        raise InputError(f"no language {lang!r}", hint="Use --lang zh or --lang en.")
    result = make(Path(forecast), stock, costs, _config(given), parse_mapping(map_))
    files = write_restock(result, Path(out), lang)
    if as_json:
        emit_json(
            {
                "counts": result.counts,
                "files": {name: str(path) for name, path in files.items()},
                "orders": files_rows(result.orders, lang),
                "overstock": result.overstock.to_dicts(),
                "left_out": result.left_out.to_dicts(),
            }
        )
        return
    _tell(result, files, lang)


def files_rows(orders: Any, lang: str) -> list[dict[str, Any]]:
    """Order lines with their reasons."""
    from unmet.forecast.inventory.reasons import with_reasons

    rows: list[dict[str, Any]] = with_reasons(orders, lang).to_dicts()
    return rows


def _config(given: dict[str, Any]) -> Any:
    from unmet.forecast.inventory.assembling import RestockConfig
    from unmet.forecast.inventory.durations import parse_duration

    lead = parse_duration(given["lead_time"], what="--lead-time") if given["lead_time"] is not None else None
    review = parse_duration(given["review"], what="--review") if given["review"] is not None else None
    plain = ("service_level", "fill_rate", "budget", "lost_sales", "holding_rate", "missing_stock", "seed")
    return RestockConfig(
        lead_time=lead.days if lead else None,
        lead_time_sd=lead.deviation if lead else 0.0,
        review=review.days if review else None,
        **{name: given[name] for name in plain},
    )


def _tell(result: Any, files: dict[str, Path], lang: str) -> None:
    from unmet.forecast.inventory.reasons import words
    from unmet.forecast.inventory.writing import SHOWN, line_in_words, overstock_in_words

    counts = result.counts
    say(
        f"{counts['orders']:,} of {counts['ordered_from']:,} products to order: {counts['units']:,.0f} "
        f"units, {counts['money']:,.2f} in money"
    )
    ordered = [row for row in files_rows(result.orders, lang) if row["order_quantity"] > 0]
    for row in ordered[:SHOWN]:
        for line in line_in_words(row):
            say(line)
    if len(ordered) > SHOWN:
        say(f"  … {len(ordered) - SHOWN:,} more")
    if result.overstock.height:
        say(
            f"{result.overstock.height:,} products with too much stock, "
            f"{counts['money_tied_up']:,.2f} tied up"
        )
        for row in result.overstock.head(SHOWN).iter_rows(named=True):
            say(overstock_in_words(row, words(lang)))
    for name, path in files.items():
        say(f"{name}: {path}")
    assumed = {
        "shortage_from_margin": "products: shortage cost taken as price less cost",
        "holding_from_rate": "products: holding cost taken from --holding-rate and the unit cost",
        "merged_rows": "stock rows added to another row of the same product",
        "stock_from_orders": "products: stock taken from the last line of the orders that told it",
    }
    for key, said in assumed.items():
        if counts.get(key):
            note(f"{counts[key]:,} {said}")
    left = result.left_out.group_by("reason", maintain_order=True).len()
    for code, number in left.iter_rows():
        note(f"{number:,} left out: {code}")
    if "no_stock_row" in left["reason"]:
        note("    --missing-stock zero takes products without a stock row as sold out")
