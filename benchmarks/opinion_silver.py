"""Second stage of the opinion recipe: what a first model finds in unlabelled reviews of all domains.

Word rates: how often a word stands inside an aspect or opinion, by the first model's marginals (a word-level
form of self-training). Silver sentences: whole sentences the first model is sure of. Silver pairs: pairs of
short starred reviews without a contrast word take the polarity of the stars.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from corpora_spans import LabelledText, Pair
from unmet.models.opinion_templates import OPINION_LABELS
from unmet.models.opinions import LanguageParts, find_spans, pair_spans
from unmet.models.tagger import TaggedSpan
from unmet.models.tagger_features import Sentences, WordClasses, read_sentences
from word_classes import starred_texts

RATE_EDGES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7)
_CONTRAST = re.compile(
    r"但|不过|可惜|就是|虽然|除了|只是|however|but|although|though|except|other than", re.I
)


def unlabelled_sample(language: str, n_texts: int, seed: int = 0) -> list[tuple[str, int | None]]:
    """Reviews of all sources, negative ones first in share (they are rare and matter most)."""
    groups: dict[int | None, list[tuple[str, int | None]]] = defaultdict(list)
    for text, label in starred_texts(language):
        if 4 <= len(text) <= 600:
            groups[label].append((text, label))
    chooser = random.Random(seed)
    chosen = []
    for label, share in ((-1, 0.5), (1, 0.3), (None, 0.2)):
        pool = groups[label]
        chooser.shuffle(pool)
        chosen += pool[: int(n_texts * share)]
    return chosen


def silver_sentences(
    language: str, parts: LanguageParts, n_texts: int = 36_000, n_sentences: int = 8_000
) -> tuple[WordClasses, list[LabelledText]]:
    """Run a first model over unlabelled reviews: classes with word rates, and sentences it is sure of."""
    texts = [text for text, _ in unlabelled_sample(language, n_texts)]
    sentences = read_sentences(texts, language, parts.classes)
    classes = _with_rates(parts, sentences)
    aspects, opinions = find_spans(sentences, parts)
    found = _sure_sentences(language, texts, sentences, pair_spans(sentences, parts, aspects, opinions))
    random.Random(1).shuffle(found)
    print(f"silver {language}: {len(found)} sure sentences")
    return classes, found[:n_sentences]


def silver_pairs(language: str, parts: LanguageParts, n_texts: int = 36_000) -> list[LabelledText]:
    """Pairs a model finds in unlabelled reviews; in short clear ones with the polarity of the stars."""
    sample = unlabelled_sample(language, n_texts)
    sentences = read_sentences([text for text, _ in sample], language, parts.classes)
    aspects, opinions = find_spans(sentences, parts)
    return _starred_pairs(language, sample, sentences, pair_spans(sentences, parts, aspects, opinions))


def _with_rates(parts: LanguageParts, sentences: Sentences) -> WordClasses:
    decoded = parts.tagger.tag(sentences.columns, sentences.types, sentences.bounds)
    column = {label: k for k, label in enumerate(OPINION_LABELS)}
    n_types = len(sentences.words)
    counts = np.bincount(sentences.types, minlength=n_types)
    values = dict(parts.classes.values)
    hashes = sentences.columns["word"]
    order = np.argsort(hashes)
    place = order[np.minimum(np.searchsorted(hashes, parts.classes.keys, sorter=order), n_types - 1)]
    known = (hashes[place] == parts.classes.keys) & (counts[place] >= 5)
    for name, letter in (("aspect", "A"), ("opinion", "O")):
        inside = decoded.marginals[:, column[f"B-{letter}"]] + decoded.marginals[:, column[f"I-{letter}"]]
        total = np.bincount(sentences.types, weights=inside, minlength=n_types)
        rate = (total[place] + 0.3) / (counts[place] + 4.0)
        bins = np.searchsorted(RATE_EDGES, rate) + 1
        values[name] = np.where(known, bins, 0).astype(np.uint16)
    return WordClasses(parts.classes.keys, values)


PairOfSpans = tuple[TaggedSpan | None, TaggedSpan | None]


def _characters(span: TaggedSpan | None, sentences: Sentences, shift: int = 0) -> tuple[int, int] | None:
    if span is None:
        return None
    return int(sentences.starts[span.first]) - shift, int(sentences.ends[span.last - 1]) - shift


def _sure_sentences(
    language: str, texts: Sequence[str], sentences: Sentences, pairs: Sequence[PairOfSpans]
) -> list[LabelledText]:
    sequence = np.repeat(np.arange(sentences.bounds.size - 1), np.diff(sentences.bounds))
    by_sentence: dict[int, list[PairOfSpans]] = defaultdict(list)
    for pair in pairs:
        anchor = pair[1] or pair[0]
        assert anchor is not None
        by_sentence[int(sequence[anchor.first])].append(pair)
    found, seen = [], Counter[str]()
    for number, rows in by_sentence.items():
        sure = all(span.probability >= 0.75 for pair in rows for span in pair if span is not None)
        if not sure or not any(a and o for a, o in rows):
            continue
        first, last = int(sentences.bounds[number]), int(sentences.bounds[number + 1])
        begin, end = int(sentences.starts[first]), int(sentences.ends[last - 1])
        text = texts[int(sentences.text_of[number])][begin:end]
        key = " ".join(sorted({text[slice(*_characters(a, sentences, begin))] for a, _ in rows if a}))
        seen[key] += 1
        if seen[key] > 8 or last - first < 4:  # the same aspect again teaches little
            continue
        kept = tuple(
            Pair(_characters(a, sentences, begin), _characters(o, sentences, begin)) for a, o in rows
        )
        found.append(LabelledText("silver", language, text, kept))
    return found


_BURDENS = re.compile(
    r"噪音|噪声|声音|杂音|异响|风声|色差|气味|异味|怪味|发热|热量|油烟|耗电|电费|差价|安装费|材料费|运费|费用|收费|误差|灰尘"
    r"|noise|smell|odor|lag|delay|heat|fee|shipping cost",
    re.I,
)
_MUCH = re.compile(r"(大|高|多|重|响|严重|loud|high|strong|big|huge)(了|啊|的|得很)?$", re.I)
_LITTLE = re.compile(r"(?<!不)(小|低|少|轻|quiet|low|small|little)(了|啊|的)?$", re.I)
_DENIED = re.compile(r"不|没|无|not|n't|no ", re.I)


def burden_polarity(aspect: str | None, opinion: str | None) -> str | None:
    """Polarity of "much" or "little" of a burden (noise, smell, fees), ``None`` for anything else."""
    if not aspect or not opinion or not _BURDENS.search(aspect):
        return None
    much, little = _MUCH.search(opinion), _LITTLE.search(opinion)
    if bool(much) == bool(little):
        return None
    bad = bool(much) != bool(_DENIED.search(opinion))
    return "negative" if bad else "positive"


def _starred_pairs(
    language: str,
    sample: Sequence[tuple[str, int | None]],
    sentences: Sentences,
    pairs: Sequence[PairOfSpans],
) -> list[LabelledText]:
    text_of = np.repeat(sentences.text_of, np.diff(sentences.bounds))
    by_text: dict[int, list[Pair]] = defaultdict(list)
    limit = 60 if language == "zh" else 200
    for aspect, opinion in pairs:
        anchor = opinion or aspect
        assert anchor is not None
        number = int(text_of[anchor.first])
        text, label = sample[number]
        polarity = None
        if label is not None and len(text) <= limit and not _CONTRAST.search(text):
            polarity = "positive" if label > 0 else "negative"
        places = _characters(aspect, sentences), _characters(opinion, sentences)
        pieces = [text[slice(*place)] if place else None for place in places]
        polarity = burden_polarity(*pieces) or polarity
        by_text[number].append(Pair(*places, None, polarity))
    return [LabelledText("silver", language, sample[k][0], tuple(rows)) for k, rows in by_text.items()]
