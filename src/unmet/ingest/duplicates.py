"""Exact and near duplicates of a stream of texts, in bounded memory.

Exact: equal folded texts. Near: MinHash bands name candidates (see minhash), the shingle sets of the two
texts decide. Of a group of copies the first stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from unmet.core.config import CleanConfig
from unmet.ingest.copy_keys import (
    AT_ONCE_SECONDS,
    author_keys,
    exact_keys,
    first_rows,
    is_long,
    is_pasted,
    seconds,
)
from unmet.ingest.key_index import ABSENT, KeyIndex
from unmet.ingest.minhash import (
    N_BANDS,
    band_keys,
    compact,
    estimated_similarity,
    signatures,
    similarity,
)
from unmet.ingest.text_store import TextStore

BATCH_COLUMNS = ("folded", "author_id", "product_id", "created_at", "rating", "comparable")
"""What :meth:`DuplicateFinder.add` reads: folded text (fingerprint.fold), who, what, when, stars 1–5, and
whether the row can be a copy at all."""

FLAGS: dict[str, pl.DataType] = {"kept": pl.Int32(), "reason": pl.String()}
"""What it returns per row: the number of the kept text it stands for or repeats, and why it is dropped."""

_SLACK = 0.2  # of the 64-value estimate: about four standard errors at .85
_MIN_RATING_DIFFERENCE = 0.5


class DuplicateFinder:
    """Finds copies among everything added so far.

    Rules: a folded text of at least ``min_duplicate_characters`` is kept once (a Chinese character counts
    one, a letter a third: see :func:`is_long`). Where two known authors wrote it, it is a copy only from
    twice that length, or if they did so within ten minutes. A shorter one may come from many customers;
    it is a copy if the same author repeats it or, without authors, if product and time (to the second)
    agree too. Near duplicates are looked for among long texts only, and a near duplicate whose rating
    differs stays, because its wording or its stars say something else.

    Memory per kept text: about 250 bytes.
    """

    def __init__(self, config: CleanConfig) -> None:
        self._config = config
        self._exact = KeyIndex()
        self._bands = KeyIndex()
        self._compact: _Grown = _Grown((0, 64), np.uint8)
        self._ratings: _Grown = _Grown((0,), np.float32)
        self._authors: _Grown = _Grown((0,), np.uint64)
        self._seconds: _Grown = _Grown((0,), np.float64)
        self._store = TextStore()
        self.n_kept = 0
        self._copies: _Grown = _Grown((0,), np.int32)

    @property
    def copies(self) -> npt.NDArray[np.int32]:
        """Rows dropped as copies, per kept text."""
        copies: npt.NDArray[np.int32] = self._copies.rows
        return copies

    def close(self) -> None:
        """Release the temporary file."""
        self._store.close()

    def add(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Take the next rows and say which of them are copies.

        Args:
            batch: the columns of :data:`BATCH_COLUMNS`, any number of rows.

        Returns:
            A frame of :data:`FLAGS`, row by row. ``reason`` is null for kept rows, otherwise
            ``duplicate``, ``duplicate_conflicting_rating`` or ``near_duplicate``. Kept texts are numbered
            from 0 in order of arrival.
        """
        n = len(batch)
        long = is_long(batch["folded"], self._config.min_duplicate_characters) & batch["comparable"]
        keys, has_key = exact_keys(batch, long, self._config.min_duplicate_characters)
        target = np.full(n, ABSENT, dtype=np.int32)
        target[has_key] = self._exact.find(keys[has_key])
        first_row = first_rows(keys, has_key & (target == ABSENT))
        is_new = (target == ABSENT) & (first_row == np.arange(n))

        near = self._near_targets(
            batch, is_new & long.to_numpy()
        )  # number of an older text or ~row of this batch
        kept_rows = np.flatnonzero(is_new & (near == _NO_MATCH))
        target[kept_rows] = self.n_kept + np.arange(len(kept_rows), dtype=np.int32)
        is_near = np.flatnonzero(is_new & (near != _NO_MATCH))
        for row in is_near:
            match = int(near[row])
            target[row] = target[~match] if match < 0 else match
        repeats = target == ABSENT
        target[repeats] = target[first_row[repeats]]

        self._remember(batch, kept_rows, keys, has_key, is_new, target)
        return self._flags(batch, target, kept_rows, is_near)

    def _remember(
        self,
        batch: pl.DataFrame,
        kept_rows: npt.NDArray[np.int64],
        keys: npt.NDArray[np.uint64],
        has_key: npt.NDArray[np.bool_],
        is_new: npt.NDArray[np.bool_],
        target: npt.NDArray[np.int32],
    ) -> None:
        rows = np.flatnonzero(is_new & has_key)  # near duplicates too: their copies belong to the same text
        self._exact.add(keys[rows], target[rows])
        kept = batch[kept_rows] if len(kept_rows) < len(batch) else batch
        self._ratings.extend(kept["rating"].cast(pl.Float32).fill_null(np.nan).to_numpy())
        self._authors.extend(author_keys(kept["author_id"]))
        self._seconds.extend(seconds(kept["created_at"]))
        self._copies.extend(np.zeros(len(kept_rows), dtype=np.int32))
        self._store.append(kept["folded"].to_list())
        rows_signed = self._signed_rows
        is_kept = np.isin(rows_signed, kept_rows)
        stored = np.zeros((len(kept_rows), 64), dtype=np.uint8)
        places = np.searchsorted(kept_rows, rows_signed[is_kept])
        stored[places] = self._signed_compact[is_kept]
        self._compact.extend(stored)
        band_numbers = np.repeat(target[rows_signed[is_kept]], N_BANDS)
        bands = self._signed_bands[is_kept].ravel()
        fresh = self._bands.find(bands) == ABSENT
        self._bands.add(bands[fresh], band_numbers[fresh])
        self.n_kept += len(kept_rows)

    def _near_targets(self, batch: pl.DataFrame, among: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """Per row the older text it nearly repeats, ``~row`` of this batch, or no match."""
        near = np.full(len(batch), _NO_MATCH, dtype=np.int64)
        rows = np.flatnonzero(among)
        texts: list[str] = batch["folded"].gather(rows).to_list()
        signed = signatures(texts)
        self._signed_rows, self._signed_compact = rows, compact(signed)
        self._signed_bands = (band_keys(signed) >> np.uint64(32)).astype(np.uint32)
        if self._config.near_duplicate_similarity >= 1.0 or not len(rows):
            return near
        ratings = batch["rating"].cast(pl.Float32).fill_null(np.nan).to_numpy()[rows]
        people = _People(batch[rows], self._config.min_duplicate_characters)
        older, shared = self._candidates(ratings, people)
        leaders: dict[int, int] = {}  # band key → first kept text of this batch that has it
        for place in sorted(older.keys() | shared.keys()):
            keys = shared.get(place, ())
            inside = sorted({leaders[key] for key in keys if key in leaders})
            inside = [
                leader
                for leader in inside
                if people.may_share(place, people.authors[leader], people.seconds[leader])
            ]
            match = self._first_similar(place, older.get(place, ()), inside, texts, ratings)
            if match is None:
                for key in keys:
                    leaders.setdefault(key, place)
            else:
                near[rows[place]] = match if match >= 0 else ~int(rows[~match])
        return near

    def _candidates(
        self, ratings: npt.NDArray[np.float32], people: _People
    ) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
        """Worth an exact look: older texts by place, and band keys that are new but shared in this batch."""
        bands = self._signed_bands
        found = self._bands.find(bands.ravel()).reshape(bands.shape)
        places, numbers = _pairs(found)
        good = estimated_similarity(self._signed_compact[places], self._compact.rows[numbers]) >= self._worth
        good &= ~_differ(ratings[places], self._ratings.rows[numbers])
        good &= people.may_share(places, self._authors.rows[numbers], self._seconds.rows[numbers])
        older: dict[int, list[int]] = {}
        for place, number in zip(places[good].tolist(), numbers[good].tolist(), strict=True):
            older.setdefault(place, []).append(number)
        _, inverse, counts = np.unique(bands.ravel(), return_inverse=True, return_counts=True)
        is_shared = (counts[inverse].reshape(bands.shape) > 1) & (found == ABSENT)
        shared: dict[int, list[int]] = {}
        for place, band in zip(*(axis.tolist() for axis in np.nonzero(is_shared)), strict=True):
            shared.setdefault(place, []).append(int(bands[place, band]))
        return older, shared

    @property
    def _worth(self) -> float:
        return self._config.near_duplicate_similarity - _SLACK

    def _first_similar(
        self,
        place: int,
        older: Sequence[int],
        inside: Sequence[int],
        texts: list[str],
        ratings: npt.NDArray[np.float32],
    ) -> int | None:
        """The first similar text: the number of an older one, or ``~place`` of one in this batch."""
        threshold = self._config.near_duplicate_similarity
        for number in older:
            if similarity(texts[place], self._store.read(number)) >= threshold:
                return number
        for leader in inside:
            pair = self._signed_compact[[place]], self._signed_compact[[leader]]
            if _differ(ratings[place], ratings[leader]) or estimated_similarity(*pair)[0] < self._worth:
                continue
            if similarity(texts[place], texts[leader]) >= threshold:
                return ~leader
        return None

    def _flags(
        self,
        batch: pl.DataFrame,
        target: npt.NDArray[np.int32],
        kept_rows: npt.NDArray[np.int64],
        is_near: npt.NDArray[np.int64],
    ) -> pl.DataFrame:
        dropped = np.ones(len(batch), dtype=bool)
        dropped[kept_rows] = False
        np.add.at(self._copies.rows, target[dropped], 1)
        ratings = batch["rating"].cast(pl.Float32).fill_null(np.nan).to_numpy()
        conflict = dropped & _differ(ratings, self._ratings.rows[target])
        codes = np.zeros(len(batch), dtype=np.int8)
        codes[dropped] = 1
        # Two authors' equal texts are found here too; to a reader they are no near copies.
        differs = [self._store.read(int(target[row])) != batch["folded"][int(row)] for row in is_near]
        codes[is_near[np.array(differs, dtype=bool)]] = 2
        codes[conflict] = 3
        names = [None, "duplicate", "near_duplicate", "duplicate_conflicting_rating"]
        return pl.DataFrame(
            {"kept": target, "reason": [names[code] for code in codes.tolist()]},
            schema=FLAGS,
        )


class _People:
    """Who wrote the long texts of a batch, and when."""

    def __init__(self, rows: pl.DataFrame, min_characters: int) -> None:
        self.authors = author_keys(rows["author_id"])
        self.seconds = seconds(rows["created_at"])
        self._pasted = is_pasted(rows["folded"], min_characters).to_numpy()

    def may_share(self, places: Any, authors: Any, times: Any) -> Any:
        """Whether a text can be a copy of one by these authors at these times (see :func:`exact_keys`)."""
        mine = self.authors[places]
        at_once = np.abs(self.seconds[places] - times) <= AT_ONCE_SECONDS
        return self._pasted[places] | (mine == authors) | (mine == 0) | (authors == np.uint64(0)) | at_once


_NO_MATCH = np.iinfo(np.int64).max


def _pairs(found: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Different (row, number) pairs of a row-by-band table of numbers."""
    places, bands = np.nonzero(found != ABSENT)
    numbers = found[places, bands].astype(np.int64)
    if not len(places):
        return places.astype(np.int64), numbers
    pairs = np.unique(np.stack([places.astype(np.int64), numbers], axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _differ(left: Any, right: Any) -> Any:
    """Whether two ratings disagree; a missing one agrees with all."""
    return np.abs(left - right) >= _MIN_RATING_DIFFERENCE


class _Grown:
    """A numpy array that grows at its end; ``rows`` is the filled part."""

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self._array = np.empty((1024, *shape[1:]), dtype=dtype)
        self._n = 0

    @property
    def rows(self) -> Any:
        return self._array[: self._n]

    def extend(self, values: npt.NDArray[Any]) -> None:
        needed = self._n + len(values)
        if needed > len(self._array):
            grown = np.empty(
                (max(needed, len(self._array) * 3 // 2), *self._array.shape[1:]), self._array.dtype
            )
            grown[: self._n] = self.rows
            self._array = grown
        self._array[self._n : needed] = values
        self._n = needed
