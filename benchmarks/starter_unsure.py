"""What abstaining buys: error rates of the starter tier above and below its thresholds, on texts of kinds
that no model was trained on (food delivery, EPRSTMT) and on development sentences of suggestions.

    python benchmarks/starter_unsure.py --tier TIER_FOLDER [--rows 3000]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import corpora_needs
import corpora_sentiment as stars
from unmet.evaluate.calibration import risk_coverage
from unmet.models.catalog import load_models
from unmet.models.linear import TextModels


def row(name: str, task: str, models: TextModels, wrong: np.ndarray, confidence: np.ndarray) -> None:
    """One row of the table."""
    sure = confidence >= models.abstain_below(task)
    curve = risk_coverage(wrong.astype(int), np.zeros(len(wrong), dtype=int), confidence)
    shares = " | ".join(f"{part.mean():.4f}" for part in (wrong, wrong[sure], wrong[~sure]))
    print(
        f"| {name} | {task} | {len(wrong)} | {sure.mean():.3f} | {shares} | {curve.risk_at(0.5):.4f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tier", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=3_000)
    given = parser.parse_args()
    models, rng = load_models(str(given.tier)), np.random.default_rng(0)
    print("| set | task | rows | sure | wrong | wrong where sure | wrong where not | wrong, surest half |")
    print("|---|---|---|---|---|---|---|---|")
    for corpus in (stars.takeaway(), stars.eprstmt("dev")):
        picked = corpus.take(rng.permutation(len(corpus))[: given.rows])
        found = models.sentiment(picked.texts)
        # Stars have two classes here: the side that is more probable is the answer.
        wrong = (found[:, 2] > found[:, 0]) != (np.asarray(picked.labels) == 2)
        row(corpus.name, "sentiment", models, wrong, found.max(axis=1))
    for name in ("software_dev", "hotel_dev"):
        test = corpora_needs.suggestions(name)
        positive = models.need(test.texts)
        wrong = (positive >= models.need_threshold) != (np.asarray(test.labels) == 1)
        row(name, "need", models, wrong, np.maximum(positive, 1 - positive))


if __name__ == "__main__":
    main()
