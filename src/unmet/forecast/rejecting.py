"""Dropped lines as rows of the table of rejections."""

from __future__ import annotations

import polars as pl

from unmet.core.tables import REJECTED
from unmet.forecast.line_rules import REASONS
from unmet.forecast.line_store import LineStore
from unmet.ingest.rows import Chunk, excerpt


def dropped_lines(dropped: pl.DataFrame, chunk: Chunk, source: str) -> pl.DataFrame:
    """Dropped lines as REJECTED, with what the file said."""
    if not dropped.height:
        return pl.DataFrame(schema=REJECTED)
    places = pl.DataFrame({"row": chunk.rows}).with_row_index("at")
    at = dropped.select("row").join(places, on="row", how="left", maintain_order="left")["at"]
    text = chunk.frame[at.to_list()].select(
        pl.concat_str(pl.all().fill_null(""), separator=" | ").str.slice(0, 500).alias("text")
    )
    return pl.DataFrame(
        {
            "source": pl.repeat(source, dropped.height, eager=True),
            "row": dropped["row"],
            "reason": dropped["reason"],
            "detail": dropped["reason"].replace_strict(REASONS, return_dtype=pl.String),
            "text": text["text"],
        }
    ).cast(dict(REJECTED))  # type: ignore[arg-type]


def malformed_rows(chunk: Chunk, source: str) -> pl.DataFrame:
    """Rows that could not be read as lines, as REJECTED."""
    rows = [(source, r.row, r.reason, r.detail, excerpt(r.text)) for r in chunk.rejected]
    return pl.DataFrame(rows, schema=REJECTED, orient="row")


def late_lines(store: LineStore, dropped: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Sales that other lines speak against, as REJECTED; ``names``: source, name."""
    lines = store.sales().join(dropped.lazy(), on="line").collect(engine="streaming").sort("line")
    text = pl.format("{} | {} | {}", "product", "quantity", "time")
    return lines.join(names, on="source").select(
        pl.col("name").alias("source"), "row", "reason", "detail", text.alias("text")
    )
