from __future__ import annotations

from unmet.mining.keywords import MIN_SCORE, complaint_keywords, naming_tokens, product_words

COMPLAINTS = [
    "第二天就降价了，气人",
    "刚买完降价一百",
    "降价太快",
    "才三天降价",
    "又降价",
    "说降价就降价",
    "物流太慢",
]
OTHERS = ["物流很快，包装很好", "屏幕很清楚", "物流快", "包装不错", "很喜欢这个屏幕", "物流给力"] * 3


def test_words_of_complaints_stand_out_and_common_words_do_not():
    found = complaint_keywords(COMPLAINTS * 2, OTHERS, "zh")
    assert found["降价"].score >= MIN_SCORE
    assert found["降价"].complaints == 12
    assert found.get("物流") is None or found["物流"].score < MIN_SCORE


def test_no_complaints_no_keywords():
    assert complaint_keywords([], OTHERS, "zh") == {}


def test_tokens_point_into_the_sentence_as_given():
    sentence = "The ZIPPER broke, and 螢幕 is dim"
    found = {token.word: sentence[slice(*token.span)] for token in naming_tokens(sentence, "en")}
    assert found["zipper"] == "ZIPPER"
    assert found["break"] == "broke"


def test_empty_words_never_name_a_need():
    assert {t.word for t in naming_tokens("希望大家以后不要购买这个东西", "zh")} == set()


def test_the_brand_and_the_kind_of_product_are_not_needs():
    names = ["格力(GREE) 1匹 云佳空调", "格力(GREE) 2匹 云锦空调", "美的(Midea) 1匹 风酷空调"]
    found = product_words(names, ["大家电"], "zh")
    assert {"格力", "美的", "空调", "大家电"} <= found
