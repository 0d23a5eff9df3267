"""Files → JSON Lines of annotations: one object per input row, in input order, bounded memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from unmet.core.errors import InputError
from unmet.core.files import atomic_path
from unmet.core.records import Annotation
from unmet.ingest.reading import RecordBatch, read_records
from unmet.mining.annotate import TASKS, annotate_texts, check_tasks, rejected_annotation
from unmet.models.catalog import load_models
from unmet.models.linear import TextModels


@dataclass(frozen=True, slots=True)
class AnnotateResult:
    """What an `annotate` run did: rows read, rows that could not be read, where the lines are."""

    rows: int
    rejected: int
    out: str


def annotate_files(
    inputs: Sequence[str | Path],
    out: str | Path,
    *,
    mapping: Mapping[str, str],
    tasks: Sequence[str] = TASKS,
    tier: str = "linear",
    kind: str = "review",
    chunk_rows: int = 20_000,
    progress: Callable[[int], None] | None = None,
) -> AnnotateResult:
    """Annotate every row of the inputs.

    Args:
        inputs: files, folders or ``-`` for standard input.
        out: target file, or ``-`` for standard output. A file appears only when it is whole.
        mapping: our field → the user's column (``{"text": "review"}``).
        tasks: names from TASKS.
        tier: which models.
        kind: record kind of the rows.
        chunk_rows: rows held in memory at once.
        progress: called with the number of rows done so far.
    """
    tasks = check_tasks(tasks)
    if not tasks:
        raise InputError("no task is named", hint=f"Tasks are: {', '.join(TASKS)}.")
    models = load_models(tier)
    rows = rejected = 0
    with _open_target(out) as stream:
        for batch in read_records(inputs, mapping=mapping, kind=kind, chunk_rows=chunk_rows):
            for source, annotation in annotate_batch(batch, models, tasks):
                line = annotation.to_dict()
                stream.write(json.dumps({**line, "source": source}, ensure_ascii=False) + "\n")
                rows += 1
                rejected += annotation.rejected is not None
            if progress is not None:
                progress(rows)
    return AnnotateResult(rows=rows, rejected=rejected, out=str(out))


def annotate_batch(
    batch: RecordBatch, models: TextModels, tasks: Sequence[str]
) -> list[tuple[str, Annotation]]:
    """Annotate the readable rows of a batch and merge the unreadable ones back in, in row order."""
    records, refused = batch.records, batch.rejected
    texts = [text or "" for text in records["text"].to_list()]
    annotations = annotate_texts(texts, models, tasks=tasks)
    merged: list[tuple[str, int, Annotation]] = []
    for source, row, annotation in zip(
        records["source"].to_list(), records["row"].to_list(), annotations, strict=True
    ):
        merged.append((source, row, replace(annotation, row=row)))
    for source, row, reason in refused.select("source", "row", "reason").iter_rows():
        merged.append((source, row, rejected_annotation(row, reason)))
    order = {source: index for index, source in reversed(list(enumerate(s for s, _, _ in merged)))}
    merged.sort(key=lambda item: (order[item[0]], item[1]))
    return [(source, annotation) for source, _, annotation in merged]


@contextmanager
def _open_target(out: str | Path) -> Iterator[TextIO]:
    if str(out) == "-":
        yield sys.stdout
        return
    with (
        atomic_path(Path(out)) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n", errors="surrogatepass") as stream,
    ):
        yield stream
