from __future__ import annotations

import polars as pl

from unmet.mining.polarity import harmonise


def mentions(rows: list[tuple[str, str, str, str, float]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "position": pl.Series([row[0] for row in rows]).rank("dense"),
            "start": 0,
            "end": 10,
            "language": "zh",
            "term": [row[1] for row in rows],
            "opinion_term": [row[2] for row in rows],
            "polarity": [row[3] for row in rows],
            "sentence_sentiment": [row[4] for row in rows],
        }
    )


def test_a_slip_of_the_tagger_gives_way_to_the_other_mentions():
    rows = [(f"d{i}", "噪音", "小", "positive", 0.9) for i in range(6)]
    rows.append(("d9", "噪音", "小", "negative", 0.8))
    assert harmonise(mentions(rows))["polarity"].to_list() == ["positive"] * 7


def test_a_small_complaint_in_happy_sentences_stays_a_complaint():
    rows = []
    for i in range(12):
        rows.append((f"h{i}", "外观", "漂亮", "positive", 0.95))
    for i in range(8):
        rows += [(f"m{i}", "外观", "漂亮", "positive", 0.3), (f"m{i}", "价格", "小贵", "negative", 0.3)]
    got = harmonise(mentions(rows)).filter(pl.col("opinion_term") == "小贵")["polarity"].unique().to_list()
    assert got == ["negative"]


def test_where_tagger_and_tone_disagree_nobody_wins():
    rows = [(f"d{i}", "系统", "没有卡顿", "negative", 0.55) for i in range(8)]
    assert set(harmonise(mentions(rows))["polarity"]) <= {"neutral", "positive"}


def test_rare_pairs_and_pairs_without_words_are_left_alone():
    rows = [("d1", "屏幕", "暗", "negative", 0.9), ("d2", "屏幕", "暗", "negative", 0.9)]
    assert harmonise(mentions(rows))["polarity"].to_list() == ["negative", "negative"]
    bare = mentions([("d1", "屏幕", "暗", "negative", 0.9)]).with_columns(
        pl.lit(None, pl.String).alias("term")
    )
    assert harmonise(bare)["polarity"].to_list() == ["negative"]
