"""`unmet annotate`: rows in, one JSON object per row out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from unmet.cli.output import Progress, emit_json, note, parse_mapping


def annotate(
    inputs: Annotated[list[str], typer.Argument(help="Files, folders, or - for standard input.")],
    out: Annotated[str, typer.Option(help="Target .jsonl file; - is standard output.")] = "-",
    text_column: Annotated[str | None, typer.Option(help="Column that holds the text.")] = None,
    tasks: Annotated[
        str, typer.Option(help="Comma list of sentiment, intensity, aspects, entities, need.")
    ] = "sentiment,intensity,aspects,entities,need",
    tier: Annotated[str, typer.Option(help="linear, starter, or a model folder.")] = "linear",
    aspect_column: Annotated[
        str | None, typer.Option(help="Column with one aspect or a JSON list of aspects per row.")
    ] = None,
    map_: Annotated[str | None, typer.Option("--map", help="field=column pairs.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Summary as JSON (needs --out FILE).")] = False,
) -> None:
    """Read every row once: sentiment, intensity, aspects, entities, need sentences.

    Example: unmet annotate reviews.csv --text-column review --tasks sentiment,aspects,need --out marks.jsonl
    """
    from unmet.core.errors import InputError
    from unmet.pipeline.annotating import annotate_files

    if as_json and out == "-":
        raise InputError("--json is the summary, and - writes the rows there", hint="Add --out FILE.")

    mapping = parse_mapping(map_)
    if text_column:
        mapping["text"] = text_column
    progress = Progress("annotate")
    result = annotate_files(
        inputs,
        out,
        mapping=mapping,
        tasks=[task.strip() for task in tasks.split(",") if task.strip()],
        tier=tier,
        aspect_column=aspect_column,
        progress=lambda rows: progress("reading", rows),
    )
    progress.end()
    if result.bad_aspects:
        note(f"{result.bad_aspects:,} rows have aspects that cannot be read (see aspect_problem of each)")
    if out == "-":
        return
    if as_json:
        emit_json(asdict(result))
    else:
        note(f"{result.rows:,} rows annotated ({result.rejected:,} could not be read) → {result.out}")
