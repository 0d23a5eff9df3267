"""Copies in a stream."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from unmet.core.config import CleanConfig
from unmet.ingest.copy_keys import is_long
from unmet.ingest.duplicates import DuplicateFinder
from unmet.ingest.fingerprint import fold, fold_column
from unmet.ingest.text_store import TextStore

LONG = "空调制冷效果很好，安装师傅也很专业，推荐购买，就是外机声音有点大"
NEAR = "空调制冷效果很好，安装师傅也很专业，推荐购买，就是外机声音有点大了"
OTHER = "送货太慢了，等了一个星期才到，客服也不回复，以后不会再来买了"
NOON, NIGHT, DAY = datetime(2024, 5, 1, 12, 30), datetime(2024, 5, 1, 23, 5), datetime(2024, 5, 1)


def batch(*rows: dict[str, Any]) -> pl.DataFrame:
    filled = [
        {
            "text": "",
            "author_id": None,
            "product_id": None,
            "created_at": None,
            "rating": None,
            "comparable": True,
        }
        | row
        for row in rows
    ]
    frame = pl.DataFrame(
        filled,
        schema={"text": pl.String, "author_id": pl.String, "product_id": pl.String,
                "created_at": pl.Datetime("us"), "rating": pl.Float64, "comparable": pl.Boolean},
    )  # fmt: skip
    return frame.with_columns(fold_column(frame["text"]).alias("folded"))


def flags(
    *rows: dict[str, Any], size: int = 100, config: CleanConfig | None = None
) -> list[tuple[int, str | None]]:
    finder = DuplicateFinder(config or CleanConfig())
    frame = batch(*rows)
    out = [finder.add(frame[first : first + size]) for first in range(0, len(frame), size)]
    finder.close()
    result = pl.concat(out)
    kept = [number for number, reason in result.iter_rows() if reason is None]
    assert kept == list(range(finder.n_kept)), "kept texts are numbered in order"
    dropped = [number for number, reason in result.iter_rows() if reason is not None]
    assert finder.copies.tolist() == [dropped.count(number) for number in range(finder.n_kept)]
    return result.rows()


@pytest.mark.parametrize("size", [1, 2, 100])
def test_long_copies_are_dropped_whatever_their_punctuation(size: int) -> None:
    rows = [{"text": LONG}, {"text": OTHER}, {"text": LONG.replace("，", " ") + "！！"}, {"text": LONG}]
    assert flags(*rows, size=size) == [(0, None), (1, None), (0, "duplicate"), (0, "duplicate")]


@pytest.mark.parametrize("size", [1, 2, 100])
def test_near_copies_and_copies_of_them(size: int) -> None:
    rows = [{"text": LONG}, {"text": NEAR}, {"text": OTHER}, {"text": NEAR}]
    assert flags(*rows, size=size) == [(0, None), (0, "near_duplicate"), (1, None), (0, "duplicate")]


@pytest.mark.parametrize("size", [1, 100])
def test_ratings_that_disagree(size: int) -> None:
    rows = [
        {"text": LONG, "rating": 5.0},
        {"text": LONG, "rating": 1.0},
        {"text": NEAR, "rating": 1.0},
        {"text": LONG},
    ]
    assert flags(*rows, size=size) == [
        (0, None), (0, "duplicate_conflicting_rating"), (1, None), (0, "duplicate"),
    ]  # fmt: skip


def test_short_texts_repeat_by_different_customers() -> None:
    rows = [{"text": "很好", "author_id": name} for name in ("a", "b", "a", "c")]
    assert [reason for _, reason in flags(*rows)] == [None, None, "duplicate", None]


SENTENCE = "预约方便，早上起来就有热粥喝"


@pytest.mark.parametrize("size", [1, 2, 100])
def test_two_known_authors_may_hit_on_one_sentence(size: int) -> None:
    rows = [
        {"text": SENTENCE, "author_id": "a"},
        {"text": SENTENCE, "author_id": "b", "rating": 2.0},
        {"text": SENTENCE + "。", "author_id": "a"},
        {"text": SENTENCE, "author_id": "b"},
    ]
    assert flags(*rows, size=size) == [(0, None), (1, None), (0, "duplicate"), (1, "duplicate")]
    by_one, by_nobody = [row | {"author_id": "a"} for row in rows[:2]], [{"text": SENTENCE}] * 2
    assert flags(*by_nobody, size=size)[1] == (0, "duplicate")
    assert flags(*by_one, size=size)[1] == (0, "duplicate")


@pytest.mark.parametrize("size", [1, 2, 100])
def test_one_sentence_under_two_names_within_minutes_is_a_copy(size: int) -> None:
    times = [NOON, NOON.replace(minute=36), NIGHT]
    rows = [{"text": SENTENCE, "author_id": str(n), "created_at": at} for n, at in enumerate(times)]
    assert flags(*rows, size=size) == [(0, None), (0, "duplicate"), (1, None)]
    dates = [row | {"created_at": DAY} for row in rows]
    assert [reason for _, reason in flags(*dates, size=size)] == [None, None, None]


@pytest.mark.parametrize("size", [1, 100])
def test_long_copies_are_copies_whoever_signs(size: int) -> None:
    rows = [{"text": text, "author_id": name} for text, name in ((LONG, "a"), (LONG, "b"), (NEAR, "c"))]
    assert [reason for _, reason in flags(*rows, size=size)] == [None, "duplicate", "near_duplicate"]


def test_short_texts_without_authors_need_product_and_time() -> None:
    rows = [
        {"text": "很好", "product_id": "p", "created_at": NOON},
        {"text": "很好！", "product_id": "p", "created_at": NOON},
        {"text": "很好", "product_id": "q", "created_at": NOON},
        {"text": "很好", "product_id": "p", "created_at": NIGHT},
        {"text": "很好"},
        {"text": "很好"},
        {"text": "很好", "product_id": "p", "created_at": DAY},
        {"text": "很好", "product_id": "p", "created_at": DAY},
    ]
    expected = [None, "duplicate", None, None, None, None, None, None]  # a date alone proves nothing
    assert [reason for _, reason in flags(*rows)] == expected


def test_emphasis_is_short() -> None:
    rows = [{"text": "好" * 30}, {"text": "好" * 40}, {"text": "好" * 30}]
    assert [reason for _, reason in flags(*rows)] == [None, None, None]


def test_length_is_what_a_text_says() -> None:
    texts = [
        "works great",
        "I love it, it works great and it was cheap to buy",
        "一二三四五六七八九十甲乙",
        "一二三四五六七八九十甲",
    ]
    assert is_long(fold_column(pl.Series(texts)), 12).to_list() == [False, True, True, False]


def test_rows_that_cannot_be_copies_stay() -> None:
    rows = [{"text": LONG, "comparable": False}, {"text": LONG, "comparable": False}, {"text": LONG}]
    assert [reason for _, reason in flags(*rows)] == [None, None, None]


def test_similarity_one_keeps_near_copies() -> None:
    config = CleanConfig(near_duplicate_similarity=1.0)
    assert [reason for _, reason in flags({"text": LONG}, {"text": NEAR}, config=config)] == [None, None]


def test_batch_size_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    letters = np.array(
        list(
            "的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多"
        )
    )
    pool = ["".join(rng.choice(letters, size=60)) for _ in range(60)]
    rows = []
    for number in rng.integers(0, 60, size=300):
        text = list(pool[number])
        if rng.random() < 0.5:
            text[rng.integers(60)] = "变"
        rows.append({"text": "".join(text), "rating": float(rng.integers(1, 3))})
    whole = flags(*rows, size=1000)
    assert {reason for _, reason in whole} == {
        None,
        "duplicate",
        "near_duplicate",
        "duplicate_conflicting_rating",
    }
    for size in (1, 7, 150):
        parted = flags(*rows, size=size)
        agreement = np.mean([a == b for a, b in zip(whole, parted, strict=True)])
        assert agreement == 1.0, size


def test_empty_batches() -> None:
    finder = DuplicateFinder(CleanConfig())
    assert finder.add(batch()).rows() == []
    assert finder.add(batch({"text": LONG})).rows() == [(0, None)]
    assert finder.add(batch()).rows() == []
    assert finder.add(batch({"text": LONG})).rows() == [(0, "duplicate")]
    finder.close()


def test_fold() -> None:
    assert fold("很 好，Ｇｏｏｄ！️👍") == "很好good👍"
    assert fold("ＡＢＣ１２３") == fold("abc123")


def test_text_store_reads_back() -> None:
    store = TextStore()
    for texts in (["一", ""], [], ["three", "四四"], ["👍"]):
        store.append(texts)
    assert [store.read(number) for number in range(len(store))] == ["一", "", "three", "四四", "👍"]
    store.close()
