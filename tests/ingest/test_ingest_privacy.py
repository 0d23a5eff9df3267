"""Masking of private data: recall on made-up cases, no false alarms, exact maps."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmet.core.offsets import to_source
from unmet.ingest.checksums import is_citizen_number, is_day, is_luhn, is_moment
from unmet.ingest.privacy import mask, mask_batch, pseudonym

sys.path.insert(0, str(Path(__file__).parents[1] / "oracles"))

import privacy_cases
import privacy_handwritten

MASKED = st.text(
    st.sampled_from(
        "0123456789 -+@.#:：一二三八号路街栋微信vqxQQ订单电话abcSTtreet,，()\u200b１３８＠\ud800"
    ),
    max_size=60,
)


def recall(cases: list[privacy_cases.Case]) -> dict[str, float]:
    found: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for case in cases:
        total[case.kind] += 1
        found[case.kind] += privacy_cases.is_masked(case, mask(case.text)[1])
    return {kind: found[kind] / total[kind] for kind in total}


def test_recall_of_every_kind_is_at_least_97_percent() -> None:
    all_cases = privacy_cases.cases()
    assert len(all_cases) >= 600
    shares = recall(all_cases)
    assert min(shares.values()) >= 0.97, shares


@pytest.mark.parametrize("text", privacy_cases.CLEAN)
def test_clean_texts_stay_as_they_are(text: str) -> None:
    assert mask(text) == (text, (), {})


def test_handwritten_cases() -> None:
    cases = privacy_handwritten.handwritten()
    hidden = [privacy_handwritten.share_hidden(spans, mask(text)[1]) >= 0.75 for _, text, spans in cases]
    assert sum(hidden) / len(cases) >= 0.92


def test_the_oracle_can_fail() -> None:
    case = next(case for case in privacy_cases.cases() if case.kind == "phone")
    assert not privacy_cases.is_masked(case, ())


@given(MASKED | st.text(max_size=40))
def test_edits_map_tokens_to_what_they_replace(text: str) -> None:
    masked, edits, counts = mask(text)
    assert sum(counts.values()) == len(edits)
    rebuilt, at = "", 0
    for first, last, source_first, source_last in edits:
        rebuilt += text[at:source_first] + masked[first:last]
        assert masked[first:last][1:-1] in counts
        assert to_source(edits, first, last) == (source_first, source_last)
        at = source_last
    assert rebuilt + text[at:] == masked


@given(MASKED)
def test_masking_again_changes_nothing_more_in_tokens(text: str) -> None:
    once = mask(text)[0]
    twice, edits, _ = mask(once)
    for _, _, first, last in edits:
        assert "[" not in once[first:last]
        assert "]" not in once[first:last]
    assert twice.count("[") >= once.count("[")


@pytest.mark.parametrize(
    "kind", ["PHONE", "EMAIL", "ID", "CARD", "ORDER", "ADDRESS", "HANDLE", "PLATE", "IP", "NAME"]
)
def test_tokens_are_left_alone(kind: str) -> None:
    text = f"打[{kind}]，订单号[{kind}]。Call [{kind}] at [{kind}]"
    assert mask(text)[0] == text


def test_findings_are_counted_by_kind() -> None:
    _, _, counts = mask("打13812345678或13987654321，邮箱kim@example.com")
    assert counts == {"PHONE": 2, "EMAIL": 1}


def test_hidden_characters_do_not_hide_a_number() -> None:
    text = "call 138\u200b1234\u200d5678 now"
    masked, edits, counts = mask(text)
    assert masked == "call [PHONE] now"
    assert text[edits[0][2] : edits[0][3]] == "138\u200b1234\u200d5678"
    assert counts == {"PHONE": 1}


@pytest.mark.parametrize(
    "text", ["", "\x00", "\ud800", "@", "[", "1" * 5000, "@" * 5000, "a@" * 2000, "1 " * 3000, "路" * 3000]
)
def test_hostile_texts_are_quick(text: str) -> None:
    assert isinstance(mask(text)[0], str)


@pytest.mark.parametrize(
    "unit",
    [
        "中市区县路街",
        "在北京市朝阳区",
        "1234 Maple ",
        "a.b@",
        "abc at def dot ",
        "1-2-3-4-5-",
        "x@y.",
        "order ",
        "::1:",
        "1栋",
        "我叫王",
    ],
)
def test_twenty_thousand_repeated_characters_take_seconds_at_most(unit: str) -> None:
    """No pattern searches through all divisions of a text made to defeat it."""
    text = unit * (20_000 // len(unit)) + "12345号"
    start = time.process_time()
    mask(text)
    assert time.process_time() - start < 5


def test_batch_equals_one_by_one() -> None:
    texts = [case.text for case in privacy_cases.cases()[:60]]
    assert mask_batch(texts) == [mask(text) for text in texts]


def test_pseudonym_is_stable_and_hides_the_id() -> None:
    assert pseudonym("alice") == "a" + pseudonym("alice")[1:]
    assert len(pseudonym("alice")) == 17
    assert set(pseudonym("\ud800")[1:]) <= set("0123456789abcdef")
    assert pseudonym("alice") != pseudonym("alice ")


@pytest.mark.parametrize(
    ("number", "good"), [("4539578763621486", True), ("4539578763621485", False), ("79927398713", True)]
)
def test_luhn(number: str, good: bool) -> None:
    assert is_luhn(number) is good


@given(st.text(st.sampled_from("0123456789"), min_size=2, max_size=19), st.integers(0, 18), st.integers(1, 9))
def test_luhn_finds_every_single_wrong_digit(number: str, place: int, change: int) -> None:
    place %= len(number)
    wrong = number[:place] + str((int(number[place]) + change) % 10) + number[place + 1 :]
    assert not (is_luhn(number) and is_luhn(wrong))


def test_citizen_numbers() -> None:
    assert is_citizen_number("11010519491231002X")
    assert is_citizen_number("11010519491231002x")
    assert not is_citizen_number("110105194912310021")
    assert not is_citizen_number("11010519491331002X")  # month 13
    assert not is_citizen_number("1101051949123100")


def test_days_and_moments() -> None:
    assert is_day("20201112")
    assert not is_day("20201312")
    assert not is_day("2020111")
    assert is_moment("20201112153059")
    assert not is_moment("20201112256199")
