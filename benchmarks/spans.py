"""Span taggers against a lexicon on held-out labelled texts; writes benchmarks/RESULTS-spans.md.

    python benchmarks/spans.py train /tmp/classes_zh.npz /tmp/heldout.npz   (without the held-out reviews)
    python benchmarks/spans.py score /tmp/heldout.npz [--write]

Exact match of character spans; a triplet needs aspect, opinion and polarity. English is scored with the
shipped package on the dev parts of DMASTE and DimABSA (not trained on). Chinese: DimABSA dev with the shipped
package; cosmetics and farm products have no dev part and the shipped package has seen them, so a model of
these two sets alone, without a fifth of their texts and without the second stage, is scored there.
Intervals: 90%, bootstrap over texts.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from corpora_spans import (
    AMAZON_TRAINED,
    AMAZON_UNSEEN,
    LabelledText,
    Title,
    read_amazon,
    read_cosmetics,
    read_dimabsa,
    read_farm,
    read_queries,
)
from opinion_texts import tidy_farm, training_texts
from train_entities import TrainingNames, distinct_titles, f1, lexicon_match, unseen_titles
from train_opinions import train_one_stage, write_package
from unmet.core.records import Opinion
from unmet.models.entities import load_entity_model
from unmet.models.entity_features import name_hash
from unmet.models.opinions import OpinionModel, load_opinion_model
from unmet.models.tagger_features import cut_words
from unmet.text.folding import fold
from word_classes import load_word_classes

PACKAGES = Path(__file__).resolve().parents[1] / "src" / "unmet" / "models" / "packages" / "linear"
RESULTS = Path(__file__).resolve().parent / "RESULTS-spans.md"
Items = dict[str, set[tuple[object, ...]]]


def held_out_texts() -> tuple[list[LabelledText], list[LabelledText]]:
    """A fifth of the cosmetics and farm texts, chosen by text (equal texts stay together)."""
    parts = []
    for reader in (read_cosmetics, read_farm):
        texts = reader()
        distinct = sorted({t.text for t in texts})
        random.Random(7).shuffle(distinct)
        chosen = set(distinct[: len(distinct) // 5])
        parts.append([t for t in texts if t.text in chosen])
    return parts[0], parts[1]


def gold_items(text: LabelledText) -> Items:
    """Labelled spans and triplets of a text."""
    pairs = text.pairs
    return {
        "aspect": {p.aspect for p in pairs if p.aspect},
        "opinion": {p.opinion for p in pairs if p.opinion},
        "pair": {(p.aspect, p.opinion) for p in pairs},
        "triplet": {(p.aspect, p.opinion, p.polarity) for p in pairs},
    }


def found_items(opinions: Sequence[Opinion]) -> Items:
    """The same of extracted opinions."""
    return {
        "aspect": {o.aspect_span for o in opinions if o.aspect_span},
        "opinion": {o.opinion_span for o in opinions if o.opinion_span},
        "pair": {(o.aspect_span, o.opinion_span) for o in opinions},
        "triplet": {(o.aspect_span, o.opinion_span, str(o.polarity)) for o in opinions},
    }


class Lexicon:
    """Baseline: longest match of spans seen at least twice in train; an opinion takes the nearest aspect."""

    def __init__(self, texts: Sequence[LabelledText], language: str) -> None:
        self.cut = partial(cut_words, language=language)
        counts: dict[str, Counter[tuple[str, ...]]] = {"aspect": Counter(), "opinion": Counter()}
        polarity: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for text in texts:
            for pair in text.pairs:
                for side in ("aspect", "opinion"):
                    span = getattr(pair, side)
                    if span:
                        words = tuple(w for w, _ in self.cut(fold(text.text[slice(*span)])))
                        counts[side][words] += 1
                        if side == "opinion" and pair.polarity:
                            polarity[words][pair.polarity] += 1
        self.side = {w: s for s in ("aspect", "opinion") for w, n in counts[s].items() if n >= 2 and w}
        self.polarity = {w: c.most_common(1)[0][0] for w, c in polarity.items()}

    def __call__(self, text: str) -> Items:
        tokens = self.cut(fold(text))
        spans: dict[str, list[tuple[int, int, tuple[str, ...]]]] = {"aspect": [], "opinion": []}
        k = 0
        while k < len(tokens):
            for size in range(min(8, len(tokens) - k), 0, -1):
                words = tuple(w for w, _ in tokens[k : k + size])
                if words in self.side:
                    last = tokens[k + size - 1]
                    spans[self.side[words]].append((tokens[k][1], last[1] + len(last[0]), words))
                    k += size - 1
                    break
            k += 1
        pairs, triplets = set(), set()
        for start, end, words in spans["opinion"]:
            near = [a for a in spans["aspect"] if max(a[0] - end, start - a[1]) <= 15]
            best = min(near, key=lambda a: max(a[0] - end, start - a[1]), default=None)
            aspect = best[:2] if best else None
            pairs.add((aspect, (start, end)))
            triplets.add((aspect, (start, end), self.polarity.get(words, "positive")))
        return {
            "aspect": {s[:2] for s in spans["aspect"]}, "opinion": {s[:2] for s in spans["opinion"]},
            "pair": pairs, "triplet": triplets,
        }  # fmt: skip


def micro_f1(gold: Sequence[set[object]], found: Sequence[set[object]]) -> tuple[float, float, float]:
    """Micro F1 and its 90% bootstrap interval over texts."""
    counts = np.array([(len(g & f), len(f), len(g)) for g, f in zip(gold, found, strict=True)], dtype=float)

    def value(rows: np.ndarray) -> float:
        right, predicted, expected = rows.sum(0)
        return float(2 * right / max(predicted + expected, 1))

    generator = np.random.default_rng(0)
    draws = [value(counts[generator.integers(len(counts), size=len(counts))]) for _ in range(300)]
    return value(counts), float(np.quantile(draws, 0.05)), float(np.quantile(draws, 0.95))


def score_texts(
    name: str, texts: Sequence[LabelledText], methods: dict[str, Callable[..., list[Items]]]
) -> list[str]:
    """Table rows of one set: every method with F1 and interval per kind."""
    gold = [gold_items(t) for t in texts]
    rows = []
    for method, run in methods.items():
        found = run(texts)
        cells = []
        for kind in ("aspect", "opinion", "pair", "triplet"):
            if not any(g[kind] for g in gold):
                cells.append("–")
                continue
            middle, low, high = micro_f1([g[kind] for g in gold], [f[kind] for f in found])
            cells.append(f"{middle:.3f} [{low:.3f}, {high:.3f}]")
        rows.append(f"| {name} | {len(texts)} | {method} | {' | '.join(cells)} |")
        print(rows[-1], flush=True)
    return rows


def model_items(model: OpinionModel) -> Callable[[Sequence[LabelledText]], list[Items]]:
    """Method over a loaded model."""
    return lambda texts: [
        found_items(o) for o in model.extract([t.text for t in texts], [_language(t) for t in texts])
    ]


def _language(text: LabelledText) -> str:
    return "zh" if text.language.startswith("zh") else "en"


def valence_error(model: OpinionModel, texts: Sequence[LabelledText]) -> str:
    """RMSE of valence on pairs whose spans were found exactly, beside always answering their mean."""
    truth, guess = [], []
    for text, opinions in zip(
        texts, model.extract([t.text for t in texts], [_language(t) for t in texts]), strict=True
    ):
        gold = {(p.aspect, p.opinion): p.valence for p in text.pairs if p.valence}
        for o in opinions:
            if (o.aspect_span, o.opinion_span) in gold:
                truth.append(float(gold[o.aspect_span, o.opinion_span] or 0))
                guess.append(o.valence)
    error = np.sqrt(np.mean((np.array(truth) - np.array(guess)) ** 2))
    return f"{len(truth)} pairs, RMSE {error:.3f}, their standard deviation {np.std(truth):.3f}"


def score_opinions(held_out: Path) -> list[str]:
    """All opinion tables."""
    shipped = load_opinion_model(PACKAGES / "opinions")
    english = Lexicon(training_texts("en"), "en")
    methods = {"lexicon": lambda ts: [english(t.text) for t in ts], "linear": model_items(shipped)}
    rows = [
        "| set | texts | method | aspect F1 | opinion F1 | pair F1 | triplet F1 |",
        "|---|---|---|---|---|---|---|",
    ]
    for group, domains in (("trained domains", AMAZON_TRAINED), ("unseen domains", AMAZON_UNSEEN)):
        texts = [t for d in domains for t in read_amazon(d, "dev")]
        rows += score_texts(f"DMASTE dev, {group}", texts, methods)
    for domain in (*AMAZON_TRAINED, *AMAZON_UNSEEN):
        rows += score_texts(f"DMASTE dev {domain}", read_amazon(domain, "dev"), {"linear": methods["linear"]})
    for name in ("eng_laptop", "eng_restaurant"):
        rows += score_texts(f"DimABSA dev {name}", read_dimabsa(name, "dev"), methods)
    chinese = Lexicon(training_texts("zh"), "zh")
    methods = {"lexicon": lambda ts: [chinese(t.text) for t in ts], "linear": model_items(shipped)}
    for name in ("zho_laptop", "zho_restaurant"):
        rows += score_texts(f"DimABSA dev {name}", read_dimabsa(name, "dev"), methods)
    cosmetics, farm = held_out_texts()
    left_out = {t.text for t in (*cosmetics, *farm)}
    rest = Lexicon([t for t in (*read_cosmetics(), *read_farm()) if t.text not in left_out], "zh")
    with np.load(held_out) as archive:
        folder = held_out.with_suffix("")
        write_package(folder, {"zh": {k: archive[k] for k in archive.files}})
    methods = {
        "lexicon": lambda ts: [rest(t.text) for t in ts],
        "linear": model_items(load_opinion_model(folder)),
    }
    rows += score_texts("cosmetics, held-out fifth", cosmetics, methods)
    rows += score_texts("farm products, held-out fifth", farm, methods)
    for name in ("eng_laptop", "eng_restaurant", "zho_laptop", "zho_restaurant"):
        rows.append(f"\nValence, DimABSA dev {name}: {valence_error(shipped, read_dimabsa(name, 'dev'))}")
        print(rows[-1])
    return rows


def score_entities() -> list[str]:
    """Entity table: unseen Taobao titles and English queries, shipped package against the lexicon."""
    model = load_entity_model(PACKAGES / "entities")
    titles = distinct_titles()
    names = TrainingNames(titles)
    names.all = {kind: frozenset(counts) for kind, counts in names.counts.items()}
    models = frozenset(name_hash(fold(t.text[s:e])) for t in titles for s, e, k in t.spans if k == "model")
    rows = [
        "| set | texts | method | precision | recall | F1 [90%] | product | brand | model |",
        "|---|" + "---|" * 8,
    ]
    english = TrainingNames(read_queries("train"))
    english.all = {kind: frozenset(counts) for kind, counts in english.counts.items()}
    for name, texts, lists in (
        ("Taobao titles, dev unseen in train", unseen_titles(), names),
        ("English queries, QueryNER dev", read_queries("dev"), english),
    ):
        found = {
            "lexicon": [lexicon_match(lists, models, t) for t in texts],
            "linear": [{(*e.span, e.type) for e in row} for row in model.extract([t.text for t in texts])],
        }
        rows += [_entity_row(name, method, spans, texts) for method, spans in found.items()]
    return rows


def _entity_row(name: str, method: str, spans: list[set[object]], texts: Sequence[Title]) -> str:
    precision, recall, _ = f1(spans, texts)
    middle, low, high = micro_f1([set(t.spans) for t in texts], spans)
    kinds = " | ".join(f"{f1(spans, texts, kind)[2]:.3f}" for kind in ("product", "brand", "model"))
    row = (
        f"| {name} | {len(texts)} | {method} | {precision:.3f} | {recall:.3f} "
        f"| {middle:.3f} [{low:.3f}, {high:.3f}] | {kinds} |"
    )
    print(row, flush=True)
    return row


def main(arguments: Sequence[str]) -> None:
    """See the module's text."""
    if arguments[0] == "train":
        left_out = {t.text for part in held_out_texts() for t in part}
        texts = [t for t in (*read_cosmetics(), *read_farm()) if t.text not in left_out]
        arrays = train_one_stage("zh", load_word_classes(Path(arguments[1])), tidy_farm(texts))
        np.savez_compressed(arguments[2], **arrays)
        return
    opinions, entities = score_opinions(Path(arguments[1])), score_entities()
    if "--write" in arguments:
        versions = {
            name: json.loads((PACKAGES / name / "manifest.json").read_text())["sha256"][:12]
            for name in ("opinions", "entities")
        }
        head = (
            "# Span taggers\n\n`benchmarks/spans.py score … --write`: exact spans, 90% bootstrap intervals.\n"
        )
        text = "\n".join(
            [head, f"Packages: {versions}\n", "## Opinions\n", *opinions, "\n## Entities\n", *entities]
        )
        RESULTS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
