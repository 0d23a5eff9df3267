"""Phrases that set a group's unhappy sentences apart, read from the sentences themselves.

A story ("半天就没电", "fit like a tent") is told without an opinion word that a tagger marks, yet many
customers tell it in the same words. These are word sequences inside one clause that many of the group's
unhappy texts share and few others do.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import polars as pl

from unmet.core.records import Span
from unmet.mining.lexicon import word_set
from unmet.mining.sentences import Sentences
from unmet.mining.states import root_of, side_of_word
from unmet.needs.phrases_en import normal
from unmet.needs.said import Said
from unmet.text.words import split_words

SENTENCES = 240
"""Unhappy sentences of a group that are read (an even sample of more)."""
LEAST_TEXTS, LEAST_SHARE = 3, 0.05
"""Texts that must hold a phrase, in number and as a share of those read."""
LEAST_LIFT = 4.0
CLOSED = 0.4
"""Share of the texts with a phrase in which it ends a clause: the others go on, so it is a piece."""
MOST_PHRASES = 30
_SIZES = {"zh": range(2, 5), "en": range(2, 6)}
_CLAUSE = re.compile(r"[^,，。.!！?？;；~～…、:：\n]+")
_LONGEST_ZH = 8


def telling_phrases(
    parts: Mapping[str, pl.DataFrame], languages: Mapping[str, Sequence[str]], sentences: Sentences
) -> dict[tuple[str, str], tuple[Said, ...]]:
    """Telling phrases of each group's unhappy sentences by group and language, the most common first.

    Args:
        parts: mentions by group: ``position``, ``language``, ``polarity``, ``start``, ``end``.
        languages: group → the languages its statement may be written in.
        sentences: cuts the sentences that are read.
    """
    counted: dict[tuple[str, str], Counter[str]] = {}
    sizes: dict[tuple[str, str], int] = {}
    everywhere: dict[str, Counter[str]] = {"zh": Counter(), "en": Counter()}
    texts_of: Counter[str] = Counter()
    for group, part in parts.items():
        for language in languages[group]:
            texts = _texts(part, language, sentences)
            counts = _counted(texts, language)
            counted[group, language], sizes[group, language] = counts, max(len(texts), 1)
            everywhere.setdefault(language, Counter()).update(counts)
            texts_of[language] += len(texts)
    return {
        key: _said(counts, sizes[key], everywhere[key[1]], max(texts_of[key[1]], 1))
        for key, counts in counted.items()
    }


def _said(counts: Counter[str], size: int, everywhere: Counter[str], total: int) -> tuple[Said, ...]:
    """The phrases that many of ``size`` texts hold and few of all ``total`` texts do."""
    said: list[Said] = []
    for phrase, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        if count < max(LEAST_TEXTS, LEAST_SHARE * size) or len(said) == MOST_PHRASES:
            break
        lift = (count / size) / (everywhere[phrase] / total)
        if lift >= LEAST_LIFT:
            said.append(Said(phrase, complaints=count, praises=0, lift=lift))
    return tuple(said)


def _texts(part: pl.DataFrame, language: str, sentences: Sentences) -> list[str]:
    unhappy = part.filter((pl.col("language") == language) & (pl.col("polarity") == "negative"))
    firsts = unhappy.unique("position", keep="first", maintain_order=True)
    read = firsts.gather_every(max(-(-firsts.height // SENTENCES), 1))
    return sentences.of(read).to_list()


def _counted(texts: list[str], language: str) -> Counter[str]:
    """Texts that hold each word sequence inside a clause."""
    counts: Counter[str] = Counter()
    closing: Counter[str] = Counter()
    for text in texts:
        held: set[str] = set()
        ended: set[str] = set()
        words: set[str] = set()
        for clause in _CLAUSE.findall(text.lower()):
            spans = split_words(clause, language)
            words.update(_unnegated(clause, spans, language))
            for size in _SIZES[language]:
                for start in range(len(spans) - size + 1):
                    # In Chinese the end of the clause tells a whole phrase from a piece of one.
                    if language == "zh" and start < len(spans) - size:
                        continue
                    first, last = spans[start][0], spans[start + size - 1][1]
                    phrase = " ".join(clause[first:last].split())
                    held.add(phrase if language == "zh" else normal(phrase))
                    if start == len(spans) - size:
                        ended.add(phrase if language == "zh" else normal(phrase))
        whole = {p for p in held if (" " in p if language == "en" else 3 <= len(p) <= _LONGEST_ZH)}
        # A word that is bad by itself tells enough alone.
        bad = {word for word in words if len(word) > 1 and side_of_word(word, language) < 0}
        counts.update(whole | bad)
        closing.update(ended.intersection(whole) | bad)
    return Counter({p: n for p, n in counts.items() if n >= LEAST_TEXTS and closing[p] >= CLOSED * n})


def _unnegated(clause: str, spans: list[Span], language: str) -> set[str]:
    """Words of a clause without any negation."""
    words = [clause[start:end] for start, end in spans]
    if language == "zh":
        return set() if any(mark in clause for mark in "不没无未") else set(words)
    negations = word_set("en_negations")
    return set() if negations & set(words) else {root_of(word) for word in words}
