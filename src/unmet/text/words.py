"""Words, parts of speech and light English lemmas, all with offsets into the given text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from unmet.core.records import Span
from unmet.text.english_tags import tag_english
from unmet.text.folding import fold_characters
from unmet.text.lemmas import stem_english

__all__ = ["split_words", "split_words_batch", "stem_english", "tag_words"]

_WORD_EN = re.compile(
    r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*(?:-[^\W\d_]+(?:['\u2019][^\W\d_]+)*)*"  # don't, well-made
    r"|\d+(?:[.,:/]\d+)*(?:%|[^\W\d_]+)?"  # 3.5, 10%, 8GB
)
_TOKEN_EN = re.compile(rf"{_WORD_EN.pattern}|\S")
_HAS_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def split_words(text: str, language: str = "zh") -> list[Span]:
    """Spans of the words of a text; punctuation and white space are left out.

    Args:
        text: any string.
        language: ``en`` uses English rules; everything else the Chinese dictionary (rjieba), which
            reads traditional characters by their simplified form.

    >>> [t[a:b] for t in ["螢幕很大，iPhone 11"] for a, b in split_words(t)]
    ['螢幕', '很大', 'iPhone', '11']
    >>> [t[a:b] for t in ["Well-made, I don't mind 3.5 lbs"] for a, b in split_words(t, "en")]
    ['Well-made', 'I', "don't", 'mind', '3.5', 'lbs']
    """
    if language == "en":
        return [match.span() for match in _WORD_EN.finditer(text)]
    import rjieba

    pieces = rjieba.tokenize(_readable(text))
    return [(start, end) for word, start, end in pieces if _is_word(word)]


def split_words_batch(texts: Sequence[str], language: str = "zh") -> list[list[Span]]:
    """:func:`split_words` of each text, in order."""
    return [split_words(text, language) for text in texts]


def tag_words(text: str, language: str | None = None) -> list[tuple[str, str, int, int]]:
    """``(word, part of speech, start, end)`` of each word and punctuation mark, white space left out.

    Tags begin with the same letter in both languages: n noun, v verb, a adjective, d adverb,
    r pronoun, p preposition, c conjunction, m number, u particle or auxiliary, x punctuation and the
    rest (Chinese keeps jieba's longer tags such as nz and vn, and ``eng`` for Latin words).

    Args:
        text: any string.
        language: ``zh`` or ``en``; ``None`` takes ``zh`` if there is a Chinese character.

    >>> tag_words("屏幕清晰")
    [('屏幕', 'n', 0, 2), ('清晰', 'a', 2, 4)]
    >>> tag_words("The screen is bright", "en")
    [('The', 'u', 0, 3), ('screen', 'n', 4, 10), ('is', 'u', 11, 13), ('bright', 'a', 14, 20)]
    """
    if language == "en" or (language is None and not _HAS_HAN.search(text)):
        spans = [match.span() for match in _TOKEN_EN.finditer(text)]
        tags = tag_english([text[start:end] for start, end in spans])
        return [(text[a:b], tag, a, b) for (a, b), tag in zip(spans, tags, strict=True)]
    import rjieba

    tagged = []
    start = 0
    for word, tag in rjieba.tag(_readable(text)):
        end = start + len(word)
        if not word.isspace():
            tagged.append((text[start:end], tag, start, end))
        start = end
    return tagged


def _readable(text: str) -> str:
    """The text as the dictionary reads it, of the same length."""
    if text.isascii():
        return text
    simple = fold_characters(text)
    return _SURROGATE.sub("\ufffd", simple) if _SURROGATE.search(simple) else simple


def _is_word(piece: str) -> bool:
    return piece[0].isalnum() or any(map(str.isalnum, piece))
