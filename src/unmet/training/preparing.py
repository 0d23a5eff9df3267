"""Everything between raw files and the first training step, each part done once and kept.

```
OUT/corpus/     documents.parquet, rejected.parquet, corpus.json (inputs with hashes, counts)
OUT/            tokenizer.json, tokenizer_config.json, reading.json
OUT/store/      tokens on disk
```
A part that is there is used again; with other inputs the folder is refused instead of mixed.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from unmet.core.config import CorpusConfig
from unmet.core.errors import InputError, ModelError
from unmet.core.files import write_json
from unmet.ingest.sources import open_sources
from unmet.training.corpus import build_corpus, iterate_texts
from unmet.training.token_store import TokenStore, open_store, write_store
from unmet.training.tokenizing import Reader, load_reader, save_reader, train_tokenizer

Progress = Callable[[str], None]


def prepare(
    inputs: Sequence[str | Path],
    out: Path,
    *,
    base: str | None,
    never: Sequence[str | Path],
    mapping: Mapping[str, str],
    config: CorpusConfig,
    progress: Progress = lambda _: None,
) -> tuple[TokenStore, Reader]:
    """Corpus, tokenizer and token store of a run.

    Args:
        inputs: files, folders or patterns.
        out: folder of the run.
        base: model whose tokenizer is used; ``None`` trains one on the corpus.
        never: test files whose texts are kept out.
        mapping: our field → the user's column.
        config: how text is cut.
        progress: told which part is under way.

    Raises:
        InputError: ``out`` was made from other inputs.
    """
    described = _describe(inputs, never, mapping, config)
    corpus, store = out / "corpus", out / "store"
    if not _is_made_from(corpus / "corpus.json", described, out):
        progress("cleaning the corpus")
        report = build_corpus(inputs, corpus, never=never, mapping=dict(mapping), config=config)
        write_json(corpus / "corpus.json", {"made_from": described, "counts": report.to_dict()})
    if not (out / "tokenizer.json").is_file():
        progress("copying the tokenizer" if base else "training a tokenizer")
        _write_tokenizer(corpus, out, base, config)
    reader = load_reader(out)
    if not (store / "store.json").is_file():
        progress("tokenizing")
        write_store(iterate_texts(corpus / "documents.parquet", config.chunk_rows), reader, store, config)
    return open_store(store), reader


def _write_tokenizer(corpus: Path, out: Path, base: str | None, config: CorpusConfig) -> None:
    if base is None:
        save_reader(train_tokenizer(lambda: _texts(corpus, config), config), out, folds=True)
        return
    from transformers import AutoTokenizer

    try:
        AutoTokenizer.from_pretrained(base, use_fast=True).save_pretrained(str(out))
    except (OSError, ValueError) as error:
        raise ModelError("no tokenizer can be loaded", where=base) from error
    reading = Path(base) / "reading.json"
    if reading.is_file():
        (out / "reading.json").write_bytes(reading.read_bytes())


def _texts(corpus: Path, config: CorpusConfig) -> Iterator[str]:
    chunks = iterate_texts(corpus / "documents.parquet", config.chunk_rows)
    return itertools.chain.from_iterable(chunk["text"] for chunk in chunks)


def _describe(
    inputs: Sequence[str | Path],
    never: Sequence[str | Path],
    mapping: Mapping[str, str],
    config: CorpusConfig,
) -> dict[str, Any]:
    def files(paths: Sequence[str | Path]) -> list[list[str]]:
        return sorted([source.path.name, source.sha256] for source in open_sources(paths))

    return {
        "inputs": files(inputs),
        "never": files(never) if never else [],
        "mapping": dict(mapping),
        "config": asdict(config),
    }


def _is_made_from(record: Path, described: dict[str, Any], out: Path) -> bool:
    if not record.is_file():
        return False
    if json.loads(record.read_text("utf-8"))["made_from"] != described:
        raise InputError(
            "this folder holds a run on other texts or with other corpus settings",
            where=str(out),
            hint="Give the same inputs to resume it, or another --out.",
        )
    return True
