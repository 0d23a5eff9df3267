"""Splits that do not leak: equal texts and rows of one group always fall on the same side."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Split:
    """Row numbers of both sides, ascending, and what was held out (a fold number or a group)."""

    train: Rows
    test: Rows
    name: str


def text_key(text: str) -> str:
    """What counts as the same text: letters, digits and ideographs only, case and width folded.

    >>> text_key("很 好！") == text_key("很好。")
    True
    """
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(c for c in folded if c.isalnum()) or folded.strip()


def linked_groups(*keys: Sequence[Hashable]) -> Rows:
    """Number of the connected group of each row; rows that share any key are one group.

    >>> linked_groups(["a", "b", "c"], [1, 2, 1]).tolist()
    [0, 1, 0]
    """
    n_rows = len(keys[0]) if keys else 0
    parent = list(range(n_rows))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for values in keys:
        if len(values) != n_rows:
            raise ValueError(f"{len(values)} keys for {n_rows} rows")
        seen: dict[Hashable, int] = {}
        for row, value in enumerate(values):
            first, second = root(seen.setdefault(value, row)), root(row)
            parent[max(first, second)] = min(first, second)
    numbers: dict[int, int] = {}
    return np.array([numbers.setdefault(root(row), len(numbers)) for row in range(n_rows)], dtype=np.int64)


def grouped_folds(groups: Rows, n_folds: int, *, seed: int = 0) -> list[Split]:
    """``n_folds`` splits in which every row is tested once and no group is cut.

    Groups are dealt out at random; a fold's size is even only as far as the groups allow.

    Raises:
        ValueError: fewer groups than folds.
    """
    n_groups = int(groups.max()) + 1 if len(groups) else 0
    if n_groups < n_folds:
        raise ValueError(f"{n_groups} groups cannot make {n_folds} folds")
    order = np.random.default_rng(seed).permutation(n_groups)
    fold_of_group = np.empty(n_groups, dtype=np.int64)
    fold_of_group[order] = np.arange(n_groups) % n_folds
    folds = fold_of_group[groups]
    return [
        Split(np.flatnonzero(folds != fold), np.flatnonzero(folds == fold), str(fold))
        for fold in range(n_folds)
    ]


def text_folds(texts: Sequence[str], n_folds: int, *, seed: int = 0) -> list[Split]:
    """Random folds in which the same text (:func:`text_key`) is never on both sides."""
    return grouped_folds(linked_groups([text_key(text) for text in texts]), n_folds, seed=seed)


def leave_one_group_out(groups: Sequence[str], texts: Sequence[str] | None = None) -> Iterator[Split]:
    """One split per group value; with ``texts``, copies of test texts leave the training side too."""
    values = np.asarray(groups)
    keys = None if texts is None else np.array([text_key(text) for text in texts])
    for name in sorted(set(groups)):
        test = values == name
        train = ~test
        if keys is not None:
            train &= ~np.isin(keys, keys[test])
        yield Split(np.flatnonzero(train), np.flatnonzero(test), str(name))
