from __future__ import annotations

import polars as pl

from unmet.mining.sentences import Sentences
from unmet.needs.group_words import words_of_groups


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
    words = words_of_groups(*mentions(own + strays))["concept:waterproof"]
    assert words.language == "en"
    assert words.names[0][0] == "rain cover"
    assert [said.phrase for said in words.said] == ["soaks"]


def test_strays_without_any_term_do_not_silence_a_group():
    frame, sentences = mentions(
        [("zh", "防水", "不行", "防水不行")] * 2 + [("en", None, "wet", "everything got wet")] * 5
    )
    bare = pl.when(pl.col("language") == "en").then(None)
    frame = frame.with_columns(*(bare.otherwise(name).alias(name) for name in ("term", "opinion_term")))
    words = words_of_groups(frame, sentences)["concept:waterproof"]
    assert (words.language, words.names[0][0]) == ("zh", "防水")
