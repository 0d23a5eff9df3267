"""The words: grammar, exact places, variety, dirt."""

from __future__ import annotations

import random
import re
from collections import Counter

import polars as pl
import pytest

from unmet.sample import Shop, make_shop
from unmet.sample.banks import load_bank
from unmet.sample.catalogue import make_products
from unmet.sample.composing import product_slots
from unmet.sample.dirt import DIRT_SHARES, DROPPED_KINDS
from unmet.sample.grammar import draw, n_expansions, parse, parse_lines, slot_names
from unmet.sample.planted import LANGUAGES, MENTION_KINDS, PLANTED
from unmet.sample.slips import slip

VOICED = [(need, language) for need in PLANTED if need.in_reviews for language in need.languages]


@pytest.fixture(scope="module")
def shop() -> Shop:
    return make_shop(0, 6_000)


def texts_by_row(shop: Shop) -> dict[tuple[str, int], str]:
    return {(s, r): t for s, r, t in shop.reviews.select("source", "row", "text").iter_rows()}


def test_grammar_draws_all_expansions_and_only_those() -> None:
    pattern, slots = parse("a[b|c[d|]]{s}"), {"s": parse_lines("x\ny")}
    seen = {draw(pattern, slots, random.Random(seed)) for seed in range(200)}
    assert seen == {"abx", "aby", "acdx", "acdy", "acx", "acy"}
    assert n_expansions(pattern, slots) == 6
    assert slot_names(pattern) == {"s"}


@pytest.mark.parametrize("bad", ["[a|b", "a]"])
def test_unbalanced_brackets_are_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="unbalanced"):
        parse(bad)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_pattern_of_the_banks_can_be_drawn(language: str) -> None:
    bank, rng = load_bank(language), random.Random(0)
    slots = product_slots(bank, make_products()[0])
    lines = [line for need in bank.needs.values() for group in need.lines.values() for line in group]
    lines += [
        line
        for table in (bank.filler, bank.overall, bank.dirt, bank.search)
        for g in table.values()
        for line in g
    ]
    lines += [line for minor in bank.minor.values() for line in (*minor.praise, *minor.complaint)]
    for line in lines:
        for _ in range(5):
            text = draw(line, slots, rng)
            assert text.strip()
            assert not re.search(r"[\[\]{}|]", text)


@pytest.mark.parametrize(("need", "language"), VOICED, ids=lambda value: getattr(value, "need_id", value))
def test_every_need_has_many_phrasings(need: object, language: str) -> None:
    bank, rng = load_bank(language), random.Random(1)
    slots = product_slots(bank, make_products()[0])
    least = {"complaint": 100, "praise": 25, "request": 8, "sarcasm": 4}
    for manner, wanted in least.items():
        lines = bank.needs[need.need_id].lines[manner]  # type: ignore[attr-defined]
        seen = {draw(line, slots, rng) for _ in range(60) for line in lines}
        assert len(seen) >= wanted, (manner, len(seen))


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_sixty_irrelevant_fillers(language: str) -> None:
    bank, rng = load_bank(language), random.Random(1)
    assert sum(len(lines) for lines in bank.filler.values()) >= 60
    slots = product_slots(bank, make_products()[0])
    seen = {draw(line, slots, rng) for lines in bank.filler.values() for line in lines for _ in range(40)}
    assert len(seen) >= 250


def test_fillers_do_not_voice_a_planted_need() -> None:
    # "电池", "噪音", "客服" … in a filler would be a mention that the truth does not know.
    for language in LANGUAGES:
        bank, rng = load_bank(language), random.Random(2)
        slots = product_slots(bank, make_products()[0])
        strong = {
            "zh": ("噪音", "续航", "滤芯", "内胆", "涂层", "尺码", "客服", "售后", "包装", "充电", "防水"),
            "en": (
                "noise",
                "battery",
                "filter",
                "coating",
                "sizing",
                "customer service",
                "packaging",
                "charging",
            ),
        }[language]
        for lines in bank.filler.values():
            for text in (draw(line, slots, rng).lower() for line in lines for _ in range(20)):
                assert not any(word in text for word in strong), text


def test_offsets_point_at_the_planted_sentence(shop: Shop) -> None:
    texts, banks = texts_by_row(shop), {language: load_bank(language) for language in LANGUAGES}
    language_of = {(s, r): x for s, r, x in shop.truth.rows.select("source", "row", "language").iter_rows()}
    cued = 0
    for source, row, need_id, start, end in shop.truth.mentions.select(
        "source", "row", "need_id", "start", "end"
    ).iter_rows():
        text = texts[source, row]
        assert 0 <= start < end <= len(text)
        sentence = text[start:end]
        assert sentence == sentence.strip()
        words = banks[language_of[source, row]].needs[need_id]
        cued += any(cue.lower() in sentence.lower() for cue in (*words.aspects, *words.opinions))
    # Slips, sarcasm and freer wordings leave some sentences without a cue word.
    assert cued / shop.truth.mentions.height > 0.9


def test_mentions_of_one_text_do_not_overlap(shop: Shop) -> None:
    for _, group in shop.truth.mentions.sort("start").group_by("source", "row", maintain_order=True):
        ends = group["end"].to_list()
        assert all(e <= s for e, s in zip(ends, group["start"].to_list()[1:], strict=False))
        assert group["need_id"].n_unique() == group.height


def test_texts_are_varied(shop: Shop) -> None:
    clean = shop.reviews.join(shop.truth.rows.filter(~pl.col("dropped")), on=["source", "row"], how="semi")
    for language in LANGUAGES:
        texts = clean.filter(pl.col("language") == language)["text"].to_list()
        assert len(set(texts)) / len(texts) > 0.93
        assert max(Counter(texts).values()) / len(texts) < 0.005
    texts_of = texts_by_row(shop)
    spans = shop.truth.mentions.select("source", "row", "start", "end").iter_rows()
    sentences: dict[str, set[str]] = {language: set() for language in LANGUAGES}
    for source, row, start, end in spans:
        sentences["zh" if source.endswith(".csv") else "en"].add(texts_of[source, row][start:end])
    assert len(sentences["zh"]) > 1_500
    assert len(sentences["en"]) > 1_500
    assert n_phrasings("zh") > 3_000
    assert n_phrasings("en") > 2_500


def n_phrasings(language: str) -> int:
    # Before the words around them, slips and styles multiply these.
    bank = load_bank(language)
    slots = product_slots(bank, make_products()[0])
    return sum(
        n_expansions(line, slots)
        for need in bank.needs.values()
        for kind in (*MENTION_KINDS, "sarcasm")
        for line in need.lines[kind]
    )


def test_dirt_has_its_share_and_its_label(shop: Shop) -> None:
    rows = shop.truth.rows
    texts = texts_by_row(shop)
    counts = dict(rows["dirt"].value_counts().iter_rows())
    for kind, share in DIRT_SHARES.items():
        assert counts[kind] == pytest.approx(share * rows.height, rel=0.5), kind
    for source, row, _, dirt, dropped, copy_of in rows.iter_rows():
        assert dropped == (dirt in DROPPED_KINDS)
        text = texts[source, row]
        if dirt == "copy":
            assert text == texts[source, copy_of]
        elif dirt == "near_copy":
            original = texts[source, copy_of]
            assert text.startswith(original)
            assert 0 < len(text) - len(original) <= 14
        elif dirt == "empty":
            assert not text.strip()
        elif dirt == "html":
            assert re.search(r"<[^>]+>|&\w+;", text)
        else:
            assert text.strip()


def test_most_copies_are_by_the_same_customer_with_the_same_rating(shop: Shop) -> None:
    copies = shop.truth.rows.filter(pl.col("copy_of").is_not_null()).select("source", "row", "copy_of")
    columns = ["source", "row", "customer_id", "rating", "order_id"]
    first = shop.reviews.select(columns).rename({"row": "copy_of"})
    both = copies.join(shop.reviews.select(columns), on=["source", "row"]).join(
        first, on=["source", "copy_of"], suffix="_first"
    )
    same = both.filter(pl.col("customer_id") == pl.col("customer_id_first"))
    assert 0.6 < same.height / both.height < 0.9
    assert (same["rating"] == same["rating_first"]).all()


def test_private_data_is_placed_exactly_and_never_real(shop: Shop) -> None:
    texts = texts_by_row(shop)
    seen = Counter()
    for source, row, kind, start, end in shop.truth.private.iter_rows():
        value = texts[source, row][start:end]
        pattern = {
            "phone": r"1300000\d{4}|130[- ]0000[- ]\d{4}"
            r"|\+1-202-555-01\d\d|\(555\) 555-01\d\d|555-555-01\d\d",
            "email": r"[a-z._]+\d\d@example\.(com|cn|org)",
            "order": r"2000010100\d{8}|000-\d{7}-\d{7}",
            "address": r"(江苏省|浙江省)示例市测试区.*室|\d+ Sample Street, Apt \d+, Testville",
        }[kind]
        assert re.fullmatch(pattern, value), value
        seen[kind] += 1
    assert set(seen) == {"phone", "email", "order", "address"}
    for text in shop.reviews["text"]:
        for address in re.findall(r"[\w.]+@([\w.]+\w)", text):
            assert address in ("example.com", "example.cn", "example.org")


def test_slips_change_one_place() -> None:
    rng = random.Random(0)
    assert slip("噪音", "zh", rng) == "噪音"  # nothing fits: unchanged
    for _ in range(50):
        changed = slip("the battery is great", "en", rng)
        assert abs(len(changed) - len("the battery is great")) <= 1
