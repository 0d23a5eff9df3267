"""The map stage: documents → mentions, chunk by chunk, on as many processes as asked for."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from unmet.core.files import atomic_path
from unmet.core.hashing import file_hash, text_hash
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
    chunk_documents: int = CHUNK_DOCUMENTS,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Extract the mentions of every document into one Parquet file, in document order.

    Finished chunks stay beside ``out`` until the last one is done, so a killed run does not read them
    again; they are named by the documents, the models and the chunk size they come from. The result does
    not depend on the number of workers or on the chunk size.

    Args:
        documents_path: DOCUMENTS table.
        out: MENTIONS table to write.
        tier: which models.
        workers: processes; 0 means one per core.
        chunk_documents: documents that one process reads at once.
        progress: called with the number of documents read so far.
    """
    n_documents = pl.scan_parquet(documents_path).select(pl.len()).collect().item()
    parts = out.parent / f"{out.stem}.{_key(documents_path, tier, chunk_documents)}.parts"
    parts.mkdir(parents=True, exist_ok=True)
    jobs = [
        (documents_path, offset, chunk_documents, parts / f"{offset:012d}.parquet", tier)
        for offset in range(0, max(n_documents, 1), chunk_documents)
    ]
    missing = [job for job in jobs if not job[3].exists()]
    done = n_documents - sum(min(chunk_documents, n_documents - job[1]) for job in missing)
    for size in _run(missing, n_documents, workers):
        done += size
        if progress is not None:
            progress(done)
    with atomic_path(out) as temporary:
        pl.scan_parquet([job[3] for job in jobs]).sink_parquet(temporary, maintain_order=True)
    shutil.rmtree(parts)


def _key(documents_path: Path, tier: str, chunk_documents: int) -> str:
    """Names what a chunk was read from, so that a chunk of anything else is never taken up."""
    versions = sorted(_models(tier).versions.items())
    return text_hash(f"{file_hash(documents_path)} {tier} {versions} {chunk_documents}")[:12]


def _run(jobs: list[tuple[Path, int, int, Path, str]], n_documents: int, workers: int) -> Iterator[int]:
    processes = min(workers or os.cpu_count() or 1, len(jobs))
    if processes <= 1 or n_documents < PARALLEL_FROM:
        yield from map(_read_chunk, jobs)
        return
    # Spawned, not forked: a forked Polars thread pool can lock up.
    context = get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_leave_stopping_to_parent) as pool:
        with _without_stopping():  # all workers start here
            done = pool.map(_read_chunk, jobs)
        yield from done


_STOP = {signal.SIGINT}


@contextmanager
def _without_stopping() -> Iterator[None]:
    """Ctrl-C waits for the end of the block. Processes started inside are deaf to it until they unblock it.

    A worker needs a second for its imports: Ctrl-C in that second would print its trace.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _leave_stopping_to_parent() -> None:
    """Ctrl-C reaches every process of a terminal: only the first one has something to say about it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP)
