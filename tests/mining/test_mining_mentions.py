from __future__ import annotations

import polars as pl

from unmet.core.tables import MENTIONS
from unmet.mining.mentions import extract_mentions


def documents(*texts: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "document_id": [f"d{i}" for i in range(len(texts))],
            "text": [text for text, _ in texts],
            "language": [language for _, language in texts],
        }
    )


def test_every_slice_is_exact(rule_models):
    given = documents(("屏幕太暗。物流很快！", "zh"), ("The zipper was broken. Screen is great.", "en"))
    mentions = extract_mentions(given, rule_models)
    assert dict(mentions.schema) == MENTIONS
    texts = dict(given.select("document_id", "text").iter_rows())
    for row in mentions.filter(pl.col("aspect").is_not_null()).iter_rows(named=True):
        text = texts[row["document_id"]]
        assert text[row["aspect_start"] : row["aspect_end"]] == row["aspect"]
        assert text[row["opinion_start"] : row["opinion_end"]] == row["opinion"]
        assert row["start"] <= row["aspect_start"]
        assert row["opinion_end"] <= row["end"]


def test_a_mention_is_quoted_by_its_own_sentence(rule_models):
    mentions = extract_mentions(documents(("屏幕太暗。物流很快！", "zh")), rule_models)
    text = "屏幕太暗。物流很快！"
    assert [text[s:e] for s, e in mentions.select("start", "end").iter_rows()] == ["屏幕太暗。", "物流很快！"]


def test_a_long_sentence_is_quoted_by_its_clauses(rule_models):
    text = "买来已经用了半个月了" * 8 + "，屏幕太暗，" + "其他的以后再来补充说明吧" * 6
    mentions = extract_mentions(documents((text, "zh")), rule_models)
    quoted = text[mentions["start"][0] : mentions["end"][0]]
    assert "屏幕太暗" in quoted
    assert len(quoted) < 40


def test_a_request_without_opinion_is_a_mention_of_its_own(rule_models):
    mentions = extract_mentions(documents(("屏幕太暗。希望加个指纹。", "zh")), rule_models)
    assert mentions["is_request"].to_list() == [False, True]
    assert mentions["aspect"].to_list() == ["屏幕", None]


def test_a_clearly_negative_sentence_without_opinion_is_a_bare_complaint(rule_models):
    mentions = extract_mentions(documents(("送货慢死了啊。", "zh"), ("快递小哥来过了。", "zh")), rule_models)
    assert mentions.select("document_id", "aspect", "opinion", "polarity").rows() == [
        ("d0", None, None, "negative")
    ]


def test_ids_are_distinct_and_repeatable(rule_models):
    given = documents(("屏幕太暗，屏幕太暗。", "zh"), ("屏幕太暗", "zh"))
    first, second = extract_mentions(given, rule_models), extract_mentions(given, rule_models)
    assert first.equals(second)
    assert first["mention_id"].is_unique().all()


def test_no_documents_no_mentions(rule_models):
    assert extract_mentions(documents(), rule_models).is_empty()
