"""Reading orders: seconds and peak memory of 10 million made-up lines, and of Online Retail where it is.

    python benchmarks/demand_reading.py [--lines 10000000]

Each reading runs in a process of its own, so that its peak memory is its own. The baseline in the same run is
the plainest thing that could count: Polars' own lazy scan with a group-by, without checks or corrections.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

RETAIL = "behaviour/demand_online_retail/orders_to_2011-09-04.csv.gz"
SLICE = 250_000
ONE = """
import json, sys, time
from unmet.core.memory import peak_memory_bytes
begin = time.perf_counter()
if sys.argv[2] == "unmet":
    from unmet.forecast.orders import read_orders
    from unmet.forecast.settings import OrderSettings
    from pathlib import Path
    orders = read_orders([sys.argv[1]], OrderSettings(levels=("product", "total"), horizon="4w"),
                         rejected_to=Path(sys.argv[1] + ".rejected.parquet"))
    found = {"rows": orders.quality["rows_in"], "kept": orders.quality["rows_kept"],
             "series": orders.series.height, "units": orders.quality["units_sold"]}
else:
    import polars as pl
    scan = pl.scan_csv(sys.argv[1], infer_schema=False)
    week = pl.col("order_time").str.to_datetime("%Y-%m-%d %H:%M", strict=False).dt.truncate("1w")
    table = scan.group_by("sku", week.alias("week")).agg(pl.col("quantity").cast(pl.Float64).sum())
    table = table.collect(engine="streaming")
    found = {"rows": None, "kept": None, "series": table["sku"].n_unique(), "units": table["quantity"].sum()}
found |= {"seconds": time.perf_counter() - begin, "peak_mb": peak_memory_bytes() / 1e6}
print(json.dumps(found))
"""


def write_orders(path: Path, n_lines: int, seed: int = 0) -> None:
    """Made-up orders of two years, 5,000 products and 200,000 customers, slice by slice.

    Of 1,000 lines, 10 are returns, 5 have no price, 2 no time and 1 is postage.
    """
    draw = np.random.default_rng(seed)
    popularity = draw.pareto(1.2, 5_000) + 0.05
    popularity /= popularity.sum()
    start = np.datetime64("2022-01-03T08:00", "m")
    with path.open("wb") as stream:
        for begin in range(0, n_lines, SLICE):
            n = min(SLICE, n_lines - begin)
            minutes = np.sort(draw.integers(0, 104 * 7 * 24 * 60 * n // n_lines, n))
            minutes += int(104 * 7 * 24 * 60 * begin / n_lines)
            product = draw.choice(5_000, n, p=popularity)
            chance = draw.random(n)
            frame = pl.DataFrame(
                {
                    "order_id": begin // 3 + np.arange(n) // 3 + 1_000_000,
                    "order_time": (start + minutes.astype("timedelta64[m]")).astype("datetime64[ms]"),
                    "sku": product,
                    "quantity": 1 + draw.geometric(0.4, n) - 1,
                    "unit_price": np.round(3 + product % 97 + draw.random(n), 2),
                    "customer_id": draw.integers(0, 200_000, n),
                    "chance": chance,
                }
            )
            odd = pl.col("chance")
            frame = frame.select(
                "order_id",
                pl.when(odd.is_between(0.015, 0.017)).then(pl.lit("?"))
                .otherwise(pl.col("order_time").dt.strftime("%Y-%m-%d %H:%M")).alias("order_time"),
                pl.when(odd.is_between(0.017, 0.018)).then(pl.lit("POST"))
                .otherwise(pl.format("S{}", "sku")).alias("sku"),
                pl.format("Product, number {}", "sku").alias("title"),
                pl.when(odd < 0.01).then(-pl.col("quantity")).otherwise("quantity").alias("quantity"),
                pl.when(odd.is_between(0.01, 0.015)).then(pl.lit("")).otherwise(
                    pl.col("unit_price").cast(pl.String)).alias("unit_price"),
                "customer_id",
            )  # fmt: skip
            frame.write_csv(stream, include_header=begin == 0)


def measured(path: Path, how: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", ONE, str(path), how], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout))


def show(label: str, found: dict[str, float]) -> None:
    print(
        f"{label:<44} {found['seconds']:8.1f} s {found['peak_mb']:8.0f} MB  {found['series']:>6} series",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000_000)
    n_lines = parser.parse_args().lines
    with tempfile.TemporaryDirectory() as folder:
        for n in sorted({n_lines // 10, n_lines}):
            path = Path(folder) / f"orders-{n}.csv"
            begin = time.perf_counter()
            write_orders(path, n)
            size, seconds = path.stat().st_size / 1e6, time.perf_counter() - begin
            print(f"{n:,} lines, {size:,.0f} MB, made in {seconds:.0f} s")
            show("    unmet: all checks and corrections", found := measured(path, "unmet"))
            print(f"    {found['kept']:,} of {found['rows']:,} lines kept")
            show("    plain Polars scan and group-by", measured(path, "polars"))
            path.unlink()
    data = os.environ.get("UNMET_DATA")
    if data and (retail := Path(data) / RETAIL).exists():
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / retail.name
            copy.write_bytes(retail.read_bytes())
            times = sorted(measured(copy, "unmet")["seconds"] for _ in range(3))
            print(f"Online Retail, 325,829 lines: {times[1]:.1f} s ({times[0]:.1f} to {times[2]:.1f})")


if __name__ == "__main__":
    main()
