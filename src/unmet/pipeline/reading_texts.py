"""The map stage: documents → mentions, chunk by chunk, on as many processes as asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from unmet.core.files import atomic_path
from unmet.mining.mentions import extract_mentions
from unmet.models.catalog import load_models
from unmet.models.linear import TextModels

CHUNK_DOCUMENTS = 5_000
PARALLEL_FROM = 3 * CHUNK_DOCUMENTS
"""Fewer documents are read faster than a second process starts."""


@lru_cache(maxsize=2)
def _models(tier: str) -> TextModels:
    return load_models(tier)


def _read_chunk(job: tuple[Path, int, int, Path, str]) -> int:
    documents_path, offset, size, part, tier = job
    documents = (
        pl.scan_parquet(documents_path)
        .select("document_id", "text", "language")
        .slice(offset, size)
        .collect()
    )
    mentions = extract_mentions(documents, _models(tier))
    with atomic_path(part) as temporary:
        mentions.write_parquet(temporary)
    return documents.height


def read_texts(
    documents_path: Path,
    out: Path,
    *,
    tier: str,
    workers: int = 0,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Extract the mentions of every document into one Parquet file, in document order.

    Finished chunks stay beside ``out`` until the last one is done, so a killed run does not read them
    again. The result does not depend on the number of workers.

    Args:
        documents_path: DOCUMENTS table.
        out: MENTIONS table to write.
        tier: which models.
        workers: processes; 0 means one per core.
        progress: called with the number of documents read so far.
    """
    n_documents = pl.scan_parquet(documents_path).select(pl.len()).collect().item()
    parts = out.parent / f"{out.stem}.parts"
    parts.mkdir(parents=True, exist_ok=True)
    jobs = [
        (documents_path, offset, CHUNK_DOCUMENTS, parts / f"{offset:012d}.parquet", tier)
        for offset in range(0, max(n_documents, 1), CHUNK_DOCUMENTS)
    ]
    done = sum(CHUNK_DOCUMENTS for job in jobs if job[3].exists())
    for size in _run([job for job in jobs if not job[3].exists()], n_documents, workers):
        done += size
        if progress is not None:
            progress(done)
    with atomic_path(out) as temporary:
        pl.scan_parquet([job[3] for job in jobs]).sink_parquet(temporary, maintain_order=True)
    for job in jobs:
        job[3].unlink()
    parts.rmdir()


def _run(jobs: list[tuple[Path, int, int, Path, str]], n_documents: int, workers: int) -> Iterator[int]:
    processes = min(workers or os.cpu_count() or 1, len(jobs))
    if processes <= 1 or n_documents < PARALLEL_FROM:
        yield from map(_read_chunk, jobs)
        return
    # Spawned, not forked: a forked Polars thread pool can lock up.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_read_chunk, jobs)
