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
            "opinion": [row[2] for row in rows],
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


def test_a_negated_bad_state_is_praise_whatever_the_models_read():
    rows = [(f"d{i}", "内胆", "不粘底", "negative", -0.7) for i in range(8)]
    rows += [("e1", "防水", "一点不漏", "negative", -0.5)]
    got = harmonise(mentions(rows))
    assert set(got["polarity"]) == {"positive"}
    assert got["pair_vote"].min() > 0.15


def test_a_question_or_a_wish_is_no_negation():
    rows = [("d1", "屏幕", "是不是漏光", "negative", -0.7), ("d2", "屏幕", "说是不漏光", "negative", -0.7)]
    assert set(harmonise(mentions(rows))["polarity"]) == {"negative"}


def test_english_negations_are_read_from_the_words_as_written():
    rows = [("d1", "menu", "could not be more user-friendly", "positive", 0.7)]
    rows += [("d2", "phone", "does not overheat", "negative", -0.5)]
    frame = mentions(rows).with_columns(pl.lit("en").alias("language"))
    frame = frame.with_columns(pl.Series("opinion_term", ["not user-friendly", "not overheat"]))
    assert harmonise(frame)["polarity"].to_list() == ["positive", "positive"]
