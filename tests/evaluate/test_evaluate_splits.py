import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmet.evaluate.splits import grouped_folds, leave_one_group_out, linked_groups, text_folds, text_key

TEXTS = [f"评论{i % 37} ok!" + "!" * (i % 3) for i in range(200)]


def test_same_text_never_on_both_sides():
    for split in text_folds(TEXTS, 5, seed=1):
        train = {text_key(TEXTS[i]) for i in split.train}
        test = {text_key(TEXTS[i]) for i in split.test}
        assert not train & test
        assert len(split.train) + len(split.test) == len(TEXTS)


def test_every_row_is_tested_once():
    tested = np.concatenate([split.test for split in text_folds(TEXTS, 5)])
    assert sorted(tested.tolist()) == list(range(len(TEXTS)))


def test_same_seed_same_folds():
    first, second = text_folds(TEXTS, 4, seed=9), text_folds(TEXTS, 4, seed=9)
    assert all((a.test == b.test).all() for a, b in zip(first, second, strict=True))
    other = text_folds(TEXTS, 4, seed=10)
    assert any(
        len(a.test) != len(b.test) or (a.test != b.test).any() for a, b in zip(first, other, strict=True)
    )


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=40))
def test_linked_rows_share_a_group(pairs):
    left, right = [a for a, _ in pairs], [b for _, b in pairs]
    groups = linked_groups(left, right)
    for i in range(len(pairs)):
        for j in range(len(pairs)):
            if left[i] == left[j] or right[i] == right[j]:
                assert groups[i] == groups[j]


def test_too_few_groups_are_refused():
    with pytest.raises(ValueError, match="2 groups cannot make 3 folds"):
        grouped_folds(np.array([0, 0, 1]), 3)


def test_leave_one_group_out_drops_copies_from_training():
    groups = ["a", "a", "b", "b"]
    texts = ["好", "坏", "好！", "贵"]
    splits = {split.name: split for split in leave_one_group_out(groups, texts)}
    assert splits["a"].train.tolist() == [3]
    assert splits["b"].train.tolist() == [1]
    assert splits["b"].test.tolist() == [2, 3]
