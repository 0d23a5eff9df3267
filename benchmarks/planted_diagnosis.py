"""Why planted needs of the sample shop are missing among the first cards.

The mined mentions are taken through repairs that the truth makes possible, one on top of the other; each time
all cards are measured again. A missed need is put down to the first repair that brings it back, so the table
says how much recall each weakness costs. Nothing here feeds back into mining.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from unmet.core.config import MineConfig
from unmet.core.offsets import load_edits, to_source
from unmet.core.records import Need
from unmet.needs.cards import COUNTED_DOCUMENTS, measure_needs
from unmet.needs.identity import Statement
from unmet.sample import Shop

REPAIRS = (
    ("split", "joining all cards of one need"),
    ("misplaced", "moving every mention of a need into its card"),
    ("side", "correcting the side of these mentions"),
    ("unread", "adding the planted mentions that were not extracted"),
)
"""Repairs in the order in which they are made."""
RANKED = "ranked low"
"""Reason of what no repair brings back: a complete need that other cards outrank."""
PLANTED_ID = "planted-"


@dataclass(slots=True)
class Diagnosis:
    """Counts over shops: where planted mentions went, and what each missed need was put down to.

    ``found``: planted needs in the top after each repair (first entry: as mined). ``reasons``: (need,
    reason) → missed needs. ``fates``: need → what became of its planted mentions. ``cards``: need → cards.
    ``missed``: one line per missed need.
    """

    found: list[int] = field(default_factory=lambda: [0] * (len(REPAIRS) + 1))
    planted: int = 0
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    fates: dict[str, Counter[str]] = field(default_factory=dict)
    cards: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    shops: int = 0


def diagnose(
    diagnosis: Diagnosis,
    shop: Shop,
    run: Path,
    needs: Sequence[Need],
    matched: Sequence[str | None],
    *,
    config: MineConfig,
    top: int,
) -> None:
    """Add one mined shop to the counts.

    Args:
        diagnosis: changed in place.
        shop: the shop with its truth.
        run: run folder of the whole pipeline.
        needs: its cards by rank.
        matched: planted need that each card is about.
        config: of the run.
        top: cards that count.
    """
    planted = sorted(need.need_id for need in shop.truth.needs if need.in_reviews)
    mentions = _with_truth(pl.read_parquet(run / "mentions.parquet"), run, shop)
    cards = {need.id: name for need, name in zip(needs, matched, strict=True) if name is not None}
    unread = _unread(mentions, run, shop)
    _count_fates(diagnosis, mentions, unread, cards, planted)
    missed = set(planted) - set(matched[:top])
    for name in sorted(missed):
        places = [need.rank for need, own in zip(needs, matched, strict=True) if own == name]
        diagnosis.missed.append(f"seed {shop.truth.seed} {name}: ranks {places or 'no card'}")
    diagnosis.planted += len(planted)
    diagnosis.shops += 1
    diagnosis.cards.update(cards.values())
    diagnosis.found[0] += len(planted) - len(missed)
    documents = pl.read_parquet(run / "documents.parquet")
    for number, (reason, _) in enumerate(REPAIRS, start=1):
        mentions = _repaired(mentions, reason, cards, unread)
        first = _first_cards(documents, mentions, config, top)
        back = {name for name in missed if PLANTED_ID + name in first}
        diagnosis.reasons.update((name, reason) for name in back)
        missed -= back
        diagnosis.found[number] += len([name for name in planted if PLANTED_ID + name in first])
    diagnosis.reasons.update((name, RANKED) for name in missed)


def _with_truth(mentions: pl.DataFrame, run: Path, shop: Shop) -> pl.DataFrame:
    """Mentions with ``planted``, ``kind`` and ``place`` (row in the truth) of what they overlap most."""
    documents = pl.read_parquet(run / "documents.parquet", columns=["document_id", "source", "row", "edits"])
    where = {row[0]: (row[1], row[2], load_edits(row[3])) for row in documents.iter_rows()}
    truth: dict[tuple[str, int], list[tuple[int, int, str, str, int]]] = {}
    columns = shop.truth.mentions.with_row_index("place").select(
        "source", "row", "start", "end", "need_id", "kind", "place"
    )
    for source, row, *rest in columns.iter_rows():
        truth.setdefault((source, row), []).append(tuple(rest))
    found = []
    spans = mentions.select(
        "document_id", "start", "end", "aspect_start", "aspect_end", "opinion_start", "opinion_end"
    )
    for document, start, end, *inner in spans.iter_rows():
        source, row, edits = where[document]
        # The opinion says which planted clause of its sentence is meant; a bare sentence is all there is.
        offsets = [offset for offset in inner if offset is not None]
        first, last = to_source(edits, *((min(offsets), max(offsets)) if offsets else (start, end)))
        overlaps = [
            (min(last, high) - max(first, low), need, kind, place)
            for low, high, need, kind, place in truth.get((source, row), [])
        ]
        best = max(overlaps, default=(0, None, None, None), key=lambda item: item[0])
        found.append(best[1:] if best[0] > 0 else (None, None, None))
    schema = {"planted": pl.String, "kind": pl.String, "place": pl.Int64}
    return mentions.hstack(pl.DataFrame(found, schema=schema, orient="row"))


def _unread(mentions: pl.DataFrame, run: Path, shop: Shop) -> pl.DataFrame:
    """Planted mentions of kept documents that no mined mention overlaps, as rows of the mention table."""
    documents = pl.read_parquet(run / "documents.parquet", columns=["document_id", "source", "row", "text"])
    truth = shop.truth.mentions.with_row_index("place").with_columns(pl.col("place").cast(pl.Int64))
    kept = truth.join(documents, on=["source", "row"], how="inner")
    lost = kept.join(mentions.select("place").drop_nulls().unique(), on="place", how="anti")
    columns = lost.select(
        ("planted-" + pl.col("place").cast(pl.String)).alias("mention_id"),
        "document_id",
        pl.lit(0).alias("start"),
        pl.col("text").str.len_chars().cast(pl.Int64).alias("end"),
        pl.col("need_id").alias("planted"),
        "kind",
        "place",
    )
    return pl.concat([mentions.clear(), columns], how="diagonal_relaxed").select(mentions.columns)


def _count_fates(
    diagnosis: Diagnosis,
    mentions: pl.DataFrame,
    unread: pl.DataFrame,
    cards: dict[str, str],
    planted: Sequence[str],
) -> None:
    """Fate of every planted mention: the best of what became of the mined mentions that overlap it."""
    owner = pl.col("need_id").replace_strict(cards, default="", return_dtype=pl.String)
    fate = (
        pl.when(owner == pl.col("planted"))
        .then(pl.lit("own card"))
        .when(pl.col("need_id").is_not_null())
        .then(pl.lit("other card"))
        .otherwise("unclustered_reason")
    )
    truth = mentions.filter(pl.col("planted").is_not_null()).with_columns(fate.alias("fate"))
    order = pl.col("fate").replace_strict({"own card": 0, "other card": 1}, default=2)
    best = truth.sort(order).group_by("place", maintain_order=True).agg(pl.col("planted", "fate").first())
    for name, what in [
        *best.select("planted", "fate").iter_rows(),
        *((n, "unread") for n in unread["planted"]),
    ]:
        if name in planted:
            diagnosis.fates.setdefault(name, Counter())[what] += 1
    unmet = (pl.col("polarity") == "negative") | pl.col("is_request")
    said = pl.col("kind") != "praise"
    sides = (
        truth.filter(pl.col("fate") == "own card")
        .group_by("planted", "place")
        .agg(pl.when(said.first()).then(unmet.any()).otherwise((~unmet).any()).alias("right"))
    )
    for name, right in sides.select("planted", "right").iter_rows():
        diagnosis.fates[name]["right side" if right else "wrong side"] += 1


def _repaired(
    mentions: pl.DataFrame, repair: str, cards: dict[str, str], unread: pl.DataFrame
) -> pl.DataFrame:
    """The mentions after one more repair."""
    known = pl.col("planted").is_not_null()
    if repair == "split":
        joined = pl.col("need_id").replace({card: PLANTED_ID + name for card, name in cards.items()})
        return mentions.with_columns(joined.alias("need_id"))
    if repair == "misplaced":
        strange = pl.col("need_id").str.starts_with(PLANTED_ID).fill_null(False)
        own = pl.when(known).then(PLANTED_ID + pl.col("planted")).when(~strange).then("need_id")
        return mentions.with_columns(own.alias("need_id"))
    if repair == "side":
        return mentions.with_columns(
            pl.when(known).then(_SIDE).otherwise("polarity").alias("polarity"),
            pl.when(known).then(pl.col("kind") == "request").otherwise("is_request").alias("is_request"),
        )
    added = unread.with_columns(
        (PLANTED_ID + pl.col("planted")).alias("need_id"),
        _SIDE.alias("polarity"),
        (pl.col("kind") == "request").alias("is_request"),
    )
    return pl.concat([mentions, added])


_SIDE = pl.col("kind").replace_strict(
    {"complaint": "negative", "praise": "positive", "request": "neutral"},
    default=None,
    return_dtype=pl.String,
)


def _first_cards(documents: pl.DataFrame, mentions: pl.DataFrame, config: MineConfig, top: int) -> set[str]:
    """Ids of the first cards when the needs of these mentions are measured."""
    ids = mentions["need_id"].drop_nulls().unique().to_list()
    unnamed = {need: Statement(text=need, language="en", aspect_terms=()) for need in ids}
    measured = measure_needs(
        documents.select(COUNTED_DOCUMENTS),
        mentions,
        statements=unnamed,
        config=config,
        models={},
        texts=documents.lazy(),
    )
    return {need.id for need in measured.needs[:top]}


def tables(diagnosis: Diagnosis) -> str:
    """The counts as Markdown."""
    lines = ["\n| planted needs in the top after | share |\n|---|---|"]
    names = ["as mined", *(f"{reason}: {what}" for reason, what in REPAIRS)]
    lines += [
        f"| {name} | {count / diagnosis.planted:.3f} |"
        for name, count in zip(names, diagnosis.found, strict=True)
    ]
    reasons = [*(reason for reason, _ in REPAIRS), RANKED]
    lines.append("\n| missed need, put down to | " + " | ".join(reasons) + " | sum |")
    lines.append("|---|" + "---|" * (len(reasons) + 1))
    missed = Counter(name for name, _ in diagnosis.reasons.elements())
    for name, total in missed.most_common():
        counts = [str(diagnosis.reasons[name, reason] or "") for reason in reasons]
        lines.append(f"| {name} | " + " | ".join(counts) + f" | {total} |")
    sums = [sum(n for (_, why), n in diagnosis.reasons.items() if why == reason) for reason in reasons]
    lines.append("| all | " + " | ".join(map(str, sums)) + f" | {sum(sums)} |")
    lines.append("| recall | " + " | ".join(f"{n / diagnosis.planted:.3f}" for n in sums) + " | |")
    lines += _fate_table(diagnosis)
    return "\n".join([*lines, "", *diagnosis.missed])


def _fate_table(diagnosis: Diagnosis) -> list[str]:
    sides = ("right side", "wrong side")
    fates = Counter(fate for counts in diagnosis.fates.values() for fate in counts.elements())
    columns = [fate for fate, _ in fates.most_common() if fate not in sides]
    lines = ["\n| planted mentions | number | cards per shop | " + " | ".join(columns) + " | wrong side |"]
    lines.append("|---|" + "---|" * (len(columns) + 3))
    for name, counts in sorted(diagnosis.fates.items()):
        total = sum(counts[fate] for fate in columns)
        shares = [f"{counts[fate] / total:.2f}" for fate in columns]
        own = max(counts["right side"] + counts["wrong side"], 1)
        lines.append(
            f"| {name} | {total} | {diagnosis.cards[name] / diagnosis.shops:.1f} | "
            + " | ".join(shares)
            + f" | {counts['wrong side'] / own:.2f} |"
        )
    return lines
