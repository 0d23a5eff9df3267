"""Texts kept outside memory, in order of arrival: what an exact comparison needs to look at again."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


class TextStore:
    """Append texts, read any of them back. An unnamed temporary file; eight bytes of memory per text."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="unmet-")
        self._ends: list[npt.NDArray[np.int64]] = []
        self._counts: list[int] = [0]  # texts before each block
        self._size = 0

    def __len__(self) -> int:
        return self._counts[-1]

    def append(self, texts: Sequence[str]) -> None:
        """Add a batch of texts; numbers go on from ``len(self)``."""
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        sizes = np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded))
        self._file.write(b"".join(encoded))
        self._file.flush()
        self._ends.append(np.cumsum(sizes) + self._size)
        self._size += int(sizes.sum())
        self._counts.append(self._counts[-1] + len(encoded))

    def read(self, number: int) -> str:
        """The text with this number (0 is the first)."""
        block = int(np.searchsorted(self._counts, number, side="right")) - 1
        ends = self._ends[block]
        place = number - self._counts[block]
        end = int(ends[place])
        if place:
            start = int(ends[place - 1])
        else:
            start = int(self._ends[block - 1][-1]) if block and len(self._ends[block - 1]) else 0
            if block and not len(self._ends[block - 1]):
                start = self._start_of_block(block)
        return os.pread(self._file.fileno(), end - start, start).decode("utf-8", "surrogatepass")

    def _start_of_block(self, block: int) -> int:
        for ends in reversed(self._ends[:block]):
            if len(ends):
                return int(ends[-1])
        return 0

    def close(self) -> None:
        """Remove the file."""
        self._file.close()
