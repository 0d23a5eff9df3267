"""Demand at launch: neighbours by text and price, ridge and boosted trees, averaged on the log scale.

The two fitted members learn from what the neighbours of a past launch had sold. Those features are made by
cross-fitting over the time of launch: a product's neighbours never come from its own time, because sisters
that were launched together would otherwise teach the models to trust neighbours that a new product lacks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from unmet.core.errors import UnmetError
from unmet.forecast.launch_history import MIN_EXAMPLES, Launches, log_prices
from unmet.forecast.launch_neighbours import NeighbourRule, Neighbours, average, nearest
from unmet.forecast.launch_texts import TextSpace, TextVectors

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LaunchConfig:
    """Settings of the launch model; looked for on launches of a public shop (decision 155)."""

    rules: tuple[NeighbourRule, ...] = (  # the first one is the member and gives the reasons
        NeighbourRule(15, 0.3, 8.0),
        NeighbourRule(5, 0.1, 15.0),
        NeighbourRule(40, 1.0, 4.0),
    )
    n_dimensions: int = 64  # of the text vectors
    n_time_folds: int = 6  # blocks of launch time in cross-fitting
    n_established_folds: int = 3  # products whose launch was not seen are split by chance
    established_weight: float = 1 / 3  # of a product whose launch was not seen, against one whose launch was
    established_error_weight: float = 0.05  # the same in intervals: they err less than launches do
    ridge_penalty: float = 30.0
    category_strength: float = 10.0  # products at which a category's mean counts as much as the shop's
    min_boosted: int = 150  # fewer examples: neighbours and ridge only
    n_trees: int = 200
    n_boosted_seeds: int = 2
    boosted_dimensions: int = 24  # of the text vectors that trees see
    max_pool: int = 20_000  # latest products that neighbours are sought in
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Prediction:
    """What is expected of products at launch; arrays of shape ``(n,)``.

    Attributes:
        log_total: natural log of the units over the first horizon (a median, not a mean).
        members: the same by each member.
        neighbours: rows of the examples, for reasons.
    """

    log_total: Floats
    members: dict[str, Floats]
    neighbours: Neighbours


@dataclass(frozen=True, slots=True)
class _Known:
    """Texts, prices and categories of products."""

    texts: TextVectors
    log_price: Floats
    category: NDArray[np.object_]

    def rows(self, index: Integers) -> _Known:
        return _Known(self.texts.rows(index), self.log_price[index], self.category[index])


@dataclass
class LaunchModel:
    """Fitted on past launches; see the module. ``out_of_fold`` are honest predictions of the examples."""

    config: LaunchConfig
    examples: Launches
    out_of_fold: Floats
    _space: TextSpace = field(repr=False)
    _known: _Known = field(repr=False)
    _fitted: _Fitted = field(repr=False)

    def predict(self, items: pl.DataFrame) -> Prediction:
        """Expected demand of products of schema ITEMS over their first horizon."""
        known = _describe(self._space, items, log_prices(items["price"]))
        features, neighbours = _features(self.config, known, self._known, self.examples.log_total)
        seen = np.zeros(items.height, dtype=np.bool_)  # a new product's launch will be seen
        members = self._fitted.predict(_design(features, known, seen))
        members = {"neighbours": features[:, 0], **members}
        return Prediction(np.mean(list(members.values()), axis=0), members, neighbours)


def fit_launches(examples: Launches, config: LaunchConfig | None = None) -> LaunchModel:
    """Fit the model and predict each example as it would have been, from launches before it.

    Args:
        examples: past launches, in order of time.
        config: settings.
    """
    config = config or LaunchConfig()
    examples = _latest(examples, config.max_pool)
    space = TextSpace(_texts(examples.items), n_dimensions=config.n_dimensions, seed=config.seed)
    known = _describe(space, examples.items, examples.log_price)
    folds = time_folds(examples, config)
    target = examples.log_total
    features = _crossed_features(config, known, target, folds)
    design = _design(features, known, examples.established)
    n_plain = design.shape[1] - known.texts.dense.shape[1]
    weight = np.where(examples.established, config.established_weight, 1.0)
    out_of_fold = np.empty(target.size)
    for fold in np.unique(folds):
        held = np.flatnonzero(folds == fold)
        rest = _before(examples, held, folds)
        # Features are made anew: a later launch must not come in as an earlier one's neighbour.
        inner = _crossed_features(config, known.rows(rest), target[rest], folds[rest])
        learnt = _design(inner, known.rows(rest), examples.established[rest])
        fitted = _fit(learnt, target[rest], weight[rest], config, n_plain)
        honest, _ = _features(config, known.rows(held), known.rows(rest), target[rest])
        asked = _design(honest, known.rows(held), examples.established[held])
        out_of_fold[held] = np.mean([honest[:, 0], *fitted.predict(asked).values()], axis=0)
    fitted = _fit(design, target, weight, config, n_plain)
    return LaunchModel(config, examples, out_of_fold, space, known, fitted)


def time_folds(examples: Launches, config: LaunchConfig) -> Integers:
    """A fold for each example: blocks of launch time for seen launches, chance for the others.

    Products launched in the same period are in the same fold.
    """
    rng = np.random.default_rng(config.seed)
    folds = rng.integers(0, config.n_established_folds, examples.started.size)
    seen = np.flatnonzero(~examples.established)
    if seen.size:
        share = np.searchsorted(np.sort(examples.started[seen]), examples.started[seen]) / seen.size
        folds[seen] = config.n_established_folds + (share * config.n_time_folds).astype(np.int64)
    return folds.astype(np.int64)


def _before(examples: Launches, held: Integers, folds: Integers) -> Integers:
    """What a held block of launches may be predicted from: what was over before its first launch.

    Products whose launch was not seen, and blocks with too little before them, are predicted from the
    other folds.
    """
    horizon = examples.quantities.shape[1]
    before = np.flatnonzero(examples.started + horizon <= examples.started[held].min())
    if examples.established[held].any() or before.size < MIN_EXAMPLES:
        return np.flatnonzero(folds != folds[held[0]])
    return before


def _latest(examples: Launches, max_pool: int) -> Launches:
    return examples.rows(np.arange(examples.started.size, dtype=np.int64)[-max_pool:])


def _texts(items: pl.DataFrame) -> list[str]:
    return [text or "" for text in items["text"]]


def _describe(space: TextSpace, items: pl.DataFrame, log_price: Floats) -> _Known:
    category = np.array([value or "" for value in items["category"]], dtype=np.object_)
    return _Known(space.vectors(_texts(items)), log_price, category)


def _crossed_features(config: LaunchConfig, known: _Known, target: Floats, folds: Integers) -> Floats:
    parts = np.unique(folds)
    if parts.size < 2:  # all launched at once: nothing to cross, split by chance
        folds = np.random.default_rng(config.seed).integers(0, config.n_established_folds, target.size)
        parts = np.unique(folds)
    rows: list[tuple[Integers, Floats]] = []
    for fold in parts:
        held, rest = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        rows.append((held, _features(config, known.rows(held), known.rows(rest), target[rest])[0]))
    features = np.empty((target.size, rows[0][1].shape[1]))
    for held, values in rows:
        features[held] = values
    return features


def _features(config: LaunchConfig, known: _Known, pool: _Known, target: Floats) -> tuple[Floats, Neighbours]:
    """What near products sold, how near they are, the category's mean, the price; and the nearest."""
    columns: list[Floats] = []
    first: Neighbours | None = None
    for rule in config.rules:
        found = nearest(known.texts, known.log_price, pool.texts, pool.log_price, rule)
        mean, spread = average(found, target)
        columns += [mean] if first else [mean, spread, found.cosine.max(axis=1)]
        if first is None:
            first = found
            dearer = known.log_price[:, None] - pool.log_price[found.index]
            columns.append((found.weight * np.nan_to_num(dearer)).sum(axis=1))
            columns.append((found.weight * found.cosine).sum(axis=1))
    assert first is not None  # a config has at least one rule
    columns.append(_category_means(known.category, pool.category, target, config.category_strength))
    columns.append(known.log_price)
    return np.column_stack(columns), first


def _category_means(
    category: NDArray[np.object_], pool: NDArray[np.object_], target: Floats, strength: float
) -> Floats:
    """Means of the categories, shrunk to the mean of all; that mean where a category is not known."""
    overall = float(target.mean())
    names, place = np.unique(pool, return_inverse=True)
    count = np.bincount(place)
    shrunk = (np.bincount(place, weights=target) + strength * overall) / (count + strength)
    table = {name: value for name, value in zip(names, shrunk, strict=True) if name}
    return np.array([table.get(name, overall) for name in category], dtype=np.float64)


def _design(features: Floats, known: _Known, established: NDArray[np.bool_]) -> Floats:
    seen = (~established).astype(np.float64)
    return np.column_stack([features, seen, seen * features[:, 0], known.texts.dense])


@dataclass
class _Fitted:
    """Ridge and, with enough examples, boosted trees."""

    center: Floats
    scale: Floats
    ridge: Ridge
    boosted: list[Any]
    n_boosted_columns: int

    def predict(self, design: Floats) -> dict[str, Floats]:
        members = {"ridge": np.asarray(self.ridge.predict(_standard(design, self.center, self.scale)))}
        if self.boosted:
            seen = design[:, : self.n_boosted_columns]
            members["boosted"] = np.mean([model.predict(seen) for model in self.boosted], axis=0)
        return members


def _standard(design: Floats, center: Floats, scale: Floats) -> Floats:
    """Centred and scaled; missing values become the mean."""
    return np.nan_to_num((design - center) / scale)


def _fit(design: Floats, target: Floats, weight: Floats, config: LaunchConfig, n_plain: int) -> _Fitted:
    known = np.isfinite(design)
    count = np.maximum(known.sum(axis=0), 1)
    center = np.where(known, design, 0.0).sum(axis=0) / count
    scale = np.sqrt((np.where(known, design - center, 0.0) ** 2).sum(axis=0) / count)
    scale[scale < 1e-9] = 1.0
    ridge = Ridge(alpha=config.ridge_penalty)
    ridge.fit(_standard(design, center, scale), target, sample_weight=weight)
    columns = n_plain + config.boosted_dimensions
    enough = target.size >= config.min_boosted
    boosted = _boost(design[:, :columns], target, weight, config) if enough else []
    return _Fitted(center, scale, ridge, boosted, columns)


def _boost(design: Floats, target: Floats, weight: Floats, config: LaunchConfig) -> list[Any]:
    try:
        from lightgbm import LGBMRegressor
    except ImportError as error:
        raise UnmetError("LightGBM is not installed", hint="pip install 'unmet[forecast]'") from error
    return [
        LGBMRegressor(
            objective="l1", n_estimators=config.n_trees, learning_rate=0.04, num_leaves=15,
            min_child_samples=20, subsample=0.8, subsample_freq=1, colsample_bytree=0.5, reg_lambda=5.0,
            max_bin=63,
            random_state=config.seed + number, n_jobs=1, verbose=-1, deterministic=True, force_row_wise=True,
        ).fit(design, target, sample_weight=weight)
        for number in range(config.n_boosted_seeds)
    ]  # fmt: skip
