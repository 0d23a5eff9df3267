"""Tables written batch by batch and merged at the end, so that memory stays that of one batch."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import polars as pl

from unmet.core.files import atomic_path
from unmet.core.tables import DOCUMENTS, REJECTED


class Parts:
    """A folder of numbered pairs of tables: what a batch kept and what it rejected. Use as a context."""

    def __init__(self, beside: Path) -> None:
        beside.parent.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix=".ingest-", dir=beside.parent))
        self.n = 0

    def __enter__(self) -> Parts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, table: str, number: int) -> Path:
        return self._folder / f"{table}-{number:06d}.parquet"

    def add(self, kept: pl.DataFrame, rejected: pl.DataFrame) -> None:
        """Write the next pair."""
        self.replace(self.n, kept, rejected)
        self.n += 1

    def replace(self, number: int, kept: pl.DataFrame, rejected: pl.DataFrame) -> None:
        """Write a pair anew."""
        kept.write_parquet(self._path("kept", number), compression="lz4")
        rejected.write_parquet(self._path("rejected", number), compression="lz4")

    def read(self) -> Iterator[tuple[int, pl.DataFrame, pl.DataFrame]]:
        """All pairs in order."""
        for number in range(self.n):
            yield (
                number,
                pl.read_parquet(self._path("kept", number)),
                pl.read_parquet(self._path("rejected", number)),
            )

    def scan(self, table: str) -> pl.LazyFrame:
        """All parts of ``kept`` or ``rejected`` in order, unread."""
        return pl.scan_parquet([self._path(table, number) for number in range(self.n)])

    def merge(self, out_documents: Path, out_rejected: Path) -> None:
        """Write the two tables with exactly their contracts; each replaces its target only when whole."""
        for table, schema, target in (
            ("kept", DOCUMENTS, out_documents),
            ("rejected", REJECTED, out_rejected),
        ):
            with atomic_path(target) as temporary:
                if self.n:
                    frame = self.scan(table).select(list(schema))
                    frame.sink_parquet(temporary, compression="zstd", maintain_order=True)
                else:
                    pl.DataFrame(schema=schema).write_parquet(temporary)
