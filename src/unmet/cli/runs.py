"""`unmet verify`, `unmet report` and `unmet trace`: commands on a finished run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unmet.cli.output import EXIT_FAILURE, emit_json, say

RunArgument = Annotated[str, typer.Argument(help="A run folder.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Result as JSON.")]


def verify(run: RunArgument, as_json: JsonOption = False) -> None:
    """Recompute every number and find every quote; exit 1 and name the first difference otherwise.

    Example: unmet verify runs/today
    """
    from dataclasses import asdict

    from unmet.needs.verifying import verify_run

    outcome = verify_run(Path(run))
    if as_json:
        emit_json(asdict(outcome) | {"ok": outcome.ok})
    else:
        for name, count in outcome.checks:
            say(f"  {count:>9,}  {name}")
        for difference in outcome.differences:
            say(f"DIFFERENT  {difference}")
        say("verified: all of it" if outcome.ok else "not verified")
    if not outcome.ok:
        raise typer.Exit(EXIT_FAILURE)


def report(
    run: RunArgument,
    lang: Annotated[str | None, typer.Option(help="zh or en; default: the run's main language.")] = None,
    forecast: Annotated[
        str | None, typer.Option(help="Folder of unmet forecast: adds what will sell beside its complaints.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Redraw report.html of a run.

    Example: unmet report runs/today --lang zh --forecast forecast/
    """
    from unmet.pipeline.reporting import redraw_report

    path = redraw_report(Path(run), lang, Path(forecast) if forecast else None)
    if as_json:
        emit_json({"report": str(path)})
    else:
        say(str(path))


def trace(
    run: RunArgument,
    identifier: Annotated[str, typer.Argument(help="A need, mention or document id.")],
    as_json: JsonOption = False,
) -> None:
    """Show what an id leans on and what leans on it: need → mentions → documents, or back.

    Example: unmet trace runs/today need-1a2b3c4d5e6f
    """
    from unmet.pipeline.tracing import trace_id

    found = trace_id(Path(run), identifier)
    if as_json:
        emit_json(found)
        return
    for line in found["lines"]:
        say(line)
