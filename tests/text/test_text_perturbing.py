"""Changes of texts: each does what it says, the same every time, and leaves alone what it is not about."""

from __future__ import annotations

import random

import pytest

from unmet.text.folding import fold
from unmet.text.perturbing import CHANGES, KEEPS_OFFSETS, SWAPS, negate, spoken_by

ZH, EN = "质量很好，屏幕的颜色非常漂亮，喜欢", "The quality is great and the screen works fine"


@pytest.mark.parametrize("name", list(CHANGES))
def test_changes_change_and_repeat(name: str) -> None:
    change = CHANGES[name]
    for text in (ZH, EN):
        applies = text == ZH or name not in ("homophone", "traditional")
        results = {change(text, random.Random(4)) for _ in range(3)}
        assert len(results) == 1
        assert (results != {text}) == applies
    assert change("", random.Random(0)) == ""
    changed = change(ZH, random.Random(4))
    if name in KEEPS_OFFSETS:
        assert fold(changed)[: len(ZH)] == fold(ZH)


def test_a_homophone_keeps_the_length_and_most_characters() -> None:
    changed = CHANGES["homophone"](ZH, random.Random(1))
    assert len(changed) == len(ZH)
    assert 0 < sum(a != b for a, b in zip(ZH, changed, strict=True)) <= 3


def test_a_judgement_is_denied() -> None:
    draw = random.Random(0)
    assert negate("颜色非常漂亮", draw) == "颜色一点都不漂亮"
    assert negate("It is very good.", draw) == "It is not very good."
    assert negate("昨天到的", draw) == "昨天到的"


def test_swaps_begin_in_the_language_of_the_text() -> None:
    for first, second in SWAPS.values():
        assert spoken_by(ZH, first) == first[0] + ZH
        assert spoken_by(EN, second) == second[1] + EN
