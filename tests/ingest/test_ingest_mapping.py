from __future__ import annotations

import polars as pl
import pytest

from unmet.core.errors import MappingError
from unmet.ingest.headers import is_header, plain_name
from unmet.ingest.mapping import detect_mapping
from unmet.ingest.rows import unique_names


def frame(**columns: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


TEXTS = [
    "the chair is sturdy and looks good",
    "it broke after two days, very sad",
    "fine for the price I paid",
] * 4


def test_chinese_headers_with_traps() -> None:
    sample = frame(
        商品ID=["1"] * 12, 用户ID=["u1"] * 12, 总打分数=["4"] * 12,
        购买时间=["2021/8/15 0:12"] * 12,
        评论时间=["2021/8/21 17:30"] * 12, 评论天数间隔=["6"] * 12, 打分=["5", "1"] * 6,
        商品名称=["海信空调"] * 12,
        评论内容=["制冷很快，声音也不大"] * 12,
    )  # fmt: skip
    assert detect_mapping(sample, {}).columns == {
        "text": "评论内容", "rating": "打分", "time": "评论时间",
        "product": "商品名称", "product_id": "商品ID", "user": "用户ID",
    }  # fmt: skip


def test_english_headers_with_traps() -> None:
    sample = frame(
        **{
            "Clothing ID": ["10"] * 12, "Title": ["nice", "bad one", ""] * 4, "Review Text": TEXTS,
            "Rating": ["5", "4", "1"] * 4, "Recommended IND": ["1", "0", "1"] * 4,
            "Class Name": ["Dresses"] * 12,
        }
    )  # fmt: skip
    assert detect_mapping(sample, {}).columns == {
        "text": "Review Text", "title": "Title", "rating": "Rating",
        "product_id": "Clothing ID", "category": "Class Name",
    }  # fmt: skip


def test_a_label_that_is_no_rating_is_refused_and_explained() -> None:
    mapping = detect_mapping(frame(review=TEXTS, label=["bug report", "feature request", "rating"] * 4), {})
    assert mapping.columns == {"text": "review"}
    assert mapping.refused[0].column == "label"
    assert "no rating scale" in mapping.refused[0].why


def test_a_date_without_year_is_refused() -> None:
    mapping = detect_mapping(frame(text=TEXTS, date=["01.07", "01.16", "02.03"] * 4), {})
    assert mapping.column("time") is None
    assert "year" in mapping.refused[0].why


def test_values_decide_where_names_say_nothing() -> None:
    sample = frame(
        column_1=["5", "1", "4"] * 4,
        column_2=TEXTS,
        column_3=["2021-03-04", "2021-03-05", "2021-04-01"] * 4,
        column_4=["chair"] * 12,
    )
    mapping = detect_mapping(sample, {})
    assert mapping.columns == {"text": "column_2", "rating": "column_1", "time": "column_3"}
    assert {d.by for d in mapping.decisions} == {"values"}
    assert all(0 < d.confidence < 0.95 and d.why for d in mapping.decisions)


def test_a_row_number_is_no_rating() -> None:
    sample = frame(column_1=["1", "2", "3", "4", "5"], Review=TEXTS[:5])
    assert detect_mapping(sample, {}).columns == {"text": "Review"}


def test_names_that_end_like_known_ones() -> None:
    sample = frame(
        客户对产品的评论内容=TEXTS,
        客户总体评分=["5", "1", "3"] * 4,
        survey_submitted_date=["2021-03-04"] * 12,
    )
    assert detect_mapping(sample, {}).columns == {
        "text": "客户对产品的评论内容",
        "rating": "客户总体评分",
        "time": "survey_submitted_date",
    }


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        # Exports as shops and app stores give them.
        ("会员,级别,评价星级,评价内容,时间,追评内容", "user=会员 rating=评价星级 text=评价内容 time=时间"),
        ("rating,title,text,images,asin,user_id,timestamp",
         "rating=rating title=title text=text product_id=asin user=user_id time=timestamp"),
        ("reviewId,userName,content,score,at", "user=userName text=content rating=score time=at"),
        ("REVIEW_TEXT,STAR_RATING,REVIEW_DATE,PRODUCT_TITLE",
         "text=REVIEW_TEXT rating=STAR_RATING time=REVIEW_DATE product=PRODUCT_TITLE"),
        ("序号,客户反馈内容,满意度(1-10),反馈日期,门店",
         "text=客户反馈内容 rating=满意度(1-10) time=反馈日期 channel=门店"),
    ],
)  # fmt: skip
def test_usual_exports(header: str, columns: str) -> None:
    def cells(field: str | None) -> list[str]:
        values = {"text": TEXTS, "rating": ["5", "2", "4"] * 4, "time": ["2021-03-04 10:00:00"] * 12}
        return values.get(field or "", [f"name {i}" for i in range(12)] if field else ["-"] * 12)

    expected = dict(pair.split("=") for pair in columns.split())
    fields = {column: field for field, column in expected.items()}
    sample = frame(**{name: cells(fields.get(name)) for name in header.split(",")})
    assert detect_mapping(sample, {}).columns == expected


def test_override_wins_and_an_empty_name_turns_a_field_off() -> None:
    sample = frame(review=TEXTS, other=TEXTS, label=["0", "1", "1"] * 4)
    mapping = detect_mapping(sample, {"text": "other", "rating": ""})
    assert mapping.columns == {"text": "other"}
    assert mapping.decisions[0].by == "override"


def test_errors_list_the_columns_and_an_example() -> None:
    sample = frame(a=["1", "2"], b=["3", "4"])
    for override in ({}, {"text": "评论"}):
        with pytest.raises(MappingError, match=r"Columns found: a, b.*--map text=b"):
            detect_mapping(sample, override, where="x.csv")
    with pytest.raises(MappingError, match=r"does not know 'texts'.*text, title, rating"):
        detect_mapping(sample, {"texts": "a"})


def test_other_kinds() -> None:
    orders = frame(用户ID=["u1"] * 9, 商品ID=["p1"] * 9, 数量=["2"] * 9, 下单时间=["2021-01-01 10:00"] * 9)
    mapping = detect_mapping(orders, {}, kind="order")
    assert mapping.columns == {"time": "下单时间", "product_id": "商品ID", "user": "用户ID"}
    assert mapping.other == (("quantity", "数量"),)
    queries = frame(id=["1", "2", "3"], query=["red chair", "desk", "减速器链条"])
    assert detect_mapping(queries, {}, kind="query").column("text") == "query"


def test_headers() -> None:
    assert plain_name(" Review_Text ") == plain_name("review.text") == "reviewtext"
    assert is_header(["评论内容", "评分"], [])
    assert is_header(
        ["foo", "bar"], [["a longer text that is here", "1"], ["another long text is here", "2"]]
    )
    assert not is_header(["5", "很好用"], [["4", "还可以"]])
    assert not is_header(["很好用，我喜欢", "好"], [["还可以吧，不错", "中"]])
    assert unique_names(["text", "text", "text_2", ""])[0] == ["text", "text_3", "text_2", "column_4"]
