"""Do the intervals of need cards hold what they promise?

    python benchmarks/coverage.py [--sets 200] [--ranking-seeds 40]

Draws shops with planted effects on the rating and clustered noise (authors repeat themselves in what they
mention and how they rate), computes the 90% intervals of the cards, and counts how often they hold the
planted number. ``permuted`` shuffles the ratings, so the true effects are 0. ``ranking`` is how often the
quiet-but-costly need (2% of documents, −2 stars) stands above the loud-but-harmless one (25%, 0 stars).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "needs"))
from needs_simulator import Planted, simulate

from unmet.core.config import NeedsConfig
from unmet.needs.bootstrap import choose_clusters
from unmet.needs.impact import estimate_effects
from unmet.needs.opportunity import satisfaction_of, score_need
from unmet.needs.ranking import rank_bounds, rank_order
from unmet.needs.shares import wilson
from unmet.needs.statistics import line_up

CONFIG = NeedsConfig()
NEEDS = [
    Planted("rare costly", 0.006, 0.004, -1.6, 0.3),
    Planted("costly", 0.05, 0.03, -1.0, 0.2),
    Planted("balanced", 0.08, 0.12, -0.5, 0.5),
    Planted("praised", 0.02, 0.20, -0.4, 0.3),
    Planted("harmless", 0.20, 0.05, 0.0, 0.0),
]
SCENARIOS = {
    "authors of 3 texts": {},
    "authors of 10 texts": {"documents_per_author": 10.0, "author_sd": 0.7},
    "ratings 1 or 5 only": {"scale": "binary"},
    "small (500 texts)": {"documents": 500},
    "no authors, 60 products": {"products": 60, "drop": "author_id"},
    "documents only": {"documents_per_author": 0.34, "drop": "author_id", "drop_products": True},
}


def normals_of(seed):
    return np.random.Generator(np.random.PCG64(seed)).standard_normal((CONFIG.bootstrap_replicates, 3))


def measure(shop, seed):
    evidence = line_up(shop.documents, shop.mentions)
    effects = estimate_effects(evidence, choose_clusters(evidence.documents))
    normals = normals_of(seed)
    level = CONFIG.confidence_level
    result = {}
    for index, name in enumerate(evidence.need_ids):
        documents = len(evidence.positions(index))
        scores = score_need(effects, index, documents, CONFIG, normals)
        satisfaction = satisfaction_of(
            float(effects.value[index, 2]), float(effects.covariance[index, 2, 2]), documents, level
        )
        unmet = wilson(len(evidence.positions(index, "unmet")), evidence.documents.height, level)
        result[name] = (scores, satisfaction, unmet)
    return evidence, effects, result


def draw(options, seed, needs=NEEDS):
    options = dict(options)
    drop, drop_products = options.pop("drop", None), options.pop("drop_products", False)
    shop = simulate(needs, seed=seed, with_texts=False, **options)
    documents = shop.documents
    for column in ([drop] if drop else []) + (["product", "product_id"] if drop_products else []):
        documents = documents.with_columns(pl.lit(None, dtype=pl.String).alias(column))
    return type(shop)(documents, shop.mentions, shop.statements)


def true_satisfaction(options):
    """From one very large shop: the planted shares, with the authors' differences in them."""
    shop = draw({**options, "documents": 150_000}, 10_000)
    evidence = line_up(shop.documents, shop.mentions)
    table = evidence.pairs.group_by("need").agg(pl.col("score").mean()).sort("need")
    return dict(zip(evidence.need_ids, (10 * table["score"]).to_list(), strict=True))


def holds(estimate, truth):
    return estimate.low - 1e-9 <= truth <= estimate.high + 1e-9


def coverage(options, sets):
    satisfied = true_satisfaction(options)
    hits = {}
    for seed in range(sets):
        _, _, result = measure(draw(options, seed), seed)
        for need in NEEDS:
            if need.name not in result:
                continue
            scores, satisfaction, _ = result[need.name]
            importance = max(10 * (need.reward - need.penalty) / 2, 0)
            opportunity = importance + max(importance - satisfied[need.name], 0)
            checks = {"satisfaction": (satisfaction, satisfied[need.name])}
            if "few_unmet" not in scores.notes:
                checks["penalty"] = (scores.impact.penalty, need.penalty)
            if "few_positive" not in scores.notes:
                checks["reward"] = (scores.impact.reward, need.reward)
            if not scores.notes:
                checks["importance"] = (scores.importance, importance)
                checks["opportunity"] = (scores.opportunity, opportunity)
            for name, (estimate, truth) in checks.items():
                hits.setdefault((name, need.name), []).append(holds(estimate, truth))
    return hits


def permuted(options, sets):
    hits = {}
    for seed in range(sets):
        shop = draw(options, seed)
        order = np.random.Generator(np.random.PCG64(seed)).permutation(shop.documents.height)
        shuffled = shop.documents.with_columns(shop.documents["rating"][order].alias("rating"))
        _, _, result = measure(type(shop)(shuffled, shop.mentions, {}), seed)
        for name, (scores, _, _) in result.items():
            for side, estimate in (("penalty", scores.impact.penalty), ("reward", scores.impact.reward)):
                if f"few_{'unmet' if side == 'penalty' else 'positive'}" not in scores.notes:
                    hits.setdefault((side, name), []).append(holds(estimate, 0.0))
    return hits


def ranking(seeds, scale):
    needs = [Planted("quiet", 0.02, 0.0, -2.0), Planted("loud", 0.25, 0.0, 0.0), *NEEDS[2:4]]
    above = 0
    for seed in range(seeds):
        evidence, effects, result = measure(draw({"scale": scale, "base": 4.0}, seed, needs), seed)
        names = evidence.need_ids
        counts = [len(evidence.positions(index)) for index in range(len(names))]
        bounds = rank_bounds(effects, counts, CONFIG, normals_of(seed))
        order = rank_order(bounds, [result[n][2] for n in names], names)
        ranked = [names[i] for i in order]
        above += ranked.index("quiet") < ranked.index("loud")
    return above / seeds


def shares(hits):
    """Coverage per number over all needs, and the least of any single need."""
    table = {}
    for name in dict.fromkeys(key[0] for key in hits):
        parts = [values for key, values in hits.items() if key[0] == name and len(values) >= 50]
        every = [hit for values in parts for hit in values]
        if every:
            table[name] = (np.mean(every), min(np.mean(v) for v in parts), max(np.mean(v) for v in parts))
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--ranking-seeds", type=int, default=40)
    parser.add_argument("--only", default="")
    parser.add_argument("--details", action="store_true")
    arguments = parser.parse_args()
    begin = time.time()
    print(f"{'scenario':<30} {'number':<14} coverage  least  most need ({arguments.sets} sets, 0.90)")
    for name, options in SCENARIOS.items():
        if arguments.only not in name:
            continue
        for kind, run in (("", coverage), (" permuted", permuted)):
            hits = run(options, arguments.sets)
            for number, (mean, least, most) in shares(hits).items():
                print(f"{name + kind:<38} {number:<14} {mean:.3f}  {least:.3f}  {most:.3f}", flush=True)
            if arguments.details:
                print(
                    json.dumps({" ".join(k): (round(float(np.mean(v)), 3), len(v)) for k, v in hits.items()})
                )
    for scale in ("clipped", "binary"):
        share = ranking(arguments.ranking_seeds, scale)
        print(f"quiet-but-costly above loud-but-harmless, {scale} ratings: {share:.3f}", flush=True)
    print(f"{time.time() - begin:.0f} s")


if __name__ == "__main__":
    main()
