"""Product files (`--items products.csv`, `--new new_products.csv`) as tables of schema ITEMS."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from unmet.core.errors import InputError
from unmet.forecast.tables import ITEMS
from unmet.ingest.reading import read_records


def read_products(
    path: Path | str, *, mapping: Mapping[str, str] | None = None
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Read products: id, title or name, description, category, price, launch date.

    Columns are recognised as everywhere (`unmet check`), in Chinese and English. A product without an id is
    known by its name. Prices that are not above 0 count as not known.

    Args:
        path: CSV, TSV, JSON, Parquet or Excel file with one product per row.
        mapping: our field → the file's column.

    Returns:
        Schema ITEMS in file order, and what was corrected: counts of ``without_id`` (left out),
        ``repeated`` (first one kept), ``unreadable_rows``.

    Raises:
        InputError: the file cannot be read, or has no usable product.
    """
    batches = list(read_records([path], mapping=mapping or {}, kind="product"))
    records = pl.concat([batch.records for batch in batches])
    text = pl.concat_str(
        [pl.col(name).fill_null("") for name in ("title", "product", "text")], separator=" "
    ).str.strip_chars()
    table = records.select(
        pl.coalesce("product_id", "product", "title").str.strip_chars().alias("series_id"),
        pl.when(text != "").then(text).otherwise(None).alias("text"),
        pl.when(pl.col("price") > 0).then("price").otherwise(None).alias("price"),
        "category",
        pl.col("created_at").dt.date().alias("launch_at"),
    )
    named = table.filter(pl.col("series_id").is_not_null() & (pl.col("series_id") != ""))
    unique = named.unique("series_id", keep="first", maintain_order=True)
    if unique.is_empty():
        raise InputError(
            "no product with an id or a name",
            where=str(path),
            hint="Name the columns, for example --map product_id=SKU --map title=Name.",
        )
    counts = {
        "without_id": table.height - named.height,
        "repeated": named.height - unique.height,
        "unreadable_rows": sum(batch.rejected.height for batch in batches),
    }
    return unique.select(pl.col(column).cast(dtype) for column, dtype in ITEMS.items()), counts
