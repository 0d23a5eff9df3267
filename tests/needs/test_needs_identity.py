import polars as pl
import pytest
from needs_simulator import Planted, simulate

from unmet.core.config import MineConfig
from unmet.needs.cards import build_needs, measure_needs
from unmet.needs.identity import Statement, assign_ids, final_ids, match_previous

NAMES = [
    "fan",
    "box",
    "lid",
    "screen",
    "price",
    "seal",
    "smell",
    "hinge",
    "motor",
    "manual",
    "cable",
    "colour",
]


@pytest.fixture(scope="module")
def shop():
    needs = [Planted(name, 0.03 + 0.004 * i, 0.03) for i, name in enumerate(NAMES)]
    return simulate(needs, seed=8, documents=1300)


def run(shop, documents, swap=0.0):
    """Mentions of the first documents under permanent ids; ``swap`` of them land in the next need."""
    chosen = shop.mentions.filter(pl.col("document_id").is_in(documents["document_id"].implode()))
    following = dict(zip(NAMES, NAMES[1:] + NAMES[:1], strict=True))
    moved = pl.int_range(pl.len()).shuffle(seed=1) < int(swap * chosen.height)
    chosen = chosen.with_columns(
        pl.when(moved).then(pl.col("need_id").replace_strict(following)).otherwise("need_id").alias("need_id")
    )
    ids = assign_ids(chosen, shop.statements)
    renamed = chosen.with_columns(pl.col("need_id").replace_strict(ids))
    return renamed, {ids[name]: shop.statements[name] for name in ids}, ids


def test_ids_look_right_and_do_not_depend_on_provisional_names(shop):
    mentions = shop.mentions
    ids = assign_ids(mentions, shop.statements)
    assert len(set(ids.values())) == len(NAMES)
    assert all(i.startswith("need-") and len(i) == 17 and int(i[5:], 16) >= 0 for i in ids.values())
    other = mentions.with_columns(need_id=pl.lit("x") + pl.col("need_id"))
    again = assign_ids(other.reverse(), {"x" + name: s for name, s in shop.statements.items()})
    assert {name[1:]: i for name, i in again.items()} == ids


def test_needs_with_equal_content_get_different_ids(shop):
    first = shop.mentions.filter(pl.col("need_id") == "fan")
    twin = first.with_columns(need_id=pl.lit("twin"))
    statements = {name: Statement("same", "en", ("fan",)) for name in ("fan", "twin")}
    ids = assign_ids(pl.concat([first, twin]), statements)
    assert ids["fan"] != ids["twin"]


@pytest.mark.parametrize("seed", range(5))
def test_ids_are_kept_when_data_grow_by_a_third(seed):
    needs = [Planted(name, 0.03 + 0.004 * i, 0.03) for i, name in enumerate(NAMES)]
    shop = simulate(needs, seed=seed, documents=1300)
    old_mentions, _, old_ids = run(shop, shop.documents.head(1000))
    # A tenth of the mentions is grouped differently the second time.
    new_mentions, statements, new_ids = run(shop, shop.documents, swap=0.1)
    assert set(new_ids.values()) != set(old_ids.values())
    match = match_previous(new_mentions, old_mentions)
    right = sum(match.ids.get(new_ids[name]) == old_ids[name] for name in NAMES)
    assert right >= 0.9 * len(NAMES)
    assert len(set(match.ids.values())) == len(match.ids)
    needs = build_needs(
        shop.documents,
        new_mentions,
        statements=statements,
        config=MineConfig(),
        models={},
        previous=match.ids,
        lineage=match.lineage,
    )
    assert len({need.id for need in needs}) == len(needs) == len(NAMES)
    assert sum(need.previous_id == need.id for need in needs) >= 0.9 * len(NAMES)


def test_without_shared_documents_the_terms_decide(shop):
    old, _, old_ids = run(shop, shop.documents.head(600))
    new, _, new_ids = run(shop, shop.documents.tail(600))
    match = match_previous(new, old)
    assert {new_ids[name]: old_ids[name] for name in NAMES} == match.ids


def test_strangers_are_not_matched(shop):
    old, _, _ = run(shop, shop.documents.head(600))
    new, _, _ = run(shop, shop.documents.tail(600))
    assert match_previous(new.with_columns(aspect=pl.lit("something else")), old).ids == {}


def test_a_new_need_never_takes_the_id_of_a_matched_one():
    assert final_ids(["a", "b"], {"a": "b"}) == {"a": "b", "b": final_ids(["a", "b"], {"a": "b"})["b"]}
    assert final_ids(["a", "b"], {"a": "b"})["b"] not in ("a", "b")
    assert final_ids(["a", "b"], None) == {"a": "a", "b": "b"}
    with pytest.raises(ValueError, match="same previous id"):
        final_ids(["a", "b"], {"a": "x", "b": "x"})


def test_split_and_merge_are_noted(shop):
    old, _, old_ids = run(shop, shop.documents)
    half = pl.int_range(pl.len()) % 5 < 2
    is_fan = pl.col("need_id") == old_ids["fan"]
    split = old.with_columns(
        pl.when(is_fan & half).then(pl.lit("need-new")).otherwise("need_id").alias("need_id")
    )
    match = match_previous(split, old)
    assert match.ids[old_ids["fan"]] == old_ids["fan"]
    assert match.lineage == {"need-new": {"split_from": [old_ids["fan"]]}}
    merged = old.with_columns(
        pl.when(is_fan).then(pl.lit(old_ids["colour"])).otherwise("need_id").alias("need_id")
    )
    match = match_previous(merged, old)
    assert match.lineage == {old_ids["colour"]: {"merged_from": [old_ids["fan"]]}}


def test_lineage_reaches_the_card(shop):
    mentions, statements, ids = run(shop, shop.documents)
    result = measure_needs(
        shop.documents,
        mentions,
        statements=statements,
        config=MineConfig(),
        models={},
        lineage={ids["fan"]: {"split_from": ["need-000000000000"]}},
    )
    cards = {need.id: need for need in result.needs}
    assert cards[ids["fan"]].extra["split_from"] == ["need-000000000000"]
    assert "split_from" not in cards[ids["box"]].extra
