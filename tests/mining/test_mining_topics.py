from __future__ import annotations

import polars as pl
import pytest

from unmet.core.config import MineConfig, NeedsConfig
from unmet.core.tables import MENTIONS
from unmet.mining.mentions import extract_mentions
from unmet.mining.topics import group_mentions, smallest_group

CONFIG = MineConfig(needs=NeedsConfig(min_mentions=4))


def corpus(texts: list[tuple[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "document_id": [f"d{i:03}" for i in range(len(texts))],
            "text": [text for text, _ in texts],
            "language": [language for _, language in texts],
            "product": None,
            "category": None,
        },
        schema_overrides={"product": pl.String, "category": pl.String},
    )


@pytest.fixture
def documents() -> pl.DataFrame:
    texts = [
        ("屏幕太暗。", "zh"),
        ("The screen was dim.", "en"),
        ("物流很快！", "zh"),
        ("zipper is broken", "en"),
    ] * 6
    return corpus([*texts, ("好", "zh"), ("电池漏液", "zh")])


def test_every_mention_is_in_a_group_or_has_a_reason(documents, rule_models):
    found = extract_mentions(documents, rule_models)
    grouped = group_mentions(found, documents, config=CONFIG).mentions
    assert grouped["mention_id"].to_list() == found["mention_id"].to_list()
    either = grouped["group"].is_null() != grouped["unclustered_reason"].is_null()
    assert either.all()


def test_one_need_is_one_group_whatever_the_language(documents, rule_models):
    grouped = group_mentions(extract_mentions(documents, rule_models), documents, config=CONFIG).mentions
    screen = grouped.filter(pl.col("aspect").is_in(["屏幕", "screen"]))["group"].unique().to_list()
    assert screen == ["concept:screen"]
    assert grouped.filter(pl.col("aspect") == "物流")["group"].unique().to_list() == ["concept:delivery"]


def test_small_groups_are_counted_not_hidden(documents, rule_models):
    grouped = group_mentions(extract_mentions(documents, rule_models), documents, config=CONFIG).mentions
    assert grouped.filter(pl.col("aspect") == "电池")["unclustered_reason"].to_list() == ["small_group"]


def test_typicality_is_a_share_and_only_of_grouped_mentions(documents, rule_models):
    grouped = group_mentions(extract_mentions(documents, rule_models), documents, config=CONFIG).mentions
    typical = grouped.filter(pl.col("group").is_not_null())["typicality"]
    assert typical.is_between(0, 1).all()
    assert grouped.filter(pl.col("group").is_null())["typicality"].is_null().all()


def test_the_same_input_gives_the_same_groups(documents, rule_models):
    found = extract_mentions(documents, rule_models)
    first, second = (group_mentions(found, documents, config=CONFIG).mentions for _ in range(2))
    assert first.equals(second)


def test_no_mentions(documents):
    empty = pl.DataFrame(schema=MENTIONS)
    assert group_mentions(empty, documents, config=CONFIG).mentions.is_empty()


@pytest.mark.parametrize(("n_documents", "expected"), [(100, 8), (6_000, 18), (56_000, 30), (1_000_000, 30)])
def test_the_floor_grows_with_the_corpus_and_stops(n_documents, expected):
    assert smallest_group(n_documents, MineConfig()) == expected
