"""The platform's filler text and default praise, and texts that many customers repeat without an opinion."""

from __future__ import annotations

import re
from functools import lru_cache

import polars as pl

from unmet.ingest.boilerplate_phrases import LABELS, PHRASES, TRADITIONAL
from unmet.ingest.fingerprint import fold

_MAX_CHARACTERS = 60
"""Longer folded texts are never filler: a customer wrote something."""

# A text that many customers repeat is filler only if none of these occurs: signs that somebody says
# something about the thing. Deliberately wide: a false "opinion" only keeps a row.
_OPINION = (
    "[好差坏赞棒爽烂爱讨厌喜快慢贵贱美丑香臭甜苦酸咸脏乱坑骗假破碎漏吵热冷硬软重轻薄厚错行强弱牛渣惠佳优劣糟怕值]"
    "|满意|失望|可以|一般|推荐|垃圾|问题|质量|服务|合适|舒服|方便|实用|正品|退|换|修|投诉|收到|发货|客服|用|买"
    "|good|great|nice|love|like|bad|poor|excel|awesome|amaz|perfect|worst|best|happy|ok|fine|work|easy|cheap"
    "|fast|slow|broke|return|refund|recommend|hate|terrible|horrible|qualit|value|price|fit|size|product|item|thank"
)


@lru_cache(maxsize=1)
def _compiled() -> tuple[tuple[str, re.Pattern[str]], ...]:
    kinds = [(kind, "|".join(f"(?:{p})" for p in patterns)) for kind, patterns in PHRASES.items()]
    kinds.append(("labels_only", f"(?:{LABELS}){{2,}}"))
    either = str.maketrans(
        {simple: f"[{simple}{full}]" for simple, full in TRADITIONAL.items() if simple != full}
    )
    return tuple((kind, re.compile(pattern.translate(either))) for kind, pattern in kinds)


def find_boilerplate(text: str) -> str | None:
    """Name the kind of filler that ``text`` as a whole is, or ``None``.

    Kinds: ``no_review_written``, ``default_praise``, ``rating_words_only``, ``placeholder``,
    ``labels_only``. A filler phrase followed by the customer's own words is not filler.

    >>> find_boilerplate("此用户没有填写评价。")
    'no_review_written'
    >>> find_boilerplate("很好") is None
    True
    """
    return find_in_folded(fold(text))


@lru_cache(maxsize=50_000)
def find_in_folded(folded: str) -> str | None:
    """:func:`find_boilerplate` for a text that is already folded."""
    if not folded or len(folded) > _MAX_CHARACTERS:
        return None
    for kind, pattern in _compiled():
        if pattern.fullmatch(folded):
            return kind
    return None


@lru_cache(maxsize=1)
def _any_kind() -> str:
    """All patterns as one for Rust's regex, which sifts a column at once."""
    return "^(?:" + "|".join(f"(?:{pattern.pattern})" for _, pattern in _compiled()) + ")$"


def boilerplate_column(folded: pl.Series) -> pl.Series:
    """The kind of filler of every folded text (null: none)."""
    short = (folded.str.len_chars() <= _MAX_CHARACTERS) & (folded != "")
    hits = (short & folded.set(~short, "").str.contains(_any_kind())).fill_null(False)
    if not hits.any():
        return pl.Series("boilerplate", [None] * len(folded), dtype=pl.String)
    kinds = {text: find_in_folded(text) for text in folded.filter(hits).unique().to_list()}
    return folded.replace_strict(kinds, default=None, return_dtype=pl.String).alias("boilerplate")


def has_opinion(folded: str) -> bool:
    """Whether a folded text holds any sign of an opinion or experience (wide on purpose)."""
    return re.search(_OPINION, folded) is not None


def is_repeated_filler(folded: str, n_repeats: int, n_authors: int, n_products: int, n_rows: int) -> bool:
    """Whether a text that many customers repeat is filler that no phrase list knows yet.

    Args:
        folded: the folded text.
        n_repeats: rows that hold exactly this folded text.
        n_authors: different authors among them (``n_repeats`` where authors are unknown).
        n_products: different products among them (1 where products are unknown).
        n_rows: all rows read.

    True from 20 repeats that are at least 0.2% of the rows, by at least 80% different authors, on at
    least three products where the data has products, and no sign of an opinion.
    """
    return (
        n_repeats >= max(20, 0.002 * n_rows)
        and n_authors >= 0.8 * n_repeats
        and n_products >= 3
        and not has_opinion(folded)
    )
