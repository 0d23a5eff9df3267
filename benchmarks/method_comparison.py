"""Methods of fine-tuning side by side: weights, minutes, memory, accuracy at 32, 500 and all labels.

    python benchmarks/method_comparison.py --base models/shop-bert --labels train.csv --test test.csv
    python benchmarks/method_comparison.py … --sizes 32 --methods full lora setfit --seeds 3

The files have the columns text and label. Every run is a process of its own, so that memory is its own. Rows
are drawn class by class, the same for all methods; the rest serves as text without labels. Up to 100 labels
the kept epoch is chosen on the training rows (there is nothing to hold out), above on a tenth of them. The
test rows are looked at once per run, at its end. Minutes are of processor time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

PLAIN = ("full", "lora", "adalora", "adapter", "prefix", "prompt", "bitfit")
VARIANTS: dict[str, dict[str, Any]] = {
    "full+fgm": {"adversarial": "fgm"},
    "full+r-drop": {"consistency": 1.0},
    "full+eda": {"augment": "eda", "augment_copies": 2},
    "full+mlm": {"augment": "mlm", "augment_copies": 2},
    "full+epoch-mean": {"average_epochs": 3},
    "full+self-training": {},
    "setfit": {},
    "pet": {},
}
METHODS = (*PLAIN, *VARIANTS)
FEW, FEW_EPOCHS, UNLABELLED = 100, 30, 2_000


def draw(table: pl.DataFrame, n: int | None, seed: int) -> list[int]:
    """Numbers of ``n`` rows, as even over the classes as there are rows; of all for ``None``."""
    if n is None or n >= len(table):
        return list(range(len(table)))
    rng = np.random.default_rng(seed)
    labels = table["label"].to_numpy()
    queues = [rng.permutation(np.flatnonzero(labels == label)).tolist() for label in np.unique(labels)]
    chosen: list[int] = []
    while len(chosen) < n:
        for queue in queues:
            if queue and len(chosen) < n:
                chosen.append(queue.pop())
    return sorted(chosen)


def one_run(asked: dict[str, Any]) -> dict[str, Any]:
    """Train once and measure on the test file; in a process of its own."""
    import torch

    from unmet.core.memory import peak_memory_bytes
    from unmet.training.tasks import read_task

    torch.set_num_threads(asked["threads"])
    begin = time.process_time()
    predict, task, trained, total = train(asked)
    minutes = (time.process_time() - begin) / 60
    peak = peak_memory_bytes()
    _, test = read_task("task", Path(asked["test"]), like=task)
    accuracy = float((predict(task, test).argmax(axis=1) == test.targets).mean())
    found = {"accuracy": accuracy, "trained": trained, "total": total, "minutes": minutes}
    return {**found, "peak_mb": peak / 1e6 if peak else None}


def train(asked: dict[str, Any]) -> tuple[Any, Any, int, int]:
    """A function that predicts, the task, and how many weights were trained, of how many."""
    from unmet.core.config import FewShotConfig, FinetuneConfig, SelfTrainConfig
    from unmet.training.few_shot.contrast_training import finetune_by_contrast
    from unmet.training.few_shot.pattern_training import finetune_with_patterns
    from unmet.training.self_training import self_train
    from unmet.training.tasks import read_texts
    from unmet.training.tuned_models import load_tuned

    name, base, out = asked["method"], asked["base"], Path(asked["out"])
    files = {"task": Path(asked["train"])}
    few = len(pl.read_csv(asked["train"])) <= FEW
    config = FinetuneConfig(
        method=name if name in PLAIN else "full",
        seed=asked["seed"],
        epochs=FEW_EPOCHS if few else asked["epochs"],
        patience=FEW_EPOCHS if few else 2,
        batch_rows=8 if few else 32,
        max_tokens=asked["max_tokens"],
    )
    config = replace(config, **VARIANTS.get(name, {}))
    rest: dict[str, Any] = {"config": config, "dev_files": files if few else {}}
    if name == "setfit":
        done = finetune_by_contrast(base, files, out, how=FewShotConfig(), **rest)
    elif name == "pet":
        texts = read_texts(Path(asked["unlabelled"]))
        done = finetune_with_patterns(
            base, files, out, patterns=asked["patterns"], words=asked["words"], unlabelled=texts,
            how=FewShotConfig(), **rest,
        )  # fmt: skip
    elif name == "full+self-training":
        texts = read_texts(Path(asked["unlabelled"]))
        done = self_train(base, files, texts, out, how=SelfTrainConfig(), **rest)
    else:
        return train_plainly(base, files, few, config)
    tuned = load_tuned(out)
    return tuned.predict, tuned.task("task"), done.trained, done.total


def train_plainly(base: str, files: dict[str, Path], few: bool, config: Any) -> tuple[Any, Any, int, int]:
    """Methods whose model need not be written and read back (adapters and virtual tokens cannot be)."""
    import torch

    from unmet.training.encoders import load_encoder
    from unmet.training.finetuning import augmented, train_heads
    from unmet.training.task_data import split_task
    from unmet.training.windows import make_windows

    rows = split_task("task", files["task"], files["task"] if few else None, config)
    more = augmented(base, [rows], config, lambda line: None)
    torch.manual_seed(config.seed)
    tuned = train_heads(*load_encoder(base, config), more, config)

    def predict(task: Any, examples: Any) -> Any:
        windows = make_windows(task, examples, tuned.run.reader, tuned.run.config.max_tokens)
        return tuned.run.predict(task, windows, examples)

    return predict, rows.task, tuned.run.n_trained, tuned.run.n_weights


def runs_of(method: str, size: str, arguments: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """One result per seed."""
    table = pl.read_csv(arguments.labels).select("text", "label").drop_nulls()
    words = dict(pair.split("=", 1) for pair in arguments.verbalizer)
    found = []
    for seed in range(arguments.seeds):
        chosen = draw(table, None if size == "all" else int(size), seed)
        others = sorted(set(range(len(table))) - set(chosen)) or chosen
        others = np.random.default_rng(seed).permutation(others)[:UNLABELLED].tolist()
        table[chosen].write_csv(folder / "train.csv")
        table[sorted(others)].select("text").write_csv(folder / "unlabelled.csv")
        asked = {
            "method": method, "base": str(arguments.base), "seed": seed, "epochs": arguments.epochs,
            "train": str(folder / "train.csv"), "unlabelled": str(folder / "unlabelled.csv"),
            "test": str(arguments.test), "out": str(folder / f"model-{method}-{size}-{seed}"),
            "max_tokens": arguments.max_tokens, "threads": arguments.threads, "patterns": arguments.pattern,
            "words": {label: value.split(",") for label, value in words.items()},
        }  # fmt: skip
        command = [sys.executable, __file__, "--one-run", json.dumps(asked)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{method}, {size}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            return []
        found.append(json.loads(done.stdout.splitlines()[-1]))
    return found


def row_of(method: str, results: dict[str, list[dict[str, Any]]]) -> str:
    """A line of the table: weights, then minutes, memory and accuracy of each size."""
    first = next((runs[0] for runs in results.values() if runs), None)
    cells = [method, f"{first['trained']:,} ({first['trained'] / first['total']:.1%})" if first else "–"]
    for runs in results.values():
        if not runs:
            cells += ["–", "–", "–"]
            continue
        scores = [run["accuracy"] for run in runs]
        spread = f" ({min(scores):.3f}–{max(scores):.3f})" if len(scores) > 1 else ""
        cells += [
            f"{statistics.mean(run['minutes'] for run in runs):.2f}",
            f"{max(run['peak_mb'] or 0 for run in runs):,.0f}",
            f"{statistics.mean(scores):.3f}{spread}",
        ]
    return "| " + " | ".join(cells) + " |"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--one-run", help=argparse.SUPPRESS)
    parser.add_argument("--base", help="folder of a pretrained model")
    parser.add_argument("--labels", type=Path, help="file with the columns text and label")
    parser.add_argument("--test", type=Path, help="the same, of other texts")
    parser.add_argument("--sizes", nargs="+", default=["32", "500", "all"])
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5, help="above 100 labels")
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pattern", nargs="*", default=[], help="of pet; left out without one")
    parser.add_argument("--verbalizer", nargs="*", default=[], help="of pet: LABEL=WORD,WORD")
    arguments = parser.parse_args()
    if arguments.one_run:
        print(json.dumps(one_run(json.loads(arguments.one_run))))
        return 0
    if not (arguments.base and arguments.labels and arguments.test):
        print("not run: give --base, --labels and --test")
        return 0
    heads = [f"{what} at {size}" for size in arguments.sizes for what in ("minutes", "peak MB", "accuracy")]
    print("| method | trained weights | " + " | ".join(heads) + " |")
    print("|---" * (len(heads) + 2) + "|")
    with tempfile.TemporaryDirectory() as scratch:
        for method in arguments.methods:
            if method == "pet" and not arguments.pattern:
                continue
            results = {size: runs_of(method, size, arguments, Path(scratch)) for size in arguments.sizes}
            print(row_of(method, results), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
