"""Two-way trace inside a run: need → mentions → documents → source rows, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from unmet.core.errors import InputError, RunFolderError
from unmet.core.runs import RunFolder
from unmet.needs.needsfile import from_json

SHOWN_MENTIONS = 20


def trace_id(run: Path, identifier: str) -> dict[str, Any]:
    """Find what an id leans on and what leans on it.

    Args:
        run: a finished run folder.
        identifier: a need (``need-…``), mention (``m…``) or document (``d…``) id.

    Raises:
        InputError: nothing in the run has this id.
        RunFolderError: there is no finished run.
    """
    RunFolder.open(run)
    needs = {need.id: need for need in from_json(run / "needs.json").needs}
    column = {"need-": "need_id", "m": "mention_id", "d": "document_id"}[_prefix(identifier)]
    found = _rows(run / "mentions.parquet", column, [identifier])
    ids = found["document_id"].unique().to_list() or [identifier]
    texts = _rows(run / "documents.parquet", "document_id", ids)
    if found.is_empty() and texts.is_empty():
        raise InputError(f"no {identifier} in this run", where=str(run))
    joined = found.join(
        texts.select("document_id", "source", "row", "text"),
        on="document_id",
        how="left",
        maintain_order="left",
    )
    rows = [
        {**row, "quote": row["text"][row["start"] : row["end"]] if row["text"] else None}
        for row in joined.drop("text").with_columns(joined["text"]).iter_rows(named=True)
    ]
    for row in rows:
        row.pop("text")
    touched = sorted({row["need_id"] for row in rows if row["need_id"]})
    return {
        "id": identifier,
        "needs": [{"id": n, "statement": needs[n].statement} for n in touched if n in needs],
        "mentions": rows,
        "documents": texts.select("document_id", "source", "row", "text").to_dicts(),
        "lines": _lines(identifier, touched, needs, rows, texts),
    }


def _rows(table: Path, column: str, values: list[str]) -> pl.DataFrame:
    try:
        return pl.scan_parquet(table).filter(pl.col(column).is_in(values)).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise RunFolderError(
            "the table cannot be read", where=str(table), hint="`unmet verify` says what else is damaged."
        ) from error


def _prefix(identifier: str) -> str:
    for prefix in ("need-", "m", "d"):
        if identifier.startswith(prefix):
            return prefix
    raise InputError(
        f"{identifier!r} is not an id of a run", hint="Ids begin with need-, m or d; needs.json lists them."
    )


def _lines(
    identifier: str,
    touched: list[str],
    needs: dict[str, Any],
    rows: list[dict[str, Any]],
    texts: pl.DataFrame,
) -> list[str]:
    lines = [f"{identifier}: {len(rows):,} mentions in {len(texts):,} documents"]
    lines += [f"  need {n}: {needs[n].statement}" for n in touched if n in needs]
    for row in rows[:SHOWN_MENTIONS]:
        lines.append(
            f"  {row['mention_id']}  {row['polarity']:<8} {row['source']} row {row['row']} "
            f"[{row['start']}:{row['end']}]  {row['quote']}"
        )
    if len(rows) > SHOWN_MENTIONS:
        lines.append(f"  … and {len(rows) - SHOWN_MENTIONS:,} more (use --json)")
    return lines
