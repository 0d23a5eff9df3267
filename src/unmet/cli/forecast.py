"""`unmet forecast`: orders in, a folder with forecasts out."""

from __future__ import annotations

from typing import Annotated

import typer

from unmet.cli.options import day, listed, option, picked
from unmet.cli.output import Progress, emit_json, parse_mapping


def forecast(
    inputs: Annotated[list[str], typer.Argument(help="Order tables: files, folders, or -.")],
    horizon: Annotated[str, option("How far ahead: 4w, 28d, 3m, or a number of periods.")],
    out: Annotated[str, option("Folder to write; an earlier forecast is replaced.")] = "forecast",
    level: Annotated[str, option("product, category, segment, need, total; with commas.")] = "product",
    freq: Annotated[str | None, option("D, W-MON or MS; default: found from the data.")] = None,
    items: Annotated[str | None, option("Table of products: name, category, need.")] = None,
    new: Annotated[str | None, option("Table of products never sold: text, price, category.")] = None,
    stockouts: Annotated[str | None, option("Table of times without stock: product, from, to.")] = None,
    country: Annotated[str | None, option("Whose holidays drive demand: CN, GB, US …")] = None,
    prices: Annotated[str | None, option("Planned prices: product, date, price, promotion.")] = None,
    map_: Annotated[str | None, option("field=column pairs, e.g. quantity=件数.", "--map")] = None,
    wide: Annotated[str | None, option("One product per row (rows) or column (columns).")] = None,
    start: Annotated[str | None, option("First period of a wide table without dates.")] = None,
    currency: Annotated[str | None, option("Keep only the lines in this currency.")] = None,
    timezone: Annotated[str | None, option("Where days begin, for times with a zone.")] = None,
    as_of: Annotated[str | None, option("Last day the orders cover; later lines are dropped.")] = None,
    duplicates: Annotated[str, option("Repeated lines of one file: keep or drop.")] = "keep",
    keep_all_codes: Annotated[bool, option("Also forecast postage, fees and the like.")] = False,
    keep_outliers: Annotated[bool, option("Do not cap extreme lines.")] = False,
    reconcile: Annotated[str, option("How levels add up: mint, bottom-up or none.")] = "mint",
    lang: Annotated[str, option("Language of the page: zh or en.")] = "en",
    png: Annotated[bool, option("Also write forecast.png: history, fan and parts.")] = False,
    seed: Annotated[int, option("Random seed.", min=0)] = 0,
    as_json: Annotated[bool, option("All of it as JSON.", "--json")] = False,
) -> None:
    """Forecast what will sell, with intervals, from order lines.

    Example: unmet forecast orders.csv --horizon 4w --level product,category,total --out forecast
    """
    given = dict(locals())
    from unmet.cli.forecast_summary import print_forecast
    from unmet.forecast.running import run_forecast
    from unmet.forecast.settings import OrderSettings

    given |= {
        "mapping": parse_mapping(map_),
        "levels": listed(level),
        "start": day("--start", start),
        "as_of": day("--as-of", as_of),
        "cap_outliers": not keep_outliers,
    }
    settings = picked(OrderSettings, given)
    progress = Progress("forecast")
    made = run_forecast(
        inputs, out, horizon=horizon, settings=settings, new=new, country=country, prices=prices,
        reconcile=reconcile, seed=seed, language=lang, png=png, progress=progress,
    )  # fmt: skip
    progress.end()
    if as_json:
        emit_json(made)
    else:
        print_forecast(made, out)
