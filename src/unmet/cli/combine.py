"""`unmet combine`: several fine-tuned models as one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unmet.cli.finetune import named_files
from unmet.cli.options import need_torch, option
from unmet.cli.output import emit_json, note, say


def combine(
    models: Annotated[list[str], typer.Argument(help="Folders of fine-tuned models, two or more.")],
    task: Annotated[list[str], option("NAME=FILE with labelled texts that none was trained on; repeatable.")],
    out: Annotated[str, option("Folder of the combination.")],
    how: Annotated[str, option("ensemble, soup or greedy-soup.")] = "greedy-soup",
    threads: Annotated[int, option("CPU threads; 0 = all.", min=0)] = 0,
    as_json: Annotated[bool, option("Summary as JSON.", "--json")] = False,
) -> None:
    """Average the answers or the weights of fine-tuned models and measure what comes of it.

    Example: unmet combine heads-1 heads-2 heads-3 --task mood=dev.csv --how greedy-soup --out soup
    """
    need_torch(threads=threads)
    from unmet.training.combining import combine as join

    done = join([Path(m) for m in models], named_files(task), Path(out), how=how, report=note)
    members = [str(member) for member in done.members]
    if as_json:
        emit_json({"out": out, "members": members, "single": done.single, "measures": done.measures})
        return
    for name, measures in done.measures.items():
        say(f"{name}: " + ", ".join(f"{key} {value:.4f}" for key, value in measures.items()))
    say(f"of {', '.join(members)}")
    say(f"model: {out}" if how != "ensemble" else f"members are listed in {Path(out) / 'ensemble.json'}")
