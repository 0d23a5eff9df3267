"""Seconds and peak memory of measuring 60 needs on many documents.

python benchmarks/needs_speed.py [--documents 1000000] [--needs 60]
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import polars as pl

from unmet.core.config import MineConfig
from unmet.core.tables import DOCUMENTS, MENTIONS, conform
from unmet.needs.bootstrap import choose_clusters
from unmet.needs.cards import measure_needs
from unmet.needs.identity import Statement
from unmet.needs.impact import estimate_effects
from unmet.needs.needsfile import to_json
from unmet.needs.statistics import line_up


def tables(count, needs):
    rng = np.random.Generator(np.random.PCG64(0))
    product = rng.integers(0, 5000, count)
    text = pl.Series(rng.integers(0, 1 << 40, count)).cast(pl.String) + " the lid broke after a week or two"
    documents = pl.DataFrame(
        {
            "document_id": pl.Series(np.arange(count)).cast(pl.String).str.zfill(16),
            "text": text,
            "text_hash": text,
            "language": "en",
            "rating": rng.integers(1, 6, count).astype(float),
            "created_at": pl.Series(rng.integers(1_600_000_000, 1_660_000_000, count) * 1_000_000).cast(
                pl.Datetime("us")
            ),
            "product_id": pl.Series(product).cast(pl.String),
            "category": pl.Series(product % 10).cast(pl.String),
            "author_id": pl.Series(rng.integers(0, count // 2 + 1, count)).cast(pl.String),
        }
    )
    size = int(count * needs * 0.03)
    document = rng.integers(0, count, size)
    mentions = pl.DataFrame(
        {
            "mention_id": pl.Series(np.arange(size)).cast(pl.String),
            "document_id": pl.Series(document).cast(pl.String).str.zfill(16),
            "start": 0,
            "end": 30,
            "polarity": pl.Series(rng.choice(["negative", "neutral", "positive"], size)),
            "opinion": pl.Series(rng.integers(0, 50, size)).cast(pl.String),
            "is_request": pl.Series(rng.random(size) < 0.05),
            "typicality": pl.Series(rng.random(size)),
        }
    ).with_columns(need_id=pl.Series(rng.integers(0, needs, size)).cast(pl.String))
    return conform(documents, DOCUMENTS, name="documents"), conform(mentions, MENTIONS, name="mentions")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--needs", type=int, default=60)
    arguments = parser.parse_args()
    documents, mentions = tables(arguments.documents, arguments.needs)
    statements = {str(i): Statement("a need", "en") for i in range(arguments.needs)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{documents.height:,} documents, {mentions.height:,} mentions, {peak:,.0f} MiB before", flush=True)
    begin = time.perf_counter()
    evidence = line_up(documents, mentions)
    lined = time.perf_counter()
    estimate_effects(evidence, choose_clusters(evidence.documents))
    print(f"line up {lined - begin:.1f} s, joint regression {time.perf_counter() - lined:.1f} s", flush=True)
    begin = time.perf_counter()
    measured = measure_needs(documents, mentions, statements=statements, config=MineConfig(), models={})
    to_json(measured.needs, documents=documents, mentions=measured.mentions, config=MineConfig())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"all cards {time.perf_counter() - begin:.1f} s for {len(measured.needs)} needs, peak {peak:,.0f} MiB"
    )


if __name__ == "__main__":
    main()
