"""Plain-text summary of a forecast."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from unmet.cli.forecast_told import print_told
from unmet.cli.output import say
from unmet.forecast.periods import NAMES


def print_forecast(made: Mapping[str, Any], out: str) -> None:
    """Print what was read, what was corrected, and what is expected."""
    quality, summary = made["quality"], made["summary"]
    n_dropped = quality["rows_in"] - quality["rows_kept"]
    if "columns" in quality["sources"][0]:
        n_kept, end = quality["rows_kept"], ":" if n_dropped else ""
        say(f"{quality['rows_in']:,} lines read, {n_kept:,} are sales, {n_dropped:,} dropped{end}")
    else:
        say(f"{quality['rows_in']:,} rows of a wide table read")
    for reason, entry in quality["rejected"].items():
        say(f"    {entry['count']:>9,}  {reason:<20} {entry['meaning']}")
    for line in corrections(quality):
        say(f"    {line}")
    for source in quality["sources"]:
        if "columns" in source:
            read = ", ".join(f"{c['field']} ← {c['column']}" for c in source["columns"])
            say(f"{source['name']}: {read}")
    _print_periods(quality["periods"])
    say("series: " + ", ".join(f"{n:,} {level}" for level, n in quality["series"].items()))
    if made["reconciled"] != "none":
        say(f"levels add up (method {made['reconciled']})")
    say()
    unit = NAMES[made["freq"]] + ("s" if summary["periods"] > 1 else "")
    say(
        f"next {summary['periods']} {unit} ({summary['first_period']} to {summary['last_period']}): "
        f"{summary['units_ahead']:,.0f} units expected; the last {summary['periods']} had "
        f"{summary['units_before']:,.0f}"
    )
    for entry in summary["largest"]:
        name = "" if entry["name"] == entry["series_id"] else f"  {entry['name']}"
        say(f"    {entry['units']:>9,.0f}  {entry['series_id']}{name}")
    if "new_products" in made:
        new = made["new_products"]
        say(
            f"{new['products']:,} new products, learned from {new['learned_from']:,} products "
            f"({new['launches_seen']:,} launches seen): {out}/new_totals.csv, {out}/new_reasons.csv"
        )
    print_told(made, out)
    print_drivers(made["drivers"], out)
    say("models: " + ", ".join(f"{name} {n:,}" for name, n in summary["models"].items()))
    if summary["unseen_season"]:
        say("    the season ahead is unlike all past dates on which models were tried: last year's decides")
    say(f"forecast: {out}/forecast.csv   page: {out}/forecast.html   report of the data: {out}/quality.json")


def print_drivers(drivers: Mapping[str, Any], out: str) -> None:
    """Print what drives demand, or why that cannot be told; one line each."""
    price, promotion, holidays = drivers["price"], drivers["promotion"], drivers["holidays"]
    said = []
    if price["told"]:
        said.append(f"1% more price, {_interval(price['estimate'], '{:+.1f}')}% demand")
    else:
        said.append(f"price: cannot be told ({price['why_not']})")
    if promotion["told"]:
        said.append(f"a promotion {_interval(_lifted(promotion['estimate']), '{:+.0%}')}")
    elif promotion["reason"] != "no_promotions":
        said.append(f"promotions: cannot be told ({promotion['why_not']})")
    sure = [e for e in holidays["effects"] if e["on"] and e["on"]["low"] * e["on"]["high"] > 0]
    if sure:
        said.append(", ".join(f"{e['name']} {e['on']['value']:+.0%}" for e in sure[:3]))
    elif holidays["why_not"]:
        said.append(f"holidays: {holidays['why_not']}")
    say("drivers: " + "; ".join(said) + f"; parts of each forecast: {out}/decomposition.csv")
    if "planned" in drivers:
        plan = drivers["planned"]
        say(f"forecast at the {plan['rows']:,} planned prices and promotions of {plan['file']}")
        for n, words in (
            (plan["rows_outside"], "planned rows lie outside the forecast's periods and are not used"),
            (len(plan["products_unknown"]), "planned products have no price in the orders and are not used"),
        ):
            if n:
                say(f"    {n:>9,}  {words}")


def _interval(estimate: Mapping[str, float], form: str) -> str:
    value, low, high = (form.format(estimate[name]) for name in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def _lifted(estimate: Mapping[str, float]) -> dict[str, float]:
    """A log effect as a share of demand."""
    return {name: math.expm1(value) for name, value in estimate.items()}


def corrections(quality: Mapping[str, Any]) -> list[str]:
    """Corrections that dropped no line, one sentence each."""
    periods = quality["periods"]
    last = periods["last_dropped"]
    found = [
        (quality["capped"]["lines"], f"lines count for less than they say: extreme for their product "
         f"({quality['capped']['units']:,.0f} units; capped.csv)"),
        (quality.get("repeated_lines_kept", 0), "lines repeat another and were kept (--duplicates drop)"),
        (quality.get("lines_without_price", 0), "sales have no price"),
        (quality.get("negative_cells_as_zero", 0), "negative cells count as 0"),
        (quality.get("products_never_sold", 0), "products never sold"),
        (last["lines"], f"lines are in the unfinished period from {last['from']} and left out"),
        (periods["zeros_filled"], "periods without a sale are zeros"),
        (periods["closed_marked"], "of these are times when the shop was closed: not learned from"),
        (quality.get("stockouts", {}).get("periods_not_observed", 0),
         "periods out of stock, not learned from"),
        (len(quality.get("possible_unit_changes", [])),
         "products changed price and units per line: a new unit or a clearance?"),
    ]  # fmt: skip
    return [f"{n:>9,}  {words}" for n, words in found if n]


def _print_periods(periods: Mapping[str, Any]) -> None:
    unit = NAMES[periods["freq"]]
    partial = "; the first is not whole and not learned from" if periods["first_is_partial"] else ""
    say(f"{periods['n']:,} {unit}s from {periods['first']} to {periods['as_of']} ({periods['why']}){partial}")
    if periods["closed"]:
        n_closed, shown = len(periods["closed"]), ", ".join(periods["closed"][:5])
        units = unit if n_closed == 1 else f"{unit}s"
        say(f"closed in {n_closed} {units}: {shown}{' …' if n_closed > 5 else ''}")
