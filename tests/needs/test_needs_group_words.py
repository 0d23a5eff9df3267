from __future__ import annotations

import polars as pl

from unmet.mining.sentences import Sentences
from unmet.needs.group_words import words_of_groups
from unmet.needs.naming import worded_groups


def mentions(rows: list[tuple[str, str | None, str, str]]) -> tuple[pl.DataFrame, Sentences]:
    """Mentions of one group: language, aspect, opinion, sentence."""
    made = []
    for number, (language, aspect, opinion, sentence) in enumerate(rows):
        start = sentence.index(opinion)
        made.append(
            {
                "group": "concept:waterproof",
                "language": language,
                "aspect": aspect,
                "aspect_term": aspect,
                "aspect_end": sentence.index(aspect) + len(aspect) if aspect else None,
                "term": aspect or opinion,
                "opinion": opinion,
                "opinion_term": opinion,
                "opinion_start": start,
                "opinion_end": start + len(opinion),
                "polarity": "negative",
                "pair_vote": -1.0,
                "is_request": False,
                "position": number,
                "start": 0,
                "end": len(sentence),
            }
        )
    frame = pl.DataFrame(made, infer_schema_length=None)
    return frame, Sentences(pl.Series([sentence for *_, sentence in rows]))


def test_a_group_speaks_the_language_of_its_own_terms_not_that_of_strays():
    own = [("en", "rain cover", "soaks", "rain cover soaks through")] * 3
    strays = [("zh", None, "湿透", "到公司已经湿透")] * 9
    words = words_of_groups(*mentions(own + strays))["concept:waterproof"][0]
    assert words.language == "en"
    assert words.names[0][0] == "rain cover"
    assert [said.phrase for said in words.said] == ["soaks"]


def test_strays_without_any_term_do_not_silence_a_group():
    frame, sentences = mentions(
        [("zh", "防水", "不行", "防水不行")] * 2 + [("en", None, "wet", "everything got wet")] * 5
    )
    bare = pl.when(pl.col("language") == "en").then(None)
    frame = frame.with_columns(*(bare.otherwise(name).alias(name) for name in ("term", "opinion_term")))
    words = words_of_groups(frame, sentences)["concept:waterproof"][0]
    assert (words.language, words.names[0][0]) == ("zh", "防水")


def test_a_group_is_worded_in_the_language_with_more_behind_its_phrases():
    vague = [("zh", "防水", "不行", "防水不行")] * 5
    telling = [("en", "waterproof", "cracked", "waterproof cover, it cracked")] * 4
    others = [("en", "price", "cheap", "the price is cheap")] * 30
    frame, sentences = mentions(vague + telling + others)
    other = pl.when(pl.col("aspect") == "price").then(pl.lit("concept:price")).otherwise("group")
    worded = worded_groups(frame.with_columns(other.alias("group")), sentences)
    words, wording = worded["concept:waterproof"]
    assert (words.language, wording.support) == ("en", 4)
    assert "crack" in wording.text


def test_without_any_phrase_the_language_of_most_texts_words_a_group():
    vague = [("en", "waterproof", "bad", "waterproof is bad")] * 3
    more = [("zh", "防水", "不行", "防水不行")] * 4
    words, wording = worded_groups(*mentions(vague + more))["concept:waterproof"]
    assert (words.language, wording.support) == ("zh", 0)
    # Many mentions of one text are still one text.
    frame, sentences = mentions(vague + more)
    frame = frame.with_columns(
        pl.when(pl.col("language") == "zh").then(3).otherwise("position").alias("position")
    )
    words, _ = worded_groups(frame, sentences)["concept:waterproof"]
    assert words.language == "en"
