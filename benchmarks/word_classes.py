"""Word classes and polarity bins from unlabelled and starred reviews (used by the opinion taggers).

Classes: k-means over an SVD of positive pointwise mutual information between a word and its neighbours at
-2, -1, +1, +2 (directional contexts group words of one grammatical role and meaning; after Schütze 1995).
Polarity: smoothed log-odds of a word in reviews of few against many stars, cut into seven bins.

    python benchmarks/word_classes.py zh /tmp/e/classes_zh.npz
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from corpora_spans import data_folder
from unmet.models.tagger_features import WordClasses, cut_words, stable_hash
from unmet.text.folding import fold

csv.field_size_limit(10_000_000)
N_COARSE, N_FINE, N_CONTEXTS, N_DIMENSIONS = 80, 800, 1500, 80
MAX_WORDS, MIN_COUNT = 32_000, 5
POLARITY_EDGES = (-2.0, -1.0, -0.4, 0.4, 1.0, 2.0)


def starred_texts(language: str) -> Iterator[tuple[str, int | None]]:
    """``(text, -1 | +1 | None)`` from the review sets without opinion labels."""
    reader = _chinese_texts if language == "zh" else _english_texts
    seen: set[str] = set()
    for text, label in reader():
        if text and text not in seen:
            seen.add(text)
            yield text, label


def _sign(stars: object) -> int | None:
    try:
        value = float(str(stars))
    except ValueError:
        return None
    return -1 if value <= 2 else 1 if value >= 5 else None


def _chinese_texts() -> Iterator[tuple[str, int | None]]:
    folder = data_folder()
    for name in ("online_shopping_10_cats", "waimai_10k"):
        with open(folder / "reviews_zh" / f"{name}.csv", encoding="utf-8-sig") as lines:
            for row in csv.DictReader(lines):
                yield row["review"], 1 if row["label"] == "1" else -1
    with gzip.open(folder / "corpus" / "zh_reviews.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield row["text"], _sign(row.get("stars"))
    with open(folder / "opinions_zh" / "laptop_clause_aspects.csv", encoding="utf-8-sig") as lines:
        for row in csv.DictReader(lines):
            yield row["text"], None
    for name in ("laptop", "restaurant"):
        path = folder / "opinions_dim" / "train" / f"zho_{name}_train_alltasks.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)["Text"], None


def _english_texts() -> Iterator[tuple[str, int | None]]:
    folder = data_folder()
    for path in sorted((folder / "reviews_en" / "amazon_stars").glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            stars, _, text = line.partition("####")
            yield text.strip(), _sign(stars.strip())
    with open(folder / "reviews_en" / "womens_clothing.csv", encoding="utf-8-sig") as lines:
        for row in csv.DictReader(lines):
            lowered = {k.lower(): v for k, v in row.items()}
            text = next((v for k, v in lowered.items() if "text" in k), "")
            yield text, _sign(next((v for k, v in lowered.items() if "rating" in k), ""))
    with gzip.open(folder / "reviews_en" / "electronics_dated.csv.gz", "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            lowered = {k.lower(): v for k, v in row.items()}
            text = next((v for k, v in lowered.items() if "text" in k), "")
            yield text, _sign(next((v for k, v in lowered.items() if "rating" in k), ""))
    for name in ("laptop", "restaurant"):
        path = folder / "opinions_dim" / "train" / f"eng_{name}_train_alltasks.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)["Text"], None


def learn_word_classes(language: str) -> tuple[WordClasses, list[str]]:
    """Classes and polarity bins of the most frequent words, and the words in the order of the keys."""
    counts: Counter[str] = Counter()
    texts: list[list[str]] = []
    documents = {-1: Counter[str](), 1: Counter[str]()}
    totals = {-1: 0, 1: 0}
    for text, label in starred_texts(language):
        words = [sys.intern("0" if w.isdigit() else w) for w, _ in cut_words(fold(text), language)]
        counts.update(words)
        texts.append(words)
        if label is not None:
            documents[label].update(set(words))
            totals[label] += 1
    vocabulary = [w for w, n in counts.most_common(MAX_WORDS) if n >= MIN_COUNT]
    coarse, fine = _classes(texts, vocabulary)
    polarity = np.array([_polarity_bin(w, documents, totals) for w in vocabulary], dtype=np.uint8)
    hashes = np.array([stable_hash(w) for w in vocabulary], dtype=np.uint32)
    keys, first = np.unique(hashes, return_index=True)
    words = [vocabulary[i] for i in first]
    print(f"{language}: {len(texts)} texts, {sum(counts.values())} words, {len(keys)} classed, {totals}")
    values = {"coarse": coarse[first], "fine": fine[first], "polarity": polarity[first]}
    return word_classes(keys, values), words


def word_classes(keys: np.ndarray, values: dict[str, np.ndarray]) -> WordClasses:
    """Word classes from the columns that are known."""
    return WordClasses.from_arrays({"class_keys": keys, **{f"class_{k}": v for k, v in values.items()}})


def classes_of_texts(texts: list[list[str]], max_words: int) -> WordClasses:
    """Classes of the most frequent words of tokenised texts, without polarity."""
    counts = Counter(word for words in texts for word in words)
    vocabulary = [w for w, n in counts.most_common(max_words) if n >= 3]
    coarse, fine = _classes(texts, vocabulary)
    keys, first = np.unique(
        np.array([stable_hash(w) for w in vocabulary], dtype=np.uint32), return_index=True
    )
    return word_classes(keys, {"coarse": coarse[first], "fine": fine[first]})


def _polarity_bin(word: str, documents: dict[int, Counter[str]], totals: dict[int, int]) -> int:
    negative, positive = documents[-1][word], documents[1][word]
    if negative + positive < 6:
        return 0
    odds = np.log((positive + 1) / (totals[1] + 2)) - np.log((negative + 1) / (totals[-1] + 2))
    shrunk = odds * (negative + positive) / (negative + positive + 10)
    return int(np.searchsorted(POLARITY_EDGES, shrunk)) + 1


def _classes(texts: list[list[str]], vocabulary: list[str]) -> tuple[np.ndarray, np.ndarray]:
    from scipy.sparse import csr_matrix, diags, hstack
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.utils.extmath import randomized_svd

    number = {w: i for i, w in enumerate(vocabulary)}
    n, pad = len(vocabulary), len(vocabulary)
    stream = np.array([i for words in texts for i in (*(number.get(w, pad) for w in words), pad, pad)])
    blocks = []
    for shift in (-2, -1, 1, 2):
        context = np.roll(stream, -shift)
        keep = (stream < n) & (context < N_CONTEXTS)
        counts = csr_matrix(
            (np.ones(int(keep.sum()), dtype=np.float32), (stream[keep], context[keep])), (n, N_CONTEXTS)
        )
        rows = np.asarray(counts.sum(1)).ravel() + 1e-9
        columns = np.asarray(counts.sum(0)).ravel() ** 0.75 + 1e-9
        pmi = diags(1 / rows) @ counts @ diags(columns.sum() / columns)
        pmi.data = np.maximum(np.log(pmi.data + 1e-12), 0)
        blocks.append(pmi.tocsr())
    left, values, _ = randomized_svd(hstack(blocks).tocsr(), N_DIMENSIONS, random_state=0)
    vectors = left * np.sqrt(values)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
    labels = [
        MiniBatchKMeans(k, random_state=0, n_init=3, batch_size=4096, max_iter=60).fit_predict(vectors) + 1
        for k in (N_COARSE, N_FINE)
    ]
    return labels[0].astype(np.uint8), labels[1].astype(np.uint16)


def load_word_classes(path: Path) -> WordClasses:
    """Classes written by this file's command."""
    with np.load(path) as arrays:
        return WordClasses.from_arrays({k: arrays[k] for k in arrays.files if k.startswith("class_")})


if __name__ == "__main__":
    classes, listed = learn_word_classes(sys.argv[1])
    np.savez_compressed(sys.argv[2], words=np.array(listed), **classes.to_arrays())
