"""Need statements: does any say the opposite of what customers want, judge only, or repeat itself?

Mines the embedded sample shop and, where UNMET_DATA is there, five public review sets, and checks the first
ten statements of each against the mentions they were made from. Polarity is checked twice: in the words of
the statement (a phrase that the need's mentions complain of must stand under a negation), and, on the sample
shop, against the planted truth (praise and complaint change places in no clause).

    python benchmarks/statements.py [--sets demo,phones_dated] [--top 10]
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from unmet.core.config import MineConfig
from unmet.core.offsets import load_edits, to_source
from unmet.mining.topics import group_mentions
from unmet.needs import phrases_en, phrases_zh
from unmet.needs.group_words import GroupWords
from unmet.needs.naming import worded_groups
from unmet.needs.needsfile import from_json
from unmet.needs.statements import LONGEST, Wording
from unmet.pipeline.mine import run_mine
from unmet.pipeline.reading_texts import read_texts
from unmet.sample import Shop, make_shop, write_shop

REAL_SETS = (
    "reviews_zh/air_conditioners_dated.csv.gz",
    "reviews_zh/online_shopping_10_cats.csv",
    "reviews_zh/phones_dated.csv",
    "reviews_en/electronics_dated.csv.gz",
    "reviews_en/womens_clothing.csv",
)
FAULTS = (
    "complaint worded as wish",
    "against planted truth",
    "bare judgement",
    "repeated word",
    "too long",
    "plain frame",
)
_ZH_NOT = re.compile(r"[不没无未少][^，、]*$")
_EN_NOT = re.compile(r"\b(?:not|no|never|without|neither|nor|fewer)\b[^;,]*$", re.IGNORECASE)


@dataclass
class Judged:
    """Faults found in the statements of one set."""

    name: str
    statements: list[tuple[float | None, str, list[str]]] = field(default_factory=list)

    def count(self, fault: str) -> int:
        return sum(fault in faults for _, _, faults in self.statements)


def faults_of(wording: Wording, words: GroupWords) -> list[str]:
    """Names of FAULTS that can be read off a statement and its group's words."""
    found = []
    if complained_wish(wording, words):
        found.append("complaint worded as wish")
    judged = phrases_zh.judgement if words.language == "zh" else phrases_en.judgement
    if any(judged(clause.text) for clause in wording.clauses):
        found.append("bare judgement")
    if repeated(wording.text, words.language):
        found.append("repeated word")
    if len(wording.text) > LONGEST[words.language]:
        found.append("too long")
    if not wording.clauses:
        found.append("plain frame")
    return found


def complained_wish(wording: Wording, words: GroupWords) -> str | None:
    """A phrase that customers mostly complain of and that stands in the statement without a negation.

    Parts that a wish is said of ("噪音" in "噪音小") are no wishes themselves.
    """
    lowered, chinese = wording.text.lower(), words.language == "zh"
    subjects = {clause.subject for clause in wording.clauses} | {name for name, _ in words.names}
    for said in words.said:
        if said.complaints <= 2 * (said.praises + said.requests) or said.phrase in subjects:
            continue
        plain = set(said.phrase.split()) - {"not", "does", "is", "too", "没有"}
        if not plain or (chinese and len(said.phrase) < 2):
            continue
        pattern = re.escape(said.phrase) if chinese else rf"(?<!\w){re.escape(said.phrase)}(?!\w)"
        for place in re.finditer(pattern, lowered):
            if not (_ZH_NOT if chinese else _EN_NOT).search(lowered[: place.start()]):
                return said.phrase
    return None


def repeated(text: str, language: str) -> bool:
    """Whether a statement says a word twice."""
    if language == "zh":
        plain = re.sub(r"不会太?|没有|[，、“”]", " ", text)
        pairs = Counter(part[i : i + 2] for part in plain.split() for i in range(len(part) - 1))
        return any(count > 1 for count in pairs.values())
    glue = {"not", "too", "does", "no", "is", "are", "the", "and", "a", "to", "or", "in"}
    words = Counter(w for w in re.findall(r"[a-z'-]+", text.lower()) if w not in glue and w != "friendly")
    return any(count > 1 for count in words.values())


def against_truth(
    wording: Wording, own: pl.DataFrame, planted: dict[tuple[str, int], list[tuple[int, int, str]]]
) -> bool:
    """Whether a clause keeps what was planted as a complaint, or turns what was planted as praise."""
    for clause in wording.clauses:
        votes: Counter[str] = Counter()
        said = own.filter(pl.col("opinion").str.to_lowercase().str.contains(clause.phrase, literal=True))
        for source, row, edits, start, end in said.select(
            "source", "row", "edits", "opinion_start", "opinion_end"
        ).iter_rows():
            first, last = to_source(load_edits(edits), start, end)
            votes.update(p for a, b, p in planted.get((source, row), []) if a < last and first < b)
        turned = clause.source == "complaint"
        if votes["positive" if turned else "negative"] > votes["negative" if turned else "positive"]:
            return True
    return False


def judge(name: str, files: list[Path], top: int, shop: Shop | None = None) -> Judged:
    """Mine files and judge the first statements."""
    config = MineConfig()
    with tempfile.TemporaryDirectory() as folder:
        run, raw = Path(folder) / "run", Path(folder) / "raw.parquet"
        run_mine(files, run, config=config, workers=1)
        documents = run / "documents.parquet"
        read_texts(documents, raw, tier=config.tier, workers=1, progress=lambda rows: None)
        return judge_run(name, run, pl.read_parquet(raw), top, shop)


def judge_run(name: str, run: Path, raw: pl.DataFrame, top: int, shop: Shop | None = None) -> Judged:
    """Judge the first statements of a run; ``raw`` are its mentions before grouping."""
    config, judged = MineConfig(), Judged(name)
    documents, needs = pl.read_parquet(run / "documents.parquet"), from_json(run / "needs.json").needs
    settled = pl.read_parquet(run / "mentions.parquet", columns=["mention_id", "need_id"])
    read = documents.select("document_id", "language", "text", "product", "category")
    found = group_mentions(raw, read, config=config)
    grouped, worded = found.mentions, worded_groups(found.mentions, found.sentences)
    of_need = (
        grouped.select("mention_id", "group")
        .join(settled, on="mention_id")
        .drop_nulls()
        .unique("need_id", keep="first", maintain_order=True)
    )
    groups = dict(of_need.select("need_id", "group").iter_rows())
    sources = documents.select("document_id", "source", "row", "edits")
    placed = grouped.join(sources, on="document_id").drop_nulls("opinion")
    planted = planted_places(shop) if shop is not None else {}
    for need in needs[:top]:
        group = groups[need.id]
        words, wording = worded[group]
        faults = faults_of(wording, words)
        if planted and against_truth(wording, placed.filter(pl.col("group") == group), planted):
            faults.append("against planted truth")
        score = need.opportunity.value if need.opportunity else None
        judged.statements.append((score, need.statement, faults))
    return judged


def planted_places(shop: Shop) -> dict[tuple[str, int], list[tuple[int, int, str]]]:
    """Source and row → planted mentions: start, end, polarity."""
    places: dict[tuple[str, int], list[tuple[int, int, str]]] = {}
    columns = shop.truth.mentions.select("source", "row", "start", "end", "polarity")
    for source, row, start, end, polarity in columns.iter_rows():
        places.setdefault((source, row), []).append((start, end, polarity))
    return places


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default="", help="names, comma separated; all that are there otherwise")
    parser.add_argument("--top", type=int, default=10)
    chosen = parser.parse_args()
    wanted = set(filter(None, chosen.sets.split(",")))
    data = Path(os.environ.get("UNMET_DATA", "../shared/data"))
    results = []
    if not wanted or "demo" in wanted:
        shop = make_shop(seed=0, n_reviews=6_000)
        with tempfile.TemporaryDirectory() as folder:
            files = [path for path in write_shop(shop, Path(folder)) if path.name.startswith("reviews")]
            results.append(judge("demo", files, chosen.top, shop))
    for path in REAL_SETS:
        name = Path(path).name.split(".")[0]
        if (data / path).is_file() and (not wanted or name in wanted):
            results.append(judge(name, [data / path], chosen.top))
    print("| set | statements | " + " | ".join(FAULTS) + " |\n|---|---|" + "---|" * len(FAULTS))
    for result in results:
        counts = [str(result.count(fault)) for fault in FAULTS]
        if result.name != "demo":
            counts[1] = "–"
        print(f"| {result.name} | {len(result.statements)} | " + " | ".join(counts) + " |")
    for result in results:
        print(f"\n{result.name}")
        for place, (score, text, faults) in enumerate(result.statements, start=1):
            shown = f"{score:4.1f}" if score is not None else "   –"
            print(f"{place:>3}. {shown}  {text}" + (f"   ← {', '.join(faults)}" if faults else ""))


if __name__ == "__main__":
    main()
