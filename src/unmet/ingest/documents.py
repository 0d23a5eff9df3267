"""Records → documents.parquet and rejected.parquet, with a report of what happened to every row."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import polars as pl

from unmet.core.config import MineConfig
from unmet.core.errors import UnmetError
from unmet.core.hashing import text_hash
from unmet.core.records import Kind
from unmet.core.tables import DOCUMENTS, RECORDS, REJECTED, conform
from unmet.ingest.document_ids import DocumentIds
from unmet.ingest.duplicates import BATCH_COLUMNS, DuplicateFinder
from unmet.ingest.judging import EXCERPT_CHARACTERS, DetectLanguages, judge, mask_excerpts
from unmet.ingest.late_verdicts import KEY, LINK, LateVerdict, find_late_verdicts
from unmet.ingest.parts import Parts
from unmet.ingest.quality import Tally, quality_report

_CARRIED: dict[str, pl.DataType] = {
    LINK: pl.Int32(),
    KEY: pl.UInt64(),
    "folded": pl.String(),
    "author_id": pl.String(),
    "product_id": pl.String(),
    "created_at": pl.Datetime("us"),
}
"""Columns that rejected rows carry until the merge."""


class RecordBatchLike(Protocol):
    """What ``reading.read_records`` yields."""

    @property
    def records(self) -> pl.DataFrame: ...  # noqa: D102
    @property
    def rejected(self) -> pl.DataFrame: ...  # noqa: D102
    @property
    def n_rows(self) -> int: ...  # noqa: D102


def ingest_documents(
    batches: Iterable[RecordBatchLike],
    *,
    config: MineConfig,
    detect_languages: DetectLanguages,
    out_documents: Path,
    out_rejected: Path,
) -> dict[str, Any]:
    """Clean, mask and judge every record; write what is kept and what is not.

    Args:
        batches: records and rows that could not be read, in input order.
        config: the run's configuration (``clean`` and ``language`` are used).
        detect_languages: texts → ``zh``, ``en``, ``other`` or ``und``, one each.
        out_documents: receives the DOCUMENTS table, rows in input order. Replaced atomically.
        out_rejected: receives the REJECTED table, rows in input order. Replaced atomically.

    Returns:
        The quality report (see docs/cleaning.md), a plain dict.

    Raises:
        UnmetError: the counts do not add up (a defect: nothing is written then).

    Memory is that of one batch plus about 280 bytes per kept document.
    """
    tally = Tally()
    with Parts(out_documents) as parts:
        writer = _Writer(parts, config)
        try:
            for batch in batches:
                _take(batch, writer, tally, config, detect_languages)
            writer.finish(tally.n_rows)
        finally:
            writer.close()
        report = quality_report(parts, tally, config)
        _check_counts(report)
        parts.merge(out_documents, out_rejected)
    return report


def examine(
    batches: Iterable[RecordBatchLike], config: MineConfig, detect_languages: DetectLanguages
) -> dict[str, Any]:
    """The report of :func:`ingest_documents` without keeping any output."""
    with tempfile.TemporaryDirectory(prefix="unmet-") as folder:
        return ingest_documents(
            batches,
            config=config,
            detect_languages=detect_languages,
            out_documents=Path(folder) / "documents.parquet",
            out_rejected=Path(folder) / "rejected.parquet",
        )


def _take(
    batch: RecordBatchLike,
    writer: _Writer,
    tally: Tally,
    config: MineConfig,
    detect_languages: DetectLanguages,
) -> None:
    records = conform(batch.records, RECORDS, name="records")
    unreadable = conform(batch.rejected, REJECTED, name="rejected")
    if batch.n_rows != len(records) + len(unreadable):
        raise UnmetError(
            f"a batch of {batch.n_rows} rows holds {len(records)} records and {len(unreadable)} rejections"
        )
    judged = judge(records, config, detect_languages)
    tally.add(records, unreadable, judged.masked, judged.n_edited)
    writer.add(judged.frame, _safe(unreadable, config))


def _safe(unreadable: pl.DataFrame, config: MineConfig) -> pl.DataFrame:
    """Rows the reader gave up on: their text cleaned, masked and cut like any other."""
    texts = mask_excerpts(unreadable["text"].fill_null(""), enabled=config.clean.mask_private)
    return unreadable.with_columns(texts.alias("text"))


class _Writer:
    """Splits judged batches into parts, finding copies on the way."""

    def __init__(self, parts: Parts, config: MineConfig) -> None:
        self._parts = parts
        self._config = config
        self._finder = DuplicateFinder(config.clean)
        self._ids = DocumentIds()
        self._id_array = np.empty(0, dtype=np.uint64)
        self._sources: dict[str, int] = {}

    def close(self) -> None:
        self._finder.close()

    def add(self, judged: pl.DataFrame, unreadable: pl.DataFrame) -> None:
        """Write one judged batch and the rows that could not be read."""
        is_open = judged["reason"].is_null()
        candidates = judged.filter(is_open)
        flags = self._copies(candidates)
        candidates = candidates.with_columns(
            flags["kept"].alias(LINK), flags["reason"], candidates["folded"].hash(seed=17).alias(KEY)
        )
        kept = candidates.filter(pl.col("reason").is_null())
        kept = kept.with_columns(
            pl.Series("document_id", self._ids.assign(kept), dtype=pl.String),
            pl.Series("text_hash", [text_hash(text) for text in kept["text"].to_list()], dtype=pl.String),
        )
        self._remember(kept)
        copies = candidates.filter(pl.col("reason").is_not_null())
        copies = copies.with_columns(self._ids_of(copies[LINK]).alias("detail"))
        rejected = pl.concat([_rejected(judged.filter(~is_open)), _rejected(copies), _rejected(unreadable)])
        self._parts.add(
            kept.select(*(column for column in DOCUMENTS if column != "copies"), LINK, KEY, "folded"),
            self._in_order(rejected),
        )

    def _copies(self, candidates: pl.DataFrame) -> pl.DataFrame:
        if self._config.clean.drop_duplicates:
            comparable = (candidates["kind"] == Kind.REVIEW.value).alias("comparable")
            return self._finder.add(candidates.with_columns(comparable).select(BATCH_COLUMNS))
        numbers = np.arange(len(candidates), dtype=np.int32) + len(self._id_array)
        return pl.DataFrame(
            {"kept": numbers, "reason": [None] * len(candidates)},
            schema={"kept": pl.Int32, "reason": pl.String},
        )

    def _remember(self, kept: pl.DataFrame) -> None:
        ids = np.fromiter((int(i[1:], 16) for i in kept["document_id"].to_list()), np.uint64, len(kept))
        self._id_array = np.concatenate([self._id_array, ids])

    def _ids_of(self, numbers: pl.Series) -> pl.Series:
        return pl.Series([f"d{int(self._id_array[n]):016x}" for n in numbers.to_list()], dtype=pl.String)

    def _in_order(self, rejected: pl.DataFrame) -> pl.DataFrame:
        for source in rejected["source"].unique(maintain_order=True).to_list():
            self._sources.setdefault(source, len(self._sources))
        if not len(rejected):
            return rejected
        rank = rejected["source"].replace_strict(self._sources, return_dtype=pl.Int64)
        return (
            rejected.with_columns(rank.alias("_rank")).sort("_rank", "row", maintain_order=True).drop("_rank")
        )

    def finish(self, n_rows: int) -> None:
        """Apply the verdicts that need the whole input and count copies; the parts are final then."""
        clean = self._config.clean
        late = find_late_verdicts(
            self._parts, n_rows, boilerplate=clean.drop_boilerplate, spam=clean.drop_spam
        )
        copies = self._finder.copies if clean.drop_duplicates else np.zeros(len(self._id_array), np.int32)
        late_keys = pl.Series(list(late), dtype=pl.UInt64).implode()
        moved: dict[int, LateVerdict] = {}
        for number, kept, rejected in self._parts.read():
            out = kept[KEY].is_in(late_keys)
            leaving, staying = kept.filter(out), kept.filter(~out)
            moved.update({link: late[key] for link, key in leaving.select(LINK, KEY).iter_rows()})
            staying = staying.with_columns(
                pl.Series("copies", copies[staying[LINK].to_numpy()], dtype=pl.Int64)
            )
            if moved:
                parted = [_revised(rejected, moved), _rejected(_with_verdicts(leaving, moved))]
                self._parts.replace(number, staying, self._in_order(pl.concat(parted)))
            else:
                self._parts.replace(number, staying, rejected)


def _rejected(rows: pl.DataFrame) -> pl.DataFrame:
    """Rejected rows of any origin in one shape."""
    text = pl.col("text").str.head(EXCERPT_CHARACTERS)
    shape = {**REJECTED, **_CARRIED}
    return conform(
        rows.with_columns(text).select([column for column in shape if column in rows.columns]),
        shape,
        name="rejected",
    )


def _with_verdicts(rows: pl.DataFrame, moved: dict[int, LateVerdict]) -> pl.DataFrame:
    links = rows[LINK].to_list()
    return rows.with_columns(
        pl.Series("reason", [moved[link].reason for link in links], dtype=pl.String),
        pl.Series("detail", [moved[link].detail for link in links], dtype=pl.String),
    )


def _revised(rejected: pl.DataFrame, moved: dict[int, LateVerdict]) -> pl.DataFrame:
    """Copies of a text that was rejected after all share its verdict."""
    hit = rejected[LINK].is_in(pl.Series(list(moved), dtype=pl.Int32).implode()).fill_null(False)
    if not hit.any():
        return rejected
    return pl.concat([rejected.filter(~hit), _with_verdicts(rejected.filter(hit), moved)])


def _check_counts(report: dict[str, Any]) -> None:
    """Nothing disappears: rows in = kept + rejected, in all and per source."""
    for name, counts in [("all inputs", report), *report["sources"].items()]:
        if counts["rows_in"] != counts["kept"] + counts["rejected_rows"]:
            raise UnmetError(
                f"{counts['rows_in']} rows came in, {counts['kept']} were kept and "
                f"{counts['rejected_rows']} rejected",
                where=name,
                hint="This is a defect of the program: please report it.",
            )
