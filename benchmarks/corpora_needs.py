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
    r"希望|建议|要是.{0,16}(就好|就更|更好|完美)|(要是|如果)[^,，。]{0,8}(能|再)[^,，。]{0,14}|(如果|要).{0,18}(就好|就更|会更|更好|完美)"
    r"|能不能|可不可以|能否|可否|可以再|能再|期待|有待(提高|提升|改进|加强|完善|改善|优化)"
    r"|(?<![的是得])最好(?![的吃看用听玩喝了啦不])|什么时候(才)?(能|会)?(出|有|上|支持|补)|(还|仍)?(需要|需|得)(再)?(优化|改进|改善|加强|提高|提升|完善)"
    r"|(求|恳请|盼|盼望|期望|但愿)(着|能|加|出|增|早|官方|商家|卖家|厂家)|(可以|不妨|请)考虑|下[回次](换|用|多|给|请|记得)|行不行|好不好啊"
    r"|(给|出|加|送|换|配|做|多|弄)(个|点|几|一).{1,10}(吧|呗|嘛|呀)[。！!~～]?$|真该|以后(多|请|能|给|把|注意)"
    r"|(应该|应当|必须|尽快|多多)(再|要|给|把|多)?(改|加强|提高|提升|优化|完善|增|提供|注[意明]|设|考虑|配|送|写|做|标|出|让|给|有个|有一)"
    r"|望(商家|卖家|店家|厂家|改进|改善|贵|酒店|加强|尽快)|(加上|增加|有).{0,8}就(好|更|完美)|请(商家|卖家|店家|厂家|增加|改进|尽快|加强|务必)"
    r"|麻烦(下次|以后|商家|卖家|店家)|下次(请|能|可以|记得)|该(更新|升级|换|改)(一下|了)|想要(一[款个台]|个|那种)|[^,，。]{0,6}能(再)?[^,，。]{1,5}(一点|一些|点|些)就"
)
"""Wording of zh requests: finds training candidates, never used at prediction time."""
ZH_NO_REQUEST = re.compile(
    r"建议(大家|购买|入手|买|选择|不要|别|谨慎|慎|各位|亲|朋友|不买|去|你|以后|还是|订|住|看)|不建议|(推荐|值得).{0,4}(购买|入手)"
    r"|期待(已久|很久|值|的|中|了|日后|着)|没有?希望|希望(大家|对|你|我|能用|能耐|质量|好用|是|耐用|不要坏|不会|用|不怕|好吃|耐|越|后面的人|有什么问题|小米|京东越)"
    r"|(他|她|客服|卖家|商家|老师|师傅|朋友|医生|携程)(就|也|还|会|都|们)?(的)?(建议|希望)|能不能(用|换|退|撑|坚持)|应该(是|不|会|没|还|算|可以|挺|很|也)"
    r"|不知道(能不能|能否)|可以再(来|买|追加|次)|能再(来|买|次|穿|用)|最好.{0,3}(别|不要)(买|入|去|住)|该换"
)
"""Advice to other buyers, hopes about luck, reported speech: neither class."""
EN_REQUEST = re.compile(
    r"\b(please|should(n't)?|would (be|have been) (nice|great|good|better|helpful|perfect)"
    r"|i wish|wish (it|they|there|the)"
    r"|need(s|ed)? to (be|have|add|fix|make)|would (like|love) to see|make sure|be sure"
    r"|hope (they|you|to see)|why not"
    r"|if you|you (may|might|can|could|will|'ll|need to|want to|should|must|better|are better)"
    r"|ask (for|them)|avoid"
    r"|don't (buy|expect|bother|forget|waste)|try (to|the|it)|stay away|look elsewhere"
    r"|i(('d| would) (\w+ )?)? ?(suggest|advise|recommend)|suggest (that|you)|advise (that|you)"
    r"|recommend (that|they|you|getting|ordering|going|using|buying))\b"
    # An imperative: a bare verb that begins the sentence.
    r"|^(so |and |but |also |just |or |then |definitely |always |never |do not |don't |do n't )*"
    r"(ask|add|allow|avoid|be|beware|book|bring|buy|call|check|choose|consider|do|don't|do n't|expect"
    r"|fix|forget|get"
    r"|give|go|have|include|keep|let|look|make|order|pay|pick|plan|provide|put|read|remember|save|see|skip|spend|stay|stick"
    r"|take|tell|think|try|use|visit|wait|watch|wear|stop|bring) (?!(it|them|this|that) (is|was|are|were)\b)",
    re.IGNORECASE,
)
"""Wording of requests and advice in English reviews; finds training candidates only."""
EN_NO_REQUEST = re.compile(
    r"\b(recommend|should (arrive|be here|fit)|as it should|tried|what you need|you get what you pay"
    r"|you can (see|feel|tell|hear|imagine)|you will (love|like)|make (me|my|him|her)"
    r"|(love|like|have|had) to)\b"
)
"""Praise by recommending and expectations: neither class."""
EN_SENTENCE = re.compile(r"[^.!?]+[.!?]*")
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

    def take(self, rows: NDArray[np.int64]) -> NeedRows:
        """The given rows only."""
        return NeedRows(
            [self.texts[i] for i in rows],
            self.labels[rows],
            self.weights[rows],
            [self.sources[i] for i in rows],
        )


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
    texts = [text for name in ("shopping", "farm", "clauses", "car") for text in SOURCES[name]().texts]
    texts += [str(row["text"]) for row in _json_lines(DATA / "corpus/zh_reviews.jsonl.gz")]
    for text in texts:
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


def weak_english(seed: int = 0, positives: int = 5000, negatives: int = 12_000) -> NeedRows:
    """English review sentences labelled by wording; half of the positives are blanked as well."""
    rng = np.random.default_rng(seed)
    found: dict[str, int] = {}
    for name in ("clothing", "amazon", "electronics"):
        texts = SOURCES[name]().texts
        for index in rng.permutation(len(texts))[:6000]:
            for match in EN_SENTENCE.finditer(texts[index]):
                sentence = match.group().strip().lower()
                asks = bool(EN_REQUEST.search(sentence))
                if 4 <= len(sentence.split()) <= 40 and (asks or not EN_NO_REQUEST.search(sentence)):
                    found.setdefault(sentence, int(asks))
    sentences = np.array(list(found), dtype=object)
    labels = np.array(list(found.values()))
    asking = rng.permutation(sentences[labels == 1])[:positives]
    pairs = [(str(s), 1) for s in asking]
    pairs += [(EN_REQUEST.sub("□", str(s)), 1) for s in asking[: len(asking) // 3]]
    pairs += [(str(s), 0) for s in rng.permutation(sentences[labels == 0])[:negatives]]
    return _rows("weak_en", pairs, 0.3)
