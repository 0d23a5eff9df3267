"""What the tests of training share."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from unmet.core.config import CorpusConfig
from unmet.training.token_store import TokenStore
from unmet.training.tokenizing import Reader

SMALL = CorpusConfig(max_tokens=32, vocabulary=2_000, held_out_share=0.1, min_frequency=2)


class Prepared(NamedTuple):
    """A prepared run folder, its store and tokenizer, and the file of texts it was made from."""

    folder: Path
    store: TokenStore
    reader: Reader
    texts: Path
