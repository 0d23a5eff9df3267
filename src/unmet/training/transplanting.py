"""A pretrained encoder of one language, given the vocabulary of two.

An English sentence encoder knows how language is put together but reads no Chinese. Its layers are kept,
its embeddings are replaced: a piece that the source can spell begins as the mean of the source's pieces; any
other one begins where its translations are, as parallel sentences tell them (the idea of WECHSEL, Minixhofer
et al. 2022, with word alignment by IBM Model 1, Brown et al. 1993, in place of bilingual word vectors); one
that no parallel sentence holds begins among the pieces that keep the same company in the corpus.
Keeping every second layer follows DistilBERT (Sanh et al. 2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from unmet.core.errors import InputError, ModelError
from unmet.training.quiet import quietly
from unmet.training.starting_embeddings import company, factorise
from unmet.training.token_store import TokenStore
from unmet.training.tokenizing import SPECIAL, Reader, load_reader

Floats = NDArray[np.float32]
ROUNDS = 5
"""Of expectation maximisation; the translations hardly change after that."""

_FEWEST = 3  # sentences that must hold a piece before its translations are believed
_NEIGHBOURS = 10
_BEST = 8  # translations of a piece that count
_WIDTH = 128  # of the counted vectors in which neighbours are looked for


@dataclass(frozen=True, slots=True)
class Transplanted:
    """How the entries of the new vocabulary got their embeddings, in entries."""

    spelled: int
    translated: int
    by_company: int
    left: int


def transplant(
    source: Path,
    reader: Reader,
    store: TokenStore,
    pairs: Sequence[tuple[str, str]],
    out: Path,
    *,
    layers: Sequence[int],
    seed: int = 0,
) -> Transplanted:
    """Write a masked language model with the source's layers and the reader's vocabulary.

    Args:
        source: Hugging Face folder of a BERT-like encoder.
        reader: the new tokenizer.
        store: corpus in the new vocabulary; gives company and frequencies.
        pairs: sentences that mean the same: (text the source cannot read, text it can).
        out: receives ``config.json`` and ``model.safetensors``.
        layers: numbers of the source's layers to keep, from 0.
        seed: of new weights.

    Raises:
        ModelError: the source is no BERT.
        InputError: it has no such layer.
    """
    encoder, old_reader = _load_source(source)
    if any(not 0 <= layer < encoder.config.num_hidden_layers for layer in layers):
        raise InputError(
            f"the source has layers 0 to {encoder.config.num_hidden_layers - 1}", where=str(source)
        )
    old = encoder.embeddings.word_embeddings.weight.detach().numpy()
    table, known = spelled(reader, old_reader, old)
    n_spelled = int(known.sum())
    table, known = _translate(table, known, reader, pairs)
    n_translated = int(known.sum()) - n_spelled
    counts = company(store, reader.size)
    table, known = _by_company(table, known, factorise(counts, _WIDTH, seed))
    frequency = np.asarray(counts.sum(axis=1)).ravel() + 1.0
    model = _new_model(encoder, reader, layers, seed)
    _fill(model, encoder, layers, spread_like(table, old, known), np.log(frequency / frequency.sum()))
    with quietly():
        model.save_pretrained(str(out))
    n_known = int(known.sum())
    return Transplanted(n_spelled, n_translated, n_known - n_spelled - n_translated, reader.size - n_known)


def _load_source(source: Path) -> tuple[Any, Reader]:
    from transformers import AutoModel

    try:
        with quietly():
            encoder = AutoModel.from_pretrained(str(source))
    except (OSError, ValueError) as error:
        raise ModelError("no encoder can be loaded", where=str(source)) from error
    if encoder.config.model_type != "bert":
        raise ModelError(f"{encoder.config.model_type} is no BERT", where=str(source))
    return encoder, load_reader(source)


def spelled(reader: Reader, old_reader: Reader, old: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Embeddings of the pieces that the source can spell, and which ones they are.

    Args:
        reader, old_reader: new and old vocabulary.
        old: embeddings of the old one, shape ``(n_old, width)``.

    Returns:
        ``(n_new, width)``, zero where it cannot, and a flag per entry.
    """
    table = np.zeros((reader.size, old.shape[1]), dtype=np.float32)
    known = np.zeros(reader.size, dtype=bool)
    old_ids = old_reader.tokenizer.get_vocab()
    for piece, number in reader.tokenizer.get_vocab().items():
        if piece in SPECIAL:
            role = ("pad", "unknown", "start", "end", "mask")[SPECIAL.index(piece)]
            found = [int(getattr(old_reader, role))]
        elif piece.isascii() and piece in old_ids:
            found = [old_ids[piece]]
        elif piece.removeprefix("##").isascii():
            found = old_reader.tokenizer.encode(piece.removeprefix("##"), add_special_tokens=False).ids
        elif not _is_chinese(piece) and piece in old_ids:
            found = [old_ids[piece]]
        else:
            continue
        if (found and old_reader.unknown not in found[:1]) or piece in SPECIAL:
            table[number], known[number] = old[found].mean(axis=0), True
    return table, known


def _is_chinese(piece: str) -> bool:
    return any("\u3400" <= character <= "\u9fff" for character in piece)


def _translate(
    table: Floats, known: NDArray[np.bool_], reader: Reader, pairs: Sequence[tuple[str, str]]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Embeddings of pieces from those of their translations."""
    foreign = [np.unique(e.ids) for e in reader.encode_batch([a for a, _ in pairs])]
    familiar = [np.unique(e.ids) for e in reader.encode_batch([b for _, b in pairs])]
    # A piece that the source can spell needs no translation and is none of the sentence's foreign part.
    left, right, pair = [], [], []
    for number, (a, b) in enumerate(zip(foreign, familiar, strict=True)):
        unread, read = a[~known[a]], b[known[b]]
        left.append(np.repeat(unread, len(read)))
        right.append(np.tile(read, len(unread)))
        pair.append(np.full(len(unread) * len(read), number))
    probabilities = translations(
        np.concatenate(left), np.concatenate(right), np.concatenate(pair), reader.size
    )
    table, known = table.copy(), known.copy()
    for piece, (others, weights) in probabilities.items():
        table[piece] = weights @ table[others]
        known[piece] = True
    return table, known


def translations(
    left: NDArray[np.int64], right: NDArray[np.int64], pair: NDArray[np.int64], n_pieces: int
) -> dict[int, tuple[NDArray[np.int64], Floats]]:
    """IBM Model 1: probable translations of each left piece.

    Args:
        left, right: pieces that stand in the same pair of sentences, one entry per combination.
        pair: number of the pair of sentences.
        n_pieces: size of the vocabulary.

    Returns:
        left piece → (its best right pieces, their weights with sum 1); pieces of fewer than three
        sentences are left out.
    """
    codes, link = np.unique(left * n_pieces + right, return_inverse=True)
    lefts, rights = codes // n_pieces, codes % n_pieces
    # Each left piece of a sentence is explained by the right pieces of that sentence.
    _, place = np.unique(pair * n_pieces + left, return_inverse=True)
    chance = np.full(len(codes), 1.0)
    for _ in range(ROUNDS):
        share = chance[link]
        share = share / np.bincount(place, share)[place]
        mass = np.bincount(link, share, len(codes))
        # p(left | right): a frequent right piece must explain much to be a translation.
        chance = mass / np.bincount(rights, mass, n_pieces)[rights]
    sentences = np.bincount(left[np.unique(place, return_index=True)[1]], minlength=n_pieces)
    result = {}
    order = np.lexsort((-mass, lefts))
    starts = np.searchsorted(lefts[order], np.arange(n_pieces + 1))
    for piece in np.flatnonzero(sentences >= _FEWEST):
        best = order[starts[piece] : min(starts[piece] + _BEST, starts[piece + 1])]
        weights = (mass[best] / mass[best].sum()).astype(np.float32)
        result[int(piece)] = (rights[best], weights)
    return result


def _by_company(table: Floats, known: NDArray[np.bool_], vectors: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Embeddings of the remaining pieces from those that keep the same company."""
    length = np.linalg.norm(vectors, axis=1)
    unit = vectors / np.maximum(length, 1e-9)[:, None]
    wanted, given = np.flatnonzero(~known & (length > 0)), np.flatnonzero(known & (length > 0))
    table, known = table.copy(), known.copy()
    if not len(given) or not len(wanted):
        return table, known
    near = unit[wanted] @ unit[given].T
    n_near = min(_NEIGHBOURS, len(given))
    for row, piece in enumerate(wanted):
        best = np.argpartition(-near[row], n_near - 1)[:n_near]
        weights = np.exp(10.0 * near[row, best])
        table[piece] = (weights / weights.sum()) @ table[given[best]]
    known[wanted] = True
    return table, known


def spread_like(table: Floats, old: Floats, known: NDArray[np.bool_]) -> Floats:
    """Give means of many embeddings the distance from the centre that single ones have.

    A mean of embeddings lies nearer to the centre than they do, and a network that normalises its input
    would read it as noise.
    """
    centre = old.mean(axis=0)
    usual = float(np.median(np.linalg.norm(old - centre, axis=1)))
    away = table - centre
    distance = np.linalg.norm(away, axis=1, keepdims=True)
    stretched = centre + away * np.maximum(usual / np.maximum(distance, 1e-6), 1.0)
    result: Floats = np.where(known[:, None], stretched, centre).astype(np.float32)
    return result


def _new_model(encoder: Any, reader: Reader, layers: Sequence[int], seed: int) -> Any:
    from transformers import BertConfig, BertForMaskedLM

    shape = {
        **encoder.config.to_dict(),
        "vocab_size": reader.size,
        "num_hidden_layers": len(layers),
        "pad_token_id": reader.pad,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "architectures": None,
    }
    torch.manual_seed(seed)
    return BertForMaskedLM(BertConfig(**shape))


def _fill(model: Any, encoder: Any, layers: Sequence[int], table: Floats, bias: NDArray[Any]) -> None:
    """Copy what is kept of the source; the vocabulary head begins as a rotation."""
    with torch.no_grad():
        ours, theirs = model.bert.embeddings, encoder.embeddings
        ours.word_embeddings.weight.copy_(torch.as_tensor(table))
        ours.position_embeddings.weight.copy_(theirs.position_embeddings.weight)
        ours.token_type_embeddings.weight.copy_(theirs.token_type_embeddings.weight)
        ours.LayerNorm.load_state_dict(theirs.LayerNorm.state_dict())
        for place, layer in enumerate(layers):
            model.bert.encoder.layer[place].load_state_dict(encoder.encoder.layer[layer].state_dict())
        head = model.cls.predictions
        torch.nn.init.orthogonal_(head.transform.dense.weight)
        head.bias.copy_(torch.as_tensor(bias, dtype=head.bias.dtype))
