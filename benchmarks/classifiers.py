"""Held-out figures of the linear classifiers and of plain baselines, with bootstrap intervals.

    python benchmarks/classifiers.py [--quick] [--seeds 3] [--parts splits,categories,transfer,need,intensity]

``splits`` holds out one fold of every source at once and trains the shipped recipe on the rest; a
text in a test part is in no training source. ``--quick`` runs one seed on small parts (a smoke test:
its figures mean nothing). Rows are printed as Markdown, ready for RESULTS-classifiers.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import classifier_baselines as baselines
import corpora_needs
import corpora_sentiment
import intensity_recipe
import needs_recipe
import sentiment_recipe
import sentiment_rows
from corpora_sentiment import Corpus
from unmet.core.records import Estimate
from unmet.evaluate.calibration import brier_score, expected_calibration_error
from unmet.evaluate.intervals import bootstrap
from unmet.evaluate.metrics import accuracy, f1_of, macro_f1, rmse
from unmet.evaluate.splits import leave_one_group_out, text_folds
from unmet.models.catalog import load_models

Labels = NDArray[np.int8]
THREE_CLASS = ("car", "clauses", "clothing")
CHINESE = ("shopping", "eprstmt_train", "conditioners", "farm", "crawled", "targeted", "car", "clauses")
SNOWNLP_ROWS = 2000  # it reads about 200 texts a second
TEST_SHARE = 10  # one in ten texts is held out


def row(part: str, model: str, measure: str, value: Estimate | float, n_rows: int) -> None:
    """Print one line of the results table."""
    if isinstance(value, float):
        print(f"| {part} | {model} | {measure} | {value:.4f} | | {n_rows} |", flush=True)
    else:
        interval = f"{value.low:.4f}–{value.high:.4f}"
        print(f"| {part} | {model} | {measure} | {value.value:.4f} | {interval} | {n_rows} |", flush=True)


def polar(probabilities: NDArray[np.floating]) -> Labels:
    """Negative or positive, whichever is more probable."""
    return np.where(probabilities[:, 2] > probabilities[:, 0], 2, 0).astype(np.int8)


def two_way(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities of negative and positive, neutral left out."""
    pair = probabilities[:, [0, 2]].astype(np.float64)
    return pair / pair.sum(axis=1, keepdims=True)


class Pool:
    """Predictions of several seeds put together, so that one interval covers them all."""

    def __init__(self) -> None:
        self.decided: dict[tuple[str, str], list[tuple[Labels, Labels]]] = {}
        self.probabilities: dict[tuple[str, str], list[tuple[Labels, NDArray[np.float64]]]] = {}

    def add(self, part: str, model: str, truth: Labels, decided: Labels) -> None:
        self.decided.setdefault((part, model), []).append((truth, decided))

    def add_probabilities(self, part: str, model: str, truth: Labels, table: NDArray[np.floating]) -> None:
        """Three columns; for the binary source neutral is left out."""
        if part == "shopping":
            truth, table = (truth == 2).astype(np.int8), two_way(table)
        self.probabilities.setdefault((part, model), []).append((truth, table.astype(np.float64)))

    def report(self) -> None:
        for (part, model), pieces in self.decided.items():
            name, metric = ("accuracy", accuracy) if part.startswith("shopping") else ("macro-F1", macro_f1)
            truth = np.concatenate([piece[0] for piece in pieces])
            decided = np.concatenate([piece[1] for piece in pieces])
            row(part, model, name, bootstrap(metric, truth, decided, replicates=200), len(truth))
        for (part, model), tables in self.probabilities.items():
            truth = np.concatenate([piece[0] for piece in tables])
            table = np.concatenate([piece[1] for piece in tables])
            row(part, model, "ECE", expected_calibration_error(truth, table), len(truth))
            row(part, model, "Brier", brier_score(truth, table), len(truth))


def held_out(corpora: Sequence[Corpus], seed: int) -> tuple[list[Corpus], dict[str, Corpus]]:
    """Training sources without the test fold, and the test folds by source."""
    train, test = [], {}
    for corpus in corpora:
        split = text_folds(corpus.texts, TEST_SHARE, seed=seed)[0]
        train.append(corpus.take(split.train))
        test[corpus.name] = corpus.take(split.test)
    return train, test


def limited(corpora: Sequence[Corpus], rows: int | None) -> list[Corpus]:
    """At most ``rows`` rows of each source."""
    rng = np.random.default_rng(0)
    return list(corpora) if rows is None else [c.take(rng.permutation(len(c))[:rows]) for c in corpora]


def sampled(corpus: Corpus, rows: int) -> Corpus:
    """A random part, because some files are sorted by label."""
    return corpus.take(np.random.default_rng(0).permutation(len(corpus))[:rows])


def run_splits(seeds: int, quick: bool, with_baselines: bool, joint_only: bool, n_folds: int) -> None:
    """The shipped recipe and the baselines on one held-out fold of every source per seed.

    ``joint_only`` leaves out everything but the recipe as shipped.
    """
    corpora = limited(sentiment_rows.load_sources(), 600 if quick else None)
    pool = Pool()
    for seed in range(seeds):
        train, test = held_out(corpora, seed)
        unseen = [text for corpus in test.values() for text in corpus.texts]
        joint = sentiment_recipe.train(sentiment_rows.gather(train, unseen), n_folds=n_folds)
        for corpus in train:
            part = corpus.name
            if part not in ("shopping", *THREE_CLASS):
                if part not in ("eprstmt_train", "titles"):
                    _score(pool, part, "joint", joint, test[part])
                continue
            _score(pool, part, "joint, as shipped (8 bit)", joint, test[part])
            if seed == 0 and not joint_only:
                _score(pool, part, "joint, floating point", joint, test[part], quantised=False)
                alone = sentiment_recipe.train(
                    sentiment_rows.gather([corpus], unseen), n_folds=2 if quick else 3
                )
                _score(pool, part, "recipe on this source only", alone, test[part])
            if with_baselines and not joint_only:
                _baselines(pool, corpus, test[part], 200 if quick else SNOWNLP_ROWS)
    pool.report()


def _score(
    pool: Pool, part: str, name: str, fitted: sentiment_recipe.Fitted, test: Corpus, *, quantised: bool = True
) -> None:
    probabilities, decided = sentiment_recipe.predict(fitted, test.texts, quantised=quantised)
    pool.add(part, name, test.labels, polar(probabilities) if part == "shopping" else decided)
    if part == "clauses":
        _add_as_they_come(pool, name, test, decided)
    if name.startswith("joint") and quantised:
        pool.add_probabilities(part, name, test.labels, probabilities)
        pool.add_probabilities(
            part, "joint, before calibration", test.labels, sentiment_recipe.uncalibrated(fitted, test.texts)
        )


def _add_as_they_come(pool: Pool, model: str, test: Corpus, decided: Labels) -> None:
    """The same decisions, each text counted as often as the file repeats it; no text is in both parts."""
    counts = corpora_sentiment.clause_counts()
    times = [counts[text] for text in test.texts]
    pool.add("clauses, rows as they come", model, np.repeat(test.labels, times), np.repeat(decided, times))


def _baselines(pool: Pool, train: Corpus, test: Corpus, snownlp_rows: int) -> None:
    fits = {"TF-IDF words 1–2 + LR": baselines.tfidf_words}
    if train.name != "clothing":
        # Characters of long English texts would take longer than all the rest.
        fits["TF-IDF characters 1–3 + LR"] = baselines.tfidf_characters
    for name, fit in fits.items():
        decided = fit(train.texts, train.labels, test.texts)
        pool.add(train.name, name, test.labels, decided)
        if train.name == "clauses":
            _add_as_they_come(pool, name, test, decided)
    if train.name == "shopping":
        part = sampled(test, snownlp_rows)
        found = baselines.snownlp(part.texts)
        if found is None:
            print("| shopping | SnowNLP | accuracy | not installed (set SNOWNLP_PYTHON) | | 0 |")
        else:
            pool.add("shopping (SnowNLP's rows)", "SnowNLP", part.labels, found)


def run_categories(quick: bool) -> None:
    """Leave one category of online_shopping out; other zh sources may help, that category may not.

    Only the polarity columns (whole reviews and pieces) are fitted, so that ten trainings stay affordable.
    """
    corpora = limited(sentiment_rows.load_sources(CHINESE), 600 if quick else None)
    shopping = corpora[0]
    values: dict[str, list[float]] = {}
    for split in leave_one_group_out(shopping.groups, shopping.texts):
        test, train = shopping.take(split.test), shopping.take(split.train)
        recipes = {"joint": [train, *corpora[1:]], "recipe on this source only": [train]}
        for name, sources in recipes.items():
            positive = (
                sentiment_recipe.polarity_scores(sentiment_rows.gather(sources, test.texts), test.texts) > 0
            )
            value = accuracy(test.labels == 2, positive)
            row(f"shopping without {split.name}", name, "accuracy", value, len(test))
            values.setdefault(name, []).append(value)
    for name, found in values.items():
        row("leave one category out, mean of 10", name, "accuracy", float(np.mean(found)), len(shopping))


def run_transfer() -> None:
    """Shipped weights on two sets they never saw."""
    models = load_models()
    for corpus in (corpora_sentiment.takeaway(), corpora_sentiment.eprstmt("dev")):
        probabilities = models.sentiment(corpus.texts)
        decided = polar(probabilities)
        row(corpus.name, "shipped", "accuracy", bootstrap(accuracy, corpus.labels, decided), len(corpus))
        found = expected_calibration_error((corpus.labels == 2).astype(int), two_way(probabilities))
        row(corpus.name, "shipped", "ECE", found, len(corpus))
        part = sampled(corpus, SNOWNLP_ROWS)
        snownlp = baselines.snownlp(part.texts)
        if snownlp is not None:
            row(corpus.name, "SnowNLP", "accuracy", bootstrap(accuracy, part.labels, snownlp), len(part))


def run_need(quick: bool) -> None:
    """Suggestion sentences: software dev, hotel dev as transfer."""
    rows = needs_recipe.load_rows()
    if quick:
        rows = rows.take(np.random.default_rng(0).permutation(len(rows))[:3000])
    fitted = needs_recipe.train(rows)
    f1 = f1_of(1)
    train = corpora_needs.suggestions("software_train")
    for name in ("software_dev", "hotel_dev"):
        test = corpora_needs.suggestions(name)
        probability = needs_recipe.predict(fitted, test.texts)
        decided = {
            "recipe": (probability >= fitted.threshold).astype(np.int8),
            "TF-IDF characters 1–3 + LR": baselines.tfidf_characters(train.texts, train.labels, test.texts),
            "TF-IDF words 1–2 + LR": baselines.tfidf_words(train.texts, train.labels, test.texts),
            "word rule": baselines.request_words(test.texts),
            "all positive": np.ones(len(test), dtype=np.int8),
        }
        for model, labels in decided.items():
            row(name, model, "F1", bootstrap(f1, test.labels, labels), len(test))
            row(name, model, "F1 at 11% positives", rare_f1(test.labels, labels), len(test))
        table = np.column_stack([1 - probability, probability]).astype(np.float64)
        row(name, "recipe", "ECE", expected_calibration_error(test.labels, table), len(test))

    for name, file in (("zh hand-written", "need_sentences_zh"), ("zh fresh", "need_sentences_zh_fresh")):
        sentences, truth = hand_written(file)
        decided_zh = (needs_recipe.predict(fitted, sentences) >= fitted.threshold).astype(np.int8)
        for model, labels in (("recipe", decided_zh), ("word rule", baselines.request_words(sentences))):
            row(name, model, "F1", bootstrap(f1, truth, labels), len(truth))


def rare_f1(truth: Labels, decided: Labels, share: float = 0.11, draws: int = 50) -> float:
    """Mean F1 where only ``share`` of the sentences is positive: positives are drawn, negatives kept."""
    rng = np.random.default_rng(0)
    negative, positive = np.flatnonzero(truth == 0), np.flatnonzero(truth == 1)
    drawn = round(len(negative) * share / (1 - share))
    parts = [np.concatenate([negative, rng.choice(positive, drawn, replace=False)]) for _ in range(draws)]
    return float(np.mean([f1_of(1)(truth[part], decided[part]) for part in parts]))


def hand_written(name: str) -> tuple[list[str], Labels]:
    """Hand-written zh sentences of the tests; the fresh ones were written after the wording rules."""
    path = Path(__file__).resolve().parents[1] / f"tests/oracles/{name}.tsv"
    pairs = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    return [sentence for _, sentence in pairs], np.array([int(label) for label, _ in pairs], dtype=np.int8)


def run_intensity() -> None:
    """Valence and arousal on DimABSA dev, against predicting the training mean."""
    train, dev = intensity_recipe.load_rows("train"), intensity_recipe.load_rows("dev")
    predicted = load_models().intensity(dev.texts)
    sets, train_sets = np.array(dev.sets), np.array(train.sets)
    for name in intensity_recipe.SETS:
        mask = sets == name
        mean = train.values[train_sets == name].mean(axis=0)
        for axis, label in enumerate(("valence", "arousal")):
            truth = dev.values[mask, axis]
            row(
                name,
                "shipped",
                f"RMSE {label}",
                bootstrap(rmse, truth, predicted[mask, axis]),
                int(mask.sum()),
            )
            constant = np.full(len(truth), mean[axis])
            row(name, "training mean", f"RMSE {label}", rmse(truth, constant), int(mask.sum()))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folds", type=int, default=3, help="folds behind the read-out (shipped: 3)")
    parser.add_argument("--no-baselines", action="store_true")
    parser.add_argument("--joint-only", action="store_true", help="only the recipe as shipped")
    parser.add_argument("--parts", default="splits,categories,transfer,need,intensity")
    arguments = parser.parse_args()
    parts = {
        "splits": lambda: run_splits(
            1 if arguments.quick else arguments.seeds,
            arguments.quick,
            not arguments.no_baselines,
            arguments.joint_only,
            2 if arguments.quick else arguments.folds,
        ),
        "categories": lambda: run_categories(arguments.quick),
        "transfer": run_transfer,
        "need": lambda: run_need(arguments.quick),
        "intensity": run_intensity,
    }
    print("| part | model | measure | value | 95% interval | rows |\n|---|---|---|---|---|---|")
    for name in arguments.parts.split(","):
        started = time.perf_counter()
        parts[name]()
        print(f"| *{name}* | | seconds | {time.perf_counter() - started:.0f} | | |", flush=True)


if __name__ == "__main__":
    main()
