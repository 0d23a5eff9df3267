from __future__ import annotations

import polars as pl

from unmet.needs.chips import chip_of, chips_of


def mentions(*rows: tuple[str, str, int]) -> pl.DataFrame:
    said = [(opinion, polarity) for opinion, polarity, count in rows for _ in range(count)]
    return pl.DataFrame(said, schema=["opinion", "polarity"], orient="row")


def test_bare_judgements_are_no_chips():
    complaints, praises = chips_of(
        mentions(
            ("太差了", "negative", 9),
            ("没人接", "negative", 3),
            ("很好", "positive", 8),
            ("great", "positive", 5),
        )
    )
    assert [chip.value for chip in complaints] == ["没人接"]
    assert praises == ()


def test_spellings_of_one_phrase_are_one_chip():
    complaints, _ = chips_of(
        mentions(("太慢了", "negative", 3), ("慢", "negative", 2), ("很慢", "negative", 1))
    )
    assert [(chip.value, chip.mentions, chip.share) for chip in complaints] == [("慢", 6, 1.0)]


def test_a_phrase_said_on_both_sides_is_no_chip():
    complaints, praises = chips_of(mentions(("大", "negative", 4), ("很大", "positive", 4)))
    assert complaints == praises == ()


def test_words_that_contradict_the_side_are_no_chip():
    complaints, praises = chips_of(mentions(("不粘底", "negative", 4), ("漏水", "positive", 4)))
    assert complaints == praises == ()


def test_a_phrase_said_once_is_no_chip():
    assert chips_of(mentions(("慢得离谱", "negative", 1)))[0] == ()


def test_stories_and_cut_off_phrases_are_no_chips():
    assert [chip_of(p) for p in ("我哥也买了", "to return", "does not", "完全够用")] == [
        None,
        None,
        None,
        "够用",
    ]
