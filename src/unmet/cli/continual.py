"""`unmet continual`: fine-tune on one file after the other and report what is forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from unmet.cli.finetune import named_files
from unmet.cli.options import need_torch, option, picked
from unmet.cli.output import emit_json, note, say
from unmet.core.config import FinetuneConfig, ReplayConfig

_RUN = FinetuneConfig()
_HOW = ReplayConfig()


def continual(
    base: Annotated[str, option("Folder or name of a pretrained or fine-tuned encoder.")],
    stage: Annotated[list[str], option("NAME=FILE with labelled texts; repeatable, in order.")],
    out: Annotated[str, option("Folder of the model.")],
    dev: Annotated[list[str] | None, option("NAME=FILE that is only measured on; repeatable.")] = None,
    replay_share: Annotated[float, option("Of earlier rows.", min=0, max=1)] = _HOW.replay_share,
    own_heads: Annotated[bool, option("Stages are tasks, not domains of one task.")] = False,
    method: Annotated[str, option("full, lora, adalora, adapter, prefix, prompt or bitfit.")] = _RUN.method,
    epochs: Annotated[int, option("At most, per stage.", min=1)] = _RUN.epochs,
    patience: Annotated[int, option("Epochs without a better result.", min=1)] = _RUN.patience,
    batch_rows: Annotated[int, option("Texts per step.", min=1)] = _RUN.batch_rows,
    max_tokens: Annotated[int, option("Of one window.", min=8)] = _RUN.max_tokens,
    learning_rate: Annotated[float | None, option("The method's usual rate if not given.")] = None,
    precision: Annotated[str, option("no, bf16 or fp16.")] = _RUN.precision,
    threads: Annotated[int, option("CPU threads; 0 = all.", min=0)] = 0,
    seed: Annotated[int, option("Random seed.", min=0)] = _RUN.seed,
    as_json: Annotated[bool, option("Summary as JSON.", "--json")] = False,
) -> None:
    """Learn domains or tasks one after the other, replaying a few earlier rows.

    Example: unmet continual --base models/shop-bert --stage phones=a.csv --stage books=b.csv --out both
    """
    given = {**locals(), "shared_head": not own_heads}
    need_torch(threads=threads)
    from unmet.training.continual import learn_in_stages

    run, how = picked(FinetuneConfig, given), picked(ReplayConfig, given)
    files, held_out = named_files(stage), named_files(dev or [])
    done = learn_in_stages(base, files, Path(out), config=run, how=how, dev_files=held_out, report=note)
    if as_json:
        emit_json({"model": out, **done.forgetting})
        return
    say("after" + " " * 15 + "".join(f"{name:>12}" for name in done.stages))
    for name, row in zip(("nothing", *done.stages), done.matrix.tolist(), strict=True):
        say(f"{name:20}" + "".join(f"{value:12.4f}" for value in row))
    for name in ("average", "backward_transfer", "forward_transfer", "forgetting"):
        say(f"{name.replace('_', ' ')}: {done.forgetting[name]:.4f}")
    say(f"model: {out}")
