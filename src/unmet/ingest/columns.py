"""What a column's values look like: the evidence beside its name when columns are recognised."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from unmet.ingest.prices import decimal_comma, to_prices
from unmet.ingest.ratings import RatingScale, decide_scale
from unmet.ingest.times import day_order, to_times

_LONGEST_TIME = 60
_LETTERS = r"[A-Za-z\u00C0-\u024F\u3040-\u30FF\u3400-\u9FFF\uAC00-\uD7AF\u0400-\u04FF]"


@dataclass(frozen=True, slots=True)
class ColumnLook:
    """Shares are of the filled cells (0–1); lengths are characters."""

    name: str
    n_rows: int
    n_filled: int
    n_distinct: int
    mean_length: float
    letter_share: float  # cells with at least one letter
    number_share: float  # cells that are one plain number
    time_share: float  # cells that read as a time, plain numbers left out
    price_share: float
    numeric_time_share: float  # cells that are a Unix time or an Excel day
    sentence_share: float  # cells with spaces, Chinese text or punctuation that prose has
    nested_share: float  # cells that hold a JSON list or object
    counts_up: bool  # every row one more than the one before, as a row number does
    scale: RatingScale | None
    examples: tuple[str, ...]

    @property
    def filled_share(self) -> float:
        """Filled cells per row."""
        return self.n_filled / self.n_rows if self.n_rows else 0.0

    @property
    def distinct_share(self) -> float:
        """Distinct values per filled cell."""
        return self.n_distinct / self.n_filled if self.n_filled else 0.0


def look_at(column: pl.Series) -> ColumnLook:
    """Describe one column of strings."""
    filled = column.filter(column.is_not_null() & (column.str.strip_chars() != ""))
    n = max(len(filled), 1)

    def share(mask: pl.Series) -> float:
        return int(mask.sum() or 0) / n

    numbers = filled.str.contains(r"^\s*[-+]?[\d,]*\.?\d+([eE][-+]?\d+)?\s*$")
    short = filled.str.len_chars() <= _LONGEST_TIME
    words = filled.filter(~numbers & short)
    times = to_times(words, day_order(words).day_first) if len(words) else words
    counts = filled.value_counts()
    distinct = dict(counts.iter_rows()) if counts.height <= 500 else {}
    examples = (
        counts.get_column(counts.columns[0]) if counts.height <= 5 else filled.unique(maintain_order=True)
    )
    return ColumnLook(
        name=column.name,
        n_rows=len(column),
        n_filled=len(filled),
        n_distinct=counts.height,
        mean_length=float(filled.str.len_chars().mean() or 0.0),  # type: ignore[arg-type]
        letter_share=share(filled.str.contains(_LETTERS)),
        number_share=share(numbers),
        time_share=int(times.is_not_null().sum()) / n if len(words) else 0.0,
        price_share=share(to_prices(filled.filter(short), decimal_comma(filled.filter(short))).is_not_null()),
        numeric_time_share=share(to_times(filled.filter(numbers), False).is_not_null()),
        sentence_share=share(filled.str.contains(r"\S\s+\S+\s+\S|[，。！？!?,.].*\S|[\u3400-\u9FFF]{4}")),
        nested_share=share(filled.str.contains(r"^\s*[\[{].*[\]}]\s*$")),
        counts_up=_counts_up(filled),
        scale=decide_scale(distinct, column.name) if distinct else None,
        examples=tuple(str(value)[:60] for value in examples.sort()[:3]) if counts.height <= 5
        else tuple(str(value)[:60] for value in examples[:3]),
    )  # fmt: skip


def _counts_up(filled: pl.Series) -> bool:
    numbers = filled.cast(pl.Int64, strict=False)
    return len(numbers) > 2 and numbers.null_count() == 0 and bool((numbers.diff().drop_nulls() == 1).all())
