"""Which order lines are no sale of a product: one reason each, the first that applies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time

import polars as pl

from unmet.core.errors import InputError
from unmet.forecast.order_lines import Survey
from unmet.forecast.settings import OrderSettings

MAX_QUANTITY = 1e9
"""Units on one line; more is a typing error or another column."""

MAX_C_SHARE = 0.2
"""Order ids of C and digits are cancellations only where most ids are plain digits."""

_CANCELLED = (
    r"(?i)^(?:.*(?:cancel|refund|return|void|declin|fail|chargeback|reject).*"
    r"|.*(?:取消|退款|退货|关闭|作废|撤销|失败|拒收).*|true|1|yes)$"
)
_NOT_CANCELLED = (
    r"(?i)(?:未退|无退|没有退|未取消|未关闭|not |non-|un-?cancel|\bno\b|退款失败|退款关闭|取消失败)"
)
_FEE = re.compile(
    r"""(?ix)^(?:
    (?:\w+\s){0,2}(?:postage|carriage|shipping|freight|delivery)(?:\s(?:fee|cost|charge|and\shandling)s?)?
    | (?:\w+\s){0,2}(?:fees?|charges?|commission|surcharge|insurance|deposit)
    | manual | adjust(?:ment)?(?:\sby\s.*)?(?:\sbad\sdebt)? | bad\sdebt | discount | rounding | tip | tax
    | vat | donation
    | (?:\w+\s){0,2}gift\s?(?:card|voucher|certificate)s?(?:\s.*)?
    | (?:sales\s)?samples? | test(?:\s(?:product|order|item))? | cash\sadjustment
    | .*(?:邮费|运费|快递费|差价|补差|手续费|服务费|定金|补拍|专拍).*
    )$"""
)

REASONS: dict[str, str] = {
    "time_missing": "no time",
    "time_unreadable": "the time cannot be read",
    "product_missing": "no product",
    "cancelled_order": "the order was cancelled",
    "quantity_missing": "no quantity",
    "quantity_unreadable": "the quantity cannot be read",
    "quantity_too_large": "more units than any line has",
    "return": "goods taken back (negative quantity)",
    "quantity_zero": "quantity 0",
    "price_not_positive": "price 0 or below: a gift, a correction, a loss",
    "not_a_product": "postage, a fee, a voucher or another line that is no product",
    "future_date": "later than the last day that counts",
    "other_currency": "another currency than the one asked for",
    "isolated_time": "more than a year away from all other sales: a typing error",
    "cancelled_sale": "a sale taken back by the same customer within a day",
    "overlap": "the same line of an order is in an earlier file",
    "repeated_line": "repeats a line of the same file",
}
"""Reasons why lines are dropped, in words; rows that cannot be read have the reasons of ingest."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the rules need to know of all lines together."""

    last_moment: datetime
    c_is_cancelled: bool
    codes_have_digits: bool
    currency: str | None
    keep_all_codes: bool


def make_rules(survey: Survey, settings: OrderSettings, today: date) -> Rules:
    """Decide the rules from the survey.

    Raises:
        InputError: prices in several currencies and none was asked for, or the one asked for is not there.
    """
    _check_currencies(survey, settings)
    last_day = min(settings.as_of, today) if settings.as_of else today
    n_orders = survey.n_numbered_orders + survey.n_c_orders
    return Rules(
        last_moment=datetime.combine(last_day, time.max),
        c_is_cancelled=0 < survey.n_c_orders <= MAX_C_SHARE * n_orders,
        codes_have_digits=survey.n_coded >= settings.min_code_digits_share * max(survey.n_lines, 1),
        currency=settings.currency.upper() if settings.currency else None,
        keep_all_codes=settings.keep_all_codes,
    )


def _check_currencies(survey: Survey, settings: OrderSettings) -> None:
    found = survey.currencies or survey.symbols
    shown = ", ".join(f"{name} ({n:,} lines)" for name, n in found.most_common(8))
    if settings.currency:
        if not survey.currencies:
            raise InputError("--currency needs a currency column", hint="Name it: --map currency=COLUMN.")
        if settings.currency.upper() not in survey.currencies:
            raise InputError(f"no line is in {settings.currency}", hint=f"Found: {shown}.")
    elif len(found) > 1:
        first = found.most_common(1)[0][0]
        hint = f"Keep one with --currency {first}, or forecast each in its own run."
        if not survey.currencies:
            hint = "Convert the prices to one currency, or leave them out with --map price=."
        raise InputError(f"prices are in several currencies: {shown}", hint=hint)


def judged(lines: pl.DataFrame, rules: Rules, raw: dict[str, pl.Series]) -> pl.DataFrame:
    """``lines`` with a column ``reason`` (of REASONS; null for a sale).

    Args:
        lines: typed lines.
        rules: see :func:`make_rules`.
        raw: the cells of ``time`` and ``quantity`` as in the file, to tell empty from unreadable.
    """
    no_time, no_quantity = (
        (raw[name].str.strip_chars() == "").fill_null(True) if name in raw else pl.lit(False)
        for name in ("time", "quantity")
    )
    quantity, price = pl.col("quantity"), pl.col("price")
    status = pl.col("status")
    cancelled = status.str.contains(_CANCELLED) & ~status.str.contains(_NOT_CANCELLED)
    if rules.c_is_cancelled:
        cancelled = cancelled.fill_null(False) | pl.col("order").str.contains(r"^[Cc]\d+$")
    checks: list[tuple[str, pl.Expr]] = [
        ("time_missing", pl.col("time").is_null() & no_time),
        ("time_unreadable", pl.col("time").is_null()),
        ("product_missing", pl.col("product").is_null()),
        ("cancelled_order", cancelled),
        ("quantity_missing", quantity.is_null() & no_quantity),
        ("quantity_unreadable", quantity.is_null()),
        ("quantity_too_large", quantity.abs() > MAX_QUANTITY),
        ("return", quantity < 0),
        ("quantity_zero", quantity == 0),
        ("price_not_positive", price <= 0),
        ("not_a_product", pl.lit(False) if rules.keep_all_codes else pl.lit(_no_product(lines, rules))),
        ("future_date", pl.col("time") > rules.last_moment),
    ]
    if rules.currency is not None:
        checks.append(
            ("other_currency", pl.col("currency").str.to_uppercase().fill_null("") != rules.currency)
        )
    reason = pl.lit(None, dtype=pl.String)
    for name, fails in reversed(checks):
        reason = pl.when(fails.fill_null(False)).then(pl.lit(name)).otherwise(reason)
    return lines.with_columns(reason.alias("reason"))


def _no_product(lines: pl.DataFrame, rules: Rules) -> pl.Series:
    """Codes without any digit where codes have digits, and lines named as a fee."""
    pairs = lines.select("product", "name")
    known = pairs.unique()
    named = [is_fee(name or product or "") for product, name in known.iter_rows()]
    fee = known.with_columns(pl.Series("fee", named, dtype=pl.Boolean))
    is_named = pairs.join(fee, on=["product", "name"], how="left", nulls_equal=True, maintain_order="left")[
        "fee"
    ]
    if not rules.codes_have_digits:
        return is_named
    return is_named | ~lines["product"].str.contains(r"\d").fill_null(True)


def is_fee(name: str) -> bool:
    """Whether a line with this name is postage, a fee, a voucher …, not a product.

    >>> is_fee("DOTCOM POSTAGE"), is_fee("运费"), is_fee("POSTAGE STAMP ALBUM"), is_fee("Vanity bag")
    (True, True, False, False)
    """
    return _FEE.match(name.strip()) is not None
