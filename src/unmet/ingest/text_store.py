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
        self._file = tempfile.TemporaryFile(prefix="unmet-")  # noqa: SIM115 (closed by close)
        self._bounds: list[npt.NDArray[np.int64]] = []  # start of each text of a block, and its end
        self._counts: list[int] = [0]  # texts before each block
        self._size = 0

    def __len__(self) -> int:
        return self._counts[-1]

    def append(self, texts: Sequence[str]) -> None:
        """Add a batch of texts; numbers go on from ``len(self)``."""
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        sizes = np.zeros(len(encoded) + 1, dtype=np.int64)
        sizes[1:] = [len(text) for text in encoded]
        self._file.write(b"".join(encoded))
        self._file.flush()
        self._bounds.append(np.cumsum(sizes) + self._size)
        self._size += int(sizes.sum())
        self._counts.append(self._counts[-1] + len(encoded))

    def read(self, number: int) -> str:
        """The text with this number (0 is the first)."""
        block = int(np.searchsorted(self._counts, number, side="right")) - 1
        bounds = self._bounds[block]
        place = number - self._counts[block]
        start, end = int(bounds[place]), int(bounds[place + 1])
        return os.pread(self._file.fileno(), end - start, start).decode("utf-8", "surrogatepass")

    def close(self) -> None:
        """Remove the file."""
        self._file.close()
