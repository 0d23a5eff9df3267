"""`unmet prune`: a fine-tuned model with smaller feed-forward parts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from unmet.cli.finetune import named_files
from unmet.cli.options import need_torch, option
from unmet.cli.output import emit_json, note, say


def prune(
    model: Annotated[str, typer.Argument(help="Folder of a fine-tuned model.")],
    task: Annotated[list[str], option("NAME=FILE with labelled held-out texts, one per task; repeatable.")],
    out: Annotated[str, option("Folder of the smaller model.")],
    keep: Annotated[float, option("Share of the neurons that stays.", min=0.0, max=1.0)] = 0.75,
    threads: Annotated[int, option("CPU threads; 0 = all.", min=0)] = 0,
    as_json: Annotated[bool, option("Summary as JSON.", "--json")] = False,
) -> None:
    """Cut the neurons that a fine-tuned model can best do without; tune on with finetune --base OUT.

    Example: unmet prune models/heads --keep 0.75 --task mood=dev.csv --out models/smaller
    """
    need_torch(threads=threads)
    from unmet.training.pruning import prune as cut

    done = cut(Path(model), named_files(task), Path(out), keep=keep, report=note)
    if as_json:
        emit_json({**asdict(done), "folder": str(done.folder)})
        return
    say(f"{done.before} → {done.after} neurons in every feed-forward part")
    say(f"held out, without further training: {done.score_before:.4f} → {done.score_after:.4f}")
    say(f"model: {done.folder}")
