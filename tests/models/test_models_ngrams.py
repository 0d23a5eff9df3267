"""The fast hashing is held against a slow implementation written from its definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unmet.models.ngrams import NgramConfig, hashed_ngrams
from unmet.text.folding import fold

MASK = 0xFFFFFFFF
CONFIG = NgramConfig(orders=(1, 2, 3), skip_pairs=True, bits=18)
TEXT = st.text(
    alphabet=st.one_of(
        st.sampled_from("好坏电池不太 abc'ABC123,。!？\x00\n\u200b😀é"), st.characters(max_codepoint=0x2FFFF)
    ),
    max_size=40,
)


def mixed(value: int) -> int:
    value ^= value >> 15
    value = value * 0x2C1B3C6D & MASK
    value ^= value >> 12
    value = value * 0x297A2D39 & MASK
    return value ^ value >> 15


def slow_tokens(text: str) -> list[int]:
    import unicodedata

    tokens, word = [], ""
    for character in [*fold(text), " "]:
        kind = unicodedata.category(character)[0]
        # Ideographs are letters too: from U+3000 on every character is a token of its own.
        if ord(character) < 0x3000 and (kind in "LNM" or character == "'"):
            word += character
            continue
        if word:
            tokens.append(word)
            word = ""
        if ord(character) >= 0x3000 or kind not in "ZC":
            tokens.append(character)
    powers = [pow(0x01000193, i + 1, 1 << 32) for i in range(64)]
    return [mixed(sum(ord(c) * powers[i % 64] for i, c in enumerate(t)) & MASK) for t in tokens]


def slow_ngrams(text: str, config: NgramConfig) -> list[int]:
    salts = [0, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F, 0x165667B1]
    tokens = slow_tokens(text)
    found = set()
    for order in config.orders:
        for i in range(len(tokens) - order + 1):
            gram = 0
            for token in tokens[i : i + order]:
                gram = (gram * 0x9E3779B1 + token) & MASK
            found.add(mixed((gram + salts[order]) & MASK) >> (32 - config.bits))
    if config.skip_pairs:
        for i in range(len(tokens) - 2):
            pair = mixed(((tokens[i] ^ 0x5BD1E995) * 0x9E3779B1 + tokens[i + 2]) & MASK)
            found.add(pair >> (32 - config.bits))
    return sorted(found)


def row(grams, index):
    return grams.indices[grams.indptr[index] : grams.indptr[index + 1]].tolist()


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXT, max_size=6))
def test_equals_the_definition(texts):
    grams = hashed_ngrams(texts, CONFIG)
    assert [row(grams, i) for i in range(len(texts))] == [slow_ngrams(text, CONFIG) for text in texts]


def test_borders_tell_a_whole_text_from_a_part():
    config = NgramConfig(orders=(1, 2), bits=18, borders=True)
    plain = NgramConfig(orders=(1, 2), bits=18)
    assert row(hashed_ngrams(["很好"], config), 0) == row(hashed_ngrams(["⟦很好⟧"], plain), 0)


def test_batch_equals_one_by_one_across_blocks():
    texts = [f"第{i}条 review number {i} 很好" for i in range(4500)] + ["", "   ", "好"]
    batch = hashed_ngrams(texts, CONFIG)
    for index in (0, 2047, 2048, 4095, 4499, 4500, 4501, 4502):
        assert row(batch, index) == row(hashed_ngrams([texts[index]], CONFIG), 0)


def test_nothing_crosses_the_border_between_texts():
    joined = set(row(hashed_ngrams(["很好"], CONFIG), 0))
    apart = hashed_ngrams(["很", "好"], CONFIG)
    assert set(row(apart, 0)) | set(row(apart, 1)) < joined


def test_case_width_and_script_do_not_matter():
    grams = hashed_ngrams(["GOOD 螢幕", "good 萤幕", "ＧＯＯＤ 螢幕"], CONFIG)
    assert row(grams, 0) == row(grams, 1) == row(grams, 2)


@pytest.mark.parametrize("texts", [[], [""], ["\x00\n "], ["\ud800", "a\udfff"]])
def test_odd_input(texts):
    grams = hashed_ngrams(texts, CONFIG)
    assert grams.n_texts == len(texts)


def test_sums_of_empty_rows_are_zero():
    grams = hashed_ngrams(["", "好", "", ""], CONFIG)
    column = np.ones(CONFIG.n_buckets, dtype=np.float32)
    assert grams.sums(column).tolist() == [0.0, 1.0, 0.0, 0.0]
