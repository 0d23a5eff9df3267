"""Near duplicates in numpy against datasketch: speed, agreement, recall on planted copies, memory.

    python benchmarks/duplicates.py [--rows 20000] [--million 1000000]

Planted copies: real reviews with a share of their characters replaced. Speeds are per CPU second of one
core. Memory is what the finder adds to the process while a million reviews, recombined from real clauses,
pass through it.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import re
import time
from pathlib import Path

import numpy as np
import polars as pl
import psutil
from datasketch import MinHash, MinHashLSH

from unmet.core.config import CleanConfig
from unmet.ingest.duplicates import DuplicateFinder
from unmet.ingest.fingerprint import fold_column
from unmet.ingest.minhash import N_PERMUTATIONS, shingles, signatures, similarity

DATA = Path(os.environ.get("UNMET_DATA", Path(__file__).resolve().parents[1] / ".." / "shared" / "data"))
THRESHOLD = CleanConfig().near_duplicate_similarity
BATCH = 20_000


def reviews(language: str, n: int) -> list[str]:
    """Different folded reviews of at least 40 characters."""
    if language == "zh":
        column = pl.read_csv(DATA / "reviews_zh/online_shopping_10_cats.csv", infer_schema=False)["review"]
    else:
        with gzip.open(DATA / "reviews_en/electronics_dated.csv.gz") as stream:
            column = pl.read_csv(stream.read(), infer_schema=False)["reviews.text"]
    folded = fold_column(column.drop_nulls()).unique(maintain_order=True)
    return folded.filter(folded.str.len_chars() >= 40).to_list()[:n]


def planted(texts: list[str], seed: int) -> tuple[list[str], np.ndarray]:
    """One changed copy of each text and its exact similarity."""
    rng = random.Random(seed)
    alphabet = "".join(texts[:50])
    copies = []
    for text in texts:
        letters = list(text)
        for _ in range(max(1, int(len(text) * rng.choice((0.005, 0.01, 0.02, 0.04))))):
            letters[rng.randrange(len(letters))] = rng.choice(alphabet)
        copies.append("".join(letters))
    return copies, np.array([similarity(a, b) for a, b in zip(texts, copies, strict=True)])


def frame(texts: list[str]) -> pl.DataFrame:
    n = len(texts)
    nothing = pl.Series([None] * n, dtype=pl.String)
    return pl.DataFrame(
        {
            "folded": texts,
            "author_id": nothing,
            "product_id": nothing,
            "rating": [5.0] * n,
            "comparable": [True] * n,
        }
    ).with_columns(pl.lit(None, dtype=pl.Datetime("us")).alias("created_at"))


def find(texts: list[str]) -> tuple[list[bool], float]:
    """Which texts the finder drops, and seconds."""
    finder = DuplicateFinder(CleanConfig())
    begin = time.process_time()
    dropped: list[bool] = []
    for first in range(0, len(texts), BATCH):
        dropped += finder.add(frame(texts[first : first + BATCH]))["reason"].is_not_null().to_list()
    seconds = time.process_time() - begin
    finder.close()
    return dropped, seconds


def sketch(text: str) -> MinHash:
    made = MinHash(num_perm=N_PERMUTATIONS, seed=1)
    made.update_batch([piece.encode() for piece in shingles(text)])
    return made


def compare(language: str, rows: int) -> None:
    texts = reviews(language, rows)
    copies, true = planted(texts, seed=1)
    is_near = true >= THRESHOLD
    length = np.mean([len(text) for text in texts])
    print(f"{language}: {len(texts)} reviews, {length:.0f} folded characters on average")

    begin = time.process_time()
    left = signatures(texts)
    ours = len(texts) / (time.process_time() - begin)
    sample = min(2000, len(texts))
    begin = time.process_time()
    sketches = [sketch(text) for text in texts[:sample]]
    theirs = sample / (time.process_time() - begin)
    print(f"  signatures: {ours:8.0f} texts/s, datasketch {theirs:6.0f} ({ours / theirs:.0f}x)")

    estimate = (left[:sample] == signatures(copies[:sample])).mean(axis=1)
    others = [sketch(text) for text in copies[:sample]]
    reference = np.array([a.jaccard(b) for a, b in zip(sketches, others, strict=True)])
    for name, values in (("ours", estimate), ("datasketch", reference)):
        error = values - true[:sample]
        rms = np.sqrt((error**2).mean())
        print(f"  estimate, {name:10}: mean error {error.mean():+.4f}, root mean square {rms:.4f}")

    dropped, seconds = find(texts + copies)
    kept_before = np.array(dropped[: len(texts)])
    found = np.array(dropped[len(texts) :])
    speed = 2 * len(texts) / seconds
    print(f"  finder: {speed:8.0f} texts/s; {kept_before.sum()} real reviews are copies of others")
    print(f"  planted copies at {THRESHOLD} or more ({is_near.sum()}): found {found[is_near].mean():.4f}")
    print(f"  planted copies below ({(~is_near).sum()}): dropped {found[~is_near].mean():.4f}")
    lsh = MinHashLSH(threshold=THRESHOLD, num_perm=N_PERMUTATIONS)
    for number, made in enumerate(sketches):
        lsh.insert(number, made)
    hit = np.array([number in lsh.query(made) for number, made in enumerate(others)])
    near = is_near[:sample]
    print(
        f"  datasketch LSH, first {sample}: found {hit[near].mean():.4f}, named {hit[~near].mean():.4f} below"
    )


def million(n: int) -> None:
    """Seconds and memory of the finder alone."""
    clauses = [c for text in reviews("zh", 30_000) for c in re.findall(".{8,22}", text)]
    rng = random.Random(7)
    process = psutil.Process()
    finder = DuplicateFinder(CleanConfig())
    finder.add(frame(rng.sample(clauses, 1000)))
    before = process.memory_info().rss
    peak, seconds, n_done, marks = before, 0.0, 0, []
    while n_done < n:
        rows = frame(["".join(rng.choices(clauses, k=rng.randint(2, 5))) for _ in range(BATCH)])
        begin = time.process_time()
        finder.add(rows)
        seconds += time.process_time() - begin
        n_done += BATCH
        peak = max(peak, process.memory_info().rss)
        if n_done in (n // 10, n // 2, n):
            marks.append(f"{n_done:,} in {seconds:.1f} s")
    finder.close()
    print(f"{n:,} made-up reviews: {'; '.join(marks)}; {(peak - before) / 2**20:.0f} MB added to the process")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--million", type=int, default=1_000_000)
    arguments = parser.parse_args()
    for language in ("zh", "en"):
        compare(language, arguments.rows)
    million(arguments.million)


if __name__ == "__main__":
    main()
