"""Advertising, pasted text and gibberish: a score with named reasons.

Signs add up (see spam_rules); 1.0 or more is spam. A single doubtful sign never suffices: a customer who
pays by WeChat, complains about a seller's coupon or asks for a contact stays in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from unmet.ingest.boilerplate import has_opinion
from unmet.ingest.fingerprint import fold
from unmet.ingest.spam_rules import (
    ASKING,
    CONTACT,
    EXEMPT,
    FOLDED,
    PASTED_EXEMPT,
    THRESHOLD,
    VOICE,
    WEAK,
    WITHOUT_VOICE,
    WRITTEN,
    Rule,
)

_CLAUSE_NUMBER = r"，\s{0,2}\d{5,6}\s{0,2}(?:，|$)"
_PATTERNS_AT_ONCE = 10
_LONGEST_FACELESS = 200  # characters; who writes more than an advertisement has something to tell
_MIN_CLAUSES = 10  # generator texts string stock phrases together
_KEYBOARD_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "poiuytrewq", "lkjhgfdsa", "mnbvcxz")
_VOWEL = re.compile("[aeiouyàâäéèêëîïôöùûü]")
_LATIN_WORD = re.compile(r"[a-z]+")
# What is repeated must say nothing by itself: interjections, letters, digits.
_REPEATED = re.compile(r"([哈呵嘿嘻啦啊哦噢喔嗯呃额唉哎诶呀哇咯嘛吧呢滴哒嘟么a-z0-9]{1,2}?)\1{5,}")


@dataclass(frozen=True, slots=True)
class SpamVerdict:
    """Score (signs added up; :data:`THRESHOLD` or more is spam) and the kinds that speak for it."""

    score: float
    reasons: tuple[str, ...]

    @property
    def is_spam(self) -> bool:
        """Whether the signs suffice."""
        return self.score >= THRESHOLD


CLEAN = SpamVerdict(0.0, ())


@lru_cache(maxsize=1)
def _rules() -> tuple[list[tuple[Rule, re.Pattern[str]]], list[tuple[Rule, re.Pattern[str]]]]:
    return (
        [(rule, re.compile(rule.pattern)) for rule in FOLDED],
        [(rule, re.compile(rule.pattern)) for rule in WRITTEN],
    )


@lru_cache(maxsize=1)
def _triggers() -> tuple[tuple[str, ...], str]:
    """Patterns for folded texts and one for written texts; what meets none of them cannot be spam."""
    # Rust's regex slows down when one pattern gets too large for its automaton: a few of middle size.
    patterns = [f"(?:{rule.pattern})" for rule in FOLDED]
    folded = tuple(
        _ascii_classes("|".join(patterns[first : first + _PATTERNS_AT_ONCE]))
        for first in range(0, len(patterns), _PATTERNS_AT_ONCE)
    )
    # A weak written sign needs company, and company that is enough shows up in its own right.
    written = "|".join(f"(?:{rule.pattern})" for rule in WRITTEN if rule.weight > WEAK)
    return folded, _ascii_classes(f"{written}|{_CLAUSE_NUMBER}")


def _ascii_classes(pattern: str) -> str:
    """The same for Rust's regex, whose Unicode-aware classes cost ten times the time."""
    for ours, ascii_only in ((r"\b", r"(?-u:\b)"), (r"\d", "[0-9]"), (r"\w", "[a-z0-9_]"), (r"\s", "[ \n]")):
        pattern = pattern.replace(ours, ascii_only)
    return pattern


def score_spam(text: str) -> SpamVerdict:
    """Judge one masked text.

    >>> score_spam("加微信[HANDLE]领优惠券，兼职日结").is_spam
    True
    >>> score_spam("可以用微信支付，很方便").is_spam
    False
    """
    return _score(text, fold(text))


def _score(text: str, folded: str) -> SpamVerdict:
    gibberish = find_gibberish(folded)
    if gibberish is not None:
        return SpamVerdict(THRESHOLD, (gibberish,))
    folded_rules, written_rules = _rules()
    lowered = text.lower()
    weights: dict[str, float] = {}
    for rule, pattern in folded_rules:
        if pattern.search(folded):
            weights[rule.kind] = weights.get(rule.kind, 0.0) + rule.weight
    for rule, pattern in written_rules:
        if pattern.search(lowered):
            weights[rule.kind] = weights.get(rule.kind, 0.0) + rule.weight
    contact = weights.pop("contact", 0.0)
    if "advertising" in weights:
        faceless = weights["advertising"] > WEAK and _is_faceless(lowered)
        weights["advertising"] += contact + WITHOUT_VOICE * faceless
    if _is_generated(text):
        weights["robot_text"] = THRESHOLD
    weights["pasted"] = weights.get("pasted", 0.0) + _padding(folded)
    if re.search(EXEMPT, folded):
        weights.pop("advertising", None)
    if re.search(PASTED_EXEMPT, folded):
        weights.pop("pasted", None)
    if not weights:
        return CLEAN
    kind, score = max(weights.items(), key=lambda item: item[1])
    return SpamVerdict(round(score, 3), (kind,)) if score > 0 else CLEAN


def _is_generated(text: str) -> bool:
    """Stock phrases with a loose number between them, as order generators write; "66666" is applause."""
    numbers = [number.strip("，, ") for number in re.findall(_CLAUSE_NUMBER, text)]
    return text.count("，") >= _MIN_CLAUSES and any(len(set(number)) > 1 for number in numbers)


def _is_faceless(lowered: str) -> bool:
    """A contact and no word of somebody who bought something."""
    return (
        len(lowered) <= _LONGEST_FACELESS
        and re.search(CONTACT, lowered) is not None
        and re.search(VOICE, re.sub(ASKING, "", lowered)) is None
    )


def _padding(folded: str) -> float:
    """Weight for "凑字数" said again and again."""
    return 0.5 if len(re.findall("凑.{0,3}字", folded)) >= 3 else 0.0


def find_gibberish(folded: str) -> str | None:
    """``keyboard_run``, ``repeated_syllables`` or ``None`` for a folded text.

    Repetition of words that hold an opinion ("好好好好好好") is emphasis, not gibberish.
    """
    if len(folded) < 6:
        return None
    if len(folded) <= 80 and folded.isascii():
        words = _LATIN_WORD.findall(folded)
        letters = sum(map(len, words))
        if letters >= 6 and letters >= 0.8 * len(folded) and _keyboard_share("".join(words)) >= 0.6:
            return "keyboard_run"
        # Letters without one vowel for the length of a sentence; a drawn-out "hmmmm" is one letter again
        # and again.
        if letters >= 8 and not _VOWEL.search(folded) and len(set(folded)) >= 4:
            return "keyboard_run"
    match = _REPEATED.search(folded)
    if match and len(match.group()) >= max(8, len(folded) - 3) and not has_opinion(folded):
        return "repeated_syllables"
    return None


def _keyboard_share(letters: str) -> float:
    """Share of letters in runs of four or more neighbouring keys."""
    covered = 0
    position = 0
    while position + 4 <= len(letters):
        length = 4
        while any(letters[position : position + length] in row for row in _KEYBOARD_ROWS):
            length += 1
            if position + length > len(letters):
                break
        if length > 4:
            covered += length - 1
            position += length - 1
        else:
            position += 1
    return covered / len(letters) if letters else 0.0


def spam_column(texts: pl.Series, folded: pl.Series) -> pl.Series:
    """The reason why each masked text is spam (null: it is not)."""
    in_folded, in_written = _triggers()
    suspicious = texts.str.to_lowercase().str.contains(in_written) | _maybe_gibberish(folded)
    for pattern in in_folded:
        suspicious |= folded.str.contains(pattern)
    suspicious = suspicious.fill_null(False)
    rows = suspicious.arg_true().to_list()
    reasons: list[str | None] = [None] * len(texts)
    for row, text, form in zip(
        rows, texts.filter(suspicious).to_list(), folded.filter(suspicious).to_list(), strict=True
    ):
        verdict = _score(text, form)
        if verdict.is_spam:
            reasons[row] = verdict.reasons[0]
    return pl.Series("spam", reasons, dtype=pl.String)


def _maybe_gibberish(folded: pl.Series) -> pl.Series:
    length = folded.str.len_chars()
    # Rust's regex has no back-references: few different characters stand in for repetition.
    few = folded.str.head(200).str.split("").list.n_unique() <= pl.Series([8])
    latin = folded.str.contains(r"^[a-z0-9]{6,80}$") & (
        ~folded.str.contains("[aeiouy]")
        | folded.str.contains("qwer|asdf|zxcv|hjkl|uiop|fghj|rewq|fdsa|vcxz|lkjh|jkl")
    )
    return ((length >= 8) & few) | latin
