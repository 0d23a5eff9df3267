"""`unmet select`: which texts to label next."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from unmet.cli.options import need_torch, option, picked
from unmet.cli.output import emit_json, say
from unmet.core.config import SelectConfig

_HOW = SelectConfig()


def select(
    model: Annotated[str, option("Folder of finetune, trained on the labels so far.")],
    task: Annotated[str, option("Name of its task.")],
    pool: Annotated[list[str], option("File of texts without labels; repeatable.")],
    out: Annotated[str, option("Folder of the rounds.")],
    labelled: Annotated[list[str] | None, option("File of texts that have labels; repeatable.")] = None,
    n: Annotated[int, option("Texts to label.", min=1)] = _HOW.n,
    strategy: Annotated[str, option("entropy, margin, k-center, k-means, mixed, random.")] = _HOW.strategy,
    patience: Annotated[int, option("Rounds before it may say stop.", min=1)] = _HOW.patience,
    min_gain: Annotated[float, option("Of the held-out measure.", min=0)] = _HOW.min_gain,
    stable_share: Annotated[float, option("Of unchanged classes.", min=0, max=1)] = _HOW.stable_share,
    threads: Annotated[int, option("CPU threads; 0 = all.", min=0)] = 0,
    seed: Annotated[int, option("Random seed.", min=0)] = _HOW.seed,
    as_json: Annotated[bool, option("Summary as JSON.", "--json")] = False,
) -> None:
    """Choose the texts whose labels would teach a model most, and say when to stop labelling.

    Example: unmet select --model heads --task mood --pool reviews.csv --labelled a.csv --out rounds
    """
    given = dict(locals())
    need_torch(threads=threads)
    from unmet.training.active_learning import select_texts
    from unmet.training.tasks import read_texts

    texts = [text for name in pool for text in read_texts(Path(name))]
    known = [text for name in labelled or [] for text in read_texts(Path(name))]
    done = select_texts(Path(model), task, texts, Path(out), how=picked(SelectConfig, given), labelled=known)
    if as_json:
        emit_json(asdict(done))
        return
    say(f"round {done.number}: held out {done.held_out:.4f}, {done.n_pool:,} texts in the pool")
    if done.agreement is not None:
        say(f"{done.agreement:.1%} of them kept their class since the last round")
    say(f"to label: {done.file}")
    say(f"labelling can stop: {done.stop}" if done.stop else "labelling should go on")
