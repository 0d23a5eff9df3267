"""Texts of a mined run by product: what signals and the report join with orders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from unmet.core.errors import RunFolderError


def read_run_texts(
    run: Path, documents: Sequence[str], mentions: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Documents and mentions of a run. Texts without a product id go by the product's name.

    Args:
        run: folder of `unmet mine`.
        documents: columns beside ``document_id``, ``product_id`` and ``product``.
        mentions: columns beside ``document_id`` and ``need_id``.

    Raises:
        RunFolderError: a table is missing or damaged.
    """
    try:
        texts = pl.read_parquet(
            run / "documents.parquet", columns=["document_id", "product_id", "product", *documents]
        )
        said = pl.read_parquet(run / "mentions.parquet", columns=["document_id", "need_id", *mentions])
    except (OSError, pl.exceptions.PolarsError) as error:
        raise unreadable(run, error) from error
    return texts.with_columns(pl.coalesce("product_id", "product").alias("product_id")), said


def unreadable(run: Path, error: Exception) -> RunFolderError:
    """The error of a run with a part that cannot be read."""
    return RunFolderError(
        f"the run cannot be read: {str(error).splitlines()[0]}", where=str(run), hint="Run `unmet verify`."
    )
