"""Join of given aspects: valence and arousal towards an aspect, read from the encoder and from n-grams.

    python benchmarks/starter_given.py --work ~/.cache/unmet/student --tier TIER_FOLDER

Fitted on the encoder's development rows (``tasks/given_intensity.dev.csv``, texts drawn from DimABSA's
training files), with a linear intensity model that learned from the other training texts only. The penalty is
chosen by folds over these rows; DimABSA's development files judge once (``starter.py --parts given``).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.linear_model import Ridge

import intensity_recipe
from unmet.core.files import write_json
from unmet.evaluate.splits import text_folds
from unmet.models.catalog import PACKAGES
from unmet.models.classifier import load_classifier
from unmet.models.encoder import load_encoder
from unmet.models.encoder_package import MODEL_FILE
from unmet.models.given_aspects import clauses_with
from unmet.models.heads import in_order
from unmet.models.intensity import IntensityModel
from unmet.models.starter_given import join_inputs
from unmet.models.tier_file import TIER_FILE, read_tier
from unmet.text.language import detect_languages

PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
CLASSES, SCORES = ("negative", "neutral", "positive"), ("valence", "arousal")


def inputs(work: Path, tier: Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Texts, what a join reads of each pair, and truth; kept in the work folder."""
    table = pl.read_csv(work / "tasks" / "given_intensity.dev.csv")
    texts, aspects = table["text_a"].to_list(), table["text_b"].to_list()
    truth = table.select(*SCORES).to_numpy()
    sentiment = load_classifier(PACKAGES / "linear" / "sentiment", "sentiment")
    encoder = load_encoder(read_tier(tier).encoder, threads=1)
    # What is kept belongs to one encoder and one linear model.
    path = work / f"given_{encoder.package.manifest['files'][MODEL_FILE][:8]}_{sentiment.version}.npy"
    if not path.is_file():
        rows, left_out = intensity_recipe.load_rows("train"), set(texts)
        kept = [i for i, text in enumerate(rows.texts) if text not in left_out]
        train = intensity_recipe.IntensityRows(
            [rows.texts[i] for i in kept], rows.values[kept], [rows.sets[i] for i in kept]
        )
        columns, read_out = intensity_recipe.train(train, sentiment, n_folds=3)
        linear, clauses = IntensityModel("", columns, sentiment, read_out), clauses_with(texts, aspects)
        read = encoder.run(encoder.around(texts, aspects), aspects, ("given_intensity", "given_aspect"))
        deep, polar = (
            in_order(read[head], encoder.heads[head].task.labels, labels)
            for head, labels in (("given_intensity", SCORES), ("given_aspect", CLASSES))
        )
        np.save(path, join_inputs(deep, polar, linear.predict(clauses), sentiment.probabilities(clauses)))
    return texts, np.load(path), truth


def error(truth: np.ndarray, found: np.ndarray) -> float:
    """Root of the mean squared distance over both axes."""
    return float(np.sqrt(((truth - found) ** 2).sum(axis=1).mean()))


def fit(x: np.ndarray, y: np.ndarray, penalty: float) -> Any:
    """Ridge that is drawn towards the mean of both models."""
    start = np.zeros((x.shape[1], 2))
    start[[0, 2], 0] = start[[1, 3], 1] = 0.5
    model = Ridge(alpha=penalty).fit(x, y - x @ start)
    return model.coef_.T + start, model.intercept_


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--tier", type=Path, required=True)
    given = parser.parse_args()
    work, tier = given.work.expanduser(), given.tier.expanduser()
    texts, x, y = inputs(work, tier)
    languages = np.array(["en" if language == "en" else "zh" for language in detect_languages(texts)])
    entry: dict[str, Any] = {"by": "join", "weights": {}, "bias": {}}
    for language in ("zh", "en"):
        own = np.flatnonzero(languages == language)
        folds = text_folds([texts[i] for i in own], 5, seed=0)
        errors = {}
        for penalty in PENALTIES:
            found = np.zeros((len(own), 2))
            for fold in folds:
                weights, bias = fit(x[own][fold.train], y[own][fold.train], penalty)
                found[fold.test] = x[own][fold.test] @ weights + bias
            errors[penalty] = error(y[own], found)
        best = min(errors, key=lambda penalty: errors[penalty])
        mean = y[own].mean(axis=0)
        plain = {"mean": mean, "encoder": x[own][:, :2], "n-grams": x[own][:, 2:4]}
        shown = {name: round(error(y[own], values), 4) for name, values in plain.items()}
        gain = 1 - errors[best] / error(y[own], mean)
        print(f"{language}, {len(own)} pairs: {shown}, join {errors[best]:.4f} ({gain:.1%}), penalty {best}")
        weights, bias = fit(x[own], y[own], best)
        entry["weights"][language] = np.round(weights, 5).tolist()
        entry["bias"][language] = np.round(bias, 5).tolist()
    told = json.loads((tier / TIER_FILE).read_text("utf-8"))
    told["tasks"]["given_aspects"] = entry
    write_json(tier / TIER_FILE, told)


if __name__ == "__main__":
    main()
