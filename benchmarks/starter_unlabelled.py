"""Texts without labels for the starter's heads: drawn once, and added once other models have read them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from starter_corpus import forbidden_texts
from unmet.core.files import write_json
from unmet.evaluate.splits import text_key


@cache
def _forbidden() -> frozenset[str]:
    return frozenset(text_key(text) for text in forbidden_texts())


Kinds = Mapping[str, tuple[Iterable[str], int]]
"""Name → texts, and how many of them at most."""


def draw(work: Path, task: str, kinds: Kinds, fits: Callable[[str], bool], seed: int) -> list[str]:
    """Distinct texts that no labelled row of a task and no test part repeats.

    Args:
        work: folder with ``tasks/``.
        task: whose rows are left out.
        kinds: where texts come from.
        fits: which texts may be drawn at all.
        seed: of the draw.
    """
    banned = set(_forbidden())
    for part in ("train", "dev"):
        banned |= set(map(text_key, pl.read_csv(work / f"tasks/{task}.{part}.csv")["text"]))
    rng = np.random.default_rng(seed)
    chosen: dict[str, str] = {}
    for name, (texts, most) in kinds.items():
        own = {text_key(t): t for t in texts if fits(t)}
        keys = [key for key in own if key not in banned and key not in chosen]
        chosen |= {keys[i]: own[keys[i]] for i in rng.permutation(len(keys))[:most]}
        print(f"{task}, {name}: {min(most, len(keys)):,} of {len(keys):,} texts", flush=True)
    return list(chosen.values())


def add(work: Path, task: str, more: pl.DataFrame, what: str, seed: int) -> None:
    """Put rows beside the labelled ones of a task, and their number into ``tasks.json``."""
    path, told = work / f"tasks/{task}.train.csv", work / "tasks.json"
    both = pl.concat([pl.read_csv(path), more], how="diagonal")
    both.sample(fraction=1.0, shuffle=True, seed=seed).write_csv(path)
    write_json(told, {**json.loads(told.read_text("utf-8")), what: more.height})
