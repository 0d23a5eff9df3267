"""What customers say, as numbers with dates: need volume, sentiment and shares of complaints by period.

Read from the tables of a run folder (``documents.parquet``, ``mentions.parquet``). A value belongs to
the period its texts were written in and is used for later periods only (:func:`known_at`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    "total": pl.Float64(),  # volume: texts; sentiment: sum of −1 to 1; shares: texts that say it
    "weight": pl.Float64(),  # volume: 1; sentiment: sentences; shares: texts
}
"""One row per key, period and signal; the signal is ``total / weight``. Periods without texts have none."""

PRIOR = 5.0
"""Recent shares and sentiment are pulled to the key's own mean so far as if by so many texts more."""

POOL_PRIOR = 10.0
"""The key's own mean so far is pulled to that of all keys as if by so many texts more."""


@dataclass(frozen=True, slots=True)
class SignalCube:
    """Signals on a grid; arrays of shape ``(keys, periods, signals)``, 0 where nothing was said."""

    total: Floats
    weight: Floats
    names: list[str]

    def of(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> SignalCube:
        """Some of the keys."""
        return replace(self, total=self.total[rows], weight=self.weight[rows])

    def only(self, places: NDArray[np.int64]) -> SignalCube:
        """Some of the signals."""
        names = [self.names[place] for place in places]
        return SignalCube(self.total[:, :, places], self.weight[:, :, places], names)


def signal_table(
    documents: pl.DataFrame,
    mentions: pl.DataFrame,
    *,
    key: str,
    freq: str,
    n_needs: int = 40,
    n_aspects: int = 12,
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
    texts = dated.group_by("key", "period_start").agg(pl.len().alias("texts"))
    complaints = said.filter((pl.col("polarity") == "negative") & pl.col("need_id").is_not_null())
    shares = [_volume(texts), _sentiment(said)]
    shares += [
        _share(complaints.filter(pl.col("need_id") == name), texts, f"need:{name}")
        for name in _commonest(complaints["need_id"], n_needs)
    ]
    shares += [
        _share(said.filter(pl.col("category") == name), texts, f"aspect:{name}")
        for name in _commonest(said["category"], n_aspects)
    ]
    parts = [part.select(pl.col(c).cast(t) for c, t in SIGNALS.items()) for part in shares]
    return pl.concat(parts).sort("key", "period_start", "signal")


def _commonest(names: pl.Series, n: int) -> list[str]:
    counted = (
        names.drop_nulls()
        .to_frame("name")
        .group_by("name")
        .len()
        .sort("len", "name", descending=[True, False])
    )
    return counted["name"].head(n).to_list()


def _volume(texts: pl.DataFrame) -> pl.DataFrame:
    return texts.select(
        "key", "period_start", pl.lit("volume").alias("signal"), pl.col("texts").alias("total"),
        pl.lit(1.0).alias("weight"),
    )  # fmt: skip


def _sentiment(said: pl.DataFrame) -> pl.DataFrame:
    """Sum over the sentences of the key and period."""
    felt = said.drop_nulls("sentence_sentiment").group_by("key", "period_start")
    return felt.agg(
        pl.lit("sentiment").alias("signal"),
        pl.col("sentence_sentiment").sum().alias("total"),
        pl.len().alias("weight"),
    )


def _share(chosen: pl.DataFrame, texts: pl.DataFrame, name: str) -> pl.DataFrame:
    """Texts that say it, of all texts of the key and period."""
    count = chosen.group_by("key", "period_start").agg(pl.col("document_id").n_unique().alias("total"))
    joined = texts.join(count, on=["key", "period_start"], how="left")
    return joined.select(
        "key", "period_start", pl.lit(name).alias("signal"), pl.col("total").fill_null(0),
        pl.col("texts").alias("weight"),
    )  # fmt: skip


def signal_cube(signals: pl.DataFrame, keys: list[str], periods: list[object]) -> SignalCube:
    """Signals of some keys and periods on a grid; others are left out.

    A period without texts says that there were none from the key's first text on.
    """
    names = sorted(signals["signal"].unique().to_list())
    total, weight = np.zeros((2, len(keys), len(periods), len(names)))
    places = [{value: place for place, value in enumerate(axis)} for axis in (keys, periods, names)]
    for key, period, name, amount, texts in signals.select(SIGNALS.keys()).iter_rows():
        at = (places[0].get(key), places[1].get(period), places[2].get(name))
        if None not in at:
            total[at], weight[at] = amount, texts
    if "volume" in names:
        volume = weight[:, :, names.index("volume")]
        np.maximum.accumulate(volume, axis=1, out=volume)
    return SignalCube(total, weight, names)


def known_at(cube: SignalCube, *, span: float = 4.0) -> Floats:
    """How far each signal is from the key's usual, as known when each period begins.

    The exponential mean over the last periods less the mean of all before, both over the periods strictly
    before: changing a period changes only later ones. 0 where nothing was said yet. Levels that never change
    are in past sales already, so only what has moved is a signal. ``volume`` is on a log scale.

    Args:
        cube: signals of keys that are alike: the mean of all keys stands in for a young key's own.
        span: of the exponential mean, in periods; the decay is ``1 − 2 / (span + 1)``.

    Returns:
        Shape ``(keys, periods + 1, signals)``; the last one is known after the last period.
    """
    keep = 1 - 2 / (span + 1)
    n_keys, n_periods, n_signals = cube.total.shape
    recent, texts, so_far, all_texts = np.zeros((4, n_keys, n_signals))
    known = np.zeros((n_keys, n_periods + 1, n_signals))
    log = np.array([name == "volume" for name in cube.names])
    for period in range(n_periods + 1):
        pool = so_far.sum(axis=0) / np.maximum(all_texts.sum(axis=0), 1e-9)
        usual = (so_far + POOL_PRIOR * pool) / (all_texts + POOL_PRIOR)
        now = (recent + PRIOR * usual) / (texts + PRIOR)
        known[:, period] = np.where(log, np.log1p(np.maximum(now, 0)) - np.log1p(np.maximum(usual, 0)),
                                    now - usual)  # fmt: skip
        if period < n_periods:
            total, weight = cube.total[:, period], cube.weight[:, period]
            recent, texts = keep * recent + total, keep * texts + weight
            so_far, all_texts = so_far + total, all_texts + weight
    return known


def shuffled(cube: SignalCube, rng: np.random.Generator, *, away: int = 13) -> SignalCube:
    """The placebo: the courses of all keys moved in time, in a circle, and handed to other keys.

    Single periods in random order would turn slow signals into noise, and noise never looks like slow
    sales by chance. Moved courses are as slow as the real ones.

    Args:
        cube: signals.
        rng: draws the shift and who gets which course.
        away: fewest periods of shift (less in short cubes).
    """
    n_keys, n_periods = cube.total.shape[:2]
    away = min(away, n_periods // 3)
    shift = int(rng.integers(away, max(n_periods - away, away + 1)))
    to = rng.permutation(n_keys)
    return replace(
        cube, total=np.roll(cube.total, shift, axis=1)[to], weight=np.roll(cube.weight, shift, axis=1)[to]
    )
