"""Running an encoder package: texts in, the outputs of all heads out of one forward, without torch.

A text's numbers do not depend on its neighbours: windows share a batch only if they are padded to the same
length, that length follows from the window alone, and the 8-bit graph scales every token by itself
(:mod:`unmet.training.quantizing` writes it).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from unmet.core.errors import InputError, ModelError
from unmet.evaluate.calibration import tempered
from unmet.models.encoder_outputs import Merger, ScoredSpan, TokenScores, output_of, tempered_span
from unmet.models.encoder_package import (
    MODEL_FILE,
    VECTOR,
    EncoderPackage,
    Head,
    load_encoder_package,
    package_reader,
)
from unmet.models.heads import DECIDING
from unmet.models.reading import Reader
from unmet.models.windows import Windows, pad_windows, pair_windows, text_windows
from unmet.text.folding import fold

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_HALVES = re.compile("[\ud800-\udfff]")

PAD_STEP = 8
"""Windows are padded to a multiple of this many tokens."""
BATCH_TOKENS = 4_096
"""Most tokens of a batch, padding included."""
CHUNK_TEXTS = 4_096
"""Texts whose windows are held in memory at once; changes no result."""


__all__ = ["EncoderModel", "ScoredSpan", "TokenScores", "batches", "load_encoder"]


@dataclass(frozen=True)
class EncoderModel:
    """A loaded package. The graph is read when a text is first run.

    Attributes:
        package: manifest, heads and files.
        threads: CPU threads; 0 leaves the choice to ONNX Runtime.
    """

    package: EncoderPackage
    threads: int = 0
    _counts: dict[str, int] = field(default_factory=lambda: {"forwards": 0, "shortened": 0}, repr=False)

    @property
    def heads(self) -> Mapping[str, Head]:
        """Heads by name."""
        return self.package.heads

    @property
    def n_shortened(self) -> int:
        """Pairs so far that did not fit and lost the end of the longer text."""
        return self._counts["shortened"]

    @property
    def n_forwards(self) -> int:
        """Batches run so far."""
        return self._counts["forwards"]

    @cached_property
    def reader(self) -> Reader:
        """The tokenizer."""
        return package_reader(self.package)

    @cached_property
    def session(self) -> InferenceSession:
        """The graph in ONNX Runtime."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.log_severity_level = 3
        path = self.package.folder / MODEL_FILE
        try:
            return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime raises classes of its own
            raise ModelError(
                f"{MODEL_FILE} cannot be run: {str(error).splitlines()[0]}", where=str(path)
            ) from error

    def run(
        self,
        texts: Sequence[str],
        seconds: Sequence[str] | None = None,
        heads: Sequence[str] | None = None,
        *,
        calibrated: bool = True,
        scored: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Read texts once and give the outputs of several heads, in the order of the texts.

        Args:
            texts: any strings; long ones are read in windows whose outputs are merged.
            seconds: second texts, for heads that read two; then all heads asked for must.
            heads: names of heads, or ``vector``; every head that reads as many texts when ``None``.
            calibrated: divide by the heads' temperatures.
            scored: tag heads that are to give scores of every token, as they are, instead of spans.

        Returns:
            Head → probabilities ``(n, K)``, scores in their own unit ``(n, k)``, unit vectors ``(n, width)``
            or, for tags, a list of :class:`ScoredSpan` per text (:class:`TokenScores` if ``scored``).

        Raises:
            InputError: a head is unknown or reads another number of texts.
        """
        names = self._checked(texts, seconds, heads)
        chunks = [
            self._run_chunk(
                texts[a : a + CHUNK_TEXTS], seconds and seconds[a : a + CHUNK_TEXTS], names, scored
            )
            for a in range(0, max(len(texts), 1), CHUNK_TEXTS)
        ]
        merged: dict[str, Any] = {}
        for name in names:
            parts = [chunk[name] for chunk in chunks]
            spans = isinstance(parts[0], list)
            merged[name] = [row for part in parts for row in part] if spans else np.concatenate(parts)
            if calibrated and name not in scored:
                merged[name] = self._tempered(name, merged[name])
        return merged

    def around(self, texts: Sequence[str], seconds: Sequence[str]) -> list[str]:
        """First texts that do not fit beside their second, shortened to what stands around it.

        A text that names its second (case, width and traditional characters do not matter) is cut evenly on
        both sides of the first place; one that does not keeps its beginning.
        """
        room = int(self.package.manifest["max_tokens"]) - 3
        pairs = zip(texts, seconds, strict=True)
        return [
            # A token is at least a character, so most pairs need no second look.
            text if len(text) + len(second) <= room else self._shortened(text, second, room)
            for text, second in pairs
        ]

    def _shortened(self, text: str, second: str, room: int) -> str:
        first, other = self.reader.encode_batch([_readable(text), _readable(second)])
        left = max(room - len(other.ids), 1)
        if len(first.ids) <= left:
            return text
        place = max(fold(text).find(fold(second).strip()), 0)
        starts = [start for start, _ in first.offsets]
        middle = int(np.searchsorted(starts, place)) + len(other.ids) // 2
        begin = min(max(middle - left // 2, 0), len(starts) - left)
        return text[starts[begin] : first.offsets[begin + left - 1][1]]

    def abstains(self, head: str, probabilities: Floats) -> NDArray[np.bool_]:
        """Which rows of probabilities ``(n, K)`` the head is not sure enough of, shape ``(n,)``."""
        below: NDArray[np.bool_] = probabilities.max(axis=1) < self.heads[head].abstain_below
        return below

    def _checked(
        self, texts: Sequence[str], seconds: Sequence[str] | None, heads: Sequence[str] | None
    ) -> tuple[str, ...]:
        if isinstance(texts, str) or isinstance(seconds, str):
            raise InputError("run() takes a list of texts, not one string", hint="Pass [text].")
        if seconds is not None and len(seconds) != len(texts):
            raise InputError(f"{len(texts)} texts but {len(seconds)} second texts")
        if heads is None:
            heads = [n for n, head in self.heads.items() if head.task.reads_two == (seconds is not None)]
        for name in heads:
            if name not in self.heads and name != VECTOR:
                raise InputError(f"the encoder has no head {name!r}", hint=f"It has {', '.join(self.heads)}.")
            if self._reads_two(name) != (seconds is not None):
                wanted = "two texts" if self._reads_two(name) else "one text"
                raise InputError(f"the head {name!r} reads {wanted}", hint="Run it by itself.")
        return tuple(dict.fromkeys(heads))

    def _reads_two(self, name: str) -> bool:
        return name in self.heads and self.heads[name].task.reads_two

    def _tempered(self, name: str, values: Any) -> Any:
        head = self.heads.get(name)
        if head is None or head.temperature == 1.0 or not len(values):
            return values
        if head.task.kind == "tags":
            return [[tempered_span(span, head.temperature) for span in spans] for spans in values]
        return tempered(values, head.temperature).astype(np.float32) if head.task.kind in DECIDING else values

    def _run_chunk(
        self,
        texts: Sequence[str],
        seconds: Sequence[str] | None,
        names: tuple[str, ...],
        scored: Sequence[str],
    ) -> dict[str, Any]:
        longest = int(self.package.manifest["max_tokens"])
        readable = [_readable(text) for text in texts]
        if seconds is None:
            windows = text_windows(readable, self.reader, longest)
        else:
            windows = pair_windows(readable, [_readable(s) for s in seconds], self.reader, longest)
            self._counts["shortened"] += windows.n_shortened
        width = int(self.package.manifest["vector_width"])
        merger = Merger(names, self.heads, width, windows, len(texts), scored)
        wanted = list(dict.fromkeys(output_of(name, self.heads) for name in names))
        for numbers, length in batches(windows, longest):
            outputs = self.session.run(wanted, self._feeds(windows, numbers, length))
            self._counts["forwards"] += 1
            merger.add(numbers, dict(zip(wanted, outputs, strict=True)))
        return {name: merger.result(name) for name in names}

    def _feeds(self, windows: Windows, numbers: Ints, length: int) -> dict[str, Ints]:
        batch = pad_windows(windows, numbers, self.reader.pad, length)
        feeds = {
            "input_ids": batch.ids,
            "attention_mask": batch.attention,
            "token_type_ids": batch.segments,
        }
        return {name: feeds[name] for name in self.package.manifest["inputs"]}


def load_encoder(folder: Path, threads: int = 0) -> EncoderModel:
    """Load and verify an encoder package.

    Raises:
        ModelError: see :func:`unmet.models.encoder_package.load_encoder_package`.
    """
    return EncoderModel(load_encoder_package(folder), threads)


def batches(windows: Windows, longest: int) -> Iterator[tuple[Ints, int]]:
    """Window numbers that share a batch, and the length they are padded to.

    The length of a window's batch depends on the window alone, so padding is the same in every company. It
    never exceeds ``longest``, because the encoder may have no positions beyond.
    """
    padded = np.minimum(-(-windows.lengths // PAD_STEP) * PAD_STEP, longest)
    for length in np.unique(padded):
        numbers = np.flatnonzero(padded == length)
        rows = max(1, BATCH_TOKENS // int(length))
        for first in range(0, len(numbers), rows):
            yield numbers[first : first + rows], int(length)


def _readable(text: str) -> str:
    """Half characters cannot be tokenized; each becomes a mark of the same length."""
    return _HALVES.sub("\ufffd", text)
