"""Labelled files of the starter's heads, with what is held out of each.

Writes ``tasks/NAME.train.csv`` and ``tasks/NAME.dev.csv`` into a work folder, for ``unmet finetune``.
What ``starter_corpus.py`` forbids (dev and test files, transfer sets, the held-out fold of our own splits) is
in no training file; development files are drawn from the training parts, so no test split is tuned on.

    python benchmarks/starter_tasks.py --out ~/.cache/unmet/student
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

import corpora_sentiment as stars
import corpora_spans as spans
import intensity_recipe
import needs_recipe
import sentiment_rows
import train_entities
from spans import held_out_texts
from starter_corpus import AMAZON_TRAIN, DATA, DIMABSA, HELD_OUT_FOLDS, detokenize, forbidden_texts
from unmet.core.files import write_json
from unmet.evaluate.splits import text_folds

SEED = 31
CLASSES = ("negative", "neutral", "positive")
SENTIMENT_ROWS = {
    "amazon": 14_000, "clothing": 5_000, "crawled": 2_000, "farm": 1_500,
    "electronics": 1_500, "conditioners": 1_500, "titles": 1_500, "targeted": 2_500, "music": 1_500,
}  # fmt: skip
"""Most rows of a source; the others are small. Time on a processor is short, and sources should not drown."""

LATER_ROWS = {"clothing": 9_000, "electronics": 3_000, "conditioners": 3_000, "farm": 3_000, "crawled": 4_000}
"""Most training rows where a wave after the first takes more than ``SENTIMENT_ROWS``."""

NEED_ROWS = {"civic": 2_000, "headlines": 1_500, "weak_zh": 6_000, "weak_en": 6_000}
OPINION_ROWS = 2_200  # most texts of a source of spans
DEV_ROWS = 1_500  # most rows of a development file
GIVEN_ROWS = 20_000  # most rows of the aspect–polarity head
VECTOR_ROWS = 37_000  # most pairs of neighbours, development rows included
LONGEST_TEXT = 260  # characters that the aspect heads read of a text: the clause decides


def write(out: Path, name: str, part: str, columns: dict[str, Sequence[object]]) -> None:
    """One labelled file, shuffled."""
    table = pl.DataFrame(columns).sample(fraction=1.0, shuffle=True, seed=SEED)
    out.mkdir(parents=True, exist_ok=True)
    table.write_csv(out / f"{name}.{part}.csv")
    print(f"{name} {part}: {table.height:,} rows", flush=True)


def few(rows: int, most: int) -> np.ndarray:
    """At most so many row numbers, drawn."""
    return np.random.default_rng(SEED).permutation(rows)[:most]


def rows_of(wave: int, rows: int, most: int) -> np.ndarray:
    """Row numbers of a wave: what is too large for one round of training gives other rows to each.

    Behind the last row comes the first.
    """
    taken = min(most, rows)
    return (wave * taken + np.arange(taken)) % max(rows, 1)


@cache
def forbidden() -> frozenset[str]:
    """Texts that no training file may hold."""
    return frozenset(text.strip() for text in forbidden_texts())


def sentiment(out: Path, wave: int) -> None:
    """Stars and labels of all sources; the fold that ``classifiers.py`` tests on with seed 0 is held out.

    Development rows are the same in every wave.
    """
    corpora = sentiment_rows.load_sources()
    folds = {c.name: text_folds(c.texts, HELD_OUT_FOLDS, seed=0)[0] for c in corpora}
    unseen = {c.texts[i] for c in corpora for i in folds[c.name].test}
    parts: dict[str, list[tuple[str, str]]] = {"train": [], "dev": []}
    for corpus in corpora:
        train = np.array([i for i in folds[corpus.name].train if corpus.texts[i] not in unseen])
        most = SENTIMENT_ROWS.get(corpus.name, len(train))
        # The development rows are drawn from the training folds' rest: the held-out fold judges, once.
        n_dev = min(min(most, len(train)) // 20, 400)
        order = train[few(len(train), len(train))]
        taken = LATER_ROWS.get(corpus.name, most - n_dev) if wave else most - n_dev
        later = order[n_dev:][rows_of(wave, len(train) - n_dev, taken)]
        for part, rows in (("dev", order[:n_dev]), ("train", later)):
            parts[part] += [(corpus.texts[i], CLASSES[int(corpus.labels[i])]) for i in rows]
    judged = {text for text, _ in parts["dev"]}
    parts["train"] = [row for row in parts["train"] if row[0] not in judged]  # some texts are in two sources
    for part, rows in parts.items():
        write(out, "sentiment", part, {"text": [t for t, _ in rows], "label": [label for _, label in rows]})


def need(out: Path, wave: int) -> None:
    """Sentences that ask for something, after the weak labels were cleaned by the linear recipe."""
    rows = needs_recipe.train(needs_recipe.load_rows(), n_folds=3).rows
    banned = forbidden()
    chosen: list[int] = []
    later: list[int] = []
    for source in dict.fromkeys(rows.sources):
        own = np.array([i for i in np.flatnonzero(rows.of(source)) if rows.texts[i] not in banned])
        own, most = own[few(len(own), len(own))], NEED_ROWS.get(source, len(own))
        chosen += own[:most].tolist()
        later += own[rows_of(wave, len(own), most)].tolist()
    dev = np.random.default_rng(SEED).permutation(chosen)[:DEV_ROWS]
    for part, picked in (("dev", dev), ("train", sorted(set(later) - set(dev.tolist())))):
        columns = {"text": [rows.texts[i] for i in picked], "label": [int(rows.labels[i]) for i in picked]}
        write(out, "need", part, columns)


def marked(name: str, out: Path, texts: Iterable[tuple[str, list[tuple[int, int, str]]]], n_dev: int) -> None:
    """A file of texts with spans."""
    rows = list(dict(texts).items())
    order = np.random.default_rng(SEED).permutation(len(rows))
    for part, picked in (("dev", order[:n_dev]), ("train", order[n_dev:])):
        columns = {
            "text": [rows[i][0] for i in picked],
            "spans": [json.dumps(rows[i][1]) for i in picked],
        }
        write(out, name, part, columns)


def opinion_texts() -> list[spans.LabelledText]:
    """Training texts with complete aspect and opinion spans."""
    held = {t.text for part in held_out_texts() for t in part}
    texts = [t for n in DIMABSA for t in spans.read_dimabsa(n)]
    texts += [t for d in AMAZON_TRAIN for t in spans.read_amazon(d, "train")]
    texts += [t for n in ("Laptop14", "Restaurant14") for t in spans.read_semeval(n, "train")]
    texts += [*spans.read_cosmetics(), *spans.read_farm()]
    banned = forbidden() | held
    return [t for t in texts if t.text not in banned]


def opinions(out: Path) -> None:
    """Aspect and opinion spans."""

    def marks(text: spans.LabelledText) -> list[tuple[int, int, str]]:
        found = {(*p.aspect, "ASPECT") for p in text.pairs if p.aspect}
        found |= {(*p.opinion, "OPINION") for p in text.pairs if p.opinion}
        return sorted(found)

    complete = [t for t in opinion_texts() if t.spans_complete]
    by_source: dict[str, list[spans.LabelledText]] = {}
    for text in complete:
        by_source.setdefault(text.source, []).append(text)
    chosen = [own[i] for own in by_source.values() for i in few(len(own), OPINION_ROWS)]
    marked("opinions", out, ((t.text, marks(t)) for t in chosen), 600)


def entities(out: Path) -> None:
    """Products, brands and models in titles (zh) and queries (en)."""
    titles = [*train_entities.distinct_titles(), *spans.read_queries("train")]
    banned = forbidden()
    marked("entities", out, ((t.text, list(t.spans)) for t in titles if t.text not in banned), 600)


def around(text: str, aspect: tuple[int, int] | None) -> str:
    """The part of a long text that stands around an aspect."""
    if len(text) <= LONGEST_TEXT:
        return text
    middle = (aspect[0] + aspect[1]) // 2 if aspect else 0
    first = max(0, min(middle - LONGEST_TEXT // 2, len(text) - LONGEST_TEXT))
    return text[first : first + LONGEST_TEXT]


def intensity(out: Path) -> None:
    """Valence and arousal of whole texts: the means over their opinions (DimABSA)."""
    rows, banned = intensity_recipe.load_rows("train"), forbidden()
    kept = [i for i in few(len(rows.texts), len(rows.texts)) if rows.texts[i] not in banned]
    for part, picked in (("dev", kept[:500]), ("train", kept[500:])):
        columns = {
            "text": [rows.texts[i] for i in picked],
            "valence": rows.values[picked, 0], "arousal": rows.values[picked, 1],
        }  # fmt: skip
        write(out, "intensity", part, columns)


def given_intensity(out: Path) -> None:
    """Valence and arousal of an aspect in a text (DimABSA)."""
    banned = forbidden()
    rows: dict[tuple[str, str], list[list[float]]] = {}
    for name in DIMABSA:
        for row in stars._json_lines(DATA / f"opinions_dim/train/{name}_train_alltasks.jsonl"):
            text = str(row["Text"])
            for quad in row["Quadruplet"]:  # type: ignore[attr-defined]
                if text not in banned and quad["Aspect"] != "NULL":
                    values = [float(x) for x in quad["VA"].split("#")]
                    rows.setdefault((text, quad["Aspect"]), []).append(values)
    pairs = list(rows)
    texts = list(dict.fromkeys(text for text, _ in pairs))
    dev = {texts[i] for i in few(len(texts), 500)}
    for part in ("dev", "train"):
        own = [pair for pair in pairs if (pair[0] in dev) == (part == "dev")]
        means = np.array([np.mean(rows[pair], axis=0) for pair in own])
        columns = {
            "text_a": [t for t, _ in own], "text_b": [a for _, a in own],
            "valence": means[:, 0], "arousal": means[:, 1],
        }  # fmt: skip
        write(out, "given_intensity", part, columns)


def given_aspect(out: Path) -> None:
    """Polarity of an aspect in a text."""
    texts = opinion_texts()
    banned = forbidden()
    texts += [t for d in stars.ASPECT_DOMAINS for t in spans.read_aspect_polarity(d) if t.text not in banned]
    rows: dict[tuple[str, str], str] = {}
    for text in texts:
        for pair in text.pairs:
            if pair.aspect and pair.polarity:
                aspect = text.text[slice(*pair.aspect)]
                rows[detokenize(around(text.text, pair.aspect)), aspect] = pair.polarity
    known = list(rows)
    pairs = [known[i] for i in few(len(known), GIVEN_ROWS + DEV_ROWS)]
    dev = {text for text, _ in pairs[:DEV_ROWS]}
    for part in ("dev", "train"):
        own = [pair for pair in pairs if (pair[0] in dev) == (part == "dev")]
        columns = {
            "text_a": [t for t, _ in own], "text_b": [a for _, a in own], "label": [rows[p] for p in own]
        }  # fmt: skip
        write(out, "given_aspect", part, columns)


def vector(out: Path) -> None:
    """Neighbours: questions that mean the same, and translations."""
    same = pl.read_csv(DATA / "pairs_zh/afqmc_train.csv.gz", infer_schema_length=0)
    same = same.filter(pl.col("label") == "1")
    pairs = list(zip(same["text_a"], same["text_b"], strict=True))
    for name in ("captions_train", "everyday", "shop_interface"):
        table = pl.read_csv(DATA / f"parallel/{name}.csv.gz", infer_schema_length=0).drop_nulls()
        pairs += list(zip(table["zh"], table["en"], strict=True))
    banned = forbidden()
    pairs = [p for p in dict.fromkeys(pairs) if not banned & {p[0].strip(), p[1].strip()}]
    order = few(len(pairs), VECTOR_ROWS)
    for part, picked in (("dev", order[:1_000]), ("train", order[1_000:])):
        columns = {"text_a": [pairs[i][0] for i in picked], "text_b": [pairs[i][1] for i in picked]}
        write(out, "vector", part, columns)


SOURCES = {
    "sentiment": "online_shopping_10_cats, car, laptop clauses, farm, air conditioners, crawled reviews, "
    "aspect sets (zh); Amazon, clothing, electronics, instruments (en)",
    "need": "SemEval-2019 software suggestions, app reviews, speaker needs, civic suggestions, news titles, "
    "review sentences labelled by wording",
    "opinions": "DimABSA, DMASTE, SemEval triplets, cosmetics, farm",
    "entities": "Taobao titles, QueryNER",
    "intensity": "DimABSA",
    "given_intensity": "DimABSA",
    "given_aspect": "DimABSA, DMASTE, SemEval triplets, cosmetics, farm, aspect sets",
    "vector": "afqmc questions; 3AM captions, Magento interface, Tatoeba",
}
"""Public sets behind each head, for the card."""

WAVED = (sentiment, need)
TASKS = (*WAVED, opinions, entities, intensity, given_intensity, given_aspect, vector)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=[task.__name__ for task in TASKS])
    parser.add_argument("--wave", type=int, default=0, help="which rows of large sources")
    given = parser.parse_args()
    for task in TASKS:
        if task.__name__ in given.only:
            task(given.out.expanduser() / "tasks", *([given.wave] if task in WAVED else []))
    files = {name: given.out.expanduser() / "tasks" / f"{name}.train.csv" for name in SOURCES}
    rows = {
        f"{name}: {SOURCES[name]}": pl.read_csv(path).height for name, path in files.items() if path.is_file()
    }
    write_json(given.out.expanduser() / "tasks.json", rows)


if __name__ == "__main__":
    main()
