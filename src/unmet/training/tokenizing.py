"""One vocabulary for Chinese and English: single Chinese characters and English word pieces.

Texts are folded first (:func:`unmet.text.folding.fold`: case, width, traditional → simplified), which keeps
their length, so offsets of tokens are offsets of the customer's text. Digits stand alone.
WordPiece: Schuster & Nakajima, "Japanese and Korean voice search" (2012); one token per Chinese
character: Devlin et al., "BERT" (2019).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from tokenizers.trainers import WordPieceTrainer

from unmet.core.config import CorpusConfig
from unmet.core.files import write_json
from unmet.models.reading import READING, Reader, load_reader
from unmet.text.folding import fold

PAD, UNKNOWN, START, END, MASK = SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
__all__ = ["READING", "Reader", "load_reader", "save_reader", "train_tokenizer"]

_LONGEST_WORD = 60  # letters; a longer run is unknown
_PICTURES = re.compile("[\u2190-\u2bff\U0001f000-\U0001faff]")  # arrows … emoji: each a token
_ALONE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")  # Chinese characters


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
