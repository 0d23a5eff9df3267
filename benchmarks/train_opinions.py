"""Recipe of the opinion package: tagger, pairing, sentiment and category for Chinese and English.

python benchmarks/word_classes.py zh /tmp/classes_zh.npz      (and en)
python benchmarks/train_opinions.py language zh /tmp/classes_zh.npz /tmp/opinions_zh.npz   (and en)
python benchmarks/train_opinions.py package /tmp/opinions_zh.npz /tmp/opinions_en.npz OUT_FOLDER
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora_spans import AMAZON_TRAINED, LabelledText, Pair
from crf_training import Arrays, crf_arrays, keys_of, lean_from_outside, train_crf
from opinion_categories import unified_category
from opinion_silver import burden_polarity, silver_pairs, silver_sentences
from opinion_texts import attribute_texts, drop_final_marks, tidy_farm, training_texts
from unmet.models.opinion_attributes import CATEGORIES, PairFeatures, PairPlaces, pair_attribute_features
from unmet.models.opinion_templates import OPINION_LABELS, OPINION_TEMPLATES, lexical_templates
from unmet.models.opinions import LanguageParts, language_parts
from unmet.models.package import save_package
from unmet.models.pairing import SpanTable, candidate_pairs, pair_features
from unmet.models.tagger import TaggedSpan, one_per_slot
from unmet.models.tagger_features import Sentences, WordClasses, mix, read_sentences
from word_classes import load_word_classes

SOURCE_BIAS = {
    "zh": {"farm": 1.0},
    "en": {**{f"amazon_{domain}": 0.15 for domain in AMAZON_TRAINED}, "dim_eng_laptop": 0.4},
}
"""Whose habits of marking spans the shipped tagger follows: the sets of whole customer reviews."""

THRESHOLDS = {
    "zh": {"aspect": 0.3, "opinion": 0.3, "pair": 0.5, "lone_aspect": 0.9},
    "en": {"aspect": 0.3, "opinion": 0.3, "pair": 0.5, "lone_aspect": 0.9},
}
"""Least probabilities. On held-out cosmetics and farm reviews pair F1 is best at .4–.5 for spans; .3 keeps
more of the complaints of other domains."""

RECALL_LEAN = {"zh": 0.3, "en": 0.4}
"""Subtracted from the outside label: in new domains the tagger is too shy (read on short complaints).

On held-out cosmetics and farm reviews .4 costs about .02 pair F1.
"""

BIAS_KEY = int(mix(0, [np.zeros(1, dtype=np.uint32)])[0])
PSEUDO_VALENCE = {"negative": 3.4, "neutral": 5.0, "positive": 6.6}


def token_ranges(sentences: Sentences, texts: Sequence[LabelledText]) -> list[list[tuple[Any, Any, Pair]]]:
    """Per text: token range of aspect and opinion of each pair (``None`` = implicit) and the pair."""
    text_of = np.repeat(sentences.text_of, np.diff(sentences.bounds))
    sequence = np.repeat(np.arange(sentences.bounds.size - 1), np.diff(sentences.bounds))
    numbers = np.arange(len(texts))
    low = np.searchsorted(text_of, numbers)
    high = np.searchsorted(text_of, numbers, side="right")
    ranges = []
    for number, text in enumerate(texts):
        block = slice(int(low[number]), int(high[number]))
        starts, ends = sentences.starts[block], sentences.ends[block]

        def tokens(
            span: tuple[int, int] | None,
            starts: NDArray[Any] = starts,
            ends: NDArray[Any] = ends,
            base: int = block.start,
        ) -> tuple[int, int] | None:
            if span is None:
                return None
            hit = np.flatnonzero((starts < span[1]) & (ends > span[0]))
            if not hit.size:
                return None
            inside = hit[sequence[base + hit] == sequence[base + hit[0]]]
            return base + int(inside[0]), base + int(inside[-1]) + 1

        rows = [(tokens(p.aspect), tokens(p.opinion), p) for p in text.pairs]
        ranges.append([row for row in rows if row[0] or row[1]])
    return ranges


def token_tags(sentences: Sentences, ranges: Sequence[Sequence[tuple[Any, Any, Pair]]]) -> list[str]:
    """BIO tags; where an aspect and an opinion overlap the aspect keeps its tokens."""
    tags = ["O"] * sentences.types.size
    for side, kind in ((1, "O"), (0, "A")):
        for rows in ranges:
            for row in rows:
                if row[side] is not None:
                    first, last = row[side]
                    tags[first] = f"B-{kind}"
                    tags[first + 1 : last] = [f"I-{kind}"] * (last - first - 1)
    return tags


def train_tagger(
    language: str, texts: Sequence[LabelledText], classes: WordClasses, **options: Any
) -> Arrays:
    """Fit the tagger; the source bias of the review sets is folded in."""
    templates = OPINION_TEMPLATES[language]
    sentences = read_sentences([t.text for t in texts], language, classes)
    keys = keys_of(templates, sentences.columns, sentences.types, sentences.bounds)
    tags = token_tags(sentences, token_ranges(sentences, texts))
    sources = [texts[int(i)].source for i in sentences.text_of]
    settings = {"l1": 0.4, "l2": 0.05, "iterations": 60, "min_count": 3, **options}
    max_features = settings.pop("max_features", 110_000)
    bias = settings.pop("bias", SOURCE_BIAS[language])
    weights = train_crf(
        keys, tags, sentences.bounds, sources=sources, drop=lexical_templates(templates), **settings
    )
    return crf_arrays(weights, OPINION_LABELS, max_features=max_features, bias=(BIAS_KEY, bias))


def train_pairing(language: str, texts: Sequence[LabelledText], classes: WordClasses) -> Arrays:
    """Logistic model over gold spans: which candidates are labelled pairs."""
    from sklearn.linear_model import LogisticRegression

    sentences = read_sentences([t.text for t in texts], language, classes)
    ranges = token_ranges(sentences, texts)
    flat = [row for rows in ranges for row in rows]
    sequence = np.repeat(np.arange(sentences.bounds.size - 1), np.diff(sentences.bounds))
    tables = []
    for side, label in ((0, "A"), (1, "O")):
        spans = sorted({row[side] for row in flat if row[side]})
        tables.append(SpanTable.of([TaggedSpan(label, f, e, 1.0) for f, e in spans], sequence))
    candidates = candidate_pairs(*tables)
    features = pair_features(sentences, *tables, candidates)
    gold = {(row[0][0], row[1][0]) for row in flat if row[0] and row[1]}
    labels = [
        (int(tables[0].first[a]), int(tables[1].first[o])) in gold
        for a, o in zip(candidates.aspect, candidates.opinion, strict=True)
    ]
    model = LogisticRegression(C=10.0, max_iter=500).fit(features, labels)
    print(f"pairing {language}: {len(labels)} candidates, accuracy {model.score(features, labels):.3f}")
    return {"pairing": np.append(model.coef_[0], model.intercept_[0]).astype(np.float32)}


def attribute_matrix(
    language: str, texts: Sequence[LabelledText], classes: WordClasses
) -> tuple[Any, list[tuple[list[str], list[str], Pair, str]]]:
    """Keys of the attribute features of every labelled pair, and the pair's words."""
    sentences = read_sentences([t.text for t in texts], language, classes)
    rows, info = [], []
    for text, ranges in zip(texts, token_ranges(sentences, texts), strict=True):
        for aspect, opinion, pair in ranges:
            rows.append((*(aspect or (-1, -1)), *(opinion or (-1, -1))))
            words = [
                [sentences.words[sentences.types[k]] for k in range(*side)] if side else []
                for side in (aspect, opinion)
            ]
            info.append((words[0], words[1], pair, text.source))
    columns = np.array(rows, dtype=np.int64)
    places = PairPlaces(*(columns[:, k] for k in range(4)))
    return pair_attribute_features(sentences, places), info


def design_matrix(features: Any, min_count: int) -> tuple[Any, NDArray[np.uint32]]:
    """Sparse counts over the keys that occur at least ``min_count`` times, and those keys."""
    from scipy.sparse import csr_matrix

    keys, column, counts = np.unique(features.keys, return_inverse=True, return_counts=True)
    frequent = counts >= min_count
    number = np.cumsum(frequent) - 1
    kept = frequent[column]
    matrix = csr_matrix(
        (np.ones(int(kept.sum()), dtype=np.float32), (features.pair[kept], number[column[kept]])),
        (features.n_pairs, int(frequent.sum())),
    )
    return matrix, keys[frequent]


def linear_arrays(
    prefix: str, keys: NDArray[np.uint32], weights: NDArray[np.float64], max_features: int
) -> Arrays:
    """Prune to the strongest features and quantise to int8 with a scale per feature."""
    strength = np.abs(weights).max(1)
    order = np.argsort(-strength, kind="stable")[:max_features]
    chosen = order[one_per_slot(keys[order], strength[order])]
    scale = np.clip(strength[chosen], 1e-6, None) / 127.0
    return {
        f"{prefix}_keys": keys[chosen],
        f"{prefix}_weights": np.round(weights[chosen] / scale[:, None]).astype(np.int8),
        f"{prefix}_scale": scale.astype(np.float16),
    }


SILVER_WEIGHT = 0.35
"""Weight of a silver pair beside a labelled one."""

SILVER_SHARE = 0.75
"""Share of the model with silver pairs in the sentiment table."""


def _pair_weight(aspect: list[str], opinion: list[str], pair: Pair, source: str) -> float:
    if pair.polarity and burden_polarity("".join(aspect), "".join(opinion)) == pair.polarity:
        return 3.0  # rare in the labelled sets, frequent in complaints
    return SILVER_WEIGHT if source == "silver" else 1.0


def train_attributes(language: str, texts: Sequence[LabelledText], classes: WordClasses) -> Arrays:
    """Polarity and valence (one table) and category (another)."""
    from sklearn.linear_model import LogisticRegression, Ridge

    features, info = attribute_matrix(language, texts, classes)
    matrix, keys = design_matrix(features, 3)
    order = ["negative", "neutral", "positive"]
    with_polarity = [k for k, row in enumerate(info) if row[2].polarity in order]
    polarity = [order.index(str(info[k][2].polarity)) for k in with_polarity]
    weight = np.array([_pair_weight(*info[k]) for k in with_polarity])
    classifier = LogisticRegression(C=0.3, max_iter=300).fit(matrix[with_polarity], polarity, weight)
    truth = [
        (p.valence - 5.0) if p.valence else PSEUDO_VALENCE[str(p.polarity)] - 5.0
        for p in (info[k][2] for k in with_polarity)
    ]
    certainty = weight * np.array([1.0 if info[k][2].valence else 0.15 for k in with_polarity])
    ridge = Ridge(alpha=8.0, solver="lsqr", fit_intercept=False).fit(matrix[with_polarity], truth, certainty)
    weights = np.vstack([classifier.coef_, ridge.coef_]).T
    one = int(np.flatnonzero(np.asarray(matrix.sum(0)).ravel() >= features.n_pairs)[0])
    weights[one, :3] += classifier.intercept_
    sentiment = linear_arrays("sentiment", keys, weights, 40_000)
    return {**sentiment, **_train_category(features.inner(), info)}


def _train_category(features: PairFeatures, info: Sequence[Any]) -> Arrays:
    from sklearn.linear_model import SGDClassifier

    matrix, keys = design_matrix(features, 4)
    one = int(np.flatnonzero(np.asarray(matrix.sum(0)).ravel() >= features.n_pairs)[0])
    names = [unified_category(pair.category, aspect, opinion) for aspect, opinion, pair, _ in info]
    chance = np.random.default_rng(0).random(len(names))
    # A topic nobody named and no seed word tells is "general", by a share of such pairs.
    names = [
        n or ("general" if s == "silver" and c < 0.3 else None)
        for n, (*_, s), c in zip(names, info, chance, strict=True)
    ]
    rows = [k for k, name in enumerate(names) if name]
    labels = [CATEGORIES.index(str(names[k])) for k in rows]
    columns = np.flatnonzero(np.asarray((matrix[rows] > 0).sum(0)).ravel() >= 4)
    small = matrix[rows][:, columns]
    weight = [SILVER_WEIGHT if info[k][3] == "silver" else 1.0 for k in rows]
    # One against the rest: the scores of 34 topics stay comparable enough to take the largest.
    model = SGDClassifier(loss="log_loss", alpha=2e-5, max_iter=12, tol=None, average=True, random_state=0)
    model.fit(small, labels, sample_weight=weight)
    weights = np.zeros((columns.size, len(CATEGORIES)))
    weights[:, model.classes_] = model.coef_.T
    bias = int(np.flatnonzero(columns == one)[0])
    weights[bias, model.classes_] += model.intercept_
    never = np.setdiff1d(np.arange(len(CATEGORIES)), model.classes_)
    weights[bias, never] = -30.0
    accuracy = model.score(small, labels)
    print(f"category: {len(rows)} pairs, {columns.size} features, train accuracy {accuracy:.3f}")
    return linear_arrays("category", keys[columns], weights, 16_000)


def train_language(
    language: str,
    classes: WordClasses,
    texts: Sequence[LabelledText] | None = None,
    first: Arrays | None = None,
    **options: Any,
) -> Arrays:
    """All arrays of one language, without language prefix: a first model, what it teaches, the final one.

    ``first``: arrays of an earlier run that saw no other labels, instead of training a first model.
    """
    chosen = drop_final_marks(tidy_farm(texts if texts is not None else training_texts(language)))
    random.Random(0).shuffle(chosen)
    started = time.time()
    first_options = {**options, "iterations": 40, "drop_share": 0.3}
    arrays = dict(first) if first else train_tagger(language, chosen, classes, **first_options)
    arrays |= train_pairing(language, chosen, classes) | classes.to_arrays()
    rated, sentences = silver_sentences(language, _without_attributes(language, arrays))
    print(
        f"first {language}: {arrays['tagger_keys'].size} features, {time.time() - started:.0f} s", flush=True
    )
    arrays |= train_tagger(language, [*chosen, *sentences], rated, **options) | rated.to_arrays()
    arrays = lean_from_outside(arrays, BIAS_KEY, RECALL_LEAN[language])
    print(
        f"tagger {language}: {arrays['tagger_keys'].size} features, {time.time() - started:.0f} s", flush=True
    )
    arrays |= with_attributes(language, arrays, chosen)
    print(f"done {language}: {time.time() - started:.0f} s")
    return arrays


def train_one_stage(language: str, classes: WordClasses, texts: Sequence[LabelledText]) -> Arrays:
    """All arrays from labelled texts alone, without the second stage: for quick held-out figures."""
    arrays = train_tagger(language, texts, classes) | train_pairing(language, texts, classes)
    return arrays | train_attributes(language, texts, classes) | classes.to_arrays()


def with_attributes(language: str, arrays: Arrays, texts: Sequence[LabelledText]) -> Arrays:
    """Attribute arrays for a trained tagger: labelled pairs and the pairs it finds in other reviews."""
    paired = train_pairing(language, texts, WordClasses.from_arrays(arrays))
    parts = _without_attributes(language, {**arrays, **paired})
    labelled = [*texts, *attribute_texts(language)]
    by_labels = train_attributes(language, labelled, parts.classes)
    with_silver = train_attributes(language, [*labelled, *silver_pairs(language, parts)], parts.classes)
    return {**paired, **with_silver, **blend_tables("sentiment", by_labels, with_silver)}


def blend_tables(prefix: str, first: Arrays, second: Arrays, max_features: int = 40_000) -> Arrays:
    """Weighted mean of two linear models. Alone, the one with silver pairs follows the mood of a review
    ("fast courier" in an angry review), the one without knows too few domains.
    """
    total: dict[int, NDArray[np.float64]] = {}
    for share, arrays in ((1.0 - SILVER_SHARE, first), (SILVER_SHARE, second)):
        rows = (
            arrays[f"{prefix}_weights"].astype(np.float64) * arrays[f"{prefix}_scale"].astype(float)[:, None]
        )
        for key, row in zip(arrays[f"{prefix}_keys"].tolist(), rows, strict=True):
            total[key] = total.get(key, 0.0) + share * row
    keys = np.fromiter(total, dtype=np.uint32, count=len(total))
    return linear_arrays(prefix, keys, np.array(list(total.values())), max_features)


def _without_attributes(language: str, arrays: Arrays) -> LanguageParts:
    blank = linear_arrays("sentiment", np.ones(1, dtype=np.uint32), np.ones((1, 4)), 1)
    blank |= linear_arrays("category", np.ones(1, dtype=np.uint32), np.ones((1, 1)), 1)
    return language_parts(language, {**arrays, **blank}, THRESHOLDS[language])


def write_package(folder: Path, languages: Mapping[str, Arrays]) -> None:
    """Save the package of both languages."""
    arrays = {f"{language}_{k}": v for language, part in languages.items() for k, v in part.items()}
    manifest = {
        "name": "opinions", "version": "1", "task": "opinions", "labels": list(OPINION_LABELS),
        "languages": list(languages), "categories": list(CATEGORIES),
        "thresholds": {language: THRESHOLDS[language] for language in languages},
        "training_data": [
            "DimABSA2026 train", "xmxoxo cosmetics", "JDComment_website farm products", "DMASTE train",
            "SemEval-2014 triplets train", "hz-wang laptop clauses", "ABSADatasets phone/camera/car/notebook",
            "unlabelled reviews for word classes",
        ],
    }  # fmt: skip
    save_package(folder, manifest, arrays)
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(json.dumps({"folder": str(folder), "megabytes": round(size / 1e6, 2)}))


def _load(path: Path) -> Arrays:
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def main(arguments: Sequence[str]) -> None:
    """See the module's text."""
    if arguments[0] == "language":
        language, classes, out = arguments[1], load_word_classes(Path(arguments[2])), Path(arguments[3])
        first = _load(Path(arguments[4])) if len(arguments) > 4 else None
        np.savez_compressed(out, **train_language(language, classes, first=first))
    elif arguments[0] == "attributes":
        language, path = arguments[1], Path(arguments[2])
        arrays = _load(path)
        np.savez_compressed(path, **{**arrays, **with_attributes(language, arrays, training_texts(language))})
    else:
        loaded = {}
        for language, path in zip(("zh", "en"), arguments[1:3], strict=True):
            loaded[language] = _load(Path(path))
        write_package(Path(arguments[3]), loaded)


if __name__ == "__main__":
    main(sys.argv[1:])
