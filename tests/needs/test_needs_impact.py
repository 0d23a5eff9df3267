import numpy as np
import polars as pl
import pytest
from needs_simulator import Planted, simulate

from unmet.core.config import MineConfig, NeedsConfig
from unmet.needs.bootstrap import choose_clusters, cluster_sums, codes_of, replicate_deviations
from unmet.needs.cards import build_needs
from unmet.needs.impact import RIDGE, build_design, estimate_effects, fit
from unmet.needs.opportunity import satisfaction_of, score_need, spread
from unmet.needs.ranking import rank_bounds, rank_order
from unmet.needs.shares import wilson
from unmet.needs.statistics import line_up

PLANTED = [Planted("quiet", 0.03, 0.02, -1.5, 0.3), Planted("loud", 0.2, 0.1, 0.0, 0.4)]


def cards(shop, **changes):
    config = MineConfig(needs=NeedsConfig(**changes))
    found = build_needs(
        shop.documents, shop.mentions, statements=shop.statements, config=config, models={"sentiment": "m@1"}
    )
    return {need.id: need for need in found}


def test_coefficients_equal_a_dense_dummy_regression():
    """Independent oracle: ordinary least squares with every group and control written out."""
    shop = simulate(PLANTED, seed=5, documents=400, products=6, months=4)
    unrated = pl.when(pl.int_range(pl.len()) % 7 == 0).then(None).otherwise("rating").alias("rating")
    evidence = line_up(shop.documents.with_columns(unrated), shop.mentions)
    design = build_design(evidence)
    solved = fit(design)
    rated = design.rated
    x = design.indicators.toarray()[rated]
    dummies = np.eye(design.n_groups)[design.groups[rated]]
    dummies = dummies[:, dummies.any(axis=0)]
    full = np.hstack([x, dummies])
    ridge = np.diag([RIDGE] * x.shape[1] + [0.0] * dummies.shape[1])
    oracle = np.linalg.solve(full.T @ full + ridge, full.T @ design.rating[rated])
    np.testing.assert_allclose(solved.coefficients, oracle[: x.shape[1]], atol=1e-8)
    residual = design.rating[rated] - full @ oracle
    np.testing.assert_allclose(solved.residuals[rated], residual, atol=1e-8)
    assert not solved.residuals[~rated].any()


def test_covariance_equals_the_written_out_sandwich():
    shop = simulate(PLANTED, seed=6, documents=300, products=5, months=3)
    evidence = line_up(shop.documents, shop.mentions)
    clusters = choose_clusters(evidence.documents)
    effects = estimate_effects(evidence, clusters)
    design = build_design(evidence)
    solved = fit(design)
    x = design.indicators.toarray()
    for group in np.unique(design.groups):
        x[design.groups == group] -= x[design.groups == group].mean(axis=0)
    hat = np.einsum("ij,jk,ik->i", x, solved.inverse, x) + 1 / solved.group_sizes[design.groups]
    influence = x @ solved.inverse * (solved.residuals / (1 - hat))[:, None]
    summed = np.array([influence[clusters.codes == c].sum(axis=0) for c in np.unique(clusters.codes)])
    covariance = summed.T @ summed
    for need in range(2):
        part = covariance[2 * need : 2 * need + 2, 2 * need : 2 * need + 2]
        np.testing.assert_allclose(effects.covariance[need, :2, :2], part, rtol=1e-8)


def test_cluster_sums_across_block_borders():
    rng = np.random.default_rng(0)
    codes = np.sort(rng.integers(0, 9, 100))
    rows = rng.normal(size=(100, 3))
    for size in (1, 7, 33, 100):
        blocks = (rows[i : i + size] for i in range(0, 100, size))
        sums = np.vstack(list(cluster_sums(codes, blocks)))
        expected = np.array([rows[codes == c].sum(axis=0) for c in np.unique(codes)])
        np.testing.assert_allclose(sums, expected)


def test_replicates_have_the_covariance_they_were_given():
    covariance = np.array([[4.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    draws = np.random.default_rng(1).standard_normal((200_000, 3))
    deviations = replicate_deviations(covariance, draws)
    np.testing.assert_allclose(np.cov(deviations.T), covariance, atol=0.05)
    assert not deviations[:, 2].any()


def test_clusters_prefer_authors_then_products_then_documents():
    documents = simulate(PLANTED, seed=1, documents=300, products=40).documents
    assert choose_clusters(documents).unit == "author"
    no_author = documents.with_columns(author_id=pl.lit(None, dtype=pl.String))
    assert choose_clusters(no_author).unit == "product"
    few_products = no_author.with_columns(product_id=pl.lit("p1"), product=pl.lit("one"))
    assert choose_clusters(few_products).unit == "document"
    some = documents.with_columns(
        pl.when(pl.int_range(pl.len()) < 60).then(None).otherwise("author_id").alias("author_id")
    )
    clusters = choose_clusters(some)
    assert clusters.unit == "author"
    assert len(set(clusters.codes[:60])) == 60  # each unknown author stands alone


def test_codes_are_sorted_and_null_is_minus_one():
    codes, levels = codes_of(pl.Series(["b", None, "a", "b"]))
    assert (codes.tolist(), levels) == ([1, -1, 0, 1], 2)


def test_planted_effects_are_found():
    found = cards(simulate(PLANTED, seed=11, documents=6000))
    quiet, loud = found["quiet"].impact, found["loud"].impact
    assert quiet.penalty.low < -1.3 and quiet.penalty.high > -1.7  # noqa: PT018
    assert abs(loud.penalty.value) < 0.12
    assert loud.reward.low > 0.2
    expected = 10 * (quiet.reward.value - quiet.penalty.value) / 2
    assert found["quiet"].importance.value == pytest.approx(expected)
    loud_card = found["loud"]
    gap = max(loud_card.importance.value - loud_card.satisfaction.value, 0)
    assert loud_card.opportunity.value == pytest.approx(loud_card.importance.value + gap)


@pytest.mark.parametrize("scale", ["clipped", "binary"])
def test_quiet_but_costly_ranks_above_loud_but_harmless(scale):
    planted = [Planted("quiet", 0.02, 0, -2.0), Planted("loud", 0.25, 0, 0.0), Planted("other", 0.1, 0.1)]
    above = 0
    for seed in range(40):
        shop = simulate(planted, seed=seed, documents=1500, base=4.0, scale=scale, with_texts=False)
        ranks = _ranks(shop)
        above += ranks.index("quiet") < ranks.index("loud")
    assert above >= 38


def _ranks(shop):
    evidence = line_up(shop.documents, shop.mentions)
    effects = estimate_effects(evidence, choose_clusters(evidence.documents))
    normals = np.random.Generator(np.random.PCG64(0)).standard_normal((300, 3))
    counts = [len(evidence.positions(i)) for i in range(len(evidence.need_ids))]
    bounds = rank_bounds(effects, counts, NeedsConfig(), normals)
    order = rank_order(bounds, [wilson(n, evidence.documents.height, 0.9) for n in counts], evidence.need_ids)
    return [evidence.need_ids[i] for i in order]


@pytest.mark.parametrize(("scale", "note"), [("none", "no_rating"), ("constant", "constant_rating")])
def test_without_a_rating_the_card_says_so_and_ranks_by_unmet_share(scale, note):
    shop = simulate(PLANTED, seed=2, documents=800, scale=scale)
    found = cards(shop)
    for need in found.values():
        assert need.importance is need.opportunity is need.impact is None
        assert note in need.notes
        assert need.satisfaction is not None
    lows = [need.extra["unmet_share"]["low"] for need in sorted(found.values(), key=lambda n: n.rank)]
    assert lows == sorted(lows, reverse=True)
    assert found["loud"].rank == 1


def test_a_side_with_few_documents_is_zero_and_noted():
    found = cards(simulate([Planted("fan", 0.1), Planted("box", 0.1, 0.1)], seed=4, documents=500))
    assert found["fan"].notes == ("few_positive",)
    assert found["fan"].impact.reward.value == found["fan"].impact.reward.high == 0
    assert found["box"].notes == ()


def test_two_needs_always_mentioned_together_stay_finite():
    shop = simulate([Planted("fan", 0.1, penalty=-1.0)], seed=4, documents=800)
    twin = shop.mentions.with_columns(need_id=pl.lit("twin"), mention_id=pl.col("mention_id") + "t")
    statements = {**shop.statements, "twin": shop.statements["fan"]}
    both = type(shop)(shop.documents, pl.concat([shop.mentions, twin]), statements)
    found = cards(both)
    assert found["fan"].impact.penalty.value == pytest.approx(found["twin"].impact.penalty.value, abs=1e-6)
    assert -0.8 < found["fan"].impact.penalty.value < -0.2


def test_satisfaction_never_claims_certainty():
    everyone_pleased = satisfaction_of(1.0, 0.0, 10, 0.90)
    assert everyone_pleased.value == everyone_pleased.high == 10
    assert 7 < everyone_pleased.low < 9
    clustered = satisfaction_of(0.5, 0.02, 100, 0.90)
    alone = satisfaction_of(0.5, 0.0025, 100, 0.90)
    assert clustered.high - clustered.low > 2 * (alone.high - alone.low)
    assert spread(0.0, 0.0, 5) > 0


def test_input_is_not_modified_and_seed_decides():
    shop = simulate(PLANTED, seed=9, documents=500)
    before = shop.documents.clone(), shop.mentions.clone()
    first, second = cards(shop), cards(shop)
    assert first == second
    assert shop.documents.equals(before[0])
    assert shop.mentions.equals(before[1])


def test_intervals_hold_planted_and_absent_effects():
    """A small, fast share of benchmarks/coverage.py: 90% intervals over 80 shops with repeating authors."""
    held, held_permuted = [], []
    needs = [Planted("costly", 0.05, 0.03, -1.0, 0.2), Planted("harmless", 0.2, 0.1)]
    for seed in range(80):
        shop = simulate(needs, seed=seed, documents=800, documents_per_author=8, with_texts=False)
        order = np.random.default_rng(seed).permutation(800)
        shuffled = shop.documents.with_columns(shop.documents["rating"][order].alias("rating"))
        held += _held(shop.documents, shop.mentions, {"costly": (-1.0, 0.2), "harmless": (0.0, 0.0)})
        held_permuted += _held(shuffled, shop.mentions, {"costly": (0.0, 0.0), "harmless": (0.0, 0.0)})
    assert 0.85 <= np.mean(held) <= 0.95
    assert 0.86 <= np.mean(held_permuted) <= 0.96


def _held(documents, mentions, truth):
    evidence = line_up(documents, mentions)
    effects = estimate_effects(evidence, choose_clusters(evidence.documents))
    normals = np.zeros((300, 3))
    result = []
    for index, name in enumerate(evidence.need_ids):
        impact = score_need(effects, index, len(evidence.positions(index)), NeedsConfig(), normals).impact
        for estimate, value in zip((impact.penalty, impact.reward), truth[name], strict=True):
            result.append(estimate.low <= value <= estimate.high)
    return result
