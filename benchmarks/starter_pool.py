"""Reviews without labels, labelled by the two halves of the tier before: co-training (Blum & Mitchell 1998).

N-grams and encoder read a text in different ways, and joined they are right more often than either, also on
kinds of text that no label speaks of. ``draw`` writes ``pool.csv``; ``starter_linear.py`` then says what the
n-grams make of it (trained without the held-out fold); ``label`` joins that with a tier's encoder and adds
the texts with their probabilities to ``tasks/sentiment.train.csv``, from which the encoder is tuned on.

    python benchmarks/starter_pool.py draw --work ~/.cache/unmet/student
    python benchmarks/starter_pool.py label --work ~/.cache/unmet/student --tier starter
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import polars as pl

import starter_unlabelled
from sentiment_rows import MIXED_CRAWLS
from starter_corpus import json_lines
from starter_join import CLASSES, probabilities
from starter_linear import POOL
from unmet.models.catalog import PACKAGES
from unmet.models.classifier import load_classifier
from unmet.models.encoder import load_encoder
from unmet.models.inventory import encoder_of
from unmet.models.starter_joins import read_joins
from unmet.models.tier_file import read_tier
from unmet.training.tasks import SOFT

SEED = 53
WHAT = "reviews without labels (20 crawls, eprstmt)"
SOURCES = {"crawls": 26_000, "eprstmt": 14_000}
SHORTEST, LONGEST = 6, 160  # characters: shorter ones say little, longer ones cost several times as much


def draw(work: Path) -> None:
    """Distinct texts of sources without labels that no test part and no labelled row repeats."""
    crawls = (r for r in json_lines("corpus/zh_reviews.jsonl.gz") if r["src"] not in MIXED_CRAWLS)
    texts = {
        "crawls": [str(row["text"]) for row in crawls],
        "eprstmt": [str(row["sentence"]) for row in json_lines("reviews_zh/eprstmt/unlabeled.jsonl")],
    }
    kinds = {name: (texts[name], most) for name, most in SOURCES.items()}
    chosen = starter_unlabelled.draw(
        work, "sentiment", kinds, lambda text: SHORTEST <= len(text) <= LONGEST, SEED
    )
    pl.DataFrame({"text": chosen}).write_csv(work / POOL)


def label(work: Path, name: str) -> None:
    """Joined probabilities of the pool beside the labelled rows."""
    table = pl.read_csv(work / "tasks/sentiment.train.csv")
    if f"{SOFT}{CLASSES[0]}" in table.columns:
        print("the pool is labelled already")
        return
    known = pl.read_parquet(work / "linear_sentiment.parquet").filter(pl.col("part") == "pool")
    texts, linear = known["text"].to_list(), np.array(known["probabilities"].to_list(), np.float32)
    package = encoder_of(name)
    encoder = load_encoder(package, threads=1)
    deep = probabilities(encoder, "sentiment", texts, CLASSES)
    width = int(encoder.package.manifest["vector_width"])
    join = read_joins(read_tier(package.parent), width).classes["sentiment"]
    model = load_classifier(PACKAGES / "linear" / "sentiment", "sentiment")
    soft = join.probabilities(linear, deep, model.with_registers(texts)[1])
    columns = {f"{SOFT}{c}": soft[:, k].round(4).tolist() for k, c in enumerate(CLASSES)}
    decided = [CLASSES[k] for k in soft.argmax(axis=1)]
    more = pl.DataFrame({"text": texts, "label": decided, **columns})
    what = f"sentiment, as both halves of {encoder.package.version} say: {WHAT}"
    starter_unlabelled.add(work, "sentiment", more, what, SEED)
    agree = float((linear.argmax(1) == deep.argmax(1)).mean())
    shares = {c: round(float((soft.argmax(1) == k).mean()), 3) for k, c in enumerate(CLASSES)}
    print(f"{len(texts):,} texts, {json.dumps(shares)}; n-grams and encoder agree on {agree:.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("draw", "label"))
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--tier", default="starter")
    given = parser.parse_args()
    work = given.work.expanduser()
    if given.what == "draw":
        draw(work)
    else:
        label(work, given.tier)


if __name__ == "__main__":
    main()
