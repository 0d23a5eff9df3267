"""Words, tags and lemmas."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unmet.text.words import split_words, split_words_batch, stem_english, tag_words

TEXTS = st.text(st.sampled_from("ab'手机很好螢幕。, -1.5%\n\x00\ud800👍"), max_size=30) | st.text(max_size=20)


@settings(deadline=None)  # the first call loads the dictionary
@given(TEXTS, st.sampled_from(["zh", "en"]))
def test_word_spans_are_words_in_order(text: str, language: str) -> None:
    spans = split_words(text, language)
    assert all(start < end <= len(text) for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert all(any(map(str.isalnum, text[start:end])) for start, end in spans)
    covered = {at for start, end in spans for at in range(start, end)}
    if language == "zh":
        assert all(at in covered for at, c in enumerate(text) if c.isalnum())


@settings(deadline=None)
@given(TEXTS)
def test_tags_cover_the_text(text: str) -> None:
    for language in ("zh", "en"):
        tagged = tag_words(text, language)
        assert all(text[start:end] == word for word, _, start, end in tagged)
        assert all(tag for _, tag, _, _ in tagged)
        assert "".join(w for w, _, _, _ in tagged).split() == "".join(text.split()).split()


def test_traditional_characters_are_read_by_their_simplified_form() -> None:
    assert split_words("螢幕很大") == split_words("萤幕很大")


def test_batch() -> None:
    assert split_words_batch(["很好", "a b"]) == [split_words("很好"), split_words("a b")]


def tags(text: str) -> dict[str, str]:
    return {word: tag for word, tag, _, _ in tag_words(text, "en")}


def test_english_tags() -> None:
    found = tags("I love the fit of this dress, but the charging cable broke quickly")
    assert (found["love"], found["fit"], found["dress"], found["cable"]) == ("v", "n", "n", "n")
    assert (found["quickly"], found["broke"], found[","]) == ("d", "v", "x")
    found = tags("Great sound quality and the screen is too dim")
    assert (found["Great"], found["sound"], found["quality"], found["dim"]) == ("a", "n", "n", "a")


@pytest.mark.parametrize(
    "pair",
    """batteries:battery boxes:box shoes:shoe movies:movie sizes:size dresses:dress lenses:lens buses:bus
    glass:glass charging:charge stopped:stop running:run hoping:hope fitting:fit returned:return
    arrived:arrive tried:try shipping:ship replaced:replace broke:break bought:buy women:woman this:this
    during:during zippers:zipper""".split(),
)
def test_lemmas(pair: str) -> None:
    word, lemma = pair.split(":")
    assert stem_english(word) == lemma
    assert stem_english(lemma) == lemma


@given(st.text(st.sampled_from("abeinsdgy'"), min_size=1, max_size=10))
def test_lemma_of_anything_is_short_and_lower_case(word: str) -> None:
    assert len(stem_english(word)) <= len(word) + 1
    assert stem_english(word.upper()) == stem_english(word)
