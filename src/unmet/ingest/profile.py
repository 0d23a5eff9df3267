"""What `unmet check` says about inputs, as a plain dict; nothing here draws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from unmet.ingest.mapping import Decision
from unmet.ingest.plans import Plan, make_plans
from unmet.ingest.reading import to_batch

EXAMPLE_CHARACTERS = 60
_CHUNK_ROWS = 20_000


def profile_inputs(
    inputs: Sequence[str | Path], mapping: Mapping[str, str], kind: str = "review"
) -> dict[str, Any]:
    """Describe inputs without cleaning them.

    Returns:
        ``{"kind", "n_rows", "n_malformed", "sources": [...]}``; every source has format, encoding,
        delimiter, rows, columns with examples, the recognised mapping with reasons, rating scale and
        counts, time range, price range, and counts of what is empty, unreadable or malformed.

    Raises:
        InputError, MappingError: as :func:`unmet.ingest.reading.read_records`.
    """
    plans = make_plans(inputs, mapping=mapping, kind=kind, chunk_rows=_CHUNK_ROWS)
    sources = [_describe(plan, kind) for plan in plans]
    return {
        "kind": kind,
        "n_rows": sum(source["n_rows"] for source in sources),
        "n_malformed": sum(source["n_malformed"] for source in sources),
        "sources": sources,
    }


def _describe(plan: Plan, kind: str) -> dict[str, Any]:
    tally = _Tally(plan, kind)
    wanted = list(dict.fromkeys(plan.mapping.columns.values()))
    for chunk in plan.table.chunks(wanted, _CHUNK_ROWS, plan.mapping.column("text")):
        tally.add(chunk)
    source = plan.source
    return {
        "name": source.name,
        "format": str(source.format),
        "compression": source.compression,
        "size_bytes": source.size,
        "sha256": source.sha256,
        "read_as": plan.table.facts,
        "warnings": [*plan.table.warnings, *tally.warnings()],
        "n_rows": tally.n_rows,
        "n_malformed": sum(tally.reasons.values()),
        "malformed": dict(sorted(tally.reasons.items())),
        "malformed_examples": tally.examples,
        "n_empty_text": tally.n_empty_text,
        "n_replaced_characters": tally.n_replaced,
        "columns": _columns(plan),
        "mapping": [_decision(d) for d in plan.mapping.decisions],
        "not_used": [_decision(d) for d in plan.mapping.refused],
        "other_columns": [{"meaning": field, "column": name} for field, name in plan.mapping.other],
        "rating": tally.rating(),
        "time": tally.time(),
        "price": tally.price(),
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "field": decision.field,
        "column": decision.column,
        "by": decision.by,
        "confidence": decision.confidence,
        "why": decision.why,
    }


def _columns(plan: Plan) -> list[dict[str, Any]]:
    """Every column with up to three different examples from the first rows."""
    first = next(iter(plan.table.chunks(plan.table.columns, 200)))
    shown: list[dict[str, Any]] = []
    for name in plan.table.columns:
        cells = first.frame[name].drop_nulls()
        values = cells.filter(cells.str.strip_chars() != "").unique(maintain_order=True)[:3]
        examples = [value[:EXAMPLE_CHARACTERS] for value in values]
        shown.append({"name": name, "examples": examples})
    return shown


class _Tally:
    """Counts over all chunks of one source."""

    def __init__(self, plan: Plan, kind: str) -> None:
        self._plan, self._kind = plan, kind
        self.n_rows = self.n_empty_text = self.n_replaced = 0
        self.reasons: Counter[str] = Counter()
        self.examples: list[dict[str, Any]] = []
        self._stars: Counter[float] = Counter()
        self._bad: Counter[str] = Counter()
        self._filled: Counter[str] = Counter()
        self._ranges: dict[str, tuple[Any, Any]] = {}

    def add(self, chunk: Any) -> None:
        """Take one chunk into account."""
        batch = to_batch(chunk, self._plan, self._kind)
        self.n_rows += batch.n_rows
        self.n_replaced += batch.n_replaced
        self.reasons.update(batch.rejected["reason"].to_list())
        room = max(0, 5 - len(self.examples))
        self.examples += batch.rejected.head(room).select("row", "reason", "detail").to_dicts()
        if self._plan.mapping.column("text"):
            self.n_empty_text += int((batch.records["text"].str.strip_chars() == "").sum())
        self._stars.update(dict(batch.records["rating"].drop_nulls().value_counts().iter_rows()))
        for field, column in (("rating", "rating"), ("time", "created_at"), ("price", "price")):
            name = self._plan.mapping.column(field)
            if name is not None:
                raw = chunk.frame[name]
                self._count(field, raw.is_not_null() & (raw.str.strip_chars() != ""), batch.records[column])

    def _count(self, field: str, filled: pl.Series, values: pl.Series) -> None:
        self._filled[field] += int(filled.sum())
        self._bad[field] += int((filled & values.is_null()).sum())
        low, high = values.min(), values.max()
        if low is not None:
            before = self._ranges.get(field, (low, high))
            self._ranges[field] = (min(before[0], low), max(before[1], high))

    def warnings(self) -> list[str]:
        """What the user should know about values that became null."""
        found = [
            f"{n} of {self._filled[field]} {field} values could not be read and are left out"
            for field, n in self._bad.items()
            if n
        ]
        if self.n_replaced:
            found.append(f"{self.n_replaced} NULs or broken characters were replaced by U+FFFD")
        return found

    def rating(self) -> dict[str, Any] | None:
        """Scale, reason, raw counts and star counts; ``None`` without a rating column."""
        scale = self._plan.scale
        if scale is None:
            return None
        return {
            "scale": scale.name,
            "why": scale.why,
            "confidence": scale.confidence,
            "raw_counts": dict(self._plan.rating_counts[:20]),
            "stars": {f"{stars:g}": n for stars, n in sorted(self._stars.items())},
            "n_unreadable": self._bad["rating"],
        }

    def time(self) -> dict[str, Any] | None:
        """First and last time (ISO, UTC); ``None`` without a time column."""
        if self._plan.mapping.column("time") is None:
            return None
        first, last = self._ranges.get("time", (None, None))
        return {
            "first": first.isoformat() if first else None,
            "last": last.isoformat() if last else None,
            "day_order": self._plan.day_order.why,
            "n_unreadable": self._bad["time"],
        }

    def price(self) -> dict[str, Any] | None:
        """Lowest and highest price; ``None`` without a price column."""
        if self._plan.mapping.column("price") is None:
            return None
        low, high = self._ranges.get("price", (None, None))
        mark = "comma" if self._plan.decimal_comma else "point"
        return {"low": low, "high": high, "decimal_mark": mark, "n_unreadable": self._bad["price"]}
