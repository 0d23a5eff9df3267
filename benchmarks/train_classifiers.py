"""Train the linear tier's classifiers and write their packages.

    python benchmarks/train_classifiers.py [sentiment] [intensity] [need] [--out FOLDER]

Needs the public sets (UNMET_DATA). Seeds are fixed: the same data give the same weights.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

import intensity_recipe
import needs_recipe
import sentiment_recipe
import sentiment_rows
from fit_columns import Floats
from unmet.core.records import POLARITIES
from unmet.models.calibration import MixtureHead
from unmet.models.classifier import load_classifier
from unmet.models.ngrams import NgramConfig
from unmet.models.package import save_package

PACKAGES = Path(__file__).resolve().parents[1] / "src/unmet/models/packages/linear"
VERSIONS = {"sentiment": "3", "intensity": "3", "need": "2"}
"""Raised with each change of a recipe whose weights are shipped."""


def features_manifest(config: NgramConfig) -> dict[str, object]:
    return {
        "orders": list(config.orders),
        "skip_pairs": config.skip_pairs,
        "bits": config.bits,
        "borders": config.borders,
    }


def head_arrays(head: MixtureHead, bias: Floats) -> dict[str, Floats]:
    return {"gate": head.gate, "experts": head.experts, "label_bias": bias.astype(np.float32)}


def train_sentiment(out: Path, limit: int | None) -> None:
    """``limit`` caps the rows of each source (quick trials)."""
    corpora = sentiment_rows.load_sources()
    if limit is not None:
        corpora = [c.take(np.random.default_rng(0).permutation(len(c))[:limit]) for c in corpora]
    fitted = sentiment_recipe.train(sentiment_rows.gather(corpora))
    weights, scales = sentiment_recipe.quantised_columns(fitted)
    manifest = {
        "name": "sentiment",
        "version": VERSIONS["sentiment"],
        "task": "sentiment",
        "labels": [str(label) for label in POLARITIES],
        "features": features_manifest(sentiment_recipe.CONFIG),
        "columns": list(fitted.names),
        "registers": list(sentiment_rows.REGISTERS),
        "calibration": "mixture of softmax read-outs on out-of-fold scores",
        "threshold": 0.5,
        "piece_register": sentiment_recipe.POOLED[0],
        "training_data": {
            name: int(n) for name, n in zip(fitted.rows.names, np.bincount(fitted.rows.sources), strict=True)
        },
        "seed": sentiment_rows.SEED,
    }
    arrays = {f"column_{index}": column for index, column in enumerate(weights)}
    assert fitted.pieces is not None, "the car set is among the sources"
    arrays |= {
        "piece_columns": fitted.pieces.columns.astype(np.int32),
        "piece_read_out": fitted.pieces.weights,
    }
    save_package(
        out / "sentiment", manifest, {**arrays, "scale": scales, **head_arrays(fitted.head, fitted.bias)}
    )


def train_need(out: Path, limit: int | None) -> None:
    fitted = needs_recipe.train(needs_recipe.load_rows())
    weights, scales = needs_recipe.quantised(fitted)
    manifest = {
        "name": "need",
        "version": VERSIONS["need"],
        "task": "need",
        "labels": ["none", "need"],
        "features": features_manifest(needs_recipe.CONFIG),
        "columns": list(fitted.names),
        "registers": list(needs_recipe.REGISTERS),
        "calibration": "softmax read-outs per register on out-of-fold scores",
        "threshold": fitted.threshold,
        "training_data": dict(Counter(fitted.rows.sources)),
        "seed": needs_recipe.SEED,
    }
    arrays = {f"column_{index}": column for index, column in enumerate(weights)}
    head = head_arrays(fitted.head, np.zeros((len(needs_recipe.REGISTERS), 2)))
    save_package(out / "need", manifest, {**arrays, "scale": scales, **head})


def train_intensity(out: Path, limit: int | None) -> None:
    rows = intensity_recipe.load_rows("train")
    sentiment = load_classifier(out / "sentiment", "sentiment")
    columns, read_out = intensity_recipe.train(rows, sentiment)
    manifest = {
        "name": "intensity",
        "version": VERSIONS["intensity"],
        "task": "intensity",
        "labels": ["valence", "arousal"],
        "features": features_manifest(intensity_recipe.CONFIG),
        "sentiment": sentiment.version,
        "training_data": dict(Counter(rows.sets)),
        "seed": intensity_recipe.SEED,
    }
    arrays = {f"column_{index}": column for index, column in enumerate(columns.weights)}
    save_package(out / "intensity", manifest, {**arrays, "scale": columns.scale, "read_out": read_out})


TASKS = {"sentiment": train_sentiment, "need": train_need, "intensity": train_intensity}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tasks", nargs="*", help=f"of {', '.join(TASKS)}; default: all")
    parser.add_argument("--out", type=Path, default=PACKAGES)
    parser.add_argument("--limit", type=int, help="at most this many rows of each sentiment source")
    arguments = parser.parse_args()
    for task in arguments.tasks or TASKS:
        TASKS[task](arguments.out, arguments.limit)
        print(f"{task} → {arguments.out / task}")


if __name__ == "__main__":
    main()
