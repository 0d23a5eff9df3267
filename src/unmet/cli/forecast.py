"""`unmet forecast`: orders in, a folder with forecasts out."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from unmet.cli.forecast_summary import print_forecast
from unmet.cli.options import option
from unmet.cli.output import Progress, emit_json, parse_mapping
from unmet.core.errors import InputError


def forecast(
    inputs: Annotated[
        list[str], typer.Argument(help="Order tables: files, folders, or - for standard input.")
    ],
    horizon: Annotated[str, option("How far ahead: 4w, 28d, 3m, or a number of periods.")],
    out: Annotated[str, option("Folder to write; an earlier forecast there is replaced.")] = "forecast",
    level: Annotated[
        str, option("Of product, category, segment, need, total; several with commas.")
    ] = "product",
    freq: Annotated[str | None, option("Period: D, W-MON or MS; default: found from the data.")] = None,
    items: Annotated[str | None, option("Table of products: name, category, need.")] = None,
    stockouts: Annotated[
        str | None, option("Table of products and days without stock: product, from, to.")
    ] = None,
    map_: Annotated[str | None, option("field=column pairs, e.g. quantity=件数.", "--map")] = None,
    wide: Annotated[
        str | None, option("The table has one product per row (rows) or column (columns).")
    ] = None,
    start: Annotated[
        str | None, option("First period of a wide table without dates, e.g. 2024-01-01.")
    ] = None,
    currency: Annotated[str | None, option("Keep only the lines in this currency.")] = None,
    timezone: Annotated[
        str | None, option("Where days begin, for times with a zone, e.g. Asia/Shanghai.")
    ] = None,
    as_of: Annotated[str | None, option("Last day the orders cover; later lines are dropped.")] = None,
    duplicates: Annotated[str, option("Repeated lines of one file: keep or drop.")] = "keep",
    keep_all_codes: Annotated[bool, option("Also forecast postage, fees and the like.")] = False,
    keep_outliers: Annotated[bool, option("Do not cap extreme lines.")] = False,
    reconcile: Annotated[str, option("How levels are made to add up: mint, bottom-up or none.")] = "mint",
    seed: Annotated[int, option("Random seed.", min=0)] = 0,
    as_json: Annotated[bool, option("Manifest, quality report and summary as JSON.", "--json")] = False,
) -> None:
    """Forecast what will sell, with intervals, from order lines.

    Example: unmet forecast orders.csv --horizon 4w --level product,category,total --out forecast
    """
    from unmet.forecast.running import run_forecast
    from unmet.forecast.settings import OrderSettings

    settings = OrderSettings(
        mapping=parse_mapping(map_),
        levels=tuple(dict.fromkeys(part.strip() for part in level.split(",") if part.strip())),
        freq=freq,
        items=items,
        stockouts=stockouts,
        wide=wide,
        start=_day("--start", start),
        currency=currency,
        timezone=timezone,
        as_of=_day("--as-of", as_of),
        duplicates=duplicates,
        keep_all_codes=keep_all_codes,
        cap_outliers=not keep_outliers,
    )
    progress = Progress("forecast")
    made = run_forecast(
        inputs, out, horizon=horizon, settings=settings, reconcile=reconcile, seed=seed, progress=progress
    )
    progress.end()
    if as_json:
        emit_json(made)
    else:
        print_forecast(made, out)


def _day(name: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{name} {text!r} is no day", hint="Write it as 2024-12-31.") from error
