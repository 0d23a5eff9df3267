"""`unmet tune`: search for the settings of a fine-tuning."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from unmet.cli.finetune import named_files, tell_tuned
from unmet.cli.options import need_torch, option, picked
from unmet.cli.output import emit_json, note, say
from unmet.core.config import FinetuneConfig, TuneConfig

_RUN = FinetuneConfig()
_HOW = TuneConfig()


def tune(
    base: Annotated[str, option("Folder or name of a pretrained model.")],
    task: Annotated[list[str], option("NAME=FILE with labelled texts; repeatable.")],
    out: Annotated[str, option("Folder of the search and of the best model.")],
    dev: Annotated[list[str] | None, option("NAME=FILE that is only measured on; repeatable.")] = None,
    trials: Annotated[int, option("Trials that end, pruned ones included.", min=1)] = _HOW.trials,
    search: Annotated[list[str] | None, option("A setting to search; repeatable.")] = None,
    pruner: Annotated[str, option("median, hyperband or none.")] = _HOW.pruner,
    method: Annotated[str, option("Where the method is not searched.")] = _RUN.method,
    epochs: Annotated[int, option("At most, of each trial.", min=1)] = _RUN.epochs,
    patience: Annotated[int, option("Epochs without a better result.", min=1)] = _RUN.patience,
    max_tokens: Annotated[int, option("Of one window.", min=8)] = _RUN.max_tokens,
    learning_rate: Annotated[float | None, option("Middle of the range searched.")] = None,
    precision: Annotated[str, option("no, bf16 or fp16.")] = _RUN.precision,
    threads: Annotated[int, option("CPU threads; 0 = all.", min=0)] = 0,
    seed: Annotated[int, option("Random seed.", min=0)] = _RUN.seed,
    as_json: Annotated[bool, option("Summary as JSON.", "--json")] = False,
) -> None:
    """Search learning rate, batch, method, dropout and more; the same command resumes a stopped search.

    Example: unmet tune --base models/shop-bert --task mood=a.csv --trials 30 --out models/tuned
    """
    given = {**locals(), "search": tuple(search or _HOW.search)}
    need_torch(threads=threads)
    from unmet.training.tuning import tune as find

    run, how = picked(FinetuneConfig, given), picked(TuneConfig, given)
    files, held_out = named_files(task), named_files(dev or [])
    done = find(base, files, Path(out), config=run, how=how, dev_files=held_out, report=note)
    if as_json:
        settings = {name: asdict(done.best)[name] for name in how.search}
        emit_json({"model": str(done.model.folder), "score": done.score, "settings": settings,
                   "trials": len(done.trials), "measures": done.model.measures})  # fmt: skip
        return
    say("best settings: " + ", ".join(f"{name} {asdict(done.best)[name]}" for name in how.search))
    tell_tuned(done.model, as_json)
