"""What the linear tier says of texts it did not learn from: the other half of the starter's joins.

The recipes are trained with the held-out fold of seed 0 left out. Out-of-fold probabilities of their training
texts fit the joins (``starter_join.py``); probabilities of the held-out fold judge them.

    python benchmarks/starter_linear.py --out ~/.cache/unmet/student
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl

import corpora_needs
import corpora_sentiment as stars
import needs_recipe
import sentiment_recipe
import sentiment_rows
from classifiers import held_out

POOL = "pool.csv"
"""Texts without labels (``starter_pool.py``)."""


def sentiment(out: Path) -> None:
    train, test = held_out(sentiment_rows.load_sources(), 0)
    unseen = [text for corpus in test.values() for text in corpus.texts]
    fitted = sentiment_recipe.train(sentiment_rows.gather(train, unseen), n_folds=3)
    own = np.flatnonzero(fitted.rows.of(*(c.name for c in train)))
    known = fitted.probabilities[own]
    parts = [_table("train", [fitted.rows.texts[i] for i in own], fitted.rows.labels[own], known, known)]
    judged = [*test.values(), stars.takeaway(), stars.eprstmt("dev")]
    for corpus in judged:
        probabilities, decided = sentiment_recipe.predict(fitted, corpus.texts)
        parts.append(_table(corpus.name, corpus.texts, corpus.labels, probabilities, np.eye(3)[decided]))
    if (out / POOL).is_file():
        texts = pl.read_csv(out / POOL)["text"].to_list()
        probabilities, decided = sentiment_recipe.predict(fitted, texts)
        unknown = np.full(len(texts), -1)
        parts.append(_table("pool", texts, unknown, probabilities, np.eye(3)[decided]))
    pl.concat(parts).write_parquet(out / "linear_sentiment.parquet")


def need(out: Path) -> None:
    fitted = needs_recipe.train(needs_recipe.load_rows())
    rows = fitted.rows
    parts = [_table("train", rows.texts, rows.labels, fitted.probabilities, fitted.probabilities)]
    for name in ("software_dev", "hotel_dev"):
        test = corpora_needs.suggestions(name)
        positive = needs_recipe.predict(fitted, test.texts)
        both = np.column_stack([1 - positive, positive])
        decided = np.eye(2)[(positive >= fitted.threshold).astype(int)]
        parts.append(_table(name, test.texts, test.labels, both, decided))
    pl.concat(parts).write_parquet(out / "linear_need.parquet")


def _table(
    part: str, texts: list[str], labels: np.ndarray, probabilities: np.ndarray, decided: np.ndarray
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "part": [part] * len(texts),
            "text": texts,
            "label": np.asarray(labels, dtype=np.int64),
            "probabilities": np.asarray(probabilities, dtype=np.float64).tolist(),
            "decided": np.asarray(decided).argmax(axis=1).astype(np.int64),
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out.expanduser()
    need(out)
    sentiment(out)


if __name__ == "__main__":
    main()
