"""Prices as written (¥5,999.00, $12.99, 1.299,50 €, 1.2万) → numbers."""

from __future__ import annotations

import polars as pl

_CURRENCY = r"(?i)rmb|cny|usd|eur|gbp|jpy|us\$|hk\$|[¥￥$€£₩元块円圆]|人民币|美元"


def comma_evidence(raw: pl.Series) -> tuple[int, int]:
    """How many values can only have a comma, and how many only a point, before the decimals."""
    text = _bare(raw)
    n_comma = int(text.str.contains(r"^\d{1,3}(\.\d{3})*,\d{1,2}$|^\d{1,3}(\.\d{3}){2,}$").sum() or 0)
    n_point = int(text.str.contains(r"^\d+\.\d{1,2}$|^\d{1,3}(,\d{3})+\.\d+$").sum() or 0)
    return n_comma, n_point


def decimal_comma(raw: pl.Series) -> bool:
    """Whether a column writes decimals with a comma."""
    n_comma, n_point = comma_evidence(raw)
    return n_comma > n_point


def to_prices(raw: pl.Series, comma: bool) -> pl.Series:
    """Raw values as prices ≥ 0 in the file's currency (Float64); null where empty or unreadable.

    Args:
        raw: strings as in the file.
        comma: the decimal mark is a comma (see :func:`decimal_comma`).
    """
    text = _bare(raw)
    if comma:
        text = text.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    else:
        grouped = text.str.contains(r"^\d{1,3}(,\d{3})+(\.\d+)?")
        text = pl.select(
            pl.when(grouped).then(text.str.replace_all(",", "", literal=True)).otherwise(text)
        ).to_series()
    thousands = text.str.ends_with("万") | text.str.ends_with("w")
    number = text.str.strip_chars_end("万w起").cast(pl.Float64, strict=False)
    price = pl.select(pl.when(thousands).then(number * 10_000).otherwise(number)).to_series()
    usable = price.is_finite() & (price >= 0)
    return pl.select(pl.when(usable).then(price).otherwise(None)).to_series().alias(raw.name)


def _bare(raw: pl.Series) -> pl.Series:
    return raw.str.replace_all(_CURRENCY, "").str.replace_all(r"[\s\u00a0]", "").str.to_lowercase()
