"""`unmet check`: what is in a file, before anything is mined."""

from __future__ import annotations

from typing import Annotated

import typer

from unmet.cli.output import Progress, check_language, emit_json, parse_mapping
from unmet.cli.summary import print_check


def check(
    inputs: Annotated[list[str], typer.Argument(help="Files, folders, or - for standard input.")],
    map_: Annotated[str | None, typer.Option("--map", help="field=column pairs, e.g. text=评论内容.")] = None,
    language: Annotated[str | None, typer.Option(help="Keep only zh or only en texts.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
) -> None:
    """Say what is in the files, which columns were recognised, what is dirty and what would be dropped.

    Example: unmet check reviews.csv
    """
    from unmet.core.config import MineConfig
    from unmet.pipeline.checking import check_inputs

    config = MineConfig(mapping=parse_mapping(map_), language=check_language(language))
    progress = Progress("check")
    progress("reading")
    result = check_inputs(inputs, config=config)
    progress.end()
    if as_json:
        emit_json(result)
    else:
        print_check(result)
