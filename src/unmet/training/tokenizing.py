"""One vocabulary for Chinese and English: single Chinese characters and English word pieces.

Texts are folded first (:func:`unmet.text.folding.fold`: case, width, traditional → simplified), which keeps
their length, so offsets of tokens are offsets of the customer's text. Digits stand alone.
WordPiece: Schuster & Nakajima, "Japanese and Korean voice search" (2012); one token per Chinese
character: Devlin et al., "BERT" (2019).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Encoding, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from tokenizers.trainers import WordPieceTrainer

from unmet.core.config import CorpusConfig
from unmet.core.errors import ModelError
from unmet.core.files import write_json
from unmet.text.folding import fold

PAD, UNKNOWN, START, END, MASK = SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
READING = "reading.json"
"""Beside ``tokenizer.json``: whether texts are folded before they are tokenized."""

_LONGEST_WORD = 60  # letters; a longer run is unknown
_PICTURES = re.compile("[\u2190-\u2bff\U0001f000-\U0001faff]")  # arrows … emoji: each a token
_ALONE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")  # Chinese characters


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


def train_tokenizer(texts: Callable[[], Iterable[str]], config: CorpusConfig) -> Tokenizer:
    """Learn a vocabulary; the same texts give the same vocabulary.

    Args:
        texts: gives the texts, not folded, once for counting characters and once for learning pieces.
        config: size of the vocabulary and what counts as rare.
    """
    characters = _alphabet(texts(), config)
    # The trainer numbers "##x" pieces in the order of a hash map and breaks ties by number
    # (huggingface/tokenizers#1794). Named first, they have fixed numbers; unused ones are dropped again.
    inner = [f"##{c}" for c in characters if not _stands_alone(c)]
    tokenizer = _empty(WordPiece(unk_token=UNKNOWN))
    trainer = WordPieceTrainer(
        vocab_size=config.vocabulary + len(inner),
        min_frequency=config.min_frequency,
        initial_alphabet=characters,
        limit_alphabet=len(characters),
        special_tokens=[*SPECIAL, *inner],
        show_progress=False,
    )
    tokenizer.train_from_iterator(map(fold, texts()), trainer)
    learnt = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    pieces = [piece for piece, _ in learnt if piece not in inner]
    # Spelling out rare words needs the inner letters; those come before the last, rarest merges.
    kept = [*pieces[: config.vocabulary - len(inner)], *inner]
    numbers = {piece: number for number, piece in enumerate(kept)}
    made = _empty(WordPiece(vocab=numbers, unk_token=UNKNOWN, max_input_chars_per_word=_LONGEST_WORD))
    made.add_special_tokens(list(SPECIAL))
    made.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}",
        pair=f"{START} $A {END} $B:1 {END}:1",
        special_tokens=[(START, numbers[START]), (END, numbers[END])],
    )
    return made


def _empty(model: WordPiece) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=False, lowercase=True
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.BertPreTokenizer(),
            pre_tokenizers.Split(Regex(_PICTURES.pattern), "isolated"),
            pre_tokenizers.Digits(individual_digits=True),
        ]
    )
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    return tokenizer


def _alphabet(texts: Iterable[str], config: CorpusConfig) -> list[str]:
    """Characters that are not rare, at most half of the vocabulary, sorted."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(fold(text))
    common = [(-n, c) for c, n in counts.items() if n >= config.min_frequency and not c.isspace()]
    return sorted(c for _, c in sorted(common)[: config.vocabulary // 2])


def _stands_alone(character: str) -> bool:
    """Whether a character is a token of its own wherever it stands."""
    return (
        character.isdigit()
        or bool(_ALONE.match(character))
        or bool(_PICTURES.match(character))
        or unicodedata.category(character)[0] in "PCZ"
    )


def save_reader(tokenizer: Tokenizer, folder: Path, *, folds: bool) -> None:
    """Write ``tokenizer.json`` and what Hugging Face's loaders need beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = dict(zip(("pad", "unk", "cls", "sep", "mask"), SPECIAL, strict=True))
    write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": 512,
            **{f"{name}_token": token for name, token in names.items()},
        },
    )
    write_json(folder / READING, {"folds": folds})


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
