"""Sentences that do or do not state a need, wish or suggestion, zh and en.

Labels: 1 states one. ``weight`` is below 1 where a label is only probable. Test parts (software
and hotel ``dev``) are loaded by their own functions and never trained on.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpora_sentiment import DATA, SOURCES, _json_lines

ZH_REQUEST = re.compile(
    r"希望|建议|要是.{0,16}(就好|就更|更好|完美)|如果.{0,18}(就好|就更|会更|更好|完美)|能不能|可不可以|可以再|能再|最好(能|是|把|给|可以|有|加)"
    r"|期待|有待(提高|改进|加强|完善|改善|优化)|(需要|应该|必须|尽快|多多)(再)?(改进|改善|加强|提高|优化|完善|增加|提供|注意|设计|考虑)"
    r"|望(商家|卖家|店家|厂家|改进|改善|贵|酒店|加强|尽快)|加上.{0,6}就|请(商家|卖家|店家|厂家|增加|改进|尽快|加强)"
)
"""Wording of zh requests: finds training candidates, never used at prediction time."""
ZH_NO_REQUEST = re.compile(
    r"建议(大家|购买|入手|买|选择|不要|别|谨慎|慎|各位|亲|朋友)|(推荐|值得).{0,4}(购买|入手)|期待(已久|很久|值|的|中|了)|没有?希望|希望(大家|对|你|我|能用|质量|好用|是|耐用|不要坏|不会|用)"
    r"|(他|她|客服|卖家|商家|老师|师傅|朋友|医生)(就|也|还|会|都|们)?(的)?建议|能不能用"
)
"""Advice to other buyers, hopes about luck, reported speech: neither class."""
SENTENCE = re.compile(r"[^。！？!?\n；;~～…]+[。！？!?；;~～…]*")


@dataclass(frozen=True)
class NeedRows:
    """Sentences, labels (1 states a need), weights and the source of each."""

    texts: list[str]
    labels: NDArray[np.int8]
    weights: NDArray[np.float64]
    sources: list[str]

    def __len__(self) -> int:
        return len(self.texts)

    def of(self, *names: str) -> NDArray[np.bool_]:
        """Mask of the rows of the named sources."""
        return np.isin(self.sources, names)


def _rows(name: str, pairs: Iterable[tuple[str, int]], weight: float = 1.0) -> NeedRows:
    kept: dict[str, int] = {}
    for text, label in pairs:
        key = text.strip().strip('"').strip()
        if key:
            kept.setdefault(key, label)
    return NeedRows(
        list(kept), np.array(list(kept.values()), np.int8), np.full(len(kept), weight), [name] * len(kept)
    )


def join(parts: Iterable[NeedRows]) -> NeedRows:
    """Stack parts; the first label of a repeated sentence stays."""
    texts: dict[str, tuple[int, float, str]] = {}
    for part in parts:
        for row in zip(part.texts, part.labels, part.weights, part.sources, strict=True):
            texts.setdefault(row[0], (int(row[1]), float(row[2]), row[3]))
    values = list(texts.values())
    return NeedRows(
        list(texts),
        np.array([v[0] for v in values], np.int8),
        np.array([v[1] for v in values]),
        [v[2] for v in values],
    )


def _csv(name: str) -> Iterable[dict[str, str]]:
    with (DATA / "needs_en" / name).open(encoding="utf-8", errors="replace", newline="") as stream:
        yield from csv.DictReader(stream)


def suggestions(part: str) -> NeedRows:
    """SemEval-2019 task 9: ``software_train``, ``software_dev`` or ``hotel_dev``."""
    rows = _csv(f"suggestions_{part}.csv")
    return _rows(part, ((r["sentence"], int(r["label"])) for r in rows if r["label"] in ("0", "1")))


def app_reviews() -> NeedRows:
    """Feature requests against ratings and experience; bug reports ask for repair and stay out."""
    rows = (r for r in _csv("app_reviews.csv") if r["label"] != "bug report")
    return _rows("app_reviews", ((r["review"], int(r["label"] == "feature request")) for r in rows), 0.5)


def speaker_needs() -> NeedRows:
    """Rephrased tweets: only 200, and a wider idea of need."""
    return _rows("speaker_needs", ((r["Tweets"], int(r["isNeed"])) for r in _csv("speaker_needs.csv")), 0.3)


def civic() -> NeedRows:
    """Citizens' suggestions: positives only."""
    rows = _json_lines(DATA / "needs_zh/civic_suggestions.jsonl.gz")
    return _rows("civic", ((str(r["text"]), 1) for r in rows), 0.3)


def headlines(limit: int = 6000) -> NeedRows:
    """News titles: they balance the civic topics with sentences that ask for nothing."""
    with gzip.open(DATA / "corpus/zh_general.txt.gz", "rt", encoding="utf-8") as stream:
        lines = [line.strip() for line in stream]
    rng = np.random.default_rng(0)
    chosen = [lines[i] for i in rng.permutation(len(lines))[:limit]]
    return _rows("headlines", ((t[:60], 0) for t in chosen if not ZH_REQUEST.search(t)), 0.3)


def review_sentences() -> list[str]:
    """Sentences of 5–60 characters of the zh review sources of the sentiment recipe, distinct."""
    found: dict[str, None] = {}
    for name in ("shopping", "conditioners", "farm", "crawled", "clauses", "car"):
        for text in SOURCES[name]().texts:
            for match in SENTENCE.finditer(text):
                sentence = match.group().strip()
                if 5 <= len(sentence) <= 60:
                    found.setdefault(sentence)
    return list(found)


def weak_chinese(seed: int = 0, negatives_per_positive: float = 4.0) -> NeedRows:
    """Sentences labelled by wording; half of the positives have the wording blanked out.

    Blanking makes the model learn what is asked for and how, not only the listed words.
    """
    rng = np.random.default_rng(seed)
    sentences = review_sentences()
    positive: list[tuple[str, int]] = []
    negative: list[tuple[str, int]] = []
    for sentence in sentences:
        if ZH_NO_REQUEST.search(sentence):
            continue
        if ZH_REQUEST.search(sentence):
            positive.append((sentence, 1))
            if rng.random() < 0.5:
                positive.append((ZH_REQUEST.sub("□", sentence), 1))
        else:
            negative.append((sentence, 0))
    keep = rng.permutation(len(negative))[: int(negatives_per_positive * len(positive))]
    return _rows("weak_zh", positive + [negative[i] for i in np.sort(keep)], 1.0)
