"""Texts → tokens: a tokenizer together with what happens to a text before it, without torch.

A folder holds ``tokenizer.json`` and, beside it, ``reading.json``: whether texts are folded first
(:func:`unmet.text.folding.fold`, which keeps their length, so offsets of tokens are offsets of the text).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unmet.core.errors import ModelError
from unmet.text.folding import fold

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

READING = "reading.json"
"""Beside ``tokenizer.json``: whether texts are folded before they are tokenized."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A tokenizer together with what happens to a text before it.

    Attributes:
        tokenizer: a fast tokenizer without truncation or padding.
        folds: whether texts are folded first.
        pad, unknown, start, end, mask: ids of the special tokens.
    """

    tokenizer: Tokenizer
    folds: bool
    pad: int
    unknown: int
    start: int
    end: int
    mask: int

    @property
    def size(self) -> int:
        """Number of entries."""
        return int(self.tokenizer.get_vocab_size())

    def view(self, text: str) -> str:
        """The text as the tokenizer gets it, of the same length."""
        return fold(text) if self.folds else text

    def encode_batch(self, texts: Iterable[str]) -> list[Encoding]:
        """Tokens with offsets, without [CLS] and [SEP]."""
        return list(self.tokenizer.encode_batch([self.view(t) for t in texts], add_special_tokens=False))


def load_reader(folder: Path) -> Reader:
    """Read the tokenizer of a model folder, ours or any with a ``tokenizer.json``.

    Raises:
        ModelError: there is no fast tokenizer, or it lacks a token that training needs.
    """
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise ModelError(
            "this model has no tokenizer.json",
            where=str(folder),
            hint="Save it once with transformers' AutoTokenizer(use_fast=True).save_pretrained.",
        )
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    reading = folder / READING
    folds = bool(json.loads(reading.read_text("utf-8"))["folds"]) if reading.is_file() else False
    ids = [_special(tokenizer, folder, name) for name in ("pad", "unk", "cls", "sep", "mask")]
    return Reader(tokenizer, folds, *ids)


def _special(tokenizer: Tokenizer, folder: Path, name: str) -> int:
    """Id of a special token by its role; GPT's one end token stands for start, end and padding."""
    roles = _roles(folder)
    for candidate in (roles.get(name), f"[{name.upper()}]", f"<{name}>", *_STAND_INS.get(name, ())):
        token = roles.get(candidate, candidate) if isinstance(candidate, str) else None
        found = tokenizer.token_to_id(token) if isinstance(token, str) else None
        if found is not None:
            return int(found)
    if name == "mask":
        return -1  # a model of the next token has none
    raise ModelError(f"the tokenizer has no {name} token", where=str(folder))


_STAND_INS = {
    "cls": ("<s>", "bos", "eos", "<|endoftext|>"),
    "sep": ("</s>", "eos", "<|endoftext|>"),
    "pad": ("eos", "</s>", "<|endoftext|>"),
    "unk": ("eos", "<|endoftext|>"),
}


def _roles(folder: Path) -> dict[str, Any]:
    path = folder / "tokenizer_config.json"
    told: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    roles = {}
    for key, value in told.items():
        if key.endswith("_token"):
            roles[key.removesuffix("_token")] = value.get("content") if isinstance(value, dict) else value
    return roles
