"""Fine-tune a BERT for sentiment: loss per epoch, then accuracy, F1, precision and recall on dev and test.

python examples/finetune_sentiment.py                               # a tiny BERT, a few minutes on a CPU
python examples/finetune_sentiment.py --base models/bert --rows 60000 --learning-rate 2e-5 --epochs 5

Real reviews are looked for in UNMET_DATA (docs/datasets.md). Without --base a tiny BERT is first pretrained
on the training reviews, so that nothing has to be downloaded; any Hugging Face BERT folder does better.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import polars as pl

from unmet.core.config import CorpusConfig, FinetuneConfig, PretrainConfig
from unmet.evaluate.splits import text_folds
from unmet.training.finetuning import Finetuned, finetune
from unmet.training.predicting import measure
from unmet.training.preparing import prepare
from unmet.training.pretraining import pretrain
from unmet.training.tasks import read_task
from unmet.training.tuned_models import load_tuned

REVIEWS = Path("reviews_zh/online_shopping_10_cats.csv")


def find_reviews() -> Path | None:
    """The public reviews, if they are on this computer."""
    path = Path(os.environ.get("UNMET_DATA", "../shared/data")) / REVIEWS
    return path if path.is_file() else None


def split_reviews(source: Path, folder: Path, rows: int, seed: int = 0) -> dict[str, Path]:
    """Train, dev and test files (8 : 1 : 1); equal texts never stand on two sides."""
    table = pl.read_csv(source).select(text="review", label="label").drop_nulls()
    table = table.with_columns(label=pl.col("label").replace_strict({0: "negative", 1: "positive"}))
    table = table.sample(min(rows, len(table)), seed=seed, shuffle=True)
    folds = [fold.test for fold in text_folds(table["text"].to_list(), 10, seed=seed)]
    parts = {"dev": [0], "test": [1], "train": range(2, 10)}
    files = {}
    for name, numbers in parts.items():
        files[name] = folder / f"{name}.csv"
        table[sorted(row for n in numbers for row in folds[n].tolist())].write_csv(files[name])
    return files


def small_base(train: Path, folder: Path, steps: int) -> Path:
    """A tiny BERT of our own, pretrained on the training reviews by masked words."""
    text = CorpusConfig(max_tokens=96, vocabulary=6_000, held_out_share=0.02)
    store, reader = prepare([train], folder, base=None, never=(), mapping={"text": "text"}, config=text)
    config = PretrainConfig(size="tiny", steps=steps, learning_rate=2e-3, warmup_steps=max(steps // 20, 1))
    pretrain(store, reader, folder, config=replace(config, tokens_per_batch=4_096))
    return folder


def show(name: str, measured: dict[str, float]) -> None:
    """Accuracy, and macro means of F1, precision and recall."""
    names = ("accuracy", "macro_f1", "macro_precision", "macro_recall")
    print(f"{name}: " + ", ".join(f"{key.removeprefix('macro_')} {measured[key]:.3f}" for key in names))


def show_epochs(done: Finetuned) -> None:
    """Training loss and figures on dev, epoch by epoch."""
    for epoch in done.epochs:
        show(f"epoch {epoch['epoch']}, loss {epoch['loss']:.3f}, dev", epoch["sentiment"])


def quality(model: Path, file: Path) -> dict[str, float]:
    """Measures of a fine-tuned model, read back from its folder, on a labelled file."""
    tuned = load_tuned(model)
    task, rows = read_task("sentiment", file, like=tuned.task("sentiment"))
    return measure(task, rows, tuned.predict(task, rows))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reviews", type=Path, help="CSV with the columns review and label (0, 1)")
    parser.add_argument("--base", help="folder or name of a BERT; none: a tiny one is pretrained first")
    parser.add_argument("--rows", type=int, default=4_000, help="reviews in all")
    parser.add_argument("--pretrain-steps", type=int, default=300)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--learning-rate", type=float, default=None)
    parser.add_argument("--out", type=Path, help="folder of the model; none: it is thrown away")
    asked = parser.parse_args(arguments)
    source = asked.reviews or find_reviews()
    if source is None:
        print("The reviews are not here: set UNMET_DATA (docs/datasets.md) or give --reviews. Nothing done.")
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        files = split_reviews(source, folder, asked.rows)
        base = asked.base or small_base(files["train"], folder / "base", asked.pretrain_steps)
        config = FinetuneConfig(epochs=asked.epochs, learning_rate=asked.learning_rate, batch_rows=16)
        out = asked.out or folder / "model"
        done = finetune(
            base, {"sentiment": files["train"]}, out, config=config, dev_files={"sentiment": files["dev"]},
            report=print,
        )  # fmt: skip
        show_epochs(done)
        show("dev, best epoch", done.measures["sentiment"])
        show("test", quality(out, files["test"]))


if __name__ == "__main__":
    main()
