"""Recall of privacy masking on made-up cases, and false alarms on clean texts: prints JSON.

    python benchmarks/privacy_recall.py [--data]

With ``--data`` it also reports the share of masked rows and CPU microseconds per row on the public
review sets (``UNMET_DATA``), whose private data was masked by their publishers.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from unmet.ingest.privacy import mask

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "oracles"))

import privacy_cases  # noqa: E402
import privacy_handwritten  # noqa: E402

SETS = (
    ("reviews_zh/online_shopping_10_cats.csv", "review"),
    ("reviews_zh/waimai_10k.csv", "review"),
    ("reviews_zh/air_conditioners_dated.csv.gz", "评论内容"),
    ("reviews_en/electronics_dated.csv.gz", "reviews.text"),
    ("reviews_en/womens_clothing.csv", "Review Text"),
)


def recall(cases: list[privacy_cases.Case]) -> dict[str, Any]:
    """Cases, share masked and share counted under the right kind, per kind."""
    total: Counter[str] = Counter()
    masked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for case in cases:
        _, edits, counts = mask(case.text)
        total[case.kind] += 1
        hidden = privacy_cases.is_masked(case, edits)
        masked[case.kind] += hidden
        right[case.kind] += hidden and case.kind.upper() in counts
    return {
        kind: {
            "cases": total[kind],
            "masked": round(masked[kind] / total[kind], 4),
            "right_kind": round(right[kind] / total[kind], 4),
        }
        for kind in total
    }


def handwritten() -> dict[str, Any]:
    """Share of the handwritten cases of which at least three quarters are hidden."""
    cases = privacy_handwritten.handwritten()
    hidden = sum(privacy_handwritten.share_hidden(spans, mask(text)[1]) >= 0.75 for _, text, spans in cases)
    return {"cases": len(cases), "masked": round(hidden / len(cases), 4)}


def on_real_data(folder: Path) -> dict[str, Any]:
    """Share of rows with a finding and CPU microseconds per row."""
    csv.field_size_limit(1 << 30)
    result = {}
    for name, column in SETS:
        opened = gzip.open if name.endswith(".gz") else open
        with opened(folder / name, "rt", encoding="utf-8-sig", errors="replace") as stream:
            texts = [row[column] or "" for row in csv.DictReader(stream)]
        start = time.process_time()
        outcomes = [mask(text) for text in texts]
        seconds = time.process_time() - start
        counts: Counter[str] = Counter()
        for _, _, found in outcomes:
            counts.update(found)
        result[name] = {
            "rows": len(texts),
            "masked_share": round(sum(bool(found) for _, _, found in outcomes) / len(texts), 5),
            "microseconds_per_row": round(seconds / len(texts) * 1e6, 1),
            "kinds": dict(counts),
        }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", action="store_true")
    parser.add_argument("--seed", type=int, default=20261124)
    arguments = parser.parse_args()
    cases = privacy_cases.cases(arguments.seed)
    report: dict[str, Any] = {
        "cases": len(cases),
        "seen_while_writing": recall([case for case in cases if not case.held_out]),
        "held_out": recall([case for case in cases if case.held_out]),
        "handwritten": handwritten(),
        "clean_texts": len(privacy_cases.CLEAN),
        "clean_texts_changed": sum(mask(text)[0] != text for text in privacy_cases.CLEAN),
    }
    if arguments.data:
        report["real_data"] = on_real_data(
            Path(os.environ.get("UNMET_DATA", ROOT.parent / "shared" / "data"))
        )
    print(json.dumps(report, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
