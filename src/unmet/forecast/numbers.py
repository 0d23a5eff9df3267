"""Quantities and prices with a sign, as tables write them → numbers."""

from __future__ import annotations

import polars as pl

from unmet.ingest.prices import decimal_comma, to_prices

_NEGATIVE = r"^\s*(?:[-−－–].*|\(.*\)|.*\d-)\s*$"
_SIGNS = r"^\s*[-−－–+(]+|[-)]+\s*$"
_UNIT = r"(?i)(\d)\s*(?:个|件|只|台|盒|箱|包|瓶|袋|双|套|支|本|条|张|kg|g|pcs?|pieces?|units?|ea|x)\.?\s*$"
_PLAIN = r"^\s*[-+]?\d+(\.\d+)?\s*$"

__all__ = ["decimal_comma", "to_numbers", "units_of", "without_units"]


def to_numbers(raw: pl.Series, comma: bool) -> pl.Series:
    """Raw cells as signed numbers (Float64): ``-3``, ``(3)``, ``1,200``, ``3 件``, ``£2.50``.

    Null where empty, unreadable, NaN or infinite.

    Args:
        raw: strings as in the file.
        comma: the decimal mark is a comma (see :func:`unmet.ingest.prices.decimal_comma`).
    """
    if not comma or not _mixed(raw):
        plain = raw.str.contains(_PLAIN)
        numbers = pl.select(pl.when(plain).then(raw.str.strip_chars())).to_series()
        numbers = numbers.cast(pl.Float64, strict=False)
        odd = (numbers.is_null() & raw.is_not_null()).arg_true()
    else:
        numbers = pl.Series(raw.name, [None] * len(raw), dtype=pl.Float64)
        odd = raw.is_not_null().arg_true()
    if len(odd):
        numbers = numbers.scatter(odd, _written(raw.gather(odd), comma))
    finite = numbers.is_finite()
    return pl.select(pl.when(finite).then(numbers)).to_series().alias(raw.name)


def _mixed(raw: pl.Series) -> bool:
    return bool(raw.str.contains(r"[.,]").any())


def _written(raw: pl.Series, comma: bool) -> pl.Series:
    text = raw.str.replace(_UNIT, "$1")
    negative = text.str.contains(_NEGATIVE)
    size = to_prices(text.str.replace_all(_SIGNS, ""), comma)
    return pl.select(pl.when(negative).then(-size).otherwise(size)).to_series()


def without_units(raw: pl.Series) -> pl.Series:
    """Cells less their sign and unit, as evidence for the decimal mark."""
    return raw.str.replace(_UNIT, "$1").str.replace_all(_SIGNS, "")


def units_of(raw: pl.Series) -> pl.Series:
    """The unit written behind each number (``3 件`` → ``件``), in lower case; null where there is none."""
    return raw.str.extract(r"\d\s*([^\d\s.,()+-]+)\.?\s*$", 1).str.to_lowercase()
