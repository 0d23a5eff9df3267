import polars as pl
import pytest
from needs_simulator import Planted, simulate

from unmet.core.config import MineConfig
from unmet.core.hashing import text_hash
from unmet.needs.cards import measure_needs
from unmet.needs.quotes import MAX_OVERLAP, _grams, _jaccard, choose_quotes
from unmet.needs.statistics import line_up


@pytest.fixture(scope="module")
def shop():
    return simulate(
        [Planted("fan", 0.1, 0.15, requests=0.3), Planted("box", 0.2, 0.01)], seed=3, documents=900
    )


def quotes_of(shop, name, mood, limit=5):
    evidence = line_up(shop.documents, shop.mentions)
    mentions = evidence.mentions.filter(pl.col("need") == evidence.need_ids.index(name))
    return choose_quotes(mentions, evidence.documents, mood=mood, limit=limit)


def test_quotes_are_byte_exact_and_hashed(shop):
    texts = dict(shop.documents.select("document_id", "text").iter_rows())
    for quote in quotes_of(shop, "fan", "mixed"):
        assert texts[quote.document_id][quote.start : quote.end] == quote.text
        assert text_hash(texts[quote.document_id]) == quote.text_hash


def test_quotes_come_from_different_documents_and_do_not_overlap(shop):
    quotes = quotes_of(shop, "box", "negative", limit=12)
    assert len(quotes) == 12
    assert len({quote.document_id for quote in quotes}) == 12
    grams = [_grams(quote.text) for quote in quotes]
    overlaps = [_jaccard(a, b) for i, a in enumerate(grams) for b in grams[:i]]
    assert max(overlaps) < MAX_OVERLAP


def test_quotes_come_from_different_authors_and_products_where_possible(shop):
    quotes = quotes_of(shop, "box", "negative")
    authors = dict(shop.documents.select("document_id", "author_id").iter_rows())
    assert len({authors[quote.document_id] for quote in quotes}) == 5
    assert len({quote.product for quote in quotes}) >= 4


def test_moods_decide_who_is_quoted(shop):
    assert all(quote.polarity != "positive" for quote in quotes_of(shop, "fan", "negative"))
    pleased = [quote.polarity == "positive" for quote in quotes_of(shop, "fan", "positive")]
    assert pleased == [True, True, False, True, True]
    mixed = [quote.polarity == "positive" for quote in quotes_of(shop, "fan", "mixed", limit=4)]
    assert mixed == [False, True, False, True]


def test_typical_quotes_come_first(shop):
    evidence = line_up(shop.documents, shop.mentions)
    mentions = evidence.mentions.filter(pl.col("need") == 0)
    first = choose_quotes(mentions, evidence.documents, mood="negative", limit=1)[0]
    position = evidence.documents["document_id"].index_of(first.document_id)
    quoted = mentions.filter((pl.col("position") == position) & (pl.col("start") == first.start))
    typicality = quoted["typicality"][0]
    assert typicality == mentions.filter("unmet")["typicality"].max()


def repeated(shop, texts):
    """The first documents of a shop, with the given texts, each one mention of ``fan``."""
    documents = shop.documents.head(len(texts)).with_columns(
        text=pl.Series(texts), text_hash=pl.Series([text_hash(text) for text in texts])
    )
    mentions = pl.concat([shop.mentions.head(1)] * len(texts)).with_columns(
        mention_id=pl.Series([f"m{i}" for i in range(len(texts))]),
        document_id=documents["document_id"],
        start=pl.lit(0, dtype=pl.Int64),
        end=pl.Series([len(text) for text in texts]),
        need_id=pl.lit("fan"),
        aspect_start=None,
        aspect_end=None,
        opinion_start=None,
        opinion_end=None,
    )
    return documents, mentions


def test_copies_are_not_quoted_twice_and_too_few_quotes_is_no_card(shop):
    same = ["电池不耐用，半天就没电了"] * 30 + ["The fan is far too loud at night"]
    documents, mentions = repeated(shop, same)
    result = measure_needs(documents, mentions, statements=shop.statements, config=MineConfig(), models={})
    assert result.needs == []
    assert result.mentions.collect()["need_id"].null_count() == len(same)
    assert set(result.mentions.collect()["unclustered_reason"]) == {"too_few_quotes"}


def test_lengths_outside_the_preferred_range_are_a_last_resort(shop):
    texts = [
        "坏了",
        "x" * 400,
        "屏幕总是自己熄灭，很烦人",
        "客服半天不回消息，没人管",
        "快递盒子压坏了，东西碎了",
    ]
    documents, mentions = repeated(shop, texts)
    mentions = mentions.with_columns(typicality=pl.Series([0.6, 0.6, 0.5, 0.5, 0.5]))
    quotes = choose_quotes(
        line_up(documents, mentions).mentions, line_up(documents, mentions).documents, mood="neutral", limit=3
    )
    assert {quote.text for quote in quotes} == set(texts[2:])


def test_slices_count_code_points_beyond_the_basic_plane(shop):
    texts = [
        "😀😀 the lid broke after a week",
        "👍 seal leaks every single time",
        "𠮷 handle is slippery when wet",
    ]
    documents, mentions = repeated(shop, texts)
    mentions = mentions.with_columns(start=pl.lit(2, dtype=pl.Int64))
    evidence = line_up(documents, mentions)
    quotes = choose_quotes(evidence.mentions, evidence.documents, mood="neutral", limit=3)
    assert {quote.text for quote in quotes} == {text[2:] for text in texts}
