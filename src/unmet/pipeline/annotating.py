"""Files → JSON Lines of annotations: one object per input row, in input order, bounded memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import polars as pl

from unmet.core.errors import InputError
from unmet.core.files import atomic_path
from unmet.core.records import Annotation
from unmet.ingest.reading import RecordBatch, read_records
from unmet.mining.annotate import TASKS, annotate_texts, check_tasks, rejected_annotation
from unmet.models.catalog import load_models
from unmet.models.linear import TextModels


@dataclass(frozen=True, slots=True)
class AnnotateResult:
    """What an `annotate` run did: rows read, rows that could not be read, where the lines are.

    ``bad_aspects`` counts rows whose aspects could not be read; they are annotated without.
    """

    rows: int
    rejected: int
    out: str
    bad_aspects: int = 0


def annotate_files(
    inputs: Sequence[str | Path],
    out: str | Path,
    *,
    mapping: Mapping[str, str],
    tasks: Sequence[str] = TASKS,
    tier: str = "linear",
    kind: str = "review",
    chunk_rows: int = 20_000,
    aspect_column: str | None = None,
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
        aspect_column: column with one aspect or a JSON list of aspects per row.
        progress: called with the number of rows done so far.
    """
    tasks = check_tasks(tasks)
    if not tasks and aspect_column is None:
        raise InputError("no task is named", hint=f"Tasks are: {', '.join(TASKS)}.")
    models = load_models(tier)
    extra = () if aspect_column is None else (aspect_column,)
    rows = rejected = bad_aspects = 0
    with _open_target(out) as stream:
        for batch in read_records(inputs, mapping=mapping, kind=kind, chunk_rows=chunk_rows, extra=extra):
            for source, annotation, problem in annotate_batch(batch, models, tasks, aspect_column):
                line = {**annotation.to_dict(), "source": source}
                if problem is not None:
                    line["aspect_problem"] = problem
                stream.write(json.dumps(line, ensure_ascii=False) + "\n")
                rows += 1
                rejected += annotation.rejected is not None
                bad_aspects += problem is not None
            if progress is not None:
                progress(rows)
    return AnnotateResult(rows=rows, rejected=rejected, out=str(out), bad_aspects=bad_aspects)


def annotate_batch(
    batch: RecordBatch, models: TextModels, tasks: Sequence[str], aspect_column: str | None = None
) -> list[tuple[str, Annotation, str | None]]:
    """Annotate the readable rows of a batch and merge the unreadable ones back in, in row order.

    Returns:
        Source, annotation, and what is wrong with the row's aspects, if anything.
    """
    records, refused = batch.records, batch.rejected
    texts = [text or "" for text in records["text"].to_list()]
    problems: list[str | None] = [None] * len(texts)
    aspects = None
    if aspect_column is not None:
        cells = batch.extra[aspect_column].cast(pl.String).to_list()
        aspects, problems = map(list, zip(*map(read_aspects, cells), strict=True)) if cells else ([], [])
    annotations = annotate_texts(texts, models, tasks=tasks, aspects=aspects)
    sources, rows = records["source"].to_list(), records["row"].to_list()
    merged = [
        (source, replace(annotation, row=row), problem)
        for source, row, annotation, problem in zip(sources, rows, annotations, problems, strict=True)
    ]
    for source, row, reason in refused.select("source", "row", "reason").iter_rows():
        merged.append((source, rejected_annotation(row, reason), None))
    order = {source: index for index, source in reversed(list(enumerate(s for s, _, _ in merged)))}
    merged.sort(key=lambda item: (order[item[0]], item[1].row))
    return merged


def read_aspects(cell: str | None) -> tuple[list[str], str | None]:
    """Aspects of one cell, one name or a JSON list of names, and what is wrong with it if they are none.

    >>> read_aspects('["屏幕", "电池"]')
    (['屏幕', '电池'], None)
    >>> read_aspects("battery life"), read_aspects(None)
    ((['battery life'], None), ([], None))
    """
    text = (cell or "").strip()
    if not text.startswith("["):
        return ([text] if text else []), None
    try:
        found = json.loads(text)
    except ValueError as error:
        return [], f"aspects are no JSON list: {error}"
    wrong = next((item for item in found if not isinstance(item, str)), None)
    if wrong is not None:
        return [], f"an aspect is {json.dumps(wrong, ensure_ascii=False)}, not a text"
    return found, None


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
