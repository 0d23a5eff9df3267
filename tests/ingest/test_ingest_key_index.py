"""The key index against a dictionary."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unmet.ingest.key_index import ABSENT, KeyIndex

BATCHES = st.lists(st.lists(st.integers(0, 40), max_size=30), max_size=12)


@settings(max_examples=200, deadline=None)
@given(BATCHES)
def test_equals_a_dictionary(batches: list[list[int]]) -> None:
    index, expected = KeyIndex(), {}
    number = 0
    for batch in batches:
        keys = np.array(batch, dtype=np.uint64)
        found = index.find(keys)
        assert found.tolist() == [expected.get(key, ABSENT) for key in batch]
        fresh = found == ABSENT
        values = np.arange(number, number + len(batch), dtype=np.int32)
        index.add(keys[fresh], values[fresh])
        for key, value in zip(batch, values.tolist(), strict=True):
            expected.setdefault(key, value)
        number += len(batch)
        assert len(index) == len(expected)


@pytest.mark.parametrize("dtype", [np.uint32, np.uint64])
def test_many_keys(dtype: type) -> None:
    rng = np.random.default_rng(0)
    index = KeyIndex()
    keys = rng.permutation(50_000).astype(dtype)
    for first in range(0, len(keys), 700):
        part = keys[first : first + 700]
        index.add(part, np.arange(first, first + len(part), dtype=np.int32))
    assert (index.find(keys) == np.arange(len(keys))).all()
    assert (index.find(np.arange(50_000, 50_100).astype(dtype)) == ABSENT).all()
