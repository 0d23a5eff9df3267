"""Readers of the labelled span corpora: one record type for every opinion set, one for entities.

Nothing is copied into the repository; the folder comes from ``UNMET_DATA`` (default ``../shared/data``).
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

Span = tuple[int, int]


def data_folder() -> Path:
    """Folder of the public data."""
    default = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"
    return Path(os.environ.get("UNMET_DATA", default))


@dataclass(frozen=True, slots=True)
class Pair:
    """One labelled aspect–opinion pair; ``None`` where a set does not label the field."""

    aspect: Span | None
    opinion: Span | None
    category: str | None = None
    polarity: str | None = None
    valence: float | None = None


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text with its pairs. ``spans_complete``: every aspect and opinion span is labelled."""

    source: str
    language: str
    text: str
    pairs: tuple[Pair, ...] = ()
    spans_complete: bool = True


@dataclass(frozen=True, slots=True)
class Title:
    """A text with typed entity spans ``(start, end, type)``."""

    source: str
    text: str
    spans: tuple[tuple[int, int, str], ...] = field(default=())


def _polarity_of(valence: float) -> str:
    # The set has no polarity labels: 5 is its neutral point; the half-unit band follows its guideline.
    return "negative" if valence < 4.75 else "positive" if valence > 5.25 else "neutral"


def _locate(text: str, term: str, near: Span | None = None) -> Span | None:
    """First place of a term in a text, or the place nearest to another span."""
    if term == "NULL" or not term:
        return None
    starts = [m.start() for m in re.finditer(re.escape(term), text)]
    if re.fullmatch(r"[\x00-\x7f]+", term):  # whole words where there are any
        whole = [
            s
            for s in starts
            if not (s and text[s - 1].isalnum()) and not text[s + len(term) : s + len(term) + 1].isalnum()
        ]
        starts = whole or starts
    if not starts:
        return None
    start = min(starts, key=lambda s: abs(s - near[0])) if near else starts[0]
    return start, start + len(term)


def read_dimabsa(name: str, split: str = "train") -> list[LabelledText]:
    """DimABSA (SemEval-2026 task 3); ``name`` such as ``zho_laptop``. Terms are located by search."""
    suffix = "train_alltasks" if split == "train" else "dev_task3"
    texts = []
    with open(data_folder() / "opinions_dim" / split / f"{name}_{suffix}.jsonl", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            pairs = [_dimabsa_pair(row["Text"], quad) for quad in row["Quadruplet"]]
            kept = tuple(p for p in pairs if p is not None)
            texts.append(LabelledText(f"dim_{name}", name[:2], row["Text"], kept))
    return texts


def _dimabsa_pair(text: str, quad: dict[str, str]) -> Pair | None:
    valence = float(quad["VA"].split("#")[0])
    opinion = _locate(text, quad["Opinion"])
    aspect = _locate(text, quad["Aspect"], opinion)
    if opinion is None and quad["Opinion"] != "NULL":
        return None
    return Pair(aspect, opinion, quad["Category"], _polarity_of(valence), valence)


_POLARITY_WORDS = {
    "正面": "positive", "负面": "negative", "中性": "neutral",
    "POS": "positive", "NEG": "negative", "NEU": "neutral",
}  # fmt: skip


def read_cosmetics() -> list[LabelledText]:
    """Cosmetics reviews (quadruples with offsets, ``_`` = implicit)."""
    folder = data_folder() / "opinions_zh" / "cosmetics"
    with open(folder / "cosmetics_reviews.csv", encoding="utf-8-sig") as lines:
        reviews = {row["id"]: row["Reviews"] for row in csv.DictReader(lines)}
    pairs: dict[str, list[Pair]] = defaultdict(list)
    with open(folder / "cosmetics_labels.csv", encoding="utf-8-sig") as lines:
        for row in csv.DictReader(lines):
            aspect = None if row["AspectTerms"] == "_" else (int(row["A_start"]), int(row["A_end"]))
            opinion = None if row["OpinionTerms"] == "_" else (int(row["O_start"]), int(row["O_end"]))
            pairs[row["id"]].append(
                Pair(aspect, opinion, "cos:" + row["Categories"], _POLARITY_WORDS[row["Polarities"]])
            )
    return [LabelledText("cosmetics", "zh", reviews[i], tuple(p)) for i, p in pairs.items() if i in reviews]


def read_farm() -> list[LabelledText]:
    """Reviews of 26 farm products; one unit has at most one target and one or more opinions."""
    texts = []
    path = data_folder() / "opinions_zh" / "farm_products.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            pairs = [p for unit in row["comment_units"] for p in _farm_pairs(row["comment_text"], unit)]
            texts.append(LabelledText("farm", "zh", row["comment_text"], tuple(pairs)))
    return texts


def _farm_pairs(text: str, unit: dict[str, object]) -> list[Pair]:
    def spans(key: str) -> list[Span | None]:
        rows = unit[key]
        assert isinstance(rows, list)
        trimmed = [_trim(text, int(r["head"]), int(r["tail"])) for r in rows]
        return [s for s in trimmed if s[0] < s[1]] or [None]

    polarity, category = _POLARITY_WORDS[str(unit["polarity"])], f"farm:{unit['aspect']}"
    pairs = [Pair(a, o, category, polarity) for a in spans("target") for o in spans("opinion")]
    return [p for p in pairs if p.aspect or p.opinion]


def _trim(text: str, start: int, end: int) -> Span:
    """Drop punctuation and space at both ends (the annotators sometimes dragged too far)."""
    drop = "，。！？、；：,.!?;: \n~～…"
    while start < end and text[start] in drop:
        start += 1
    while end > start and text[end - 1] in drop:
        end -= 1
    return start, end


def read_aspect_polarity(name: str, split: str = "train") -> list[LabelledText]:
    """``$T$`` sets (phone, camera, car, notebook): aspects with polarity, opinions not labelled."""
    lines = (
        (data_folder() / "opinions_zh" / "aspect_polarity" / f"{name}.{split}.txt")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    merged: dict[str, list[Pair]] = defaultdict(list)
    for k in range(0, len(lines) - 2, 3):
        left, _, right = lines[k].replace(" ", "").partition("$T$")
        term = lines[k + 1].replace(" ", "")
        span = (len(left), len(left) + len(term))
        merged[left + term + right].append(Pair(span, None, None, lines[k + 2].strip().lower()))
    return [LabelledText(f"apc_{name}", "zh", t, tuple(p), spans_complete=False) for t, p in merged.items()]


def read_laptop_clauses() -> list[LabelledText]:
    """Laptop clauses with one of 35 aspects; no spans."""
    with open(data_folder() / "opinions_zh" / "laptop_clause_aspects.csv", encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    return [
        LabelledText("clauses", "zh", r["text"], (Pair(None, None, "lap:" + r["aspect"]),), False)
        for r in rows
        if r["text"]
    ]


def read_triplets(path: Path, source: str) -> list[LabelledText]:
    """``text####[([aspect tokens], [opinion tokens], 'POS')]``; -1 is implicit.

    DMASTE gives first and last token; the SemEval sets list every token: both read as first–last.
    """
    texts = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if "####" not in line:
            continue
        text, labels = line.split("####")[:2]
        ends: list[Span] = []
        place = 0
        for token in text.split(" "):
            ends.append((place, place + len(token)))
            place += len(token) + 1
        pairs = [
            Pair(_token_span(a, ends), _token_span(o, ends), None, _POLARITY_WORDS[p])
            for a, o, p in _triplets(labels)
        ]
        texts.append(LabelledText(source, "en", text, tuple(p for p in pairs if p.aspect or p.opinion)))
    return texts


def _triplets(labels: str) -> Iterator[tuple[list[int], list[int], str]]:
    for match in re.finditer(r"\(\[([-\d, ]+)\], \[([-\d, ]+)\], '(\w+)'\)", labels):
        aspect, opinion = ([int(n) for n in match[k].split(",")] for k in (1, 2))
        yield aspect, opinion, match[3]


def _token_span(tokens: list[int], ends: list[Span]) -> Span | None:
    if tokens[0] < 0 or tokens[-1] >= len(ends):
        return None
    return ends[tokens[0]][0], ends[tokens[-1]][1]


AMAZON_TRAINED = ("beauty", "electronics", "fashion", "home")
AMAZON_UNSEEN = ("book", "grocery", "pet", "toy")


def read_amazon(domain: str, split: str) -> list[LabelledText]:
    """DMASTE: long Amazon reviews of one domain."""
    path = data_folder() / "opinions_en" / "amazon_triplets" / domain / f"{split}.txt"
    return read_triplets(path, f"amazon_{domain}")


def read_semeval(name: str, split: str) -> list[LabelledText]:
    """SemEval 2014 laptop or restaurant triplets (``Laptop14``, ``Restaurant14``)."""
    path = data_folder() / "opinions_en" / "semeval_triplets" / name / f"{split}.txt"
    return read_triplets(path, f"semeval_{name}")


def read_titles(split: str) -> list[Title]:
    """Taobao titles (character BIO): product, brand, model; other types are dropped."""
    names = {"HCCX": "product", "HPPX": "brand", "XH": "model"}
    titles: list[Title] = []
    characters: list[str] = []
    tags: list[str] = []
    content = (data_folder() / "entities_zh" / f"titles_{split}.txt").read_text(encoding="utf-8")
    for line in [*content.split("\n"), ""]:
        if line.strip():
            character, _, tag = line.rpartition(" ")
            characters.append(character or " ")
            tags.append(tag)
        elif characters:
            spans = [(s, e, names[t]) for s, e, t in _bio_spans(tags) if t in names]
            titles.append(Title("taobao", "".join(characters), tuple(spans)))
            characters, tags = [], []
    return titles


def _bio_spans(tags: list[str]) -> list[tuple[int, int, str]]:
    spans: list[tuple[int, int, str]] = []
    for k, tag in enumerate(tags):
        if tag.startswith("B-"):
            spans.append((k, k + 1, tag[2:]))
        elif tag.startswith("I-") and spans and spans[-1][1] == k and spans[-1][2] == tag[2:]:
            spans[-1] = (spans[-1][0], k + 1, tag[2:])
        elif tag.startswith("I-"):
            spans.append((k, k + 1, tag[2:]))
    return spans


def read_queries(split: str) -> list[Title]:
    """QueryNER: English product queries; core product type, creator (brand) and product name."""
    folder = data_folder() / "queries" / "en_entities"
    labels = json.loads((folder / "label_map.json").read_text())
    names = {
        "core_product_type": "product",
        "creator": "brand",
        "product_name": "model",
        "product_number": "model",
    }
    titles = []
    for row in json.loads((folder / f"{split}.json").read_text())["examples"]:
        starts, place = [], 0
        for token in row["tokens"]:
            starts.append((place, place + len(token)))
            place += len(token) + 1
        spans = _bio_spans([labels[str(t)] for t in row["ner_tags"]])
        kept = [(starts[s][0], starts[e - 1][1], names[t]) for s, e, t in spans if t in names]
        titles.append(Title("queries", " ".join(row["tokens"]), tuple(kept)))
    return titles
