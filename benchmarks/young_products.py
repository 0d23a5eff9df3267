"""Late-launched products of Online Retail: whole forecasts with and without the hand-over from launches.

At each origin all products are forecast four weeks ahead from what was known then; young ones (first sale in
the last eight weeks with data, not in the first week of all) are then handed over. Errors are |log(1 + units)
− log(1 + forecast)| of the four weeks together, and the sum of absolute errors over the sum of units (WAPE).

    python benchmarks/young_products.py [--origins 20 24 28 32]
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import polars as pl
from numpy.typing import NDArray

from launches import interval
from retail_lines import retail_lines, retail_tables
from unmet.forecast.forecasting import Forecasts, forecast_demand
from unmet.forecast.orders import Orders
from unmet.forecast.rolling import ForecastConfig
from unmet.forecast.young_products import described_items, handed_over, launch_model, young_ages

Floats = NDArray[np.float64]
HORIZON = 4
AGES = ((1, 2), (3, 4), (5, 8))


def known_orders(demand: pl.DataFrame, series: pl.DataFrame) -> Orders:
    there = series.filter(pl.col("series_id").is_in(demand["series_id"].unique().implode()))
    empty = pl.DataFrame(schema={"parent": pl.String, "child": pl.String})
    return Orders(
        demand=demand, series=there, parts=empty, freq="W-MON", horizon=HORIZON, quality={},
        capped=pl.DataFrame(),
    )  # fmt: skip


def totals(made: Forecasts, ids: list[str]) -> Floats:
    sums = made.table.group_by("series_id").agg(pl.col("mean").sum())
    return pl.DataFrame({"series_id": ids}).join(sums, on="series_id", how="left", maintain_order="left")[
        "mean"
    ].to_numpy()  # fmt: skip


def at_origin(
    weeks: list[object], place: int, tables: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]
) -> tuple[NDArray[np.int64], Floats]:
    """Ages of the young products; truth, own, handed over and launch forecasts of four weeks."""
    demand, series, items = tables
    orders = known_orders(demand.filter(pl.col("period_start") < weeks[place]), series)
    made = forecast_demand(
        orders.demand, orders.series, horizon=HORIZON, freq="W-MON", config=ForecastConfig(n_origins=4)
    )
    result = handed_over(made, orders, items)
    ages = young_ages(orders)
    young = described_items(orders, items, ages["series_id"])
    ids = young["series_id"].to_list()
    launch = np.exp(launch_model(orders, items, ages["series_id"], 0).predict(young).log_total)
    ahead = demand.filter(
        (pl.col("period_start") >= weeks[place]) & (pl.col("period_start") < weeks[place + HORIZON])
    )
    sold = ahead.group_by("series_id").agg(pl.col("quantity").sum())
    both = young.join(ages, on="series_id", maintain_order="left").join(
        sold, on="series_id", how="left", maintain_order="left"
    )
    truth = both["quantity"].fill_null(0.0).to_numpy()
    print(f"week {place}: {result.told}", flush=True)
    return both["n_periods"].to_numpy(), np.column_stack(
        [truth, totals(made, ids), totals(result.made, ids), launch]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--origins", type=int, nargs="*", default=[20, 24, 28, 32])
    asked = parser.parse_args()
    began = time.perf_counter()
    tables = retail_tables(retail_lines())
    weeks = sorted(tables[0]["period_start"].unique().to_list())
    ages, rows, origins = [], [], []
    for place in asked.origins:
        found = at_origin(weeks, place, tables)
        ages.append(found[0])
        rows.append(found[1])
        origins.append(np.full(len(found[0]), place))
    age, table, origin = np.concatenate(ages), np.vstack(rows), np.concatenate(origins)
    columns = "own forecast | handed over | launch forecast | gain over own | WAPE own | WAPE handed over"
    print(f"| weeks seen | products | {columns} |")
    print("|---|---|---|---|---|---|---|---|")
    for low, high in (*AGES, (0, 8)):
        inside = (age >= low) & (age <= high)
        part = table[inside]
        errors = np.abs(np.log1p(part[:, 1:]) - np.log1p(part[:, :1]))
        gain = interval(errors[:, 0] - errors[:, 1], origin[inside])
        wape = np.abs(part[:, 1:3] - part[:, :1]).sum(axis=0) / part[:, 0].sum()
        means = " | ".join(f"{value:.3f}" for value in errors.mean(axis=0))
        print(f"| {low} to {high} | {inside.sum()} | {means} | {gain} | {wape[0]:.3f} | {wape[1]:.3f} |")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
