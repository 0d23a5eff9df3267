"""Words that set complaints and requests apart from the rest of a corpus.

Weighted log-odds with an informative Dirichlet prior ("Fightin' Words", Monroe, Colaresi & Quinn 2008):
the corpus itself is the prior, so rare words need strong evidence and common ones are not favoured.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from unmet.core.records import Span
from unmet.mining.concepts import concepts
from unmet.mining.lexicon import generic_aspects, generic_opinions, word_set
from unmet.text.folding import fold
from unmet.text.words import stem_english, tag_words

MIN_SENTENCES = 6
"""Complaints that must hold a word before it can name a need."""
MIN_SCORE = 3.0
"""Log-odds in standard errors."""
MAX_SENTENCES = 40_000
"""Sentences per side that are counted; more change little and cost time."""
NAMING_TAGS = ("n", "v", "j", "l", "i")
"""First letters of the tags of words that can name a thing or an event."""
EMPTY_TAGS = frozenset({"nr", "nrt", "ns", "nt", "nz", "vd", "vg", "ng"})


@dataclass(frozen=True, slots=True)
class Token:
    """A canonical word and where it stands in its sentence."""

    word: str
    span: Span


@lru_cache(maxsize=1)
def _stop_words() -> frozenset[str]:
    return word_set("en_stop") | word_set("zh_empty_words") | generic_opinions() | generic_aspects()


def naming_tokens(sentence: str, language: str) -> list[Token]:
    """Nouns and verbs of a sentence that could name a need, and names of concepts, in canonical form."""
    folded = fold(sentence)
    stop = _stop_words()
    concept_names = concepts().names.get(language, {})
    tokens = []
    for word, tag, start, end in tag_words(folded, language):
        canonical = stem_english(word) if language == "en" else word
        known = canonical in concept_names
        if not known and (not tag.startswith(NAMING_TAGS) or tag in EMPTY_TAGS):
            continue
        long_enough = len(canonical) >= (3 if language == "en" else 2)
        if (long_enough or known) and canonical not in stop and word not in stop and not canonical.isdigit():
            tokens.append(Token(canonical, (start, end)))
    return tokens


def concept_word(phrase: str, language: str) -> str | None:
    """The first word of a phrase that names a concept.

    >>> concept_word("烫得不行", "zh"), concept_word("gets too hot", "en")
    ('烫', 'hot')
    """
    names = concepts().names.get(language, {})
    found = next((token.word for token in naming_tokens(phrase, language) if token.word in names), None)
    # The dictionary glues a particle to a one-character word (烫得); it stands first then.
    return phrase[:1] if found is None and language == "zh" and phrase[:1] in names else found


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word over-represented in complaints: its score (standard errors) and how many complaints hold it."""

    score: float
    complaints: int


def complaint_keywords(complaints: Sequence[str], others: Sequence[str], language: str) -> dict[str, Keyword]:
    """Words of complaints, with how much they are over-represented there (MIN_SCORE makes a keyword).

    Args:
        complaints: negative or requesting sentences.
        others: the remaining sentences of the corpus.
        language: of all of them.
    """
    inside = _document_frequency(_thinned(complaints), language)
    outside = _document_frequency(_thinned(others), language)
    words = [word for word, count in inside.items() if count >= MIN_SENTENCES]
    if not words:
        return {}
    y, x = np.array([inside[w] for w in words], float), np.array([outside[w] for w in words], float)
    n_inside, n_outside = sum(inside.values()), max(sum(outside.values()), 1)
    prior = y + x
    total = n_inside + n_outside
    # The prior weighs as much as a tenth of the corpus.
    prior_weight = prior * 0.1
    odds_inside = np.log((y + prior_weight) / (n_inside + 0.1 * total - y - prior_weight))
    odds_outside = np.log((x + prior_weight) / (n_outside + 0.1 * total - x - prior_weight))
    scores = (odds_inside - odds_outside) / np.sqrt(1 / (y + prior_weight) + 1 / (x + prior_weight))
    return {w: Keyword(float(s), inside[w]) for w, s in zip(words, scores, strict=True)}


def _document_frequency(sentences: Iterable[str], language: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for sentence in sentences:
        counts.update({token.word for token in naming_tokens(sentence, language)})
    return counts


def _thinned(sentences: Sequence[str]) -> Sequence[str]:
    step = -(-len(sentences) // MAX_SENTENCES)
    return sentences[::step] if step > 1 else sentences


_NAME_HEAD = re.compile(r"^[\[【(（]?([A-Za-z][A-Za-z'&-]+|[\u4e00-\u9fff]{2,6})(?=$|[^A-Za-z\u4e00-\u9fff])")


def product_words(products: Sequence[str], categories: Sequence[str], language: str) -> frozenset[str]:
    """Words that name the product or its maker, not a part or property of it.

    These are words in most product names of the corpus, the word a product name begins with (the
    brand, as a rule), and the words of category names.
    """
    common: Counter[str] = Counter()
    named: set[str] = set()
    for product in products:
        common.update({token.word for token in naming_tokens(product, language)})
        head = _NAME_HEAD.match(product.strip())
        if head:
            named.add(fold(head.group(1)))
    floor = max(2, 0.6 * len(products))
    named.update(word for word, count in common.items() if count >= floor)
    for category in categories:
        named.update(token.word for token in naming_tokens(category, language))
        named.add(fold(category))
    return frozenset(named)
