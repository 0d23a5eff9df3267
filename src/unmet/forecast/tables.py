"""Table contracts of demand: every column name is written here once, with its type and meaning."""

from __future__ import annotations

import polars as pl

DEMAND: dict[str, pl.DataType] = {
    "series_id": pl.String(),  # product, category, segment or need; see SERIES
    "period_start": pl.Date(),  # first day; every period of a series is there, from its first sale on
    "quantity": pl.Float64(),  # units sold after cancellations and caps, ≥ 0
    "price": pl.Float64(),  # mean per unit, weighted by quantity; null without a sale or a price
    "promotion": pl.Float64(),  # share of units sold under a promotion, 0 to 1; null where not known
    "observed": pl.Boolean(),  # False where closed or out of stock: quantity is then no measure of demand
}
"""What was sold. Sorted by series and period; no gaps, no duplicates."""

SERIES: dict[str, pl.DataType] = {
    "series_id": pl.String(),
    "level": pl.String(),  # product, category, segment, need or total
    "name": pl.String(),  # description to show; the id where there is none
    "category": pl.String(),  # null where not known
    "first_sale": pl.Date(),
}
"""What the series are."""

ITEMS: dict[str, pl.DataType] = {
    "series_id": pl.String(),
    "text": pl.String(),  # title and description; null where there is none
    "price": pl.Float64(),  # list price per unit, > 0; null where not known
    "category": pl.String(),  # null where not known
    "launch_at": pl.Date(),  # first day of sale of a new product; null: the first period after the data
}
"""What products are, sold already or new: what a launch is forecast from."""

QUANTILES: dict[str, float] = {
    "p025": 0.025, "p05": 0.05, "p10": 0.10, "p20": 0.20, "p30": 0.30, "p40": 0.40, "p50": 0.50,
    "p60": 0.60, "p70": 0.70, "p80": 0.80, "p90": 0.90, "p95": 0.95, "p975": 0.975,
}  # fmt: skip
"""Columns of quantiles; p10 to p90 is the 80% interval, p025 to p975 the 95% interval."""

FORECAST: dict[str, pl.DataType] = {
    "series_id": pl.String(),
    "period_start": pl.Date(),
    "mean": pl.Float64(),
    **dict.fromkeys(("p10", "p50", "p80", "p90", "p95"), pl.Float64()),
    **{name: pl.Float64() for name in QUANTILES if name not in ("p10", "p50", "p80", "p90", "p95")},
}
"""``forecast.csv``: expected demand and its quantiles, all ≥ 0 and finite; quantiles do not cross."""

FREQUENCIES: dict[str, int] = {"D": 7, "W-MON": 52, "MS": 12}
"""Names of periods (day; week from Monday; month) and how many make a season."""

RECENT_PERIODS = {"D": 28, "W-MON": 8, "MS": 3}
"""Last periods whose mean says how things stand, by frequency."""
