"""Make the starter tier of an exported encoder: which model answers which task, and how the two are joined.

Joins are fitted on rows that neither model was trained on: the encoder's development files, and the linear
recipe's out-of-fold probabilities of the same texts (``starter_linear.py``). Nothing here reads a test set.

    python benchmarks/starter_join.py --work ~/.cache/unmet/student --tier TIER_FOLDER [--by sentiment=join …]
"""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

import corpora_needs
import intensity_recipe
from needs_recipe import REGISTERS, lowest_nearly_best
from unmet.core.files import write_json
from unmet.evaluate.calibration import expected_calibration_error
from unmet.evaluate.metrics import accuracy, f1_of, macro_f1
from unmet.models.calibration import biased_argmax
from unmet.models.catalog import PACKAGES
from unmet.models.classifier import load_classifier
from unmet.models.encoder import EncoderModel, load_encoder
from unmet.models.head_calibration import abstention
from unmet.models.heads import in_order
from unmet.models.intensity import IntensityModel
from unmet.models.late_fusion import Join, fit_join, join_told
from unmet.models.tier_file import FORMAT, TIER_FILE

CLASSES = ("negative", "neutral", "positive")
DEFAULT = {
    "sentiment": "join", "need": "join", "intensity": "join",
    "aspects": "join", "entities": "join", "given_aspects": "join",
}  # fmt: skip
"""Joins of the last three are fitted by ``starter_spans.py`` and ``starter_given.py`` and kept here."""
JOIN_FOLDS = 5
HAN = re.compile(r"[\u4e00-\u9fff]")
PEOPLE = (
    partial(corpora_needs.suggestions, "software_train"),
    corpora_needs.app_reviews,
    corpora_needs.speaker_needs,
)
"""Needs that people labelled."""
RISK = 0.05  # error rate that answers above the abstention threshold keep
Table = np.ndarray


def probabilities(encoder: EncoderModel, head: str, texts: list[str], labels: tuple[str, ...]) -> Table:
    """Calibrated probabilities or scores of a head, columns in the given order, shape ``(n, K)``."""
    return in_order(encoder.run(texts, None, (head,))[head], encoder.heads[head].task.labels, labels)


def development(work: Path, task: str) -> tuple[list[str], Table, Table]:
    """Texts of a development file that the linear recipe has out-of-fold answers for, truth, answers."""
    rows = pl.read_csv(work / "tasks" / f"{task}.dev.csv")
    known = pl.read_parquet(work / f"linear_{task}.parquet").filter(pl.col("part") == "train")
    known = known.unique("text", keep="first", maintain_order=True).drop("label", "part")
    both = rows.join(known, on="text", how="inner", maintain_order="left")  # folds go by order
    labels = [CLASSES.index(x) for x in both["label"]] if task == "sentiment" else both["label"].to_list()
    return both["text"].to_list(), np.array(labels), np.array(both["probabilities"].to_list())


def sentiment(work: Path, encoder: EncoderModel) -> tuple[dict[str, object], Join]:
    """Join of the three classes."""
    texts, truth, linear = development(work, "sentiment")
    linear = linear.astype(np.float32)
    deep = probabilities(encoder, "sentiment", texts, CLASSES)
    model = load_classifier(PACKAGES / "linear" / "sentiment", "sentiment")
    registers = model.with_registers(texts)[1]
    alike, apart = (crossed(linear, deep, truth, shares) for shares in (None, registers))
    for name, table in (("linear", linear), ("encoder", deep), ("join", alike), ("by register", apart)):
        print(
            f"sentiment dev, {len(texts)} rows, {name}: accuracy {accuracy(truth, table.argmax(1)):.4f}, "
            f"macro-F1 {macro_f1(truth, table.argmax(1)):.4f}, "
            f"log loss {log_loss(truth, table):.4f}, ECE {expected_calibration_error(truth, table):.4f}"
        )
    better = log_loss(truth, apart) < log_loss(truth, alike)
    join = fit_join(linear, deep, truth, registers=registers if better else None)
    joined, biases = (apart if better else alike), registers @ model.bias
    join = replace(join, bias_share=best_bias_share(registers.argmax(axis=1), biases, truth, joined))
    return {**join_told(join), "abstain_below": sure_from(truth, joined, None)}, join


def crossed(linear: Table, deep: Table, truth: Table, registers: Table | None) -> Table:
    """Joined probabilities of every row by a join that was fitted on the other folds."""
    part = np.random.default_rng(0).integers(0, JOIN_FOLDS, len(truth))
    joined = np.empty_like(deep)
    for fold in range(JOIN_FOLDS):
        own, other = part == fold, part != fold
        shares = None if registers is None else registers[other]
        join = fit_join(linear[other], deep[other], truth[other], registers=shares)
        joined[own] = join.probabilities(
            linear[own], deep[own], None if registers is None else registers[own]
        )
    return joined


def log_loss(truth: Table, table: Table) -> float:
    """Mean of −log p of the true class."""
    return float(-np.log(np.maximum(table[np.arange(len(truth)), truth], 1e-9)).mean())


def best_bias_share(register: Table, biases: Table, truth: Table, joined: Table) -> float:
    """Share of the linear label biases with the best mean macro-F1 over the registers."""
    found = {}
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        decided = biased_argmax(joined, share * biases)
        parts = [macro_f1(truth[register == r], decided[register == r]) for r in np.unique(register)]
        found[share] = float(np.mean(parts))
    print("mean macro-F1 of registers by bias share:", {k: round(v, 4) for k, v in found.items()})
    return max(found, key=lambda share: found[share])


def need(work: Path, encoder: EncoderModel) -> tuple[dict[str, object], Join]:
    """A join per language and one threshold.

    English is joined on what people labelled: the rest was labelled by wording, which n-grams learn best, so
    it says nothing about whom to believe, nor where to cut (decision 94). Chinese has such labels only.
    """
    texts, truth, linear = development(work, "need")
    linear = linear.astype(np.float32)
    deep = probabilities(encoder, "need", texts, ("0", "1"))
    people = {t for read in PEOPLE for t in read().texts}
    by_people = np.array([text in people for text in texts])
    chinese = np.array([bool(HAN.search(text)) for text in texts])
    parts = {"zh": chinese, "en": by_people & ~chinese}
    crossed_rows = np.full_like(deep, 0.5)
    for name, rows in parts.items():
        crossed_rows[rows] = crossed(linear[rows], deep[rows], truth[rows], None)
        for model, table in (("linear", linear), ("encoder", deep), ("join", crossed_rows)):
            scores = f1_by_threshold(truth[rows], table[rows, 1])
            best = max(scores, key=scores.__getitem__)
            print(
                f"need dev {name}, {rows.sum()} rows, {model}: F1 {scores[best]:.4f} at {best:.2f}, "
                f"log loss {log_loss(truth[rows], table[rows]):.4f}"
            )
    zh, en = (fit_join(linear[rows], deep[rows], truth[rows]) for rows in parts.values())
    apart = np.vstack([zh.weights - en.weights, zh.bias - en.bias])
    join = replace(en, by_register=np.stack([apart if name == "zh" else 0 * apart for name in REGISTERS]))
    scores = f1_by_threshold(truth[by_people], crossed_rows[by_people, 1])
    threshold = lowest_nearly_best(scores)
    used = parts["zh"] | parts["en"]
    print(f"need: threshold {threshold}, F1 {scores[threshold]:.4f} of {by_people.sum()} rows")
    below = sure_from(truth[used], crossed_rows[used], threshold)
    return {**join_told(join), "threshold": threshold, "abstain_below": below}, join


def f1_by_threshold(truth: Table, asks: Table) -> dict[float, float]:
    """F1 of a need for every threshold."""
    steps = [round(float(step), 2) for step in np.arange(0.1, 0.8, 0.01)]
    return {step: f1_of(1)(truth, (asks >= step).astype(int)) for step in steps}


def intensity(work: Path, encoder: EncoderModel) -> dict[str, object]:
    """Share of the encoder with the least squared error; the linear recipe learns from the training rows."""
    sentiment_model = load_classifier(PACKAGES / "linear" / "sentiment", "sentiment")
    train, dev = (pl.read_csv(work / "tasks" / f"intensity.{part}.csv") for part in ("train", "dev"))
    values = train.select("valence", "arousal").to_numpy()
    rows = intensity_recipe.IntensityRows(train["text"].to_list(), values, [""] * len(values))
    columns, read_out = intensity_recipe.train(rows, sentiment_model)
    linear = IntensityModel("", columns, sentiment_model, read_out).predict(dev["text"].to_list())
    deep = probabilities(encoder, "intensity", dev["text"].to_list(), ("valence", "arousal"))
    truth = dev.select("valence", "arousal").to_numpy()
    steps = np.arange(0, 1.01, 0.05)
    errors = [
        ((steps[k] * deep + (1 - steps[k]) * linear - truth) ** 2).mean(axis=0) for k in range(len(steps))
    ]
    best = np.argmin(errors, axis=0)
    for axis, name in enumerate(("valence", "arousal")):
        table = [float(np.sqrt(errors[k][axis])) for k in (0, -1, best[axis])]
        print(
            f"intensity dev, {name}: RMSE linear {table[0]:.4f}, encoder {table[1]:.4f}, join {table[2]:.4f}"
        )
    return {"by": "join", "encoder_share": [round(float(steps[k]), 2) for k in best]}


def sure_from(truth: Table, joined: Table, threshold: float | None) -> float:
    """Confidence with the stated risk, of rows joined by a join that did not see them."""
    below, coverage = abstention(truth, joined, RISK, threshold)
    print(f"sure from {below:.4f}: {coverage:.1%} of {len(truth)} rows, at most {RISK:.0%} of them wrong")
    return round(below, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--tier", type=Path, required=True)
    parser.add_argument("--by", nargs="*", default=[], help="task=linear|encoder|join")
    parser.add_argument("--version", default="1")
    given = parser.parse_args()
    work, tier = given.work.expanduser(), given.tier.expanduser()
    encoder = load_encoder(tier / "encoder", threads=1)
    old = json.loads((tier / TIER_FILE).read_text("utf-8")) if (tier / TIER_FILE).is_file() else {}
    chosen = {**DEFAULT, **dict(pair.split("=") for pair in given.by)}
    fitted = {
        "sentiment": sentiment(work, encoder)[0],
        "need": need(work, encoder)[0],
        "intensity": intensity(work, encoder),
    }
    tasks = {}
    for task, by in chosen.items():
        kept = old.get("tasks", {}).get(task, {"by": "linear"})
        if by == "join":
            tasks[task] = fitted.get(task, kept)
        elif by != "linear":
            tasks[task] = {"by": by}
    told = {
        "format": FORMAT, "name": "starter", "version": given.version, "encoder": "encoder", "tasks": tasks,
        **({"vectors": old["vectors"]} if "vectors" in old else {}),
    }  # fmt: skip
    write_json(tier / TIER_FILE, told)


if __name__ == "__main__":
    main()
