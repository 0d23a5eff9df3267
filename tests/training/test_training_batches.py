"""Batches and masks: every sequence once, whole words hidden, pairs labelled truthfully."""

from __future__ import annotations

import numpy as np
import pytest
from training_fixtures import Prepared

from unmet.training.batching import assemble, epoch_batches, packed_batch, single_batch
from unmet.training.masking import mask_words
from unmet.training.sentence_pairs import NEXT, NO_PAIR, NOT_NEXT, pair_batch
from unmet.training.token_store import SENTENCE_START
from unmet.training.tokenizing import SPECIAL


def special(prepared: Prepared) -> tuple[int, int, int]:
    return prepared.reader.start, prepared.reader.end, prepared.reader.pad


def test_every_sequence_is_in_one_batch_of_the_right_size(prepared: Prepared) -> None:
    store = prepared.store
    batches = epoch_batches(store.lengths, store.train, 512, np.random.default_rng(1))
    assert sorted(np.concatenate(batches)) == store.train.tolist()
    for numbers in batches:
        assert len(numbers) * (store.lengths[numbers].max() + 2) <= 512
    padded = sum(len(n) * (store.lengths[n].max() + 2) for n in batches)
    assert (store.lengths[store.train] + 2).sum() / padded > 0.9


def test_order_follows_the_seed_alone(prepared: Prepared) -> None:
    store = prepared.store
    a, b, c = (
        np.concatenate(epoch_batches(store.lengths, store.train, 512, np.random.default_rng(seed)))
        for seed in (1, 1, 2)
    )
    assert a.tolist() == b.tolist() != c.tolist()


def test_a_sequence_longer_than_a_batch_gets_its_own() -> None:
    batches = epoch_batches(np.array([50, 3, 60]), np.arange(3), 20, np.random.default_rng(0))
    assert sorted(map(len, batches)) == [1, 1, 1]


def test_whole_words_are_hidden_and_nothing_else(prepared: Prepared) -> None:
    store = prepared.store
    batch = single_batch(store, store.train[:200], *special(prepared))
    n_special = len(SPECIAL)
    masked = mask_words(
        batch, 0.2, prepared.reader.mask, prepared.reader.size, n_special, np.random.default_rng(5)
    )
    hidden = np.zeros(batch.ids.shape, dtype=bool)
    hidden[masked.rows, masked.columns] = True
    assert not hidden[~batch.ordinary].any()
    assert (masked.targets == batch.ids[hidden]).all()
    assert (masked.ids[~hidden] == batch.ids[~hidden]).all()
    word = np.cumsum(batch.word_starts, axis=1)
    for row in range(len(batch.ids)):
        chosen = np.unique(word[row][hidden[row]])
        assert len(chosen)
        assert (np.isin(word[row], chosen) & batch.ordinary[row] == hidden[row]).all()
    assert hidden.sum() / batch.ordinary.sum() == pytest.approx(0.2, abs=0.05)


def test_hidden_tokens_become_masks_random_tokens_or_stay(prepared: Prepared) -> None:
    store, reader = prepared.store, prepared.reader
    batch = single_batch(store, store.train, *special(prepared))
    masked = mask_words(batch, 0.3, reader.mask, reader.size, len(SPECIAL), np.random.default_rng(6))
    now = masked.ids[masked.rows, masked.columns]
    assert (now == reader.mask).mean() == pytest.approx(0.8, abs=0.02)
    assert (now == masked.targets).mean() == pytest.approx(0.1, abs=0.02)
    others = now[(now != reader.mask) & (now != masked.targets)]
    assert others.min() >= len(SPECIAL)


def test_masks_are_dynamic(prepared: Prepared) -> None:
    batch = single_batch(prepared.store, prepared.store.train[:20], *special(prepared))
    draws = [
        mask_words(batch, 0.2, prepared.reader.mask, prepared.reader.size, 5, np.random.default_rng(n))
        for n in (1, 2)
    ]
    assert draws[0].columns.tolist() != draws[1].columns.tolist()


def test_pairs_are_labelled_by_what_was_done(prepared: Prepared) -> None:
    store, reader = prepared.store, prepared.reader
    numbers = store.train[:400]
    batch = pair_batch(store, numbers, *special(prepared), np.random.default_rng(2))
    labels = batch.pair_labels
    assert (labels == NEXT).sum() == pytest.approx((labels == NOT_NEXT).sum(), rel=0.4)
    for row, number in enumerate(numbers):
        own, flags = store.sequence(int(number))
        text = batch.ids[row][batch.ordinary[row]].tolist()
        several = bool((flags[1:] & SENTENCE_START).any())
        assert (labels[row] != NO_PAIR) == several
        if labels[row] == NO_PAIR:
            assert text == own.tolist()
            assert batch.segments[row].max() == 0
        elif labels[row] == NEXT:
            # Only the [SEP] between them tells the parts of a text from the text (a part may be shortened).
            assert set(text) <= set(own.tolist())
        if labels[row] != NO_PAIR:
            assert (batch.ids[row] == reader.end).sum() == 2
            assert batch.segments[row].max() == 1
    assert batch.ids.shape[1] <= store.description["max_tokens"]


def test_packed_rows_hold_all_texts_with_little_padding(prepared: Prepared) -> None:
    store, reader = prepared.store, prepared.reader
    batch = packed_batch(store, store.train[:300], *special(prepared), 32)
    assert batch.ids.shape[1] <= 32
    flat = batch.ids[batch.attention.astype(bool)].tolist()
    expected = [
        i for n in store.train[:300] for i in (reader.start, *store.sequence(int(n))[0].tolist(), reader.end)
    ]
    assert flat == expected
    assert len(batch.ids) < 300


def test_assembled_rows_are_padded_on_the_right() -> None:
    flags = np.ones(2, dtype=np.uint8)
    piece = (np.array([7, 8]), flags)
    batch = assemble([(piece, None, -100), (piece, piece, 1)], 2, 3, 0)
    assert batch.ids.tolist() == [[2, 7, 8, 3, 0, 0, 0], [2, 7, 8, 3, 7, 8, 3]]
    assert batch.segments.tolist() == [[0] * 7, [0, 0, 0, 0, 1, 1, 1]]
    assert batch.attention.sum(axis=1).tolist() == [4, 7]
