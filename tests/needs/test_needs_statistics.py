import polars as pl
import pytest
from needs_simulator import Planted, simulate

from unmet.core.errors import RunFolderError
from unmet.needs.shares import wilson
from unmet.needs.statistics import aspect_counts, line_up, mood_of, segment_of


def test_wilson_agrees_with_scipy():
    from scipy.stats import binomtest

    for found, total in ((0, 5), (3, 7), (40, 41), (500, 1000)):
        ours = wilson(found, total, 0.90)
        theirs = binomtest(found, total).proportion_ci(0.90, method="wilson")
        assert ours.value == found / total
        assert ours.low == pytest.approx(theirs.low)
        assert ours.high == pytest.approx(theirs.high)


def test_wilson_without_observations_says_nothing():
    assert (wilson(0, 0, 0.90).low, wilson(0, 0, 0.90).high) == (0.0, 1.0)


@pytest.fixture(scope="module")
def shop():
    return simulate([Planted("fan", 0.1, 0.2, requests=0.4), Planted("box", 0.05)], seed=3, documents=600)


def test_pairs_have_one_row_per_need_and_document(shop):
    evidence = line_up(shop.documents, shop.mentions)
    assert evidence.pairs.select("need", "position").is_duplicated().sum() == 0
    assert evidence.mentions.height == shop.mentions.height


def test_a_request_counts_as_unmet_and_scores_zero():
    shop = simulate([Planted("fan", 0.1, 0.2, requests=1.0)], seed=3, documents=300)
    evidence = line_up(shop.documents, shop.mentions)
    requests = evidence.mentions.filter("is_request")
    assert requests.height > 10
    assert requests["unmet"].all()
    assert requests["score"].to_list() == [0.0] * requests.height


def test_document_with_praise_and_complaint_scores_half():
    shop = simulate([Planted("fan", 0.5)], seed=1, documents=40)
    first = shop.mentions.head(1)
    praise = first.with_columns(polarity=pl.lit("positive"), mention_id=pl.lit("m-extra"))
    evidence = line_up(shop.documents, pl.concat([first, praise]))
    assert evidence.pairs.select("negative", "positive", "unmet", "score").row(0) == (True, True, True, 0.5)


def test_order_of_rows_does_not_matter(shop):
    shuffled = line_up(shop.documents.sample(fraction=1, shuffle=True, seed=1), shop.mentions.reverse())
    ordered = line_up(shop.documents, shop.mentions)
    assert shuffled.pairs.equals(ordered.pairs)
    assert shuffled.mentions.equals(ordered.mentions)


def test_evidence_without_a_need_is_as_if_it_had_no_mentions(shop):
    rest = line_up(shop.documents, shop.mentions.filter(pl.col("need_id") != "box"))
    left = line_up(shop.documents, shop.mentions).without(["box"])
    assert left.need_ids == rest.need_ids == ("fan",)
    assert left.mentions.equals(rest.mentions)
    assert left.pairs.equals(rest.pairs)


def test_parts_are_the_mentions_of_each_need(shop):
    evidence = line_up(shop.documents, shop.mentions)
    for need, part in evidence.parts().items():
        assert part.equals(evidence.mentions.filter(pl.col("need") == need))
    assert sum(part.height for part in evidence.parts().values()) == evidence.mentions.height


def test_a_mention_without_its_document_is_an_error(shop):
    with pytest.raises(RunFolderError, match="not there"):
        line_up(shop.documents.head(10), shop.mentions)


def test_repeated_document_id_is_an_error(shop):
    with pytest.raises(RunFolderError, match="twice"):
        line_up(pl.concat([shop.documents, shop.documents.head(1)]), shop.mentions)


@pytest.mark.parametrize(
    ("unmet", "positive", "mood"),
    [(0, 0, "neutral"), (4, 2, "negative"), (3, 2, "mixed"), (2, 4, "positive"), (1, 0, "negative")],
)
def test_mood(unmet, positive, mood):
    assert mood_of(unmet, positive) == mood


def test_segments_hold_shares_of_mentions(shop):
    evidence = line_up(shop.documents, shop.mentions)
    mentions = evidence.mentions.filter(pl.col("need") == 1)
    segment = segment_of(mentions, evidence.documents)
    assert sum(c.mentions for c in segment.categories) == mentions.height
    assert sum(c.share for c in segment.rating_bands) == pytest.approx(1)
    assert [c.value for c in segment.languages] == ["en"]
    counts = [c.mentions for c in segment.products]
    assert counts == sorted(counts, reverse=True)


def test_aspect_counts_ignore_case_and_blanks():
    mentions = pl.DataFrame({"aspect": ["Battery  Life", "battery life", "screen", None]})
    named = aspect_counts(mentions, ["battery life", "absent"])
    assert [(c.value, c.mentions, c.share) for c in named] == [("battery life", 2, 0.5)]
    assert [c.value for c in aspect_counts(mentions, [])] == ["battery life", "screen"]
