"""Planted needs of the sample shop: are they found, and is the costly one ranked above the loud one?

For each seed a fresh shop is made and mined by the whole pipeline. A planted need counts as found when a
card among the first 20 has most of its quotes inside that need's planted sentences. Ranking by count is
shown beside ranking by opportunity. With --diagnose every missed need is put down to what loses it
(planted_diagnosis.py).

    python benchmarks/planted_needs.py [--seeds 40] [--first-seed 0] [--diagnose]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import polars as pl

from planted_diagnosis import Diagnosis, diagnose, tables
from unmet.core.config import MineConfig
from unmet.core.offsets import load_edits, to_source
from unmet.core.records import Need
from unmet.needs.needsfile import from_json
from unmet.needs.shares import wilson
from unmet.pipeline.mine import run_mine
from unmet.sample import Shop, make_shop, match_by_quotes, write_shop

TOP = 20


def mine_shop(shop: Shop, folder: Path, seed: int) -> tuple[list[Need], pl.DataFrame]:
    files = [path for path in write_shop(shop, folder / "shop") if path.name.startswith("reviews")]
    run_mine(files, folder / "run", config=MineConfig(seed=seed), workers=1)
    documents = pl.read_parquet(folder / "run" / "documents.parquet")
    return list(from_json(folder / "run" / "needs.json").needs), documents


def planted_of(
    need: Need, places: dict[str, tuple[str, int, str | None]], shop: Shop
) -> tuple[str | None, float]:
    """The planted need that most quotes of a card speak of, if most do, and their share."""
    quotes = []
    for quote in need.quotes:
        source, row, edits = places[quote.document_id]
        quotes.append((source, row, *to_source(load_edits(edits), quote.start, quote.end)))
    found, purity = match_by_quotes(quotes, shop.truth)
    return (found if purity > 0.5 else None), purity


def run_seed(seed: int, n_reviews: int, diagnosis: Diagnosis | None) -> dict[str, object]:
    shop = make_shop(seed=seed, n_reviews=n_reviews)
    with tempfile.TemporaryDirectory() as folder:
        needs, documents = mine_shop(shop, Path(folder), seed)
        places = {
            row[0]: row[1:] for row in documents.select("document_id", "source", "row", "edits").iter_rows()
        }
        judged = [planted_of(need, places, shop) for need in needs]
        matched = [name for name, _ in judged]
        if diagnosis is not None:
            config = MineConfig(seed=seed)
            diagnose(diagnosis, shop, Path(folder) / "run", needs, matched, config=config, top=TOP)
    planted = {need.need_id for need in shop.truth.needs if need.in_reviews}
    by_count = sorted(range(len(needs)), key=lambda i: -needs[i].documents)
    quiet, loud = (shop.truth.need_ids(role)[0] for role in ("quiet_costly", "loud_harmless"))
    return {
        "found": {name for name in matched[:TOP] if name},
        "anywhere": {name for name in matched if name},
        "planted": planted,
        "quiet_first": _place(matched, quiet) < _place(matched, loud),
        "quiet_first_by_count": _place([matched[i] for i in by_count], quiet)
        < _place([matched[i] for i in by_count], loud),
        "cards": len(needs),
        "matching": sum(name is not None for name in matched),
        "pure": sum(purity for name, purity in judged if name is not None),
        "unmatched_top": sum(name is None for name in matched[:TOP]),
    }


def _place(names: list[str | None], name: str) -> int:
    return names.index(name) if name in names else len(names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--reviews", type=int, default=6_000)
    parser.add_argument("--diagnose", action="store_true")
    chosen = parser.parse_args()
    diagnosis = Diagnosis() if chosen.diagnose else None
    begin = time.perf_counter()
    results = [
        run_seed(seed, chosen.reviews, diagnosis)
        for seed in range(chosen.first_seed, chosen.first_seed + chosen.seeds)
    ]
    n_planted = sum(len(r["planted"]) for r in results)  # type: ignore[arg-type]
    rows = [
        (f"planted needs among the first {TOP} cards", sum(len(r["found"]) for r in results), n_planted),  # type: ignore[misc]
        ("planted needs among all cards", sum(len(r["anywhere"]) for r in results), n_planted),  # type: ignore[misc]
        ("quiet, costly above loud, harmless", sum(bool(r["quiet_first"]) for r in results), len(results)),
        (
            "the same when ranked by count",
            sum(bool(r["quiet_first_by_count"]) for r in results),
            len(results),
        ),
    ]
    print(f"{chosen.seeds} seeds × {chosen.reviews:,} reviews, {time.perf_counter() - begin:.0f} s\n")
    print("| what | hits | of | share | 90% interval |\n|---|---|---|---|---|")
    for label, hits, total in rows:
        share = wilson(hits, total, 0.90)
        print(f"| {label} | {hits} | {total} | {hits / total:.3f} | {share.low:.3f}–{share.high:.3f} |")
    matching, anywhere = sum(r["matching"] for r in results), rows[1][1]  # type: ignore[misc]
    print(
        f"\ncards per shop {sum(r['cards'] for r in results) / len(results):.1f}; "  # type: ignore[misc]
        f"cards per planted need that has one {matching / anywhere:.2f}; "
        f"purity of these cards (share of quotes) {sum(r['pure'] for r in results) / matching:.3f}; "  # type: ignore[misc]
        f"cards of the first {TOP} that match nothing planted "
        f"{sum(r['unmatched_top'] for r in results) / len(results):.1f}"  # type: ignore[misc]
    )
    missed: dict[str, int] = {}
    for r in results:
        for name in r["planted"] - r["found"]:  # type: ignore[operator]
            missed[name] = missed.get(name, 0) + 1
    print(f"\nmissed among the first {TOP}: {dict(sorted(missed.items(), key=lambda item: -item[1]))}")
    if diagnosis is not None:
        print(tables(diagnosis))


if __name__ == "__main__":
    main()
