"""Every parameter of reading orders and forecasting demand, written once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from unmet.core.errors import InputError
from unmet.forecast.periods import check_freq, parse_horizon

LEVELS: tuple[str, ...] = ("product", "category", "segment", "need", "total")


@dataclass(frozen=True, slots=True)
class OrderSettings:
    """How order lines become demand. What each correction does is told in docs/demand.md."""

    mapping: Mapping[str, str] = field(default_factory=dict)  # our field → the user's column
    levels: tuple[str, ...] = ("product",)  # of LEVELS
    freq: str | None = None  # D, W-MON or MS; None: found from the data
    horizon: str | None = None  # as asked for (4w); limits which periods can be found
    items: str | None = None  # table of products: name, category, needs
    stockouts: str | None = None  # table of products and days without stock
    currency: str | None = None  # the only currency that is kept
    timezone: str | None = None  # where days begin and end, for times that carry a zone
    as_of: date | None = None  # last day that counts; None: today (UTC)
    duplicates: str = "keep"  # keep or drop repeated lines within one file
    keep_all_codes: bool = False  # also lines whose code looks like postage or a fee
    cap_outliers: bool = True
    outlier_spread: float = 3.0  # interquartile ranges above the upper quartile of a product's log quantities
    outlier_min_lines: int = 20  # products with fewer lines borrow the shop's spread
    outlier_repeats: int = 3  # lines as large as this many others of the product are no outliers
    cancel_within_days: int = 1  # a sale taken back within this time is a slip, not demand
    min_code_digits_share: float = (
        0.9  # of lines whose product code has a digit: then a code without is no product
    )
    closed_from_lines: float = 10.0  # usual lines per period from which a period without any is a closed one
    stockout_share: float = 0.5  # of a period's days out of stock, from which it says nothing about demand
    chunk_rows: int = 100_000
    # Wide tables: one column or one row per period.
    wide: str | None = None  # rows (one per product), columns (one per product); None: a long table
    start: date | None = None  # first period of a wide table without dates

    def to_dict(self) -> dict[str, Any]:
        """Plain dict for the manifest."""
        plain = asdict(self)
        plain["mapping"] = dict(self.mapping)
        plain["levels"] = list(self.levels)
        for name in ("as_of", "start"):
            plain[name] = plain[name].isoformat() if plain[name] else None
        return plain


def check_settings(settings: OrderSettings) -> None:
    """Raise InputError where settings cannot be."""
    unknown = [level for level in settings.levels if level not in LEVELS]
    if unknown or not settings.levels:
        raise InputError(f"no level {', '.join(unknown)!r}", hint=f"Use {', '.join(LEVELS)}.")
    check_freq(settings.freq)
    if settings.horizon is not None:
        horizon = parse_horizon(settings.horizon)
        if settings.freq is not None:
            horizon.periods(settings.freq)
    if settings.duplicates not in ("keep", "drop"):
        raise InputError(f"no --duplicates {settings.duplicates!r}", hint="Use keep or drop.")
    if settings.timezone is not None:
        _check_timezone(settings.timezone)


def _check_timezone(name: str) -> None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(f"no time zone {name!r}", hint="Write it as Asia/Shanghai or UTC.") from error
