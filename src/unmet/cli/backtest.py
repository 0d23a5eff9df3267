"""`unmet backtest`: what forecasts would have been worth, in errors and in money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from unmet.cli.options import day, listed, option
from unmet.cli.output import emit_json, note, parse_mapping, say

if TYPE_CHECKING:
    from unmet.forecast.settings import OrderSettings


def backtest(
    inputs: Annotated[
        list[str], typer.Argument(help="Order tables: files, folders, or - for standard input.")
    ],
    horizon: Annotated[str, option("How far ahead: 4w, 28d, 3m, or a number of periods.")],
    origins: Annotated[int, option("How many past dates to forecast from.", min=1)] = 6,
    level: Annotated[
        str, option("Of product, category, segment, need, total; several with commas.")
    ] = "product",
    freq: Annotated[str | None, option("Period: D, W-MON or MS; default: found from the data.")] = None,
    items: Annotated[str | None, option("Table of products: name, category, need.")] = None,
    stockouts: Annotated[str | None, option("Table of products and days without stock.")] = None,
    map_: Annotated[str | None, option("field=column pairs, e.g. quantity=件数.", "--map")] = None,
    wide: Annotated[
        str | None, option("The table has one product per row (rows) or column (columns).")
    ] = None,
    start: Annotated[str | None, option("First period of a wide table without dates.")] = None,
    as_of: Annotated[str | None, option("Last day the orders cover; later lines are dropped.")] = None,
    shortage_ratio: Annotated[
        float, option("Cost of a unit short over a unit left over; 0: no money.")
    ] = 9.0,
    holding_share: Annotated[float, option("Cost of a unit left over, as a share of its price.")] = 0.02,
    threads: Annotated[int, option("Threads of the boosted and the per-series models.", min=1)] = 2,
    seed: Annotated[int, option("Random seed.", min=0)] = 0,
    as_json: Annotated[bool, option("All figures as JSON.", "--json")] = False,
) -> None:
    """Forecast from past dates with what was known then, and compare with what was sold.

    Example: unmet backtest orders.csv --horizon 4w --origins 6
    """
    from unmet.forecast.settings import OrderSettings

    settings = OrderSettings(
        mapping=parse_mapping(map_),
        levels=listed(level),
        freq=freq,
        horizon=horizon,
        items=items,
        stockouts=stockouts,
        wide=wide,
        start=day("--start", start),
        as_of=day("--as-of", as_of),
    )
    found = _run(inputs, settings, origins, (shortage_ratio, holding_share), threads, seed)
    if as_json:
        emit_json(found)
    else:
        print_backtest(found)


def _run(
    inputs: list[str],
    settings: OrderSettings,
    origins: int,
    ratios: tuple[float, float],
    threads: int,
    seed: int,
) -> dict[str, Any]:
    from unmet.forecast import backtesting
    from unmet.forecast.levels import levels_of
    from unmet.forecast.local_models import need_forecasting
    from unmet.forecast.money import newsvendor_costs
    from unmet.forecast.orders import read_orders
    from unmet.forecast.periods import parse_horizon
    from unmet.forecast.rolling import ForecastConfig

    need_forecasting()
    costs = newsvendor_costs(ratios[0], holding_share=ratios[1]) if ratios[0] else None
    orders = read_orders(inputs, settings)
    horizon = parse_horizon(settings.horizon or "").periods(orders.freq)
    found = {}
    for level in levels_of(orders.demand, orders.series, ForecastConfig(n_jobs=threads)):
        result = backtesting.backtest(
            level.demand,
            level.series,
            horizon=horizon,
            freq=orders.freq,
            n_origins=origins,
            seed=seed,
            config=level.config,
            costs=costs,
        )
        found[level.name] = result.to_dict()
    made = min(len(one["origins"]) for one in found.values())
    if made < origins:
        note(f"The history is long enough for {made} of {origins} origins.")
    if len(found) == 1:
        return {"freq": orders.freq, **next(iter(found.values()))}
    return {"freq": orders.freq, "levels": found}


def print_backtest(found: dict[str, Any]) -> None:
    """Errors by model, coverage, drift and money; of several levels one after another."""
    for name, part in found.get("levels", {}).items():
        say(f"== {name} ==")
        print_backtest({"freq": found["freq"], **part})
        say()
    if "levels" in found:
        return
    say(
        f"{found['series']:,} series, {found['horizon']} periods ({found['freq']}) from "
        f"{len(found['origins'])} origins: {', '.join(found['origins'])}"
    )
    say()
    say("Share of the units sold that the forecast missed; in brackets 95% over series")
    say(
        f"  {'model':22} {'sum over horizon':26} {'per period':>10} {'quantiles':>10}"
        f" {'bias':>7}  chosen gains"
    )
    for name, row in sorted(found["models"].items(), key=lambda item: item[1]["sum_pinball"]["value"]):
        total = row["sums"]
        interval = f"{total['value']:.3f} ({total['low']:.3f} to {total['high']:.3f})"
        line = (
            f"  {name:22} {interval:26} {row['steps']['value']:10.3f}"
            f" {row['step_pinball']['value']:10.3f} {row['bias']:+7.2f}"
        )
        gain = found["gain_of_chosen"].get(name)
        if gain:
            line += (
                f"  {gain['sums']['value']:+.1%} ({gain['sums']['low']:+.1%} to {gain['sums']['high']:+.1%})"
            )
        part = "" if row["series"] == found["series"] else f"  [{row['series']:,} series]"
        say(line + part)
    say()
    counts = sorted(found["chosen"].items(), key=lambda item: -item[1])
    say("Chosen: " + ", ".join(f"{name} {count:,}" for name, count in counts))
    say(f"Value added over seasonal naive: {found['value_added']:.1%} of its error")
    for share, steps in found["coverage"].items():
        each = " ".join(f"{value:.1%}" for value in steps[:-1])
        say(f"{_interval(share)} cover by step: {each}; sums: {steps[-1]:.1%}")
    _print_drift(found["drift"])
    if found["money"]:
        say("Cost of one order per horizon, in units of price:")
        for name, cost in found["money"].items():
            say(f"  {name:30} {cost:14,.2f}")


def _interval(name: str) -> str:
    """``80, ties by part`` → ``80% intervals, ties by part``."""
    share, _, rest = name.partition(",")
    return f"{share}% intervals" + (f",{rest}," if rest else "")


def _print_drift(drift: dict[str, Any]) -> None:
    if not drift.get("threshold"):
        say("Drift: needs at least two origins whose outcomes do not overlap")
        return
    rate = f"{drift['false_alarm_rate']:.0%} of series give a false alarm"
    say(f"Drift: {len(drift['above'])} series sell more than forecast, {len(drift['below'])} less ({rate})")
    for side in ("above", "below"):
        if drift[side]:
            say(f"  {side}: {', '.join(drift[side][:8])}{' …' if len(drift[side]) > 8 else ''}")
