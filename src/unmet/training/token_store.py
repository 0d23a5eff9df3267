"""Token ids on disk, read through the page cache: a corpus of any size trains in little memory.

Folder layout: ``tokens.bin`` (ids one after the other), ``flags.bin`` (one byte per token),
``sequences.npy`` (start and length of each sequence), ``store.json`` (what it was made from).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.config import CorpusConfig
from unmet.core.files import write_json
from unmet.models.windows import SENTENCE_START, WORD_START, cut_windows, token_flags
from unmet.training.tokenizing import Reader

__all__ = [
    "SENTENCE_START",
    "WORD_START",
    "TokenStore",
    "cut_windows",
    "is_held_out",
    "open_store",
    "token_flags",
    "write_store",
]

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TokenStore:
    """Sequences of token ids, without [CLS] and [SEP].

    Attributes:
        tokens: ids of all sequences, shape ``(n_tokens,)``.
        flags: bits per token, shape ``(n_tokens,)``.
        starts, lengths: one per sequence; a sequence never exceeds ``max_tokens - 2``.
        held_out: numbers of the sequences of documents that are never trained on.
        train: numbers of the others.
    """

    tokens: NDArray[np.integer[Any]]
    flags: NDArray[np.uint8]
    starts: Ints
    lengths: Ints
    held_out: Ints
    train: Ints
    description: dict[str, Any]

    def sequence(self, number: int) -> tuple[NDArray[np.integer[Any]], NDArray[np.uint8]]:
        """Ids and flags of one sequence."""
        start = self.starts[number]
        end = start + self.lengths[number]
        return self.tokens[start:end], self.flags[start:end]


def write_store(
    chunks: Iterable[pl.DataFrame], reader: Reader, folder: Path, config: CorpusConfig
) -> dict[str, Any]:
    """Tokenize documents into ``folder``.

    Args:
        chunks: frames with ``document_id``, ``text`` and ``language``.
        reader: the tokenizer.
        folder: is made; ``store.json`` is written last, so that a killed run is seen as unfinished.
        config: the longest sequence and the held-out share.
    """
    folder.mkdir(parents=True, exist_ok=True)
    dtype = np.dtype(np.uint16 if reader.size <= 1 << 16 else np.uint32)
    rows: list[NDArray[np.int64]] = []
    n_tokens = n_unknown = n_documents = 0
    with (folder / "tokens.bin").open("wb") as ids_file, (folder / "flags.bin").open("wb") as flags_file:
        for chunk in chunks:
            texts = chunk["text"].to_list()
            held = is_held_out(chunk["document_id"].to_list(), config.held_out_share)
            views = [reader.view(text) for text in texts]
            for text, language, encoding, apart in zip(
                views, chunk["language"].to_list(), reader.encode_batch(texts), held, strict=True
            ):
                ids = np.asarray(encoding.ids, dtype=dtype)
                flags = token_flags(text, language, encoding)
                ids_file.write(ids.tobytes())
                flags_file.write(flags.tobytes())
                windows = cut_windows(flags, config.max_tokens - 2)
                windows[:, 0] += n_tokens
                rows.append(np.column_stack([windows, np.full(len(windows), apart)]))
                n_tokens += len(ids)
                n_unknown += int((ids == reader.unknown).sum())
                n_documents += 1
    sequences = np.concatenate(rows) if rows else np.zeros((0, 3), dtype=np.int64)
    np.save(folder / "sequences.npy", sequences)
    description = {
        "documents": n_documents,
        "sequences": len(sequences),
        "tokens": n_tokens,
        "unknown_share": n_unknown / max(n_tokens, 1),
        "held_out_sequences": int(sequences[:, 2].sum()),
        "max_tokens": config.max_tokens,
        "vocabulary": reader.size,
        "dtype": dtype.name,
    }
    write_json(folder / "store.json", description)
    return description


def open_store(folder: Path) -> TokenStore:
    """Map a finished store into memory."""
    description = json.loads((folder / "store.json").read_text("utf-8"))
    tokens = np.memmap(folder / "tokens.bin", dtype=np.dtype(description["dtype"]), mode="r")
    flags = np.memmap(folder / "flags.bin", dtype=np.uint8, mode="r")
    sequences = np.load(folder / "sequences.npy")
    held = sequences[:, 2].astype(bool)
    return TokenStore(
        tokens,
        flags,
        sequences[:, 0],
        sequences[:, 1],
        np.flatnonzero(held),
        np.flatnonzero(~held),
        description,
    )


def is_held_out(document_ids: Sequence[str], share: float) -> list[bool]:
    """Which documents are kept from training: decided by the id alone, so more data moves none."""
    return [zlib.crc32(name.encode()) % 10_000 < share * 10_000 for name in document_ids]
