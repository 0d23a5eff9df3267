"""Order lines kept on disk while they are judged, so that memory does not grow with their number."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from types import TracebackType

import polars as pl

from unmet.core.files import atomic_path
from unmet.core.tables import REJECTED

KEPT: dict[str, pl.DataType] = {
    "line": pl.Int64(),  # number over all sources
    "source": pl.Int32(),  # place of the source
    "row": pl.Int64(),
    "time": pl.Datetime("us"),
    "product": pl.String(),
    "quantity": pl.Float64(),
    "price": pl.Float64(),
    "customer": pl.UInt64(),  # hash of the id; null where not known
    "segment": pl.String(),
    "promotion": pl.Float64(),
    "hash": pl.UInt64(),
}
"""A sale on disk; the raw customer id is not stored."""


class LineStore:
    """Sales and rejected lines in numbered files of a temporary folder. Use as a context."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="unmet-orders-"))
        self._n_kept = self._n_rejected = 0
        self.reasons: Counter[str] = Counter()
        self.n_kept_lines = 0

    def __enter__(self) -> LineStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def keep(self, lines: pl.DataFrame) -> None:
        """Add sales (KEPT)."""
        if lines.height:
            lines.select(list(KEPT)).write_parquet(self._path("kept", self._n_kept), compression="lz4")
            self._n_kept += 1
            self.n_kept_lines += lines.height

    def reject(self, lines: pl.DataFrame) -> None:
        """Add dropped lines (REJECTED) and count their reasons."""
        if lines.height:
            lines.select(list(REJECTED)).write_parquet(
                self._path("rejected", self._n_rejected), compression="lz4"
            )
            self._n_rejected += 1
            self.reasons.update(dict(lines["reason"].value_counts().iter_rows()))

    def sales(self) -> pl.LazyFrame:
        """All sales, unread."""
        if not self._n_kept:
            return pl.LazyFrame(schema=KEPT)
        return pl.scan_parquet([self._path("kept", number) for number in range(self._n_kept)])

    def write_rejected(self, target: Path) -> None:
        """Write the dropped lines with exactly their contract."""
        with atomic_path(target) as temporary:
            if self._n_rejected:
                paths = [self._path("rejected", number) for number in range(self._n_rejected)]
                frame = pl.scan_parquet(paths).select(list(REJECTED))
                frame.sink_parquet(temporary, compression="zstd", maintain_order=True)
            else:
                pl.DataFrame(schema=REJECTED).write_parquet(temporary)

    def _path(self, table: str, number: int) -> Path:
        return self._folder / f"{table}-{number:06d}.parquet"
