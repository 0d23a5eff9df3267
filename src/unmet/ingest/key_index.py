"""A growing map from integer keys to 32-bit numbers in plain numpy arrays: 8 or 12 bytes per entry.

Sorted runs of falling size, merged like a log-structured tree: adding is linear in all, a lookup is a
binary search in at most about log2(batches) runs. The first value of a key wins.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[Any]  # uint32 or uint64, one type per index
I32 = npt.NDArray[np.int32]

ABSENT = -1


class KeyIndex:
    """Keys → numbers, filled batch by batch."""

    def __init__(self) -> None:
        self._runs: list[tuple[Keys, I32]] = []

    def __len__(self) -> int:
        return sum(len(keys) for keys, _ in self._runs)

    def find(self, keys: Keys) -> I32:
        """Number of each key, :data:`ABSENT` where it was never added."""
        order = np.argsort(keys)  # neighbours in the search share the cache
        wanted = keys[order]
        found_sorted = np.full(len(keys), ABSENT, dtype=np.int32)
        for run_keys, values in self._runs:
            places = np.searchsorted(run_keys, wanted)
            places[places == len(run_keys)] = 0
            hit = run_keys[places] == wanted
            found_sorted[hit] = values[places[hit]]
        found = np.empty_like(found_sorted)
        found[order] = found_sorted
        return found

    def add(self, keys: Keys, values: I32) -> None:
        """Add keys that are absent (see :meth:`find`); of equal keys in one call the first stays."""
        if not len(keys):
            return
        unique, first = np.unique(keys, return_index=True)
        self._runs.append((unique, values[first].astype(np.int32, copy=False)))
        while len(self._runs) > 1 and len(self._runs[-2][0]) < 2 * len(self._runs[-1][0]):
            newer, older = self._runs.pop(), self._runs.pop()
            self._runs.append(_merged(older, newer))


def _merged(older: tuple[Keys, I32], newer: tuple[Keys, I32]) -> tuple[Keys, I32]:
    n = len(older[0]) + len(newer[0])
    places = np.searchsorted(older[0], newer[0], side="right") + np.arange(len(newer[0]))
    from_older = np.ones(n, dtype=bool)
    from_older[places] = False
    keys, values = np.empty(n, dtype=older[0].dtype), np.empty(n, dtype=np.int32)
    keys[places], values[places] = newer
    keys[from_older], values[from_older] = older
    return keys, values
