from __future__ import annotations

import polars as pl

from unmet.mining.leftovers import place_leftovers
from unmet.mining.sentences import Sentences

STORIES = [
    "淋了场雨包里全湿了",
    "下雨走了五分钟包里全湿了",
    "那天下雨，包里的书全湿了",
    "一下雨包里就全湿了",
    "淋雨十分钟，包里全湿了",
    "下雨天背出去，包里湿了一片",
]
OTHERS = [
    "客服半天不回消息",
    "物流慢得要命等了一周",
    "颜色和图片不一样",
    "拉链用两次就坏",
    "味道刺鼻散不掉",
    "尺码偏小一号",
]


def frame(sentences: list[str], groups: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "position": range(len(sentences)),
            "start": 0,
            "end": [len(s) for s in sentences],
            "language": "zh",
            "polarity": "negative",
            "is_request": False,
            "group": groups,
            "term": None,
            "unclustered_reason": [None if g else "small_group" for g in groups],
        },
        schema_overrides={"group": pl.String, "term": pl.String, "unclustered_reason": pl.String},
    )


def texts(sentences: list[str]) -> Sentences:
    return Sentences(pl.Series(sentences))


def test_the_same_story_becomes_one_group_with_a_name():
    given = frame(STORIES + OTHERS, [None] * (len(STORIES) + len(OTHERS)))
    got = place_leftovers(given, texts(STORIES + OTHERS), floor=4, seed=0)
    told = got["group"][: len(STORIES)].drop_nulls()
    assert len(told) >= 4
    assert told.n_unique() == 1
    assert got.filter(pl.col("group").is_not_null())["unclustered_reason"].null_count() == len(told)
    assert got["group"][len(STORIES) :].null_count() == len(OTHERS)


def test_a_small_or_a_happy_rest_is_left_alone():
    given = frame(STORIES, [None] * len(STORIES))
    assert place_leftovers(given, texts(STORIES), floor=10, seed=0).equals(given)
    happy = given.with_columns(pl.lit("positive").alias("polarity"))
    assert place_leftovers(happy, texts(STORIES), floor=2, seed=0).equals(happy)


def test_what_has_a_group_keeps_it():
    given = frame(STORIES * 2, ["concept:waterproof"] * len(STORIES) + [None] * len(STORIES))
    got = place_leftovers(given, texts(STORIES * 2), floor=3, seed=0)
    assert got["group"][: len(STORIES)].to_list() == ["concept:waterproof"] * len(STORIES)
