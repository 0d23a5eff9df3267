"""Resampling by author, product or document, in closed form.

Multiplying each cluster's influence by an independent standard normal is the multiplier form of the
cluster bootstrap (Kline & Santos 2012, "A score based approach to wild bootstrap inference"). Given
the data its replicates are exactly normal, so they are drawn from their covariance instead of being
made one by one: the same distribution, without a pass over the documents per replicate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

MIN_CLUSTERS = 30
CHUNK_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Clusters:
    """Cluster of every document (codes by position) and what a cluster is."""

    codes: Codes
    unit: str  # author, product or document


def codes_of(values: pl.Series) -> tuple[Codes, int]:
    """Codes 0…n−1 in sorted order of value, −1 for null, and n."""
    levels = values.drop_nulls().unique().sort().cast(pl.String)
    physical = values.cast(pl.String).cast(pl.Enum(levels)).to_physical().cast(pl.Int64).fill_null(-1)
    return physical.to_numpy().astype(np.int64), levels.len()


def choose_clusters(documents: pl.DataFrame) -> Clusters:
    """Authors if known for half of the documents, else products, each with ≥ 30 groups; else documents.

    A document without the chosen value is a cluster of its own.
    """
    count = documents.height
    for column, unit in (("author_id", "author"), ("product_id", "product"), ("product", "product")):
        codes, levels = codes_of(documents[column])
        if levels >= MIN_CLUSTERS and 2 * int((codes >= 0).sum()) >= count:
            alone = codes < 0
            codes = np.where(alone, levels + np.arange(count), codes)
            return Clusters(codes, unit)
    return Clusters(np.arange(count, dtype=np.int64), "document")


def cluster_sums(codes: Codes, blocks: Iterator[Floats]) -> Iterator[Floats]:
    """Sum rows by cluster.

    Args:
        codes: cluster of every row, sorted, so that a cluster's rows are neighbours.
        blocks: consecutive blocks of rows, (rows, columns).

    Yields:
        (clusters, columns) sums; each cluster exactly once, also where blocks cut through it.
    """
    begin = 0
    held: Floats | None = None
    held_code = -1
    for block in blocks:
        part = codes[begin : begin + len(block)]
        begin += len(block)
        starts = np.flatnonzero(np.r_[True, part[1:] != part[:-1]])
        sums = np.add.reduceat(block, starts, axis=0)
        if held is not None:
            if held_code == part[0]:
                sums[0] += held
            else:
                sums = np.vstack([held, sums])
        held, held_code = sums[-1].copy(), int(part[-1])
        if len(sums) > 1:
            yield sums[:-1]
    if held is not None:
        yield held[None, :]


def replicate_deviations(covariance: Floats, draws: Floats) -> Floats:
    """Joint replicate deviations of one need's numbers.

    Args:
        covariance: (m, m), positive semidefinite; zero rows stay exactly zero.
        draws: (replicates, m) independent standard normals.

    Returns:
        (replicates, m).
    """
    scale = np.sqrt(np.clip(np.diag(covariance), 0, None))
    safe = np.where(scale > 0, scale, 1.0)
    correlation = covariance / np.outer(safe, safe)
    np.fill_diagonal(correlation, 1.0 + 1e-6)
    return np.asarray(draws @ np.linalg.cholesky(correlation).T * scale)
