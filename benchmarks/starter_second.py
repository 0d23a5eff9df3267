"""Labelled files of a second, shorter round: half of everything, other rows of the large sets.

Two rounds in a row fit the development rows no better than one; the mean of their weights does (a soup,
Wortsman et al. 2022), because the second went on from the first and both read other rows. Texts that other
models labelled (``starter_pool.py``, ``starter_english.py``) are drawn from the first round's work folder.

    python benchmarks/starter_second.py --first ~/.cache/unmet/student --out ~/.cache/unmet/student/second
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import polars as pl

from starter_english import FOLDER, TASKS
from starter_tasks import SEED, SOURCES, WAVED
from unmet.core.files import write_json
from unmet.training.tasks import SOFT

SHARE = 0.5
WAVE = 2
POOL_OF = "sentiment"
WHAT = "half of all these and other rows of the large sets, second round"


def told_by_models(first: Path, name: str) -> pl.DataFrame | None:
    """Rows of a task that other models labelled for the first round."""
    if name in TASKS:
        return pl.read_parquet(first / FOLDER / f"{name}.parquet")
    if name == POOL_OF:
        table = pl.read_csv(first / f"tasks/{name}.train.csv")
        return table.filter(pl.any_horizontal(pl.col(f"^{SOFT}.*$").is_not_null()))
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    first, tasks = given.first.expanduser(), given.out.expanduser() / "tasks"
    shutil.copytree(first / "tasks", tasks, dirs_exist_ok=True)
    for write_task in WAVED:
        write_task(tasks, WAVE)
    rows = 0
    for name in SOURCES:
        path = tasks / f"{name}.train.csv"
        table, more = pl.read_csv(path), told_by_models(first, name)
        if more is not None:
            table = table.filter(~pl.col("text").is_in(more["text"].implode()))
            table = pl.concat([table, more], how="diagonal")
        table = table.sample(fraction=SHARE, shuffle=True, seed=SEED)
        table.write_csv(path)
        rows += table.height
    told = json.loads((first / "tasks.json").read_text("utf-8"))
    write_json(given.out.expanduser() / "tasks.json", {**told, WHAT: rows})
    print(f"{rows:,} rows")


if __name__ == "__main__":
    main()
