"""Training texts made from training texts: pieces of reviews, and short reviews put together from clauses.

Pieces carry the label of the review they come from. Most are right, and they are short, as the
clauses and remarks are that a model of whole reviews reads worst. Composed texts teach that a wish
says nothing good about a product: ``bad clause, wish`` is negative, a wish alone is neutral; that the
clause after "but" decides; and that a negated complaint is none.

Everything is made inside one fold, so a text is never composed from a text of another fold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpora_needs import EN_NO_REQUEST, EN_SENTENCE, ZH_NO_REQUEST, ZH_REQUEST
from unmet.models.piece_scores import PIECE

EN_WISH = re.compile(
    r"\b(please|should (have|be|come|include|make|add)|would be (nice|great|good|better|helpful|perfect)"
    r"|i wish|wish (it|they|there|the)|needs? to be"
    r"|would (like|love) to (see|have)|hope (they|the)|if only|why not)\b"
)
NEGATIVE, NEUTRAL, POSITIVE = 0, 1, 2


@dataclass(frozen=True)
class Made:
    """Made texts with label, fold and weight; all four the same length."""

    texts: list[str]
    labels: NDArray[np.int8]
    folds: NDArray[np.int64]
    weights: NDArray[np.float64]


def _made(rows: list[tuple[str, int, int, float]]) -> Made:
    return Made(
        [row[0] for row in rows],
        np.array([row[1] for row in rows], dtype=np.int8),
        np.array([row[2] for row in rows], dtype=np.int64),
        np.array([row[3] for row in rows], dtype=np.float64),
    )


def pieces_of_reviews(
    texts: Sequence[str], labels: NDArray[np.int8], folds: NDArray[np.int64], known: Collection[str]
) -> Made:
    """Pieces of 2–24 characters between punctuation marks, with the commoner label of their reviews.

    A piece counts once per fold, weighted by the root of the surplus of its label, at most 3.
    ``known`` texts are left out: they have labels of their own or belong to a test part.
    """
    surplus: dict[tuple[str, int], int] = {}
    for text, label, fold in zip(texts, labels.tolist(), folds.tolist(), strict=True):
        if label != NEUTRAL:
            for piece in PIECE.findall(text):
                if 2 <= len(piece) <= 24:
                    key = (piece, fold)
                    surplus[key] = surplus.get(key, 0) + label - NEUTRAL
    return _made(
        [
            (piece, POSITIVE if value > 0 else NEGATIVE, fold, min(abs(value) ** 0.5, 3.0))
            for (piece, fold), value in surplus.items()
            if value and piece not in known
        ]
    )


def zh_wishes(text: str) -> list[str]:
    """Pieces of a Chinese review that ask for something."""
    return [
        piece
        for piece in PIECE.findall(text)
        if 4 <= len(piece) <= 18 and ZH_REQUEST.search(piece) and not ZH_NO_REQUEST.search(piece)
    ]


def en_wishes(text: str) -> list[str]:
    """Sentences of an English review that ask for something."""
    sentences = [match.group().strip().rstrip(".!?") for match in EN_SENTENCE.finditer(text)]
    return [
        sentence
        for sentence in sentences
        if 3 <= len(sentence.split()) <= 14
        and EN_WISH.search(sentence.lower())
        and not EN_NO_REQUEST.search(sentence.lower())
    ]


@dataclass(frozen=True)
class Wording:
    """How one language joins clauses and negates a judgement."""

    middles: tuple[str, ...]
    ends: tuple[str, ...]
    buts: tuple[str, ...]
    wishes_of: Callable[[str], list[str]]
    judged: re.Pattern[str]  # degree adverb + group 1, the judging word
    not_bad: tuple[str, ...]  # templates that negate a complaint …
    not_good: tuple[str, ...]  # … and praise


ZH_WORDING = Wording(
    ("，", "，", ",", "。", " "),
    ("。", "。", "", "！"),
    ("，但是", "，但", "，不过", "，可是", "，可惜", "，就是"),
    zh_wishes,
    re.compile(
        r"(?:很|太|非常|特别|比较|挺|超级|真|有点)([\u4e00-\u9fff]{1,2}?)(?:的|了|啊|呢|哦)?(?=[，,。！!？?；;、~～…\s]|$)"
    ),
    ("不{}", "不算{}", "不算太{}", "并不{}", "一点也不{}", "一点都不{}", "没有那么{}", "不会{}"),
    (
        "不{}",
        "不算{}",
        "不算太{}",
        "不太{}",
        "不怎么{}",
        "一点也不{}",
        "一点都不{}",
        "没有那么{}",
        "不是很{}",
        "不够{}",
    ),
)
EN_WORDING = Wording(
    (". ", ". ", ", ", " - "),
    (".", "", "!"),
    (" but ", ", but ", ". However, ", " yet "),
    en_wishes,
    re.compile(r"\b(?:very|so|too|really|quite|pretty|extremely)\s+([a-z]{3,13})\b", re.IGNORECASE),
    ("not {}", "not {} at all", "not too {}", "isn't {}", "never {}", "not {} in the least", "was not {}"),
    ("not {}", "not {} at all", "not very {}", "isn't {}", "never {}", "not that {}", "was not {}"),
)


def judging_words(
    texts: Sequence[str], labels: NDArray[np.int8], wording: Wording
) -> tuple[list[str], list[str]]:
    """Words that complain and words that praise: seen after a degree adverb, mostly in one class.

    Odds are taken against those of the texts as a whole; at least 8 texts hold the word.
    """
    found: dict[str, list[float]] = {}
    share = max((labels == POSITIVE).sum(), 1) / max((labels == NEGATIVE).sum(), 1)
    for text, label in zip(texts, labels.tolist(), strict=True):
        if label != NEUTRAL:
            for word in {match.group(1).lower() for match in wording.judged.finditer(text)}:
                counts = found.setdefault(word, [0.0, 0.0])
                counts[label == POSITIVE] += 1
    odds = {w: (up + 0.5) / (down + 0.5) / share for w, (down, up) in found.items() if down + up >= 8}
    ranked = sorted(odds)
    return [w for w in ranked if odds[w] < 1 / 5], [w for w in ranked if odds[w] > 5]


def negated(
    reviews: tuple[Sequence[str], NDArray[np.int8], NDArray[np.int64]], wording: Wording, seed: int
) -> Made:
    """Judging words of each fold's reviews, negated."""
    rng = np.random.default_rng(seed)
    texts, labels, folds = reviews
    rows: list[tuple[str, int, int, float]] = []
    for fold in np.unique(folds):
        own = np.flatnonzero(folds == fold)
        bad, good = judging_words([texts[i] for i in own], labels[own], wording)
        # Reviews hold many "not good" and few "not bad", so five of the first per word are enough.
        plan = ((bad, wording.not_bad, POSITIVE, 9, 0.8), (good, wording.not_good, NEGATIVE, 5, 0.5))
        for words, templates, label, most, weight in plan:
            for word in words:
                for template in rng.permutation(templates)[:most]:
                    rows.append((str(template).format(word), label, int(fold), weight))
    return _made(rows)


def composed(
    clauses: tuple[Sequence[str], NDArray[np.int8], NDArray[np.int64]],
    reviews: tuple[Sequence[str], NDArray[np.int64]],
    wording: Wording,
    seed: int,
) -> Made:
    """Short reviews: two clauses, a clause with a wish, a wish alone.

    Two clauses of one class keep it and a neutral one gives way; praise and complaint are joined by
    "but", and the later clause decides. A wish adds nothing to what the clause says.
    """
    rng = np.random.default_rng(seed)
    texts, labels, folds = clauses
    rows: list[tuple[str, int, int, float]] = []
    for fold in np.unique(folds):
        wishes = sorted({w for t, f in zip(*reviews, strict=True) if f == fold for w in wording.wishes_of(t)})
        own = np.flatnonzero(folds == fold)

        def joined(first: str, second: str, middles: Sequence[str] = wording.middles) -> str:
            return first + str(rng.choice(middles)) + second + str(rng.choice(wording.ends))

        for index, other in zip(own, rng.permutation(own), strict=True):
            first, second = int(labels[index]), int(labels[other])
            if abs(first - second) == 2:
                rows.append((joined(texts[index], texts[other], wording.buts), second, int(fold), 0.5))
            else:
                label = first if second == NEUTRAL else second
                rows.append((joined(texts[index], texts[other]), label, int(fold), 0.5))
        if wishes:
            for index in own:
                wish = str(rng.choice(wishes))
                rows.append((joined(texts[index], wish), int(labels[index]), int(fold), 0.5))
            for wish in rng.permutation(wishes)[: len(own) // 3]:
                rows.append((str(wish) + str(rng.choice(wording.ends)), NEUTRAL, int(fold), 0.5))
    return _made(rows)
