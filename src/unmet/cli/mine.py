"""`unmet mine`: files in, a run folder with need cards out."""

from __future__ import annotations

from typing import Annotated

import typer

from unmet.cli.output import Progress, check_language, emit_json, parse_mapping
from unmet.cli.summary import print_run


def mine(
    inputs: Annotated[list[str], typer.Argument(help="Files, folders, or - for standard input.")],
    out: Annotated[str, typer.Option(help="Run folder to write.")] = "runs/latest",
    map_: Annotated[str | None, typer.Option("--map", help="field=column pairs, e.g. text=评论内容.")] = None,
    tier: Annotated[str, typer.Option(help="linear, starter, or a model folder.")] = "linear",
    language: Annotated[str | None, typer.Option(help="Keep only zh or only en texts.")] = None,
    lang: Annotated[str | None, typer.Option(help="Language of report.html: zh or en.")] = None,
    previous: Annotated[str | None, typer.Option(help="Earlier run whose need ids to keep.")] = None,
    seed: Annotated[int, typer.Option(help="Random seed.", min=0)] = 0,
    min_mentions: Annotated[
        int | None, typer.Option(help="Smallest group that becomes a need.", min=1)
    ] = None,
    keep_private: Annotated[bool, typer.Option(help="Do not mask phones, e-mails, ids …")] = False,
    workers: Annotated[int, typer.Option(help="Processes that read texts; 0 = one per core.", min=0)] = 0,
    overwrite: Annotated[bool, typer.Option(help="Replace a different run in --out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Summary as JSON.")] = False,
) -> None:
    """Turn reviews into verified need cards.

    Example: unmet mine reviews.csv more.jsonl.gz --out runs/today
    """
    from dataclasses import replace

    from unmet.core.config import CleanConfig, MineConfig, NeedsConfig
    from unmet.pipeline.mine import run_mine

    needs = NeedsConfig()
    if min_mentions is not None:
        needs = replace(needs, min_mentions=min_mentions)
    config = MineConfig(
        seed=seed,
        tier=tier,
        language=check_language(language),
        previous=previous,
        mapping=parse_mapping(map_),
        clean=CleanConfig(mask_private=not keep_private),
        needs=needs,
    )
    progress = Progress("mine")
    summary = run_mine(
        inputs,
        out,
        config=config,
        report_language=lang,
        workers=workers,
        overwrite=overwrite,
        progress=progress,
    )
    progress.end()
    if as_json:
        emit_json(summary)
    else:
        print_run(summary)
