"""Sentence vectors of a teacher, kept on disk, and the loss that pulls a pupil towards them.

A pupil learns to give a text the vector that the teacher gives it, and to give its translation the same one
(Reimers & Gurevych, "Making monolingual sentence embeddings multilingual using knowledge distillation",
2020). The teacher reads every text once, before training.

```
FOLDER/texts.parquet   text, vector (number of the row of vectors.npy)
FOLDER/vectors.npy     float16, (n, width), unit length
```
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from unmet.core.config import FinetuneConfig, PretrainConfig
from unmet.core.errors import InputError
from unmet.core.files import atomic_path
from unmet.training.batching import Batch, assemble, epoch_batches
from unmet.training.multitask import mean_state, vector_loss
from unmet.training.sentence_teachers import load_sentence_teacher
from unmet.training.tokenizing import Reader

TEXTS, VECTORS = "texts.parquet", "vectors.npy"

_AT_ONCE = 4_096  # texts between two reports of progress

Halves = NDArray[np.float16]
ReadStates = Callable[[dict[str, torch.Tensor]], torch.Tensor]
"""Ids and attention → states of the tokens, ``(n, tokens, width)``."""


def write_teacher(
    source: Path,
    texts: Sequence[str],
    translations: Mapping[str, str],
    out: Path,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Let a teacher read texts.

    Args:
        source: Hugging Face or sentence-transformers folder, see :func:`load_sentence_teacher`.
        texts: what the teacher reads and the pupil shall read alike.
        translations: another text → the text of ``texts`` or a further one that means the same.
        out: folder to write.
        progress: told the number of texts read.

    Returns:
        Number of texts for the pupil.

    Raises:
        ModelError: the teacher cannot be loaded.
    """
    teacher = load_sentence_teacher(source)
    read = sorted({*texts, *translations.values()}, key=lambda text: (len(text), text))
    vectors: Halves = np.zeros((0, 0), dtype=np.float16)
    for first in range(0, len(read), _AT_ONCE):
        found = teacher.vectors(read[first : first + _AT_ONCE])
        if not first:
            vectors = np.zeros((len(read), found.shape[1]), dtype=np.float16)
        vectors[first : first + len(found)] = found
        progress(first + len(found))
    place = {text: number for number, text in enumerate(read)}
    rows = {**place, **{text: place[meaning] for text, meaning in translations.items()}}
    out.mkdir(parents=True, exist_ok=True)
    with atomic_path(out / VECTORS) as temporary, temporary.open("wb") as stream:
        np.save(stream, vectors)
    with atomic_path(out / TEXTS) as temporary:
        pl.DataFrame({"text": list(rows), "vector": list(rows.values())}).write_parquet(temporary)
    return len(rows)


class Teacher:
    """Lessons in batches: texts with the vectors they should get."""

    def __init__(self, folder: Path, reader: Reader, max_tokens: int, tokens_per_batch: int) -> None:
        try:
            table = pl.read_parquet(folder / TEXTS)
            self.vectors = np.load(folder / VECTORS)
        except (OSError, ValueError, pl.exceptions.PolarsError) as error:
            raise InputError("no teacher's vectors can be read", where=str(folder)) from error
        texts: list[str] = table["text"].to_list()
        self._targets = table["vector"].to_numpy()
        self._ids = [np.array(e.ids[: max_tokens - 2], dtype=np.int64) for e in reader.encode_batch(texts)]
        self._lengths = np.array([len(ids) for ids in self._ids])
        self._reader, self._tokens = reader, tokens_per_batch

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return int(self.vectors.shape[1])

    def lessons(self, seed: int, first: int) -> Iterator[tuple[Batch, Halves]]:
        """Endless batches from number ``first`` on; seed and number alone decide what is in one."""
        epoch, number = 0, 0
        while True:
            rng = np.random.default_rng([seed, 7, epoch])
            for rows in epoch_batches(self._lengths, np.arange(len(self._ids)), self._tokens, rng):
                if number >= first:
                    yield self._batch(rows)
                number += 1
            epoch += 1

    def _batch(self, rows: NDArray[np.int64]) -> tuple[Batch, Halves]:
        reader = self._reader
        flags = [np.zeros(len(self._ids[row]), dtype=np.uint8) for row in rows]
        pieces = [((self._ids[row], flag), None, -100) for row, flag in zip(rows, flags, strict=True)]
        return assemble(pieces, reader.start, reader.end, reader.pad), self.vectors[self._targets[rows]]


def open_teacher(
    model: Any, config: PretrainConfig | FinetuneConfig, reader: Reader, longest: int
) -> Teacher | None:
    """The teacher that a run names, if it names one.

    Args:
        model: an encoder, or a model with one.
        config: names the teacher's folder.
        reader: the model's tokenizer.
        longest: most tokens of a text.

    Raises:
        InputError: it does not suit the model.
    """
    if config.teacher is None:
        return None
    if isinstance(config, PretrainConfig) and config.objective == "clm":
        raise InputError("a teacher of sentence vectors needs an encoder", hint="Use --objective mlm.")
    teacher = Teacher(Path(config.teacher), reader, longest, config.teacher_tokens)
    if teacher.width != model.config.hidden_size:
        raise InputError(
            f"the teacher's vectors have {teacher.width} numbers, the model's {model.config.hidden_size}",
            where=config.teacher,
        )
    return teacher


def token_states(encoder: nn.Module) -> ReadStates:
    """How an encoder reads: its last layer."""
    return lambda inputs: encoder(**inputs).last_hidden_state


def lesson_loss(
    read: ReadStates,
    batch: Batch,
    vectors: Halves,
    device: torch.device,
) -> torch.Tensor:
    """Mean squared distance of the pupil's unit vectors from the teacher's, 0–4.

    Args:
        read: the pupil.
        batch: texts.
        vectors: the teacher's, of unit length.
        device: of the pupil.
    """
    attention = torch.as_tensor(batch.attention, device=device)
    states = read({"input_ids": torch.as_tensor(batch.ids, device=device), "attention_mask": attention})
    unit = functional.normalize(mean_state(states, attention), dim=1)
    return vector_loss(unit, torch.as_tensor(vectors, device=device))
