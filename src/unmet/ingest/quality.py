"""The quality report: what came in, what stayed, what went and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import polars as pl

from unmet.core.config import MineConfig
from unmet.ingest.parts import Parts
from unmet.ingest.quality_warnings import find_warnings, sentence

_N_EXAMPLES = 3
_EXAMPLE_CHARACTERS = 120


class Tally:
    """Counts that only the records themselves can give, added up over batches."""

    def __init__(self) -> None:
        self.n_rows = 0
        self.rows_by_source: Counter[str] = Counter()
        self.masked: Counter[str] = Counter()
        self.n_edited = 0
        self.n_ratings_unreadable = 0
        self.n_with_rating = 0
        self.n_with_time = 0
        self.n_with_author = 0
        self.n_with_product = 0

    def add(
        self, records: pl.DataFrame, unreadable: pl.DataFrame, masked: Mapping[str, int], n_edited: int
    ) -> None:
        """Count one batch."""
        self.n_rows += len(records) + len(unreadable)
        for frame in (records, unreadable):
            self.rows_by_source.update(dict(frame["source"].fill_null("").value_counts().iter_rows()))
        self.masked.update(masked)
        self.n_edited += n_edited
        self.n_ratings_unreadable += int(
            (records["rating"].is_null() & records["rating_raw"].is_not_null()).sum()
        )
        self.n_with_rating += len(records) - records["rating"].null_count()
        self.n_with_time += len(records) - records["created_at"].null_count()
        self.n_with_author += len(records) - records["author_id"].null_count()
        products = records["product_id"].is_not_null() | records["product"].is_not_null()
        self.n_with_product += int(products.sum())


def quality_report(parts: Parts, tally: Tally, config: MineConfig) -> dict[str, Any]:
    """Summarise the parts of a run (after the last verdicts) as a plain dict; see docs/cleaning.md."""
    n = tally.n_rows
    kept_by_source = _counts(parts, "kept", "source")
    rejected_by_source = _counts(parts, "rejected", "source")
    n_kept = sum(kept_by_source.values())
    report: dict[str, Any] = {
        "rows_in": n,
        "kept": n_kept,
        "rejected_rows": sum(rejected_by_source.values()),
        "sources": {
            source: {
                "rows_in": rows,
                "kept": kept_by_source.get(source, 0),
                "rejected_rows": rejected_by_source.get(source, 0),
            }
            for source, rows in tally.rows_by_source.items()
        },
        "rejected": _rejections(parts, n),
        "private_items_masked": dict(sorted(tally.masked.items())),
        "texts_edited_by_cleaning": tally.n_edited,
        "languages": _counts(parts, "kept", "language"),
        "ratings": _histogram(parts, pl.col("rating").round(1).cast(pl.String)),
        "months": _histogram(parts, pl.col("created_at").dt.strftime("%Y-%m")),
        "n_authors": _n_unique(parts, "author_id"),
        "n_products": _n_products(parts),
        "copies_of_kept": _total_copies(parts),
        "rows_with_rating": tally.n_with_rating,
        "rows_with_unreadable_rating": tally.n_ratings_unreadable,
        "rows_with_time": tally.n_with_time,
        "rows_with_author": tally.n_with_author,
        "rows_with_product": tally.n_with_product,
        "largest_author_share": _largest_author_share(parts, n_kept),
    }
    warnings = find_warnings(report, config)
    report["warnings"] = [sentence(warning) for warning in warnings]
    report["warning_codes"] = warnings
    return report


def _counts(parts: Parts, table: str, column: str) -> dict[str, int]:
    if not parts.n:
        return {}
    counted = (
        parts.scan(table)
        .group_by(pl.col(column).fill_null(""))
        .agg(pl.len().alias("n"))
        .collect(engine="streaming")
        .sort("n", column, descending=[True, False])
    )
    return {value: int(n) for value, n in counted.iter_rows()}


def _histogram(parts: Parts, value: pl.Expr) -> dict[str, int]:
    if not parts.n:
        return {}
    counted = (
        parts.scan("kept")
        .select(value.alias("value"))
        .drop_nulls()
        .group_by("value")
        .agg(pl.len().alias("n"))
        .collect(engine="streaming")
        .sort("value")
    )
    return {value: int(n) for value, n in counted.iter_rows()}


def _rejections(parts: Parts, n_rows: int) -> dict[str, Any]:
    """Per reason: count, share of all rows, the most frequent details and up to three examples."""
    if not parts.n:
        return {}
    counted = (
        parts.scan("rejected")
        .group_by("reason")
        .agg(pl.len().alias("n"))
        .collect(engine="streaming")
        .sort("n", "reason", descending=[True, False])
    )
    examples: dict[str, list[dict[str, Any]]] = {reason: [] for reason in counted["reason"].to_list()}
    seen: set[tuple[str, str]] = set()
    for _, _, rejected in parts.read():
        missing = [reason for reason, found in examples.items() if len(found) < _N_EXAMPLES]
        if not missing:
            break
        rows = rejected.filter(pl.col("reason").is_in(missing)).unique(
            ["reason", "text"], maintain_order=True
        )
        rows = rows.group_by("reason", maintain_order=True).head(2 * _N_EXAMPLES)
        for source, row, reason, detail, text in rows.select(
            "source", "row", "reason", "detail", "text"
        ).iter_rows():
            excerpt = (text or "")[:_EXAMPLE_CHARACTERS]
            if len(examples[reason]) < _N_EXAMPLES and (reason, excerpt) not in seen:
                seen.add((reason, excerpt))
                examples[reason].append({"source": source, "row": row, "detail": detail, "text": excerpt})
    return {
        reason: {"count": int(n), "share": n / n_rows if n_rows else 0.0, "examples": examples[reason]}
        for reason, n in counted.iter_rows()
    }


def _n_unique(parts: Parts, column: str) -> int:
    if not parts.n:
        return 0
    frame = parts.scan("kept").select(pl.col(column).drop_nulls().n_unique())
    return int(frame.collect(engine="streaming").item())


def _n_products(parts: Parts) -> int:
    if not parts.n:
        return 0
    name = pl.coalesce("product_id", "product").drop_nulls().n_unique()
    return int(parts.scan("kept").select(name).collect(engine="streaming").item())


def _total_copies(parts: Parts) -> int:
    if not parts.n:
        return 0
    return int(parts.scan("kept").select(pl.col("copies").sum()).collect(engine="streaming").item() or 0)


def _largest_author_share(parts: Parts, n_kept: int) -> float | None:
    """Share of kept documents by the most active author; ``None`` without authors."""
    if not parts.n or not n_kept:
        return None
    largest = (
        parts.scan("kept")
        .filter(pl.col("author_id").is_not_null())
        .group_by("author_id")
        .agg(pl.len().alias("n"))
        .select(pl.col("n").max())
        .collect(engine="streaming")
        .item()
    )
    return None if largest is None else int(largest) / n_kept
