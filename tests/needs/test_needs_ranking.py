from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from needs_simulator import Planted, simulate

from unmet.core.config import MineConfig, NeedsConfig
from unmet.core.records import Estimate
from unmet.needs.bootstrap import choose_clusters
from unmet.needs.cards import build_needs
from unmet.needs.impact import Effects, estimate_effects
from unmet.needs.ranking import (
    FEW_UNMET,
    LEAST_OPPORTUNITY,
    rank_bounds,
    rank_order,
    says_something,
    shrink,
    spread_between,
)
from unmet.needs.statistics import line_up


def effects_of(penalties: np.ndarray, errors: np.ndarray) -> Effects:
    """Needs with a penalty and its standard error; rewards are 0 and too rare to count."""
    n = len(penalties)
    value, covariance = np.zeros((n, 3)), np.zeros((n, 3, 3))
    value[:, 0], covariance[:, 0, 0] = penalties, errors**2
    sides = np.tile([100, 0], (n, 1))
    return Effects(value, covariance, np.full((n, 2), 1e6), sides)


def test_the_spread_of_true_effects_is_found_below_their_noise():
    rng = np.random.default_rng(0)
    errors = rng.uniform(0.1, 0.6, 4000)
    true = rng.normal(0, 0.4, 4000)
    found = spread_between(true + rng.normal(0, errors), errors**2)
    assert found == pytest.approx(0.4**2, rel=0.1)
    assert spread_between(rng.normal(0, 0.5 * errors), errors**2) == 0.0


def test_shrunk_effects_are_nearer_to_the_truth_and_unsure_ones_move_most():
    rng = np.random.default_rng(1)
    errors = rng.uniform(0.05, 0.8, 200)
    true = rng.normal(-0.2, 0.4, 200)
    given = effects_of(true + rng.normal(0, errors), errors)
    got = shrink(given, 0.90)
    before, after = ((e.value[:, 0] - true) ** 2 for e in (given, got))
    assert after.mean() < 0.7 * before.mean()
    kept = got.value[:, 0] / given.value[:, 0]
    assert np.corrcoef(kept, errors)[0, 1] < -0.9
    assert (got.covariance[:, 0, 0] <= given.covariance[:, 0, 0]).all()
    np.testing.assert_array_equal(got.value[:, 1:], given.value[:, 1:])


def test_where_all_effects_are_chance_none_is_left():
    rng = np.random.default_rng(2)
    errors = rng.uniform(0.2, 0.5, 60)
    given = effects_of(0.9 * rng.normal(0, errors), errors)
    bounds = rank_bounds(given, [50] * 60, NeedsConfig(), rng.standard_normal((300, 3)))
    assert max(bounds) < LEAST_OPPORTUNITY


def test_proven_needs_come_first_and_loud_ones_before_quiet_ones():
    shares = [Estimate(s, s, s) for s in (0.01, 0.20, 0.05, 0.02)]
    bounds = [4.0, 0.4, LEAST_OPPORTUNITY - 0.1, 2.0]
    assert rank_order(bounds, shares, ("a", "b", "c", "d")) == [0, 3, 1, 2]
    assert rank_order([None] * 4, shares, ("a", "b", "c", "d")) == [1, 2, 3, 0]


def test_cards_carry_the_bound_they_are_ranked_by():
    planted = [
        Planted("costly", 0.06, 0.05, -1.5, 0.3),
        Planted("loud", 0.3, 0.05),
        Planted("rare", 0.03, 0.02),
    ]
    shop = simulate(planted, seed=3, documents=3000)
    found = build_needs(
        shop.documents, shop.mentions, statements=shop.statements, config=MineConfig(), models={}
    )
    assert [need.id for need in found] == ["costly", "loud", "rare"]
    evidence = line_up(shop.documents, shop.mentions)
    effects = estimate_effects(evidence, choose_clusters(evidence.documents))
    normals = np.random.Generator(np.random.PCG64(0)).standard_normal((300, 3))
    counts = [len(evidence.positions(i)) for i in range(len(evidence.need_ids))]
    bounds = dict(zip(evidence.need_ids, rank_bounds(effects, counts, NeedsConfig(), normals), strict=True))
    assert {need.id: need.extra["rank_bound"] for need in found} == bounds
    assert bounds["loud"] < LEAST_OPPORTUNITY < bounds["costly"]


def test_few_texts_that_say_nothing_in_common_prove_nothing():
    assert not says_something(0, FEW_UNMET - 1)
    assert says_something(0, FEW_UNMET)
    assert says_something(2, 5)
    assert says_something(None, 5)


def test_a_small_need_without_a_phrase_stands_behind_the_loud_one_whatever_it_costs():
    planted = [Planted("costly", 0.06, 0.05, -1.5, 0.3), Planted("loud", 0.3, 0.05)]
    shop = simulate(planted, seed=3, documents=900)

    def ranked(mentions: int) -> list[tuple[str, float, int]]:
        statements = {name: replace(words, mentions=mentions) for name, words in shop.statements.items()}
        found = build_needs(
            shop.documents, shop.mentions, statements=statements, config=MineConfig(), models={}
        )
        return [
            (need.id, need.extra["rank_bound"], need.extra["unmet_documents"])
            for need in found
            if need.extra["statement_mentions"] == mentions
        ]

    told, plain = ranked(5), ranked(0)
    assert [name for name, _, _ in told] == ["costly", "loud"]
    assert told[0][1] > LEAST_OPPORTUNITY
    assert [name for name, _, _ in plain] == ["loud", "costly"]
    assert plain[1][1] == 0.0
    assert plain[1][2] < FEW_UNMET <= plain[0][2]
