"""Recipe of the entity package: products, brands and models in titles, queries and reviews.

python benchmarks/train_entities.py classes /tmp/classes_titles.npz
python benchmarks/train_entities.py package /tmp/classes_titles.npz OUT_FOLDER
python benchmarks/train_entities.py score /tmp/classes_titles.npz      [all] [dev]
"""

from __future__ import annotations

import gzip
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from corpora_spans import Title, data_folder, read_queries, read_titles
from crf_training import Arrays, crf_arrays, keys_of, tagger_of, train_crf
from unmet.models.entity_features import (
    ENTITY_LABELS,
    ENTITY_TEMPLATES,
    MAX_NAME,
    NameLists,
    Positions,
    name_hash,
    read_positions,
)
from unmet.models.package import save_package
from unmet.models.tagger import tagged_spans
from unmet.models.tagger_features import WordClasses, cut_words
from unmet.text.folding import fold
from word_classes import classes_of_texts, load_word_classes, starred_texts

SPAN_THRESHOLD = {"product": 0.3, "brand": 0.4, "model": 0.4}


def distinct_titles() -> list[Title]:
    """Training titles without repeats."""
    return list({t.text: t for t in read_titles("train")}.values())


def unseen_titles() -> list[Title]:
    """Dev titles whose text is not in train (about half are), each once."""
    seen = {t.text for t in read_titles("train")}
    return list({t.text: t for t in read_titles("dev") if t.text not in seen}.values())


def learn_title_classes() -> WordClasses:
    """Word classes from 100,000 shop queries, the training titles and English queries."""
    lines = (data_folder() / "queries" / "zh_taobao_queries.tsv").read_text(encoding="utf-8").splitlines()
    texts = [line.partition("\t")[2] or line for line in lines]
    texts += [t.text for t in distinct_titles()] * 2 + [t.text for t in read_queries("train")]
    words = [[sys.intern("0" if w.isdigit() else w) for w, _ in cut_words(fold(t), "zh")] for t in texts]
    return classes_of_texts(words, max_words=22_000)


def lexicon_names() -> tuple[set[str], set[str]]:
    """Brand names and goods of the public lists, folded."""
    folder = data_folder() / "lexicons"
    brands: set[str] = set()
    with gzip.open(folder / "brands_zh.txt.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            outer, _, inner = fold(line.strip()).replace("）", "").replace(")", "").partition("(")
            brands |= {part.strip() for part in (*outer.split("/"), inner.partition("（")[2] or inner)}
    goods = {
        fold(line.strip()) for line in (folder / "goods_zh.txt").read_text(encoding="utf-8").splitlines()
    }
    goods = {part.strip() for line in goods for part in line.split("/")}
    usable = {name for name in brands if len(name.replace(" ", "")) >= 2 and not name.isdigit()} - goods
    return usable, {name for name in goods if len(name) >= 2}


class TrainingNames:
    """Name lists from labels plus public lists, with leave-one-text-out lookup for training."""

    def __init__(self, titles: Sequence[Title], use_brand_list: bool = True) -> None:
        brands, goods = lexicon_names()
        self.listed = {
            "brand": {name_hash(n) for n in brands} if use_brand_list else set(),
            "product": {name_hash(n) for n in goods},
        }
        self.counts: dict[str, Counter[int]] = {"brand": Counter(), "product": Counter()}
        for title in titles:
            for kind, names in _own_names(title).items():
                self.counts[kind].update(names)
        self.all = {k: frozenset(self.listed[k] | set(self.counts[k])) for k in self.listed}

    def lists(self) -> NameLists:
        """The run-time lists."""
        return NameLists.build(
            *(np.array(sorted(self.all[k]), dtype=np.uint32) for k in ("brand", "product"))
        )

    def own(self, title: Title) -> dict[str, set[int]]:
        """Names that only this title taught: unknown had it not been labelled."""
        names = _own_names(title)
        return {
            kind: {h for h in names[kind] if self.counts[kind][h] < 2 and h not in self.listed[kind]}
            for kind in names
        }


def _own_names(title: Title) -> dict[str, set[int]]:
    folded = fold(title.text)
    names: dict[str, set[int]] = {"brand": set(), "product": set()}
    for start, end, kind in title.spans:
        if kind in names and end - start >= 2:
            names[kind].add(name_hash(folded[start:end]))
    return names


_CAPITAL = re.compile(r"(?<=[a-z,] )[A-Z][A-Za-z0-9&-]{2,}")


def distant_sentences(names: TrainingNames, n_each: int = 2_500) -> list[Title]:
    """Review sentences marked by the name lists alone: they teach what running text is not.

    A product is a listed name; an English brand is a listed name with a capital letter inside a sentence.
    """
    products = frozenset(h for h, n in names.counts["product"].items() if n >= 2)
    brands = frozenset(h for h, n in names.counts["brand"].items() if n >= 2)
    chooser = random.Random(5)
    found: list[Title] = []
    for language in ("zh", "en"):
        texts = [t for t, _ in starred_texts(language) if 12 <= len(t) <= 220]
        for text in chooser.sample(texts, n_each):
            spans = _listed_spans(text, products, brands, language)
            found.append(Title(f"review_{language}", text, tuple(spans)))
    return found


def _listed_spans(
    text: str, products: frozenset[int], brands: frozenset[int], language: str
) -> list[tuple[int, int, str]]:
    folded = fold(text)
    words = cut_words(folded, language)
    edges = {start for _, start in words} | {start + len(word) for word, start in words}
    spans: list[tuple[int, int, str]] = []
    place = 0
    for _, start in words:
        if start < place:
            continue
        for size in range(min(MAX_NAME, len(folded) - start), 1, -1):
            if start + size not in edges:
                continue
            value = name_hash(folded[start : start + size])
            brand = value in brands and (language == "zh" or _CAPITAL.match(text, start))
            if value in products or brand:
                spans.append((start, start + size, "product" if value in products else "brand"))
                place = start + size
                break
    return spans


def position_tags(positions: Positions, titles: Sequence[Title]) -> list[str]:
    """BIO tags of every character position."""
    tags = ["O"] * positions.types.size
    text_of = np.repeat(positions.text_of, np.diff(positions.bounds))
    base = np.searchsorted(text_of, np.arange(len(titles)))
    for number, title in enumerate(titles):
        for start, end, kind in title.spans:
            first = int(base[number]) + start
            tags[first] = f"B-{kind}"
            tags[first + 1 : first + end - start] = [f"I-{kind}"] * (end - start - 1)
    return tags


def train(titles: Sequence[Title], classes: WordClasses, names: TrainingNames, **options: Any) -> Arrays:
    """Fit the tagger on titles; options go to :func:`train_crf`."""
    positions = read_positions(
        [t.text for t in titles], classes, names.lists(), [names.own(t) for t in titles]
    )
    keys = keys_of(ENTITY_TEMPLATES, positions.columns, positions.types, positions.bounds)
    tags = position_tags(positions, titles)
    settings = {"l1": 0.1, "l2": 0.05, "iterations": 80, "min_count": 1, **options}
    max_features = settings.pop("max_features", 120_000)
    weights = train_crf(keys, tags, positions.bounds, **settings)
    return crf_arrays(weights, ENTITY_LABELS, max_features=max_features)


def predict(
    arrays: Arrays, titles: Sequence[Title], classes: WordClasses, names: TrainingNames
) -> list[set[Any]]:
    """Predicted spans ``(start, end, type)`` per title."""
    tagger = tagger_of(arrays, ENTITY_LABELS, ENTITY_TEMPLATES)
    positions = read_positions([t.text for t in titles], classes, names.lists())
    decoded = tagger.tag(positions.columns, positions.types, positions.bounds)
    text_of = np.repeat(positions.text_of, np.diff(positions.bounds))
    found: list[set[Any]] = [set() for _ in titles]
    for span in tagged_spans(decoded, ENTITY_LABELS, positions.bounds):
        start = int(positions.starts[span.first])
        found[int(text_of[span.first])].add((start, start + span.last - span.first, span.label))
    return found


def lexicon_match(names: TrainingNames, models: frozenset[int], title: Title) -> set[Any]:
    """Baseline: longest match from left to right against all names seen in train (and the public lists)."""
    folded, listed = fold(title.text), {**names.all, "model": models}
    found, k = set(), 0
    while k < len(folded):
        for size in range(min(12, len(folded) - k), 1, -1):
            value = name_hash(folded[k : k + size])
            kind = next((name for name in ("product", "brand", "model") if value in listed[name]), None)
            if kind:
                found.add((k, k + size, kind))
                k += size - 1
                break
        k += 1
    return found


def f1(
    found: Sequence[set[Any]], titles: Sequence[Title], kind: str | None = None
) -> tuple[float, float, float]:
    """Micro precision, recall and F1 of exact spans with type."""
    right = predicted = gold = 0
    for spans, title in zip(found, titles, strict=True):
        expected = {s for s in title.spans if kind in (None, s[2])}
        given = {s for s in spans if kind in (None, s[2])}
        right += len(expected & given)
        predicted += len(given)
        gold += len(expected)
    precision, recall = right / max(predicted, 1), right / max(gold, 1)
    return precision, recall, 2 * right / max(predicted + gold, 1)


def score(classes: WordClasses, folds: int = 3, **options: Any) -> None:
    """Cross-validation on train titles, then the unseen dev titles, beside the lexicon."""
    titles = distinct_titles()
    random.Random(0).shuffle(titles)
    for fold_number in range(folds):
        held = titles[fold_number::5]
        _report(
            f"fold {fold_number}",
            [t for k, t in enumerate(titles) if k % 5 != fold_number],
            held,
            classes,
            options,
        )
    if options.pop("dev", False):
        _report("unseen dev", titles, unseen_titles(), classes, options)


def _report(name: str, training: list[Title], held: list[Title], classes: WordClasses, options: Any) -> None:
    started = time.time()
    names = TrainingNames(training, options.get("brand_list", True))
    extra = [*read_queries("train"), *distant_sentences(names)] if options.get("queries") else []
    settings = {k: v for k, v in options.items() if k not in ("brand_list", "queries", "dev")}
    arrays = train([*training, *extra], classes, names, **settings)
    found = predict(arrays, held, classes, names)
    models = frozenset(name_hash(fold(t.text[s:e])) for t in training for s, e, k in t.spans if k == "model")
    own = TrainingNames(training, False)
    own.all = {k: frozenset(own.counts[k]) for k in own.counts}
    lexicon = [lexicon_match(own, models, t) for t in held]
    parts = "  ".join(f"{k} {f1(found, held, k)[2]:.3f}" for k in ("product", "brand", "model"))
    precision, recall, value = f1(found, held)
    print(f"{name}: {len(held)} titles  P {precision:.3f} R {recall:.3f} F1 {value:.3f}  ({parts})  "
          f"lexicon F1 {f1(lexicon, held)[2]:.3f}  "
          f"{arrays['tagger_keys'].size} features {time.time() - started:.0f} s", flush=True)  # fmt: skip


def write_package(classes: WordClasses, folder: Path) -> None:
    """Train on all labelled titles and queries and save."""
    labelled = [*distinct_titles(), *read_queries("train")]
    names = TrainingNames(labelled)
    arrays = train([*labelled, *distant_sentences(names)], classes, names)
    arrays |= classes.to_arrays()
    arrays |= {f"names_{k}": np.array(sorted(v), dtype=np.uint32) for k, v in names.all.items()}
    manifest = {
        "name": "entities", "version": "1", "task": "entities", "labels": list(ENTITY_LABELS),
        "thresholds": SPAN_THRESHOLD,
        "training_data": ["ner_incomplete_annotation Taobao titles (train)", "QueryNER train",
                          "Multi-CPR queries (unlabelled)", "ProductKnowledgeGraph names (hashes)"],
    }  # fmt: skip
    save_package(folder, manifest, arrays)
    print(sum(path.stat().st_size for path in folder.iterdir()) / 1e6, "MB")


def main(arguments: Sequence[str]) -> None:
    """See the module's text."""
    path = Path(arguments[1])
    if arguments[0] == "classes":
        np.savez_compressed(path, **learn_title_classes().to_arrays())
    elif arguments[0] == "package":
        write_package(load_word_classes(path), Path(arguments[2]))
    else:
        score(load_word_classes(path), folds=1, queries="all" in arguments, dev="dev" in arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
