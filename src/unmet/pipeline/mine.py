"""`unmet mine`: inputs → documents → mentions → needs → report, one resumable stage after another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from unmet.core.config import MineConfig
from unmet.core.errors import InputError
from unmet.core.files import write_json
from unmet.core.runs import InputFile, RunFolder
from unmet.ingest.documents import ingest_documents
from unmet.ingest.reading import RecordBatch, read_records
from unmet.ingest.sources import STANDARD_INPUT, open_sources
from unmet.models.catalog import load_models
from unmet.pipeline.needing import build_cards
from unmet.pipeline.reading_texts import read_texts
from unmet.pipeline.reporting import check_report_language
from unmet.report.page import write_report
from unmet.text.language import detect_languages


class Progress(Protocol):
    """Told which stage runs and how many rows it has done."""

    def __call__(self, stage: str, rows: int | None = None) -> None:
        """Show it."""


def _silent(stage: str, rows: int | None = None) -> None:
    """Show nothing."""


def run_mine(
    inputs: Sequence[str | Path],
    out: str | Path,
    *,
    config: MineConfig,
    report_language: str | None = None,
    workers: int = 0,
    overwrite: bool = False,
    progress: Progress = _silent,
) -> dict[str, Any]:
    """Mine inputs into a run folder, or finish the run that is already there.

    Args:
        inputs: files, folders or ``-``.
        out: the run folder.
        config: everything that changes a number.
        report_language: ``zh`` or ``en``; ``None`` follows the texts.
        workers: processes that read texts; does not change the result.
        overwrite: replace a different run in ``out``.
        progress: shown while working.

    Returns:
        The plain summary that the command prints.
    """
    check_report_language(report_language)
    _check_previous(config)
    models = load_models(config.tier)
    folder = RunFolder(out)
    folder.start(config, describe(inputs), overwrite=overwrite)
    _ingest(folder, inputs, config, progress)
    _read(folder, config, workers, progress)
    _needs(folder, config, models.versions, progress)
    # A finished run is drawn again only when another language is asked for by name.
    if report_language is not None or not folder.stage_done("report"):
        progress("report")
        with folder.stage("report", ["report.html"]):
            # The page shows the run's own facts, so they are settled before it is drawn.
            folder.manifest["models"] = dict(models.versions)
            folder.manifest["counts"] = _counts(folder.path)
            write_report(folder.path, report_language, models)
    folder.finish(models=models.versions, counts=_counts(folder.path))
    return summarise_run(folder.path)


def _ingest(folder: RunFolder, inputs: Sequence[str | Path], config: MineConfig, progress: Progress) -> None:
    if folder.stage_done("ingest"):
        return
    with folder.stage("ingest", ["documents.parquet", "rejected.parquet", "quality.json"]):
        batches = read_records(inputs, mapping=config.mapping, kind=config.kind, chunk_rows=config.chunk_rows)
        quality = ingest_documents(
            _shown(batches, progress),
            config=config,
            detect_languages=detect_languages,
            out_documents=folder.path / "documents.parquet",
            out_rejected=folder.path / "rejected.parquet",
        )
        write_json(folder.path / "quality.json", quality)


def _shown(batches: Iterator[RecordBatch], progress: Progress) -> Iterator[RecordBatch]:
    rows = 0
    for batch in batches:
        yield batch
        rows += batch.n_rows
        progress("cleaning", rows)


def _read(folder: RunFolder, config: MineConfig, workers: int, progress: Progress) -> None:
    if folder.stage_done("read"):
        return
    with folder.stage("read", ["work/mentions.parquet"]):
        folder.work.mkdir(exist_ok=True)
        read_texts(
            folder.path / "documents.parquet",
            folder.work / "mentions.parquet",
            tier=config.tier,
            workers=workers,
            progress=lambda rows: progress("reading", rows),
        )


def _needs(folder: RunFolder, config: MineConfig, models: dict[str, str], progress: Progress) -> None:
    if folder.stage_done("needs"):
        return
    progress("needs")
    with folder.stage("needs", ["mentions.parquet", "needs.json"]):
        plain = build_cards(
            folder.path / "documents.parquet",
            folder.work / "mentions.parquet",
            out=folder.path / "mentions.parquet",
            work=folder.work,
            config=config,
            models=models,
            previous=Path(config.previous) if config.previous else None,
        )
        write_json(folder.path / "needs.json", plain)


def _check_previous(config: MineConfig) -> None:
    if config.previous is not None and not (Path(config.previous) / "mentions.parquet").is_file():
        raise InputError(
            "no finished run here",
            where=config.previous,
            hint="--previous takes a run folder of `unmet mine`.",
        )


def describe(inputs: Sequence[str | Path]) -> list[InputFile]:
    """The files behind the inputs as the manifest names them; standard input stays ``-``.

    Raises:
        InputError: an input is missing or no table (see :func:`unmet.ingest.sources.open_sources`).
    """
    files: dict[str, InputFile] = {}
    for item in inputs:
        for source in open_sources([item]):
            name = STANDARD_INPUT if str(item) == STANDARD_INPUT else str(source.path)
            files[name] = InputFile(name, source.sha256, source.size)
    return list(files.values())


def _counts(run: Path) -> dict[str, Any]:
    quality = json.loads((run / "quality.json").read_text("utf-8"))
    needs = json.loads((run / "needs.json").read_text("utf-8"))
    return {
        "rows": quality["rows_in"],
        "rows_by_source": {name: entry["rows_in"] for name, entry in quality["sources"].items()},
        "documents": quality["kept"],
        "rejected": quality["rows_in"] - quality["kept"],
        "mentions": needs["mentions"],
        "needs": len(needs["needs"]),
    }


def summarise_run(run: Path) -> dict[str, Any]:
    """What the command prints about a finished run."""
    quality = json.loads((run / "quality.json").read_text("utf-8"))
    needs = json.loads((run / "needs.json").read_text("utf-8"))
    keys = ("id", "rank", "statement", "documents", "share", "satisfaction", "importance", "opportunity")
    return {
        "run": str(run),
        "report": str(run / "report.html"),
        "rows_in": quality["rows_in"],
        "documents": quality["kept"],
        "rejected": quality["rows_in"] - quality["kept"],
        "rejected_by_reason": {name: entry["count"] for name, entry in quality["rejected"].items()},
        "mentions": needs["mentions"],
        "unclustered_share": needs["unclustered"]["share"],
        "warnings": quality.get("warnings", []),
        "data_as_of": needs["data_as_of"],
        "needs": [{key: need[key] for key in keys} for need in needs["needs"]],
    }
