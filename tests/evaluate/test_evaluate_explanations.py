"""Comprehensiveness and sufficiency on a model whose reasons are known."""

from __future__ import annotations

import re

import numpy as np
import pytest

from unmet.evaluate.explanations import (
    Weighed,
    faithfulness,
    mean_interval,
    random_control,
)

WORD = re.compile(r"\w+")
TEXT = "plain plain good plain plain plain plain plain plain plain"


def looks_for_good(texts):
    """Class 1 with .9 where "good" stands, else with .2."""
    sure = np.array([0.9 if "good" in text else 0.2 for text in texts])
    return np.stack([1 - sure, sure], axis=1)


def weighed(text: str, reason: str, label: int = 1) -> Weighed:
    spans = [match.span() for match in WORD.finditer(text)]
    return Weighed(text, spans, [float(text[a:b] == reason) for a, b in spans], label)


def test_the_right_word_is_needed_and_enough() -> None:
    right = faithfulness(looks_for_good, [weighed(TEXT, "good")], 0.1)
    assert right.comprehensiveness == pytest.approx([0.7])
    assert right.sufficiency == pytest.approx([0.0])


def test_a_wrong_word_is_neither() -> None:
    wrong = faithfulness(looks_for_good, [weighed(TEXT, "missing")], 0.1)  # all equal: the first word
    assert wrong.comprehensiveness == pytest.approx([0.0])
    assert wrong.sufficiency == pytest.approx([0.7])


def test_the_other_class_is_measured_by_its_own_probability() -> None:
    other = faithfulness(looks_for_good, [weighed(TEXT, "good", label=0)], 0.1)
    assert other.comprehensiveness == pytest.approx([-0.7])


@pytest.mark.parametrize(("share", "n_left"), [(0.1, 9), (0.11, 8), (0.5, 5), (1.0, 0)])
def test_shares_are_rounded_up_to_whole_words(share: float, n_left: int) -> None:
    read: list[str] = []

    def remember(texts):
        read.extend(texts)
        return looks_for_good(texts)

    faithfulness(remember, [weighed(TEXT, "good")], share)
    whole, taken, alone = (len(WORD.findall(text)) for text in read)
    assert (whole, taken, alone) == (10, n_left, 10 - n_left)


def test_random_words_hit_by_chance_and_the_same_with_the_same_seed() -> None:
    texts = [weighed(TEXT, "good") for _ in range(200)]
    first, again = (random_control(looks_for_good, texts, 0.1, seed=3) for _ in range(2))
    assert np.array_equal(first.comprehensiveness, again.comprehensiveness)
    assert first.comprehensiveness.mean() == pytest.approx(0.07, abs=0.02)  # one word of ten, .7 each
    assert first.sufficiency.mean() == pytest.approx(0.63, abs=0.02)


def test_intervals_hold_the_mean_and_narrow_with_more_texts() -> None:
    values = np.random.default_rng(0).normal(0.3, 0.2, 1_000)
    few, many = mean_interval(values[:50]), mean_interval(values)
    assert many.low < 0.3 < many.high
    assert many.high - many.low < (few.high - few.low) / 2
