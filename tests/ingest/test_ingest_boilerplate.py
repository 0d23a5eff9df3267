"""Filler of platforms and customers."""

from __future__ import annotations

import polars as pl
import pytest

from unmet.ingest.boilerplate import (
    boilerplate_column,
    find_boilerplate,
    has_opinion,
    is_repeated_filler,
)
from unmet.ingest.fingerprint import fold, fold_column

FILLER = [
    "此用户没有填写评价。",
    "此用户未填写评价内容",
    "此用户未及时填写评价内容",
    "买家没有填写评论",
    "此用户没有填写评论!",
    "评价方未及时做出评价,系统默认好评!",
    "评价方未及时做出评价，系统默认好评！",
    "默认好评",
    "系统默认好评。",
    "该用户觉得商品较好",
    "该用户觉得商品不错",
    "您没有填写内容，默认好评",
    "您没有填写评价内容",
    "用户未填写评价",
    "No comment",
    "no comments.",
    "N/A",
    "n/a",
    "none",
    "No review text.",
    "外形外观：\n屏幕音效：\n拍照效果：",
    "此 用户 没有 填写 评价",
    "此用戶沒有填寫評價。",
    "評價方未及時做出評價，系統默認好評！",
    "該用戶覺得商品較好",
    "同上",
    "评价",
    "Ｎ／Ａ",
    "The customer did not leave a review",
    "Rated 4 stars, no review text",
    "Verified buyer rated 5 stars without a comment",
    "The user left a rating but no comment.",
    "Review left blank",
    "This comment was intentionally left blank by the reviewer.",
    "该用户觉得商品很好，给出5星好评",
    "此用户觉得宝贝非常满意",
]
OPINIONS = [
    "五星好评",
    "5 stars",
    "Five Stars!",
    "满分",
    "Rated it 5 stars, no complaints",
    "No stars, no comment from the seller on my review",
    "该用户觉得商品很好，我不觉得",
    "blank pages in the book",
    "很好",
    "好评！",
    "差评",
    "垃圾",
    "没有问题",
    "没有评价的意义",
    "此用户没有填写评价，但我要说电池很差",
    "没有意见",
    "good",
    "Five stars for the battery, one for the screen",
    "No complaints",
    "nothing special about it",
    "none of them work",
    "外形外观：好看\n屏幕音效：一般",
    "内容很好",
    "没有内容",
    "test result was bad",
    "一般",
    "666",
    "无语",
    "默认好评的都是骗子",
    "商品不错",
    "no problems",
    "5 stars because it works",
]


@pytest.mark.parametrize("text", FILLER)
def test_filler(text: str) -> None:
    assert find_boilerplate(text) is not None


@pytest.mark.parametrize("text", OPINIONS)
def test_opinions_stay(text: str) -> None:
    assert find_boilerplate(text) is None


def test_column_equals_one_by_one() -> None:
    texts = pl.Series([*FILLER, *OPINIONS, "", "长" * 500])
    expected = [find_boilerplate(text) for text in texts.to_list()]
    assert boilerplate_column(fold_column(texts)).to_list() == expected


def test_repeated_filler_needs_many_customers_many_products_and_no_opinion() -> None:
    unknown = fold("本条由平台代为展示")
    assert is_repeated_filler(unknown, 40, 40, 5, 1000)
    assert not is_repeated_filler(unknown, 10, 10, 5, 1000), "too few"
    assert not is_repeated_filler(unknown, 40, 12, 5, 1000), "few customers"
    assert not is_repeated_filler(unknown, 40, 40, 1, 1000), "one product"
    assert not is_repeated_filler(unknown, 40, 40, 5, 1_000_000), "rare"
    assert not is_repeated_filler(fold("质量很好"), 400, 400, 50, 1000), "an opinion"
    assert has_opinion("电池不耐用")
