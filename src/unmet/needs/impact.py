"""What a need costs or earns in stars: one joint regression over all needs.

Penalty–reward contrast analysis (Brandt 1987, "A procedure for identifying value-enhancing service
components"; Mikulić & Prebežac 2008, "Prioritizing improvement of service attributes using impact
range-performance analysis"): the rating is explained by two indicators per need, mentioned with
displeasure and mentioned with pleasure. Here they are read from the text instead of a questionnaire:

    rating_i = Σ_k penalty_k · unmet_ik + Σ_k reward_k · positive_ik + group_g(i) + controls_i + error_i

``unmet`` is a negative mention or a request. Group effects (product, else category) are absorbed by
demeaning (Frisch–Waugh), so no indicator is ever made dense; months and languages are controls. A
ridge of 0.1 pseudo-documents per column keeps collinear needs finite. Ratings need not be normal: with
two values this is the linear probability model, and the errors are made robust.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.needs.bootstrap import CHUNK_ROWS, Clusters, Codes, Floats, cluster_sums, codes_of
from unmet.needs.statistics import Evidence

RIDGE = 0.1
MIN_SIDE_DOCUMENTS = 12
"""Fewer rated documents on one side: no effect is estimated for that side."""
MIN_GROUP_DOCUMENTS = 5
MIN_RATED_DOCUMENTS = 30
MAX_PERIODS = 24


@dataclass(frozen=True, slots=True)
class Design:
    """The regression's data, one row per document in order of position.

    ``indicators``: sparse (documents, 2 × needs + controls), columns 2k unmet and 2k + 1 positive;
    unrated documents have empty rows. ``groups``: code 0…n−1. ``rating``: 0 where unrated.
    """

    indicators: Any
    rating: Floats
    rated: NDArray[np.bool_]
    groups: Codes
    n_groups: int
    n_needs: int


@dataclass(frozen=True, slots=True)
class Effects:
    """Estimates per need, columns penalty, reward, satisfaction (0–1).

    ``value`` (needs, 3); ``covariance`` (needs, 3, 3), cluster-robust; ``freedom`` (needs, 2) effective
    degrees of freedom of penalty and reward; ``side_documents`` (needs, 2) the rated
    documents behind them.
    """

    value: Floats
    covariance: Floats
    freedom: Floats
    side_documents: NDArray[np.int64]


def rating_problem(documents: pl.DataFrame) -> str | None:
    """Note code for why no effect on the rating can be estimated, or ``None``."""
    ratings = documents["rating"].drop_nulls()
    if ratings.len() == 0:
        return "no_rating"
    if ratings.n_unique() == 1:
        return "constant_rating"
    return "few_ratings" if ratings.len() < MIN_RATED_DOCUMENTS else None


def build_design(evidence: Evidence) -> Design:
    """Assemble indicators, controls and groups."""
    from scipy import sparse

    documents, pairs = evidence.documents, evidence.pairs
    count, needs = documents.height, len(evidence.need_ids)
    rated = documents["rating"].is_not_null().to_numpy().copy()
    sides = [pairs.filter(pl.col(name)) for name in ("unmet", "positive")]
    rows = np.concatenate([side["position"].to_numpy() for side in sides])
    columns = np.concatenate([2 * side["need"].to_numpy() + i for i, side in enumerate(sides)])
    keep = rated[rows]
    indicators = sparse.csr_matrix(
        (np.ones(int(keep.sum())), (rows[keep], columns[keep])), shape=(count, 2 * needs)
    )
    controls = _controls(documents, rated)
    groups, n_groups = _groups(documents, rated)
    rating = documents["rating"].fill_null(0.0).to_numpy().astype(np.float64)
    joined = sparse.hstack([indicators, controls], format="csr") if controls is not None else indicators
    return Design(joined, rating, rated, groups, n_groups, needs)


def _controls(documents: pl.DataFrame, rated: NDArray[np.bool_]) -> Any:
    """Indicators of calendar period and language, without the first level of each."""
    from scipy import sparse

    blocks = []
    for values in (_periods(documents["created_at"]), documents["language"]):
        codes, levels = codes_of(values.fill_null(""))
        chosen = np.flatnonzero((codes > 0) & rated)
        if levels > 1:
            shape = (documents.height, levels - 1)
            blocks.append(sparse.csr_matrix((np.ones(len(chosen)), (chosen, codes[chosen] - 1)), shape=shape))
    return sparse.hstack(blocks, format="csr") if blocks else None


def _periods(created_at: pl.Series) -> pl.Series:
    """Month of each document, or the quarter or year where months would be too many."""
    for width in ("1mo", "1q", "1y"):
        period = created_at.dt.truncate(width)
        if period.n_unique() <= MAX_PERIODS:
            break
    return period.dt.to_string("%Y-%m")


def _groups(documents: pl.DataFrame, rated: NDArray[np.bool_]) -> tuple[Codes, int]:
    """Product of each document; products with few rated documents fall back to their category."""
    named = documents.select(
        pl.coalesce("product_id", "product").alias("product"), pl.col("category").fill_null("")
    )
    products, n_products = codes_of(named["product"])
    sizes = np.bincount(products[rated & (products >= 0)], minlength=n_products + 1)
    known = (products >= 0) & (sizes[products] >= MIN_GROUP_DOCUMENTS)
    categories, n_categories = codes_of(named["category"])
    return np.where(known, n_categories + products, categories), n_categories + n_products


@dataclass(frozen=True, slots=True)
class Fit:
    """Solved regression: coefficients, inverse of the normal matrix, group means and residuals."""

    coefficients: Floats
    inverse: Floats
    group_means: Any  # sparse (groups, columns)
    group_sizes: Floats
    residuals: Floats  # 0 where unrated


def fit(design: Design) -> Fit:
    """Ridge least squares within groups."""
    from scipy import sparse

    x, rated = design.indicators, design.rated
    rows = np.flatnonzero(rated)
    member = sparse.csr_matrix(
        (np.ones(len(rows)), (design.groups[rows], rows)), shape=(design.n_groups, len(rated))
    )
    sizes = np.bincount(design.groups[rows], minlength=design.n_groups).astype(np.float64)
    weight = sparse.diags_array(1 / np.maximum(sizes, 1))
    means = sparse.csr_matrix(weight @ (member @ x))
    rating_means: Floats = np.asarray(weight @ (member @ design.rating))
    centred = np.where(rated, design.rating - rating_means[design.groups], 0.0)
    between: Any = means.T @ (sparse.diags_array(sizes) @ means)
    within = np.asarray(sparse.csr_matrix(x.T @ x - between).toarray(), dtype=np.float64)
    inverse: Floats = np.asarray(np.linalg.inv(within + RIDGE * np.eye(len(within))), dtype=np.float64)
    coefficients: Floats = np.asarray(inverse @ (x.T @ centred), dtype=np.float64)
    predicted = x @ coefficients - (means @ coefficients)[design.groups]
    residuals = np.where(rated, centred - predicted, 0.0)
    return Fit(coefficients, inverse, means, sizes, residuals)


def estimate_effects(evidence: Evidence, clusters: Clusters) -> Effects:
    """Penalty, reward and satisfaction of every need with their joint cluster-robust covariance."""
    design = build_design(evidence)
    solved = fit(design)
    scores = _score_influence(evidence)
    order = np.argsort(clusters.codes, kind="stable")
    needs = design.n_needs
    blocks = _influence_blocks(design, solved, scores, order)
    covariance = np.zeros((needs, 3, 3))
    leverage_sum, leverage_square = np.zeros((needs, 2)), np.zeros((needs, 2))
    for sums in cluster_sums(clusters.codes[order], blocks):
        influence = sums[:, : 3 * needs].reshape(-1, needs, 3)
        covariance += np.einsum("cki,ckj->kij", influence, influence)
        weights = sums[:, 3 * needs :].reshape(-1, needs, 2)
        leverage_sum += weights.sum(axis=0)
        leverage_square += (weights**2).sum(axis=0)
    freedom = leverage_sum**2 / np.maximum(leverage_square, 1e-300) - 1
    value = np.empty((needs, 3))
    value[:, :2] = solved.coefficients[: 2 * needs].reshape(needs, 2)
    value[:, 2] = satisfaction_means(evidence)
    sides = np.asarray((design.indicators[:, : 2 * needs] != 0).sum(axis=0)).ravel()
    return Effects(value, covariance, np.maximum(freedom, 1.0), sides.reshape(needs, 2).astype(np.int64))


def satisfaction_means(evidence: Evidence) -> Floats:
    """Mean score of each need's documents, 0–1."""
    pairs, needs = evidence.pairs, len(evidence.need_ids)
    need = pairs["need"].to_numpy()
    total = np.bincount(need, weights=pairs["score"].to_numpy(), minlength=needs)
    return np.asarray(total / np.bincount(need, minlength=needs), dtype=np.float64)


def _score_influence(evidence: Evidence) -> Any:
    """Sparse (documents, needs): each document's share in the error of the mean score."""
    from scipy import sparse

    pairs, needs = evidence.pairs, len(evidence.need_ids)
    need = pairs["need"].to_numpy()
    counts = np.bincount(need, minlength=needs).astype(np.float64)
    correction = np.sqrt(counts / np.maximum(counts - 1, 1)) / counts
    deviation = (pairs["score"].to_numpy() - satisfaction_means(evidence)[need]) * correction[need]
    shape = (evidence.documents.height, needs)
    return sparse.csr_matrix((deviation, (pairs["position"].to_numpy(), need)), shape=shape)


def _influence_blocks(design: Design, solved: Fit, scores: Any, order: Codes) -> Iterator[Floats]:
    """Blocks (rows, 5 × needs) in the given order: influences, then squared weights of both effects.

    Residuals are divided by 1 − leverage (HC3, MacKinnon & White 1985), because a rare indicator pulls
    the line through its own few documents.
    """
    needs = design.n_needs
    for begin in range(0, len(order), CHUNK_ROWS):
        rows = order[begin : begin + CHUNK_ROWS]
        groups = design.groups[rows]
        x = design.indicators[rows].toarray() - solved.group_means[groups].toarray()
        x[~design.rated[rows]] = 0.0
        weight = x @ solved.inverse
        leverage = (weight * x).sum(axis=1) + 1 / np.maximum(solved.group_sizes[groups], 1)
        residual = solved.residuals[rows] / np.clip(1 - leverage, 0.05, 1.0)
        block = np.empty((len(rows), 5 * needs))
        influence = block[:, : 3 * needs].reshape(-1, needs, 3)
        effects = weight[:, : 2 * needs]
        influence[:, :, :2] = (effects * residual[:, None]).reshape(-1, needs, 2)
        influence[:, :, 2] = scores[rows].toarray()
        block[:, 3 * needs :] = effects**2
        yield block
