"""Pinyin syllables: Chinese typed in Latin letters is not English."""

from __future__ import annotations

from unmet.text.word_lists import word_list

_INITIALS = "b p m f d t n l g k h j q x zh ch sh r z c s y w".split()
_FINALS = (
    "a o e i u ai ei ao ou an en ang eng ong ia ie iao iu ian in iang ing iong ua uo uai ui uan un"
    " uang ue v ve"
).split()


def pinyin_syllables() -> frozenset[str]:
    """Letter strings that read as one toneless pinyin syllable and are not English words.

    >>> {"hen", "hao"} & pinyin_syllables()
    {'hao'}
    """
    syllables = {initial + final for initial in _INITIALS for final in _FINALS}
    return frozenset(syllables - set(word_list("pinyin that is english")))
