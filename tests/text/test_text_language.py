"""Language of texts: the four answers, mixed scripts, other Latin languages, real data."""

from __future__ import annotations

import csv
import gzip
import os
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmet.text.language import detect_language, detect_languages, word_hash

DATA = Path(os.environ.get("UNMET_DATA", Path(__file__).parents[3] / "shared" / "data"))
OTHER = """El producto llegó rápido y la calidad es muy buena
Muy buena compra, lo recomiendo
Excelente calidad y precio
Très bon produit, livraison rapide et conforme
Je suis déçu de la qualité
Sehr gute Qualität, schnelle Lieferung
Leider ist das Gerät nach zwei Wochen kaputt
Barang bagus, pengiriman cepat dan sesuai pesanan
Kualitas oke, harga murah
Ottimo prodotto, spedizione veloce
Produto de ótima qualidade, recomendo
Goede kwaliteit en snel geleverd
Bardzo dobry produkt, polecam
Ürün çok güzel, kargo hızlı
Hàng rất đẹp, giao hàng nhanh
Отличный товар, рекомендую
これはとても良い商品です
送料が高いけど、すぐに届きました
배송이 빠르고 좋아요
สินค้าดีมาก ส่งไว
منتج رائع جدا
zhe ge shou ji hen hao yong
dong xi bu cuo, wu liu hen kuai""".splitlines()
ENGLISH = """Great phone
Works as expected
I love it!
Battery died after two weeks :(
no
The café was nice
perfect
Do not buy this, the zipper broke
A real time saver and easy on my hands
LOVE LOVE LOVE
My niño loves this toy
I bought this 手机 for my mom and it is great""".splitlines()
CHINESE = """手机很好
好
這個螢幕很大
买了Apple MacBook Pro 16 inch M1 Max 很好
iPhone 11 Pro Max 256GB 不错
の这个东西真的很棒
KFR-72LW/A390-X1空调""".splitlines()
NOTHING = ["", " ", "12.5", "!!!", "👍👍", ":)", "100%", "\x00\ud800", "…"]


@pytest.mark.parametrize(
    ("label", "texts"), [("other", OTHER), ("en", ENGLISH), ("zh", CHINESE), ("und", NOTHING)]
)
def test_labels(label: str, texts: list[str]) -> None:
    assert {
        text: found for text, found in zip(texts, detect_languages(texts), strict=True) if found != label
    } == {}


@given(st.lists(st.text(max_size=20), max_size=8))
def test_many_equal_one_by_one(texts: list[str]) -> None:
    assert detect_languages(texts) == [detect_language(text) for text in texts]


def test_blocks_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [*ENGLISH, *CHINESE, *OTHER] * 2
    whole = detect_languages(texts)
    monkeypatch.setattr("unmet.text.language._BLOCK_CHARACTERS", 50)
    assert detect_languages(texts) == whole


def test_word_hash_of_a_long_word_is_defined() -> None:
    assert detect_language("a" * 500) in ("en", "und", "other")
    assert word_hash("the") != word_hash("eht")


@pytest.mark.timing
def test_speed() -> None:
    texts = ["手机很好用，物流也快，推荐购买", "Great phone, works as expected"] * 20_000
    detect_languages(texts[:10])
    start = time.process_time()
    detect_languages(texts)
    assert len(texts) / (time.process_time() - start) > 100_000


def column(name: str, wanted: str) -> list[str]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"public data not found: {name} (set UNMET_DATA)")
    csv.field_size_limit(1 << 30)
    with (gzip.open if name.endswith(".gz") else open)(
        path, "rt", encoding="utf-8-sig", errors="replace"
    ) as stream:
        return [row[wanted] or "" for row, _ in zip(csv.DictReader(stream), range(5000), strict=False)]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("reviews_zh/online_shopping_10_cats.csv", "review"),
        ("reviews_zh/waimai_10k.csv", "review"),
        ("reviews_zh/car_3class.csv", "content"),
        ("reviews_zh/air_conditioners_dated.csv.gz", "评论内容"),
    ],
)
def test_real_chinese(name: str, wanted: str) -> None:
    texts = [text for text in column(name, wanted) if len(re.findall("[\u4e00-\u9fff]", text)) >= 2]
    assert detect_languages(texts).count("zh") / len(texts) >= 0.99


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("reviews_en/electronics_dated.csv.gz", "reviews.text"),
        ("reviews_en/womens_clothing.csv", "Review Text"),
        ("reviews_en/musical_instruments.csv.gz", "reviewText"),
    ],
)
def test_real_english(name: str, wanted: str) -> None:
    texts = [text for text in column(name, wanted) if len(re.findall("[A-Za-z]", text)) >= 2]
    assert detect_languages(texts).count("en") / len(texts) >= 0.985
