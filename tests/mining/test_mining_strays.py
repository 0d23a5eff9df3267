from __future__ import annotations

import polars as pl

from unmet.mining.sentences import Sentences
from unmet.mining.strays import place_strays

NOISE = [
    f"半夜嗡嗡响得{how}，吵得睡不着" for how in ("厉害", "很大声", "像拖拉机", "全家都醒", "没法住", "心烦")
]
SIZE = [
    f"袖子长出{how}一截，肩膀也宽，穿着像借来的" for how in ("好大", "整整", "足足", "差不多", "大概", "至少")
]
REST = [
    "给妈妈买的生日礼物",
    "第二次购买这个牌子",
    "朋友推荐来的",
    "还没拆封先来评价",
    "等用几天再追评",
    "双十一活动下单",
]
HIDDEN = ["嗡嗡响得根本睡不着", "肩膀宽一截，像借来的"]


def frame(groups: dict[str, list[str]], rest: list[str]) -> tuple[pl.DataFrame, Sentences]:
    texts = [text for own in groups.values() for text in own] + rest
    labels = [group for group, own in groups.items() for _ in own] + [None] * len(rest)
    rows = pl.DataFrame(
        {
            "position": range(len(texts)),
            "start": 0,
            "end": [len(text) for text in texts],
            "language": "zh",
            "group": labels,
            "unclustered_reason": [None if label else "small_group" for label in labels],
            "term": [f"词{label}" if label else None for label in labels],
            "opinion_term": "说法",
        },
        schema_overrides={"group": pl.String},
    ).with_columns(
        *(pl.lit(None, dtype=pl.String).alias(name) for name in ("category", "aspect_term")),
        *(
            pl.lit(None, dtype=pl.Int64).alias(f"{part}_{side}")
            for part in ("aspect", "opinion")
            for side in ("start", "end")
        ),
    )
    return rows, Sentences(pl.Series(texts))


def test_strays_join_the_group_they_sound_like_and_small_talk_stays():
    given, sentences = frame({"concept:noise": NOISE, "concept:size_fit": SIZE}, HIDDEN + REST)
    got = place_strays(given, sentences)
    placed = got["group"][len(NOISE) + len(SIZE) :].to_list()
    assert placed == ["concept:noise", "concept:size_fit", *[None] * len(REST)]
    moved = got.filter(pl.col("group").is_not_null())
    assert moved["unclustered_reason"].null_count() == moved.height
    # A stray is no name for its group: it brings its opinion as a term, or none.
    assert got["term"][len(NOISE) + len(SIZE)] == "说法"
    assert got["group"][: len(NOISE)].to_list() == given["group"][: len(NOISE)].to_list()


def test_a_group_of_the_corpus_joins_what_it_sounds_like_but_a_concept_stays():
    twin = [text.replace("半夜", "夜里") for text in NOISE]
    for label, joins in (("zh:7", True), ("zh:story3", True), ("concept:sound", False)):
        groups = {"concept:noise": [*NOISE, "吵得睡不着"], label: twin, "concept:size_fit": SIZE}
        given, sentences = frame(groups, REST)
        got = place_strays(given, sentences)
        assert (label not in got["group"].to_list()) is joins
        assert got["group"].null_count() == len(REST)


def test_the_order_of_rows_does_not_matter():
    given, sentences = frame({"concept:noise": NOISE, "concept:size_fit": SIZE}, HIDDEN + REST)
    backwards = place_strays(given.reverse(), sentences).reverse()
    assert backwards["group"].to_list() == place_strays(given, sentences)["group"].to_list()


def test_without_two_groups_or_without_strays_nothing_moves():
    for groups, rest in (({"concept:noise": NOISE}, REST), ({"zh:1": NOISE, "zh:2": SIZE}, [])):
        given, sentences = frame(groups, rest)
        assert place_strays(given, sentences).equals(given)
