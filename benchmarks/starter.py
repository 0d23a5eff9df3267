"""The starter tier beside the linear tier and plain baselines, on what neither was trained on.

    python benchmarks/starter.py --work ~/.cache/unmet/student --tier TIER_FOLDER [--parts sentiment,need,…]

Sentiment is judged on the held-out fold of seed 0 with a linear recipe that never saw it
(``starter_linear.py``); all other sets are development or test files that no model of ours was trained on.
Rows are Markdown, with 90% bootstrap intervals, ready for RESULTS-starter.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

import corpora_sentiment as stars
import train_entities
from classifiers import rare_f1
from corpora_spans import (
    AMAZON_TRAINED,
    AMAZON_UNSEEN,
    LabelledText,
    read_amazon,
    read_dimabsa,
    read_queries,
)
from spans import found_items, gold_items, held_out_texts, micro_f1
from starter_corpus import DATA, DIMABSA
from starter_join import CLASSES, probabilities
from starter_spans import opinion_model
from unmet.core.records import Estimate
from unmet.evaluate.calibration import expected_calibration_error
from unmet.evaluate.intervals import bootstrap
from unmet.evaluate.metrics import accuracy, f1_of, macro_f1, rmse
from unmet.models.calibration import biased_argmax
from unmet.models.catalog import PACKAGES, load_models
from unmet.models.encoder import load_encoder
from unmet.models.late_fusion import read_join
from unmet.models.linear import LinearModels, TextModels
from unmet.models.starter import StarterModels
from unmet.models.tier_file import read_tier

Numbers = NDArray[np.floating]
LEVEL = 0.9
PAIR_ROWS = 3_000


def line(part: str, model: str, measure: str, value: Estimate | float, n_rows: int) -> None:
    """One row of a table."""
    if isinstance(value, Estimate):
        shown = f"{value.value:.4f} [{value.low:.4f}, {value.high:.4f}]"
        print(f"| {part} | {model} | {measure} | {shown} | {n_rows} |", flush=True)
    else:
        print(f"| {part} | {model} | {measure} | {value:.4f} | {n_rows} |", flush=True)


def estimate(metric: Callable[..., float], truth: Numbers, found: Numbers) -> Estimate:
    """A measure with its interval over rows."""
    return bootstrap(metric, truth, found, replicates=300, level=LEVEL)


def area(truth: Numbers, scores: Numbers, weights: Numbers | None = None) -> float:
    """Area under the ROC curve."""
    return float(roc_auc_score(truth, scores, sample_weight=weights))


def sentiment(work: Path, tier: Path) -> None:
    """Held-out fold of every source, and two sets of kinds never trained on."""
    told, encoder = read_tier(tier), load_encoder(tier / "encoder", threads=1)
    join, shipped = read_join(told.tasks["sentiment"], 3, told.where), LinearModels(PACKAGES / "linear")
    table = pl.read_parquet(work / "linear_sentiment.parquet").filter(pl.col("part") != "train")
    for part in table["part"].unique(maintain_order=True):
        rows = table.filter(pl.col("part") == part)
        if part in ("eprstmt_train", "titles", "pool"):
            continue
        truth = rows["label"].to_numpy()
        linear = np.array(rows["probabilities"].to_list())
        texts = rows["text"].to_list()
        deep = probabilities(encoder, "sentiment", texts, CLASSES)
        registers = shipped.sentiment_with_registers(texts)[1]
        both = join.probabilities(linear.astype(np.float32), deep, registers)
        two = part in ("shopping", "takeaway", "eprstmt_dev")
        for name, found in (("linear", linear), ("encoder", deep), ("join", both)):
            if two:
                value = estimate(accuracy, truth == 2, found[:, 2] > found[:, 0])
                line(part, name, "accuracy", value, len(truth))
                pair = found[:, [0, 2]] / found[:, [0, 2]].sum(axis=1, keepdims=True)
                line(
                    part, name, "ECE", expected_calibration_error((truth == 2).astype(int), pair), len(truth)
                )
            else:
                decided = rows["decided"].to_numpy() if name == "linear" else found.argmax(axis=1)
                if name == "join":
                    decided = biased_argmax(found, join.bias_share * shipped.sentiment_biases(registers))
                line(part, name, "macro-F1", estimate(macro_f1, truth, decided), len(truth))
                line(part, name, "ECE", expected_calibration_error(truth, found), len(truth))


def need(work: Path, tier: Path) -> None:
    """Suggestions: software (same kind of text as trained on) and hotel (another), one threshold."""
    told, encoder = read_tier(tier), load_encoder(tier / "encoder", threads=1)
    entry = told.tasks["need"]
    join, shipped = read_join(entry, 2, told.where), LinearModels(PACKAGES / "linear")
    table = pl.read_parquet(work / "linear_need.parquet").filter(pl.col("part") != "train")
    for part in table["part"].unique(maintain_order=True):
        rows = table.filter(pl.col("part") == part)
        truth, linear = rows["label"].to_numpy(), np.array(rows["probabilities"].to_list())
        deep = probabilities(encoder, "need", rows["text"].to_list(), ("0", "1"))
        registers = shipped.need_with_registers(rows["text"].to_list())[1]
        both = join.probabilities(linear.astype(np.float32), deep, registers)
        decided = {
            "linear": rows["decided"].to_numpy(),
            "encoder": (deep[:, 1] >= encoder.heads["need"].threshold).astype(int),
            "join": (both[:, 1] >= float(entry["threshold"])).astype(int),
            "all positive": np.ones(len(truth), dtype=int),
        }
        for name, found in decided.items():
            line(part, name, "F1", estimate(f1_of(1), truth, found), len(truth))
            line(part, name, "F1 at 11% positives", rare_f1(truth, found), len(truth))


def given(work: Path, tier: Path) -> None:
    """Valence and arousal towards given aspects (DimABSA task 1), in points of 1–9."""
    starter, linear = load_models(str(tier)), load_models()
    for name in DIMABSA:
        texts, aspects, truth, train = [], [], [], []
        for row in stars._json_lines(DATA / f"opinions_dim/dev/{name}_dev_task1.jsonl"):
            marks = row["Aspect_VA"]
            texts.append(str(row["Text"]))
            aspects.append([str(mark["Aspect"]) for mark in marks])  # type: ignore[attr-defined,index]
            truth += [[float(x) for x in mark["VA"].split("#")] for mark in marks]  # type: ignore[attr-defined,index]
        for row in stars._json_lines(DATA / f"opinions_dim/train/{name}_train_alltasks.jsonl"):
            train += [[float(x) for x in q["VA"].split("#")] for q in row["Quadruplet"]]  # type: ignore[attr-defined,index]
        wanted = np.array(truth)
        mean = np.tile(np.mean(train, axis=0), (len(wanted), 1))
        found = {"training mean": mean}
        for model_name, model in (("linear", linear), ("starter", starter)):
            said = [answer for own in model.given_aspects(texts, aspects) for answer in own]
            found[model_name] = np.array([[a.valence, a.arousal] for a in said])
        for model_name, values in found.items():
            line(name, model_name, "RMSE valence", estimate(rmse, wanted[:, 0], values[:, 0]), len(wanted))
            line(name, model_name, "RMSE arousal", estimate(rmse, wanted[:, 1], values[:, 1]), len(wanted))
            both = float(np.sqrt(((wanted - values) ** 2).sum(axis=1).mean()))
            line(name, model_name, "RMSE both axes", both, len(wanted))


def answering(tier: Path) -> dict[str, TextModels]:
    """The linear tier, the encoder's spans alone, and the tier as it is."""
    starter = load_models(str(tier))
    assert isinstance(starter, StarterModels)
    alone = {**starter.tier.tasks, "aspects": {"by": "encoder"}, "entities": {"by": "encoder"}}
    encoder = StarterModels(replace(starter.tier, tasks=alone), starter.encoder, starter.linear)
    return {"linear": load_models(), "encoder": encoder, "starter": starter}


def entities(work: Path, tier: Path) -> None:
    """Titles whose text is not in train, and queries."""
    for name, texts in (
        ("titles, unseen", train_entities.unseen_titles()),
        ("queries dev", read_queries("dev")),
    ):
        for model_name, model in answering(tier).items():
            found = [{(*e.span, str(e.type)) for e in row} for row in model.entities([t.text for t in texts])]
            middle, low, high = micro_f1([set(t.spans) for t in texts], found)
            line(name, model_name, "F1", Estimate(middle, low, high), len(texts))


def opinions(work: Path, tier: Path) -> None:
    """Aspects, opinions, their pairs and triplets, exact spans."""
    sets = {
        "DMASTE dev, trained domains": [t for d in AMAZON_TRAINED for t in read_amazon(d, "dev")],
        "DMASTE dev, unseen domains": [t for d in AMAZON_UNSEEN for t in read_amazon(d, "dev")],
        **{f"DimABSA dev {name}": read_dimabsa(name, "dev") for name in DIMABSA},
    }
    score_opinions(sets, answering(tier))


def held(work: Path, tier: Path) -> None:
    """The same on the held-out fifth of cosmetics and farm products.

    The shipped linear weights learned from them, so the tagger of ``starter_spans.py train`` stands for
    them, alone and in the join.
    """
    linear = LinearModels(PACKAGES / "linear")
    linear.__dict__["_opinions"] = opinion_model(work, {"zh": "zh"})
    models: dict[str, TextModels] = {
        name: replace(model, linear=linear) if isinstance(model, StarterModels) else linear
        for name, model in answering(tier).items()
    }
    cosmetics, farm = held_out_texts()
    score_opinions({"cosmetics, held-out fifth": cosmetics, "farm, held-out fifth": farm}, models)


def score_opinions(sets: dict[str, list[LabelledText]], models: dict[str, TextModels]) -> None:
    """Rows of every set and model."""
    for name, texts in sets.items():
        gold = [gold_items(t) for t in texts]
        for model_name, model in models.items():
            found = [found_items(own) for own in model.opinions([t.text for t in texts])]
            for kind in ("aspect", "opinion", "pair", "triplet"):
                middle, low, high = micro_f1([g[kind] for g in gold], [f[kind] for f in found])
                line(name, model_name, f"{kind} F1", Estimate(middle, low, high), len(texts))


def vectors(work: Path, tier: Path) -> None:
    """Translations found first among 1,000, and equal questions told from unequal ones."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    models = load_models(str(tier))
    encoder = load_encoder(tier / "encoder", threads=1)
    ways: dict[str, Callable[[list[str]], Numbers]] = {
        "encoder": lambda texts: encoder.run(texts, None, ("vector",))["vector"],
        "starter": models.vectors,  # type: ignore[attr-defined]
    }
    captions = pl.read_csv(DATA / "parallel/captions_val.csv.gz", infer_schema_length=0)
    own = np.arange(captions.height)
    for model, read in ways.items():
        zh, en = read(captions["zh"].to_list()), read(captions["en"].to_list())
        for way, similar in (("zh → en", zh @ en.T), ("en → zh", en @ zh.T)):
            found = similar.argmax(axis=1)
            line(f"captions {way}", model, "top-1", estimate(accuracy, own, found), len(own))
    for name in ("lcqmc", "oppo", "bq"):
        table = pl.read_csv(DATA / f"pairs_zh/{name}_dev.csv.gz", infer_schema_length=0)
        table = table.sample(min(PAIR_ROWS, table.height), seed=0)
        first, second = table["text_a"].to_list(), table["text_b"].to_list()
        truth = table["label"].cast(pl.Int64).to_numpy()
        tfidf = TfidfVectorizer(analyzer="char", ngram_range=(1, 2)).fit(first + second)
        a, b = tfidf.transform(first), tfidf.transform(second)
        scores = {"character TF-IDF": np.asarray(a.multiply(b).sum(axis=1)).ravel()}
        scores |= {model: (read(first) * read(second)).sum(axis=1) for model, read in ways.items()}
        for model, score in scores.items():
            line(name, model, "AUC", estimate(area, truth, score), len(truth))


PARTS = (sentiment, need, given, entities, opinions, held, vectors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--tier", type=Path, required=True)
    parser.add_argument("--parts", default=",".join(part.__name__ for part in PARTS))
    arguments = parser.parse_args()
    version = json.loads((arguments.tier / "tier.json").read_text("utf-8"))["version"]
    print(f"tier version {version}\n\n| set | model | measure | value [90%] | rows |\n|---|---|---|---|---|")
    for part in PARTS:
        if part.__name__ in arguments.parts.split(","):
            part(arguments.work.expanduser(), arguments.tier.expanduser())


if __name__ == "__main__":
    main()
