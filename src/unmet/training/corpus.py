"""Inputs → cleaned, masked, deduplicated documents that hold no text of a named test file.

The ingest stage does the cleaning: private data are masked before a model can learn them, filler,
advertising and copies are dropped, and every dropped row is kept with its reason beside the corpus.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from unmet.core.config import CorpusConfig, MineConfig
from unmet.core.errors import InputError
from unmet.core.files import atomic_path
from unmet.evaluate.splits import text_key
from unmet.ingest.documents import ingest_documents
from unmet.ingest.reading import read_records
from unmet.text.language import detect_languages

MIN_KEY = 6
"""Letters and characters from which an equal text counts as leaked; anybody may write "很好"."""

LEAKED = "in_test_file"
"""Reason of a document that a named test file holds."""

Mapping = dict[str, str]


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """What became of the rows of the inputs; ``leaked`` were kept out because a test file holds them."""

    rows: int
    kept: int
    rejected: int
    leaked: int

    def to_dict(self) -> dict[str, int]:
        """Plain dict for the model card."""
        return {
            "rows": self.rows,
            "kept": self.kept,
            "rejected": self.rejected,
            "leaked": self.leaked,
        }


def build_corpus(
    inputs: Sequence[str | Path],
    out: Path,
    *,
    never: Sequence[str | Path] = (),
    mapping: Mapping | None = None,
    config: CorpusConfig,
) -> CorpusReport:
    """Write ``out/documents.parquet`` and ``out/rejected.parquet``.

    Args:
        inputs: files, folders or patterns, read as reviews (see docs/ingest.md).
        out: folder of the corpus.
        never: test files; no document equal to one of their texts is kept.
        mapping: our field → the user's column.
        config: how the corpus is cut.

    Raises:
        InputError: nothing is left to train on.
    """
    mine = MineConfig(mapping=mapping or {}, chunk_rows=config.chunk_rows)
    batches = read_records(inputs, mapping=mine.mapping, kind="review", chunk_rows=config.chunk_rows)
    documents, rejected = out / "documents.parquet", out / "rejected.parquet"
    quality = ingest_documents(
        batches,
        config=mine,
        detect_languages=detect_languages,
        out_documents=documents,
        out_rejected=rejected,
    )
    leaked = _move_leaked(documents, rejected, forbidden_keys(never, mapping)) if never else 0
    kept = _height(documents)
    if kept == 0:
        raise InputError(
            "no text is left to train on",
            where=", ".join(map(str, inputs)),
            hint="See rejected.parquet in the corpus folder for the reasons.",
        )
    rows = int(quality["rows_in"])
    return CorpusReport(rows, kept, rows - kept - leaked, leaked)


def forbidden_keys(never: Sequence[str | Path], mapping: Mapping | None) -> frozenset[str]:
    """What the texts of test files are compared by (:func:`unmet.evaluate.splits.text_key`)."""
    keys: set[str] = set()
    for batch in read_records(never, mapping=mapping or {}, kind="review"):
        keys.update(text_key(text) for text in batch.records["text"] if text)
    return frozenset(key for key in keys if len(key) >= MIN_KEY)


def iterate_texts(documents: Path, chunk_rows: int) -> Iterator[pl.DataFrame]:
    """Chunks of ``document_id``, ``text`` and ``language``, in order, with bounded memory."""
    table = pl.scan_parquet(documents).select("document_id", "text", "language")
    for first in range(0, _height(documents), chunk_rows):
        yield table.slice(first, chunk_rows).collect()


def _move_leaked(documents: Path, rejected: Path, keys: frozenset[str]) -> int:
    table = pl.read_parquet(documents)
    leaked = pl.Series([text_key(text) in keys for text in table["text"]], dtype=pl.Boolean)
    moved = table.filter(leaked).select(
        "source", "row", pl.lit(LEAKED).alias("reason"), pl.lit(None, pl.String).alias("detail"), "text"
    )
    with atomic_path(rejected) as temporary:
        pl.concat([pl.read_parquet(rejected), moved]).sort("source", "row").write_parquet(temporary)
    with atomic_path(documents) as temporary:
        table.filter(~leaked).write_parquet(temporary)
    return len(moved)


def _height(documents: Path) -> int:
    return int(pl.scan_parquet(documents).select(pl.len()).collect().item())
