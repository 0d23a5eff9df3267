"""What customers say, as numbers with dates: need volume, sentiment and shares of complaints by period.

Read from the tables of a run folder (``documents.parquet``, ``mentions.parquet``). A value belongs to
the period its texts were written in and is used for later periods only (:func:`known_at`).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.errors import InputError
from unmet.forecast.periods import start_of

Floats = NDArray[np.float64]

SIGNALS: dict[str, pl.DataType] = {
    "key": pl.String(),  # product_id or category
    "period_start": pl.Date(),
    "signal": pl.String(),  # volume, sentiment, need:<id>, aspect:<category>
    "value": pl.Float64(),  # volume: log(1 + texts); sentiment: −1 to 1; shares: 0–1
}
"""One row per key, period and signal; periods without texts have none."""

PRIOR_TEXTS = 5.0
"""Shares and sentiment of few texts are pulled to the key's mean as if by so many texts more."""


def signal_table(
    documents: pl.DataFrame,
    mentions: pl.DataFrame,
    *,
    key: str,
    freq: str,
    n_needs: int = 8,
    n_aspects: int = 4,
) -> pl.DataFrame:
    """Signals of every key and period.

    Args:
        documents: ``document_id, created_at`` and the key; texts without a date or key are left out.
        mentions: ``document_id, need_id, category, polarity, sentence_sentiment``.
        key: ``product_id`` or ``category`` of the documents.
        freq: one of FREQUENCIES.
        n_needs: commonest needs whose share of complaining texts is a signal.
        n_aspects: commonest aspect categories whose share of texts is one.

    Returns:
        Schema SIGNALS.

    Raises:
        InputError: no text has a date and a key.
    """
    dated = documents.select(
        "document_id",
        pl.col(key).alias("key"),
        start_of(pl.col("created_at"), freq).dt.date().alias("period_start"),
    ).drop_nulls()
    if dated.is_empty():
        raise InputError(
            f"no text of the run has both a date and a {key}",
            hint="Mine texts with dates, or leave --signals out.",
        )
    said = mentions.join(dated, on="document_id")
    volume = dated.group_by("key", "period_start").agg(pl.len().alias("texts"))
    tables = [
        volume.select(
            "key", "period_start", pl.lit("volume").alias("signal"), pl.col("texts").log1p().alias("value")
        )
    ]
    tables.append(_sentiment(said))
    complaints = said.filter((pl.col("polarity") == "negative") & pl.col("need_id").is_not_null())
    tables += [
        _share(complaints.filter(pl.col("need_id") == name), volume, f"need:{name}")
        for name in _commonest(complaints["need_id"], n_needs)
    ]
    tables += [
        _share(said.filter(pl.col("category") == name), volume, f"aspect:{name}")
        for name in _commonest(said["category"], n_aspects)
    ]
    whole = pl.concat([table.select(pl.col(c).cast(t) for c, t in SIGNALS.items()) for table in tables])
    return whole.sort("key", "period_start", "signal")


def _commonest(names: pl.Series, n: int) -> list[str]:
    counted = (
        names.drop_nulls()
        .to_frame("name")
        .group_by("name")
        .len()
        .sort("len", "name", descending=[True, False])
    )
    return counted["name"].head(n).to_list()


def _sentiment(said: pl.DataFrame) -> pl.DataFrame:
    felt = said.drop_nulls("sentence_sentiment").with_columns(
        pl.col("sentence_sentiment").mean().over("key").alias("usual")
    )
    total = pl.col("sentence_sentiment").sum() + PRIOR_TEXTS * pl.col("usual").first()
    return felt.group_by("key", "period_start").agg(
        pl.lit("sentiment").alias("signal"), (total / (pl.len() + PRIOR_TEXTS)).alias("value")
    )


def _share(chosen: pl.DataFrame, volume: pl.DataFrame, name: str) -> pl.DataFrame:
    """Share of texts, shrunk to the share over all the key's texts."""
    count = chosen.group_by("key", "period_start").agg(pl.col("document_id").n_unique().alias("hits"))
    joined = volume.join(count, on=["key", "period_start"], how="left").with_columns(
        pl.col("hits").fill_null(0)
    )
    usual = pl.col("hits").sum().over("key") / pl.col("texts").sum().over("key")
    value = (pl.col("hits") + PRIOR_TEXTS * usual) / (pl.col("texts") + PRIOR_TEXTS)
    return joined.select("key", "period_start", pl.lit(name).alias("signal"), value.alias("value"))


def signal_cube(signals: pl.DataFrame, keys: list[str], periods: list[object]) -> tuple[Floats, list[str]]:
    """Signals as an array ``(keys, periods, signals)``, NaN where nothing was said, and their names."""
    names = sorted(signals["signal"].unique().to_list())
    cube = np.full((len(keys), len(periods), len(names)), np.nan)
    places = [{value: place for place, value in enumerate(axis)} for axis in (keys, periods, names)]
    for key, period, name, value in signals.select(SIGNALS.keys()).iter_rows():
        at = (places[0].get(key), places[1].get(period), places[2].get(name))
        if None not in at:
            cube[at] = value
    return cube, names


def known_at(cube: Floats, *, span: float = 4.0) -> Floats:
    """What was known when each period began: exponential means over the periods strictly before it.

    Periods without texts do not count; where nothing was said yet the value is NaN. Changing any period
    changes only later ones.

    Args:
        cube: shape ``(keys, periods, signals)``.
        span: of the exponential mean, in periods; the decay is ``1 − 2 / (span + 1)``.
    """
    keep = 1 - 2 / (span + 1)
    total, weight = np.zeros((2, cube.shape[0], cube.shape[2]))
    known = np.full_like(cube, np.nan)
    for period in range(cube.shape[1]):
        known[:, period] = np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 1e-12)
        said = np.isfinite(cube[:, period])
        total = keep * total + np.where(said, cube[:, period], 0.0)
        weight = keep * weight + said
    return known


def shuffled(cube: Floats, rng: np.random.Generator) -> Floats:
    """The placebo: each key's periods in a random order, all its signals together."""
    order = np.argsort(rng.random(cube.shape[:2]), axis=1)
    return np.take_along_axis(cube, order[:, :, None], axis=1)
